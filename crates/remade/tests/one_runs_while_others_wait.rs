//! Threads and processes that ask for one call run it once. The lock only saves work.

#![allow(clippy::unwrap_used)]

mod common;

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{Function, Value};
use remade::decide::Reason;
use remade::make::{self, Opened};
use remade::store::lock::{self, Attempt, Lock};
use tempfile::tempdir;

fn take(path: &Path) -> Lock {
    match lock::attempt(path) {
        Attempt::Taken(lock) => lock,
        other => panic!("{other:?}"),
    }
}

/// Runs take a while and leave a line each.
fn slow(folder: &Path) -> Function {
    let log = folder.join("log");
    Function::new(folder, "module.slow").body(move |x| {
        let mut file = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&log)
            .unwrap();
        file.write_all(b"ran\n").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        Ok(x[0].clone())
    })
}

fn lines(folder: &Path) -> usize {
    fs::read_to_string(folder.join("log"))
        .unwrap_or_default()
        .lines()
        .count()
}

#[test]
fn threads_run_once() {
    let folder = tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(slow(folder.path()).call(1).0, Value::Int(1)));
        }
    });
    assert_eq!(lines(folder.path()), 1);
}

#[test]
fn threads_that_ask_for_different_calls_do_not_wait_for_each_other() {
    let folder = tempdir().unwrap();
    let began = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let folder = folder.path();
            scope.spawn(move || assert_eq!(slow(folder).call(number).0, Value::Int(number)));
        }
    });
    assert_eq!(lines(folder.path()), 8);
    assert!(began.elapsed() < Duration::from_millis(8 * 200));
}

const HELPER: &str = "REMADE_TEST_FOLDER";
const HOLDS: &str = "REMADE_TEST_HOLDS";

/// Not a test of its own: one call, or a lock that is held until the process is killed.
#[test]
fn helper_that_calls_or_holds() {
    let Some(folder) = std::env::var_os(HELPER) else {
        return;
    };
    let f = slow(Path::new(&folder));
    if std::env::var_os(HOLDS).is_some() {
        f.made.store().prepare().unwrap();
        fs::create_dir_all(f.made.folder().path()).unwrap();
        let _lock = take(&f.made.folder().lock(f.key(&[Value::Int(1)])));
        fs::write(Path::new(&folder).join("held"), "").unwrap();
        std::thread::sleep(Duration::from_secs(60));
    } else {
        f.call(1);
    }
}

fn start(folder: &Path, holds: bool) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "helper_that_calls_or_holds"])
        .env(HELPER, folder);
    if holds {
        command.env(HOLDS, "1");
    }
    command.stdout(Stdio::null()).spawn().unwrap()
}

#[test]
fn processes_run_once() {
    let folder = tempdir().unwrap();
    let children: Vec<Child> = (0..5).map(|_| start(folder.path(), false)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(lines(folder.path()), 1);
}

#[test]
fn the_lock_of_a_killed_process_is_taken_over() {
    let folder = tempdir().unwrap();
    let f = slow(folder.path());
    let mut child = start(folder.path(), true);
    while !folder.path().join("held").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut asked = f.ask(&[Value::Int(1)]);
    assert!(matches!(asked.open(), Opened::Busy));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(f.made.folder().lock(f.key(&[Value::Int(1)])).exists()); // nobody cleaned up
    assert_eq!(f.call(1), (Value::Int(1), vec![Reason::NeverRan]));
}

#[test]
fn a_lock_file_that_nobody_holds_is_no_obstacle() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("key.lock");
    fs::write(&path, "left by a machine that crashed").unwrap();
    let lock = take(&path);
    assert!(matches!(lock::attempt(&path), Attempt::Busy));
    drop(lock);
    assert!(!path.exists());
    drop(take(&path));
}

#[test]
fn who_locks_a_file_that_lost_its_name_tries_again() {
    // The holder removes the file as it lets go, while others already wait for it.
    let folder = tempdir().unwrap();
    let path = folder.path().join("key.lock");
    let (inside, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    if let Attempt::Taken(lock) = lock::attempt(&path) {
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                }
            });
        }
    });
    assert!(taken.load(Ordering::SeqCst) > 100);
}

#[test]
fn where_there_are_no_locks_the_call_runs() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("no/such/folder/key.lock");
    assert!(matches!(lock::attempt(&path), Attempt::Unavailable(_)));
    let f = slow(folder.path());
    let lock = f.made.folder().lock(f.key(&[Value::Int(1)]));
    fs::create_dir_all(&lock).unwrap(); // a folder cannot be locked
    assert_eq!(f.call(1), (Value::Int(1), vec![Reason::NeverRan]));
    assert_eq!(f.call(1), (Value::Int(1), vec![]));
}

#[test]
fn a_function_that_calls_itself_is_not_blocked_by_itself() {
    let folder = tempdir().unwrap();
    let f = slow(folder.path());
    let opened = f.ask(&[Value::Int(1)]).open();
    f.is_running.set(true);
    assert_eq!(f.call(1).0, Value::Int(1));
    drop(opened);
}

#[test]
fn who_waited_gets_what_the_other_made() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    let other = Function::new(folder.path(), "module.f").body(|_| Ok(Value::Int(42)));
    let mut first = other.ask(&[Value::Int(1)]);
    let opened = Cell::new(Some(first.open()));
    let first = Cell::new(Some(first));
    let mut second = f.ask(&[Value::Int(1)]);
    second.on_pause = Some(Box::new(|times, _| {
        if times == 3 {
            let Some(Opened::Stale(running)) = opened.take() else {
                panic!("it never ran")
            };
            let mut first = first.take().unwrap();
            make::finish(&other.made, &mut first, *running, Value::Int(42)).unwrap();
        }
    }));
    assert_eq!(second.call().unwrap(), Value::Int(42));
    assert!(second.pauses >= 3);
    drop(second);
    assert_eq!(f.runs.get(), 0);
}

#[test]
fn an_argument_that_changes_while_its_call_waits_is_the_argument_of_another_call() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    fs::create_dir_all(f.made.folder().path()).unwrap();
    let lock = Rc::new(Cell::new(Some(take(
        &f.made.folder().lock(f.key(&[Value::Int(1)])),
    ))));
    let held = lock.clone();
    let mut asked = f.ask(&[Value::Int(1)]);
    asked.on_pause = Some(Box::new(move |times, arguments| {
        if times == 2 {
            arguments.borrow_mut()[0] = Value::Int(2); // another thread appends to the list, say
            drop(held.take());
        }
    }));
    assert_eq!(asked.call().unwrap(), Value::Int(2));
    drop(asked);
    assert_eq!(f.call(2), (Value::Int(2), vec![]));
    assert_eq!(f.call(1).0, Value::Int(1));
}

#[test]
fn an_argument_that_never_stands_still_has_no_version() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    for round in 1..=2 {
        let mut asked = f.ask(&[Value::Int(1)]);
        asked.drifts = Some(0);
        assert_eq!(asked.call().unwrap(), Value::Int(1));
        assert!(matches!(&asked.why()[..], [Reason::Unversioned { .. }]));
        assert_eq!(f.runs.get(), round);
    }
}
