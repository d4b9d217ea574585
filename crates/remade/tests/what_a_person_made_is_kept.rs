//! A file that a person made or changed is never destroyed by a run.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{Function, Value, bytes_of, names, numbers_to_bytes, tree};
use remade::event::Warning;
use tempfile::tempdir;

fn function(folder: &Path, name: &str) -> Function {
    Function::new(folder, "module.f")
        .named(folder.join("results").join(name))
        .body(numbers_to_bytes(100))
}

fn warnings(f: &Function, number: i64) -> Vec<Warning> {
    let mut asked = f.ask(&[Value::Int(number)]);
    asked.call().unwrap();
    asked.warnings
}

#[test]
fn a_file_changed_by_hand_is_moved_aside_and_named() {
    for name in [
        "f.bin",
        "noextension",
        ".hidden",
        "..double",
        "f.nii.gz",
        "é.npy",
        "éa",
        "日本.tar.gz",
        "🙂",
        "a b.c d",
    ] {
        let folder = tempdir().unwrap();
        let results = folder.path().join("results");
        let path = results.join(name);
        let f = function(folder.path(), name);
        assert_eq!(warnings(&f, 1), []);
        fs::write(&path, "corrected by hand").unwrap();
        let told = warnings(&f, 1);
        let [Warning::MovedAside { from, to }] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!(*from, path);
        assert_eq!(fs::read(to).unwrap(), b"corrected by hand");
        assert!(to.to_string_lossy().contains(".by-hand-"), "{to:?}");
        assert_eq!(to.parent(), Some(results.as_path()));
        assert_eq!(fs::read(&path).unwrap(), bytes_of(1, 100));
        assert_eq!(warnings(&f, 1), []);
        assert_eq!(names(&results).len(), 2);
    }
}

#[test]
fn a_file_that_was_there_before_the_first_run_is_moved_aside() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("results")).unwrap();
    fs::write(folder.path().join("results/f.bin"), "older than all").unwrap();
    let f = function(folder.path(), "f.bin");
    assert!(matches!(&warnings(&f, 1)[..], [Warning::MovedAside { .. }]));
    let found = tree(&folder.path().join("results"));
    assert!(found.values().any(|content| content == b"older than all"));
}

#[test]
fn the_same_content_by_hand_is_nothing_to_keep() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("results")).unwrap();
    fs::write(folder.path().join("results/f.bin"), bytes_of(1, 100)).unwrap();
    let f = function(folder.path(), "f.bin");
    assert_eq!(warnings(&f, 1), []);
    fs::write(folder.path().join("results/f.bin"), bytes_of(1, 100)).unwrap();
    f.ask(&[Value::Int(1)]).forced().call().unwrap();
    assert_eq!(warnings(&f, 2), []);
    assert_eq!(names(&folder.path().join("results")), ["f.bin"]);
}

#[test]
fn many_changes_by_hand_are_all_kept() {
    let folder = tempdir().unwrap();
    let f = function(folder.path(), "f.bin");
    f.call(1);
    for round in 0..5 {
        fs::write(
            folder.path().join("results/f.bin"),
            format!("change {round}"),
        )
        .unwrap();
        f.call(1);
    }
    let found = tree(&folder.path().join("results"));
    for round in 0..5 {
        let change = format!("change {round}").into_bytes();
        assert!(found.values().any(|content| *content == change));
    }
}

#[test]
fn a_result_of_ours_is_replaced_without_a_word() {
    let folder = tempdir().unwrap();
    let f = function(folder.path(), "f.bin");
    for number in [1, 2, 1, 3] {
        assert_eq!(warnings(&f, number), []);
    }
    // After it was touched, forgotten, or made by another function of the store.
    let path = folder.path().join("results/f.bin");
    let content = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, content).unwrap();
    assert_eq!(warnings(&f, 4), []);
    f.made.clear().unwrap();
    assert!(path.is_file());
    assert_eq!(warnings(&f, 5), []);
    let g = Function::new(folder.path(), "module.g")
        .named(path)
        .body(|_| Ok(Value::Bytes(vec![7; 10])));
    assert_eq!(warnings(&g, 1), []);
    assert_eq!(warnings(&f, 5), []);
    assert_eq!(names(&folder.path().join("results")), ["f.bin"]);
}

#[cfg(unix)]
#[test]
fn a_link_or_a_folder_in_the_place_of_a_result_is_left_alone() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("results")).unwrap();
    fs::write(folder.path().join("precious"), "precious").unwrap();
    let path = folder.path().join("results/f.bin");
    std::os::unix::fs::symlink(folder.path().join("precious"), &path).unwrap();
    let f = function(folder.path(), "f.bin");
    let mut asked = f.ask(&[Value::Int(1)]);
    assert_eq!(asked.call().unwrap(), Value::Bytes(bytes_of(1, 100)));
    assert_eq!(asked.warnings.len(), 1);
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(
        fs::read(folder.path().join("precious")).unwrap(),
        b"precious"
    );
    assert_eq!(names(&folder.path().join("results")), ["f.bin"]);

    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let mut asked = f.ask(&[Value::Int(1)]);
    asked.call().unwrap();
    assert_eq!(asked.warnings.len(), 1);
    assert!(path.is_dir());
}

#[test]
fn a_folder_in_the_way_of_the_results_costs_no_value() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("results"), "a file in the way").unwrap();
    let f = function(folder.path(), "f.bin");
    let mut asked = f.ask(&[Value::Int(1)]);
    assert_eq!(asked.call().unwrap(), Value::Bytes(bytes_of(1, 100)));
    assert_eq!(asked.warnings.len(), 1);
    assert_eq!(
        fs::read(folder.path().join("results")).unwrap(),
        b"a file in the way"
    );
}
