//! Who else can write here?
//!
//! Pickle is code. One without a seal is loaded only if nobody but the user, the user's private
//! group and root can have written it: neither the file nor, by replacing it, any folder on the way
//! to it. A store that everybody can write, or that belongs to somebody else, is not used at all.

use super::FunctionFolder;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

/// Why a store is not used: who else can write it, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl Refused {
    fn error(text: String) -> io::Error {
        io::Error::new(io::ErrorKind::PermissionDenied, Refused(text))
    }

    /// Whether an error is the refusal of a store.
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Refused>())
    }
}

#[cfg(unix)]
pub(super) use system::who_can_replace_in;
pub use system::{distrust, distrust_way_to};
pub(super) use system::{guard, refuse_open_to_all};

#[cfg(unix)]
mod system {
    use super::{File, FunctionFolder, Path, Refused, io};
    use crate::store::{commit, layout, vouch};
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Component, PathBuf};

    const STICKY: u32 = 0o1000;
    const BY_ALL: u32 = 0o002;
    const BY_GROUP: u32 = 0o020;

    /// Links that lead to links, at most.
    const MOST_LINKS: usize = 40;

    /// Who else can write an open file or replace it; None if nobody can. `file` is the open file,
    /// so that what was checked is what is read.
    pub fn distrust(file: &File, path: &Path) -> io::Result<Option<String>> {
        match others(&file.metadata()?) {
            Some(who) => Ok(Some(format!("{who} can write the file"))),
            None => distrust_folders(path),
        }
    }

    /// The same for a file by its name.
    pub fn distrust_way_to(path: &Path) -> io::Result<Option<String>> {
        match others(&std::fs::symlink_metadata(path)?) {
            Some(who) => Ok(Some(format!("{who} can write {}", path.display()))),
            None => distrust_folders(path),
        }
    }

    fn distrust_folders(path: &Path) -> io::Result<Option<String>> {
        let path = std::path::absolute(path)?;
        let mut left = MOST_LINKS;
        match path.parent() {
            Some(folder) => way(folder, &mut left),
            None => Ok(None),
        }
    }

    /// Who else can replace something on the way to a folder, from the top down, or in it. A link is
    /// a way of its own.
    fn way(folder: &Path, left: &mut usize) -> io::Result<Option<String>> {
        let mut so_far = PathBuf::new();
        for component in folder.components() {
            if component == Component::ParentDir {
                // What is above a link is not what is above its name.
                so_far = std::fs::canonicalize(&so_far)?;
                so_far.pop();
                continue;
            }
            so_far.push(component);
            let metadata = std::fs::symlink_metadata(&so_far)?;
            if metadata.is_symlink() {
                *left = left.checked_sub(1).ok_or_else(|| {
                    io::Error::new(io::ErrorKind::InvalidInput, "too many links on the way")
                })?;
                let target = std::fs::read_link(&so_far)?;
                let from = so_far.parent().unwrap_or(Path::new("/"));
                if let Some(who) = way(&from.join(target), left)? {
                    return Ok(Some(who));
                }
                continue;
            }
            if let Some(who) = replacing(&metadata) {
                return Ok(Some(format!(
                    "{who} can write the folder {}",
                    so_far.display()
                )));
            }
        }
        Ok(None)
    }

    /// Who else can put something in the place of what lies in a folder. In a sticky one nobody can
    /// but its owner.
    fn replacing(folder: &Metadata) -> Option<String> {
        let mode = match folder.mode() & STICKY {
            0 => folder.mode(),
            _ => folder.mode() & !(BY_ALL | BY_GROUP),
        };
        others_of(folder.uid(), folder.gid(), mode)
    }

    /// In words: who can put something else in the place of a file in this folder.
    pub(in super::super) fn who_can_replace_in(folder: &Path) -> Option<String> {
        let metadata = match std::fs::metadata(folder) {
            Ok(metadata) => metadata,
            Err(error) => return Some(format!("its folder cannot be looked at: {error}")),
        };
        let who = replacing(&metadata)?;
        Some(format!("{who} can write its folder {}", folder.display()))
    }

    /// Refuses a store that everybody can write, that belongs to somebody else, or whose folders are
    /// links. Tells whether all of it was there to be looked at.
    pub(in super::super) fn guard(root: &Path, folder: &FunctionFolder) -> io::Result<bool> {
        let store = match std::fs::metadata(root) {
            Ok(metadata) if metadata.is_dir() => metadata,
            // Whoever makes it finds out what is in the way.
            Ok(_) => return Ok(false),
            Err(error) if commit::is_absent(&error) => return Ok(false),
            Err(error) => return Err(error),
        };
        let user = rustix::process::geteuid().as_raw();
        refuse_open(root, &store)?;
        if store.uid() != user && store.uid() != 0 && !vouch::is_vouched_for(root, store.uid()) {
            return Err(Refused::error(format!(
                "it belongs to the user of number {}, who could put anything there. Choose another \
                 cachedir; or, if you mean to use that person's results, call remade.trust({:?}) \
                 once",
                store.uid(),
                root.display().to_string()
            )));
        }
        let is_shared = store.mode() & BY_GROUP != 0;
        for inner in [&layout::format_folder(root), folder.path()] {
            let found = match std::fs::symlink_metadata(inner) {
                Ok(found) => found,
                Err(error) if commit::is_absent(&error) => return Ok(false),
                Err(error) => return Err(error),
            };
            if found.is_symlink() {
                return Err(Refused::error(format!(
                    "{} is a link, and links inside a store are not followed. Remove the link; the \
                     cachedir itself may be one",
                    inner.display()
                )));
            }
            if !found.is_dir() {
                return Ok(false); // whoever makes it finds out
            }
            refuse_open(inner, &found)?;
            let is_members = is_shared || [user, 0, store.uid()].contains(&found.uid());
            if !is_members {
                return Err(Refused::error(format!(
                    "{} belongs to the user of number {}, and the store to somebody else. Remove \
                     that folder, or choose another cachedir",
                    inner.display(),
                    found.uid()
                )));
            }
        }
        Ok(true)
    }

    /// Refuses a folder that everybody can write.
    pub(in super::super) fn refuse_open_to_all(folder: &Path) -> io::Result<()> {
        refuse_open(folder, &std::fs::metadata(folder)?)
    }

    fn refuse_open(folder: &Path, metadata: &Metadata) -> io::Result<()> {
        if metadata.mode() & BY_ALL == 0 {
            return Ok(());
        }
        Err(Refused::error(format!(
            "everybody can write {0}. If nobody did who should not, take that right away with \
             `chmod o-w {0}`; otherwise choose another cachedir",
            folder.display()
        )))
    }

    /// Who else can write a thing.
    fn others(metadata: &Metadata) -> Option<String> {
        others_of(metadata.uid(), metadata.gid(), metadata.mode())
    }

    fn others_of(owner: u32, group: u32, mode: u32) -> Option<String> {
        let user = rustix::process::geteuid().as_raw();
        if owner != user && owner != 0 {
            return Some(format!("the user of number {owner}"));
        }
        if mode & BY_ALL != 0 {
            return Some("everybody".to_owned());
        }
        if mode & BY_GROUP != 0 && group != 0 && !is_private(group, user) {
            return Some(format!("the group of number {group}"));
        }
        None
    }

    /// Whether a group has no member but the user: Debian and Red Hat give each user such a group.
    fn is_private(group: u32, user: u32) -> bool {
        let field = |line: &str, n: usize| line.split(':').nth(n).unwrap_or_default().to_owned();
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
        let name = passwd
            .lines()
            .find(|line| field(line, 2) == user.to_string())
            .map(|line| field(line, 0));
        let entry = groups
            .lines()
            .find(|line| field(line, 2) == group.to_string());
        match (name, entry) {
            (Some(name), Some(entry)) => {
                let members = field(entry, 3);
                field(entry, 0) == name && (members.is_empty() || members == name)
            }
            // Users who are known to a directory service only: number and number must agree.
            _ => group == user,
        }
    }
}

/// Elsewhere these questions cannot be asked this way.
#[cfg(not(unix))]
mod system {
    use super::{File, FunctionFolder, Path, io};

    /// Nothing is known against it.
    pub fn distrust(_: &File, _: &Path) -> io::Result<Option<String>> {
        Ok(None)
    }

    /// Nothing is known against it.
    pub fn distrust_way_to(_: &Path) -> io::Result<Option<String>> {
        Ok(None)
    }

    pub(in super::super) fn guard(_: &Path, _: &FunctionFolder) -> io::Result<bool> {
        Ok(true)
    }

    pub(in super::super) fn refuse_open_to_all(_: &Path) -> io::Result<()> {
        Ok(())
    }
}
