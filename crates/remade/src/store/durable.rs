//! What is forced to the disk, and when?
//!
//! A crash of the machine can leave files that were not forced to the disk empty or torn, and names
//! that were not, missing. A record says whether it and its files were (`synced`): those that were
//! are believed after the next start of the machine as they were before, the others are read once.

use super::{Store, files};
use crate::record::Record;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// How much a commit does against a crash of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durable {
    /// Results are forced to the disk whose run took so long that nobody notices.
    #[default]
    Auto,
    /// Every result is, before anybody can see it.
    Always,
    /// Nothing is.
    Never,
}

impl Durable {
    /// Whether this commit is forced to the disk.
    pub(super) fn forces(self, record: &Record) -> bool {
        match self {
            Durable::Always => true,
            Durable::Never => false,
            Durable::Auto => is_worth_it(record),
        }
    }

    /// The same for a record that is written anew because its files were found elsewhere, or whole
    /// after a start of the machine. Without it, what was copied would be believed as if it had been.
    pub(crate) fn forces_again(self, record: &Record) -> bool {
        match self {
            Durable::Always => true,
            Durable::Never => false,
            Durable::Auto => record.synced,
        }
    }
}

/// A sync costs about a hundredth of a second and the time to write the bytes. Who has computed a
/// hundred times as long does not notice it, and has the most to lose.
fn is_worth_it(record: &Record) -> bool {
    const BYTES_PER_SECOND: f64 = 200e6;
    let bytes: u64 = record
        .results
        .iter()
        .filter_map(|result| result.file.as_ref())
        .map(|file| file.stamp.size)
        .sum();
    let sync = Duration::from_millis(10).as_secs_f64() + bytes as f64 / BYTES_PER_SECOND;
    record.seconds >= 100.0 * sync
}

/// Forces a file and its name to the disk.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    files::sync(&files::open_regular(path)?)?;
    sync_name(path)
}

/// Forces the name of a file to the disk, and those of the folders on the way to it: any of them may
/// be new.
pub(crate) fn sync_name(path: &Path) -> io::Result<()> {
    /// The folders whose own names are on the disk, as far as this process knows.
    static NAMED: Mutex<Option<HashSet<(PathBuf, u64)>>> = Mutex::new(None);
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    files::sync_folder(folder)?;
    let this = (
        folder.to_owned(),
        crate::stamp::Stamp::of_path(folder)?.inode,
    );
    // A fork may have left the table locked for ever: then nothing is known.
    let mut named = NAMED.try_lock().ok();
    let mut named = named.as_mut().map(|named| named.get_or_insert_default());
    if named.as_ref().is_some_and(|named| named.contains(&this)) {
        return Ok(());
    }
    for above in folder
        .ancestors()
        .skip(1)
        .filter(|path| !path.as_os_str().is_empty())
    {
        match files::sync_folder(above) {
            // We made nothing in a folder that is not ours to open.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => break,
            done => done?,
        }
    }
    if let Some(named) = &mut named {
        named.insert(this);
    }
    Ok(())
}

/// Forces to the disk what a record tells of and this commit does not write: files that stay where
/// they are, and those that the function wrote by itself.
pub(crate) fn sync_rest(
    record: &Record,
    store: &Store,
    is_staged: impl Fn(&Path) -> bool,
) -> io::Result<()> {
    let files = record.results.iter().filter_map(|one| one.file.as_ref());
    for path in files.map(|file| store.from_stored(&file.path)) {
        if !is_staged(&path) {
            sync(&path)?;
        }
    }
    for state in &record.written {
        sync_tree(&crate::source::from_text(&state.path).map_or_else(
            || store.from_stored(&state.path),
            |path| store.project().join(path),
        ))?;
    }
    Ok(())
}

/// A file, or all that lies in a folder.
fn sync_tree(path: &Path) -> io::Result<()> {
    if !files::is_folder(path) {
        return match sync(path) {
            // A pattern, or what is gone again: its record will find that.
            Err(error) if super::commit::is_absent(&error) => Ok(()),
            done => done,
        };
    }
    for name in files::names(path)? {
        sync_tree(&path.join(name))?;
    }
    files::sync_folder(path)?;
    sync_name(path)
}
