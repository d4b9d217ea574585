//! A pattern finds the files that Python's `glob` finds.
//!
//! The tree, the patterns and what Python found are in `golden/glob/`, with the script that asked it.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use remade::source::{Source, SourceMemory};

fn golden() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/glob/golden.txt");
    fs::read_to_string(path).unwrap()
}

/// Makes the tree, and gives the lines that hold patterns.
fn make_tree(folder: &Path, golden: &str) -> Vec<String> {
    let mut patterns = Vec::new();
    for line in golden.lines() {
        if let Some(pattern) = line.strip_prefix('?') {
            patterns.push(pattern.to_owned());
        } else if let Some((name, target)) = line[1..].split_once(" -> ") {
            std::os::unix::fs::symlink(target, folder.join(name)).unwrap();
        } else if let Some(name) = line[1..].strip_suffix('/') {
            fs::create_dir(folder.join(name)).unwrap();
        } else {
            fs::write(folder.join(&line[1..]), line).unwrap();
        }
    }
    patterns
}

/// As Python's `os.path.normpath`, but for `..`, whose meaning links can change.
fn shown(path: &Path, folder: &Path) -> String {
    let path: PathBuf = path.strip_prefix(folder).unwrap().components().collect();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_pattern_finds_what_python_finds() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let memory = SourceMemory::new();
    let patterns = make_tree(&folder, &golden());
    assert!(patterns.len() > 70);
    for line in patterns {
        let mut expected: Vec<&str> = line.split('\t').collect();
        let pattern = expected.remove(0);
        let found = Source::new(format!("{}/{pattern}", folder.display()))
            .version(&folder, &memory)
            .unwrap();
        let mut files: Vec<String> = found
            .files
            .iter()
            .map(|file| shown(&file.path, &folder))
            .collect();
        files.sort();
        expected.sort_unstable();
        // Only names of files themselves are patterns that a file of the same name overrides.
        assert_eq!(files, expected, "{pattern}");
    }
}
