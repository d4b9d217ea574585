//! Is it the same file?
//!
//! A [`Stamp`] is what a file system tells about a file without reading it. Two equal stamps mean
//! the same file with the same content, under one condition: the earlier stamp was *settled*. Clocks
//! of file systems tick, every 1 to 10 milliseconds as a rule, and a file that is written twice
//! within one tick has the same stamp after both writes. So a stamp counts only if, at the moment it
//! was taken, the last write lay further back than a tick can hide. What is not settled is read.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::seam::{Operation, ask};
use serde::{Deserialize, Serialize};

/// Two ticks of the slowest kernel clock in use (100 Hz), in nanoseconds.
const TWO_TICKS: i64 = 20_000_000;

/// Two ticks of a file system that counts in seconds or, as FAT does, in pairs of them.
const TWO_COARSE_TICKS: i64 = 4_000_000_000;

/// Size, time of the last write and identity of a file.
///
/// ```
/// use remade::stamp::{Stamp, now};
///
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("data.csv");
/// std::fs::write(&path, "1,2").unwrap();
/// let stamp = Stamp::of_path(&path).unwrap();
/// assert_eq!(stamp.size, 3);
/// assert!(!stamp.is_settled(now())); // too young: the next write may be hidden by the clock
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// When the file was last written: nanoseconds since 1970.
    pub mtime: i64,
    /// The number of the file in its file system. 0 where there is none.
    pub inode: u64,
}

impl Stamp {
    /// From what the system told.
    pub fn of_metadata(metadata: &Metadata) -> Stamp {
        Stamp {
            size: metadata.len(),
            mtime: written_at(metadata),
            inode: inode(metadata),
        }
    }

    /// Of a file that is open. This is the one to use before reading: whatever changes the file from
    /// here on gives it another stamp.
    pub fn of_file(file: &File) -> io::Result<Stamp> {
        ask(Operation::LookAt(file))?;
        file.metadata()
            .map(|metadata| Stamp::of_metadata(&metadata))
    }

    /// Of what the path names, links followed.
    pub fn of_path(path: &Path) -> io::Result<Stamp> {
        ask(Operation::Look(path))?;
        std::fs::metadata(path).map(|metadata| Stamp::of_metadata(&metadata))
    }

    /// Of what the path names; if it is a link, of the link.
    pub fn of_path_itself(path: &Path) -> io::Result<Stamp> {
        ask(Operation::Look(path))?;
        std::fs::symlink_metadata(path).map(|metadata| Stamp::of_metadata(&metadata))
    }

    /// Can a later, equal stamp be believed? `taken_at` is the moment ([`now`]) *before* this stamp
    /// was taken.
    ///
    /// No, if the last write is younger than two clock ticks: another write in the same tick would
    /// leave the stamp as it is. No, if it lies in the future: then the file system has another clock
    /// (a network share, say), or the time was set by hand, and its age is not known. Two ticks are 20
    /// ms; they are 4 s where the time is a whole number of seconds, because such a time may come
    /// from a file system that keeps no more (FAT: even seconds, HFS+, old NFS).
    pub fn is_settled(&self, taken_at: i64) -> bool {
        is_settled(self.mtime, taken_at)
    }
}

/// A path that is asked about again and again, with its name as the system wants it.
#[derive(Debug)]
pub(crate) struct PreparedPath {
    path: PathBuf,
    follow: bool,
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    name: Option<std::ffi::CString>,
}

impl PreparedPath {
    /// `follow`: if it is a link, what it leads to is meant.
    pub(crate) fn new(path: PathBuf, follow: bool) -> PreparedPath {
        PreparedPath {
            follow,
            #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
            name: {
                use std::os::unix::ffi::OsStrExt;
                std::ffi::CString::new(path.as_os_str().as_bytes()).ok()
            },
            path,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// As [`Stamp::of_path`], or [`Stamp::of_path_itself`]. It is half of what a fresh call costs that is
    /// not watched, so nothing is copied, and the system is asked for what it has at hand: `statx`, which
    /// the standard library calls, takes a tenth longer.
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    #[inline]
    pub(crate) fn stamp(&self) -> io::Result<Stamp> {
        let Some(name) = &self.name else {
            return self.stamp_by_path();
        };
        ask(Operation::Look(&self.path))?;
        let found = match self.follow {
            true => rustix::fs::stat(name.as_c_str())?,
            false => rustix::fs::lstat(name.as_c_str())?,
        };
        Ok(Stamp {
            size: found.st_size as u64,
            mtime: nanoseconds(found.st_mtime as i64, found.st_mtime_nsec as i64),
            inode: crate::seam::inode_as(found.st_ino as u64),
        })
    }

    #[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
    pub(crate) fn stamp(&self) -> io::Result<Stamp> {
        self.stamp_by_path()
    }

    fn stamp_by_path(&self) -> io::Result<Stamp> {
        match self.follow {
            true => Stamp::of_path(&self.path),
            false => Stamp::of_path_itself(&self.path),
        }
    }
}

/// The racy rule for any time that a file system gave.
pub(crate) fn is_settled(time: i64, taken_at: i64) -> bool {
    let ticks = if time % 1_000_000_000 == 0 {
        TWO_COARSE_TICKS
    } else {
        TWO_TICKS
    };
    time < taken_at.saturating_sub(ticks)
}

/// The system's clock: nanoseconds since 1970. Stamps run to the year 2262.
pub fn now() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(duration) => i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX),
        // A clock before 1970 settles nothing, so everything is read.
        Err(_) => i64::MIN,
    }
}

/// When content or attributes of the file last changed. Nobody can set this time by hand: it tells
/// of a write that kept size and mtime (`cp -p`, `rsync -t`, archives with one time for all files).
#[cfg(unix)]
pub(crate) fn changed_at(metadata: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    nanoseconds(metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
pub(crate) fn changed_at(metadata: &Metadata) -> i64 {
    written_at(metadata)
}

#[cfg(unix)]
fn written_at(metadata: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    nanoseconds(metadata.mtime(), metadata.mtime_nsec())
}

#[cfg(not(unix))]
fn written_at(metadata: &Metadata) -> i64 {
    match metadata.modified() {
        Ok(time) => match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
        },
        // Never settled.
        Err(_) => i64::MAX,
    }
}

#[cfg(unix)]
fn nanoseconds(seconds: i64, rest: i64) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    crate::seam::inode_as(metadata.ino())
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}
