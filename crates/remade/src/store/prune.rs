//! What is forgotten, and when?
//!
//! After a commit the older records go, with the results that the engine named. Files that the user
//! named stay. The same walk sweeps staged files whose writer died.

use super::{FunctionFolder, Store, aside, files, layout, lock, order};
use crate::call::CallKey;
use crate::record::{MAX_BYTES, Record};
use crate::stamp::Stamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::Duration;

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

/// The bytes of one line of `last`: a key and a line break.
const LINE: u64 = 33;

/// Lines of `last` for keys that are gone, before it is written anew.
const OUTDATED: usize = 64;

/// Notes the newest key and forgets what `keep` does not cover.
///
/// The list grows by a line at each run, and is written anew only now and then: renaming over a file
/// that is there makes ext4 write the new one at once, and wait until the old one is written, which
/// can take longer than all the rest of a short run.
pub fn remember_newest(
    store: &Store,
    folder: &FunctionFolder,
    newest: CallKey,
    keep: Keep,
) -> io::Result<()> {
    let told = files::append_line(&folder.last(), &newest.to_string());
    let Keep::Last(number) = keep else {
        return told;
    };
    let mut order = newest_first(folder)?;
    order.retain(|key| *key != newest);
    order.insert(0, newest);
    forget_halves(folder, &order)?;
    let old = order.split_off(number.max(1).min(order.len()));
    announce(folder, &old)?;
    for key in old {
        forget(store, folder, key)?;
    }
    let most = number.saturating_mul(2).saturating_add(OUTDATED) as u64;
    let lines = files::look(&folder.last()).map_or(0, |list| list.len() / LINE);
    if told.is_err() || lines > most {
        let text: String = order.iter().rev().map(|key| format!("{key}\n")).collect();
        files::replace(&folder.last(), text.as_bytes(), false)?;
    }
    tidy(store, folder)
}

/// The keys that have a record, newest first. What `last` does not tell, because a process died
/// before it could write it there, comes in by the time at which it began.
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
    if !present.is_empty() {
        order::insert(folder, &mut order, present);
    }
    Ok(order)
}

/// What `find` finds for one of the last keys, newest first: those at the end of the list, which is long
/// where everything is kept. Some may be gone.
pub(crate) fn latest<T>(
    folder: &FunctionFolder,
    find: impl FnMut(CallKey) -> Option<T>,
) -> Option<T> {
    let end = files::read_end(&folder.last(), 64 * LINE).unwrap_or_default();
    let lines = end.rsplit(|byte| *byte == b'\n');
    let mut keys = lines.filter_map(|line| CallKey::parse(std::str::from_utf8(line).ok()?));
    keys.find_map(find)
}

/// The newest record, without looking at all the others.
pub fn newest(folder: &FunctionFolder) -> Option<Record> {
    let read = |key: CallKey| read(folder, key);
    latest(folder, read).or_else(|| newest_first(folder).ok()?.into_iter().find_map(read))
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
    let text = files::read_small(&folder.record(key), MAX_BYTES).unwrap_or_default();
    if is_without_files(&text) {
        // There is nothing else to remove. Should there be all the same, the next run finds it.
        return files::remove(&folder.record(key));
    }
    let record = Record::from_json(&text).ok();
    if let Some(record) = &record {
        aside::note_forgotten(folder, record)?;
    }
    files::remove(&folder.record(key))?;
    record.map_or(Ok(()), |record| forget_staged(store, &record))?;
    remove_results(folder, key)
}

/// Whether the text is that of a record, and no file is in it. Costs less than to parse it.
fn is_without_files(text: &[u8]) -> bool {
    std::str::from_utf8(text)
        .is_ok_and(|text| text.contains("\"results\": []") && !text.contains("\"staged\""))
}

/// The keys that are to be forgotten stand in the list until their results are gone, so that
/// [`forget_halves`] finds them should this process die meanwhile.
fn announce(folder: &FunctionFolder, keys: &[CallKey]) -> io::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let text = last(folder);
    let told: HashSet<CallKey> = text.lines().filter_map(CallKey::parse).collect();
    let untold: String = keys
        .iter()
        .filter(|key| !told.contains(key))
        .map(|key| format!("{key}\n"))
        .collect();
    if untold.is_empty() {
        return Ok(());
    }
    // In front of all: they are older than what stays.
    files::replace(&folder.last(), (untold + &text).as_bytes(), false).map(drop)
}

/// Who died while forgetting a call left its key in the list and no record: its results go now.
fn forget_halves(folder: &FunctionFolder, present: &[CallKey]) -> io::Result<()> {
    let present: HashSet<&CallKey> = present.iter().collect();
    let mut told: Option<HashSet<CallKey>> = None;
    for name in files::names_own(folder.path())? {
        let name = name.to_string_lossy();
        // A lock is that of a caller who has not committed yet.
        let is_result = !name.ends_with(".lock") && !name.ends_with(".json");
        let key = name.get(..32).filter(|_| is_result);
        let Some(key) = key.and_then(CallKey::parse) else {
            continue;
        };
        if present.contains(&key) {
            continue;
        }
        let told =
            told.get_or_insert_with(|| last(folder).lines().filter_map(CallKey::parse).collect());
        // Somebody may have run it meanwhile.
        if told.contains(&key) && !files::exists(&folder.record(key)) {
            remove_results(folder, key)?;
        }
    }
    Ok(())
}

fn remove_results(folder: &FunctionFolder, key: CallKey) -> io::Result<()> {
    // What the engine named begins with the key.
    let prefix = key.to_string();
    for name in files::names_own(folder.path())? {
        let named = name.to_string_lossy();
        let path = folder.path().join(&name);
        // Somebody may hold the lock, or just have committed a new record. A damaged one may hold
        // the words of a person who accepted it.
        let stays = path == folder.lock(key) || path == folder.record(key);
        if named.starts_with(&prefix) && !stays && !named.ends_with(layout::ASIDE) {
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
    let keys = folder.keys()?;
    forget_halves(folder, &keys)?;
    announce(folder, &keys)?;
    for key in keys {
        forget(store, folder, key)?;
    }
    files::remove(&folder.last())?;
    tidy(store, folder)
}

/// Removes what dead processes left in the folder of a function: staged files and locks.
pub fn tidy(store: &Store, folder: &FunctionFolder) -> io::Result<()> {
    for (key, path) in lock::files_in(folder) {
        // A killed caller leaves its lock file, and nobody else may ever ask for that call again.
        if !lock::is_held(&path) {
            drop(lock::attempt(&folder.lock(key)));
        }
    }
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
            let age = files::look_itself(path)
                .and_then(|metadata| metadata.modified())
                .ok()
                .and_then(|written| written.elapsed().ok());
            age.is_some_and(|age| age > ABANDONED)
        }
    }
}

/// The staged names in all records of a store whose files do not have their final names. They are
/// read only where a writer died.
fn staged_names(store: &Store) -> io::Result<HashSet<String>> {
    Ok(aside::functions(store)?
        .flat_map(|folder| aside::records(&folder))
        .flat_map(|record| record.results)
        .filter_map(|result| result.file)
        .filter(|file| {
            let target = Stamp::of_path(&store.from_stored(&file.path));
            !target.is_ok_and(|stamp| stamp == file.stamp)
        })
        .map(|file| file.staged)
        .collect())
}
