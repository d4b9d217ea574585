//! Three threads, in every order: one at most holds a lock, and a record that another one replaces is
//! the old one or the new one to everybody.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::schedules::{Work, explore};
use common::torture;
use common::{Function, Value};
use remade::make::Made;
use remade::seam::Operation;
use remade::store::lock::{self, Attempt};
use remade::store::prune::Keep;

#[test]
fn one_thread_at_most_holds_a_lock() {
    let folder = torture::folder();
    let path = folder.path().join("key.lock");
    let inside = Arc::new(AtomicUsize::new(0));
    let taken = Arc::new(AtomicUsize::new(0));
    let thread = || -> Work {
        let (path, inside, taken) = (path.clone(), inside.clone(), taken.clone());
        Box::new(move || {
            if let Attempt::Taken(lock) = lock::attempt(&path) {
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                taken.fetch_add(1, Ordering::SeqCst);
                // A point at which the others may go on.
                let _ = remade::store::files::exists(&path);
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(lock);
            }
        })
    };
    // What an open file is does not depend on what others do.
    let is_point = |operation: Operation<'_>| !matches!(operation, Operation::LookAt(_));
    let most = torture::times(150_000);
    let check = || {
        assert_eq!(inside.load(Ordering::SeqCst), 0);
        assert!(taken.swap(0, Ordering::SeqCst) > 0, "nobody got it");
        assert!(!path.exists());
    };
    let (tried, is_all) = explore(is_point, most, || vec![thread(), thread()], check);
    assert!(is_all || most < 2000);
    eprintln!("two threads: {tried} orders, all: {is_all}");
    let (tried, is_all) = explore(is_point, most, || vec![thread(), thread(), thread()], check);
    eprintln!("three threads: {tried} orders, all: {is_all}");
}

/// A function of another thread, which knows the records that all threads know.
fn sharing(made: &Arc<Made<()>>, folder: &std::path::Path, number: i64) -> Function {
    let mut f = Function::new(folder, "module.f").body(move |_| Ok(Value::Int(number)));
    f.made = made.clone();
    f
}

fn made(folder: &std::path::Path) -> Arc<Made<()>> {
    Arc::new(Made::new(
        "module.f".to_owned(),
        common::store_in(folder),
        Keep::Last(1),
    ))
}

const OLD: i64 = 1;
const NEW: i64 = 2;

#[test]
fn a_record_that_is_replaced_is_old_or_new_to_all_who_know_it() {
    let folder = torture::folder();
    let folder = folder.path().to_owned();
    let shared: Arc<Mutex<Arc<Made<()>>>> = Arc::new(Mutex::new(made(&folder)));
    let round = || -> Vec<Work> {
        // The old result, known to a process whose threads ask for it, and replaced by another.
        let process = made(&folder);
        let old = sharing(&process, &folder, OLD);
        old.ask(&[Value::Int(7)]).forced().call().unwrap();
        *shared.lock().unwrap() = process.clone();
        let reader = || -> Work {
            let (process, folder) = (process.clone(), folder.clone());
            Box::new(move || {
                let f = sharing(&process, &folder, OLD);
                let mut last = OLD;
                for _ in 0..2 {
                    let (value, why) = f.call(7);
                    assert_eq!(why, []);
                    let number = if value == Value::Int(NEW) { NEW } else { OLD };
                    assert_eq!(value, Value::Int(number));
                    assert!(number >= last, "the old one came back");
                    last = number;
                }
            })
        };
        let writer = || -> Work {
            let folder = folder.clone();
            Box::new(move || {
                let f = sharing(&made(&folder), &folder, NEW);
                f.ask(&[Value::Int(7)]).forced().call().unwrap();
            })
        };
        vec![reader(), reader(), writer()]
    };
    // All else happens to files that only one of them looks at, or looks into after it opened them.
    let is_point = |operation: Operation<'_>| {
        let is_record = |path: &std::path::Path| {
            let is_json = path.extension() == Some("json".as_ref());
            is_json && !path.to_string_lossy().contains(".remade-")
        };
        match operation {
            Operation::Look(path) | Operation::Open(path) => is_record(path),
            Operation::Rename(_, to) => is_record(to),
            _ => false,
        }
    };
    let check = || {
        let f = sharing(&shared.lock().unwrap(), &folder, OLD);
        assert_eq!(f.call(7), (Value::Int(NEW), vec![]));
    };
    let most = torture::times(100_000);
    let (tried, is_all) = explore(is_point, most, round, check);
    eprintln!("three threads: {tried} orders, all: {is_all}");
}
