//! Whatever a disk answers, the value is returned, and the next process finds the old result or the
//! new one.
//!
//! Each test does one thing to a store again and again. Each time another operation of the file
//! system fails, with another error, once or from then on for ever. Afterwards the disk is well again.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::faults::{Fault, faults_of, with_fault};
use common::torture::{self, Dice};
use common::{Function, Value, as_if_dead, staged_in_vain, tree};
use remade::make::{self, Face, Former};
use remade::store::prune::Keep;
use remade::store::{Durable, layout};

const OLD: u8 = 1;
const NEW: u8 = 2;
const AFTERWARDS: u8 = 7;
const LAST: u8 = 8;
const BY_HAND: &[u8] = b"what a person made";

fn rows(byte: u8) -> Value {
    Value::Rows(vec![vec![byte; 3000], vec![byte; 70_000], vec![byte; 10]])
}

#[derive(Clone, Copy)]
struct World {
    named: bool,
    keep: Keep,
    durable: Durable,
    /// What is asked for afterwards, what a stored answer may be, and whether it may be lost.
    asked: i64,
    answers: &'static [u8],
    may_be_lost: bool,
    /// What the test is made of.
    before: fn(World, &Path),
    act: fn(World, &Path),
    after: fn(World, &Path),
}

const CALLED_AGAIN: World = World {
    named: false,
    keep: Keep::Last(1),
    durable: Durable::Auto,
    asked: 1,
    answers: &[OLD, NEW],
    may_be_lost: false,
    before: |world, folder| world.run(folder, OLD, 1),
    act: |world, folder| world.run(folder, NEW, 1),
    after: |_, _| {},
};

impl World {
    /// A new process, in which a run gives this.
    fn process(self, folder: &Path, byte: u8) -> Function {
        let f = Function::keeping(folder, "module.f", self.keep).body(move |_| Ok(rows(byte)));
        f.durable.set(self.durable);
        match self.named {
            true => f.named(folder.join("results/deep/f.bin")),
            false => f,
        }
    }

    fn run(self, folder: &Path, byte: u8, number: i64) {
        let f = self.process(folder, byte);
        let mut asked = f.ask(&[Value::Int(number)]).forced();
        assert_eq!(asked.call().unwrap(), rows(byte));
    }

    /// A call gives what is stored, or runs and gives what the run returned.
    fn call(self, folder: &Path, byte: u8, stored: &[u8]) -> bool {
        let f = self.process(folder, byte);
        let value = f.ask(&[Value::Int(self.asked)]).call().unwrap();
        if f.runs.get() > 0 {
            assert_eq!(value, rows(byte));
        } else {
            let is_whole = stored.iter().any(|byte| value == rows(*byte));
            assert!(is_whole, "between old and new");
        }
        f.runs.get() > 0
    }

    fn check(self, name: &str) {
        let folder = torture::folder();
        (self.before)(self, folder.path());
        let faults = faults_of(|| (self.act)(self, folder.path()));
        assert!(faults.len() > 50, "{name}: only {} faults", faults.len());
        let mut dice = Dice::new(faults.len() as u64);
        let wanted = torture::times(faults.len()).max(40);
        let mut hits = 0;
        for fault in &faults {
            if dice.below(faults.len()) < wanted {
                hits += usize::from(self.survives(*fault));
            }
        }
        assert!(hits > 20, "{name}: {hits} faults hit");
        eprintln!("{name}: {hits} of {} faults", faults.len());
    }

    /// Whether the fault was met at all: times and the order of names may differ.
    fn survives(self, fault: Fault) -> bool {
        let folder = torture::folder();
        let folder = folder.path();
        (self.before)(self, folder);
        let told = std::panic::catch_unwind(|| {
            let ((), was_hit) = with_fault(fault, || (self.act)(self, folder));
            assert_eq!(open_below(folder), [Path::new(""); 0]);
            (self.after)(self, folder);
            let ran = self.call(folder, AFTERWARDS, self.answers);
            assert!(!ran || self.may_be_lost, "the stored result is lost");
            // And so it stays.
            assert!(!self.call(folder, LAST, &[OLD, NEW, AFTERWARDS]));
            // The next commit leaves nothing of the failed one.
            self.run(folder, LAST, self.asked);
            assert_eq!(staged_in_vain(folder), [""; 0]);
            was_hit
        });
        told.unwrap_or_else(|_| panic!("{fault:?} left {:#?}", tree(folder).keys()))
    }
}

/// What this process has open below a folder.
fn open_below(folder: &Path) -> Vec<PathBuf> {
    let open = fs::read_dir("/proc/self/fd").into_iter().flatten();
    let links = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.filter(|path| path.starts_with(folder)).collect()
}

macro_rules! world {
    ($name:ident, $($field:ident: $value:expr),*) => {
        #[test]
        fn $name() {
            World { $($field: $value,)* ..CALLED_AGAIN }.check(stringify!($name));
        }
    };
}

