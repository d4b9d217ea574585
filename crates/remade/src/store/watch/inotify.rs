//! Is it this folder, and the way to it, that the kernel tells of?

use super::queue::Queue;
use super::{Moment, SeenAt};
use crate::seam::{Operation, ask};
use rustix::fs::inotify::WatchFlags;
use rustix::fs::{CWD, Mode, OFlags, fstat, fstatfs, lstat, openat};
use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The file systems whose changes all go through this kernel and leave notes, by the numbers of
/// `statfs(2)`: ext2 to ext4, xfs, f2fs, tmpfs. Not overlays, whose layers can be changed beneath them;
/// not btrfs and zfs, whose snapshots come and go without a note.
const LOCAL: [u64; 4] = [0xEF53, 0x5846_5342, 0xF2F5_2010, 0x0102_1994];

/// What happens to a record that is known: it is replaced, removed, written to or dated.
const CHANGES: WatchFlags = WatchFlags::MOVE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::ATTRIB)
    .union(MOVES);

/// What happens to a folder on the way to it.
const MOVES: WatchFlags = WatchFlags::MOVE_SELF.union(WatchFlags::DELETE_SELF);

/// A folder whose changes the kernel tells.
#[derive(Debug)]
pub(crate) struct Watch {
    queue: Arc<Queue>,
    path: CString,
    /// Device and number of the folder that is watched.
    identity: (u64, u64),
    in_place: SeenAt,
    is_gone: AtomicBool,
}

impl Watch {
    /// None: there is none to be had, or the kernel would not tell every change there.
    pub(crate) fn over(folder: &Path) -> Option<Arc<Watch>> {
        Watch::begin(folder).ok().flatten().map(Arc::new)
    }

    fn begin(folder: &Path) -> io::Result<Option<Watch>> {
        ask(Operation::Look(folder))?;
        // A queue is dear to give back, so the way is walked once without.
        if !is_local(&walk(folder, |_| Ok(()))?)? {
            return Ok(None);
        }
        let Some(queue) = Queue::of_this_process() else {
            return Ok(None);
        };
        let itself = walk(folder, |above| queue.add(above, MOVES))?;
        queue.add(&itself, CHANGES)?;
        let found = fstat(&itself)?;
        Ok(Some(Watch {
            queue,
            path: CString::new(folder.as_os_str().as_bytes())?,
            identity: (found.st_dev, found.st_ino),
            in_place: SeenAt::default(),
            is_gone: AtomicBool::new(false),
        }))
    }

    /// This moment. None: look for yourself.
    #[inline]
    pub(crate) fn moment(&self) -> Option<Moment> {
        self.queue.moment()
    }

    /// Whether the path leads to the folder that is watched, as it did after that moment. A folder that
    /// somebody removed while it was open somewhere (it is where a shell stands) leaves a note only when it
    /// is closed, and by then another one may have its name.
    pub(crate) fn is_in_place(&self, moment: Moment) -> bool {
        if self.in_place.is(moment) {
            return true;
        }
        let path = Path::new(OsStr::from_bytes(self.path.as_bytes()));
        let found = ask(Operation::Look(path)).and_then(|()| Ok(lstat(self.path.as_c_str())?));
        let is_it = found.is_ok_and(|found| (found.st_dev, found.st_ino) == self.identity);
        match is_it {
            true => self.in_place.set(moment),
            false => self.is_gone.store(true, Ordering::Relaxed),
        }
        is_it
    }

    /// Whether it never answers again.
    pub(crate) fn is_over(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed) || self.queue.is_over()
    }
}

/// Goes to a folder from the root, step by step, and tells of each folder on the way before the next one
/// is looked for in it: so whatever moves from there on leaves a note, and the way is the one that was
/// told. An error: a link is on the way, which could be made to lead elsewhere while no folder changes.
fn walk(folder: &Path, mut above: impl FnMut(&OwnedFd) -> io::Result<()>) -> io::Result<OwnedFd> {
    let mut steps = folder.components();
    if steps.next() != Some(Component::RootDir) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let step = |from: Option<&OwnedFd>, name: &OsStr| {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match from {
            Some(from) => openat(from, name, flags, Mode::empty()),
            None => openat(CWD, name, flags, Mode::empty()),
        }
    };
    let mut here = step(None, OsStr::new("/"))?;
    for (number, name) in steps.enumerate() {
        let Component::Normal(name) = name else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        if number > 0 {
            above(&here)?; // the root itself stays where it is
        }
        here = step(Some(&here), name)?;
    }
    Ok(here)
}

fn is_local(folder: &OwnedFd) -> io::Result<bool> {
    let kind = fstatfs(folder)?.f_type as u64 & 0xFFFF_FFFF;
    Ok(LOCAL.contains(&kind))
}
