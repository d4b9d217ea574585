//! How does a stored result become a value again?

use crate::once::Once;
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PySet, PyTuple};
use remade::make::{Content, Known, KnownFile, LoadFailure};
use remade::record::Shape;
use remade::store::pickled::Pickled;
use remade::store::seal;
use remade::store::trust;
use remade::version::Version;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::arrays;
use crate::errors::in_words;
use crate::nifti;
use crate::numpy::Array;
use crate::output::{Kind, Output, Tree};
use crate::registry::key_names;
use crate::save::{NUMPY, is_ordinary};
use crate::short::from_short;

/// What is kept beside a record that is known in this process.
pub(crate) struct Kept {
    /// The persisters that its own were found to be: half of a function's identity, 0 for none.
    agreed: AtomicU64,
    /// A value that cannot change, decoded.
    constant: Once<Py<PyAny>>,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept {
            agreed: AtomicU64::new(0),
            constant: Once::new(),
        }
    }
}

impl Kept {
    /// Whether its persisters were found to be those of the function as it is now.
    pub(crate) fn agrees(&self, identity: Version) -> bool {
        self.agreed.load(Ordering::Relaxed) == half(identity)
    }

    pub(crate) fn agree(&self, identity: Version) {
        self.agreed.store(half(identity), Ordering::Relaxed);
    }
}

fn half(identity: Version) -> u64 {
    identity.to_u128() as u64 | 1
}

type Failure = LoadFailure<PyErr>;

/// What loading is done with.
pub(crate) struct Loader<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) known: &'a Known<Kept>,
    pub(crate) paths: &'a [Option<&'a Path>],
    pub(crate) output: &'a Output,
    pub(crate) persisters: &'a [Version],
}

