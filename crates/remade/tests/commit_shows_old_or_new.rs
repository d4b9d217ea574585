//! At every instant a reader sees the old record and files, or the new ones, whole.
//!
//! A crash between two steps is what it leaves on the disk: a commit is made, and its last steps are
//! taken back one by one, with the very files (renamed, not copied, so that their stamps are kept).

#![allow(clippy::unwrap_used)]

mod common;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use common::{DEAD, Function, Value, as_if_dead, names};
use remade::event::Warning;
use remade::make;
use remade::store::commit::Staging;
use remade::store::prune::Keep;
use tempfile::{TempDir, tempdir};

const OLD: u8 = 1;
const NEW: u8 = 2;

fn rows(byte: u8) -> Value {
    Value::Rows(vec![vec![byte; 3000], vec![byte; 100_000], vec![byte; 10]])
}

/// A function whose three files hold what `content` says.
fn function(folder: &Path, named: bool, content: &Rc<Cell<u8>>) -> Function {
    let content = content.clone();
    let function = Function::new(folder, "module.f").body(move |_| Ok(rows(content.get())));
    if named {
        function.named(folder.join("results/f.bin"))
    } else {
        function
    }
}

struct Scene {
    folder: TempDir,
    content: Rc<Cell<u8>>,
    named: bool,
    f: Function,
}

impl Scene {
    /// The old result, committed.
    fn new(named: bool) -> Scene {
        let folder = tempdir().unwrap();
        let content = Rc::new(Cell::new(OLD));
        let f = function(folder.path(), named, &content);
        f.call(1);
        Scene {
            folder,
            content,
            named,
            f,
        }
    }

    /// The next process.
    fn reader(&self) -> Function {
        function(self.folder.path(), self.named, &self.content)
    }

    /// The new result, committed up to the rename of the first `done` files. `dead`: by a process
    /// that is no more.
    fn interrupted(&self, done: usize, dead: bool) {
        let targets = self.f.result_paths(1);
        let kept: Vec<PathBuf> = targets
            .iter()
            .map(|path| path.with_extension("kept"))
            .collect();
        for (target, kept) in targets.iter().zip(&kept) {
            fs::hard_link(target, kept).unwrap();
        }
        self.content.set(NEW);
        self.f.ask(&[Value::Int(1)]).forced().call().unwrap();
        let mut record = self.f.record(1);
        for (index, (target, kept)) in targets.iter().zip(&kept).enumerate() {
            let file = record.results[index].file.as_mut().unwrap();
            if dead {
                file.staged = as_if_dead(&file.staged);
            }
            if index >= done {
                fs::rename(target, target.with_file_name(&file.staged)).unwrap();
                fs::rename(kept, target).unwrap();
            } else {
                fs::remove_file(kept).unwrap();
            }
        }
        if dead {
            self.f.put_record(&record);
        }
    }

    /// Names of staged files, wherever they are.
    fn staged(&self) -> Vec<String> {
        let mut all = names(self.f.made.folder().path());
        all.extend(names(&self.folder.path().join("results")));
        all.retain(|name| name.starts_with(".remade-"));
        all
    }
}

#[test]
fn what_a_crash_before_the_commit_point_left_is_not_seen_and_swept() {
    for named in [false, true] {
        let scene = Scene::new(named);
        let before = scene.f.record(1);
        for target in scene.f.result_paths(1) {
            let staged = remade::store::layout::staged(&target);
            let name = as_if_dead(staged.file_name().unwrap().to_str().unwrap());
            fs::write(target.with_file_name(name), vec![NEW; 1500]).unwrap();
        }
        let record = scene.f.record_path(1);
        let staged = remade::store::layout::staged(&record);
        let name = as_if_dead(staged.file_name().unwrap().to_str().unwrap());
        fs::write(record.with_file_name(name), "{\n  \"format\": 1").unwrap();

        let reader = scene.reader();
        assert_eq!(reader.call(1), (rows(OLD), vec![]));
        assert_eq!(scene.f.call(1), (rows(OLD), vec![]));
        assert_eq!(reader.record(1), before);
        assert_eq!(scene.staged().len(), 4);

        scene.content.set(NEW);
        assert_eq!(reader.call(2).0, rows(NEW));
        assert_eq!(scene.staged(), [""; 0]);
    }
}

