//! A fresh call runs nothing, and every cause of a run has its reason.

#![allow(clippy::unwrap_used)]

#[path = "call/a_stored_result_answers_only_as_it_was_asked_for.rs"]
mod a_stored_result_answers_only_as_it_was_asked_for;
mod common;
#[path = "call/two_halves_are_one_call.rs"]
mod two_halves_are_one_call;
#[path = "call/what_fails_costs_neither_values_nor_results.rs"]
mod what_fails_costs_neither_values_nor_results;

use std::fs;

use common::{Function, Value, bytes_of, numbers_to_bytes};
use remade::decide::Reason;
use remade::event::Warning;
use remade::make::{self, Changed};
use remade::record::{Implicit, Nested};
use remade::source::Source;
use remade::store::prune::Keep;
use tempfile::{TempDir, tempdir};

fn at(folder: &TempDir) -> Function {
    Function::new(folder.path(), "module.f")
}

fn with_file(folder: &TempDir) -> Function {
    at(folder).body(numbers_to_bytes(1000))
}

#[test]
fn a_fresh_call_runs_nothing_and_gives_what_was_returned() {
    let folder = tempdir().unwrap();
    for value in [
        Value::Int(i64::MIN),
        Value::Bytes(Vec::new()),
        Value::Bytes(bytes_of(7, 10_000)),
        Value::Bytes(bytes_of(7, 200_000)),
        Value::Rows(vec![vec![1], vec![], bytes_of(3, 100_000)]),
        Value::Rows(vec![]),
    ] {
        let f = at(&folder);
        let arguments = [value.clone()];
        assert_eq!(f.ask(&arguments).call().unwrap(), value);
        let g = at(&folder);
        for _ in 0..3 {
            let mut asked = g.ask(&arguments);
            assert!(make::check(&g.made, &mut asked).unwrap());
            assert_eq!(asked.call().unwrap(), value);
            assert!(asked.warnings.is_empty());
            assert_eq!(f.ask(&arguments).call().unwrap(), value);
        }
        assert_eq!((f.runs.get(), g.runs.get()), (1, 0));
        assert_eq!(make::newest(&g.made, &mut g.ask(&[])).unwrap(), Ok(value));
    }
}

#[test]
fn the_first_call_never_ran() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    assert!(!make::check(&f.made, &mut f.ask(&[Value::Int(1)])).unwrap());
    assert_eq!(f.call(1).1, [Reason::NeverRan]);
    assert!(f.call(1).1.is_empty());
}

#[test]
fn another_argument_is_named_with_what_it_was() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    f.call(1);
    let (value, why) = f.call(2);
    assert_eq!(value, Value::Int(2));
    assert_eq!(
        why,
        [Reason::ArgumentChanged {
            name: "x0".to_owned(),
            from: Some("Int(1)".to_owned()),
            to: Some("Int(2)".to_owned()),
            origin: None,
        }]
    );
    let mut two = f.ask(&[Value::Int(2), Value::Int(3)]);
    two.call().unwrap();
    assert_eq!(two.why().len(), 1);
    assert!(
        matches!(&two.why()[0], Reason::ArgumentChanged { name, from: None, .. } if name == "x1")
    );
    assert!(
        matches!(&f.call(2).1[..], [Reason::ArgumentChanged { name, to: None, .. }] if name == "x1")
    );
}

#[test]
fn only_the_last_result_is_kept_by_default() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    for number in [1, 2, 1, 2] {
        f.call(number);
    }
    assert_eq!(f.runs.get(), 4);
}

#[test]
fn another_code_names_the_functions_that_changed_came_and_went() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    f.code.borrow_mut().insert("module.old".to_owned(), 1);
    f.call(1);
    let mut code = f.code.borrow_mut();
    code.remove("module.old");
    code.insert("module.new".to_owned(), 1);
    code.insert("module.f".to_owned(), 2);
    drop(code);
    let (_, why) = f.call(1);
    let [Reason::CodeChanged { functions }] = &why[..] else {
        panic!("{why:?}")
    };
    assert_eq!(functions, &["module.f", "module.new", "module.old"]);
}

#[test]
fn a_call_that_was_forgotten_says_so() {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::Last(2));
    f.call(1);
    f.call(2);
    fs::remove_file(f.record_path(2)).unwrap();
    assert!(matches!(&f.call(2).1[..], [Reason::ArgumentChanged { .. }]));
    let g = Function::new(folder.path(), "module.g");
    g.call(1);
    let record = g.record(1);
    fs::remove_file(g.record_path(1)).unwrap();
    let mut other = record.clone();
    other.key = g.key(&[Value::Int(9)]);
    g.put_record(&other);
    assert_eq!(g.call(1).1, [Reason::Forgotten]);
}

#[test]
fn an_argument_without_version_runs_every_time_and_its_result_is_only_for_load() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    for round in 1..=3 {
        let mut asked = f.ask(&[Value::Int(4)]);
        asked.unversioned = Some("it is a lock".to_owned());
        assert!(!make::check(&f.made, &mut asked).unwrap());
        asked.call().unwrap();
        assert!(matches!(&asked.why()[..], [Reason::Unversioned { name, .. }] if name == "x"));
        assert!(matches!(&asked.warnings[..], [Warning::Unversioned { .. }]));
        assert_eq!(f.runs.get(), round);
    }
    let loaded = make::newest(&f.made, &mut f.ask(&[])).unwrap();
    assert_eq!(loaded, Ok(Value::Int(4)));
    assert_eq!(f.call(4).0, Value::Int(4));
    assert_eq!(f.runs.get(), 4); // a call whose argument has a version is another call
}

