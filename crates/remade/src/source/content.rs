//! What is in a file?

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use super::SourceError;
use crate::seam::{Operation, ask};
use crate::version::Version;
use crate::version::array::ContentDigest;

/// What is read at a time.
const BLOCK: usize = 1024 * 1024;

/// Opens a file to read, and nothing else. The caller has looked that it is one; should it be a
/// named pipe by now, this does not wait for somebody to write into it.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    ask(Operation::Open(path))?;
    options.open(path)
}

/// The version of all bytes from here to the end.
pub(super) fn read(mut file: &File, size: u64) -> io::Result<Version> {
    // One byte more than the file has: a small file is then read, and its end seen, by two calls.
    let length = usize::try_from(size.saturating_add(1)).map_or(BLOCK, |size| size.min(BLOCK));
    let mut block = vec![0; length];
    let mut digest = ContentDigest::new();
    ask(Operation::Read(file))?;
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(digest.finish()),
            Ok(read) => digest.update(&block[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// An error for what is neither a file nor a folder.
pub(super) fn refuse_special(path: &Path, metadata: &Metadata) -> Result<(), SourceError> {
    let kind = metadata.file_type();
    if kind.is_file() || kind.is_dir() {
        return Ok(());
    }
    Err(SourceError::Special {
        path: path.to_owned(),
        found: special_kind(kind),
    })
}

#[cfg(unix)]
fn special_kind(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_block_device() || kind.is_char_device() {
        "a device"
    } else {
        "something else"
    }
}

#[cfg(not(unix))]
fn special_kind(_: FileType) -> &'static str {
    "something else"
}

/// Does the error say that there is nothing, rather than that we may not see it? A link that leads
/// to itself leads to nothing.
pub(super) fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};

    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        return true;
    }
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename)
}
