//! `keep` keeps as many results as it says, and no file that the user named is ever deleted.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::{DEAD, Function, Value, bytes_of, names, numbers_to_bytes};
use remade::store::layout;
use remade::store::prune::Keep;
use tempfile::tempdir;

fn with_files(folder: &std::path::Path, keep: Keep) -> Function {
    Function::keeping(folder, "module.f", keep).body(numbers_to_bytes(100))
}

#[test]
fn the_last_ones_are_kept_in_the_order_of_their_runs() {
    let folder = tempdir().unwrap();
    let f = with_files(folder.path(), Keep::Last(3));
    for number in 1..=6 {
        f.call(number);
    }
    let g = with_files(folder.path(), Keep::Last(3));
    for number in [6, 5, 4] {
        assert_eq!(
            f.call(number),
            (Value::Bytes(bytes_of(number, 100)), vec![])
        );
        assert_eq!(
            g.call(number),
            (Value::Bytes(bytes_of(number, 100)), vec![])
        );
    }
    assert_eq!(f.made.folder().keys().unwrap().len(), 3);
    let files = names(f.made.folder().path());
    assert_eq!(
        files.iter().filter(|name| name.ends_with(".bin")).count(),
        3,
        "{files:?}"
    );
    f.call(1);
    assert!(!f.call(4).1.is_empty()); // the oldest run
}

#[test]
fn all_are_kept_where_all_were_asked_for() {
    let folder = tempdir().unwrap();
    let f = with_files(folder.path(), Keep::All);
    for number in 0..50 {
        f.call(number);
    }
    let g = with_files(folder.path(), Keep::All);
    for number in 0..50 {
        assert_eq!(g.call(number).0, Value::Bytes(bytes_of(number, 100)));
    }
    assert_eq!(g.runs.get(), 0);
    // Fewer from now on.
    let h = with_files(folder.path(), Keep::Last(2));
    h.call(50);
    assert_eq!(h.made.folder().keys().unwrap().len(), 2);
}

#[test]
fn what_was_named_stays_when_its_record_goes() {
    let folder = tempdir().unwrap();
    let f = with_files(folder.path(), Keep::Last(1)).named(folder.path().join("results/f.bin"));
    f.call(1);
    *f.output.borrow_mut() = common::Output::Named(folder.path().join("results/other.bin"));
    f.call(2);
    assert_eq!(
        names(&folder.path().join("results")),
        ["f.bin", "other.bin"]
    );
    f.made.clear().unwrap();
    assert_eq!(
        names(&folder.path().join("results")),
        ["f.bin", "other.bin"]
    );
    assert!(f.made.folder().keys().unwrap().is_empty());
}

#[test]
fn clear_forgets_every_call_and_leaves_other_functions_alone() {
    let folder = tempdir().unwrap();
    let f = with_files(folder.path(), Keep::All);
    let g = Function::new(folder.path(), "module.g");
    (0..5).for_each(|number| drop(f.call(number)));
    g.call(1);
    f.made.clear().unwrap();
    f.made.clear().unwrap();
    let left = names(f.made.folder().path());
    assert!(
        left.iter()
            .all(|name| !name.ends_with(".bin") && !name.ends_with(".json")),
        "{left:?}"
    );
    assert!(g.call(1).1.is_empty());
    assert!(!f.call(0).1.is_empty());
}

#[test]
fn staged_files_of_the_dead_are_swept_and_those_of_the_living_are_not() {
    let folder = tempdir().unwrap();
    let f = with_files(folder.path(), Keep::Last(1));
    f.call(1);
    let place = f.made.folder().path();
    let living = layout::staged(&place.join("x.bin"));
    let living = living.file_name().unwrap().to_str().unwrap();
    let host = layout::staged_by(living).unwrap().0;
    let dead = common::as_if_dead(living);
    assert_eq!(layout::staged_by(&dead), Some((host, DEAD)));
    let strangers = format!(".remade-00000000-{DEAD}-000000000000.bin");
    let theirs = [
        ".remade-",
        ".remade-a-b-c",
        ".remade-1-2",
        "remade-1-2-3",
        ".remade.txt",
    ];
    for name in [living, &dead, &strangers].into_iter().chain(theirs) {
        fs::write(place.join(name), "x").unwrap();
    }
    f.call(2);
    let left = names(place);
    assert!(!left.contains(&dead));
    for name in [living, &strangers].into_iter().chain(theirs) {
        assert!(left.contains(&name.to_owned()), "{name}");
    }
}