#[test]
fn a_crash_after_the_commit_point_shows_the_new_result_whole() {
    for named in [false, true] {
        for done in 0..=3 {
            let scene = Scene::new(named);
            scene.interrupted(done, true);
            let reader = scene.reader();
            assert!(make::check(&reader.made, &mut reader.ask(&[Value::Int(1)])).unwrap());
            for _ in 0..3 {
                assert_eq!(reader.call(1), (rows(NEW), vec![]), "{done} files renamed");
                assert_eq!(scene.f.call(1), (rows(NEW), vec![]));
            }
            let newest = make::newest(&reader.made, &mut reader.ask(&[])).unwrap();
            assert_eq!(newest, Ok(rows(NEW)));
        }
    }
}

#[test]
fn what_a_crash_left_half_renamed_is_not_swept_by_the_next_commit_in_that_folder() {
    for done in 0..=3 {
        let scene = Scene::new(true);
        scene.interrupted(done, true);
        let folder = scene.folder.path();
        let other = Function::new(folder, "module.g").named(folder.join("results/g.bin"));
        other.ask(&[Value::Bytes(vec![1, 2, 3])]).call().unwrap();
        assert_eq!(scene.reader().call(1), (rows(NEW), vec![]));
    }
    // And in the folder of the function, where more than one result is kept.
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::Last(5)).body(|x| match x[0] {
        Value::Int(number) => Ok(Value::Bytes(vec![number as u8; 1000])),
        _ => Err(String::new()),
    });
    f.call(1);
    let mut record = f.record(1);
    let target = f.result_paths(1).remove(0);
    let file = record.results[0].file.as_mut().unwrap();
    file.staged = as_if_dead(&file.staged);
    fs::rename(&target, target.with_file_name(&file.staged)).unwrap();
    f.put_record(&record);
    f.call(2);
    let reader = f.elsewhere(folder.path(), Keep::Last(5));
    assert_eq!(reader.call(1), (Value::Bytes(vec![1; 1000]), vec![]));
}

#[test]
fn the_run_after_a_crash_takes_nothing_for_a_persons_work_and_leaves_nothing_behind() {
    for done in 0..=3 {
        let scene = Scene::new(true);
        scene.interrupted(done, true);
        let reader = scene.reader();
        reader.call(1);
        scene.content.set(3);
        let mut asked = reader.ask(&[Value::Int(1)]).forced();
        assert_eq!(asked.call().unwrap(), rows(3));
        assert_eq!(asked.warnings, [], "{done} files renamed");
        assert_eq!(reader.call(1), (rows(3), vec![]));
        assert_eq!(scene.staged(), [""; 0]);
        assert_eq!(names(&scene.folder.path().join("results")).len(), 3);
    }
}

#[test]
fn a_file_changed_by_hand_while_a_commit_was_half_done_is_kept() {
    let scene = Scene::new(true);
    scene.interrupted(1, true);
    let target = scene.folder.path().join("results/2-f.bin");
    fs::write(&target, "by hand").unwrap();
    let reader = scene.reader();
    reader.call(1);
    scene.content.set(3);
    reader.ask(&[Value::Int(1)]).forced().call().unwrap();
    let results = common::tree(&scene.folder.path().join("results"));
    assert!(results.values().any(|content| content == b"by hand"));
}

#[test]
fn a_crash_before_older_results_were_forgotten_leaves_both() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    f.call(1);
    let old = f.record(1);
    f.call(2);
    f.put_record(&old);
    for list in ["", "rubbish\n", "00000000000000000000000000000000\n"] {
        fs::write(f.made.folder().last(), list).unwrap();
        let reader = f.elsewhere(folder.path(), Keep::Last(1));
        assert_eq!(reader.call(1), (Value::Int(1), vec![]));
        assert_eq!(reader.call(2), (Value::Int(2), vec![]));
    }
    f.call(3);
    assert_eq!(f.made.folder().keys().unwrap().len(), 1);
    assert_eq!(f.call(3), (Value::Int(3), vec![]));
}

