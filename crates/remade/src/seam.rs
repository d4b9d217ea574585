//! What is asked of the file system next?
//!
//! Everything that a call does to the disk tells [`ask`] before it is done. Tests watch these
//! operations, with their data, and make any of them fail. Only the feature `seam` puts anything
//! behind it, and only tests switch that on: in what users install, [`ask`] is nothing at all.

#![cfg_attr(not(feature = "seam"), allow(unreachable_pub))]

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// One thing that is about to be asked of the file system.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code)] // what is in it is read by tests only
pub enum Operation<'a> {
    /// Size, times and kind of what lies at a path, or whether anything does.
    Look(&'a Path),
    /// The same for an open file.
    LookAt(&'a File),
    /// Whether a watch has notes, and to take them; told before, and after where that is not the end.
    Notes,
    /// The names in a folder.
    List(&'a Path),
    /// A file to read.
    Open(&'a Path),
    /// Bytes of an open file.
    Read(&'a File),
    /// A new folder in one that is there.
    MakeFolder(&'a Path),
    /// A file that must not be there yet.
    Create(&'a Path),
    /// A file to write at its end, new or not.
    Append(&'a Path),
    /// All of these bytes, behind those written so far.
    Write(&'a File, &'a [u8]),
    /// Room for so many bytes.
    Allocate(&'a File, u64),
    /// Room beyond this size is given back.
    Trim(&'a File, u64),
    /// The time of the last write.
    SetTime(&'a File, SystemTime),
    /// Content and attributes are forced to the disk.
    Sync(&'a File),
    /// The names in a folder are.
    SyncFolder(&'a Path),
    /// The end of writing. The descriptor is gone afterwards, whatever is answered.
    Close(&'a File),
    /// The first path becomes the second, whatever was there.
    Rename(&'a Path, &'a Path),
    /// The file of the first path gets the second as well, where nothing is.
    Link(&'a Path, &'a Path),
    /// A file goes.
    Remove(&'a Path),
    /// A folder goes, with all that is in it.
    RemoveFolder(&'a Path),
    /// A lock file, new or not.
    OpenLock(&'a Path),
    /// The lock of an open file.
    Lock(&'a File),
    /// The end of that.
    Unlock(&'a File),
}

/// Tells what comes next. An error takes its place.
#[inline(always)]
pub(crate) fn ask(operation: Operation<'_>) -> io::Result<()> {
    #[cfg(feature = "seam")]
    return watched::ask(operation);
    #[cfg(not(feature = "seam"))]
    {
        let _ = operation;
        Ok(())
    }
}

#[cfg(feature = "seam")]
pub use watched::{Disk, inode_as, pretend, watch};

#[cfg(feature = "seam")]
mod watched {
    use super::Operation;
    use std::cell::RefCell;
    use std::collections::HashMap;
    use std::io;

    type Watcher = Box<dyn FnMut(Operation<'_>) -> io::Result<()>>;

    thread_local! {
        static WATCHER: RefCell<Option<Watcher>> = const { RefCell::new(None) };
        static DISK: RefCell<Option<Disk>> = const { RefCell::new(None) };
    }

    /// Watches the operations of this thread while `work` is done.
    pub fn watch<T>(
        watcher: impl FnMut(Operation<'_>) -> io::Result<()> + 'static,
        work: impl FnOnce() -> T,
    ) -> T {
        let before = WATCHER.replace(Some(Box::new(watcher)));
        let _after = OnDrop(Some(move || drop(WATCHER.replace(before))));
        work()
    }

    pub(super) fn ask(operation: Operation<'_>) -> io::Result<()> {
        // What the watcher itself does is not watched.
        let Some(mut watcher) = WATCHER.take() else {
            return Ok(());
        };
        let answer = watcher(operation);
        WATCHER.set(Some(watcher));
        answer
    }

    /// What a disk tells that cannot be arranged: the start of the machine, and numbers of files.
    #[derive(Debug, Clone, Default)]
    pub struct Disk {
        /// What [`crate::machine::boot`] tells.
        pub boot: &'static str,
        /// A process that is no more, although it is.
        pub dead: u32,
        /// The numbers that files are to have in the place of those that they have.
        pub inodes: HashMap<u64, u64>,
    }

    /// Tells these in the place of what is so, in this thread, while `work` is done.
    pub fn pretend<T>(disk: Disk, work: impl FnOnce() -> T) -> T {
        let before = DISK.replace(Some(disk));
        let _after = OnDrop(Some(move || drop(DISK.replace(before))));
        work()
    }

    pub(super) fn boot() -> Option<&'static str> {
        DISK.with_borrow(|disk| disk.as_ref().map(|disk| disk.boot))
    }

    pub(super) fn is_dead(process: u32) -> bool {
        DISK.with_borrow(|disk| disk.as_ref().is_some_and(|disk| disk.dead == process))
    }

    /// The number that this one is to be told as.
    pub fn inode_as(inode: u64) -> u64 {
        DISK.with_borrow(|disk| {
            let told = disk.as_ref().and_then(|disk| disk.inodes.get(&inode));
            told.copied().unwrap_or(inode)
        })
    }

    struct OnDrop<F: FnOnce()>(Option<F>);

    impl<F: FnOnce()> Drop for OnDrop<F> {
        fn drop(&mut self) {
            if let Some(work) = self.0.take() {
                work();
            }
        }
    }
}

/// The start of the machine that a test pretends.
#[inline(always)]
pub(crate) fn boot() -> Option<&'static str> {
    #[cfg(feature = "seam")]
    return watched::boot();
    #[cfg(not(feature = "seam"))]
    None
}

/// Whether a test pretends that this process is no more.
#[inline(always)]
pub(crate) fn is_dead(process: u32) -> bool {
    #[cfg(feature = "seam")]
    return watched::is_dead(process);
    #[cfg(not(feature = "seam"))]
    {
        let _ = process;
        false
    }
}

/// The number of a file, as it is or as a test pretends.
#[cfg(not(feature = "seam"))]
#[inline(always)]
pub(crate) fn inode_as(inode: u64) -> u64 {
    inode
}
