//! A reused result leaves a random generator where the run of its record left it, or is not reused.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Function, Value};
use remade::decide::Reason;
use remade::event::Warning;
use remade::make::{self, Changed};
use remade::record::{MAX_AFTER, NeverFresh, Record, Unreadable};
use remade::store::prune::Keep;
use tempfile::tempdir;

fn advanced(state: &str) -> Vec<(String, Changed)> {
    vec![("x0".to_owned(), Changed::Advanced(state.to_owned()))]
}

#[test]
fn the_state_after_the_run_is_told_at_each_reuse_and_at_no_other_time() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    *f.changes.borrow_mut() = advanced("after 1");
    f.call(1);
    assert!(f.resumed.borrow().is_empty());
    assert_eq!(f.record(1).arguments[0].after.as_deref(), Some("after 1"));
    assert!(make::check(&f.made, &mut f.ask(&[Value::Int(1)])).unwrap());
    make::newest(&f.made, &mut f.ask(&[])).unwrap().unwrap();
    assert!(f.resumed.borrow().is_empty());
    for g in [&f, &f.elsewhere(folder.path(), Keep::Last(1))] {
        assert_eq!(g.call(1), (Value::Int(1), vec![]));
        assert_eq!(*g.resumed.borrow(), ["after 1"]);
    }
}

#[test]
fn where_it_cannot_be_left_there_the_function_runs() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    *f.changes.borrow_mut() = advanced("after 1");
    f.call(1);
    f.is_stuck.set(true);
    assert!(matches!(&f.call(1).1[..], [Reason::NotResumed { name, .. }] if name == "x0"));
}

#[test]
fn a_run_whose_arguments_share_it_or_that_lost_it_never_answers() {
    let folder = tempdir().unwrap();
    let stuck = vec![("x0".to_owned(), Changed::Stuck("is lost".to_owned()))];
    for (changes, shares, why) in [
        (
            advanced("after 1"),
            true,
            "shares its state with another argument",
        ),
        (stuck, false, "is lost"),
    ] {
        let f = Function::new(folder.path(), why);
        *f.changes.borrow_mut() = changes;
        f.shares.set(shares);
        let mut asked = f.ask(&[Value::Int(1)]);
        asked.call().unwrap();
        assert!(
            matches!(&asked.warnings[..], [Warning::NotResumed { why: told, .. }] if told == why)
        );
        let never = NeverFresh::Random("x0".to_owned(), why.to_owned());
        assert_eq!(f.record(1).never_fresh, Some(never));
        f.shares.set(false);
        let reason = Reason::NotResumed {
            name: "x0".to_owned(),
            why: why.to_owned(),
        };
        assert_eq!(f.call(1).1, [reason]);
    }
}

#[test]
fn what_was_apart_does_not_answer_for_what_is_shared() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    *f.changes.borrow_mut() = advanced("after 1");
    f.call(1);
    f.shares.set(true);
    assert_eq!(f.call(1).1, [Reason::Shared]);
}

#[test]
fn a_state_longer_than_any_generator_has_is_damage() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    f.call(1);
    let mut record = f.record(1);
    record.arguments[0].after = Some("x".repeat(MAX_AFTER));
    let text = record.to_json().unwrap();
    assert_eq!(Record::from_json(&text), Ok(record.clone()));
    record.arguments[0].after = Some("x".repeat(MAX_AFTER + 1));
    let read = Record::from_json(&record.to_json().unwrap());
    assert!(matches!(read, Err(Unreadable::Damaged(why)) if why.contains("generator")));
}
