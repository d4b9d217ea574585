//! How does the store touch the file system?
//!
//! Everything that the store looks up, reads, writes, renames, removes or syncs goes through a
//! function here, which tells the seam first: so a test can make each of them fail, and a reader
//! finds all of them in one place.

mod discard;
mod folders;
mod read;
mod write;

use super::commit::is_absent;
use crate::seam::{Operation, ask};
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

pub use discard::discard;
pub(super) use discard::{discard_left, remove_staged};
pub(super) use folders::make_private_folders;
pub use folders::{
    is_folder, is_own_folder, make_own_folder, make_parent, make_private_folder, names, names_own,
    sync_folder,
};
pub(super) use read::open_own_as;
pub use read::{digest, open_own, open_regular, read_bounded, read_end, read_small, read_small_in};
pub use write::{
    append_line, close, copy_new, create_new, finish, finish_path, replace, sync, write,
    write_if_missing,
};
pub(super) use write::{append_private_line, write_private_new};

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

/// Whether anything lies there that can be seen.
pub fn exists(path: &Path) -> bool {
    look(path).is_ok()
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

/// Removes a file; one that is not there is removed already.
pub fn remove(path: &Path) -> io::Result<()> {
    match ask(Operation::Remove(path)).and_then(|()| fs::remove_file(path)) {
        Err(error) if is_absent(&error) => Ok(()),
        done => done,
    }
}
