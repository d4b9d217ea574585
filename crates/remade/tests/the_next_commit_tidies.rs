//! Whatever a process was doing when it was killed, the next commit leaves nothing of it.

#![allow(clippy::unwrap_used)]

mod common;

use std::convert::Infallible;
use std::fs;
use std::path::Path;

use common::{Function, Value, as_if_dead, names};
use remade::make;
use remade::store::check::check;
use remade::store::layout;
use remade::store::lock::{self, Attempt};
use remade::store::prune::Keep;
use tempfile::tempdir;

fn function(folder: &Path, keep: Keep) -> Function {
    Function::keeping(folder, "module.f", keep).body(|arguments| match arguments {
        [Value::Int(number)] => Ok(Value::Rows(vec![vec![*number as u8; 3000]; 2])),
        other => panic!("nobody asked for {other:?}"),
    })
}

fn assert_whole(folder: &Path) {
    let report = check::<Infallible>(&common::store_in(folder), false, || Ok(())).unwrap();
    assert_eq!(report.problems, []);
}

/// The name of a staged file of a process that is no more.
fn dead_name(target: &Path) -> String {
    let staged = layout::staged(target);
    as_if_dead(staged.file_name().unwrap().to_str().unwrap())
}

#[test]
fn a_lock_of_a_call_that_nobody_asks_for_any_more() {
    for keep in [Keep::Last(1), Keep::Last(3), Keep::All] {
        let folder = tempdir().unwrap();
        let f = function(folder.path(), keep);
        f.made.store().prepare().unwrap();
        let stale = f.made.folder().lock(f.key(&[Value::Int(77)]));
        let held = f.made.folder().lock(f.key(&[Value::Int(78)]));
        fs::create_dir_all(stale.parent().unwrap()).unwrap();
        fs::write(&stale, "").unwrap();
        let Attempt::Taken(lock) = lock::attempt(&held) else {
            panic!("nobody holds it");
        };
        f.call(1);
        assert!(!stale.exists());
        assert!(held.exists());
        drop(lock);
        assert_whole(folder.path());
    }
}

#[test]
fn results_whose_record_was_forgotten_first() {
    let folder = tempdir().unwrap();
    let f = function(folder.path(), Keep::Last(1));
    f.call(1);
    let left = f.result_paths(1);
    fs::remove_file(f.record_path(1)).unwrap();
    f.call(2);
    assert!(left.iter().all(|path| !path.exists()), "{left:?}");
    assert_whole(folder.path());
    assert_eq!(f.call(2).1, []);
}

#[test]
fn results_of_a_call_that_never_came_into_the_list() {
    // It was committed by a process that was killed before it wrote the list, and is being forgotten
    // by one that is killed, too.
    let folder = tempdir().unwrap();
    let f = function(folder.path(), Keep::Last(1));
    f.call(1);
    let list = fs::read(f.made.folder().last()).unwrap();
    f.call(2);
    let left = f.result_paths(2);
    fs::write(f.made.folder().last(), &list).unwrap();
    // What the second one does until it dies: the key comes into the list, the record goes.
    let folder_of = f.made.folder();
    let kept: Vec<_> = left.iter().map(|path| fs::read(path).unwrap()).collect();
    f.call(3);
    assert!(left.iter().all(|path| !path.exists()));
    for (path, bytes) in left.iter().zip(kept) {
        fs::write(path, bytes).unwrap();
    }
    let mut told = fs::read_to_string(folder_of.last()).unwrap();
    told.push_str(&format!("{}\n", f.key(&[Value::Int(2)])));
    fs::write(folder_of.last(), told).unwrap();
    f.call(4);
    assert!(left.iter().all(|path| !path.exists()));
    assert_whole(folder.path());
}

#[test]
fn clearing_that_was_cut_off_is_done_by_the_next_clear() {
    let folder = tempdir().unwrap();
    let f = function(folder.path(), Keep::All);
    f.call(1);
    f.call(2);
    fs::remove_file(f.record_path(1)).unwrap();
    f.made.clear().unwrap();
    assert_eq!(names(f.made.folder().path()), [""; 0]);
}

