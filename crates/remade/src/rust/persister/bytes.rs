//! How are bytes and text kept in a file?

use super::{Failure, Kept, Persister, Stored, Target, named};
use crate::rust::versioned::version_of;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Text, in UTF-8.
#[derive(Debug, Clone, Default)]
pub struct TextFile(Option<PathBuf>);

impl TextFile {
    /// In the file of this name.
    pub fn new(path: impl Into<PathBuf>) -> TextFile {
        TextFile(named(path))
    }
}

impl Persister<String> for TextFile {
    fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    fn extension(&self) -> &str {
        ".txt"
    }

    fn name(&self) -> &str {
        "remade.TextFile"
    }

    fn save(&self, value: &String, target: &mut Target<'_>) -> Result<Kept, Failure> {
        target.write_all(value.as_bytes())?;
        Ok(version_of(value).map_or(Kept::AsWritten, Kept::Exactly))
    }

    fn load(&self, stored: &Stored<'_>) -> Result<String, Failure> {
        Ok(String::from_utf8(stored.bytes()?.into_owned())?)
    }
}

/// Bytes.
#[derive(Debug, Clone, Default)]
pub struct BytesFile(Option<PathBuf>);

impl BytesFile {
    /// In the file of this name.
    pub fn new(path: impl Into<PathBuf>) -> BytesFile {
        BytesFile(named(path))
    }
}

impl Persister<Vec<u8>> for BytesFile {
    fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    fn extension(&self) -> &str {
        ".bin"
    }

    fn name(&self) -> &str {
        "remade.BytesFile"
    }

    fn save(&self, value: &Vec<u8>, target: &mut Target<'_>) -> Result<Kept, Failure> {
        target.write_all(value)?;
        Ok(version_of(value).map_or(Kept::AsWritten, Kept::Exactly))
    }

    fn load(&self, stored: &Stored<'_>) -> Result<Vec<u8>, Failure> {
        Ok(stored.bytes()?.into_owned())
    }
}
