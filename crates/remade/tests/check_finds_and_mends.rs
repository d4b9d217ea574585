//! `store::check` finds what does not agree, changes nothing unless it is asked to, and then loses
//! nothing that a person made.

#![allow(clippy::unwrap_used)]

mod common;

use std::convert::Infallible;
use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::{Function, Value, as_if_dead, faults, names, tree};
use remade::store::check::{Kind, Report, check};
use remade::store::lock::{self, Attempt};
use remade::store::prune::Keep;
use rustix::io::Errno;
use tempfile::{TempDir, tempdir};

const CHOSEN: &str = "module.chosen";
const NAMED: &str = "module.named";

/// A store with two calls of a function whose files the store names, and one of a function whose
/// files a person named.
struct Scene {
    folder: TempDir,
    chosen: Function,
    named: Function,
}

fn rows(number: i64) -> Value {
    Value::Rows(vec![vec![number as u8; 3000], vec![7; 20_000]])
}

fn body(arguments: &[Value]) -> Result<Value, String> {
    match arguments {
        [Value::Int(number)] => Ok(rows(*number)),
        other => panic!("nobody asked for {other:?}"),
    }
}

impl Scene {
    fn new() -> Scene {
        let folder = tempdir().unwrap();
        let chosen = Function::keeping(folder.path(), CHOSEN, Keep::All).body(body);
        let named = Function::new(folder.path(), NAMED)
            .named(folder.path().join("out/f.bin"))
            .body(body);
        assert_eq!(chosen.call(1).0, rows(1));
        assert_eq!(chosen.call(2).0, rows(2));
        assert_eq!(named.call(3).0, rows(3));
        Scene {
            folder,
            chosen,
            named,
        }
    }

    fn check(&self, repair: bool) -> Report {
        let store = common::store_in(self.folder.path());
        check::<Infallible>(&store, repair, || Ok(())).unwrap()
    }

    /// What a check tells and does not touch, what a repair then does, and that nothing is left.
    fn mends(&self, kinds: &[Kind]) {
        let before = tree(self.folder.path());
        let found = self.check(false);
        assert_eq!(kinds_of(&found), kinds);
        assert_eq!(tree(self.folder.path()), before);
        let mended = self.check(true);
        assert_eq!(kinds_of(&mended), kinds);
        for problem in &mended.problems {
            assert!(problem.repaired, "{problem:?}");
        }
        let after = self.check(true);
        assert_eq!(after.problems, []);
        assert_eq!(after.running, 0);
    }

    /// Every call gives what it should, whether it runs or not.
    fn is_right(&self) {
        for _ in 0..2 {
            for number in 1..3 {
                assert_eq!(self.chosen.call(number).0, rows(number));
            }
            assert_eq!(self.named.call(3).0, rows(3));
        }
        assert_eq!(self.check(false).problems, []);
    }
}

fn kinds_of(report: &Report) -> Vec<Kind> {
    report.problems.iter().map(|problem| problem.kind).collect()
}

