//! What lies in a folder after a test?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use remade::record::Record;

/// Everything below a folder: name and content, sorted.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            let content = fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            found.insert(path, content);
        }
    }
    found
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Staged files that no record means.
pub fn staged_in_vain(folder: &Path) -> Vec<String> {
    let all = tree(folder);
    let texts = all
        .iter()
        .filter(|(path, _)| path.extension() == Some("json".as_ref()));
    let records: Vec<Record> = texts
        .filter_map(|(_, text)| Record::from_json(text).ok())
        .collect();
    let is_meant = |name: &String| {
        let mut results = records.iter().flat_map(|record| &record.results);
        results.any(|one| one.file.as_ref().is_some_and(|file| file.staged == *name))
    };
    let names = all.keys().filter_map(|path| path.file_name()?.to_str());
    names
        .filter(|name| name.starts_with(".remade-"))
        .map(ToOwned::to_owned)
        .filter(|name| !is_meant(name))
        .collect()
}

/// What a dead process left: the names that this process would give, with a number nobody has.
pub fn as_if_dead(staged: &str) -> String {
    let rest = staged.strip_prefix(".remade-").unwrap();
    let mut parts = rest.splitn(3, '-');
    let (host, _, unique) = (parts.next(), parts.next(), parts.next());
    format!(".remade-{}-{}-{}", host.unwrap(), DEAD, unique.unwrap())
}

/// The number of no process.
pub const DEAD: u32 = 0x3fff_fff0;
