//! What fails costs no value that was computed, and no result that was stored.

use std::fs;

use remade::decide::Reason;
use remade::event::Warning;
use tempfile::tempdir;

use crate::common::{Value, bytes_of, tree};
use crate::{at, with_file};

#[test]
fn a_run_that_raises_leaves_everything_as_it_was() {
    let folder = tempdir().unwrap();
    let f = with_file(&folder);
    f.call(1);
    let before = tree(folder.path());
    let mut asked = f.ask(&[Value::Bytes(vec![1])]);
    assert_eq!(asked.call(), Err("numbers only".to_owned()));
    assert_eq!(tree(folder.path()), before);
    let again = f.ask(&[Value::Bytes(vec![1])]).call();
    assert_eq!(again, Err("numbers only".to_owned()));
    assert_eq!(f.runs.get(), 3);
    assert_eq!(
        f.raised.get(),
        2,
        "the face is told, to end histories and to tell callers"
    );
    assert!(f.call(1).1.is_empty());
}

#[test]
fn a_failure_to_save_returns_the_value_and_leaves_the_earlier_result() {
    let folder = tempdir().unwrap();
    let f = with_file(&folder);
    f.call(1);
    let before = tree(folder.path());
    f.fails_to_save.set(true);
    let mut asked = f.ask(&[Value::Int(2)]);
    assert_eq!(asked.call().unwrap(), Value::Bytes(bytes_of(2, 1000)));
    assert_eq!(asked.warnings.len(), 1);
    assert_eq!(tree(folder.path()), before);
    assert!(f.call(1).1.is_empty());
}

#[test]
fn a_store_that_cannot_be_used_computes_with_one_warning() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("cache"), "a file in the way").unwrap();
    let f = with_file(&folder);
    let mut asked = f.ask(&[Value::Int(1)]);
    assert_eq!(asked.call().unwrap(), Value::Bytes(bytes_of(1, 1000)));
    assert!(matches!(&asked.warnings[0], Warning::StoreUnusable { .. }));
    assert_eq!(
        fs::read(folder.path().join("cache")).unwrap(),
        b"a file in the way"
    );
}

#[test]
fn a_warning_turned_into_an_error_before_the_run_stops_the_call() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    let mut asked = f.ask(&[Value::Int(1)]);
    asked.histories = vec!["the argument x0".to_owned()];
    asked.refuses_warnings = true;
    assert!(asked.call().is_err());
    assert_eq!(f.runs.get(), 0);
    assert_eq!(f.call(1).1, [Reason::NeverRan]);
}
