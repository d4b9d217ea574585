//! Can somebody else be at work on a call?

use crate::call::CallKey;
use crate::store::FunctionFolder;
use crate::store::lock::{self, Attempt};

/// Whether somebody else may be at work on a call.
pub(super) enum Alone {
    /// Nobody can be, as long as this is held.
    Locked(#[allow(dead_code)] lock::Lock),
    /// Nobody was when it was asked.
    ForLooking,
    /// Nobody can tell.
    WithoutLocks(String),
    /// Somebody is.
    Not,
}

impl Alone {
    /// Whether what was seen since may be what somebody else was just doing.
    pub(super) fn ended(&self, folder: &FunctionFolder, key: CallKey) -> bool {
        match self {
            Alone::Locked(_) | Alone::WithoutLocks(_) => false,
            Alone::ForLooking => lock::is_held(&folder.lock(key)),
            Alone::Not => true,
        }
    }
}

impl<P> super::Check<'_, P> {
    /// Takes the lock of a call where something is to be mended; to look, it is enough that nobody
    /// has it.
    pub(super) fn alone(&self, folder: &FunctionFolder, key: CallKey) -> Alone {
        let path = folder.lock(key);
        if !self.repair {
            return match lock::is_held(&path) {
                true => Alone::Not,
                false => Alone::ForLooking,
            };
        }
        match lock::attempt(&path) {
            Attempt::Taken(lock) => Alone::Locked(lock),
            Attempt::Unavailable(error) => Alone::WithoutLocks(error.to_string()),
            Attempt::Busy => Alone::Not,
        }
    }
}
