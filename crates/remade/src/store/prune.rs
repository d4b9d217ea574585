//! What is forgotten, and when?
//!
//! After a commit the older records go, with the results that the engine named. Files that the user
//! named stay. The same walk sweeps staged files whose writer died.

use super::{FunctionFolder, Store, aside, files, layout};
use crate::call::CallKey;
use crate::record::{MAX_BYTES, Record};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How many results of one function are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keep {
    /// The last ones, at least one.
    Last(usize),
    /// Every one.
    All,
}

/// Staged files of other machines, whose processes cannot be asked, are old after this time.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// Notes the newest key and forgets what `keep` does not cover.
pub fn remember_newest(
    store: &Store,
    folder: &FunctionFolder,
    newest: CallKey,
    keep: Keep,
) -> io::Result<()> {
    match keep {
        Keep::All => files::append_line(&folder.last(), &newest.to_string()),
        Keep::Last(number) => {
            let mut order = newest_first(folder)?;
            order.retain(|key| *key != newest);
            order.insert(0, newest);
            for old in order.drain(number.max(1).min(order.len())..) {
                forget(store, folder, old)?;
            }
            let text: String = order.iter().rev().map(|key| format!("{key}\n")).collect();
            files::replace(&folder.last(), text.as_bytes(), false)?;
            sweep(store, folder.path())
        }
    }
}

/// The keys that have a record, newest first. What `last` does not tell comes last, by time.
pub fn newest_first(folder: &FunctionFolder) -> io::Result<Vec<CallKey>> {
    let mut present = folder.keys()?;
    let text = last(folder);
    let mut order = Vec::with_capacity(present.len());
    for key in text.lines().rev().filter_map(CallKey::parse) {
        if let Some(place) = present.iter().position(|other| *other == key) {
            order.push(present.swap_remove(place));
        }
        if present.is_empty() {
            break;
        }
    }
    present.sort_by_cached_key(|key| {
        let written = files::look_itself(&folder.record(*key)).and_then(|m| m.modified());
        std::cmp::Reverse(written.unwrap_or(SystemTime::UNIX_EPOCH))
    });
    order.append(&mut present);
    Ok(order)
}

/// The newest record, without looking at all the others.
pub fn newest(folder: &FunctionFolder) -> Option<Record> {
    let read = |key: CallKey| read(folder, key);
    last(folder)
        .lines()
        .rev()
        .filter_map(CallKey::parse)
        .find_map(read)
        .or_else(|| newest_first(folder).ok()?.into_iter().find_map(read))
}

/// The list of the newest keys; empty where it cannot be read, as it can be rebuilt.
pub(super) fn last(folder: &FunctionFolder) -> String {
    let text = files::read_small(&folder.last(), aside::LONGEST_LIST).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

/// The record of a key, if it can be read.
pub(crate) fn read(folder: &FunctionFolder, key: CallKey) -> Option<Record> {
    let text = files::read_small(&folder.record(key), MAX_BYTES).ok()?;
    Record::from_json(&text).ok()
}

/// Forgets one call: its record first, so that no reader finds a record without its results.
pub fn forget(store: &Store, folder: &FunctionFolder, key: CallKey) -> io::Result<()> {
    let record = read(folder, key);
    if let Some(record) = &record {
        aside::note_forgotten(folder, record)?;
    }
    files::remove(&folder.record(key))?;
    record.map_or(Ok(()), |record| forget_staged(store, &record))?;
    // What the engine named begins with the key.
    let prefix = key.to_string();
    for name in files::names_own(folder.path())? {
        let named = name.to_string_lossy();
        let path = folder.path().join(&name);
        // Somebody may hold the lock, or just have committed a new record.
        if named.starts_with(&prefix) && path != folder.lock(key) && path != folder.record(key) {
            files::remove(&path)?;
        }
    }
    Ok(())
}

/// Removes the files of a forgotten record that never got their names, unless another record, which
/// took them over, means them too.
fn forget_staged(store: &Store, record: &Record) -> io::Result<()> {
    for file in record.results.iter().filter_map(|one| one.file.as_ref()) {
        let staged = store.from_stored(&file.path).with_file_name(&file.staged);
        let is_staged = layout::staged_by(&file.staged).is_some() && files::exists(&staged);
        if is_staged && !staged_names(store)?.contains(&file.staged) {
            files::remove(&staged)?;
        }
    }
    Ok(())
}

/// Forgets every call of a function.
pub fn clear(store: &Store, folder: &FunctionFolder) -> io::Result<()> {
    for key in folder.keys()? {
        forget(store, folder, key)?;
    }
    files::remove(&folder.last())?;
    sweep(store, folder.path())
}

/// Removes staged files whose writer is dead, but for those that a record means: there the writer
/// died between the commit and the last rename, and the staged file is the result.
pub(crate) fn sweep(store: &Store, folder: &Path) -> io::Result<()> {
    files::discard_left(|staged| {
        staged.starts_with(store.root()) || staged.parent() == Some(folder)
    });
    let mut meant: Option<HashSet<String>> = None;
    // A folder of the user's may be a link; one of the store's may not.
    let names = match folder.starts_with(store.root()) {
        true => files::names_own(folder)?,
        false => files::names(folder)?,
    };
    for name in names {
        let path = folder.join(&name);
        let Some(name) = name.to_str() else { continue };
        if is_abandoned(&path, name) {
            let meant = match &mut meant {
                Some(meant) => meant,
                None => meant.insert(staged_names(store)?),
            };
            if !meant.contains(name) {
                files::remove_staged(&path)?;
            }
        }
    }
    Ok(())
}

/// Whether it is a staged file whose writer is dead.
pub(super) fn is_abandoned(path: &Path, name: &str) -> bool {
    match layout::staged_by(name) {
        None => false,
        Some((host, process)) if host == crate::machine::host_digits() => {
            !crate::machine::is_alive(process)
        }
        Some(_) => {
            let age = files::look(path)
                .and_then(|metadata| metadata.modified())
                .ok()
                .and_then(|written| written.elapsed().ok());
            age.is_some_and(|age| age > ABANDONED)
        }
    }
}

/// The staged names in all records of a store. They are read only where a writer died.
fn staged_names(store: &Store) -> io::Result<HashSet<String>> {
    Ok(aside::functions(store)?
        .flat_map(|folder| aside::records(&folder))
        .flat_map(|record| record.results)
        .filter_map(|result| result.file)
        .map(|file| file.staged)
        .collect())
}
