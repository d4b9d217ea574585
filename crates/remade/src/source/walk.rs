//! What lies below a folder?
//!
//! Everything, hidden files and what links lead to included. A link to a folder that it lies in
//! itself is listed and not entered, so the walk ends. A folder that may not be listed is an error.
//! (The crates `glob` and `walkdir` were looked at: `glob` leaves out, without a word, files whose
//! names are not UTF-8 and what lies below folders that may not be searched.)

use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

use super::content::is_absent;
use super::ours;
use super::path::slashed;
use super::{Places, SourceError};

/// Every path below the folder, folders too, in the order of their bytes.
pub(super) fn below(folder: &Path) -> Result<Places, SourceError> {
    let mut places = Places::new();
    add_below(folder, &mut places)?;
    Ok(places)
}

/// Adds every path below the folder.
pub(super) fn add_below(folder: &Path, places: &mut Places) -> Result<(), SourceError> {
    let mut folders: Vec<_> = Trail::default().enter(folder)?.into_iter().collect();
    while let Some((folder, trail)) = folders.pop() {
        for item in list(&folder)? {
            if item.may_be_folder {
                folders.extend(trail.enter(&item.path)?);
            }
            places.insert(slashed(&item.path), item.path);
        }
    }
    Ok(())
}

/// What is directly in a folder.
pub(super) struct Item {
    pub(super) path: PathBuf,
    pub(super) name: Vec<u8>,
    pub(super) may_be_folder: bool,
}

/// Lists a folder. What went away in the meantime holds nothing. What is a store's own is no input of
/// anything, nor is a cache directory that holds nothing else.
pub(super) fn list(folder: &Path) -> Result<Vec<Item>, SourceError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(SourceError::io("list", folder)(error)),
    };
    let is_store = ours::is_store(folder);
    let mut items = Vec::new();
    for entry in entries {
        let entry = entry.map_err(SourceError::io("list", folder))?;
        let name = entry.file_name();
        if is_store && ours::is_own(name.as_encoded_bytes()) {
            continue;
        }
        let is_no_folder = |kind: FileType| !kind.is_dir() && !kind.is_symlink();
        let may_be_folder = !entry.file_type().is_ok_and(is_no_folder);
        let path = entry.path();
        if may_be_folder && ours::is_store(&path) && list(&path)?.is_empty() {
            continue;
        }
        items.push(Item {
            path,
            name: name.as_encoded_bytes().to_vec(),
            may_be_folder,
        });
    }
    Ok(items)
}

/// The folders that a walk is in, one inside the other, as the file system knows them.
#[derive(Clone, Default)]
pub(super) struct Trail(Vec<Identity>);

impl Trail {
    /// Goes into a folder. `None` if it is none, or if the walk is in it already.
    pub(super) fn enter(&self, path: &Path) -> Result<Option<(PathBuf, Trail)>, SourceError> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(SourceError::io("look up", path)(error)),
        };
        if !metadata.is_dir() {
            return Ok(None);
        }
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let identity = fs::canonicalize(path).map_err(SourceError::io("look up", path))?;
        if self.0.contains(&identity) {
            return Ok(None);
        }
        let mut trail = self.clone();
        trail.0.push(identity);
        Ok(Some((path.to_owned(), trail)))
    }
}

#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;
