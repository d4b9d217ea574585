//! How is an array kept in a `.npy` file (NEP 1)?
//!
//! Files are byte for byte those of `numpy.save`, and the version of the array is taken from the
//! same blocks that are written. Nothing here ever unpickles. Only plain element types
//! ([`Element`]) have a version that can be told from the file; for others [`Npy::version`] answers
//! `None`, and the caller asks numpy.

mod element;
mod header;
mod literal;
mod read;
mod write;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

pub use element::Element;
pub use header::Header;
pub use read::Npy;
pub use write::save;

pub use super::Malformed;

/// Why a `.npy` file could not be written or read.
#[derive(Debug)]
#[non_exhaustive]
pub enum NpyError {
    /// The file is not what a `.npy` file must be. Running the function again makes a whole one.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Malformed,
    },
    /// The array, or the memory for it, does not fit the header. The caller's mistake.
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

impl NpyError {
    fn damaged(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> NpyError {
        NpyError::Damaged {
            path: path.to_owned(),
            source: Malformed {
                expected: expected.into(),
                found: found.into(),
            },
        }
    }

    fn mismatch(path: &Path, expected: impl Into<String>, found: impl Into<String>) -> NpyError {
        NpyError::Mismatch {
            path: path.to_owned(),
            source: Malformed {
                expected: expected.into(),
                found: found.into(),
            },
        }
    }

    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> NpyError {
        let path = path.to_owned();
        move |source| NpyError::Io {
            doing,
            path,
            source,
        }
    }
}

impl fmt::Display for NpyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NpyError::Damaged { path, .. } => {
                write!(f, "{} is not a whole .npy file", path.display())
            }
            NpyError::Mismatch { path, .. } => {
                write!(f, "the array and the header of {} differ", path.display())
            }
            NpyError::Io { doing, path, .. } => write!(f, "could not {doing} {}", path.display()),
        }
    }
}

impl std::error::Error for NpyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            NpyError::Damaged { source, .. } | NpyError::Mismatch { source, .. } => Some(source),
            NpyError::Io { source, .. } => Some(source),
        }
    }
}
