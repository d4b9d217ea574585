//! How is a file written, so that it is whole, and known by its stamp?

use super::discard::discard;
use super::read::{open_own_as, open_regular, read_small};
use super::{exists, rename};
use crate::persist::disk;
use crate::seam::{Operation, ask};
use crate::stamp::Stamp;
use std::fs::{File, FileTimes, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How far back a finished file is dated. Later than any clock tick can hide: whoever writes to the
/// file afterwards gives it another time, so its stamp can be believed at once. It also has
/// nanoseconds of its own, so two files of one moment have two times.
const BACKDATED: Duration = Duration::from_millis(50);

/// Lists that are longer are not written anew for one line.
const LONGEST_APPENDED: u64 = 64 << 20;

/// Creates a file that must not be there yet.
pub fn create_new(path: &Path) -> io::Result<File> {
    ask(Operation::Create(path))?;
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Writes all of these bytes behind those that were written so far.
pub fn write(file: &File, bytes: &[u8]) -> io::Result<()> {
    disk::write(file, bytes)
}

/// Forces content and attributes of a file to the disk.
pub fn sync(file: &File) -> io::Result<()> {
    ask(Operation::Sync(file))?;
    file.sync_all()
}

/// Closes a file and tells what closing found: network file systems report a full disk here, and
/// dropping a `File` would swallow it.
#[cfg(unix)]
pub fn close(file: File) -> io::Result<()> {
    use std::os::fd::IntoRawFd;
    let asked = ask(Operation::Close(&file));
    // SAFETY: the descriptor was just taken out of its owner, so nobody else closes it.
    let closed = unsafe { rustix::io::try_close(file.into_raw_fd()) }.map_err(io::Error::from);
    asked.and(closed)
}

/// Closes a file.
#[cfg(not(unix))]
pub fn close(file: File) -> io::Result<()> {
    drop(file);
    Ok(())
}

/// Dates a written file back and gives the stamp it will keep.
pub fn finish(file: &File, sync: bool) -> io::Result<Stamp> {
    if sync {
        self::sync(file)?;
    }
    backdate(file);
    Stamp::of_file(file)
}

/// The same for a file that someone else wrote and closed.
pub fn finish_path(path: &Path, sync: bool) -> io::Result<Stamp> {
    // Reading is enough to set times and to sync, and asks for no permission to write.
    let file = open_regular(path)?;
    finish(&file, sync)
}

/// Writes a small file whole: staged beside the target, closed, renamed over it. `sync` forces the
/// content to the disk before, but not the name: what fails after the rename has not failed to
/// replace. The stamp is that of the file as it now lies there.
pub fn replace(path: &Path, content: &[u8], sync: bool) -> io::Result<Stamp> {
    let staged = crate::store::layout::staged(path);
    let written = (|| {
        let file = create_new(&staged)?;
        write(&file, content)?;
        let stamp = finish(&file, sync)?;
        close(file)?;
        rename(&staged, path)?;
        Ok(stamp)
    })();
    if written.is_err() {
        discard(&staged);
    }
    written
}

/// Writes a small file unless something of that name is there.
pub fn write_if_missing(path: &Path, content: &[u8]) -> io::Result<()> {
    if exists(path) {
        return Ok(());
    }
    replace(path, content, false).map(drop)
}

/// Creates a file for this user alone that must not be there yet, and writes it to the disk.
pub(in crate::store) fn write_private_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    ask(Operation::Create(path))?;
    let file = options.open(path)?;
    write(&file, content)?;
    sync(&file)?;
    close(file)
}

/// Appends one line in one write, so that lines of two processes never mix. A link is not followed, and
/// a pipe, which would wait for a reader, is an error.
pub fn append_line(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let line = format!("{line}\n");
    ask(Operation::Append(path))?;
    match open_own_as(options.append(true).create(true), path) {
        Ok(file) => write(&file, line.as_bytes()),
        // In a store that a group shares it may be another member's.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let mut text = read_small(path, LONGEST_APPENDED)?;
            text.extend_from_slice(line.as_bytes());
            replace(path, &text, false).map(drop)
        }
        Err(error) => Err(error),
    }
}

/// The same, in a file for this user alone.
pub(in crate::store) fn append_private_line(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    ask(Operation::Append(path))?;
    let file = open_own_as(&mut options, path)?;
    write(&file, format!("{line}\n").as_bytes())
}

/// Copies a file to a name that must not be there yet.
pub fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    let (mut from, to) = (open_regular(from)?, create_new(to)?);
    let mut block = vec![0; 1 << 20];
    loop {
        ask(Operation::Read(&from))?;
        match from.read(&mut block) {
            Ok(0) => return close(to),
            Ok(read) => write(&to, &block[..read])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn backdate(file: &File) {
    if let Some(time) = SystemTime::now().checked_sub(BACKDATED) {
        // Where times cannot be set, the stamp is not settled, and the file is read once more.
        let _ = ask(Operation::SetTime(file, time))
            .and_then(|()| file.set_times(FileTimes::new().set_modified(time)));
    }
}
