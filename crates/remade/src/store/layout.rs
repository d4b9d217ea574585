//! What is the path of everything in a store?
//!
//! ```text
//! cache/                          the cache directory, 0700
//!   CACHEDIR.TAG .gitignore
//!   v1/                           the format
//!     id                          32 digits of the store's own
//!     pipeline.smooth-5c1d…/      readable name, then 16 digits of the exact one
//!       <call key>.json           record
//!       <call key>.npy            result that the user gave no name
//!       last                      the newest keys, one a line, newest last
//!       forgotten                 files with names of the user's that records once explained
//!       <call key>.lock           while running
//!     code/<fingerprint>.json     source and normal form of a function
//!     sources/<digest>.json       versions of large input files
//! ```

use super::files;
use crate::call::CallKey;
use crate::record::FORMAT;
use crate::source::{IGNORE_FILE, TAG, TAG_FILE};
pub(crate) use crate::staged::unique;
pub use crate::staged::{staged, staged_by};
use crate::version::Version;
use std::io;
use std::path::{Path, PathBuf};

/// The longest readable part of a folder's name. The digest behind it tells names apart.
const READABLE: usize = 80;

/// `cache/v1`.
pub fn format_folder(root: &Path) -> PathBuf {
    root.join(format!("v{FORMAT}"))
}

/// `cache/v1/sources`: what is known of large input files.
pub fn sources_folder(root: &Path) -> PathBuf {
    format_folder(root).join("sources")
}

/// `cache/v1/code/<fingerprint>.json`.
pub fn code_path(root: &Path, fingerprint: Version) -> PathBuf {
    format_folder(root)
        .join("code")
        .join(format!("{fingerprint}.json"))
}

/// The folders that belong to no function.
pub(super) fn shared_folders(root: &Path) -> [PathBuf; 4] {
    let format = format_folder(root);
    let (code, sources) = (format.join("code"), format.join("sources"));
    [root.to_owned(), format, code, sources]
}

/// The text of that file. Neither it nor its folder may be a link.
pub fn read_code(root: &Path, fingerprint: Version, most: u64) -> io::Result<Vec<u8>> {
    let folder = format_folder(root).join("code");
    files::read_small_in(&folder, &format!("{fingerprint}.json"), most)
}

/// Makes the folders and the files that say what they are.
pub(super) fn prepare(root: &Path) -> io::Result<()> {
    files::make_private_folder(root)?;
    let format = format_folder(root);
    files::make_own_folder(&format)?;
    files::write_if_missing(&root.join(TAG_FILE), TAG.as_bytes())?;
    files::write_if_missing(&root.join(IGNORE_FILE), b"*\n")?;
    files::write_if_missing(&format.join("id"), format!("{}\n", unique()).as_bytes())
}

/// The folder of one function.
#[derive(Debug, Clone)]
pub struct FunctionFolder {
    path: PathBuf,
}

impl FunctionFolder {
    /// The folder of the function of this name: `pipeline.smooth-5c1d0e8a2b3c4d5e`.
    pub fn of(root: &Path, function: &str) -> FunctionFolder {
        let readable: String = function
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
                    c
                } else {
                    '_'
                }
            })
            .take(READABLE)
            .collect();
        // A leading dot would hide the folder, and `..` would leave the store.
        let readable = readable.trim_start_matches('.');
        let digest = Version::of_bytes(function.as_bytes()).to_string();
        FunctionFolder {
            path: format_folder(root).join(format!("{readable}-{}", &digest[..16])),
        }
    }

    /// A folder found by its path.
    pub(crate) fn at(path: PathBuf) -> FunctionFolder {
        FunctionFolder { path }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `<call key>.json`
    pub fn record(&self, key: CallKey) -> PathBuf {
        self.path.join(format!("{key}.json"))
    }

    /// `<call key>.lock`
    pub fn lock(&self, key: CallKey) -> PathBuf {
        self.path.join(format!("{key}.lock"))
    }

    /// `<call key><mark><extension>`: a result that the user gave no name. `mark` tells the parts
    /// of one result apart.
    pub fn result(&self, key: CallKey, mark: &str, extension: &str) -> PathBuf {
        // What is neither record nor lock is not to be taken for one.
        let mark = match (mark, extension) {
            ("", ".json" | ".lock") => ".result",
            (mark, _) => mark,
        };
        self.path.join(format!("{key}{mark}{extension}"))
    }

    /// The newest keys.
    pub fn last(&self) -> PathBuf {
        self.path.join("last")
    }

    /// Files with names of the user's that no record explains any more.
    pub fn forgotten(&self) -> PathBuf {
        self.path.join("forgotten")
    }

    /// The keys of all records here, in no order. A folder that is not there has none.
    pub fn keys(&self) -> io::Result<Vec<CallKey>> {
        let mut keys = Vec::new();
        for name in files::names_own(&self.path)? {
            if let Some(key) = name
                .to_str()
                .and_then(|name| name.strip_suffix(".json"))
                .and_then(CallKey::parse)
            {
                keys.push(key);
            }
        }
        Ok(keys)
    }
}

/// Behind the name of a damaged record that was moved aside.
pub(super) const ASIDE: &str = ".damaged";
