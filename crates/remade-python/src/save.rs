//! How does a returned value become staged files?

mod persisters;
mod pickle;

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use remade::call::CallKey;
use remade::make::{NotSaved, Saved, SavedResult};
use remade::record::{Digest, Item, Shape};
use remade::source::SourceState;
use remade::store::commit::{StagedFile, Staging};
use remade::store::pickled::Pickled;
use remade::store::{FunctionFolder, Store, files};
use remade::version::{Encoder, Tag, Version};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::arrays;
use crate::binder::Values;
use crate::errors::in_words;
use crate::numpy::{Array, dtype};
use crate::output::{Kind, Output, Place, Tree};
use crate::prepared::Prepared;
use crate::registry;
use crate::short::to_short;
use crate::value::{Unversioned, short_form};

/// What saving is done with.
pub(crate) struct Saver<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) store: &'a Arc<Store>,
    pub(crate) folder: &'a FunctionFolder,
    pub(crate) key: CallKey,
    pub(crate) output: &'a Output,
    pub(crate) prepared: &'a Prepared,
    pub(crate) values: &'a Values<'py>,
    pub(crate) staging: &'a mut Staging,
    pub(crate) results: Vec<SavedResult>,
    pub(crate) items: Vec<Item>,
    /// What history will know, with its place.
    pub(crate) tracked: Vec<Tracked>,
    /// Truth values that come back as numbers: their place, and the persister.
    pub(crate) masks: Vec<(String, String)>,
    /// Whether the whole value was looked through, and there is nothing in it that needs a look.
    pub(crate) is_plain: bool,
}

/// An object that history will know after the run.
pub(crate) struct Tracked {
    pub(crate) position: String,
    pub(crate) object: Py<PyAny>,
    /// What reading it in full gives, where loading will give something else.
    pub(crate) content: Option<Version>,
}

/// A part of the value, and what keeps it.
struct Part<'v, 'py> {
    value: &'v Bound<'py, PyAny>,
    position: &'v str,
    persister: String,
    persister_version: Version,
}

/// What is known of a part once it is saved: as in [`SavedResult`].
#[derive(Default)]
struct Kept {
    version: Option<Version>,
    file: Option<StagedFile>,
    content: Option<(Digest, Version)>,
    pickled: Option<Pickled>,
}

type Failure = NotSaved<PyErr>;

/// Names of the persisters that the engine chooses, as records have them.
pub(crate) const PICKLE: &str = "remade.PickleFile";
pub(crate) const NUMPY: &str = "remade.NumpyFile";

/// The version of a persister that the engine chose.
pub(crate) fn chosen(name: &str) -> Version {
    let mut encoder = Encoder::new();
    encoder.begin_named(Tag::Persisted, name, 0);
    encoder.finish()
}

