//! How are folders made, and which names are in them?

use super::{look, look_itself};
use crate::seam::{Operation, ask};
use crate::store::commit::is_absent;
use std::ffi::OsString;
use std::fs;
#[cfg(unix)]
use std::fs::File;
use std::io;
use std::path::Path;

/// Makes a folder, and those above it, for this user alone.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    if is_folder(path) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_folders(parent)?;
    }
    make_folder(path, &for_this_user())
}

/// Makes a folder, and all above it that are missing, for this user alone.
pub(in crate::store) fn make_private_folders(path: &Path) -> io::Result<()> {
    for_this_user().recursive(true).create(path)
}

/// Makes a folder inside a store, for those who may use the store: what leads elsewhere is none.
pub fn make_own_folder(path: &Path) -> io::Result<()> {
    if is_own_folder(path) {
        return Ok(());
    }
    match ask(Operation::MakeFolder(path)).and_then(|()| for_this_user().create(path)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_own_folder(path) => Ok(()),
        Ok(()) => {
            share_as_parent(path);
            Ok(())
        }
        failed => failed,
    }
}

/// Makes the folder of a file that the user named, as any program of theirs would.
pub fn make_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => make_folders(parent),
        None => Ok(()),
    }
}

/// Whether a folder lies there.
pub fn is_folder(path: &Path) -> bool {
    look(path).is_ok_and(|found| found.is_dir())
}

/// Whether it is a folder, and not a link to one.
pub fn is_own_folder(path: &Path) -> bool {
    look_itself(path).is_ok_and(|metadata| metadata.is_dir())
}

/// The names in a folder; none where there is no folder.
pub fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    match ask(Operation::List(folder)).and_then(|()| list(folder)) {
        Ok(names) => Ok(names),
        Err(error) if is_absent(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The same for a folder inside a store; one that is reached through a link has none.
pub fn names_own(folder: &Path) -> io::Result<Vec<OsString>> {
    match ask(Operation::List(folder)).and_then(|()| list_own(folder)) {
        Err(error) if is_absent(&error) => Ok(Vec::new()),
        listed => listed,
    }
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

/// What makes folders that nobody else may look into.
fn for_this_user() -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
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
