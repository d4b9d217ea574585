//! A function that is called again and again is watched, and asks the file system nothing more. Whatever
//! happens to its record, or to a folder on the way to it, the next call sees it all the same.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr)] // the numbers that were reached, for those who ask

mod common;

use std::cell::Cell;
use std::fs::{self, FileTimes};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use common::schedules::{Work, explore};
use common::torture;
use common::{Function, Value};
use remade::make::Made;
use remade::seam::{self, Operation};
use remade::store::prune::Keep;
use remade::store::watch;

/// A function whose result is the number that `next` holds when it runs.
fn function(folder: &Path, next: &Rc<Cell<i64>>) -> Function {
    let next = next.clone();
    Function::new(folder, "module.f").body(move |_| Ok(Value::Int(next.get())))
}

/// What a call returns, and how often it asked the file system about a path.
fn call(f: &Function) -> (i64, usize) {
    let looks = Rc::new(Cell::new(0));
    let seen = looks.clone();
    let count = move |operation: Operation<'_>| {
        if matches!(operation, Operation::Look(_) | Operation::Open(_)) {
            seen.set(seen.get() + 1);
        }
        Ok(())
    };
    match seam::watch(count, || f.call(7)).0 {
        Value::Int(number) => (number, looks.get()),
        other => panic!("{other:?}"),
    }
}

/// A process has one watch, which ends for all where a watched folder goes: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    watch::set_worth(1);
    turn
}

/// Calls until a watch answers.
fn until_watched(f: &Function) {
    for _ in 0..100 {
        if call(f).1 == 0 {
            return;
        }
    }
    panic!("no watch");
}

/// A folder in memory, a function whose result 1 is stored there and watched.
struct Lab {
    folder: tempfile::TempDir,
    next: Rc<Cell<i64>>,
    f: Function,
    _turn: MutexGuard<'static, ()>,
}

impl Lab {
    fn new() -> Lab {
        let turn = alone();
        let folder = torture::folder();
        let project = folder.path().join("home/project");
        fs::create_dir_all(&project).unwrap();
        let next = Rc::new(Cell::new(1));
        let f = function(&project, &next);
        assert_eq!(call(&f).0, 1);
        until_watched(&f);
        next.set(2);
        Lab {
            folder,
            next,
            f,
            _turn: turn,
        }
    }

    fn project(&self) -> std::path::PathBuf {
        self.folder.path().join("home/project")
    }

    fn record(&self) -> std::path::PathBuf {
        self.f.record_path(7)
    }

    /// Another process runs the same call, with this result.
    fn run_elsewhere(&self, number: i64) {
        let other = function(&self.project(), &Rc::new(Cell::new(number)));
        other.ask(&[Value::Int(7)]).forced().call().unwrap();
    }
}

#[test]
fn a_call_that_nothing_disturbs_asks_the_file_system_nothing() {
    let lab = Lab::new();
    for _ in 0..1000 {
        assert_eq!(call(&lab.f), (1, 0));
    }
    assert_eq!(lab.f.runs.get(), 1);
}

#[test]
fn a_few_calls_take_no_watch() {
    let _turn = alone();
    let folder = torture::folder();
    let f = function(folder.path(), &Rc::new(Cell::new(1)));
    watch::set_worth(1000);
    for _ in 0..999 {
        call(&f);
    }
    assert_eq!(call(&f), (1, 1));
}

#[test]
fn a_result_of_another_process_is_seen_by_the_next_call() {
    let lab = Lab::new();
    for number in 10..200 {
        lab.run_elsewhere(number);
        assert_eq!(call(&lab.f).0, number);
        if number % 2 == 0 {
            until_watched(&lab.f);
        }
    }
    assert_eq!(lab.f.runs.get(), 1);
}

#[test]
fn a_record_that_goes_is_missed_by_the_next_call() {
    let lab = Lab::new();
    fs::remove_file(lab.record()).unwrap();
    assert_eq!(call(&lab.f).0, 2);
}

#[test]
fn a_record_that_is_moved_away_is_missed_by_the_next_call() {
    let lab = Lab::new();
    fs::rename(lab.record(), lab.folder.path().join("away")).unwrap();
    assert_eq!(call(&lab.f).0, 2);
}

#[test]
fn a_record_that_is_written_over_is_read_by_the_next_call() {
    let lab = Lab::new();
    fs::write(lab.record(), "{}").unwrap();
    assert_eq!(call(&lab.f).0, 2);
}

#[test]
fn a_record_that_is_dated_anew_is_read_by_the_next_call() {
    let long_ago = SystemTime::UNIX_EPOCH;
    let modified = FileTimes::new().set_modified(long_ago);
    // The kernel tells of the one as it does of a write, and of both as `touch` sets them.
    for times in [modified, modified.set_accessed(long_ago)] {
        let lab = Lab::new();
        let record = fs::File::options().append(true).open(lab.record());
        record.unwrap().set_times(times).unwrap();
        let (number, looks) = call(&lab.f);
        assert_eq!(number, 1);
        assert!(looks > 1, "it was not read");
    }
}