impl<'py> Saver<'_, 'py> {
    pub(crate) fn save(&mut self, value: &Bound<'py, PyAny>) -> Result<Saved, Failure> {
        self.is_plain = registry::is_plain(value);
        let written = match self.is_plain {
            true => Vec::new(),
            false => self.written(value)?,
        };
        let output = self.output;
        let shape = match &output.tree {
            Tree::Choose => self.choose(value)?,
            tree => self.part(tree, value, "")?,
        };
        Ok(Saved {
            value: shape,
            results: std::mem::take(&mut self.results),
            written,
            items: std::mem::take(&mut self.items),
        })
    }

    /// The files that the function wrote by itself.
    fn written(&self, value: &Bound<'py, PyAny>) -> Result<Vec<SourceState>, Failure> {
        crate::files::written(value, self.store).map_err(|error| match error {
            Unversioned::NoVersion { why, .. } => NotSaved {
                path: None,
                why: format!("a File in the result cannot be read: {why}"),
                cause: None,
            },
            Unversioned::Raised(error) => raised(self.py, None, error),
        })
    }

    /// No file for None, short values in the record, `.npy` for a plain array, pickle for the rest.
    fn choose(&mut self, value: &Bound<'py, PyAny>) -> Result<Shape, Failure> {
        let py = self.py;
        if let Some(short) = to_short(value).map_err(|error| raised(py, None, error))? {
            return Ok(Shape::Short(short));
        }
        let plain = is_plain_array(value).map_err(|error| raised(py, None, error))?;
        let (kind, name, extension) = if plain {
            (Kind::Numpy, NUMPY, ".npy")
        } else {
            (Kind::Pickle, PICKLE, ".pkl")
        };
        let target = self.folder.result(self.key, "", extension);
        let part = Part {
            value,
            position: "",
            persister: name.to_owned(),
            persister_version: chosen(name),
        };
        self.write(part, kind, &target, false)
    }

    fn part(
        &mut self,
        tree: &Tree,
        value: &Bound<'py, PyAny>,
        position: &str,
    ) -> Result<Shape, Failure> {
        match tree {
            Tree::Choose => self.choose(value),
            Tree::Slot(index) => self.slot(*index, value, position),
            Tree::Constant(constant) => self.constant(constant, value, position),
            Tree::List(trees) => {
                let items = value
                    .cast_exact::<PyList>()
                    .map_err(|_| self.mismatch(position, "a list", value))?;
                let items: Vec<_> = items.iter().collect();
                self.parts(trees, &items, value, position).map(Shape::List)
            }
            Tree::Tuple(trees) => {
                let items = value
                    .cast_exact::<PyTuple>()
                    .map_err(|_| self.mismatch(position, "a tuple", value))?;
                let items: Vec<_> = items.iter().collect();
                self.parts(trees, &items, value, position).map(Shape::Tuple)
            }
            Tree::Dict(trees) => {
                let pairs = value
                    .cast_exact::<PyDict>()
                    .map_err(|_| self.mismatch(position, "a dict", value))?;
                self.pairs(trees, pairs, position)
            }
        }
    }

    fn parts(
        &mut self,
        trees: &[Tree],
        items: &[Bound<'py, PyAny>],
        value: &Bound<'py, PyAny>,
        position: &str,
    ) -> Result<Vec<Shape>, Failure> {
        if trees.len() != items.len() {
            let expected = format!("{} values", trees.len());
            return Err(self.mismatch(position, &expected, value));
        }
        let pairs = trees.iter().zip(items).enumerate();
        pairs
            .map(|(index, (tree, item))| self.part(tree, item, &format!("{position}[{index}]")))
            .collect()
    }

    fn pairs(
        &mut self,
        trees: &[(Py<PyAny>, Tree)],
        pairs: &Bound<'py, PyDict>,
        position: &str,
    ) -> Result<Shape, Failure> {
        let py = self.py;
        if trees.len() != pairs.len() {
            let expected = format!("a dict of {} values", trees.len());
            return Err(self.mismatch(position, &expected, pairs.as_any()));
        }
        let keys: Vec<_> = trees.iter().map(|(key, _)| key.bind(py).clone()).collect();
        let names = registry::key_names(&keys);
        let mut shapes = Vec::with_capacity(trees.len());
        for ((key, name), (_, tree)) in keys.iter().zip(names).zip(trees) {
            let found = pairs.iter().enumerate().find_map(|(place, (other, item))| {
                let same = other.get_type().is(key.get_type()) && other.eq(key).unwrap_or(false);
                same.then_some((place, item))
            });
            let (place, item) = found.ok_or_else(|| {
                self.mismatch(position, &format!("the key {name}"), pairs.as_any())
            })?;
            let shape = self.part(tree, &item, &format!("{position}[{name}]"))?;
            shapes.push((place, (name, shape)));
        }
        // The results stand in the order of `output=`, the keys in that of the value.
        shapes.sort_by_key(|(place, _)| *place);
        Ok(Shape::Dict(
            shapes.into_iter().map(|(_, shape)| shape).collect(),
        ))
    }

    fn mismatch(&self, position: &str, expected: &str, value: &Bound<'py, PyAny>) -> Failure {
        let size = value
            .len()
            .map_or_else(|_| String::new(), |size| format!(" of {size} values"));
        let kind = value.get_type();
        let kind = kind
            .name()
            .map_or_else(|_| "?".to_owned(), |n| n.to_string());
        unexpected(position, expected, &format!("a {kind}{size}"))
    }

    /// A constant stands for itself, so it must be what was returned.
    fn constant(
        &mut self,
        constant: &Py<PyAny>,
        value: &Bound<'py, PyAny>,
        position: &str,
    ) -> Result<Shape, Failure> {
        let constant = constant.bind(self.py);
        let same = match (
            registry::content_version(constant),
            registry::content_version(value),
        ) {
            (Ok(constant), Ok(value)) => constant == value,
            _ => constant.is(value),
        };
        if same {
            let short = to_short(value).map_err(|error| raised(self.py, None, error))?;
            Ok(short.map_or(Shape::Constant, Shape::Short))
        } else {
            let expected = format!("the constant {}", short_form(constant));
            Err(unexpected(position, &expected, &short_form(value)))
        }
    }

    fn slot(
        &mut self,
        index: usize,
        value: &Bound<'py, PyAny>,
        position: &str,
    ) -> Result<Shape, Failure> {
        let (py, output) = (self.py, self.output);
        let slot = &output.slots[index];
        let part = Part {
            value,
            position,
            persister: slot.name(py),
            persister_version: self.prepared.persisters[index],
        };
        let named = slot
            .file(self.values, &self.prepared.binder, py)
            .map_err(|error| raised(py, None, error))?;
        let (target, is_named) = match (&slot.place, named) {
            (Place::Elsewhere, _) => return self.elsewhere(part, slot),
            (_, Some(path)) => (path, true),
            (_, None) => {
                let mark = match output.slots.len() {
                    1 => String::new(),
                    _ => format!(".{index}"),
                };
                (self.folder.result(self.key, &mark, &slot.extension), false)
            }
        };
        match slot.kind {
            Kind::Other => self.by_persister(part, slot, &target, is_named),
            Kind::Nifti => self.nifti(part, slot, &target, is_named),
            Kind::Pickle | Kind::Numpy => self.write(part, slot.kind, &target, is_named),
        }
    }

    /// The persisters whose work the engine does.
    fn write(
        &mut self,
        part: Part<'_, 'py>,
        kind: Kind,
        target: &Path,
        named: bool,
    ) -> Result<Shape, Failure> {
        let py = self.py;
        let failed = |error| unwritten(error, target);
        let raised = |error| raised(py, Some(target.to_owned()), error);
        let staged = self.staging.stage(target, named).map_err(failed)?;
        let path = self.staging.path(staged).to_owned();
        let file = files::create_new(&path).map_err(failed)?;
        let (file, version, content, pickled) = match kind {
            Kind::Numpy => {
                let version = arrays::save(part.value, &file, target).map_err(raised)?;
                let content = version.map(|version| (Digest::Array, version));
                (file, version, content, None)
            }
            Kind::Pickle | Kind::Nifti | Kind::Other => {
                let (file, pickled, digest) =
                    pickle::save(part.value, file).map_err(|error| match error {
                        pickle::Failed::Written(error) => failed(error),
                        pickle::Failed::Raised(error) => raised(error),
                    })?;
                let content = Some((Digest::Bytes, digest));
                (file, None, content, Some(pickled))
            }
        };
        files::close(file).map_err(failed)?;
        self.track(&part, version).map_err(raised)?;
        let kept = Kept {
            version,
            file: Some(staged),
            content,
            pickled,
        };
        Ok(self.note(part, kept))
    }

    /// Notes that a part is saved.
    fn note(&mut self, part: Part<'_, 'py>, kept: Kept) -> Shape {
        self.results.push(SavedResult {
            position: part.position.to_owned(),
            persister: part.persister,
            persister_version: part.persister_version,
            version: kept.version,
            file: kept.file,
            content: kept.content,
            pickled: kept.pickled,
        });
        Shape::Result(self.results.len() - 1)
    }

    /// Notes what history will know of a value that comes back exactly. `written`: the version of
    /// the whole, where it was taken while writing.
    fn track(&mut self, part: &Part<'_, 'py>, written: Option<Version>) -> PyResult<()> {
        let Part {
            value, position, ..
        } = *part;
        if self.is_plain || registry::is_plain(value) {
            return Ok(());
        }
        // What the run changed behind its history is told by what is there.
        registry::verify(value)?;
        let found = match written {
            Some(version) if is_plain_array(value)? => registry::positions(value)?
                .into_iter()
                .map(|(inner, object)| (inner, object, version))
                .collect(),
            Some(_) => Vec::new(),
            None => registry::trackable(value)?,
        };
        for (inner, object, content) in found {
            let position = format!("{position}{inner}");
            // An argument that is returned as it was keeps the version it had.
            let version = registry::version_of(&object)?.unwrap_or(content);
            self.items.push(Item {
                position: position.clone(),
                version,
                content,
                code: registry::code_of(&object)?.version(),
            });
            self.tracked.push(Tracked {
                position,
                object: object.unbind(),
                content: None,
            });
        }
        Ok(())
    }
}

