//! How is a brain image kept in a NIfTI file?
//!
//! NIfTI-1.1 and NIfTI-2, in one file (`.nii`, `.nii.gz`) or, for reading, in two (`.hdr` and
//! `.img`). Elements are written as they are, with slope 1: nothing is ever narrowed. Read are both
//! byte orders, every numeric element type, scaled data, and gzip of several members, to its end, so
//! that every checksum is checked.
//!
//! The first index runs fastest in a file. A shape is given in that order, x first, everywhere here.

mod affine;
mod convert;
mod element;
mod extension;
mod field;
mod gzip;
mod header;
mod inflate;
mod read;
mod scale;
mod stream;
mod write;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use super::Malformed;
pub use affine::Affine;
pub use convert::Conversion;
pub use element::Element;
pub use header::{Format, Header};
pub use read::Nifti;
pub use stream::Input;
pub use write::{Image, Written, save, save_unversioned};

/// How the name of a file says that it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// Header and elements in one file: `.nii`.
    Single,
    /// The elements of two files, whose header lies beside them: `.hdr` and `.img`.
    Pair,
}

/// What the end of a file name says: in one file or two, and whether compressed. Capital letters
/// count as small ones. `None` for any other name.
///
/// ```
/// use remade::persist::nifti::{Container, container};
///
/// assert_eq!(container("scan.nii.gz".as_ref()), Some((Container::Single, true)));
/// assert_eq!(container("scan.img".as_ref()), Some((Container::Pair, false)));
/// assert_eq!(container("scan.mgz".as_ref()), None);
/// ```
pub fn container(path: &Path) -> Option<(Container, bool)> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let (name, is_gzip) = match name.strip_suffix(".gz") {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let container = match name.rsplit_once('.')?.1 {
        "nii" => Container::Single,
        "hdr" | "img" => Container::Pair,
        _ => return None,
    };
    Some((container, is_gzip))
}

/// The names of header and elements, where there are two files.
pub fn pair(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let (Container::Pair, _) = container(path)? else {
        return None;
    };
    let name = path.file_name()?.to_str()?;
    // Both in the letters of the one that is named.
    let at = name.to_ascii_lowercase().rfind(".hdr");
    let at = at.or_else(|| name.to_ascii_lowercase().rfind(".img"))?;
    let (stem, end) = (&name[..at], &name[at + 4..]);
    let is_large = name[at + 1..at + 4].chars().all(|c| c.is_ascii_uppercase());
    let (header, image) = if is_large {
        ("HDR", "IMG")
    } else {
        ("hdr", "img")
    };
    Some((
        path.with_file_name(format!("{stem}.{header}{end}")),
        path.with_file_name(format!("{stem}.{image}{end}")),
    ))
}

/// Why a NIfTI file could not be written or read.
#[derive(Debug)]
#[non_exhaustive]
pub enum NiftiError {
    /// The file is not what a NIfTI file must be. Running the function again makes a whole one.
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where in it: the byte as it lies on the disk.
        at: u64,
        /// What is wrong with it.
        source: Malformed,
    },
    /// A whole file of a kind that is not read here, such as CIFTI.
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is read, and what this is.
        source: Malformed,
    },
    /// The array, the header and the memory do not fit each other. The caller's mistake.
    Mismatch {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        source: Malformed,
    },
    /// The file system refused.
    Io {
        /// What was being done: "read", "write".
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl NiftiError {
    fn corrupt(
        path: &Path,
        at: u64,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> NiftiError {
        NiftiError::Corrupt {
            path: path.to_owned(),
            at,
            source: malformed(expected, found),
        }
    }

    fn mismatch(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> NiftiError {
        NiftiError::Mismatch {
            path: path.to_owned(),
            source: malformed(expected, found),
        }
    }

    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> NiftiError {
        let path = path.to_owned();
        move |source| NiftiError::Io {
            doing,
            path,
            source,
        }
    }
}

fn malformed(expected: impl Into<String>, found: impl Into<String>) -> Malformed {
    Malformed {
        expected: expected.into(),
        found: found.into(),
    }
}

impl fmt::Display for NiftiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NiftiError::Corrupt { path, at, .. } => {
                write!(f, "{} is no whole NIfTI file, at byte {at}", path.display())
            }
            NiftiError::Unsupported { path, .. } => {
                write!(f, "{} cannot be read as an array", path.display())
            }
            NiftiError::Mismatch { path, .. } => {
                write!(f, "{} cannot be written", path.display())
            }
            NiftiError::Io { doing, path, .. } => write!(f, "could not {doing} {}", path.display()),
        }
    }
}

impl std::error::Error for NiftiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            NiftiError::Corrupt { source, .. }
            | NiftiError::Unsupported { source, .. }
            | NiftiError::Mismatch { source, .. } => Some(source),
            NiftiError::Io { source, .. } => Some(source),
        }
    }
}
