//! How do large pieces of a file get to the disk and back?

use crate::seam::{Operation, ask};
use std::fs::File;
use std::io::{self, Write};

/// What is written at a time, at least. Page caches take large writes in large pages: blocks of 1 MB
/// were a fifth faster than blocks of 256 KB. Larger ones, and blocks that begin where a page does,
/// were not faster still, and now and then stalled for half a second.
pub(super) const WRITTEN: usize = 1024 * 1024;

/// Files of this size and more are given their place on the disk ahead.
const PREALLOCATED: u64 = 1024 * 1024;

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
#[cfg(target_os = "linux")]
pub(super) fn preallocate(file: &File, size: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    if size < PREALLOCATED {
        return Ok(());
    }
    ask(Operation::Allocate(file, size))
        .map_err(|_| io::Error::from(io::ErrorKind::StorageFull))?;
    // The size of the file grows with what is written all the same, so that a file that a crash cut
    // short can be told from a whole one.
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, size) {
        Err(Errno::NOSPC | Errno::DQUOT) => Err(io::ErrorKind::StorageFull.into()),
        // Anything else: this file system cannot, and writing works without.
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn preallocate(_: &File, _: u64) -> io::Result<()> {
    let _ = PREALLOCATED;
    Ok(())
}
