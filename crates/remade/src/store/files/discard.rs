//! How does everything go that was staged in vain?

use super::folders::names;
use super::{look_itself, remove};
use crate::seam::{Operation, ask};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

/// How long the list of those may be held by another thread before it counts as lost.
const PATIENCE: Duration = Duration::from_millis(100);

/// Staged names that could not be removed. Their writer, this process, lives, so nobody else does it.
static LEFT: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes what was staged and is not wanted; what cannot be removed now is with the next
/// `discard_left`.
pub fn discard(staged: &Path) {
    if remove_staged(staged).is_err()
        && let Some(mut left) = left()
    {
        left.push(staged.to_owned());
    }
}

/// Tries again to remove what could not be removed.
pub(in crate::store) fn discard_left(is_here: impl Fn(&Path) -> bool) {
    let Some(mut left) = left() else {
        return;
    };
    let (here, elsewhere) = std::mem::take(&mut *left)
        .into_iter()
        .partition::<Vec<_>, _>(|staged| is_here(staged));
    *left = elsewhere;
    drop(left);
    here.iter().for_each(|staged| discard(staged));
}

/// Removes what was written under a staged name, which nobody else has: a file, or whatever else a
/// persister of the user's made of it, a folder or files whose names go on from there.
pub(in crate::store) fn remove_staged(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(staged)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    for name in names(folder)? {
        if !name
            .as_encoded_bytes()
            .starts_with(staged.as_encoded_bytes())
        {
            continue;
        }
        let path = folder.join(name);
        if look_itself(&path).is_ok_and(|metadata| metadata.is_dir()) {
            ask(Operation::RemoveFolder(&path))?;
            fs::remove_dir_all(&path)?;
        } else {
            remove(&path)?;
        }
    }
    Ok(())
}

/// None where nobody will ever give the list back: a fork took place while another thread held it.
fn left() -> Option<MutexGuard<'static, Vec<PathBuf>>> {
    let began = Instant::now();
    loop {
        match LEFT.try_lock() {
            Ok(left) => return Some(left),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            // It is never held for longer than one change of it.
            Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => return None,
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
}
