//! How does a value become a file, and a file a value again?
//!
//! One module for each format that the engine writes and reads itself. A format knows nothing of
//! places: it is given an open file, and a path only to name it in errors.

pub(crate) mod disk;
mod gather;
pub mod nifti;
pub mod npy;

use std::fmt;

pub use disk::preallocate;

/// Bytes that are not what a format says: what should have been there, and what was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What should have been there.
    pub expected: String,
    /// What was there.
    pub found: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for Malformed {}
