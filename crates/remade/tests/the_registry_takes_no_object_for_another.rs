//! Three threads, in every order: what is found is known of that very object, also where another one
//! lay at its address; who lives and was not forgotten is found; the dead are swept; and nothing is
//! let go under the lock, since it may ask the registry.

#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr)] // the numbers that were reached, for those who ask

mod common;
#[path = "registry/heap.rs"]
mod heap;
#[path = "registry/orders.rs"]
mod orders;

use std::sync::Arc;

use common::torture;
use heap::{Addresses, Held, World};
use orders::{Switch, every_order};
use shuttle::thread;

/// What a thread does: with an object of its own, or with the one that all hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Lets its object go, which dies.
    Die,
    /// Has a new object.
    Born,
    /// Lets its object go and has a new one, before anybody else has one.
    Renew,
    Remember,
    Find,
    Forget,
    ForgetLast,
    FindShared,
    RememberShared,
    ForgetShared,
    ForgetLastOfShared,
}
use Step::*;

fn perform(world: &Arc<World>, shared: &Held, own: Held, steps: &[Step]) {
    let mut own = Some(own);
    for (place, step) in steps.iter().enumerate() {
        if place > 0 {
            thread::yield_now();
        }
        let version = place + 1;
        match (step, &own) {
            (Die, _) => own = None,
            (Born, _) => own = Some(Held::new(world)),
            (Renew, _) => {
                drop(own.take());
                own = Some(Held::new(world));
            }
            (FindShared, _) => shared.find(),
            (RememberShared, _) => shared.remember(version),
            (ForgetShared, _) => shared.forget(),
            (ForgetLastOfShared, _) => shared.forget_last(),
            (Remember, Some(own)) => own.remember(version),
            (Find, Some(own)) => own.find(),
            (Forget, Some(own)) => own.forget(),
            (ForgetLast, Some(own)) => own.forget_last(),
            (_, None) => panic!("{steps:?} does something with a dead object"),
        }
    }
}

/// In how many orders can steps of these numbers follow each other?
fn interleavings(lengths: [usize; 3]) -> usize {
    let factorial = |number: usize| (1..=number).product::<usize>();
    factorial(lengths.iter().sum()) / lengths.map(factorial).iter().product::<usize>()
}

/// Three threads at once, in every order there is: how many ways are there? Each has an object that
/// is known. The last one runs in the thread that starts the others.
fn schedules(switch: Switch, addresses: Addresses, programs: [Vec<Step>; 3]) -> usize {
    let least = interleavings([0, 1, 2].map(|number| programs[number].len()));
    let tried = every_order(switch, move || {
        let world = World::new(addresses);
        let known = || {
            let object = Held::new(&world);
            object.remember(0);
            object
        };
        let shared = Arc::new(known());
        let own = [known(), known(), known()];
        let mut works = programs.iter().zip(own).map(|(steps, own)| {
            let (world, shared, steps) = (world.clone(), shared.clone(), steps.clone());
            move || perform(&world, &shared, own, &steps)
        });
        let others: Vec<_> = works.by_ref().take(2).map(thread::spawn).collect();
        thread::yield_now();
        works.for_each(|work| work());
        for other in others {
            other.join().unwrap();
        }
        shared.find();
        assert_eq!(world.living(), usize::from(shared.is_known()));
        world.stays_small();
    });
    // More, where waiting for the end of a thread is a step as well.
    assert!(tried >= least, "{tried} of {least} were tried");
    tried
}

/// All that three threads can be given of these; of equal ones, whichever thread has which, once.
fn threes(programs: &[Vec<Step>]) -> Vec<[Vec<Step>; 3]> {
    let mut all = Vec::new();
    for (first, a) in programs.iter().enumerate() {
        for (second, b) in programs.iter().enumerate().skip(first) {
            for c in programs.iter().skip(second) {
                all.push([a.clone(), b.clone(), c.clone()]);
            }
        }
    }
    all
}

/// So many of them at most, from all over the list, in every order.
fn explore(name: &str, switch: Switch, all: Vec<[Vec<Step>; 3]>, most: usize) {
    let step = all.len().div_ceil(most);
    let (mut count, mut sum) = (0, 0);
    for programs in all.into_iter().step_by(step) {
        count += 1;
        sum += schedules(switch, Addresses::UsedAgain, programs);
    }
    eprintln!("{name}: {count} times three threads, all {sum} schedules");
}

/// Two steps each: every choice of these, so that none is left out that nobody thought of.
#[test]
fn two_steps_each() {
    let steps = [
        Renew,
        Remember,
        Find,
        ForgetLast,
        FindShared,
        RememberShared,
        ForgetShared,
    ];
    let pairs = steps.iter().flat_map(|&a| steps.map(|b| vec![a, b]));
    let all = threes(&pairs.collect::<Vec<_>>());
    let most = torture::times(all.len());
    explore("two steps each", Switch::BetweenSteps, all, most);
}

/// What made functions do: results that live for a while, and come and go.
#[test]
fn longer_lives() {
    let all = threes(&[
        vec![Die, Born, Find],
        vec![Die, Born, Remember, Find],
        vec![Remember, Find, Forget, Find],
        vec![Remember, ForgetLast, ForgetLast, Find],
        vec![FindShared, RememberShared, FindShared],
        vec![FindShared, ForgetShared, FindShared],
        vec![ForgetLastOfShared, RememberShared, RememberShared],
    ]);
    let most = torture::times(all.len() * 5);
    explore("longer lives", Switch::BetweenSteps, all, most);
}

/// One step each, where a thread may be made to wait under the lock as well, and while it lets go.
#[test]
fn one_step_each_and_switches_under_the_lock() {
    let steps = [Renew, Find, FindShared, Remember, Forget, ForgetLast];
    let mut programs = vec![vec![]];
    programs.extend(steps.map(|step| vec![step]));
    let mut all = threes(&programs);
    // Some let things go that ask again. Three such threads have millions of schedules.
    let lets_go = |steps: &&Vec<Step>| matches!(steps[..], [Remember | Forget | ForgetLast]);
    all.retain(|programs| {
        let is_small = programs.iter().any(Vec::is_empty);
        is_small || programs.iter().filter(lets_go).count() < 2
    });
    let most = torture::times(all.len() * 10);
    explore("one step each", Switch::Anywhere, all, most);
}

/// Where no address is used again, nothing but a sweep keeps the table small.
#[test]
fn the_dead_are_swept() {
    let churn = vec![Renew, Remember, Renew, Remember, Renew, Remember];
    let half = vec![Renew, Remember, FindShared];
    let programs = [churn, half.clone(), half];
    let sum = schedules(Switch::BetweenSteps, Addresses::New, programs);
    eprintln!("the dead are swept: once three threads, all {sum} schedules");
}
