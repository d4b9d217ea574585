//! How does the store touch the file system?
//!
//! Everything that the store looks up, reads, writes, renames, removes or syncs goes through a
//! function here, which tells the seam first: so a test can make each of them fail, and a reader
//! finds all of them in one place.

use crate::persist::disk;
use crate::seam::{Operation, ask};
use crate::stamp::Stamp;
use crate::version::Version;
use crate::version::array::ContentDigest;
use std::ffi::OsString;
use std::fs::{self, File, FileTimes, Metadata, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant, SystemTime};

/// How far back a finished file is dated. Later than any clock tick can hide: whoever writes to the
/// file afterwards gives it another time, so its stamp can be believed at once. It also has
/// nanoseconds of its own, so two files of one moment have two times.
const BACKDATED: Duration = Duration::from_millis(50);

/// Makes a folder, and those above it, for this user alone.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    if is_folder(path) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_folders(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    make_folder(path, &builder)
}

/// Makes a folder and those above it, as any program would.
fn make_folders(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || is_folder(path) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_folders(parent)?;
    }
    make_folder(path, &fs::DirBuilder::new())
}

fn make_folder(path: &Path, builder: &fs::DirBuilder) -> io::Result<()> {
    ask(Operation::MakeFolder(path))?;
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_folder(path) => Ok(()),
        done => done,
    }
}

