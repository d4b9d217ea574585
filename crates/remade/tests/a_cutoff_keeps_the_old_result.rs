//! Where a cutoff finds the new result close to the old one, the old one stays, file and all.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use common::{Function, Value, bytes_of};
use remade::decide::Reason;
use remade::event::Warning;
use remade::make::Changed;
use remade::record::{Binary64, Record};
use remade::store::prune::Keep;
use tempfile::{TempDir, tempdir};

/// The result is 300 bytes that begin with the argument.
fn near(folder: &TempDir, keep: Keep) -> Function {
    let f = Function::keeping(folder.path(), "module.f", keep).body(|x| match x[0] {
        Value::Int(number) => Ok(Value::Bytes([bytes_of(number, 1), vec![7; 299]].concat())),
        _ => Err(String::new()),
    });
    f.cutoff.set(Some(2));
    f
}

fn first(value: &Value) -> u8 {
    match value {
        Value::Bytes(bytes) => bytes[0],
        other => panic!("{other:?}"),
    }
}

fn identity_of(path: &Path) -> (u64, i64, i64) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.ino(), metadata.mtime(), metadata.mtime_nsec())
}

#[test]
fn value_version_and_file_are_the_old_ones_and_nothing_drifts() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("out.bin");
    let f = near(&folder, Keep::Last(1)).named(path.clone());
    f.call(10);
    let (before, file) = (f.record(10), identity_of(&path));
    // 12 is close to what was kept; 13 would be close to 12 only.
    for (number, runs) in [(11, 2), (12, 3)] {
        assert_eq!(first(&f.call(number).0), 10);
        assert_eq!((f.runs.get(), identity_of(&path)), (runs, file));
        let record = f.record(number);
        assert_eq!(record.results, before.results);
        assert_eq!(record.items, before.items);
        let kept = record.kept.unwrap();
        assert_eq!(kept.by, "within 2");
        assert_eq!(kept.difference, Some(Binary64((number - 10) as f64)));
        assert_eq!(first(&f.call(number).0), 10);
        let elsewhere = near(&folder, Keep::Last(1)).named(path.clone());
        assert_eq!(first(&elsewhere.call(number).0), 10);
        assert_eq!((f.runs.get(), elsewhere.runs.get()), (runs, 0));
    }
    assert_eq!(first(&f.call(13).0), 13);
    assert_eq!(f.record(13).kept, None);
    assert_ne!(identity_of(&path).0, file.0);
}

#[test]
fn a_file_that_the_engine_named_gets_a_second_name_under_the_new_key() {
    for keep in [Keep::Last(1), Keep::All] {
        let folder = tempdir().unwrap();
        let f = near(&folder, keep);
        f.call(10);
        let old = f.result_paths(10).remove(0);
        let file = identity_of(&old);
        assert_eq!(first(&f.call(11).0), 10);
        let new = f.result_paths(11).remove(0);
        assert_ne!(new, old);
        assert_eq!(identity_of(&new), file);
        assert_eq!(old.exists(), keep == Keep::All);
        let left = common::names(f.made.folder().path());
        assert!(
            !left.iter().any(|name| name.starts_with(".remade")),
            "{left:?}"
        );
        let elsewhere = near(&folder, keep);
        assert_eq!(first(&elsewhere.call(11).0), 10);
        assert_eq!(elsewhere.runs.get(), 0);
    }
}

#[test]
fn two_names_of_one_file_leave_nothing_behind_when_one_is_kept_again() {
    let folder = tempdir().unwrap();
    let f = near(&folder, Keep::All);
    f.call(10);
    f.call(11);
    fs::write(f.record_path(11), "damaged").unwrap();
    assert_eq!(first(&f.call(11).0), 10);
    let left = common::names(f.made.folder().path());
    assert!(
        !left.iter().any(|name| name.starts_with(".remade")),
        "{left:?}"
    );
}