fn flip(path: &Path, place: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[place] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_whole_store_has_no_problems_and_is_not_touched() {
    let scene = Scene::new();
    let before = tree(scene.folder.path());
    for repair in [false, true] {
        let report = scene.check(repair);
        assert_eq!(report.problems, []);
        assert_eq!((report.records, report.files, report.running), (3, 6, 0));
    }
    assert_eq!(tree(scene.folder.path()), before);
    assert_eq!(scene.chosen.call(1), (rows(1), vec![]));
}

#[test]
fn a_result_that_is_gone_is_forgotten() {
    let scene = Scene::new();
    let paths = scene.chosen.result_paths(1);
    fs::remove_file(&paths[1]).unwrap();
    scene.mends(&[Kind::ResultMissing]);
    assert!(!paths[0].exists());
    assert!(!scene.chosen.record_path(1).exists());
    assert_eq!(scene.chosen.call(2), (rows(2), vec![]));
    scene.is_right();
}

#[test]
fn a_damaged_result_of_the_store_is_forgotten() {
    let scene = Scene::new();
    flip(&scene.chosen.result_paths(1)[0], 1000);
    scene.mends(&[Kind::ResultChanged]);
    scene.is_right();
}

#[test]
fn damage_is_found_where_size_and_time_are_as_before() {
    let scene = Scene::new();
    let path = &scene.chosen.result_paths(2)[1];
    let time = fs::metadata(path).unwrap().modified().unwrap();
    flip(path, 19_999);
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
    scene.mends(&[Kind::ResultChanged]);
}

#[test]
fn a_file_that_a_person_changed_is_told_and_stays_with_its_record() {
    let scene = Scene::new();
    let path = &scene.named.result_paths(3)[0];
    fs::write(path, "corrected by hand").unwrap();
    let before = tree(scene.folder.path());
    for _ in 0..2 {
        let report = scene.check(true);
        assert_eq!(kinds_of(&report), [Kind::ResultChanged]);
        let problem = &report.problems[0];
        assert_eq!((&problem.repair, problem.repaired), (&None, false));
        assert_eq!(problem.path, *path);
        assert_eq!(problem.function.as_deref(), Some(NAMED));
        assert_eq!(tree(scene.folder.path()), before);
    }
    // Beside another file that is gone as well.
    fs::remove_file(&scene.named.result_paths(3)[1]).unwrap();
    let report = scene.check(true);
    assert_eq!(
        kinds_of(&report),
        [Kind::ResultChanged, Kind::ResultMissing]
    );
    assert!(scene.named.record_path(3).exists());
    scene.is_right();
    let kept = names(&scene.folder.path().join("out"));
    assert!(kept.iter().any(|name| name.contains("by-hand")), "{kept:?}");
}

#[test]
fn a_named_file_that_is_gone_is_forgotten_and_the_others_stay() {
    let scene = Scene::new();
    let paths = scene.named.result_paths(3);
    fs::remove_file(&paths[0]).unwrap();
    scene.mends(&[Kind::ResultMissing]);
    assert!(paths[1].exists());
    // They are still ours: nothing is moved aside by the next run.
    scene.is_right();
    assert_eq!(names(&scene.folder.path().join("out")).len(), 2);
}

#[test]
fn a_damaged_record_is_moved_aside_and_its_results_are_removed() {
    let scene = Scene::new();
    let record = scene.chosen.record_path(1);
    let results = scene.chosen.result_paths(1);
    flip(&record, 200);
    let damaged = fs::read(&record).unwrap();
    scene.mends(&[Kind::RecordDamaged, Kind::Unexplained, Kind::Unexplained]);
    let aside = PathBuf::from(format!("{}.damaged", record.display()));
    assert_eq!(fs::read(&aside).unwrap(), damaged);
    assert!(results.iter().all(|path| !path.exists()));
    scene.is_right();
}

#[test]
fn a_damaged_record_of_named_files_leaves_them() {
    let scene = Scene::new();
    let paths = scene.named.result_paths(3);
    flip(&scene.named.record_path(3), 100);
    scene.mends(&[Kind::RecordDamaged]);
    assert!(paths.iter().all(|path| path.exists()));
    scene.is_right();
}

#[test]
fn a_record_of_a_newer_release_is_left_alone_with_all_that_it_may_mean() {
    let scene = Scene::new();
    let record = scene.chosen.record_path(1);
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replacen("\"format\": 1", "\"format\": 99", 1)).unwrap();
    let staged = scene.chosen.made.folder().path();
    let name = remade::store::layout::staged(&staged.join("f.bin"));
    let name = as_if_dead(name.file_name().unwrap().to_str().unwrap());
    fs::write(staged.join(name), "staged").unwrap();
    let before = tree(scene.folder.path());
    let report = scene.check(true);
    assert_eq!(kinds_of(&report), [Kind::RecordNewer]);
    assert_eq!(tree(scene.folder.path()), before);
}

#[test]
fn a_record_at_the_place_of_another_call_is_moved_aside() {
    let scene = Scene::new();
    let folder = scene.chosen.made.folder();
    let other = folder.record(scene.chosen.key(&[Value::Int(9)]));
    fs::copy(scene.chosen.record_path(1), &other).unwrap();
    scene.mends(&[Kind::RecordMisplaced]);
    assert!(!other.exists());
    assert_eq!(scene.chosen.call(1), (rows(1), vec![]));
    scene.is_right();
}

#[test]
fn a_commit_that_was_cut_off_is_finished() {
    for is_named in [false, true] {
        let scene = Scene::new();
        let (f, number) = match is_named {
            true => (&scene.named, 3),
            false => (&scene.chosen, 1),
        };
        let mut record = f.record(number);
        let mut kept = Vec::new();
        for (index, path) in f.result_paths(number).iter().enumerate() {
            let file = record.results[index].file.as_mut().unwrap();
            file.staged = as_if_dead(&file.staged);
            fs::rename(path, path.with_file_name(&file.staged)).unwrap();
            kept.push(path.clone());
        }
        f.put_record(&record);
        scene.mends(&[Kind::Unfinished, Kind::Unfinished]);
        assert!(kept.iter().all(|path| path.exists()));
        assert_eq!(f.call(number), (rows(number), vec![]));
        scene.is_right();
    }
}

