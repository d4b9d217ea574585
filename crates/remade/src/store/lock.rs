//! Who runs, while the others wait?
//!
//! One lock file per call key. The lock only saves work: correctness rests on the commit alone, so
//! where there are no locks a caller simply runs.

use super::{FunctionFolder, files};
use crate::call::CallKey;
use crate::seam::{Operation, ask};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A lock that is held. It is given up when dropped.
#[derive(Debug)]
pub struct Lock {
    held: Arc<Held>,
}

#[derive(Debug)]
struct Held {
    path: PathBuf,
    process: u32,
    file: Mutex<Option<File>>,
}

/// What an attempt to lock came to.
#[derive(Debug)]
pub enum Attempt {
    /// It is ours.
    Taken(Lock),
    /// Somebody else runs.
    Busy,
    /// There are no locks here.
    Unavailable(io::Error),
}

/// Every lock that this process holds, so that a child can close what it inherited.
static HELD: Mutex<Vec<std::sync::Weak<Held>>> = Mutex::new(Vec::new());

/// Tries to lock, without waiting.
pub fn attempt(path: &Path) -> Attempt {
    // The one who gives the lock up removes the file, so the file we locked may be one that has
    // no name any more while a third caller locks a new one: then try again.
    for _ in 0..100 {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let opened =
            ask(Operation::OpenLock(path)).and_then(|()| files::open_own_as(&mut options, path));
        let opened = match opened {
            // In a store that a group shares another member may hold it.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                files::open_own(path).map_err(|_| error)
            }
            opened => opened,
        };
        let file = match opened {
            Ok(file) => file,
            Err(error) => return Attempt::Unavailable(error),
        };
        if let Err(error) = ask(Operation::Lock(&file)) {
            return Attempt::Unavailable(error);
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Attempt::Busy,
            Err(TryLockError::Error(error)) => return Attempt::Unavailable(error),
        }
        let is_named = match same_file(&file, path) {
            Ok(is_named) => is_named,
            // Trying again would go on for ever where the disk never answers.
            Err(error) => return Attempt::Unavailable(error),
        };
        if is_named {
            let held = Arc::new(Held {
                path: path.to_owned(),
                process: std::process::id(),
                file: Mutex::new(Some(file)),
            });
            let mut all = HELD.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|other| other.strong_count() > 0);
            all.push(Arc::downgrade(&held));
            return Attempt::Taken(Lock { held });
        }
    }
    Attempt::Unavailable(io::Error::other("it is replaced again and again"))
}

/// Whether somebody holds the lock of this file. Nothing is made or removed.
pub(super) fn is_held(path: &Path) -> bool {
    let Ok(file) = files::open_own(path) else {
        return false;
    };
    match file.try_lock() {
        Ok(()) => {
            let _ = file.unlock();
            false
        }
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => false,
    }
}

/// The lock files in the folder of a function, held or not.
pub(super) fn files_in(
    folder: &FunctionFolder,
) -> impl Iterator<Item = (CallKey, PathBuf)> + use<> {
    let folder = folder.clone();
    let names = files::names(folder.path()).unwrap_or_default();
    names.into_iter().filter_map(move |name| {
        let key = CallKey::parse(name.to_str()?.strip_suffix(".lock")?)?;
        Some((key, folder.lock(key)))
    })
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    ask(Operation::LookAt(file))?;
    let ours = file.metadata()?;
    match files::look_itself(path) {
        Ok(named) => Ok(ours.ino() == named.ino() && ours.dev() == named.dev()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn same_file(_: &File, path: &Path) -> io::Result<bool> {
    Ok(files::exists(path))
}

impl Drop for Lock {
    fn drop(&mut self) {
        let file = self
            .held
            .file
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(file) = file else { return };
        // `flock` is shared with a forked child: a child that unlocked would free its parent's
        // lock, so it only closes.
        if self.held.process == std::process::id() {
            let _ = files::remove(&self.held.path);
            let _ = ask(Operation::Unlock(&file)).and_then(|()| file.unlock());
        }
    }
}

/// In a child just forked: closes what was inherited, so that the parent's death frees its locks.
pub fn after_fork_in_child() {
    // Another thread may have held this table at the moment of the fork; then nobody will ever
    // give it back in this process, and waiting would hang.
    let Ok(mut all) = HELD.try_lock() else { return };
    for held in all.drain(..).filter_map(|held| held.upgrade()) {
        if let Ok(mut file) = held.file.try_lock() {
            *file = None;
        }
    }
}