#[test]
fn folders_that_go_are_missed_by_the_next_call() {
    for gone in ["cache", "", ".."] {
        let lab = Lab::new();
        fs::remove_dir_all(lab.project().join(gone).canonicalize().unwrap()).unwrap();
        assert_eq!(call(&lab.f).0, 2, "{gone:?}");
    }
}

#[test]
fn a_folder_that_goes_while_it_is_open_is_not_taken_for_the_next_of_its_name() {
    for gone in ["cache", "", ".."] {
        let lab = Lab::new();
        // As where a shell stands: the kernel tells that a folder is gone when nobody has it open.
        let mut open = Vec::new();
        let mut above = lab.record();
        while above.pop() && above.starts_with(lab.folder.path()) {
            open.push(fs::File::open(&above).unwrap());
        }
        fs::remove_dir_all(lab.project().join(gone).canonicalize().unwrap()).unwrap();
        assert_eq!(call(&lab.f).0, 2, "{gone:?}");
        for number in 10..30 {
            (0..20).for_each(|_| {
                assert_eq!(call(&lab.f).0, if number == 10 { 2 } else { number - 1 })
            });
            lab.run_elsewhere(number);
            assert_eq!(call(&lab.f).0, number, "{gone:?}");
        }
        until_watched(&lab.f);
    }
}

#[test]
fn a_folder_on_the_way_that_is_moved_away_is_missed_by_the_next_call() {
    for moved in ["cache", "", ".."] {
        let lab = Lab::new();
        let from = lab.project().join(moved).canonicalize().unwrap();
        fs::rename(&from, lab.folder.path().join("away")).unwrap();
        assert_eq!(call(&lab.f).0, 2, "{moved:?}");
    }
}

#[test]
fn another_store_in_its_place_answers_the_next_call() {
    for moved in ["cache", "", ".."] {
        let lab = Lab::new();
        let here = lab.project().join(moved).canonicalize().unwrap();
        let away = lab.folder.path().join("away");
        fs::rename(&here, &away).unwrap();
        lab.run_elsewhere(3);
        assert_eq!(call(&lab.f).0, 3, "{moved:?}");
        until_watched(&lab.f);
        // And back, both at once.
        fs::rename(&here, lab.folder.path().join("other")).unwrap();
        fs::rename(&away, &here).unwrap();
        assert_eq!(call(&lab.f).0, 1, "{moved:?}");
        assert_eq!(lab.f.runs.get(), 1);
    }
}

/// The store is taken out of the project, the project goes elsewhere, and another one of its name gets
/// the store.
fn exchange_what_is_above(lab: &Lab, aside: &str) {
    let (store, taken) = (lab.project().join("cache"), lab.folder.path().join("taken"));
    fs::rename(&store, &taken).unwrap();
    fs::rename(lab.project(), lab.folder.path().join(aside)).unwrap();
    fs::create_dir(lab.project()).unwrap();
    fs::rename(&taken, &store).unwrap();
}

#[test]
fn another_folder_above_the_same_store_is_watched_as_well() {
    let lab = Lab::new();
    exchange_what_is_above(&lab, "one");
    assert_eq!(call(&lab.f).0, 1);
    until_watched(&lab.f);
    fs::rename(lab.project(), lab.folder.path().join("other")).unwrap();
    assert_eq!(call(&lab.f).0, 2);
    assert_eq!(lab.f.runs.get(), 2);
}

#[test]
fn where_the_way_leads_through_a_link_each_call_looks() {
    let _turn = alone();
    let folder = torture::folder();
    let link = folder.path().join("link");
    let lead_to = |name: &str| {
        let _ = fs::remove_file(&link);
        fs::create_dir_all(folder.path().join(name)).unwrap();
        std::os::unix::fs::symlink(folder.path().join(name), &link).unwrap();
    };
    let next = Rc::new(Cell::new(1));
    lead_to("first");
    let f = function(&link, &next);
    (0..10).for_each(|_| assert_eq!(call(&f).0, 1));
    lead_to("second");
    next.set(2);
    (0..10).for_each(|_| assert_eq!(call(&f).0, 2));
    lead_to("first");
    assert_eq!(call(&f), (1, 2)); // another record: looked at, and read
}

#[test]
fn when_more_happens_than_the_kernel_notes_all_is_looked_at() {
    let lab = Lab::new();
    let most: usize = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events")
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let (one, other) = (
        lab.record().with_extension("a"),
        lab.record().with_extension("b"),
    );
    fs::write(&one, "").unwrap();
    for _ in 0..=most / 2 {
        fs::rename(&one, &other).unwrap();
        fs::rename(&other, &one).unwrap();
    }
    // The notes of these are lost.
    lab.run_elsewhere(5);
    exchange_what_is_above(&lab, "one");
    assert_eq!(call(&lab.f).0, 5);
    until_watched(&lab.f);
    lab.run_elsewhere(6);
    assert_eq!(call(&lab.f).0, 6);
    until_watched(&lab.f);
    fs::rename(lab.project(), lab.folder.path().join("other")).unwrap();
    assert_eq!(call(&lab.f).0, 2);
}

