//! How does the store touch the file system?
//!
//! The one seam: everything that the store writes, renames or removes goes through a function
//! here, so that a test can make each of them fail, and a reader finds all of them in one place.

use crate::stamp::Stamp;
use crate::version::Version;
use crate::version::array::ContentDigest;
use std::ffi::OsString;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How far back a finished file is dated. Later than any clock tick can hide: whoever writes to the
/// file afterwards gives it another time, so its stamp can be believed at once. It also has
/// nanoseconds of its own, so two files of one moment have two times.
const BACKDATED: Duration = Duration::from_millis(50);

/// Makes a folder, and those above it, for this user alone.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        done => done,
    }
}

/// The same for a folder inside a store: what leads elsewhere is not one.
pub fn make_own_folder(path: &Path) -> io::Result<()> {
    if is_own_folder(path) {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_own_folder(path) => Ok(()),
        Ok(()) => {
            share_as_parent(path);
            Ok(())
        }
        failed => failed,
    }
}

/// A store that its owner opened to a group is open to it in all its folders.
fn share_as_parent(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        const GROUP: u32 = 0o2070;
        let parent = path.parent().and_then(|parent| fs::metadata(parent).ok());
        let shared = parent.map_or(0, |parent| parent.permissions().mode() & GROUP);
        if shared & 0o020 != 0 {
            // Where this fails, the folder is its maker's alone, and others compute for themselves.
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o700 | shared));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// Whether it is a folder, and not a link to one.
pub fn is_own_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Makes the folder of a file that the user named, as any program of theirs would.
pub fn make_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.is_dir() => fs::create_dir_all(parent),
        _ => Ok(()),
    }
}

/// Makes a folder, and all above it that are missing, for this user alone.
pub(super) fn make_private_folders(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Creates a file for this user alone that must not be there yet, and writes it to the disk.
pub(super) fn write_private_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    close(file)
}

/// Creates a file that must not be there yet.
pub fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Writes a small file unless something of that name is there.
pub fn write_if_missing(path: &Path, content: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    replace(path, content, false).map(drop)
}

/// Writes a small file whole: staged beside the target, closed, renamed over it. The stamp is that
/// of the file as it now lies there.
pub fn replace(path: &Path, content: &[u8], sync: bool) -> io::Result<Stamp> {
    let staged = super::layout::staged(path);
    let written = (|| {
        let mut file = create_new(&staged)?;
        file.write_all(content)?;
        let stamp = finish(&file, sync)?;
        close(file)?;
        rename(&staged, path)?;
        if sync {
            sync_folder_of(path)?;
        }
        Ok(stamp)
    })();
    if written.is_err() {
        // The write failed; that the rest of it cannot be removed either changes nothing.
        let _ = fs::remove_file(&staged);
    }
    written
}

/// Dates a written file back and gives the stamp it will keep.
pub fn finish(file: &File, sync: bool) -> io::Result<Stamp> {
    if sync {
        file.sync_all()?;
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

fn backdate(file: &File) {
    if let Some(time) = SystemTime::now().checked_sub(BACKDATED) {
        // Where times cannot be set, the stamp is not settled, and the file is read once more.
        let _ = file.set_times(FileTimes::new().set_modified(time));
    }
}

/// Closes a file and tells what closing found: network file systems report a full disk here, and
/// dropping a `File` would swallow it.
#[cfg(unix)]
pub fn close(file: File) -> io::Result<()> {
    use std::os::fd::IntoRawFd;
    // SAFETY: the descriptor was just taken out of its owner, so nobody else closes it.
    unsafe { rustix::io::try_close(file.into_raw_fd()) }.map_err(io::Error::from)
}

/// Closes a file.
#[cfg(not(unix))]
pub fn close(file: File) -> io::Result<()> {
    drop(file);
    Ok(())
}

/// Opens a regular file for reading. Nothing else is opened: a pipe would block.
pub fn open_regular(path: &Path) -> io::Result<File> {
    open(path, true)
}

/// The same for a file of the store's own: a link that somebody put there is not followed.
pub fn open_own(path: &Path) -> io::Result<File> {
    open(path, false)
}

fn open(path: &Path, follow: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    open_as(&mut options, path, follow)
}

/// Opens a file of the store's own in any way: neither follows a link nor waits for a pipe.
pub(super) fn open_own_as(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    open_as(options, path, false)
}

fn open_as(options: &mut OpenOptions, path: &Path, follow: bool) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let mut flags = OFlags::NONBLOCK;
        flags.set(OFlags::NOFOLLOW, !follow);
        std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits() as i32);
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{} is not a regular file", path.display()),
        ))
    }
}

