//! Which file need not be read again?
//!
//! A table in this process, and for large files one small JSON file each in a folder, tell what was
//! in a file that had a certain stamp. Beside the stamp they keep the time at which content or
//! attributes last changed, which nobody can set by hand: a copy that kept size and time of another
//! file, as `cp -p`, `rsync -t` and many archives do, is read again. What was not settled when it
//! was read is never kept. What may not have been on the disk when it was read is believed until the
//! machine is started anew: a power failure can tear it. All of this only saves work: it may be deleted at any time, and where it
//! cannot be written, files are simply read.

use std::collections::HashMap;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Entry, SourceError, SourceFile, content, path};
use crate::machine;
use crate::seam::{Operation, ask};
use crate::stamp::{self, Stamp};
use crate::version::Version;

/// Reading a smaller file again costs about as much as reading what is known about it.
const KEPT_ON_DISK: u64 = 1024 * 1024;

/// More entries than any project has; a bound all the same.
const MOST_ENTRIES: usize = 1 << 18;

/// A file that tells of another is never longer. Paths end at 4096 bytes.
const LONGEST_NOTE: u64 = 64 * 1024;

/// Systems write out within a minute what nobody forces to the disk. In nanoseconds.
const WRITTEN_OUT: i64 = 10 * 60 * 1_000_000_000;

/// How long the table may be held by another thread before it counts as lost.
const PATIENCE: Duration = Duration::from_millis(100);

const FORMAT: u32 = 1;

/// What was in a file at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    stamp: Stamp,
    changed: i64,
    version: Version,
}

/// [`Known`], on disk.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    format: u32,
    path: String,
    stamp: Stamp,
    changed: i64,
    version: Version,
    /// The start of the machine in which this holds; none where the content was on the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    boot: Option<String>,
}

/// What was in which file, so that a file that did not change is not read again.
///
/// One for each store; threads may share it. No lock is held while a file is being read. After a fork
/// the child makes its own.
#[derive(Debug, Default)]
pub struct SourceMemory {
    folder: Option<PathBuf>,
    known: Mutex<HashMap<PathBuf, Known>>,
}

impl SourceMemory {
    /// A memory that ends with the process.
    pub fn new() -> SourceMemory {
        SourceMemory::default()
    }

    /// A memory that keeps what it knows of files above 1 MB in `folder`, which is made when it is
    /// needed.
    pub fn in_folder(folder: impl Into<PathBuf>) -> SourceMemory {
        SourceMemory {
            folder: Some(folder.into()),
            known: Mutex::default(),
        }
    }

    /// Whether looking at this file asks only for its stamp.
    pub fn is_known(&self, path: &Path) -> bool {
        let known = self.table().and_then(|table| table.get(path).copied());
        known.is_some_and(|known| Stamp::of_path(path).is_ok_and(|found| found == known.stamp))
    }

    /// What there is at this place, and what is in it.
    pub(super) fn content(&self, path: &Path) -> Result<Entry, SourceError> {
        let looked = ask(Operation::Look(path)).and_then(|()| fs::metadata(path));
        let metadata = match looked {
            Ok(metadata) => metadata,
            Err(error) if content::is_absent(&error) => return Ok(Entry::Missing),
            Err(error) => return Err(SourceError::io("look up", path)(error)),
        };
        content::refuse_special(path, &metadata)?;
        if metadata.is_dir() {
            return Ok(Entry::Folder);
        }
        if let Some(known) = self.recall(path, &metadata) {
            return Ok(entry(path, &known, true));
        }
        match content::open(path) {
            Ok(file) => self.read(path, &file),
            Err(error) if content::is_absent(&error) => Ok(Entry::Missing),
            Err(error) => Err(SourceError::io("read", path)(error)),
        }
    }

    fn read(&self, path: &Path, file: &File) -> Result<Entry, SourceError> {
        // The stamp comes first: what is written from now on changes it, so a mixture of old and new
        // content is never taken for the new one.
        let taken_at = stamp::now();
        let metadata = ask(Operation::LookAt(file))
            .and_then(|()| file.metadata())
            .map_err(SourceError::io("read", path))?;
        content::refuse_special(path, &metadata)?;
        if metadata.is_dir() {
            return Ok(Entry::Folder);
        }
        let version = content::read(file, metadata.len()).map_err(SourceError::io("read", path))?;
        let known = Known {
            stamp: Stamp::of_metadata(&metadata),
            changed: stamp::changed_at(&metadata),
            version,
        };
        let is_settled =
            known.stamp.is_settled(taken_at) && stamp::is_settled(known.changed, taken_at);
        if is_settled {
            self.remember(path, known);
            if known.stamp.size > KEPT_ON_DISK {
                // Without it the file is read again: nothing is lost.
                let is_young = known.changed > taken_at.saturating_sub(WRITTEN_OUT);
                let boot = is_young.then(machine::boot);
                let _ = self.write_note(path, &known, boot);
            }
        }
        Ok(entry(path, &known, is_settled))
    }

