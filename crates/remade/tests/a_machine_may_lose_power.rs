//! After a power failure a call gives the old result or the new one, or runs again, and never gives
//! anything else. With `Durable::Always` nothing that was committed is lost.
//!
//! What a call does to the disk is recorded, with the data. Then the power goes off at any moment of
//! it, again and again, and each time the disk is left with another part of what was not synced.

#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr)] // the numbers that were reached, for those who ask

mod common;

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::rc::Rc;

use common::disk::{Log, Order, empty};
use common::torture::{self, Dice};
use common::{Function, Value, tree};
use remade::make::{self, Acceptance};
use remade::seam::pretend;
use remade::store::prune::Keep;
use remade::store::{Durable, files};

const LATER: u8 = 200;

fn rows(byte: u8) -> Value {
    Value::Rows(vec![vec![byte; 1500], vec![byte; 5000], vec![byte; 10]])
}

/// A function, and what it does to the disk.
struct Scene {
    folder: tempfile::TempDir,
    log: Rc<RefCell<Log>>,
    named: bool,
    edited: bool,
    keep: Keep,
    durable: Durable,
    /// What was committed for which call: from how many events on it may be there, and from how
    /// many on it is there.
    committed: Vec<(i64, u8, usize, usize)>,
}

impl Scene {
    fn new(named: bool, keep: Keep, durable: Durable) -> Scene {
        let folder = torture::folder();
        Scene {
            log: Log::new(folder.path()),
            folder,
            named,
            edited: false,
            keep,
            durable,
            committed: Vec::new(),
        }
    }

    fn function(&self, folder: &Path, byte: u8) -> Function {
        let f = Function::keeping(folder, "module.f", self.keep).body(move |_| Ok(rows(byte)));
        f.durable.set(self.durable);
        if self.edited {
            f.code.borrow_mut().insert("helper".to_owned(), 2);
        }
        match self.named {
            true => f.named(folder.join("results/deep/f.bin")),
            false => f,
        }
    }

    /// Another process runs the call, whatever is stored.
    fn run(&mut self, number: i64, byte: u8) {
        let before = self.log.borrow().len();
        let f = self.function(self.folder.path(), byte);
        Log::record(&self.log, || {
            let mut asked = f.ask(&[Value::Int(number)]).forced();
            assert_eq!(asked.call().unwrap(), rows(byte));
        });
        self.is_there(number, byte, before);
    }

    fn is_there(&mut self, number: i64, byte: u8, before: usize) {
        let after = self.log.borrow().len();
        self.committed.push((number, byte, before, after));
    }

    /// Somebody copies the files of a call over themselves.
    fn copy(&self, number: i64) {
        let f = self.function(self.folder.path(), LATER);
        let paths = f.result_paths(number);
        Log::record(&self.log, || {
            for path in paths {
                let copy = path.with_extension("copy");
                files::copy_new(&path, &copy).unwrap();
                files::finish_path(&copy, false).unwrap();
                files::rename(&copy, &path).unwrap();
            }
        });
    }

    /// Another process asks for what is there.
    fn ask(&self, number: i64, byte: u8) {
        let f = self.function(self.folder.path(), LATER);
        Log::record(&self.log, || {
            assert_eq!(f.call(number), (rows(byte), vec![]))
        });
    }

    /// So many crashes. `loses`: what was committed may be lost.
    fn crash(&self, states: usize, order: Order, seed: u64, loses: bool) {
        let folder = torture::folder();
        let folder = folder.path();
        let mut dice = Dice::new(seed);
        let mut numbers: Vec<i64> = self.committed.iter().map(|one| one.0).collect();
        numbers.dedup();
        let (mut met, mut reused) = (HashSet::new(), 0);
        for state in 0..states {
            empty(folder).unwrap();
            let log = self.log.borrow();
            let after = dice.below(log.len() + 1);
            let disk = log.crash(after, order, &mut dice, folder);
            met.insert(digest(folder));
            let number = numbers[dice.below(numbers.len())];
            let of_call = self.committed.iter().filter(|one| one.0 == number);
            let possible: Vec<u8> = of_call
                .clone()
                .filter(|one| one.2 <= after)
                .map(|one| one.1)
                .collect();
            let certain = of_call.filter(|one| one.3 <= after).count();
            let told = format!(
                "state {state}: after {after} of {} events, {order:?}",
                log.len()
            );
            pretend(disk, || {
                let next = self.next_process(folder, state);
                let f = next(LATER);
                let value = f.ask(&[Value::Int(number)]).call().unwrap();
                if f.runs.get() == 0 {
                    reused += 1;
                    let from = if loses { 0 } else { certain.saturating_sub(1) };
                    let is_whole = possible[from..].iter().any(|byte| value == rows(*byte));
                    assert!(is_whole, "{told}: {value:?}");
                } else {
                    assert!(
                        loses || certain == 0 || self.is_forgotten(number, after),
                        "{told}: lost"
                    );
                    assert_eq!(value, rows(LATER));
                }
                if state % 20 == 0 {
                    goes_on(next, folder, number, &value, &told);
                }
            });
        }
        assert!(
            reused > states / 200,
            "only {reused} of {states} were reused"
        );
        eprintln!(
            "{states} states, {} of them different, {reused} reused",
            met.len()
        );
    }

