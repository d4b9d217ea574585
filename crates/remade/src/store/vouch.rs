//! Which pickles, and which store of somebody else, does a person vouch for?
//!
//! A store that was copied in has pickles without a seal, or with that of another key; one of a
//! colleague belongs to somebody else. Neither is believed until its user says so: then every pickle
//! that is what its record says is sealed with the key of that user, and where the store belongs to
//! somebody else, that is noted in the user's configuration folder. Nothing changes its owner.

use super::key::{self, NoKey};
use super::lock::{self, Attempt};
use super::{FunctionFolder, Store, aside, files, layout, seal, trust};
use crate::record::{MAX_BYTES, Record, ResultFile};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// What came of vouching for a store.
#[derive(Debug, Default)]
pub struct Vouched {
    /// Records that were read.
    pub records: usize,
    /// Pickles that have a seal of this user's now and had none before.
    pub sealed: usize,
    /// Pickles that had one already.
    pub already: usize,
    /// Files that were left as they are, and why.
    pub skipped: Vec<(PathBuf, String)>,
}

/// Why a store cannot be vouched for.
#[derive(Debug)]
pub enum NotVouched {
    /// There is no store in this folder.
    NoStore,
    /// There is no key to seal with.
    NoKey(NoKey),
    /// The file system refused, or the store must not be used.
    Io(PathBuf, io::Error),
}

/// The class of the persister whose files are pickles. Those of its subclasses are known by the seal
/// that they have.
const PICKLE: &str = "remade.PickleFile";

/// Seals all pickles in a store that are what their records say.
///
/// # Errors
///
/// If there is no store or no key, if everybody can write the store, and if it cannot be listed.
pub fn vouch(store: &Store) -> Result<Vouched, NotVouched> {
    let format = layout::format_folder(store.root());
    if !files::is_own_folder(&format) {
        return Err(NotVouched::NoStore);
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| NotVouched::Io(path, error)
    };
    for folder in [store.root(), &format] {
        trust::refuse_open_to_all(folder).map_err(failed(folder))?;
    }
    key::key().map_err(NotVouched::NoKey)?;
    let mut vouched = Vouched::default();
    for folder in aside::functions(store).map_err(failed(&format))? {
        if !files::is_own_folder(folder.path()) {
            continue; // `id`, or what does not belong here
        }
        let name = folder.path().file_name().unwrap_or_default();
        if name == "code" || name == "sources" {
            continue;
        }
        if let Err(error) = trust::refuse_open_to_all(folder.path()) {
            let skipped = (folder.path().to_owned(), error.to_string());
            vouched.skipped.push(skipped);
            continue;
        }
        for key in folder.keys().map_err(failed(folder.path()))? {
            let path = folder.record(key);
            if let Err(why) = of_record(store, &folder, &path, &mut vouched) {
                vouched.skipped.push((path, why));
            }
        }
    }
    note_owner(store.root()).map_err(failed(store.root()))?;
    Ok(vouched)
}

fn of_record(
    store: &Store,
    folder: &FunctionFolder,
    path: &Path,
    vouched: &mut Vouched,
) -> Result<(), String> {
    let read = || -> Result<Record, String> {
        let text = files::read_small(path, MAX_BYTES).map_err(|error| error.to_string())?;
        let mut record = Record::from_json(&text).map_err(|error| error.to_string())?;
        let place = FunctionFolder::of(store.root(), &record.function);
        if place.path() != folder.path() || folder.record(record.key) != path {
            return Err("it is the record of another call".to_owned());
        }
        store.bring_home(folder, &mut record);
        Ok(record)
    };
    let first = read()?;
    vouched.records += 1;
    if !first.results.iter().any(is_pickle) {
        return Ok(());
    }
    let _lock = match lock::attempt(&folder.lock(first.key)) {
        Attempt::Taken(lock) => Some(lock),
        Attempt::Busy => return Err("it is running".to_owned()),
        // Where there are no locks, the commit alone has to do.
        Attempt::Unavailable(_) => None,
    };
    let mut record = read()?;
    let before: Vec<_> = record.results.iter().map(seal_of).collect();
    let (pickles, skipped) = seal::found(store, &record, is_pickle);
    vouched.skipped.extend(skipped);
    seal::seal(&mut record, &pickles).map_err(|_| "there is no key any more".to_owned())?;
    let after: Vec<_> = record.results.iter().map(seal_of).collect();
    let number = after.iter().flatten().count();
    let same = before.iter().zip(&after);
    let same = same
        .filter(|(one, other)| other.is_some() && one == other)
        .count();
    if number > same {
        let text = record.to_json().map_err(|error| error.to_string())?;
        files::replace(path, &text, false).map_err(|error| error.to_string())?;
    }
    vouched.sealed += number - same;
    vouched.already += same;
    Ok(())
}

fn is_pickle(result: &ResultFile) -> bool {
    result.persister == PICKLE || seal_of(result).is_some()
}

fn seal_of(result: &ResultFile) -> Option<crate::record::Seal> {
    result.file.as_ref().and_then(|file| file.seal)
}

/// A store of somebody else that the user vouched for: a line of the file `stores`.
#[derive(Serialize, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Noted {
    store: PathBuf,
    owner: u32,
}

/// Beside the key. More lines than fit in here are nobody's.
const MOST_NOTED: u64 = 1 << 20;

fn list() -> Option<PathBuf> {
    key::folder().map(|folder| folder.join("stores"))
}

#[cfg(unix)]
fn note_owner(root: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    let owner = std::fs::metadata(root)?.uid();
    let is_ours = owner == rustix::process::geteuid().as_raw() || owner == 0;
    if is_ours || is_vouched_for(root, owner) {
        return Ok(());
    }
    let Some(list) = list() else {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "it belongs to somebody else, and there is no home to note in that you use it",
        ));
    };
    if let Some(folder) = list.parent() {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(folder)?;
    }
    let line = serde_json::to_string(&Noted {
        store: std::fs::canonicalize(root)?,
        owner,
    })?;
    files::append_private_line(&list, &line)
}

#[cfg(not(unix))]
fn note_owner(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether the user said that this store of somebody else is to be used. What others could have
/// written says nothing.
#[cfg(unix)]
pub(super) fn is_vouched_for(root: &Path, owner: u32) -> bool {
    let found = || -> Option<bool> {
        let list = list()?;
        let file = files::open_regular(&list).ok()?;
        if trust::distrust(&file, &list).ok()?.is_some() {
            return None;
        }
        let text = files::read_bounded(&file, MOST_NOTED).ok()?;
        let meant = Noted {
            store: std::fs::canonicalize(root).ok()?,
            owner,
        };
        let text = String::from_utf8(text).ok()?;
        let mut noted = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        Some(noted.any(|noted: Noted| noted == meant))
    };
    found().unwrap_or(false)
}