/// The structure of `output=` is not that of the result.
fn unexpected(position: &str, expected: &str, found: &str) -> Failure {
    let place = match position {
        "" => "the result".to_owned(),
        position => format!("the result{position}"),
    };
    NotSaved {
        path: None,
        why: format!("output= expects {expected} for {place}, and it is {found}"),
        cause: None,
    }
}

/// The version of what a persister gives back for a content.
fn persisted(persister: Version, content: Version) -> Version {
    let mut encoder = Encoder::new();
    encoder.begin(Tag::Persisted, 2);
    encoder.version(Tag::Version, persister);
    encoder.version(Tag::Version, content);
    encoder.finish()
}

/// The whole value, if history can know such a thing.
fn whole(part: &Part<'_, '_>) -> Option<Tracked> {
    let found = registry::positions(part.value).ok()?;
    found
        .into_iter()
        .find(|(inner, _)| inner.is_empty())
        .map(|(_, object)| Tracked {
            position: part.position.to_owned(),
            object: object.unbind(),
            content: None,
        })
}

/// The file of a result could not be written.
fn unwritten(error: std::io::Error, target: &Path) -> Failure {
    NotSaved {
        path: Some(target.to_owned()),
        why: error.to_string(),
        cause: Some(crate::write::os_error(&error, target)),
    }
}

