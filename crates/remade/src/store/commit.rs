//! How do results become visible in one step?
//!
//! Results are written to staged names first. Then the record is written, which names for each
//! result both the staged and the final name: renaming the record over the old one is the single
//! commit point. At last the results get their final names. A reader who finds that a final file is
//! not the one the record means opens the staged one ([`locate`]).

use super::durable::{self, Durable};
use super::{FunctionFolder, Store, aside, files, layout, prune};
use crate::persist::npy;
use crate::record::{Digest, FileState, Record};
use crate::stamp::Stamp;
use crate::version::Version;
use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Files that are written but not visible yet. What was not committed is removed when dropped.
#[derive(Debug)]
pub struct Staging {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    target: PathBuf,
    staged: PathBuf,
    named: bool,
    committed: bool,
    /// It is a second name of a file that stays.
    linked: bool,
}

/// The number of a staged file in its [`Staging`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StagedFile(usize);

impl Staging {
    /// Nothing staged yet.
    pub fn new() -> Staging {
        Staging {
            entries: Vec::new(),
        }
    }

    /// Chooses the staged name for a file. `named`: the user gave the final name. The folder is
    /// made if it is not there; the file is not.
    pub fn stage(&mut self, target: &Path, named: bool) -> io::Result<StagedFile> {
        if self.entries.iter().any(|entry| entry.target == target) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "two results of one call name the same file",
            ));
        }
        if named {
            // Before anything is written, and under the name that is in the way.
            aside::refuse_what_is_no_file(target)?;
        }
        files::make_parent(target)?;
        self.entries.push(Entry {
            target: target.to_owned(),
            staged: layout::staged(target),
            named,
            committed: false,
            linked: false,
        });
        Ok(StagedFile(self.entries.len() - 1))
    }

    /// Where to write.
    pub fn path(&self, file: StagedFile) -> &Path {
        &self.entries[file.0].staged
    }

    /// The name it will have.
    pub fn target(&self, file: StagedFile) -> &Path {
        &self.entries[file.0].target
    }

    /// Stages a file that is already kept elsewhere: a second name of it where the engine names
    /// both, since nobody writes to those in place, and a copy where a person may write to one.
    pub fn carry(
        &mut self,
        from: &Path,
        state: &FileState,
        target: &Path,
        named: bool,
        store: &Store,
    ) -> io::Result<FileState> {
        let file = self.stage(target, named)?;
        let staged = self.path(file).to_owned();
        let is_own = !named && !state.named;
        if is_own && files::link_new(from, &staged).is_ok() {
            self.entries[file.0].linked = true;
            if Stamp::of_path_itself(&staged)? == state.stamp {
                let name = staged.file_name().unwrap_or_default();
                return Ok(FileState {
                    path: store.to_stored(target),
                    named,
                    staged: name.to_string_lossy().into_owned(),
                    ..state.clone()
                });
            }
        } else {
            files::copy_new(from, &staged)?;
            if content_of(&staged, state.digest)? == state.content {
                return self.finish(file, store, Some((state.digest, state.content)));
            }
        }
        Err(io::Error::other("it was replaced meanwhile"))
    }

    /// Bytes written so far.
    pub fn size(&self) -> u64 {
        let sizes = self.entries.iter().map(|entry| {
            let metadata = files::look_itself(&entry.staged);
            metadata.map_or(0, |metadata| metadata.len())
        });
        sizes.sum()
    }

    /// Closes the account of a staged file: takes its stamp and, unless the writer told it, reads
    /// its content once.
    pub fn finish(
        &self,
        file: StagedFile,
        store: &Store,
        known: Option<(Digest, Version)>,
    ) -> io::Result<FileState> {
        let entry = &self.entries[file.0];
        let stamp = files::finish_path(&entry.staged, false)?;
        let (digest, content) = match known {
            Some(known) => known,
            None => (Digest::Bytes, content_of(&entry.staged, Digest::Bytes)?),
        };
        let staged = entry.staged.file_name().unwrap_or_default();
        Ok(FileState {
            path: store.to_stored(&entry.target),
            named: entry.named,
            staged: staged.to_string_lossy().into_owned(),
            stamp,
            digest,
            content,
            seal: None,
        })
    }
}

