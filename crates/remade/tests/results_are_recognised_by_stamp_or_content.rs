//! Is it the file that the record means? Its stamp says so, or else its content.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use common::{Function, Value, bytes_of, numbers_to_bytes};
use remade::decide::Reason;
use remade::make;
use remade::stamp::Stamp;
use remade::store::prune::Keep;
use tempfile::tempdir;

const SETTLE: Duration = Duration::from_millis(40);

fn function(folder: &Path) -> Function {
    Function::new(folder, "module.f").body(numbers_to_bytes(100_000))
}

fn set_time(path: &Path, time: SystemTime) {
    let file = File::open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(time)).unwrap();
}

/// Other bytes in the same file, as many, at the same time: what a stamp cannot tell.
fn overwrite_behind_the_stamp(path: &Path, bytes: &[u8]) {
    let before = Stamp::of_path(path).unwrap();
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
    drop(file);
    set_time(path, time);
    assert_eq!(Stamp::of_path(path).unwrap(), before);
}

fn changed(f: &Function) -> Vec<Reason> {
    let path = f.result_paths(1).remove(0);
    vec![Reason::ResultChanged { path }]
}

#[test]
fn a_touched_result_is_read_once_and_its_new_stamp_written_down() {
    let folder = tempdir().unwrap();
    let f = function(folder.path());
    let (value, _) = f.call(1);
    let path = f.result_paths(1).remove(0);
    set_time(&path, SystemTime::now() - Duration::from_secs(5));
    assert_ne!(
        f.record(1).results[0].file.as_ref().unwrap().stamp,
        Stamp::of_path(&path).unwrap()
    );

    let reader = function(folder.path());
    assert_eq!(reader.call(1), (value.clone(), vec![]));
    assert_eq!(
        f.record(1).results[0].file.as_ref().unwrap().stamp,
        Stamp::of_path(&path).unwrap()
    );
    // From here on the stamp answers: it is not read again.
    overwrite_behind_the_stamp(&path, &bytes_of(2, 100_000));
    assert!(make::check(&f.made, &mut f.ask(&[Value::Int(1)])).unwrap());
}

#[test]
fn a_copied_or_moved_project_keeps_its_results() {
    let folder = tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    fs::create_dir(&one).unwrap();
    let f = function(&one).named(one.join("results/f.bin"));
    let (value, _) = f.call(1);
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .args([&one, &two])
        .status();
    assert!(copied.unwrap().success());
    for wait in [Duration::ZERO, SETTLE] {
        sleep(wait);
        let reader = function(&two).named(two.join("results/f.bin"));
        assert_eq!(reader.call(1), (value.clone(), vec![]));
        assert_eq!(reader.call(1), (value.clone(), vec![]));
    }
    let stamp = Stamp::of_path(&two.join("results/f.bin")).unwrap();
    let reader = function(&two).named(two.join("results/f.bin"));
    assert_eq!(
        reader.record(1).results[0].file.as_ref().unwrap().stamp,
        stamp
    );

    // The copy stands on its own.
    fs::rename(&one, folder.path().join("three")).unwrap();
    assert_eq!(reader.call(1), (value.clone(), vec![]));
    let three = folder.path().join("three");
    let reader = function(&three).named(three.join("results/f.bin"));
    assert_eq!(reader.call(1), (value, vec![]));
}

#[test]
fn a_stamp_that_was_not_settled_is_never_believed_later() {
    // A clock that runs ahead stands for a tick that hides a write: both make a stamp unsettled.
    for size in [1000, 100_000] {
        let folder = tempdir().unwrap();
        let f = Function::new(folder.path(), "module.f")
            .body(move |_| Ok(Value::Bytes(bytes_of(1, size))));
        f.call(1);
        let path = f.result_paths(1).remove(0);
        set_time(&path, SystemTime::now() + Duration::from_millis(300));
        assert_eq!(f.call(1).1, []); // recognised by content
        overwrite_behind_the_stamp(&path, &bytes_of(2, size));
        sleep(Duration::from_millis(400));
        // Now that time lies in the past, but when it was written down nobody could know.
        let reader = f
            .elsewhere(folder.path(), Keep::Last(1))
            .body(move |_| Ok(Value::Bytes(bytes_of(1, size))));
        assert_eq!(
            reader.call(1),
            (Value::Bytes(bytes_of(1, size)), changed(&f))
        );
    }
    let folder = tempdir().unwrap();
    let f = function(folder.path());
    f.call(1);
    let path = f.result_paths(1).remove(0);
    set_time(&path, SystemTime::now() + Duration::from_millis(300));
    assert_eq!(f.call(1).1, []);
    overwrite_behind_the_stamp(&path, &bytes_of(2, 100_000));
    sleep(Duration::from_millis(400));
    assert_eq!(f.call(1).1, changed(&f)); // in the process that looked, too
}