fn raised(py: Python<'_>, path: Option<PathBuf>, error: PyErr) -> Failure {
    NotSaved {
        path,
        why: in_words(py, &error),
        cause: Some(error),
    }
}

/// Whether an error is one that a program is expected to handle, not an interrupt.
pub(crate) fn is_ordinary(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyException>(py)
}

/// A plain array: what a `.npy` file gives back as it is.
fn is_plain_array(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let Some(array) = Array::new(value) else {
        return Ok(false);
    };
    let exact =
        crate::numpy::types(value.py()).is_some_and(|types| value.get_type().is(&types.ndarray));
    if !exact {
        return Ok(false);
    }
    let dtype = dtype::of_array(array)?;
    Ok(!dtype.has_objects && dtype.survives_file)
}

/// Refuses before a run what could not be saved after it.
pub(crate) fn check_names(
    output: &Output,
    values: &Values<'_>,
    prepared: &Prepared,
    py: Python<'_>,
) -> PyResult<()> {
    let mut targets = Vec::new();
    for slot in &output.slots {
        if let Some(path) = slot.file(values, &prepared.binder, py)? {
            if targets.contains(&path) {
                return Err(PyValueError::new_err(format!(
                    "two results of this call would share the file {}",
                    path.display()
                )));
            }
            targets.push(path);
        }
    }
    Ok(())
}