    fn recall(&self, path: &Path, metadata: &Metadata) -> Option<Known> {
        let is_same = |known: &Known| {
            known.stamp == Stamp::of_metadata(metadata)
                && known.changed == stamp::changed_at(metadata)
        };
        let known = self.table().and_then(|table| table.get(path).copied());
        if let Some(known) = known.filter(is_same) {
            return Some(known);
        }
        if metadata.len() <= KEPT_ON_DISK {
            return None;
        }
        let known = self.read_note(path).filter(is_same)?;
        self.remember(path, known);
        Some(known)
    }

    fn remember(&self, path: &Path, known: Known) {
        let Some(mut table) = self.table() else {
            return;
        };
        if table.len() >= MOST_ENTRIES {
            table.clear();
        }
        table.insert(path.to_owned(), known);
    }

    /// None where nobody will ever give the table back: a fork took place while another thread held
    /// it. Then nothing is known, and files are read.
    fn table(&self) -> Option<MutexGuard<'_, HashMap<PathBuf, Known>>> {
        let began = Instant::now();
        loop {
            match self.known.try_lock() {
                Ok(table) => return Some(table),
                // Every change is one insertion, so a panic elsewhere left the table whole.
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                // It is never held for longer than one look-up.
                Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => return None,
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        }
    }

    fn note_path(&self, path: &Path) -> Option<(PathBuf, String)> {
        let name = Version::of_bytes(&path::slashed(path)).to_string();
        Some((self.folder.clone()?, name))
    }

    /// Whatever is wrong with it, a note that cannot be read is none.
    fn read_note(&self, path: &Path) -> Option<Known> {
        let (folder, name) = self.note_path(path)?;
        if !is_real_folder(&folder) {
            return None;
        }
        let file = open_note(&folder.join(name).with_extension("json")).ok()?;
        if !file.metadata().ok()?.is_file() {
            return None;
        }
        let mut text = Vec::new();
        ask(Operation::Read(&file)).ok()?;
        file.take(LONGEST_NOTE).read_to_end(&mut text).ok()?;
        let note: Note = serde_json::from_slice(&text).ok()?;
        let is_ours = note.format == FORMAT && path::from_text(&note.path)? == path;
        let holds = note.boot.is_none_or(|boot| boot == machine::boot());
        (is_ours && holds).then_some(Known {
            stamp: note.stamp,
            changed: note.changed,
            version: note.version,
        })
    }

    fn write_note(&self, path: &Path, known: &Known, boot: Option<&str>) -> io::Result<()> {
        let Some((folder, name)) = self.note_path(path) else {
            return Ok(());
        };
        let note = Note {
            format: FORMAT,
            path: path::relative_text(path, Path::new("")),
            stamp: known.stamp,
            changed: known.changed,
            version: known.version,
            boot: boot.map(str::to_owned),
        };
        let text = serde_json::to_vec(&note)?;
        // The folder above is the store's. Looking at files does not make a store.
        ask(Operation::Look(&folder))?;
        if !is_real_folder(&folder) {
            ask(Operation::MakeFolder(&folder))?;
            fs::create_dir(&folder)?;
        }
        let target = folder.join(name).with_extension("json");
        let staged = crate::staged::staged(&target);
        let written = (|| {
            ask(Operation::Create(&staged))?;
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create_new(true).open(&staged)?;
            ask(Operation::Write(&file, &text))?;
            file.write_all(&text)?;
            ask(Operation::Rename(&staged, &target))?;
            fs::rename(&staged, &target)
        })();
        if written.is_err() {
            let _ = ask(Operation::Remove(&staged)).and_then(|()| fs::remove_file(&staged));
        }
        written
    }
}

fn entry(path: &Path, known: &Known, is_settled: bool) -> Entry {
    Entry::File(SourceFile {
        path: path.to_owned(),
        stamp: known.stamp,
        is_settled,
        version: known.version,
    })
}

/// A link in a store's place leads elsewhere.
fn is_real_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Links inside a store are not followed.
fn open_note(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
        options.custom_flags(flags.bits().cast_signed());
    }
    ask(Operation::Open(path))?;
    options.open(path)
}