#[test]
fn after_a_restart_of_the_machine_what_was_not_synced_is_read_once() {
    let folder = tempdir().unwrap();
    let f = function(folder.path());
    let (value, _) = f.call(1);
    let path = f.result_paths(1).remove(0);
    let mut record = f.record(1);
    assert!(!record.synced);
    record.boot = "another boot".to_owned();
    f.put_record(&record);

    // A torn write is found although size and times are right.
    overwrite_behind_the_stamp(&path, &vec![0; 100_000]);
    assert_eq!(
        function(folder.path()).call(1),
        (value.clone(), changed(&f))
    );

    let mut record = f.record(1);
    record.boot = "another boot".to_owned();
    f.put_record(&record);
    assert_eq!(function(folder.path()).call(1), (value.clone(), vec![]));
    assert_eq!(f.record(1).boot, remade::machine::boot());
    overwrite_behind_the_stamp(&path, &vec![0; 100_000]);
    let reader = function(folder.path());
    assert!(make::check(&reader.made, &mut reader.ask(&[Value::Int(1)])).unwrap());
}

#[test]
fn after_a_restart_of_the_machine_what_was_synced_is_believed() {
    let folder = tempdir().unwrap();
    let f = function(folder.path());
    f.call(1);
    let mut record = f.record(1);
    record.boot = "another boot".to_owned();
    record.synced = true;
    f.put_record(&record);
    let path = f.result_paths(1).remove(0);
    overwrite_behind_the_stamp(&path, &vec![0; 100_000]);
    let reader = function(folder.path());
    assert!(make::check(&reader.made, &mut reader.ask(&[Value::Int(1)])).unwrap());
    assert_eq!(f.record(1).boot, "another boot");
}

#[test]
fn a_result_that_is_small_and_kept_in_memory_is_still_the_one_on_the_disk() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f").body(|_| Ok(Value::Bytes(vec![1; 100])));
    f.call(1);
    f.call(1);
    f.call(1);
    let path = f.result_paths(1).remove(0);
    fs::write(&path, vec![2; 100]).unwrap();
    assert_eq!(f.call(1), (Value::Bytes(vec![1; 100]), changed(&f)));
    fs::remove_file(&path).unwrap();
    assert_eq!(
        f.call(1),
        (
            Value::Bytes(vec![1; 100]),
            vec![Reason::ResultMissing { path }]
        )
    );
}

#[test]
fn a_result_of_another_process_replaces_what_this_one_knows() {
    let folder = tempdir().unwrap();
    let f = function(folder.path());
    f.call(1);
    f.call(1);
    let other =
        Function::new(folder.path(), "module.f").body(|_| Ok(Value::Bytes(vec![5; 100_000])));
    other.ask(&[Value::Int(1)]).forced().call().unwrap();
    assert_eq!(f.call(1), (Value::Bytes(vec![5; 100_000]), vec![]));
    other.made.clear().unwrap();
    assert_eq!(f.call(1).1, [Reason::NeverRan]);
}

#[test]
fn a_store_that_is_removed_between_calls_begins_anew() {
    let folder = tempdir().unwrap();
    let f = function(folder.path());
    let (value, _) = f.call(1);
    fs::remove_dir_all(folder.path().join("cache")).unwrap();
    assert_eq!(f.call(1), (value.clone(), vec![Reason::NeverRan]));
    assert!(folder.path().join("cache/CACHEDIR.TAG").is_file());
    assert_eq!(f.call(1), (value, vec![]));
}