impl Default for Staging {
    fn default() -> Staging {
        Staging::new()
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        for entry in self.entries.iter().filter(|entry| !entry.committed) {
            files::discard(&entry.staged);
        }
    }
}

/// What a commit came to.
#[derive(Debug)]
pub struct Committed {
    /// Of the record, to recognise it without reading it.
    pub stamp: Stamp,
    /// Files of a person's that were moved aside: from, to.
    pub moved: Vec<(PathBuf, PathBuf)>,
    /// What went wrong after the commit point: the result is safe, but not at its final name.
    pub unfinished: Option<(PathBuf, io::Error)>,
    /// Why the name of the record, alone, could not be forced to the disk.
    pub unforced: Option<io::Error>,
}

/// Makes staged results and their record visible. Before the commit point every error leaves the
/// earlier result as it was.
pub fn commit(
    store: &Store,
    folder: &FunctionFolder,
    mut staging: Staging,
    record: &mut Record,
    durable: Durable,
) -> io::Result<Committed> {
    record.synced = durable.forces(record);
    record.boot = crate::machine::boot().to_owned();
    let mut moved = Vec::new();
    for entry in &staging.entries {
        if entry.named {
            let state = state_of(record, store, &entry.target);
            if let Some(to) = aside::protect(store, folder, &entry.target, state)? {
                sync_aside(&to, durable)?;
                moved.push((entry.target.clone(), to));
            }
        }
        if record.synced {
            durable::sync(&entry.staged)?;
        }
    }
    if record.synced {
        let entries = &staging.entries;
        let is_staged = |path: &Path| entries.iter().any(|entry| entry.target == path);
        durable::sync_rest(record, store, is_staged)?;
    }
    let text = record.to_json().map_err(io::Error::other)?;
    if staging.entries.iter().any(|entry| entry.named)
        && let Some(old) = prune::read(folder, record.key)
    {
        // Should this process die before the last rename, the file that is there is still ours.
        let _ = aside::note_forgotten(folder, &old);
    }
    let stamp = files::replace(&folder.record(record.key), &text, record.synced)?;
    // From here on the new result is the result, whatever happens.
    let unforced = match record.synced {
        true => durable::sync_name(&folder.record(record.key)).err(),
        false => None,
    };
    withdraw(store, record, &staging);
    let mut unfinished = None;
    for entry in &mut staging.entries {
        entry.committed = true;
        if let Err(error) = files::rename_over(&entry.staged, &entry.target) {
            unfinished = Some((entry.target.clone(), error));
        } else if entry.linked {
            // Renaming one name of a file over another name of it does nothing.
            files::discard(&entry.staged);
        }
    }
    Ok(Committed {
        stamp,
        moved,
        unfinished,
        unforced,
    })
}

/// Another call may have been committed to the same names by a process that died before it could give
/// them: whoever asks for that call would do so now, and the files of this one would be lost. A name
/// belongs to the call that was committed last, so what is staged for the other one goes before the
/// files of this one come. What cannot be removed is no worse than it was.
fn withdraw(store: &Store, record: &Record, staging: &Staging) {
    let mut dead = Vec::new();
    let mut folders = HashSet::new();
    let targets = staging.entries.iter().filter(|entry| entry.named);
    for folder in targets.filter_map(|entry| entry.target.parent()) {
        if folders.insert(folder) {
            for name in files::names(folder).unwrap_or_default() {
                let path = folder.join(&name);
                if name
                    .to_str()
                    .is_some_and(|name| prune::is_abandoned(&path, name))
                {
                    dead.push(path);
                }
            }
        }
    }
    if dead.is_empty() {
        return;
    }
    let others = aside::functions(store).into_iter().flatten();
    for other in others.flat_map(|folder| aside::records(&folder)) {
        if other.key == record.key {
            continue;
        }
        for file in other.results.iter().filter_map(|one| one.file.as_ref()) {
            let target = store.from_stored(&file.path);
            let staged = target.with_file_name(&file.staged);
            if dead.contains(&staged) && state_of(record, store, &target).is_some() {
                let _ = files::remove(&staged);
            }
        }
    }
}

