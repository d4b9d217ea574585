//! In which order were the calls of a function recorded?
//!
//! The file `last` tells. It is written after the record, so a process that dies between the two leaves
//! a key that is not in it: its place is found by the times in the records, and so the whole list can
//! be written anew.

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

/// Puts keys that the list does not tell between those that it tells, newest first, by the times at
/// which the runs began.
pub(super) fn insert(folder: &FunctionFolder, order: &mut Vec<CallKey>, untold: Vec<CallKey>) {
    // Times as RFC 3339 in UTC have the order of their texts, but for digits that are left out at the
    // end: of two so close to each other either may come first.
    let began = |key: CallKey| prune::read(folder, key).map(|record| record.started);
    let mut times: Vec<Option<String>> = order.iter().map(|key| began(*key)).collect();
    for key in untold {
        let time = began(key);
        let place = times.iter().position(|other| *other <= time);
        let place = place.unwrap_or(order.len());
        order.insert(place, key);
        times.insert(place, time);
    }
}

/// Writes the list anew.
pub(super) fn rebuild(folder: &FunctionFolder) -> io::Result<()> {
    let order = prune::newest_first(folder)?;
    let text: String = order.iter().rev().map(|key| format!("{key}\n")).collect();
    files::replace(&folder.last(), text.as_bytes(), false).map(drop)
}