#[test]
fn a_run_that_changes_an_argument_and_does_not_return_it_is_never_fresh() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    *f.changes.borrow_mut() = vec![("x0".to_owned(), Changed::Lost)];
    let mut asked = f.ask(&[Value::Int(1)]);
    asked.call().unwrap();
    assert!(matches!(
        &asked.warnings[..],
        [Warning::ChangesArgument { .. }]
    ));
    for g in [&f, &at(&folder)] {
        assert!(!make::check(&g.made, &mut g.ask(&[Value::Int(1)])).unwrap());
        *g.changes.borrow_mut() = vec![("x0".to_owned(), Changed::Lost)];
        assert_eq!(
            g.call(1).1,
            [Reason::ChangedByItself {
                name: "x0".to_owned()
            }]
        );
    }
}

#[test]
fn a_run_that_changes_an_argument_and_returns_it_answers_only_calls_that_share_nothing() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    *f.changes.borrow_mut() = vec![("x0".to_owned(), Changed::Returned)];
    f.call(1);
    assert!(f.call(1).1.is_empty());
    f.shares.set(true);
    assert_eq!(f.call(1).1, [Reason::Shared]);
    // The run whose own arguments shared something never answers.
    f.shares.set(false);
    assert_eq!(
        f.call(1).1,
        [Reason::ChangedByItself {
            name: "x0".to_owned()
        }]
    );
    assert!(f.call(1).1.is_empty());
}

#[test]
fn a_global_that_changed_is_named_with_what_it_was() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    f.globals.borrow_mut().insert("settings.FWHM".to_owned(), 8);
    f.call(1);
    assert!(f.call(1).1.is_empty());
    f.globals.borrow_mut().insert("settings.FWHM".to_owned(), 9);
    let from = Some("8".to_owned());
    let to = Some("9".to_owned());
    let name = "settings.FWHM".to_owned();
    assert_eq!(f.call(1).1, [Reason::ImplicitChanged { name, from, to }]);
    assert!(f.call(1).1.is_empty());
    f.globals.borrow_mut().clear();
    assert!(matches!(
        &f.call(1).1[..],
        [Reason::ImplicitChanged { to: None, .. }]
    ));
}

#[test]
fn a_global_that_the_run_itself_changed_is_not_compared() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    f.globals.borrow_mut().insert("COUNT".to_owned(), 0);
    *f.sets.borrow_mut() = Some(("COUNT".to_owned(), 1));
    let mut asked = f.ask(&[Value::Int(1)]);
    asked.call().unwrap();
    assert!(matches!(
        &asked.warnings[..],
        [Warning::ReadsItsOutput { .. }]
    ));
    f.globals.borrow_mut().insert("COUNT".to_owned(), 55);
    assert!(f.call(1).1.is_empty());
}

#[test]
fn what_came_in_through_nested_calls_counts() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    let data = folder.path().join("data.csv");
    fs::write(&data, "1,2").unwrap();
    let store = f.made.store().clone();
    let source = || {
        let found = Source::new(&data).version(store.project(), store.sources());
        found.unwrap().state()
    };
    f.nested_functions
        .borrow_mut()
        .insert("module.g".to_owned(), 1);
    f.globals.borrow_mut().insert("G".to_owned(), 5);
    let nested = || Nested {
        functions: [("module.g".to_owned(), Value::Int(1).version())].into(),
        sources: vec![source()],
        implicit: vec![Implicit {
            name: "G".to_owned(),
            locator: None,
            version: Some(Value::Int(5).version()),
            short: "5".to_owned(),
            changed: false,
            origins: Vec::new(),
        }],
        unversioned: None,
        calls: Vec::new(),
    };
    *f.nested.borrow_mut() = nested();
    f.call(1);
    assert!(f.call(1).1.is_empty());

    fs::write(&data, "1,3").unwrap();
    assert_eq!(
        f.call(1).1,
        [Reason::SourceChanged {
            path: "data.csv".to_owned()
        }]
    );
    *f.nested.borrow_mut() = nested();
    f.call(1);
    assert!(f.call(1).1.is_empty());

    f.nested_functions
        .borrow_mut()
        .insert("module.g".to_owned(), 2);
    assert_eq!(
        f.call(1).1,
        [Reason::NestedChanged {
            name: "module.g".to_owned()
        }]
    );
    f.nested_functions.borrow_mut().clear();
    assert_eq!(
        f.call(1).1,
        [Reason::NestedChanged {
            name: "module.g".to_owned()
        }]
    );
    f.nested_functions
        .borrow_mut()
        .insert("module.g".to_owned(), 1);
    assert!(f.call(1).1.is_empty());

    f.nested.borrow_mut().unversioned = Some("module.h".to_owned());
    f.ask(&[Value::Int(1)]).forced().call().unwrap();
    assert_eq!(
        f.call(1).1,
        [Reason::NestedUnversioned {
            name: "module.h".to_owned()
        }]
    );
}

#[test]
fn a_caller_who_asks_for_a_run_gets_one() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    f.call(1);
    let mut asked = f.ask(&[Value::Int(1)]).forced();
    asked.call().unwrap();
    assert_eq!(asked.why(), [Reason::Asked]);
    assert!(f.call(1).1.is_empty());
}

#[test]
fn a_history_that_ended_is_told_and_the_key_is_made_anew() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    let mut asked = f.ask(&[Value::Int(1)]);
    asked.histories = vec!["the argument x0".to_owned()];
    asked.call().unwrap();
    assert!(matches!(
        &asked.warnings[..],
        [Warning::HistoryEnded { .. }]
    ));
    assert!(f.call(1).1.is_empty());
}
