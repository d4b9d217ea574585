//! What if threads come one after the other in any order?
//!
//! [`explore`] lets real threads run, one at a time. At each operation of the file system that
//! another thread could tell the order of, one of them is chosen to go on; then everything is done
//! again with the next choice, until all orders were tried.

use std::sync::mpsc::{Receiver, Sender, channel};

use remade::seam::{self, Operation};

/// What a thread does.
pub type Work = Box<dyn FnOnce() + Send>;

/// Which operations are points at which another thread may go on.
pub type IsPoint = fn(Operation<'_>) -> bool;

struct Thread {
    go: Sender<()>,
    is_alive: bool,
}

/// Runs the work of one round in the order that `path` tells, and extends it where it ends. Each
/// step is the chosen one, and how many there were to choose from.
fn run(works: Vec<Work>, is_point: IsPoint, path: &mut Vec<(usize, usize)>) {
    let (tell, told) = channel::<bool>();
    std::thread::scope(|scope| {
        let mut threads: Vec<Thread> = Vec::new();
        for work in works {
            let (go, wait) = channel();
            let tell = tell.clone();
            threads.push(Thread { go, is_alive: true });
            scope.spawn(move || step_by_step(work, is_point, wait, tell));
        }
        // What they do before their first point is nobody else's concern.
        for thread in &mut threads {
            thread.go.send(()).unwrap();
            thread.is_alive = told.recv().unwrap();
        }
        for step in 0.. {
            let alive: Vec<usize> = (0..threads.len())
                .filter(|at| threads[*at].is_alive)
                .collect();
            if alive.is_empty() {
                return;
            }
            if step == path.len() {
                path.push((0, alive.len()));
            }
            let (chosen, of) = path[step];
            assert_eq!(of, alive.len(), "the same order gave something else");
            let thread = &mut threads[alive[chosen]];
            thread.go.send(()).unwrap();
            // Until its next point, or its end.
            thread.is_alive = told.recv().unwrap();
        }
    });
}

fn step_by_step(work: Work, is_point: IsPoint, wait: Receiver<()>, tell: Sender<bool>) {
    struct End(Sender<bool>);
    impl Drop for End {
        fn drop(&mut self) {
            let _ = self.0.send(false);
        }
    }
    let _end = End(tell.clone());
    wait.recv().unwrap();
    let stop = move |operation: Operation<'_>| {
        if is_point(operation) {
            tell.send(true).unwrap();
            wait.recv().unwrap();
        }
        Ok(())
    };
    seam::watch(stop, work);
}

/// Every order, or the first `most` of them. `round` makes the threads of a round anew, `check` looks
/// at what they left. Gives how many orders were tried, and whether these are all.
pub fn explore(
    is_point: IsPoint,
    most: usize,
    mut round: impl FnMut() -> Vec<Work>,
    mut check: impl FnMut(),
) -> (usize, bool) {
    let mut path: Vec<(usize, usize)> = Vec::new();
    for tried in 1.. {
        run(round(), is_point, &mut path);
        check();
        while path.last().is_some_and(|(chosen, of)| chosen + 1 == *of) {
            path.pop();
        }
        match path.last_mut() {
            None => return (tried, true),
            Some((chosen, _)) => *chosen += 1,
        }
        if tried >= most {
            return (tried, false);
        }
    }
    unreachable!("the loop has no end of its own")
}
