//! In which orders can threads go on?

use shuttle::scheduler::{DfsScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::{Config, FailurePersistence, Runner};

/// Where a thread may be made to wait while another one goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// Before and while it holds a lock, too.
    Anywhere,
    /// Only where it yields, between two steps. While one holds the lock, others could do no more than
    /// come to wait for it.
    BetweenSteps,
}

struct Orders {
    all: DfsScheduler,
    switch: Switch,
}

impl Scheduler for Orders {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.all.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        if self.switch == Switch::BetweenSteps && !is_yielding {
            let same = runnable.iter().find(|task| Some(task.id()) == current);
            if let Some(task) = same {
                return Some(task.id());
            }
        }
        self.all.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.all.next_u64()
    }
}

/// Runs it in every order there is, and tells how many schedules that were.
pub(crate) fn every_order(switch: Switch, program: impl Fn() + Send + Sync + 'static) -> usize {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    // Without a bound it ends when there is no order left.
    let all = DfsScheduler::new(None, false);
    Runner::new(Orders { all, switch }, config).run(program)
}