#[test]
fn a_folder_that_a_persister_staged_does_not_hide_the_rest() {
    let folder = tempdir().unwrap();
    let f = function(folder.path(), Keep::Last(1));
    f.call(1);
    let own = f.made.folder().path();
    let (first, second) = (
        own.join(dead_name(&own.join("a"))),
        own.join(dead_name(&own.join("b"))),
    );
    fs::create_dir(&first).unwrap();
    fs::write(first.join("part"), "").unwrap();
    fs::create_dir(&second).unwrap();
    fs::write(own.join(dead_name(&own.join("c.npy"))), "").unwrap();
    f.call(2);
    let left: Vec<_> = names(own)
        .into_iter()
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_second_name_of_a_result_that_has_its_own() {
    let folder = tempdir().unwrap();
    let f = function(folder.path(), Keep::Last(1));
    f.call(1);
    let mut record = f.record(1);
    for (index, path) in f.result_paths(1).iter().enumerate() {
        let file = record.results[index].file.as_mut().unwrap();
        file.staged = as_if_dead(&file.staged);
        // Renaming one name of a file over another does nothing.
        fs::hard_link(path, path.with_file_name(&file.staged)).unwrap();
    }
    f.put_record(&record);
    let other =
        Function::keeping(folder.path(), "module.f", Keep::Last(2)).body(|_| Ok(Value::Int(2)));
    other.call(2);
    let left: Vec<_> = names(f.made.folder().path());
    assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
    assert_eq!(f.call(1).1, []);
    assert_whole(folder.path());
}

#[test]
fn a_store_that_was_only_half_made() {
    let folder = tempdir().unwrap();
    let cache = folder.path().join("cache");
    fs::create_dir_all(cache.join("v1")).unwrap();
    for target in [cache.join("CACHEDIR.TAG"), cache.join("v1/id")] {
        fs::write(target.with_file_name(dead_name(&target)), "").unwrap();
    }
    function(folder.path(), Keep::All).call(1);
    assert_whole(folder.path());
    assert!(
        names(&cache)
            .iter()
            .all(|name| !name.starts_with(".remade"))
    );
}

#[test]
fn a_result_whose_name_went_to_a_later_call_does_not_take_it_back() {
    // The commit of the first call was cut off before its files got their names. A later call took
    // the names, and was cut off before it could forget the first.
    for other_function in [false, true] {
        let folder = tempdir().unwrap();
        let path = folder.path().join("f.bin");
        let f = function(folder.path(), Keep::Last(2)).named(path.clone());
        let g = Function::keeping(folder.path(), "module.g", Keep::Last(2))
            .named(path)
            .body(|_| Ok(Value::Rows(vec![vec![2; 3000]; 2])));
        let later = if other_function { &g } else { &f };
        f.call(1);
        let mut record = f.record(1);
        for (index, path) in f.result_paths(1).iter().enumerate() {
            let file = record.results[index].file.as_mut().unwrap();
            file.staged = as_if_dead(&file.staged);
            fs::rename(path, path.with_file_name(&file.staged)).unwrap();
        }
        f.put_record(&record);
        later.call(2);
        f.put_record(&record);
        let reader = function(folder.path(), Keep::Last(2)).named(folder.path().join("f.bin"));
        let is_fresh = make::check(&reader.made, &mut reader.ask(&[Value::Int(1)])).unwrap();
        assert!(!is_fresh);
        for path in later.result_paths(2) {
            assert_eq!(fs::read(path).unwrap(), [2; 3000]);
        }
        assert_eq!(later.call(2).1, []);
    }
}

#[test]
fn the_last_result_is_the_one_that_was_committed_last() {
    let folder = tempdir().unwrap();
    let f = function(folder.path(), Keep::Last(3));
    let newest = || make::newest(&f.made, &mut f.ask(&[])).unwrap();
    let last = f.made.folder().last();
    let rows = |number: u8| Ok(Value::Rows(vec![vec![number; 3000]; 2]));
    f.call(1);
    let told_one = fs::read(&last).unwrap();
    f.call(2);
    let told_two = fs::read(&last).unwrap();
    f.call(3);
    assert_eq!(newest(), rows(3));
    // Killed between the record and the list, once and twice.
    for told in [&told_two, &told_one, &Vec::new()] {
        fs::write(&last, told).unwrap();
        assert_eq!(newest(), rows(3));
    }
    // And the oldest goes first.
    fs::write(&last, told_one).unwrap();
    f.call(4);
    assert!(!f.record_path(1).exists());
    assert_eq!((f.call(2).1, f.call(3).1), (vec![], vec![]));
    assert_whole(folder.path());
}
