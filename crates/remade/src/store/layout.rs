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
use crate::version::Version;
use std::ffi::OsString;
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

/// Makes the folders and the files that say what they are.
pub(super) fn prepare(root: &Path) -> io::Result<()> {
    files::make_private_folder(root)?;
    let format = format_folder(root);
    files::make_private_folder(&format)?;
    files::write_if_missing(&root.join(TAG_FILE), TAG.as_bytes())?;
    files::write_if_missing(&root.join(IGNORE_FILE), b"*\n")?;
    files::write_if_missing(&format.join("id"), format!("{}\n", unique()).as_bytes())
}

/// Digits that no other process and no other moment has.
pub(crate) fn unique() -> Version {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let mut seed = Vec::with_capacity(64);
    seed.extend_from_slice(&crate::stamp::now().to_le_bytes());
    seed.extend_from_slice(&std::process::id().to_le_bytes());
    seed.extend_from_slice(&COUNTER.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    seed.extend_from_slice(crate::machine::host().as_bytes());
    Version::of_bytes(&seed)
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
        for name in files::names(&self.path)? {
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

/// What marks the name of a staged file. It begins with a dot, so that globs pass it over, and it
/// carries the process, so that others can tell whether its writer still lives.
const STAGED: &str = ".remade-";

/// The name under which the file is written before it is whole: in the same folder, so that a
/// rename is enough, and with the same extension, for savers that look at it.
pub fn staged(target: &Path) -> PathBuf {
    let unique = unique().to_string();
    let mut name = OsString::from(format!(
        "{STAGED}{}-{}-{}",
        crate::machine::host_digits(),
        std::process::id(),
        &unique[..12]
    ));
    if let Some(extension) = full_extension(target) {
        name.push(extension);
    }
    target.with_file_name(name)
}

/// The host's digits and the process of a staged name.
pub fn staged_by(name: &str) -> Option<(&str, u32)> {
    let rest = name.strip_prefix(STAGED)?;
    let mut parts = rest.splitn(3, '-');
    let host = parts.next()?;
    let process = parts.next()?.parse().ok()?;
    parts.next()?;
    Some((host, process))
}

/// No extension that a saver looks at is longer, and a name has to fit into 255 bytes.
const LONGEST_EXTENSION: usize = 64;

/// From the dot of the last extension on; `.nii.gz` and the like count as one.
fn full_extension(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let compressed = [".gz", ".bz2", ".xz", ".zst"];
    let stem_end = compressed
        .iter()
        .find(|end| name.ends_with(**end))
        .map_or(name.len(), |end| name.len() - end.len());
    let dot = name[..stem_end]
        .rfind('.')
        .filter(|dot| *dot > 0 && name.len() - dot <= LONGEST_EXTENSION);
    match dot {
        Some(dot) => Some(name[dot..].to_owned()),
        None if stem_end < name.len() => Some(name[stem_end..].to_owned()),
        None => None,
    }
}
