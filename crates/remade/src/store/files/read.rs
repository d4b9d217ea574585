//! How is a file opened and read?

use super::folders::is_own_folder;
use crate::seam::{Operation, ask};
use crate::version::Version;
use crate::version::array::ContentDigest;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::Path;

/// Opens a regular file for reading. Nothing else is opened: a pipe would block.
pub fn open_regular(path: &Path) -> io::Result<File> {
    open(path, true)
}

/// The same for a file of the store's own: a link that somebody put there is not followed.
pub fn open_own(path: &Path) -> io::Result<File> {
    open(path, false)
}

/// Opens a file of the store's own in any way: neither follows a link nor waits for a pipe.
pub(in crate::store) fn open_own_as(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    open_as(options, path, false)
}

/// Reads a file that may not be larger than `most` bytes.
pub fn read_bounded(file: &File, most: u64) -> io::Result<Vec<u8>> {
    // Room for what most small files hold: without it, six short reads feel their way.
    let mut content = Vec::with_capacity(4096);
    ask(Operation::Read(file))?;
    file.take(most + 1).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("larger than {most} bytes"),
        ));
    }
    Ok(content)
}

/// Reads a small file of the store's own whole. What is larger than `most`, or would block, is an
/// error.
pub fn read_small(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_bounded(&open_own(path)?, most)
}

/// Reads a small file in a folder of the store's own: neither may be a link.
pub fn read_small_in(folder: &Path, name: &str, most: u64) -> io::Result<Vec<u8>> {
    if !is_own_folder(folder) {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    read_small(&folder.join(name), most)
}

/// The last bytes of a small file of the store's own, at most so many.
pub fn read_end(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = open_own(path)?;
    // Before the first byte one cannot seek: then the file is not longer than that.
    let back = i64::try_from(most).unwrap_or(i64::MAX);
    let _ = file.seek(io::SeekFrom::End(-back));
    read_bounded(&file, u64::MAX - 1)
}

/// The version of all bytes of a file.
pub fn digest(mut file: &File) -> io::Result<Version> {
    ask(Operation::Read(file))?;
    let mut digest = ContentDigest::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(digest.finish()),
            Ok(read) => digest.update(&block[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn open(path: &Path, follow: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    open_as(&mut options, path, follow)
}

fn open_as(options: &mut OpenOptions, path: &Path, follow: bool) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let mut flags = OFlags::NONBLOCK;
        flags.set(OFlags::NOFOLLOW, !follow);
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits() as i32);
    }
    ask(Operation::Open(path))?;
    let file = options.open(path)?;
    ask(Operation::LookAt(&file))?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{} is not a regular file", path.display()),
        ))
    }
}
