//! How is a value kept in the compact form of postcard?

use super::json::{compare, serialized};
use super::{Failure, Kept, Persister, Stored, Target, named};
use crate::rust::versioned::Walk;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Anything that serde knows, in the few bytes of [postcard](https://postcard.jamesmunns.com): every
/// number is exact, also NaN and infinity.
///
/// The format says nothing of names and types. So what is loaded is compared with what was saved, by
/// the names of its types, fields and variants: where they are others by now, the function runs again.
#[derive(Debug, Clone, Default)]
pub struct PostcardFile(Option<PathBuf>);

impl PostcardFile {
    /// In the file of this name.
    pub fn new(path: impl Into<PathBuf>) -> PostcardFile {
        PostcardFile(named(path))
    }
}

impl<T: Serialize + DeserializeOwned> Persister<T> for PostcardFile {
    fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    fn extension(&self) -> &str {
        ".postcard"
    }

    fn name(&self) -> &str {
        "remade.PostcardFile"
    }

    fn save(&self, value: &T, target: &mut Target<'_>) -> Result<Kept, Failure> {
        let version = serialized(value, &mut Walk::new(None))?;
        let mut file = BufWriter::with_capacity(1 << 16, target);
        postcard::to_io(value, &mut file)?;
        file.flush()?;
        Ok(Kept::Checked(version))
    }

    fn load(&self, stored: &Stored<'_>) -> Result<T, Failure> {
        let bytes = stored.bytes()?;
        let (value, rest) = postcard::take_from_bytes(&bytes)?;
        if !rest.is_empty() {
            return Err(format!("{} bytes are left behind the value", rest.len()).into());
        }
        compare(&value, stored)?;
        Ok(value)
    }
}