    /// Whether enough other calls ended since, or began to, that this one may be forgotten.
    fn is_forgotten(&self, number: i64, after: usize) -> bool {
        let Keep::Last(most) = self.keep else {
            return false;
        };
        let begun = self.committed.iter().filter(|one| one.2 < after).rev();
        let mut newest: Vec<i64> = Vec::new();
        for (one, ..) in begun {
            if !newest.contains(one) {
                newest.push(*one);
            }
        }
        !newest.iter().take(most).any(|one| *one == number)
    }

    /// The function after the crash. As a rule it forces nothing to the disk: that would be the real one,
    /// up to the root of it, and the test would be a measure of that disk.
    fn next_process(&self, folder: &Path, state: usize) -> impl Fn(u8) -> Function {
        let forces = state.is_multiple_of(200);
        move |byte| {
            let f = self.function(folder, byte);
            if !forces {
                f.durable.set(Durable::Never);
            }
            f
        }
    }
}

/// What was found stays, and the next commit leaves nothing behind.
fn goes_on(next: impl Fn(u8) -> Function, folder: &Path, number: i64, value: &Value, told: &str) {
    let found = next(LATER + 1).call(number);
    assert_eq!(found, (value.clone(), vec![]), "{told}");
    let last = next(LATER + 2);
    let mut asked = last.ask(&[Value::Int(number)]).forced();
    assert_eq!(asked.call().unwrap(), rows(LATER + 2));
    assert_eq!(common::staged_in_vain(folder), [""; 0], "{told}");
}

fn digest(folder: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (path, content) in tree(folder) {
        let time = File::open(&path).unwrap().metadata().unwrap();
        (path, content, time.modified().unwrap()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Of the 100,000 states in all.
const SHARE: usize = 100_000 / 16;

/// In both orders; `loses` what was committed.
fn crash_in_both(scene: &Scene, seed: u64, loses: bool) {
    let states = torture::times(SHARE).max(60);
    scene.crash(states, Order::OfNames, seed, loses);
    scene.crash(states, Order::None, seed + 1, loses);
}

fn one_call_again_and_again(named: bool, durable: Durable) -> Scene {
    let mut scene = Scene::new(named, Keep::Last(1), durable);
    scene.run(1, 1);
    scene.run(1, 2);
    scene
}

#[test]
fn a_short_run_is_old_or_new_or_stale() {
    crash_in_both(&one_call_again_and_again(false, Durable::Auto), 1, true);
}

#[test]
fn a_short_run_with_names_of_the_users_is_old_or_new_or_stale() {
    crash_in_both(&one_call_again_and_again(true, Durable::Never), 3, true);
}

#[test]
fn a_run_that_is_forced_to_the_disk_is_not_lost() {
    crash_in_both(&one_call_again_and_again(false, Durable::Always), 5, false);
}

#[test]
fn a_run_with_names_of_the_users_that_is_forced_to_the_disk_is_not_lost() {
    crash_in_both(&one_call_again_and_again(true, Durable::Always), 7, false);
}

#[test]
fn as_many_as_are_kept_are_not_lost() {
    let mut scene = Scene::new(false, Keep::Last(2), Durable::Always);
    for number in 1..=4 {
        scene.run(number, number as u8);
    }
    scene.run(3, 13);
    crash_in_both(&scene, 9, false);
}

#[test]
fn a_result_that_was_copied_is_not_believed_for_what_it_was() {
    for named in [false, true] {
        let mut scene = one_call_again_and_again(named, Durable::Always);
        scene.copy(1);
        scene.durable = Durable::Auto;
        scene.ask(1, 2);
        scene.ask(1, 2);
        crash_in_both(&scene, 11, true);
    }
}

#[test]
fn what_a_person_accepted_is_not_lost() {
    let mut scene = one_call_again_and_again(true, Durable::Always);
    // The engine forces nothing of it: a person edits as any program does.
    scene.copy(1);
    scene.edited = true;
    let before = scene.log.borrow().len();
    scene.committed.clear();
    let f = scene.function(scene.folder.path(), LATER);
    let accepted = Log::record(&scene.log, || {
        make::accept(
            &f.made,
            &mut f.ask(&[Value::Int(1)]),
            "ada",
            "it is the same",
        )
    });
    assert!(matches!(accepted, Ok(Acceptance::Kept(_))), "{accepted:?}");
    scene.is_there(1, 2, before);
    crash_in_both(&scene, 13, false);
}
