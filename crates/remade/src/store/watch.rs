//! Has anything been changed in these folders meanwhile?
//!
//! A fresh call has to know whether its record is still the one that this process read. To look at it
//! takes a microsecond, most of it for the way from the root of the file system to the record. On a disk
//! of this machine the kernel can be told to leave a note at every change instead, and whether there is
//! a note takes less than a fifth of that. The note is there before the operation that it tells of has
//! returned to whoever asked for it, so a call that finds no note sees all that was done before it.
//!
//! A `Watch` answers with a `Moment`. What was looked at after a moment is so still for as long as
//! the watch answers with the same one. Where it does not answer (the folder lies on a network share,
//! another thread is reading the notes, this is the child of a fork) the caller looks, as it would
//! without any watch.

#[cfg(target_os = "linux")]
mod bell;
#[cfg(target_os = "linux")]
mod home;
#[cfg(target_os = "linux")]
mod inotify;
#[cfg(not(target_os = "linux"))]
mod nowhere;
#[cfg(target_os = "linux")]
mod queue;

#[cfg(target_os = "linux")]
pub(crate) use inotify::Watch;
#[cfg(not(target_os = "linux"))]
pub(crate) use nowhere::Watch;

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A point between two changes. No two of a process are equal, whatever watch they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(NonZeroU64);

/// The moment after which something was last looked at and found as it should be.
#[derive(Debug, Default)]
pub(crate) struct SeenAt(AtomicU64);

impl SeenAt {
    pub(crate) fn is(&self, moment: Moment) -> bool {
        self.0.load(Ordering::Relaxed) == moment.0.get()
    }

    /// The moment must have been asked for before the look.
    pub(crate) fn set(&self, moment: Moment) {
        self.0.store(moment.0.get(), Ordering::Relaxed);
    }
}

/// How many looks at the records of a function are worth a watch over its folder. A user has 128
/// queues of notes for all processes as a rule, so one that calls a little must not take any.
static WORTH: AtomicU32 = AtomicU32::new(4096);

/// Sets how many looks are worth a watch, in this process. For tests, which cannot call so often.
pub fn set_worth(looks: u32) {
    WORTH.store(looks, Ordering::Relaxed);
}

/// Counts the looks at one folder until they are worth a watch.
#[derive(Debug, Default)]
pub(crate) struct Looks(AtomicU32);

impl Looks {
    /// One more. True where a watch should be tried now: what fails is tried again after as many looks
    /// as there were until then.
    pub(crate) fn are_worth_a_watch(&self) -> bool {
        let looks = self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let worth = WORTH.load(Ordering::Relaxed).max(1);
        looks.is_multiple_of(worth) && (looks / worth).is_power_of_two()
    }

    /// A watch has ended: the next one has to be earned anew.
    pub(crate) fn begin_again(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
