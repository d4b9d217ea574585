//! In which order were the calls of a function recorded?
//!
//! The file `last` tells. It is written after the record, so a process that dies between the two leaves
//! a key that is not in it: its place is found by the times in the records, and so the whole list can
//! be written anew.

use super::{FunctionFolder, aside, commit, files, lock, prune};
use crate::call::CallKey;
use crate::record::{MAX_BYTES, Record};
use std::io;

/// The keys that have a record and do not stand in the list.
///
/// # Errors
///
/// Where the list or the folder cannot be read: then nobody can say.
pub(super) fn missing(folder: &FunctionFolder) -> io::Result<Vec<CallKey>> {
    let told = match files::read_small(&folder.last(), aside::LONGEST_LIST) {
        Err(error) if is_refused(&error) => return Err(error),
        told => told.unwrap_or_default(),
    };
    let told = String::from_utf8_lossy(&told);
    let told: Vec<CallKey> = told.lines().filter_map(CallKey::parse).collect();
    let mut keys = folder.keys()?;
    let is_whole = |key: CallKey| prune::read(folder, key).is_some_and(|record| record.key == key);
    keys.retain(|key| !told.contains(key) && is_whole(*key));
    Ok(keys)
}

/// Whether the system would not say what is there. That there is nothing, a link, or far too much, says
/// that it is no list.
fn is_refused(error: &io::Error) -> bool {
    let is_link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    error.raw_os_error().is_some() && !commit::is_absent(error) && !is_link
}

/// Whether somebody may be about to change the list: runs any call but this one.
pub(super) fn somebody_runs(folder: &FunctionFolder, but: Option<CallKey>) -> bool {
    let Ok(names) = files::names_own(folder.path()) else {
        return true;
    };
    lock::files_among(folder, &names).any(|(key, path)| Some(key) != but && lock::is_held(&path))
}

/// Puts keys that the list does not tell between those that it tells, newest first, by the times at
/// which the runs began.
///
/// # Errors
///
/// Where a record cannot be read: who guessed then would forget the wrong one.
pub(super) fn insert(
    folder: &FunctionFolder,
    order: &mut Vec<CallKey>,
    untold: Vec<CallKey>,
) -> io::Result<()> {
    // Times as RFC 3339 in UTC have the order of their texts, but for digits that are left out at the
    // end: of two so close to each other either may come first.
    let mut times = Vec::with_capacity(order.len() + untold.len());
    for key in order.iter() {
        times.push(began(folder, *key)?.flatten());
    }
    for key in untold {
        let Some(time) = began(folder, key)? else {
            continue; // it was forgotten meanwhile
        };
        let place = times.iter().position(|other| *other <= time);
        let place = place.unwrap_or(order.len());
        order.insert(place, key);
        times.insert(place, time);
    }
    Ok(())
}

/// When the run of a record began, where it can be told. None: there is no record.
fn began(folder: &FunctionFolder, key: CallKey) -> io::Result<Option<Option<String>>> {
    let path = folder.record(key);
    let read = || {
        let found = files::look_itself(&path)?;
        if !found.is_file() || found.len() > MAX_BYTES {
            return Ok(None);
        }
        let text = files::read_small(&path, MAX_BYTES)?;
        Ok(Record::from_json(&text).ok().map(|record| record.started))
    };
    match read() {
        Ok(began) => Ok(Some(began)),
        Err(error) if super::commit::is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the list anew.
pub(super) fn rebuild(folder: &FunctionFolder) -> io::Result<()> {
    let order = prune::newest_first(folder)?;
    let text: String = order.iter().rev().map(|key| format!("{key}\n")).collect();
    files::replace(&folder.last(), text.as_bytes(), false).map(drop)
}