#[test]
fn the_record_of_the_same_call_comes_before_the_newest() {
    let folder = tempdir().unwrap();
    let f = near(&folder, Keep::All);
    f.call(10);
    f.call(20);
    *f.body.borrow_mut() = Box::new(|_| Ok(Value::Bytes([vec![11], vec![7; 299]].concat())));
    let mut asked = f.ask(&[Value::Int(10)]).forced();
    assert_eq!(first(&asked.call().unwrap()), 10);
    assert_eq!(f.record(10).kept.unwrap().record, f.record(10).key);
    assert_eq!(
        asked.events.last().unwrap().kept.as_deref(),
        Some("within 2")
    );
}

#[test]
fn under_another_cutoff_what_was_kept_is_stale_and_what_was_not_is_fresh() {
    let folder = tempdir().unwrap();
    let f = near(&folder, Keep::All);
    f.call(10);
    f.call(11);
    for (cutoff, name) in [(Some(0), "within 0"), (None, "none")] {
        f.cutoff.set(cutoff);
        assert_eq!(f.call(10).1, []);
        let why = f.call(11).1;
        if name == "within 0" {
            let from = "within 2".to_owned();
            let to = name.to_owned();
            assert_eq!(why, [Reason::CutoffChanged { from, to }]);
            assert_eq!(first(&f.call(11).0), 11);
        } else {
            assert_eq!(why, [], "it was saved as it is");
        }
    }
}

#[test]
fn what_cannot_be_compared_or_is_not_whole_is_saved_as_usual() {
    let folder = tempdir().unwrap();
    let f = near(&folder, Keep::Last(1));
    f.call(10);
    f.cutoff_fails.set(true);
    let mut asked = f.ask(&[Value::Int(11)]);
    assert_eq!(first(&asked.call().unwrap()), 11);
    assert!(
        matches!(&asked.warnings[..], [Warning::NotCompared { why, .. }] if why == "told to fail")
    );
    f.cutoff_fails.set(false);
    f.refuses_to_load.set(true);
    let mut asked = f.elsewhere(folder.path(), Keep::Last(1));
    asked.refuses_to_load.set(true);
    asked.cutoff.set(Some(2));
    asked = asked.body(|_| Ok(Value::Bytes([vec![12], vec![7; 299]].concat())));
    let mut asked = asked.ask(&[Value::Int(12)]);
    assert_eq!(first(&asked.call().unwrap()), 12);
    assert!(matches!(&asked.warnings[..], [Warning::NotCompared { .. }]));
    let g = near(&folder, Keep::Last(1));
    fs::remove_file(g.result_paths(12).remove(0)).unwrap();
    let mut asked = g.ask(&[Value::Int(13)]);
    assert_eq!(first(&asked.call().unwrap()), 13);
    assert!(asked.warnings.is_empty());
}

#[test]
fn a_run_that_changed_an_argument_is_saved_and_one_that_moved_a_generator_on_may_be_kept() {
    let folder = tempdir().unwrap();
    let f = near(&folder, Keep::Last(1));
    f.call(10);
    *f.changes.borrow_mut() = vec![("x0".to_owned(), Changed::Returned)];
    assert_eq!(first(&f.call(11).0), 11);
    *f.changes.borrow_mut() = vec![("x0".to_owned(), Changed::Advanced("on".to_owned()))];
    assert_eq!(first(&f.call(12).0), 11);
    assert_eq!(f.record(12).arguments[0].after.as_deref(), Some("on"));
    assert_eq!(first(&f.call(12).0), 11);
    assert_eq!(*f.resumed.borrow(), ["on"]);
}

#[test]
fn another_persister_or_another_function_is_no_predecessor() {
    let folder = tempdir().unwrap();
    let f = near(&folder, Keep::Last(1));
    f.call(10);
    f.persister.set(2);
    assert_eq!(first(&f.call(11).0), 11);
    let text = fs::read(f.record_path(11)).unwrap();
    assert_eq!(Record::from_json(&text).unwrap().kept, None);
}
