//! Records come over from the names that a function had, once, and only where they are still true.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Function, Value, bytes_of, numbers_to_bytes};
use remade::make::{self, Face, Former};
use remade::store::prune::Keep;
use tempfile::{TempDir, tempdir};

fn old(folder: &TempDir, keep: Keep) -> Function {
    Function::keeping(folder.path(), "old.f", keep).body(numbers_to_bytes(1000))
}

/// The same code under another name.
fn new(folder: &TempDir, old: &Function, keep: Keep, same_code_only: bool) -> Function {
    let new = Function::keeping(folder.path(), "new.f", keep).body(numbers_to_bytes(1000));
    *new.code.borrow_mut() = old.code.borrow().clone();
    let fingerprint = Face::fingerprint(&new.ask(&[]));
    new.former.borrow_mut().push(Former {
        function: "old.f".to_owned(),
        module: ("old".to_owned(), "new".to_owned()),
        fingerprints: vec![fingerprint],
        same_code_only,
    });
    new
}

#[test]
fn the_results_answer_under_the_new_name() {
    let folder = tempdir().unwrap();
    let before = old(&folder, Keep::All);
    let values: Vec<_> = (0..5).map(|number| before.call(number).0).collect();
    let after = new(&folder, &before, Keep::All, false);
    for (number, value) in values.iter().enumerate() {
        assert_eq!(after.call(number as i64), (value.clone(), vec![]));
    }
    assert_eq!(after.runs.get(), 0);
    assert_eq!(after.record(2).was.as_deref(), Some("old.f"));
    assert_eq!(before.made.folder().keys().unwrap(), []);
    // The next process finds them under the new name, without being told of the old one.
    let next = after.elsewhere(folder.path(), Keep::All);
    assert_eq!(next.call(4), (values[4].clone(), vec![]));
}

#[test]
fn the_last_result_is_found_before_any_call() {
    let folder = tempdir().unwrap();
    let before = old(&folder, Keep::Last(1));
    let (value, _) = before.call(3);
    let after = new(&folder, &before, Keep::Last(1), false);
    let newest = make::newest(&after.made, &mut after.ask(&[])).unwrap();
    assert_eq!(newest, Ok(value));
}

#[test]
fn as_many_come_as_are_kept() {
    let folder = tempdir().unwrap();
    let before = old(&folder, Keep::All);
    (0..5).for_each(|number| drop(before.call(number)));
    let after = new(&folder, &before, Keep::Last(2), false);
    assert!(after.call(4).1.is_empty());
    assert!(after.call(3).1.is_empty());
    assert_eq!(after.made.folder().keys().unwrap().len(), 2);
}

#[test]
fn a_file_with_a_name_of_the_users_is_not_touched() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("out.bin");
    let before = old(&folder, Keep::Last(1)).named(path.clone());
    let (value, _) = before.call(3);
    let written = std::fs::metadata(&path).unwrap().modified().unwrap();
    let after = new(&folder, &before, Keep::Last(1), false).named(path.clone());
    assert_eq!(after.call(3), (value, vec![]));
    assert_eq!(
        std::fs::metadata(&path).unwrap().modified().unwrap(),
        written
    );
}

#[test]
fn other_code_comes_over_and_is_stale() {
    let folder = tempdir().unwrap();
    let before = old(&folder, Keep::Last(1));
    before.call(3);
    let after = new(&folder, &before, Keep::Last(1), false);
    after.code.borrow_mut().insert("helper".to_owned(), 7);
    after.former.borrow_mut()[0].fingerprints = vec![Face::fingerprint(&after.ask(&[]))];
    let (_, reasons) = after.call(3);
    assert!(
        reasons[0].to_string().starts_with("code changed"),
        "{reasons:?}"
    );
    assert_eq!(after.runs.get(), 1);
}

#[test]
fn a_guess_brings_only_the_very_same_code() {
    let folder = tempdir().unwrap();
    let before = old(&folder, Keep::Last(1));
    let (value, _) = before.call(3);
    let other = new(&folder, &before, Keep::Last(1), true);
    other.former.borrow_mut()[0].fingerprints.clear();
    assert_eq!(other.call(3).1.len(), 1);
    assert_eq!(
        before.call(3),
        (value.clone(), vec![]),
        "it was left where it is"
    );
    other.made.clear().unwrap();
    let same = new(&folder, &before, Keep::Last(1), true);
    assert_eq!(same.call(3), (value, vec![]));
}

#[test]
fn a_function_with_records_of_its_own_takes_none() {
    let folder = tempdir().unwrap();
    let before = old(&folder, Keep::All);
    before.call(3);
    let first = new(&folder, &before, Keep::All, false);
    first.former.borrow_mut().clear();
    first.call(4);
    let after = new(&folder, &before, Keep::All, false);
    assert_eq!(after.call(3).1.len(), 1);
    assert_eq!(before.made.folder().keys().unwrap().len(), 1);
}

#[test]
fn a_missing_result_is_computed_anew() {
    let folder = tempdir().unwrap();
    let before = old(&folder, Keep::Last(1));
    let (value, _) = before.call(3);
    std::fs::remove_file(&before.result_paths(3)[0]).unwrap();
    let after = new(&folder, &before, Keep::Last(1), false);
    assert_eq!(after.call(3).0, value);
    assert_eq!(after.runs.get(), 1);
    assert!(after.call(3).1.is_empty());
}

#[test]
fn two_processes_take_over_at_once() {
    let folder = tempdir().unwrap();
    let before = old(&folder, Keep::All);
    (0..20).for_each(|number| drop(before.call(number)));
    let runs: Vec<usize> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let before = Function::keeping(folder.path(), "old.f", Keep::All);
                    let after = new(&folder, &before, Keep::All, false);
                    for number in 0..20 {
                        let value = Value::Bytes(bytes_of(number, 1000));
                        assert_eq!(after.call(number).0, value);
                    }
                    after.runs.get()
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(
        runs.contains(&0) || runs.iter().sum::<usize>() <= 20,
        "{runs:?}"
    );
}
