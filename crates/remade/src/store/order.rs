//! In which order were the calls of a function recorded?
//!
//! The file `last` tells. It only saves looking: what it does not tell is found by the times of the
//! records, and it can be written anew from them.

use super::{FunctionFolder, files, lock, prune};
use crate::call::CallKey;
use std::io;

/// The keys that have a record and do not stand in the list.
pub(super) fn missing(folder: &FunctionFolder) -> Vec<CallKey> {
    let told = prune::last(folder);
    let told: Vec<CallKey> = told.lines().filter_map(CallKey::parse).collect();
    let mut keys = folder.keys().unwrap_or_default();
    let is_whole = |key: CallKey| prune::read(folder, key).is_some_and(|record| record.key == key);
    keys.retain(|key| !told.contains(key) && is_whole(*key));
    keys
}

/// Whether somebody may be about to change the list.
pub(super) fn somebody_runs(folder: &FunctionFolder) -> bool {
    lock::files_in(folder).any(|(_, path)| lock::is_held(&path))
}

/// Writes the list anew: what it told stays in its order, and what it did not tell comes in by the
/// times at which the runs began.
pub(super) fn rebuild(folder: &FunctionFolder) -> io::Result<()> {
    let untold = missing(folder);
    let started = |key: CallKey| prune::read(folder, key).map(|record| record.started);
    let mut order: Vec<(CallKey, Option<String>)> = prune::newest_first(folder)?
        .into_iter()
        .rev()
        .filter(|key| !untold.contains(key))
        .map(|key| (key, started(key)))
        .collect();
    for key in untold {
        let began = started(key);
        // Times as RFC 3339 in UTC have the order of their texts, but for digits that are left out
        // at the end: of two so close to each other either may come first.
        let place = order.iter().rposition(|(_, other)| *other <= began);
        order.insert(place.map_or(0, |place| place + 1), (key, began));
    }
    let text: String = order.iter().map(|(key, _)| format!("{key}\n")).collect();
    files::replace(&folder.last(), text.as_bytes(), false).map(drop)
}
