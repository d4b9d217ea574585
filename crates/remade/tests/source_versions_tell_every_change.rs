//! The version of a source changes exactly when something changes that a function could have read.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use remade::source::{Found, Source, SourceMemory, SourceState};

type Change<'a> = Box<dyn Fn() + 'a>;

struct Project {
    _folder: tempfile::TempDir,
    path: PathBuf,
    memory: SourceMemory,
}

impl Project {
    fn new() -> Project {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        Project {
            _folder: folder,
            path,
            memory: SourceMemory::new(),
        }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn look(&self, name: impl AsRef<Path>) -> Found {
        Source::new(self.path.join(name))
            .version(&self.path, &self.memory)
            .unwrap()
    }
}

#[test]
fn the_content_of_a_file_counts_and_its_time_does_not() {
    let project = Project::new();
    project.write("a", "one");
    let one = project.look("a").version;
    project.write("a", "two");
    let two = project.look("a").version;
    project.write("a", "one");
    assert_ne!(one, two);
    assert_eq!(project.look("a").version, one);
}

#[test]
fn the_path_of_a_file_counts_relative_to_the_project() {
    let (here, there) = (Project::new(), Project::new());
    for project in [&here, &there] {
        project.write("data/a", "one");
        project.write("data/b", "one");
    }
    assert_eq!(here.look("data/a"), {
        let mut found = there.look("data/a");
        found.files[0].clone_from(&here.look("data/a").files[0]);
        found
    });
    assert_ne!(here.look("data/a").version, here.look("data/b").version);
    assert_eq!(
        here.look("data/../data/./a").version,
        here.look("data/a").version
    );

    let outside = Source::new(there.path.join("data/a"))
        .version(&here.path, &here.memory)
        .unwrap();
    assert_ne!(outside.version, here.look("data/a").version);
    assert_eq!(
        outside.state().path,
        there.path.join("data/a").to_str().unwrap()
    );
}

#[test]
fn a_step_up_from_a_link_is_a_step_up_from_its_target() {
    let project = Project::new();
    project.write("real/deep/inside", "");
    project.write("real/file", "of the real folder");
    project.write("file", "of the project");
    symlink("real/deep", project.path.join("link")).unwrap();

    let found = project.look("link/../file");
    assert_eq!(found.state().path, "real/file");
    assert_eq!(found.version, project.look("real/file").version);

    symlink("nowhere", project.path.join("dangling")).unwrap();
    assert!(project.look("dangling/../file").files.is_empty());
    assert_eq!(
        project.look("dangling/../../x").state().path,
        "dangling/../../x"
    );
}

#[test]
fn a_missing_file_is_a_state_like_any_other() {
    let project = Project::new();
    let missing = project.look("a");
    assert!(missing.files.is_empty());
    project.write("a", "");
    assert_ne!(project.look("a").version, missing.version);
    fs::remove_file(project.path.join("a")).unwrap();
    assert_eq!(project.look("a").version, missing.version);
    symlink("nowhere", project.path.join("a")).unwrap();
    assert_eq!(project.look("a").version, missing.version);
    assert_ne!(project.look("b").version, missing.version);
}

#[test]
fn a_folder_counts_with_every_file_and_folder_below_it() {
    let project = Project::new();
    project.write("data/a", "one");
    project.write("data/.hidden", "two");
    project.write("data/sub/b", "three");
    let mut seen = vec![project.look("data").version];
    assert_eq!(project.look("data").files.len(), 3);
    assert_eq!(project.look("data/").version, seen[0]);

    let mut changes: Vec<(&str, Change<'_>)> = Vec::new();
    let at = |name: &str| project.path.join(name);
    changes.push(("content", Box::new(|| project.write("data/a", "ONE"))));
    changes.push((
        "hidden content",
        Box::new(|| project.write("data/.hidden", "TWO")),
    ));
    changes.push((
        "content below",
        Box::new(|| project.write("data/sub/b", "THREE")),
    ));
    changes.push(("new file", Box::new(|| project.write("data/c", ""))));
    changes.push((
        "empty folder",
        Box::new(|| fs::create_dir(at("data/empty")).unwrap()),
    ));
    changes.push((
        "renamed",
        Box::new(|| fs::rename(at("data/c"), at("data/d")).unwrap()),
    ));
    changes.push((
        "swapped",
        Box::new(|| {
            fs::rename(at("data/a"), at("data/x")).unwrap();
            fs::rename(at("data/sub/b"), at("data/a")).unwrap();
            fs::rename(at("data/x"), at("data/sub/b")).unwrap();
        }),
    ));
    changes.push((
        "link to nothing",
        Box::new(|| symlink("nowhere", at("data/link")).unwrap()),
    ));
    changes.push((
        "the target of a link appears",
        Box::new(|| project.write("data/nowhere", "")),
    ));
    for (change, make) in changes {
        make();
        let version = project.look("data").version;
        assert!(!seen.contains(&version), "{change}");
        seen.push(version);
    }
}

#[test]
fn links_in_a_folder_are_followed_and_end() {
    let project = Project::new();
    project.write("elsewhere/file", "one");
    project.write("data/a", "");
    symlink("../elsewhere", project.path.join("data/link")).unwrap();
    symlink("..", project.path.join("data/around")).unwrap();
    symlink("self", project.path.join("data/self")).unwrap();
    symlink(".", project.path.join("data/here")).unwrap();
    let before = project.look("data");
    assert!(
        before
            .files
            .iter()
            .any(|file| file.path.ends_with("data/link/file"))
    );
    project.look("**/a");

    project.write("elsewhere/file", "two");
    assert_ne!(project.look("data").version, before.version);
}

#[test]
fn a_pattern_counts_with_what_matches() {
    let project = Project::new();
    let nothing = project.look("sub-*/a").version;
    project.write("sub-1/a", "one");
    let one = project.look("sub-*/a").version;
    project.write("sub-2/a", "two");
    let two = project.look("sub-*/a").version;
    project.write("sub-2/b", "no match");
    project.write("a", "no match");
    assert_ne!(nothing, one);
    assert_ne!(one, two);
    assert_eq!(project.look("sub-*/a").version, two);
    assert_ne!(project.look("sub-?/a").version, two);

    fs::rename(project.path.join("sub-2"), project.path.join("sub-3")).unwrap();
    assert_ne!(project.look("sub-*/a").version, two);
}

#[test]
fn a_file_with_the_name_of_a_pattern_is_meant_itself() {
    let project = Project::new();
    project.write("data[1].csv", "one");
    project.write("data1.csv", "two");
    let found = project.look("data[1].csv");
    assert_eq!(found.files.len(), 1);
    assert!(found.files[0].path.ends_with("data[1].csv"));
}

#[test]
fn names_that_are_not_unicode_are_files_too() {
    let project = Project::new();
    let name = OsStr::from_bytes(b"caf\xe9.txt");
    project.write("plain.txt", "");
    let before = project.look("*.txt").version;
    fs::write(project.path.join(name), "one").unwrap();
    let found = project.look("*.txt");
    assert_eq!(found.files.len(), 2);
    assert_ne!(found.version, before);
    assert_eq!(project.look("caf?.txt").files.len(), 1);

    let state = project.look(name).state();
    let text = serde_json::to_string(&state).unwrap();
    let state: SourceState = serde_json::from_str(&text).unwrap();
    assert!(state.still(&project.path, &project.memory).unwrap());
    fs::write(project.path.join(name), "two").unwrap();
    assert!(!state.still(&project.path, &project.memory).unwrap());
}

#[test]
fn a_state_holds_after_the_project_has_moved() {
    let project = Project::new();
    project.write("old/data/a", "one");
    project.write("old/data/b", "two");
    let (old, new) = (project.path.join("old"), project.path.join("new"));
    let states: Vec<SourceState> = ["data/a", "data", "data/*", "missing", "."]
        .iter()
        .map(|name| {
            Source::new(old.join(name))
                .version(&old, &project.memory)
                .unwrap()
                .state()
        })
        .collect();
    fs::rename(&old, &new).unwrap();
    for state in &states {
        assert!(state.still(&new, &project.memory).unwrap(), "{state:?}");
    }
    project.write("new/data/a", "changed");
    let hold: Vec<bool> = states
        .iter()
        .map(|state| state.still(&new, &project.memory).unwrap())
        .collect();
    assert_eq!(hold, [false, false, false, true, false]);
}