impl<'py> Loader<'_, 'py> {
    pub(crate) fn load(&self) -> Result<Bound<'py, PyAny>, Failure> {
        if let Some(value) = self.known.kept.constant.get(self.py) {
            return Ok(value.bind(self.py).clone());
        }
        // The last result may have been saved by others.
        let mut results = self.known.record.results.iter().zip(self.persisters);
        if results.any(|(result, version)| result.persister_version != *version) {
            return Err(self.differs());
        }
        self.shape(&self.known.record.value, &self.output.tree)
    }

    fn shape(&self, shape: &Shape, tree: &Tree) -> Result<Bound<'py, PyAny>, Failure> {
        let py = self.py;
        match (shape, tree) {
            (Shape::Short(short), _) => {
                let (value, constant) =
                    from_short(py, short).map_err(|error| self.no_value(error))?;
                if constant && matches!(tree, Tree::Choose) {
                    let _ = self.known.kept.constant.set(py, value.clone().unbind());
                }
                Ok(value)
            }
            (Shape::Result(index), Tree::Slot(slot)) => self.result(*index, Some(*slot)),
            (Shape::Result(index), Tree::Choose) => self.result(*index, None),
            (Shape::Constant, Tree::Constant(value)) => {
                constant(value.bind(py)).map_err(LoadFailure::Raised)
            }
            (Shape::List(shapes), Tree::List(trees)) if shapes.len() == trees.len() => {
                let items = self.all(shapes, trees)?;
                PyList::new(py, items)
                    .map(Bound::into_any)
                    .map_err(LoadFailure::Raised)
            }
            (Shape::Tuple(shapes), Tree::Tuple(trees)) if shapes.len() == trees.len() => {
                let items = self.all(shapes, trees)?;
                PyTuple::new(py, items)
                    .map(Bound::into_any)
                    .map_err(LoadFailure::Raised)
            }
            (Shape::Dict(shapes), Tree::Dict(trees)) if shapes.len() == trees.len() => {
                let dict = PyDict::new(py);
                let keys: Vec<_> = trees.iter().map(|(key, _)| key.bind(py).clone()).collect();
                let names = key_names(&keys);
                for (name, shape) in shapes {
                    let place = names.iter().position(|other| other == name);
                    let Some((key, tree)) = place.map(|place| &trees[place]) else {
                        return Err(self.differs());
                    };
                    dict.set_item(key, self.shape(shape, tree)?)
                        .map_err(LoadFailure::Raised)?;
                }
                Ok(dict.into_any())
            }
            _ => Err(self.differs()),
        }
    }

    /// The value that stands in the record is none.
    fn no_value(&self, error: PyErr) -> Failure {
        match is_ordinary(self.py, &error) {
            true => LoadFailure::Unloadable {
                path: self.known.path().to_owned(),
                why: in_words(self.py, &error),
            },
            false => LoadFailure::Raised(error),
        }
    }

    fn differs(&self) -> Failure {
        LoadFailure::Unloadable {
            path: self.known.path().to_owned(),
            why: "the record and output= differ in structure".to_owned(),
        }
    }

    fn all(&self, shapes: &[Shape], trees: &[Tree]) -> Result<Vec<Bound<'py, PyAny>>, Failure> {
        let pairs = shapes.iter().zip(trees);
        pairs.map(|(shape, tree)| self.shape(shape, tree)).collect()
    }

    fn result(&self, index: usize, slot: Option<usize>) -> Result<Bound<'py, PyAny>, Failure> {
        let py = self.py;
        let slot = slot.map(|slot| &self.output.slots[slot]);
        let kind = match slot {
            Some(slot) => slot.kind,
            None if self.known.record.results[index].persister == NUMPY => Kind::Numpy,
            None => Kind::Pickle,
        };
        let path = self.paths.get(index).copied().flatten();
        let (Some(path), Some(file)) = (path, self.known.file(index)) else {
            // The persister keeps it elsewhere.
            let Some(slot) = slot else {
                return Err(self.unloadable(index, "no persister knows where it is".to_owned()));
            };
            return slot
                .on_file(py, None)
                .and_then(|persister| persister.call_method0("load"))
                .map_err(|error| self.failure(index, error));
        };
        match (kind, slot) {
            (Kind::Other, Some(slot)) if slot.loads_as_pickle => self.pickle(index, file, path),
            (Kind::Other, Some(slot)) => self.by_persister(index, slot, path),
            (Kind::Numpy, slot) => {
                let mode = match slot {
                    Some(slot) => slot.mmap_mode(py).map_err(LoadFailure::Raised)?,
                    None => None,
                };
                let content = if mode.is_some() {
                    file.open_mapped(path)
                } else {
                    file.open(path, |_| Ok::<(), String>(()))
                };
                let content = self.content(index, content)?;
                arrays::load(py, content, path, mode.as_deref())
                    .map_err(|error| self.failure(index, error))
            }
            (Kind::Nifti, Some(slot)) => {
                let persister = slot.persister(py);
                let mapped = nifti::is_mapped(persister).map_err(LoadFailure::Raised)?;
                let content = if mapped {
                    file.open_mapped(path)
                } else {
                    file.open(path, |_| Ok::<(), String>(()))
                };
                let content = self.content(index, content)?;
                nifti::load(py, content, path, persister)
                    .map_err(|error| self.failure(index, error))
            }
            (Kind::Pickle | Kind::Nifti | Kind::Other, _) => self.pickle(index, file, path),
        }
    }

    /// What is unpickled are the very bytes that were verified.
    fn pickle(
        &self,
        index: usize,
        known: &KnownFile,
        path: &Path,
    ) -> Result<Bound<'py, PyAny>, Failure> {
        let py = self.py;
        let opened = known.open_checked(path, |file, bytes| {
            self.verify(index, (file, path), &Pickled::of_bytes(bytes))
        });
        let bytes = match self.content(index, opened)? {
            Content::Bytes(bytes) => PyBytes::new(py, &bytes),
            Content::File(file) => {
                let (bytes, pickled) =
                    read_whole(py, &file).map_err(|error| self.failure(index, error))?;
                self.verify(index, (&file, path), &pickled)
                    .map_err(|why| self.unloadable(index, why))?;
                bytes
            }
        };
        unpickle(bytes).map_err(|error| self.failure(index, error))
    }

    /// Why a pickle may not be loaded, in words.
    fn verify(
        &self,
        index: usize,
        file: (&std::fs::File, &Path),
        pickled: &Pickled,
    ) -> Result<(), String> {
        let (record, place) = (&self.known.record, self.known.path());
        match seal::objection(record, place, index, file, pickled) {
            Ok(None) => Ok(()),
            Ok(Some(why)) => Err(why),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A subclass of `PickleFile` with a `load` of its own reads the file by its name, a second time:
    /// so a good seal is not enough, and nobody else may be able to write there.
    fn verify_for(&self, index: usize, path: &Path) -> Result<(), Failure> {
        let unloadable = |why| Err(self.unloadable(index, why));
        let check = || -> std::io::Result<Option<String>> {
            let file = remade::store::files::open_regular(path)?;
            let (pickled, _) = self.py.detach(|| Pickled::of_file(&file))?;
            let record = &self.known.record;
            let why = seal::objection(record, self.known.path(), index, (&file, path), &pickled)?;
            if why.is_some() {
                return Ok(why);
            }
            let who = match trust::distrust(&file, path)? {
                Some(who) => Some(who),
                None => trust::distrust_way_to(self.known.path())?,
            };
            Ok(who.map(|who| {
                format!(
                    "its persister unpickles, which can run any code, and reads the file by \
                     itself, and {who}: take that right away, or leave load to PickleFile"
                )
            }))
        };
        match check() {
            Ok(None) => Ok(()),
            Ok(Some(why)) => unloadable(why),
            Err(error) => unloadable(error.to_string()),
        }
    }

    fn content(
        &self,
        index: usize,
        opened: std::io::Result<Result<Option<Content>, String>>,
    ) -> Result<Content, Failure> {
        match opened {
            Ok(Ok(Some(content))) => Ok(content),
            Ok(Ok(None)) => Err(LoadFailure::Replaced),
            Ok(Err(refusal)) => Err(self.unloadable(index, refusal)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(LoadFailure::Replaced)
            }
            Err(error) => Err(self.unloadable(index, error.to_string())),
        }
    }

    /// A user's persister opens the file by name, so it is looked at before and after.
    fn by_persister(
        &self,
        index: usize,
        slot: &crate::output::Slot,
        path: &Path,
    ) -> Result<Bound<'py, PyAny>, Failure> {
        let Some(file) = self.known.file(index) else {
            return Err(LoadFailure::Replaced);
        };
        if !file.is_at(path) {
            return Err(LoadFailure::Replaced);
        }
        if slot.unpickles {
            self.verify_for(index, path)?;
        }
        let loaded = slot
            .on_file(self.py, Some(path))
            .and_then(|persister| persister.call_method0("load"));
        if !file.is_at(path) {
            return Err(LoadFailure::Replaced);
        }
        loaded.map_err(|error| self.failure(index, error))
    }

    fn failure(&self, index: usize, error: PyErr) -> Failure {
        if is_ordinary(self.py, &error) {
            self.unloadable(index, in_words(self.py, &error))
        } else {
            LoadFailure::Raised(error)
        }
    }

    fn unloadable(&self, index: usize, why: String) -> Failure {
        let path = match self.known.file(index) {
            Some(file) => file.path().to_owned(),
            None => self.known.path().to_owned(),
        };
        LoadFailure::Unloadable { path, why }
    }
}

/// A constant of `output=`: what can change is given out as a copy.
fn constant<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let can_change = value.is_exact_instance_of::<PySet>()
        || value.is_exact_instance_of::<PyByteArray>()
        || Array::new(value).is_some();
    if can_change {
        return py.import("copy")?.call_method1("deepcopy", (value,));
    }
    Ok(value.clone())
}

/// All bytes of a file, in Python's own memory, and what they are.
fn read_whole<'py>(
    py: Python<'py>,
    file: &std::fs::File,
) -> PyResult<(Bound<'py, PyBytes>, Pickled)> {
    let size = usize::try_from(file.metadata()?.len())?;
    let mut pickled = None;
    let bytes = PyBytes::new_with(py, size, |memory| {
        pickled = Some(py.detach(|| Pickled::read(file, memory))?);
        Ok(())
    })?;
    let pickled = pickled.ok_or_else(|| PyOSError::new_err("the file was not read"))?;
    Ok((bytes, pickled))
}

fn unpickle<'py>(bytes: Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyAny>> {
    static LOADS: Once<Py<PyAny>> = Once::new();
    let loads = LOADS.import(bytes.py(), "pickle", "loads")?;
    loads.call1((bytes,))
}
