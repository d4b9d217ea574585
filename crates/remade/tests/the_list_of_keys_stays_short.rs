//! The list of the newest keys grows by a line at each run, and does not grow for ever.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{Function, Value};
use remade::call::CallKey;
use remade::store::prune::{self, Keep};
use tempfile::tempdir;

fn lines(function: &Function) -> Vec<String> {
    let text = fs::read_to_string(function.made.folder().last()).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn kept(function: &Function) -> usize {
    function.made.folder().keys().unwrap().len()
}

fn key(function: &Function, number: i64) -> CallKey {
    function.key(&[Value::Int(number)])
}

#[test]
fn many_runs_leave_one_record_and_a_short_list() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    for number in 0..300 {
        f.call(number);
        assert_eq!(kept(&f), 1);
        assert_eq!(lines(&f).last().unwrap(), &key(&f, number).to_string());
        assert!(lines(&f).len() <= 67, "{} lines", lines(&f).len());
    }
}

#[test]
fn two_calls_in_turn_leave_a_short_list_too() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    for number in 0..300 {
        f.call(number % 2);
        assert!(lines(&f).len() <= 67);
    }
    assert_eq!(f.runs.get(), 300);
}

#[test]
fn the_newest_calls_are_kept_whatever_was_written_anew() {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::Last(3));
    for number in 0..200 {
        f.call(number);
    }
    let expected: Vec<CallKey> = (197..200).rev().map(|number| key(&f, number)).collect();
    assert_eq!(prune::newest_first(f.made.folder()).unwrap(), expected);
    // A call that runs again is the newest: of the others the oldest goes.
    f.ask(&[Value::Int(197)]).forced().call().unwrap();
    f.call(500);
    let expected = [500, 197, 199].map(|number| key(&f, number));
    assert_eq!(prune::newest_first(f.made.folder()).unwrap(), expected);
}

#[test]
fn the_newest_record_is_found_behind_keys_that_are_gone() {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::All);
    for number in 0..100 {
        f.call(number);
    }
    // More than the end of the list that is looked at first.
    for number in 10..100 {
        fs::remove_file(f.record_path(number)).unwrap();
    }
    let newest = prune::newest(f.made.folder()).unwrap();
    assert_eq!(newest.key, key(&f, 9));
    // A list that was cut, or is not there, is made up for.
    fs::remove_file(f.made.folder().last()).unwrap();
    assert!(prune::newest(f.made.folder()).is_some());
}