world!(first_call, before: |_, _| {}, may_be_lost: true);
world!(first_call_with_names_of_the_users, named: true, before: |_, _| {}, may_be_lost: true);
world!(call_that_runs_again, keep: Keep::Last(1));
world!(call_that_runs_again_with_names_of_the_users, named: true);
world!(call_that_is_forced_to_the_disk, named: true, durable: Durable::Always);
world!(fresh_call, act: fresh);
world!(fresh_call_with_names_of_the_users, named: true, act: fresh);
world!(files_that_were_copied, before: copied, act: fresh);
world!(files_that_were_copied_and_are_forced_to_the_disk, before: copied, act: fresh,
    durable: Durable::Always);
world!(older_results_are_forgotten, keep: Keep::Last(2), asked: 2, answers: &[OLD],
    before: |world, folder| (1..=2).for_each(|number| world.run(folder, OLD, number)),
    act: |world, folder| world.run(folder, NEW, 3));
world!(everything_is_forgotten, act: |world, folder| {
    let _ = world.process(folder, OLD).made.clear();
}, answers: &[OLD], may_be_lost: true);
world!(what_the_dead_left_is_removed, named: true, before: |world, folder| {
    world.run(folder, OLD, 1);
    leave_staged(world, folder);
});
world!(a_commit_is_completed, named: true, before: interrupted, act: fresh);
world!(a_commit_is_completed_in_the_store, before: interrupted, act: fresh);
world!(what_a_person_made_is_moved_aside, named: true, answers: &[NEW], may_be_lost: true,
before: |world, folder| {
    world.run(folder, OLD, 1);
    fs::write(world.process(folder, OLD).result_paths(1).remove(1), BY_HAND).unwrap();
},
after: |_, folder| {
    let found = tree(&folder.join("results"));
    assert!(found.values().any(|content| content == BY_HAND), "a person's file is gone");
});
world!(a_person_accepts, act: accept, answers: &[OLD], may_be_lost: true, after: either_is_there);
world!(a_function_is_renamed, act: |_, folder| {
    let _ = renamed(folder);
}, answers: &[OLD], may_be_lost: true, after: |_, folder| {
    // Under the old name or, by now, under the new one.
    let f = renamed(folder);
    assert_eq!(f.runs.get(), 0, "the stored result is lost");
});

fn fresh(world: World, folder: &Path) {
    world.call(folder, NEW, &[OLD, NEW]);
}

fn copied(world: World, folder: &Path) {
    world.run(folder, OLD, 1);
    for path in world.process(folder, OLD).result_paths(1) {
        let copy = path.with_extension("copy");
        fs::copy(&path, &copy).unwrap();
        fs::rename(copy, path).unwrap();
    }
}

/// The number of a process that is no more in all staged names.
fn leave_staged(world: World, folder: &Path) {
    let f = world.process(folder, OLD);
    let mut targets = f.result_paths(1);
    targets.push(f.record_path(1));
    for target in targets {
        let staged = layout::staged(&target);
        let name = as_if_dead(staged.file_name().unwrap().to_str().unwrap());
        fs::write(target.with_file_name(name), "half of").unwrap();
    }
}

/// A commit whose process died after the first of its renames.
fn interrupted(world: World, folder: &Path) {
    world.run(folder, OLD, 1);
    let f = world.process(folder, NEW);
    let targets = f.result_paths(1);
    for target in &targets {
        fs::hard_link(target, target.with_extension("kept")).unwrap();
    }
    f.ask(&[Value::Int(1)]).forced().call().unwrap();
    let mut record = f.record(1);
    for (index, target) in targets.iter().enumerate() {
        let file = record.results[index].file.as_mut().unwrap();
        file.staged = as_if_dead(&file.staged);
        let kept = target.with_extension("kept");
        if index > 0 {
            fs::rename(target, target.with_file_name(&file.staged)).unwrap();
            fs::rename(kept, target).unwrap();
        } else {
            fs::remove_file(kept).unwrap();
        }
    }
    f.put_record(&record);
}

fn edited(world: World, folder: &Path, byte: u8) -> Function {
    let f = world.process(folder, byte);
    f.code.borrow_mut().insert("helper".to_owned(), 2);
    f
}

fn accept(world: World, folder: &Path) {
    let f = edited(world, folder, NEW);
    let mut asked = f.ask(&[Value::Int(1)]);
    make::accept(&f.made, &mut asked, "ada", "it is the same").unwrap();
}

/// For the code before the edit, or for that after it.
fn either_is_there(world: World, folder: &Path) {
    let functions = [
        world.process(folder, AFTERWARDS),
        edited(world, folder, AFTERWARDS),
    ];
    let is_fresh = |f: &Function| make::check(&f.made, &mut f.ask(&[Value::Int(1)])).unwrap();
    assert!(functions.iter().any(is_fresh), "the stored result is lost");
}

/// The same code under another name, called.
fn renamed(folder: &Path) -> Function {
    let before = Function::new(folder, "module.f");
    let after = Function::new(folder, "module.g").body(|_| Ok(rows(NEW)));
    *after.code.borrow_mut() = before.code.borrow().clone();
    let fingerprint = Face::fingerprint(&after.ask(&[]));
    after.former.borrow_mut().push(Former {
        function: "module.f".to_owned(),
        module: ("module".to_owned(), "module".to_owned()),
        fingerprints: vec![fingerprint],
        same_code_only: false,
    });
    let value = after.ask(&[Value::Int(1)]).call().unwrap();
    assert!(value == rows(OLD) || value == rows(NEW));
    after
}
