//! What is forgotten, and when?
//!
//! After a commit the older records go, with the results that the engine named. Files that the user
//! named stay. The same walk sweeps staged files whose writer died.

use super::commit::is_absent;
use super::{FunctionFolder, Store, aside, files, layout, lock, order};
use crate::call::CallKey;
use crate::record::{MAX_BYTES, Record};
use crate::stamp::Stamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
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
    let mut is_told = files::append_line(&folder.last(), &newest.to_string()).is_ok();
    let Keep::Last(number) = keep else {
        if !is_told {
            let mut present = folder.keys()?;
            present.retain(|key| *key != newest);
            write_anew(folder, newest, in_order(folder, present)?.keys)?;
        }
        return Ok(());
    };
    let names = files::names_own(folder.path())?;
    let mut present: Vec<CallKey> = names
        .iter()
        .filter_map(|name| layout::key_of(name))
        .collect();
    present.retain(|key| *key != newest);
    let kept = number.max(1) - 1;
    if kept > 0 {
        let order = in_order(folder, present)?;
        is_told &= order.is_told;
        present = order.keys;
    }
    for old in present.drain(kept.min(present.len())..) {
        forget_among(store, folder, old, &names)?;
    }
    let most = number.saturating_mul(2).saturating_add(OUTDATED) as u64;
    if !is_told || files::look(&folder.last())?.len() / LINE > most {
        write_anew(folder, newest, present)?;
    }
    tidy_among(store, folder, &names, Some(newest))
}

/// Writes the list anew, from the keys, newest first. Whatever lies in its place goes.
fn write_anew(folder: &FunctionFolder, newest: CallKey, others: Vec<CallKey>) -> io::Result<()> {
    let order = others.iter().rev().chain([&newest]);
    let text: String = order.map(|key| format!("{key}\n")).collect();
    files::replace(&folder.last(), text.as_bytes(), false).map(drop)
}

/// The keys that have a record, newest first. What `last` does not tell, because a process died
/// before it could write it there, comes in by the time at which it began.
pub fn newest_first(folder: &FunctionFolder) -> io::Result<Vec<CallKey>> {
    Ok(in_order(folder, folder.keys()?)?.keys)
}

/// Keys in their order, newest first.
struct InOrder {
    keys: Vec<CallKey>,
    /// Whether all of them stand in the list.
    is_told: bool,
}

fn in_order(folder: &FunctionFolder, mut present: Vec<CallKey>) -> io::Result<InOrder> {
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
    let is_told = present.is_empty();
    if !is_told {
        order::insert(folder, &mut order, present)?;
    }
    Ok(InOrder {
        keys: order,
        is_told,
    })
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
    forget_among(store, folder, key, &files::names_own(folder.path())?)
}

/// [`forget`], where the names in the folder are known.
fn forget_among(
    store: &Store,
    folder: &FunctionFolder,
    key: CallKey,
    names: &[OsString],
) -> io::Result<()> {
    // Many records name no file: those need not be parsed to know which.
    let text = files::read_small(&folder.record(key), MAX_BYTES).unwrap_or_default();
    let record = names_files(&text).then(|| Record::from_json(&text).ok());
    let record = record.flatten();
    if let Some(record) = &record {
        aside::note_forgotten(folder, record)?;
    }
    files::remove(&folder.record(key))?;
    let now = match record {
        Some(record) => {
            forget_staged(store, &record)?;
            // What had a staged name a moment ago may have its own by now.
            Some(files::names_own(folder.path())?)
        }
        None => None,
    };
    remove_results(folder, key, now.as_deref().unwrap_or(names))
}

/// Removes what the engine named for this key: it begins with the key.
fn remove_results(folder: &FunctionFolder, key: CallKey, names: &[OsString]) -> io::Result<()> {
    let prefix = key.to_string();
    for name in names.iter().filter(|name| is_result(name)) {
        if name.as_encoded_bytes().starts_with(prefix.as_bytes()) {
            files::remove(&folder.path().join(name))?;
        }
    }
    Ok(())
}

/// Whether a name that begins with a key is that of a result. Somebody may hold a lock, or just have
/// committed a new record. A damaged one may hold the words of a person who accepted it.
fn is_result(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ![".lock", ".json", layout::ASIDE]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Who died while forgetting a call left results without a record: nobody can ask for them any more.
fn forget_halves(folder: &FunctionFolder, names: &[OsString]) -> io::Result<()> {
    let recorded: HashSet<CallKey> = names.iter().filter_map(|n| layout::key_of(n)).collect();
    let results = names.iter().filter(|name| is_result(name));
    let halves: HashSet<CallKey> = results
        .filter_map(|name| CallKey::parse(name.to_str()?.split('.').next()?))
        .filter(|key| !recorded.contains(key))
        .collect();
    for key in halves {
        // Who runs it just now is about to commit it.
        let lock::Attempt::Taken(_lock) = lock::attempt(&folder.lock(key)) else {
            continue;
        };
        // Its record came after the names were listed, or cannot be looked at.
        if files::look_itself(&folder.record(key)).is_err_and(|error| is_absent(&error)) {
            remove_results(folder, key, names)?;
        }
    }
    Ok(())
}

/// Whether there is any file in the text of a record. `true` costs a parse, no more.
fn names_files(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.contains("\"staged\""))
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
    tidy(store, folder)
}

/// Removes what dead processes left in the folder of a function: staged files, locks, and results of
/// calls that they were about to forget.
pub fn tidy(store: &Store, folder: &FunctionFolder) -> io::Result<()> {
    tidy_among(store, folder, &files::names_own(folder.path())?, None)
}

/// [`tidy`], where the names in the folder are known; and the call that is just being committed, whose
/// lock goes with its caller.
fn tidy_among(
    store: &Store,
    folder: &FunctionFolder,
    names: &[OsString],
    committed: Option<CallKey>,
) -> io::Result<()> {
    for (key, path) in lock::files_among(folder, names) {
        // A killed caller leaves its lock file, and nobody else may ever ask for that call again.
        if Some(key) != committed && !lock::is_held(&path) {
            drop(lock::attempt(&folder.lock(key)));
        }
    }
    forget_halves(folder, names)?;
    sweep_among(store, folder.path(), names)
}

/// Removes staged files whose writer is dead, but for those that a record means: there the writer
/// died between the commit and the last rename, and the staged file is the result.
pub(crate) fn sweep(store: &Store, folder: &Path) -> io::Result<()> {
    // A folder of the user's may be a link; one of the store's may not.
    let names = match folder.starts_with(store.root()) {
        true => files::names_own(folder)?,
        false => files::names(folder)?,
    };
    sweep_among(store, folder, &names)
}

/// [`sweep`], where the names in the folder are known.
fn sweep_among(store: &Store, folder: &Path, names: &[OsString]) -> io::Result<()> {
    files::discard_left(|staged| {
        staged.starts_with(store.root()) || staged.parent() == Some(folder)
    });
    let mut meant: Option<HashSet<String>> = None;
    for name in names {
        let Some(name) = name.to_str().filter(|name| name.starts_with('.')) else {
            continue;
        };
        let path = folder.join(name);
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