/// The second name of a person's file is there before the first one is taken from it.
fn sync_aside(path: &Path, durable: Durable) -> io::Result<()> {
    match durable {
        Durable::Never => Ok(()),
        Durable::Auto | Durable::Always => durable::sync_name(path),
    }
}

fn state_of<'a>(record: &'a Record, store: &Store, target: &Path) -> Option<&'a FileState> {
    record
        .results
        .iter()
        .filter_map(|result| result.file.as_ref())
        .find(|file| store.from_stored(&file.path) == target)
}

/// The last step of a commit whose process died before it: the staged file of a result gets its
/// name. The caller holds the lock of the call. Gives where a person's file was moved aside to.
pub fn complete(
    store: &Store,
    folder: &FunctionFolder,
    file: &FileState,
    durable: Durable,
) -> io::Result<Option<PathBuf>> {
    let target = store.from_stored(&file.path);
    let moved = match file.named {
        true => aside::protect(store, folder, &target, Some(file))?,
        false => None,
    };
    if let Some(aside) = &moved {
        sync_aside(aside, durable)?;
    }
    files::rename(&target.with_file_name(&file.staged), &target)?;
    Ok(moved)
}

/// Where the file of a result is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located {
    /// Here and whole: its stamp says so or, where it was copied, touched or moved with its folder,
    /// its content.
    Here {
        /// The final name or, where the commit is one rename from its end, the staged one.
        path: PathBuf,
        /// As it is now.
        stamp: Stamp,
        /// Whether the stamp can be believed from here on.
        settled: bool,
    },
    /// There is none.
    Missing,
    /// Something else lies there.
    Changed,
}

/// Finds the file that a record means. `reread`: the stamp alone is not enough (the machine was
/// started anew since the file was written without a sync).
pub fn locate(store: &Store, file: &FileState, reread: bool) -> io::Result<Located> {
    let target = store.from_stored(&file.path);
    let found = at(&target, file, reread);
    if matches!(found, Ok(Located::Here { .. })) {
        return found;
    }
    // The commit may be one rename from its end.
    let staged = target.with_file_name(&file.staged);
    match at(&staged, file, reread) {
        Ok(here @ Located::Here { .. }) => Ok(here),
        // Between the two looks it may have got its final name.
        _ => match at(&target, file, reread) {
            Ok(here @ Located::Here { .. }) => Ok(here),
            _ => found,
        },
    }
}

fn at(path: &Path, file: &FileState, reread: bool) -> io::Result<Located> {
    let taken_at = crate::stamp::now();
    let stamp = match stamp_of(path, file.named) {
        Ok(stamp) => stamp,
        Err(error) if is_absent(&error) => return Ok(Located::Missing),
        Err(error) => return Err(error),
    };
    let believed = stamp == file.stamp && stamp.is_settled(taken_at) && !reread;
    if !believed {
        if stamp.size != file.stamp.size {
            return Ok(Located::Changed);
        }
        let open = match file.named {
            true => files::open_regular(path),
            false => files::open_own(path),
        };
        match open.and_then(|open| content_in(open, path, file.digest)) {
            Ok(content) if content == file.content => {}
            Ok(_) => return Ok(Located::Changed),
            // As many bytes, but no array any more.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Ok(Located::Changed);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Located::Here {
        path: path.to_owned(),
        stamp,
        settled: stamp.is_settled(taken_at),
    })
}

/// No file of that name: also where a folder on the way is missing or is a file.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// A person may put a link where a result of theirs lies; in the store there are none.
pub(crate) fn stamp_of(path: &Path, named: bool) -> io::Result<Stamp> {
    match named {
        true => Stamp::of_path(path),
        false => Stamp::of_path_itself(path),
    }
}

/// The content of a file, read once.
pub fn content_of(path: &Path, digest: Digest) -> io::Result<Version> {
    content_in(files::open_regular(path)?, path, digest)
}

fn content_in(file: File, path: &Path, digest: Digest) -> io::Result<Version> {
    match digest {
        Digest::Bytes => files::digest(&file),
        Digest::Array => match npy::Npy::open(file, path).and_then(|array| array.version()) {
            Ok(Some(version)) => Ok(version),
            Ok(None) => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "its element type cannot be read here",
            )),
            Err(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        },
    }
}
