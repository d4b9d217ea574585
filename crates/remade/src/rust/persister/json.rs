//! How is a value kept as JSON?

use super::{Failure, Kept, Persister, Stored, Target, named};
use crate::rust::versioned::{Walk, encode_by_serde};
use crate::version::Version;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Anything that serde knows, as JSON that a person can read.
///
/// JSON has no NaN and no infinity, and no maps whose keys are no text: such a value is not saved,
/// and a warning says so. What is loaded is compared with what was saved: a type that does not come
/// back as it was, or whose fields have other names by now, makes the function run again.
#[derive(Debug, Clone, Default)]
pub struct JsonFile(Option<PathBuf>);

impl JsonFile {
    /// In the file of this name.
    pub fn new(path: impl Into<PathBuf>) -> JsonFile {
        JsonFile(named(path))
    }
}

impl<T: Serialize + DeserializeOwned> Persister<T> for JsonFile {
    fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    fn extension(&self) -> &str {
        ".json"
    }

    fn name(&self) -> &str {
        "remade.JsonFile"
    }

    fn save(&self, value: &T, target: &mut Target<'_>) -> Result<Kept, Failure> {
        let mut walk = Walk::new(None).finite();
        let version = serialized(value, &mut walk)?;
        let mut file = BufWriter::with_capacity(1 << 16, target);
        serde_json::to_writer_pretty(&mut file, value)?;
        file.write_all(b"\n")?;
        file.flush()?;
        Ok(Kept::Checked(version))
    }

    fn load(&self, stored: &Stored<'_>) -> Result<T, Failure> {
        let value = serde_json::from_slice(&stored.bytes()?)?;
        compare(&value, stored)?;
        Ok(value)
    }
}

/// The version of what a value serializes.
pub(super) fn serialized<T: Serialize>(value: &T, walk: &mut Walk<'_>) -> Result<Version, Failure> {
    encode_by_serde(value, walk);
    walk.finish().map_err(Failure::from)
}

/// Whether what was loaded is what was saved.
pub(super) fn compare<T: Serialize>(value: &T, stored: &Stored<'_>) -> Result<(), Failure> {
    let Some(expected) = stored.expected() else {
        return Ok(());
    };
    match serialized(value, &mut Walk::new(None))? == expected {
        true => Ok(()),
        false => Err("the type does not come back as it was saved, or is another by now".into()),
    }
}