#[test]
fn what_is_cleared_runs_again() {
    let lab = Lab::new();
    lab.f.made.clear().unwrap();
    assert_eq!(call(&lab.f).0, 2);
    lab.next.set(3);
    until_watched(&lab.f);
    assert_eq!(call(&lab.f), (2, 0));
}

/// A function of another thread, which knows the records that all threads know.
fn sharing(made: &Arc<Made<()>>, folder: &Path, number: i64) -> Function {
    let mut f = Function::new(folder, "module.f").body(move |_| Ok(Value::Int(number)));
    f.made = made.clone();
    f
}

fn made(folder: &Path) -> Arc<Made<()>> {
    Arc::new(Made::new(
        "module.f".to_owned(),
        common::store_in(folder),
        Keep::Last(1),
    ))
}

/// Whether another thread may go on at this operation.
fn is_point(operation: Operation<'_>) -> bool {
    let is_record = |path: &Path| {
        let is_json = path.extension() == Some("json".as_ref());
        is_json && !path.to_string_lossy().contains(".remade-")
    };
    match operation {
        Operation::Notes => true,
        Operation::Look(path) => is_record(path),
        Operation::Rename(_, to) => is_record(to),
        _ => false,
    }
}

/// A process whose threads know the result 1 and are told of changes.
fn watched_process(folder: &Path) -> Arc<Made<()>> {
    let process = made(folder);
    let old = sharing(&process, folder, 1);
    old.ask(&[Value::Int(7)]).forced().call().unwrap();
    until_watched(&old);
    process
}

/// Another process, which stores the result 2.
fn store_another(folder: &Path) {
    let f = sharing(&made(folder), folder, 2);
    f.ask(&[Value::Int(7)]).forced().call().unwrap();
}

/// What a thread is given, which must not be less than what was stored before it asked.
fn ask(process: &Arc<Made<()>>, folder: &Path, least: i64) {
    match sharing(process, folder, 0).call(7) {
        (Value::Int(number), _) if number >= least => {}
        other => panic!("{other:?} after {least} was stored"),
    }
}

#[test]
fn in_whatever_order_two_threads_find_and_read_a_note_both_see_what_it_tells_of() {
    let _turn = alone();
    let folder = torture::folder();
    let folder = folder.path().to_owned();
    let round = || -> Vec<Work> {
        let process = watched_process(&folder);
        store_another(&folder);
        let reader = || -> Work {
            let (process, folder) = (process.clone(), folder.clone());
            Box::new(move || ask(&process, &folder, 2))
        };
        vec![reader(), reader()]
    };
    let (tried, is_all) = explore(is_point, 20_000, round, || ());
    eprintln!("two threads: {tried} orders, all: {is_all}");
    assert!(is_all);
}

#[test]
fn in_whatever_order_threads_look_and_store_none_sees_less_than_was_done() {
    let _turn = alone();
    let folder = torture::folder();
    let folder = folder.path().to_owned();
    let round = || -> Vec<Work> {
        let process = watched_process(&folder);
        let done = Arc::new(AtomicI64::new(1));
        let reader = || -> Work {
            let (process, folder, done) = (process.clone(), folder.clone(), done.clone());
            Box::new(move || {
                for _ in 0..2 {
                    ask(&process, &folder, done.load(Ordering::SeqCst));
                }
            })
        };
        let writer = || -> Work {
            let (folder, done) = (folder.clone(), done.clone());
            Box::new(move || {
                store_another(&folder);
                done.store(2, Ordering::SeqCst);
            })
        };
        vec![reader(), reader(), writer()]
    };
    let most = torture::times(15_000);
    let (tried, is_all) = explore(is_point, most, round, || ());
    eprintln!("three threads: {tried} orders, all: {is_all}");
}

#[test]
fn threads_that_ask_all_the_time_see_every_result_that_was_stored_before_they_asked() {
    let _turn = alone();
    let folder = torture::folder();
    let folder = folder.path();
    let process = watched_process(folder);
    let done = AtomicI64::new(1);
    let last = torture::times(20_000) as i64;
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let least = done.load(Ordering::SeqCst);
                    ask(&process, folder, least);
                    if least == last {
                        return;
                    }
                }
            });
        }
        let other = made(folder);
        for number in 2..=last {
            let f = sharing(&other, folder, number);
            f.ask(&[Value::Int(7)]).forced().call().unwrap();
            done.store(number, Ordering::SeqCst);
        }
    });
}