#[test]
fn what_the_dead_left_is_removed_and_what_the_living_write_is_not() {
    let scene = Scene::new();
    let store = scene.folder.path().join("cache");
    let folders = [
        scene.chosen.made.folder().path().to_owned(),
        scene.folder.path().join("out"),
        store.clone(),
        store.join("v1"),
    ];
    let mut expected = Vec::new();
    for folder in &folders {
        let living = remade::store::layout::staged(&folder.join("f.bin"));
        let dead = as_if_dead(living.file_name().unwrap().to_str().unwrap());
        fs::write(&living, "being written").unwrap();
        fs::write(folder.join(&dead), "left").unwrap();
        expected.push(Kind::Abandoned);
    }
    scene.mends(&expected);
    for folder in &folders {
        let left = names(folder);
        let left: Vec<_> = left
            .iter()
            .filter(|name| name.starts_with(".remade-"))
            .collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}

#[test]
fn locks_that_nobody_holds_are_removed_and_calls_that_run_are_left_alone() {
    let scene = Scene::new();
    let folder = scene.chosen.made.folder();
    let stale = folder.lock(scene.chosen.key(&[Value::Int(8)]));
    fs::write(&stale, "").unwrap();
    // Somebody may have made it, and be about to lock it.
    assert_eq!(scene.check(true).problems, []);
    let long_ago = FileTimes::new().set_modified(SystemTime::now() - Duration::from_secs(60));
    let file = File::options().write(true).open(&stale).unwrap();
    file.set_times(long_ago).unwrap();
    let held = folder.lock(scene.chosen.key(&[Value::Int(1)]));
    let Attempt::Taken(lock) = lock::attempt(&held) else {
        panic!("nobody else holds it")
    };
    let gone = &scene.chosen.result_paths(1)[0];
    fs::remove_file(gone).unwrap();
    fs::write(folder.last(), "").unwrap();
    for repair in [false, true] {
        let report = scene.check(repair);
        assert_eq!(kinds_of(&report), [Kind::Abandoned]);
        assert_eq!(report.running, 1);
        assert!(held.exists() && scene.chosen.record_path(1).exists());
    }
    assert!(!stale.exists());
    drop(lock);
    scene.mends(&[Kind::ResultMissing, Kind::Order]);
}

#[test]
fn the_list_of_the_newest_is_written_anew_in_the_order_of_the_runs() {
    let scene = Scene::new();
    for number in [5, 4, 6] {
        scene.chosen.call(number);
    }
    let last = scene.chosen.made.folder().last();
    let whole = fs::read_to_string(&last).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    for damaged in [
        String::new(),
        "nonsense\n\u{0}".to_owned(),
        format!("{}\n{}\n", lines[1], lines[3]),
        format!("{}\n", lines[4]),
    ] {
        fs::write(&last, damaged).unwrap();
        scene.mends(&[Kind::Order]);
        assert_eq!(fs::read_to_string(&last).unwrap(), whole);
    }
    fs::remove_file(&last).unwrap();
    scene.mends(&[Kind::Order]);
    assert_eq!(fs::read_to_string(&last).unwrap(), whole);
}

#[test]
fn the_text_of_code_that_cannot_be_read_is_removed() {
    let scene = Scene::new();
    let code = scene.folder.path().join("cache/v1/code");
    fs::create_dir_all(&code).unwrap();
    fs::write(code.join(format!("{}.json", "0".repeat(32))), "{").unwrap();
    scene.mends(&[Kind::CodeDamaged]);
}

#[test]
fn what_is_not_the_store_s_is_never_touched() {
    let scene = Scene::new();
    let v1 = scene.folder.path().join("cache/v1");
    let own = scene.chosen.made.folder().path();
    let elsewhere = tempdir().unwrap();
    fs::write(elsewhere.path().join("precious.json"), "precious").unwrap();
    fs::write(v1.join("notes.txt"), "mine").unwrap();
    fs::write(own.join("notes.txt"), "mine").unwrap();
    fs::create_dir(v1.join("a-folder")).unwrap();
    fs::write(v1.join("a-folder/notes.json"), "mine").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(elsewhere.path(), v1.join("linked")).unwrap();
    let before = tree(scene.folder.path());
    let report = scene.check(true);
    assert_eq!(report.problems, []);
    assert_eq!(tree(scene.folder.path()), before);
}

#[test]
fn an_interrupt_ends_it_and_leaves_the_store_whole() {
    let scene = Scene::new();
    fs::remove_file(&scene.chosen.result_paths(1)[0]).unwrap();
    let store = common::store_in(scene.folder.path());
    for steps in 0..6 {
        let mut left = steps;
        let ended = check(&store, true, || {
            left -= 1;
            match left < 0 {
                true => Err("interrupted"),
                false => Ok(()),
            }
        });
        assert_eq!(ended.err(), Some("interrupted"), "after {steps} steps");
    }
    assert_eq!(scene.check(true).problems, []);
    scene.is_right();
}

#[test]
fn a_disk_that_refuses_is_told_and_nothing_is_mended_for_it() {
    let scene = Scene::new();
    let before = tree(scene.folder.path());
    let faults = faults::faults_of(|| drop(scene.check(true)));
    let mut told = 0;
    // That nothing lies there is an answer, and no refusal.
    for fault in faults.iter().filter(|fault| fault.error != Errno::NOENT) {
        let (report, failed) = faults::with_fault(*fault, || scene.check(true));
        assert!(failed, "{fault:?}");
        assert_eq!(tree(scene.folder.path()), before, "{fault:?}");
        for problem in &report.problems {
            assert!(!problem.repaired, "{fault:?}: {problem:?}");
            told += usize::from(problem.kind == Kind::Unreadable);
        }
    }
    assert!(
        told > faults.len() / 10,
        "{told} of {} were told",
        faults.len()
    );
    scene.is_right();
}
