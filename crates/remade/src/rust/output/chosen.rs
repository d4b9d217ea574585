//! What keeps a result where its user says nothing?
//!
//! Short values stand in the record. Arrays and vectors of numbers go to a `.npy` file, text to a
//! text file, and the rest to JSON, as far as serde knows it.

use super::{Loader, Never, Output, Saver, Slot};
use crate::make::{LoadFailure, NotSaved};
use crate::record::{Shape, Short};
#[cfg(feature = "ndarray")]
use crate::rust::persister::NpyFile;
#[cfg(feature = "postcard")]
use crate::rust::persister::PostcardFile;
use crate::rust::persister::{Failure, JsonFile, Kept, Persister, Stored, Target, TextFile};
use crate::rust::short::{InShort, is_short};
use crate::rust::versioned::version_of;
use crate::rust::{File, Versioned};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::Path;

/// Numbers, truth, tuples and options of such.
#[derive(Debug, Default)]
pub struct InRecord;

/// Text.
#[derive(Debug, Default)]
pub struct Text;

/// A file that the function wrote by itself.
#[derive(Debug, Default)]
pub struct Written;

/// What serde knows.
#[derive(Debug, Default)]
pub struct Json;

/// Arrays.
#[cfg(feature = "ndarray")]
#[derive(Debug, Default)]
pub struct Npy;

/// The short form of a value that is too long for a record, in a file.
#[derive(Debug)]
struct ShortFile;

impl<T: InShort> Persister<T> for ShortFile {
    fn path(&self) -> Option<&Path> {
        None
    }

    fn extension(&self) -> &str {
        ".json"
    }

    fn name(&self) -> &str {
        "remade.ShortFile"
    }

    fn save(&self, value: &T, target: &mut Target<'_>) -> Result<Kept, Failure> {
        target.write_all(&serde_json::to_vec_pretty(&value.to_short())?)?;
        Ok(version_of(value).map_or(Kept::AsWritten, Kept::Exactly))
    }

    fn load(&self, stored: &Stored<'_>) -> Result<T, Failure> {
        let short: Short = serde_json::from_slice(&stored.bytes()?)?;
        T::from_short(&short).ok_or_else(|| "it holds a value of another type".into())
    }
}

/// Saves a value in the record, where it fits. `version` is the one that it has as an argument.
fn in_record<T: Versioned>(value: &T, short: Short, saver: &mut Saver<'_>) -> Option<Shape> {
    let version = version_of(value)?;
    if !is_short(&short) {
        return None;
    }
    saver.item(version, version);
    Some(Shape::Short(short))
}

impl<T: InShort> Output<T> for InRecord {
    fn slots(&self, _: &mut Vec<Slot>) {}

    fn chosen(&self) -> Option<&'static [&'static str]> {
        Some(&["remade.ShortFile"])
    }

    fn save(&self, value: &T, saver: &mut Saver<'_>) -> Result<Shape, NotSaved<Never>> {
        match in_record(value, value.to_short(), saver) {
            Some(shape) => Ok(shape),
            None => saver.part(value, &ShortFile, chosen_version("remade.ShortFile")),
        }
    }

    fn load(&self, shape: &Shape, loader: &Loader<'_>) -> Result<T, LoadFailure<Never>> {
        match shape {
            Shape::Short(short) => T::from_short(short).ok_or_else(|| loader.differs()),
            shape => loader.part(shape, &ShortFile, chosen_version("remade.ShortFile")),
        }
    }
}

impl Output<String> for Text {
    fn slots(&self, _: &mut Vec<Slot>) {}

    fn chosen(&self) -> Option<&'static [&'static str]> {
        Some(&["remade.TextFile"])
    }

    fn save(&self, value: &String, saver: &mut Saver<'_>) -> Result<Shape, NotSaved<Never>> {
        match in_record(value, value.to_short(), saver) {
            Some(shape) => Ok(shape),
            None => saver.part(
                value,
                &TextFile::default(),
                chosen_version("remade.TextFile"),
            ),
        }
    }

    fn load(&self, shape: &Shape, loader: &Loader<'_>) -> Result<String, LoadFailure<Never>> {
        match shape {
            Shape::Short(short) => String::from_short(short).ok_or_else(|| loader.differs()),
            shape => loader.part(
                shape,
                &TextFile::default(),
                chosen_version("remade.TextFile"),
            ),
        }
    }
}

