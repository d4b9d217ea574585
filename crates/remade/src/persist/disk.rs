//! How do large pieces of a file get to the disk and back?

use crate::seam::{Operation, ask};
use std::borrow::Borrow;
use std::fs::File;
use std::io::{self, Write};

/// What is written at a time, at least. Page caches take large writes in large pages: blocks of 1 MB
/// were a fifth faster than blocks of 256 KB. Larger ones, and blocks that begin where a page does,
/// were not faster still, and now and then stalled for half a second.
pub(crate) const WRITTEN: usize = 1024 * 1024;

/// Files of this size and more are given their place on the disk ahead.
const PREALLOCATED: u64 = 1024 * 1024;

/// What a file that grows is given ahead.
const STEP: u64 = 8 * 1024 * 1024;

/// A new file of a size that nobody knows beforehand. It is given its place on the disk in steps,
/// ahead of what is written, for the sake of the rename that follows: see [`preallocate`].
#[derive(Debug)]
pub(crate) struct Growing<F> {
    file: F,
    step: u64,
    written: u64,
    given: u64,
}

impl<F: Borrow<File>> Growing<F> {
    /// `size`: about what it will be at most.
    pub(crate) fn new(file: F, size: u64) -> Growing<F> {
        Growing {
            file,
            step: if size < PREALLOCATED {
                0
            } else {
                size.min(STEP)
            },
            written: 0,
            given: 0,
        }
    }

    /// Whether nothing was written yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// Gives back the place that was not needed, and the file.
    pub(crate) fn finish(self) -> F {
        if self.given > self.written {
            let file: &File = self.file.borrow();
            // Where that fails, the file takes more place than it needs, and is whole all the same.
            let _ =
                ask(Operation::Trim(file, self.written)).and_then(|()| file.set_len(self.written));
        }
        self.file
    }
}

impl<F: Borrow<File>> Write for Growing<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = self.written + bytes.len() as u64;
        if end > self.given && self.step > 0 {
            self.given = end.next_multiple_of(self.step);
            // What follows may fit where a whole step does not: writing tells.
            let _ = allocate(self.file.borrow(), self.given);
        }
        write(self.file.borrow(), bytes)?;
        self.written = end;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A new file of a known size.
pub(super) struct Known<'a>(pub(super) &'a File);

impl Write for Known<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(self.0, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fills the memory from this place of the file.
#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, memory: &mut [u8], position: u64) -> io::Result<()> {
    use std::os::unix::fs::FileExt;
    ask(Operation::Read(file))?;
    file.read_exact_at(memory, position)
}

#[cfg(windows)]
pub(super) fn read_exact_at(
    file: &File,
    mut memory: &mut [u8],
    mut position: u64,
) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !memory.is_empty() {
        let read = match file.seek_read(memory, position) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        memory = &mut memory[read..];
        position += read as u64;
    }
    Ok(())
}

/// Writes all of these bytes behind those that were written so far.
pub(crate) fn write(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    ask(Operation::Write(file, bytes))?;
    file.write_all(bytes)
}

/// Takes the place on the disk at once. That keeps a large file in one piece, tells of a full disk
/// before anything is written, and spares ext4 the flush with which it otherwise answers a rename
/// over an existing file.
pub fn preallocate(file: &File, size: u64) -> io::Result<()> {
    if size < PREALLOCATED {
        return Ok(());
    }
    allocate(file, size)
}

/// The size of the file grows with what is written all the same, so that a file that a crash cut
/// short can be told from a whole one.
#[cfg(target_os = "linux")]
fn allocate(file: &File, size: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    ask(Operation::Allocate(file, size))
        .map_err(|_| io::Error::from(io::ErrorKind::StorageFull))?;
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, size) {
        Err(Errno::NOSPC | Errno::DQUOT) => Err(io::ErrorKind::StorageFull.into()),
        // Anything else: this file system cannot, and writing works without.
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn allocate(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}
