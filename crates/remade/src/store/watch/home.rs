//! Is this still the process that began the watch?
//!
//! A child of a fork shares the notes with its parent: what one has read the other never sees. To ask
//! the system for the number of the process at every call would cost as much as the watch does, so a
//! page of memory tells it, which the kernel hands to every child empty.

use memmap2::MmapMut;
use rustix::mm::{Advice, madvise};
use std::io;

/// The process that made it.
#[derive(Debug)]
pub(super) struct Home(MmapMut);

const HERE: u8 = 1;

impl Home {
    /// An error: the kernel does not know how (Linux before 4.14).
    pub(super) fn new() -> io::Result<Home> {
        let mut page = MmapMut::map_anon(1)?;
        // SAFETY: the mapping is private, of this length, begins at a page, and nobody else knows of it.
        // The advice changes nothing in this process.
        unsafe {
            madvise(
                page.as_mut_ptr().cast(),
                page.len(),
                Advice::LinuxWipeOnFork,
            )?;
        }
        page[0] = HERE;
        Ok(Home(page))
    }

    #[inline]
    pub(super) fn is_here(&self) -> bool {
        self.0[0] == HERE
    }
}