#[test]
fn a_staged_file_that_is_not_committed_is_removed() {
    let folder = tempdir().unwrap();
    let mut staging = Staging::new();
    let target = folder.path().join("deep/er/f.bin");
    let staged = staging.stage(&target, true).unwrap();
    assert!(staging.stage(&target, true).is_err());
    fs::write(staging.path(staged), "x").unwrap();
    drop(staging);
    assert_eq!(names(&folder.path().join("deep/er")), [""; 0]);
}

#[test]
fn where_the_results_cannot_get_their_names_they_are_safe_all_the_same() {
    let scene = Scene::new(false);
    let targets = scene.f.result_paths(1);
    fs::remove_file(&targets[1]).unwrap();
    fs::create_dir(&targets[1]).unwrap();
    scene.content.set(NEW);
    let mut asked = scene.f.ask(&[Value::Int(1)]).forced();
    assert_eq!(asked.call().unwrap(), rows(NEW));
    assert!(
        matches!(&asked.warnings[..], [Warning::Unfinished { path, .. }] if *path == targets[1])
    );
    assert_eq!(scene.reader().call(1), (rows(NEW), vec![]));
    assert_eq!(scene.f.call(1), (rows(NEW), vec![]));
}

// -- Real processes ---------------------------------------------------------------------------------

const HELPER: &str = "REMADE_TEST_FOLDER";

/// Not a test of its own: commits one result after the other until it is killed.
#[test]
fn helper_that_commits_for_ever() {
    let Some(folder) = std::env::var_os(HELPER) else {
        return;
    };
    let content = Rc::new(Cell::new(OLD));
    let f = function(Path::new(&folder), true, &content);
    let began = Instant::now();
    // No longer than its test could last, should nobody kill it.
    while began.elapsed() < Duration::from_secs(60) {
        content.set(content.get() % 250 + 1);
        f.ask(&[Value::Int(1)]).forced().call().unwrap();
    }
}

fn start(folder: &Path) -> Child {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "helper_that_commits_for_ever"])
        .env(HELPER, folder)
        .stdout(Stdio::null())
        .spawn();
    child.unwrap()
}

/// All rows of one run.
fn assert_whole(value: &Value) {
    let Value::Rows(all) = value else {
        panic!("{value:?}")
    };
    assert_eq!(*value, rows(all[0][0]));
}

#[test]
fn a_killed_writer_leaves_a_whole_result() {
    let folder = tempdir().unwrap();
    let content = Rc::new(Cell::new(0));
    function(folder.path(), true, &content).call(1);
    for round in 0..20_u64 {
        let mut child = start(folder.path());
        std::thread::sleep(Duration::from_millis(15 + 7 * (round % 10)));
        child.kill().unwrap();
        child.wait().unwrap();
        let reader = function(folder.path(), true, &content);
        let (value, why) = reader.call(1);
        assert_eq!(why, [], "after {round} kills");
        assert_whole(&value);
    }
    content.set(9);
    let last = function(folder.path(), true, &content);
    let mut asked = last.ask(&[Value::Int(1)]).forced();
    asked.call().unwrap();
    assert_eq!(asked.warnings, []);
    assert_eq!(names(&folder.path().join("results")).len(), 3);
}

#[test]
fn a_reader_beside_a_writer_always_finds_a_whole_result() {
    let folder = tempdir().unwrap();
    let content = Rc::new(Cell::new(OLD));
    let f = function(folder.path(), true, &content);
    f.call(1);
    let mut child = start(folder.path());
    let began = Instant::now();
    let (mut seen, mut last) = (0, rows(0));
    while began.elapsed() < Duration::from_secs(3) {
        let fresh = function(folder.path(), true, &content);
        for reader in [&f, &fresh] {
            let (value, why) = reader.call(1);
            assert_eq!(why, []);
            assert_whole(&value);
            if value != last {
                seen += 1;
                last = value;
            }
        }
        assert!(make::check(&f.made, &mut f.ask(&[Value::Int(1)])).unwrap());
        let newest = make::newest(&f.made, &mut f.ask(&[])).unwrap();
        assert_whole(&newest.unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(seen > 5, "only {seen} results were met");
}

#[test]
fn the_number_of_no_process_is_no_process() {
    assert!(!Path::new(&format!("/proc/{DEAD}")).exists());
}