/// Makes a folder inside a store, for those who may use the store: what leads elsewhere is none.
pub fn make_own_folder(path: &Path) -> io::Result<()> {
    if is_own_folder(path) {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match ask(Operation::MakeFolder(path)).and_then(|()| builder.create(path)) {
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
        let parent = path.parent().and_then(|parent| look(parent).ok());
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
    look_itself(path).is_ok_and(|metadata| metadata.is_dir())
}

/// What lies at a path, links followed.
pub fn look(path: &Path) -> io::Result<Metadata> {
    ask(Operation::Look(path))?;
    fs::metadata(path)
}

/// What lies at a path itself.
pub fn look_itself(path: &Path) -> io::Result<Metadata> {
    ask(Operation::Look(path))?;
    fs::symlink_metadata(path)
}

/// Whether a folder lies there.
pub fn is_folder(path: &Path) -> bool {
    look(path).is_ok_and(|found| found.is_dir())
}

/// Whether anything lies there that can be seen.
pub fn exists(path: &Path) -> bool {
    look(path).is_ok()
}

/// Makes the folder of a file that the user named, as any program of theirs would.
pub fn make_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => make_folders(parent),
        None => Ok(()),
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
    ask(Operation::Create(path))?;
    let file = options.open(path)?;
    write(&file, content)?;
    sync(&file)?;
    close(file)
}

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

/// Writes a small file unless something of that name is there.
pub fn write_if_missing(path: &Path, content: &[u8]) -> io::Result<()> {
    if exists(path) {
        return Ok(());
    }
    replace(path, content, false).map(drop)
}

/// Writes a small file whole: staged beside the target, closed, renamed over it. `sync` forces the
/// content to the disk before, but not the name: what fails after the rename has not failed to
/// replace. The stamp is that of the file as it now lies there.
pub fn replace(path: &Path, content: &[u8], sync: bool) -> io::Result<Stamp> {
    let staged = super::layout::staged(path);
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

fn backdate(file: &File) {
    if let Some(time) = SystemTime::now().checked_sub(BACKDATED) {
        // Where times cannot be set, the stamp is not settled, and the file is read once more.
        let _ = ask(Operation::SetTime(file, time))
            .and_then(|()| file.set_times(FileTimes::new().set_modified(time)));
    }
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

/// Lists that are longer are not written anew for one line.
const LONGEST_APPENDED: u64 = 64 << 20;

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
pub(super) fn append_private_line(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    ask(Operation::Append(path))?;
    let file = open_own_as(&mut options, path)?;
    write(&file, format!("{line}\n").as_bytes())
}

/// Renames over whatever is there.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    ask(Operation::Rename(from, to))?;
    fs::rename(from, to)
}

/// Renames over whatever is there. Giving back the blocks of a large file takes a tenth of a second
/// for half a gigabyte, and milliseconds where the disk is still writing it; holding it open until
/// after the rename lets another thread wait for that.
pub fn rename_over(from: &Path, to: &Path) -> io::Result<()> {
    const LARGE: u64 = 1 << 20;
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
    ask(Operation::Link(path, second))?;
    fs::hard_link(path, second)
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

/// Removes a file; one that is not there is removed already.
pub fn remove(path: &Path) -> io::Result<()> {
    match ask(Operation::Remove(path)).and_then(|()| fs::remove_file(path)) {
        Err(error) if super::commit::is_absent(&error) => Ok(()),
        done => done,
    }
}

/// How long the list of those may be held by another thread before it counts as lost.
const PATIENCE: Duration = Duration::from_millis(100);

/// Staged names that could not be removed. Their writer, this process, lives, so nobody else does it.
static LEFT: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// None where nobody will ever give the list back: a fork took place while another thread held it.
fn left() -> Option<MutexGuard<'static, Vec<PathBuf>>> {
    let began = Instant::now();
    loop {
        match LEFT.try_lock() {
            Ok(left) => return Some(left),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            // It is never held for longer than one change of it.
            Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => return None,
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
}

/// Removes what was staged and is not wanted; what cannot be removed now is with the next
/// `discard_left`.
pub fn discard(staged: &Path) {
    if remove_staged(staged).is_err()
        && let Some(mut left) = left()
    {
        left.push(staged.to_owned());
    }
}

/// Tries again to remove what could not be removed.
pub(super) fn discard_left(is_here: impl Fn(&Path) -> bool) {
    let Some(mut left) = left() else {
        return;
    };
    let (here, elsewhere) = std::mem::take(&mut *left)
        .into_iter()
        .partition::<Vec<_>, _>(|staged| is_here(staged));
    *left = elsewhere;
    drop(left);
    here.iter().for_each(|staged| discard(staged));
}

/// Removes what was written under a staged name, which nobody else has: a file, or whatever else a
/// persister of the user's made of it, a folder or files whose names go on from there.
pub(super) fn remove_staged(path: &Path) -> io::Result<()> {
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
        if look_itself(&path).is_ok_and(|metadata| metadata.is_dir()) {
            ask(Operation::RemoveFolder(&path))?;
            fs::remove_dir_all(&path)?;
        } else {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Forces the names in a folder to the disk. Some network file systems have no such thing: they
/// answer that the request makes no sense, and keep names on their server.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, Unsupported};
    let synced = ask(Operation::SyncFolder(folder)).and_then(|()| File::open(folder)?.sync_all());
    match synced {
        Err(error) if matches!(error.kind(), InvalidInput | Unsupported) => Ok(()),
        done => done,
    }
}

/// The names in a folder; none where there is no folder.
pub fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    match ask(Operation::List(folder)).and_then(|()| list(folder)) {
        Ok(names) => Ok(names),
        Err(error) if super::commit::is_absent(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The same for a folder inside a store; one that is reached through a link has none.
pub fn names_own(folder: &Path) -> io::Result<Vec<OsString>> {
    match ask(Operation::List(folder)).and_then(|()| list_own(folder)) {
        Err(error) if super::commit::is_absent(&error) => Ok(Vec::new()),
        listed => listed,
    }
}

#[cfg(unix)]
fn list(folder: &Path) -> io::Result<Vec<OsString>> {
    entries(File::open(folder)?.into())
}

#[cfg(unix)]
fn list_own(folder: &Path) -> io::Result<Vec<OsString>> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    entries(rustix::fs::open(folder, flags, Mode::empty())?)
}

/// The standard library's way panics where the folder cannot be closed.
#[cfg(unix)]
fn entries(folder: std::os::fd::OwnedFd) -> io::Result<Vec<OsString>> {
    use std::os::unix::ffi::OsStringExt;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(folder)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(OsString::from_vec(name));
        }
    }
    Ok(names)
}

#[cfg(not(unix))]
fn list(folder: &Path) -> io::Result<Vec<OsString>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}

#[cfg(not(unix))]
fn list_own(folder: &Path) -> io::Result<Vec<OsString>> {
    match is_own_folder(folder) {
        true => list(folder),
        false => Ok(Vec::new()),
    }
}

/// Reads a small file in a folder of the store's own: neither may be a link.
pub fn read_small_in(folder: &Path, name: &str, most: u64) -> io::Result<Vec<u8>> {
    if !is_own_folder(folder) {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    read_small(&folder.join(name), most)
}