impl Output<File> for Written {
    fn slots(&self, _: &mut Vec<Slot>) {}

    fn chosen(&self) -> Option<&'static [&'static str]> {
        Some(&[])
    }

    fn save(&self, value: &File, saver: &mut Saver<'_>) -> Result<Shape, NotSaved<Never>> {
        let failed = |why: String| NotSaved {
            path: Some(value.path().to_owned()),
            why,
            cause: None,
        };
        if std::fs::symlink_metadata(value.path()).is_err() {
            return Err(failed("the function did not write it".to_owned()));
        }
        let mut walk = crate::rust::Walk::new(Some(saver.function.made.store())).noting();
        value.encode(&mut walk);
        let version = walk.finish().map_err(&failed)?;
        let states = walk.noted().sources;
        let path = states.first().map(|state| state.path.clone());
        saver.written.extend(states);
        saver.item(version, version);
        Ok(Shape::Short(Short::File(path.unwrap_or_default())))
    }

    fn load(&self, shape: &Shape, loader: &Loader<'_>) -> Result<File, LoadFailure<Never>> {
        match shape {
            Shape::Short(Short::File(path)) => {
                // Relative to the project, which may have been moved.
                Ok(File::new(loader.function.made.store().from_stored(path)))
            }
            _ => Err(loader.differs()),
        }
    }
}

/// JSON; NaN and infinity, which it does not have, in the compact form.
impl<T: Serialize + DeserializeOwned> Output<T> for Json {
    fn slots(&self, _: &mut Vec<Slot>) {}

    fn chosen(&self) -> Option<&'static [&'static str]> {
        Some(&[JSON, POSTCARD])
    }

    fn save(&self, value: &T, saver: &mut Saver<'_>) -> Result<Shape, NotSaved<Never>> {
        #[cfg(feature = "postcard")]
        {
            let mut walk = crate::rust::Walk::new(None).finite();
            crate::rust::versioned::encode_by_serde(value, &mut walk);
            if walk.why().is_some() {
                return saver.part(value, &PostcardFile::default(), chosen_version(POSTCARD));
            }
        }
        saver.part(value, &JsonFile::default(), chosen_version(JSON))
    }

    fn load(&self, shape: &Shape, loader: &Loader<'_>) -> Result<T, LoadFailure<Never>> {
        #[cfg(feature = "postcard")]
        if loader.is_kept_by(shape, POSTCARD) {
            return loader.part(shape, &PostcardFile::default(), chosen_version(POSTCARD));
        }
        loader.part(shape, &JsonFile::default(), chosen_version(JSON))
    }
}

const JSON: &str = "remade.JsonFile";
const POSTCARD: &str = "remade.PostcardFile";

#[cfg(feature = "ndarray")]
impl<T> Output<T> for Npy
where
    NpyFile: Persister<T>,
{
    fn slots(&self, _: &mut Vec<Slot>) {}

    fn chosen(&self) -> Option<&'static [&'static str]> {
        Some(&["remade.NpyFile"])
    }

    fn save(&self, value: &T, saver: &mut Saver<'_>) -> Result<Shape, NotSaved<Never>> {
        saver.part(value, &NpyFile::default(), chosen_version("remade.NpyFile"))
    }

    fn load(&self, shape: &Shape, loader: &Loader<'_>) -> Result<T, LoadFailure<Never>> {
        loader.part(shape, &NpyFile::default(), chosen_version("remade.NpyFile"))
    }
}

/// The version of a persister that was chosen.
pub(in crate::rust) fn chosen_version(name: &str) -> crate::version::Version {
    use crate::version::{Encoder, Tag};
    let mut encoder = Encoder::new();
    encoder.begin_named(Tag::Persisted, name, 0);
    encoder.finish()
}
