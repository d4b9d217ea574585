//! A file that did not change is not read again, and one that did always is.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use remade::seam::{Disk, pretend};
use remade::source::{Source, SourceFile, SourceMemory};
use remade::version::Version;

const LARGE: usize = 2 * 1024 * 1024;

fn look(path: &Path, memory: &SourceMemory) -> SourceFile {
    let found = Source::new(path).version(path.parent().unwrap(), memory);
    found.unwrap().files.remove(0)
}

fn write_large(path: &Path, byte: u8) {
    fs::write(path, vec![byte; LARGE]).unwrap();
    sleep(Duration::from_millis(40)); // so that the stamp is settled
}

fn notes(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Replaces the version in the only note, so that an answer tells whether it came from there.
fn forge(folder: &Path, version: Version, forged: Version) {
    let note = &notes(folder)[0];
    let text = fs::read_to_string(note).unwrap();
    let text = text.replace(&version.to_string(), &forged.to_string());
    fs::write(note, text).unwrap();
}

#[test]
fn a_large_file_is_not_read_again_in_another_process_or_in_this() {
    let folder = tempfile::tempdir().unwrap();
    let (path, sources) = (folder.path().join("large"), folder.path().join("sources"));
    write_large(&path, 1);
    let file = look(&path, &SourceMemory::in_folder(&sources));
    assert!(file.is_settled);
    assert_eq!(file.version, Version::of_bytes(&vec![1; LARGE]));
    assert_eq!(notes(&sources).len(), 1);

    let forged = Version::of_bytes(b"forged");
    forge(&sources, file.version, forged);
    let another = SourceMemory::in_folder(&sources);
    assert_eq!(look(&path, &another).version, forged);
    fs::remove_dir_all(&sources).unwrap();
    assert_eq!(look(&path, &another).version, forged);

    write_large(&path, 2);
    assert_eq!(
        look(&path, &another).version,
        Version::of_bytes(&vec![2; LARGE])
    );
}

#[test]
fn what_may_have_been_torn_by_a_power_failure_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (path, sources) = (folder.path().join("large"), folder.path().join("sources"));
    write_large(&path, 1);
    let version = look(&path, &SourceMemory::in_folder(&sources)).version;
    let forged = Version::of_bytes(b"forged");
    forge(&sources, version, forged);
    let another = || look(&path, &SourceMemory::in_folder(&sources)).version;
    assert_eq!(another(), forged, "it is believed while the machine runs");

    let disk = Disk {
        boot: "another start of the machine",
        ..Disk::default()
    };
    assert_eq!(pretend(disk, another), version);
}

#[test]
fn small_files_leave_no_notes() {
    let folder = tempfile::tempdir().unwrap();
    let (path, sources) = (folder.path().join("small"), folder.path().join("sources"));
    fs::write(&path, "one").unwrap();
    sleep(Duration::from_millis(40));
    assert!(look(&path, &SourceMemory::in_folder(&sources)).is_settled);
    assert!(notes(&sources).is_empty());
}

#[test]
fn a_damaged_note_is_no_note() {
    let folder = tempfile::tempdir().unwrap();
    let (path, sources) = (folder.path().join("large"), folder.path().join("sources"));
    write_large(&path, 1);
    let version = look(&path, &SourceMemory::in_folder(&sources)).version;
    let note = notes(&sources).remove(0);
    let text = fs::read_to_string(&note).unwrap();
    let forged = text.replace(&version.to_string(), &Version::of_bytes(b"").to_string());
    for damaged in [
        String::new(),
        forged[..forged.len() / 2].to_owned(),
        forged.replace("\"format\":1", "\"format\":2"),
        forged.replace("large", "small"),
        forged.replace("\"changed\":", "\"changed\":1"),
        forged.replace("\"inode\":", "\"inode\":1"),
        forged.replace("\"size\":", "\"other\":1,\"size\":"),
        "{}".to_owned(),
        "\u{0}".repeat(100_000),
    ] {
        fs::write(&note, &damaged).unwrap();
        let found = look(&path, &SourceMemory::in_folder(&sources));
        assert_eq!(found.version, version, "{damaged:.200}");
    }
    fs::write(&note, forged).unwrap();
    assert_ne!(
        look(&path, &SourceMemory::in_folder(&sources)).version,
        version
    );
}

#[test]
fn where_notes_cannot_be_written_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    write_large(&path, 1);
    let memory = SourceMemory::in_folder(path.join("not-a-folder"));
    assert_eq!(
        look(&path, &memory).version,
        Version::of_bytes(&vec![1; LARGE])
    );
}

#[test]
fn a_file_written_twice_within_a_clock_tick_is_read_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let memory = SourceMemory::new();
    // The same number of bytes, into the same file, many times within one tick.
    for number in 100_000..102_000 {
        fs::write(&path, number.to_string()).unwrap();
        let version = look(&path, &memory).version;
        assert_eq!(version, Version::of_bytes(number.to_string().as_bytes()));
    }
}

#[test]
fn a_write_that_puts_the_old_time_back_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    let memory = SourceMemory::in_folder(folder.path().join("sources"));
    write_large(&path, 1);
    let before = look(&path, &memory);
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    write_large(&path, 2);
    let file = File::options().write(true).open(&path).unwrap();
    file.set_times(FileTimes::new().set_modified(time)).unwrap();

    let after = look(&path, &memory);
    assert_eq!(after.stamp, before.stamp); // size, time and inode
    assert_eq!(after.version, Version::of_bytes(&vec![2; LARGE]));
}

#[test]
fn threads_share_a_memory() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..50 {
        fs::write(folder.path().join(number.to_string()), "x".repeat(number)).unwrap();
    }
    let memory = SourceMemory::new();
    let source = Source::new(folder.path());
    let versions: Vec<Version> = std::thread::scope(|scope| {
        let look = || source.version(folder.path(), &memory).unwrap().version;
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(look)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(versions.iter().all(|version| *version == versions[0]));
}