/// Reads a file that may not be larger than `most` bytes.
pub fn read_bounded(file: &File, most: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
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

/// The version of all bytes of a file.
pub fn digest(mut file: &File) -> io::Result<Version> {
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

/// Lists that are longer are not written anew for one line.
const LONGEST_APPENDED: u64 = 64 << 20;

/// Appends one line in one write, so that lines of two processes never mix.
pub fn append_line(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let line = format!("{line}\n");
    match open_own_as(options.append(true).create(true), path) {
        Ok(mut file) => file.write_all(line.as_bytes()),
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
pub(super) fn append_private_line(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = open_own_as(&mut options, path)?;
    file.write_all(format!("{line}\n").as_bytes())
}

/// Renames over whatever is there.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Renames over whatever is there. Giving back the blocks of a large file takes a tenth of a second
/// for half a gigabyte; holding it open until after the rename lets another thread wait for that.
pub fn rename_over(from: &Path, to: &Path) -> io::Result<()> {
    const LARGE: u64 = 16 << 20;
    // Only a file: opening a pipe would wait for somebody to write to it.
    let old = open_own(to)
        .ok()
        .filter(|old| old.metadata().is_ok_and(|old| old.len() >= LARGE));
    rename(from, to)?;
    if let Some(old) = old {
        // Where no thread is to be had, it is closed here after all.
        let _ = std::thread::Builder::new()
            .name("remade-close".to_owned())
            .spawn(move || drop(old));
    }
    Ok(())
}

/// Gives the file a second name that must not be there yet.
pub fn link_new(path: &Path, second: &Path) -> io::Result<()> {
    fs::hard_link(path, second)
}

/// Copies a file to a name that must not be there yet.
pub fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    let (mut from, mut to) = (open_regular(from)?, create_new(to)?);
    io::copy(&mut from, &mut to)?;
    close(to)
}

/// Removes a file; one that is not there is removed already.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if super::commit::is_absent(&error) => Ok(()),
        done => done,
    }
}

/// Removes what was written under a staged name, which nobody else has: a file, or whatever else a
/// persister of the user's made of it, a folder or files whose names go on from there.
pub fn remove_staged(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(staged)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    for name in names(folder)? {
        if !name
            .as_encoded_bytes()
            .starts_with(staged.as_encoded_bytes())
        {
            continue;
        }
        let path = folder.join(name);
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            fs::remove_dir_all(&path)?;
        } else {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Forces the names in the folder of this file to the disk.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// The names in a folder; none where there is no folder.
pub fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect(),
        Err(error) if super::commit::is_absent(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The same for a folder inside a store; one that is reached through a link has none.
pub fn names_own(folder: &Path) -> io::Result<Vec<OsString>> {
    #[cfg(unix)]
    {
        use rustix::fs::{Dir, Mode, OFlags};
        use std::os::unix::ffi::OsStringExt;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::open(folder, flags, Mode::empty()).map_err(io::Error::from);
        let entries = match opened.and_then(|open| Ok(Dir::new(open)?)) {
            Ok(entries) => entries,
            Err(error) if super::commit::is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        Ok(names)
    }
    #[cfg(not(unix))]
    {
        match is_own_folder(folder) {
            true => names(folder),
            false => Ok(Vec::new()),
        }
    }
}

/// Reads a small file in a folder of the store's own: neither may be a link.
pub fn read_small_in(folder: &Path, name: &str, most: u64) -> io::Result<Vec<u8>> {
    if !is_own_folder(folder) {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    read_small(&folder.join(name), most)
}
