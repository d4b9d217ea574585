//! What keeps which part of a result?

use crate::once::Once;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};
use remade::version::{Encoder, Tag, Version};
use std::path::PathBuf;

use crate::binder::{Binder, Values};
use crate::code::{self, Code, Rules};
use crate::registry;
use crate::value::{Unversioned, Walk};

/// Which of the persisters that come with remade, whose work the engine does itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Pickle,
    Numpy,
    Nifti,
    /// A user's.
    Other,
}

/// Where a persister keeps its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Here; whether parameters stand in the name.
    Named(String, bool),
    /// The engine names it.
    Chosen,
    /// It has no file.
    Elsewhere,
}

/// One place of a result and the persister that keeps it.
pub(crate) struct Slot {
    pub(crate) kind: Kind,
    /// A subclass of `PickleFile`: what it writes is code, too.
    pub(crate) unpickles: bool,
    /// ... that loads by the method of `PickleFile`.
    pub(crate) loads_as_pickle: bool,
    pub(crate) place: Place,
    /// The end of a name that the engine chooses.
    pub(crate) extension: String,
    persister: Py<PyAny>,
    class: Py<PyType>,
    fields: Vec<String>,
}

/// The structure of `output=`.
pub(crate) enum Tree {
    /// The engine chooses.
    Choose,
    Slot(usize),
    Constant(Py<PyAny>),
    List(Vec<Tree>),
    Tuple(Vec<Tree>),
    Dict(Vec<(Py<PyAny>, Tree)>),
}

/// `output=`, understood.
pub(crate) struct Output {
    pub(crate) tree: Tree,
    pub(crate) slots: Vec<Slot>,
}

impl Output {
    /// From what `_output.checked` made.
    pub(crate) fn parse(tree: &Bound<'_, PyAny>) -> PyResult<Output> {
        let mut slots = Vec::new();
        let tree = if tree.is_none() {
            Tree::Choose
        } else {
            parse(tree, &mut slots)?
        };
        Ok(Output { tree, slots })
    }

    /// The version of what stands around the persisters; None where nothing does.
    pub(crate) fn structure(&self, py: Python<'_>) -> Option<Version> {
        if matches!(self.tree, Tree::Choose | Tree::Slot(_)) {
            return None;
        }
        let mut encoder = Encoder::new();
        self.tree.encode(py, &mut encoder);
        Some(encoder.finish())
    }

    /// Whether a file name holds parameters.
    pub(crate) fn has_fields(&self) -> bool {
        self.slots.iter().any(|slot| !slot.fields.is_empty())
    }

    /// For the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.tree.traverse(visit)?;
        for slot in &self.slots {
            visit.call(&slot.persister)?;
            visit.call(&slot.class)?;
        }
        Ok(())
    }

    /// Whether the file names suit the parameters and the number of results kept.
    pub(crate) fn check(&self, binder: &Binder, keeps_more: bool) -> PyResult<()> {
        for slot in &self.slots {
            let Place::Named(name, _) = &slot.place else {
                continue;
            };
            for field in &slot.fields {
                match binder.parameter(field) {
                    Some(false) => {}
                    Some(true) => {
                        return Err(PyValueError::new_err(format!(
                            "{name}: the parameter {field} is ignored, so calls that differ in it \
                             would share one result; take {{{field}}} out of the name or out of \
                             ignore"
                        )));
                    }
                    None => {
                        return Err(PyValueError::new_err(format!(
                            "{name}: the function has no parameter {field}; there are: {}",
                            binder.names()
                        )));
                    }
                }
            }
            if keeps_more && slot.fields.is_empty() {
                return Err(PyValueError::new_err(format!(
                    "{name} is one file, and keep asks for more than one result: let the name \
                     differ per call, such as \"f-{{x}}.npy\", or use keep=1"
                )));
            }
        }
        Ok(())
    }
}

impl Tree {
    fn encode(&self, py: Python<'_>, encoder: &mut Encoder) {
        match self {
            Tree::Choose | Tree::Slot(_) => encoder.tag(Tag::Missing),
            Tree::Constant(value) => match registry::content_version(value.bind(py)) {
                Ok(version) => encoder.version(Tag::Version, version),
                // Only the very same object will do, and no record can tell which that was.
                Err(_) => encoder.tag(Tag::Named),
            },
            Tree::List(trees) | Tree::Tuple(trees) => {
                let tag = match self {
                    Tree::List(_) => Tag::List,
                    _ => Tag::Tuple,
                };
                encoder.begin(tag, trees.len());
                for tree in trees {
                    tree.encode(py, encoder);
                }
            }
            Tree::Dict(trees) => {
                encoder.begin(Tag::Dict, trees.len());
                let keys: Vec<_> = trees.iter().map(|(key, _)| key.bind(py).clone()).collect();
                for (name, (_, tree)) in registry::key_names(&keys).iter().zip(trees) {
                    encoder.text(name);
                    tree.encode(py, encoder);
                }
            }
        }
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Tree::Choose | Tree::Slot(_) => Ok(()),
            Tree::Constant(value) => visit.call(value),
            Tree::List(trees) | Tree::Tuple(trees) => {
                trees.iter().try_for_each(|tree| tree.traverse(visit))
            }
            Tree::Dict(trees) => trees.iter().try_for_each(|(key, tree)| {
                visit.call(key)?;
                tree.traverse(visit)
            }),
        }
    }
}

fn parse(tree: &Bound<'_, PyAny>, slots: &mut Vec<Slot>) -> PyResult<Tree> {
    let py = tree.py();
    if let Ok(items) = tree.cast_exact::<PyList>() {
        let items: PyResult<_> = items.iter().map(|item| parse(&item, slots)).collect();
        return Ok(Tree::List(items?));
    }
    if let Ok(items) = tree.cast_exact::<PyTuple>() {
        let items: PyResult<_> = items.iter().map(|item| parse(&item, slots)).collect();
        return Ok(Tree::Tuple(items?));
    }
    if let Ok(pairs) = tree.cast_exact::<PyDict>() {
        let mut all = Vec::with_capacity(pairs.len());
        for (key, item) in pairs.iter() {
            all.push((key.unbind(), parse(&item, slots)?));
        }
        return Ok(Tree::Dict(all));
    }
    static SLOT: Once<Py<PyType>> = Once::new();
    if tree.is_instance(SLOT.import(py, "remade._output", "Slot")?)? {
        slots.push(Slot::parse(tree)?);
        return Ok(Tree::Slot(slots.len() - 1));
    }
    Ok(Tree::Constant(tree.clone().unbind()))
}

impl Slot {
    fn parse(slot: &Bound<'_, PyAny>) -> PyResult<Slot> {
        let py = slot.py();
        let persister = slot.getattr("persister")?;
        let template = slot.getattr("template")?;
        let fields: Vec<String> = slot.getattr("fields")?.extract()?;
        let place = if template.is_none() {
            Place::Chosen
        } else if let Ok(text) = template.extract::<String>() {
            // Braces that are doubled are filled in as well.
            let filled = text.contains(['{', '}']);
            Place::Named(text, filled)
        } else {
            Place::Elsewhere
        };
        let class = match persister.cast::<PyType>() {
            Ok(class) => class.clone(),
            Err(_) => persister.get_type(),
        };
        let kind = if class.is(pickle_file(py)?) {
            Kind::Pickle
        } else if class.is(numpy_file(py)?) {
            Kind::Numpy
        } else if class.is(nifti_file(py)?) || class.is(mapped_nifti_file(py)?) {
            Kind::Nifti
        } else {
            Kind::Other
        };
        let unpickles = kind == Kind::Other && class.is_subclass(pickle_file(py)?)?;
        let load = intern!(py, "load");
        let loads_as_pickle =
            unpickles && class.getattr(load)?.is(&pickle_file(py)?.getattr(load)?);
        Ok(Slot {
            kind,
            unpickles,
            loads_as_pickle,
            place,
            extension: class.getattr("extension")?.extract()?,
            persister: persister.unbind(),
            class: class.unbind(),
            fields,
        })
    }

    /// The final name for a call; None where the engine chooses, or where there is no file.
    pub(crate) fn file(
        &self,
        values: &Values<'_>,
        binder: &Binder,
        py: Python<'_>,
    ) -> PyResult<Option<PathBuf>> {
        match &self.place {
            Place::Named(path, false) => Ok(Some(PathBuf::from(path))),
            Place::Named(template, true) => {
                static FILL: Once<Py<PyAny>> = Once::new();
                let fill = FILL.import(py, "remade._output", "fill")?;
                let arguments = values.to_dict(py, binder)?;
                Ok(Some(fill.call1((template, arguments))?.extract()?))
            }
            Place::Chosen | Place::Elsewhere => Ok(None),
        }
    }

    /// A persister that works on this file.
    pub(crate) fn on_file<'py>(
        &self,
        py: Python<'py>,
        path: Option<&std::path::Path>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let persister = self.persister.bind(py);
        // As text, which users put together with text.
        let path = path.map(std::path::Path::as_os_str);
        if let Ok(class) = persister.cast::<PyType>() {
            return class.call1((path,));
        }
        static COPY: Once<Py<PyAny>> = Once::new();
        let copy = COPY.import(py, "copy", "copy")?.call1((persister,))?;
        if let Some(path) = path {
            copy.setattr(intern!(py, "filename"), path)?;
        }
        Ok(copy)
    }

    /// The persister, or its class where the engine names the file: for its options.
    pub(crate) fn persister<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.persister.bind(py)
    }

    /// How an array is mapped, for `NumpyFile`.
    pub(crate) fn mmap_mode(&self, py: Python<'_>) -> PyResult<Option<String>> {
        if self.kind != Kind::Numpy {
            return Ok(None);
        }
        match self
            .persister
            .bind(py)
            .getattr_opt(intern!(py, "mmap_mode"))?
        {
            Some(mode) => mode.extract(),
            None => Ok(None),
        }
    }

    /// Class name, for people.
    pub(crate) fn name(&self, py: Python<'_>) -> String {
        qualified(self.class.bind(py))
    }

    /// Class, code and saving parameters, and the structure it stands in.
    pub(crate) fn version(
        &self,
        py: Python<'_>,
        rules: &Rules,
        structure: Option<Version>,
    ) -> PyResult<(Version, Code)> {
        let class = self.class.bind(py);
        let code = code::of_type(class, rules)?;
        let mut walk = Walk::default();
        walk.encoder
            .begin_named(Tag::Persisted, &qualified(class), 2);
        walk.encoder.version(Tag::Code, code.fingerprint());
        let parameters = PyDict::new(py);
        let persister = self.persister.bind(py);
        if !persister.is_instance_of::<PyType>()
            && let Some(state) = persister.getattr_opt("__dict__")?
        {
            let loading: Vec<String> = class.getattr("loading")?.extract()?;
            let state = state.cast_into::<PyDict>()?;
            let names = PyList::new(py, state.keys())?;
            names.sort()?;
            for name in names.iter() {
                let text: String = name.extract()?;
                if text != "filename" && !loading.contains(&text) {
                    parameters.set_item(&name, state.get_item(&name)?)?;
                }
            }
        }
        match walk.encode(parameters.as_any()) {
            Ok(()) => {}
            Err(Unversioned::Raised(error)) => return Err(error),
            Err(Unversioned::NoVersion { type_name, why }) => {
                let why = format!("a {type_name}: {why}");
                return Err(no_version(class, &parameters, &why));
            }
        }
        if let Some(structure) = structure {
            walk.encoder.version(Tag::Version, structure);
        }
        Ok((walk.encoder.finish(), code))
    }
}

/// The error for a persister with an attribute that has no version, such as an open connection.
fn no_version(class: &Bound<'_, PyType>, parameters: &Bound<'_, PyDict>, why: &str) -> PyErr {
    let has_none =
        |(_, value): &(Bound<'_, PyAny>, Bound<'_, PyAny>)| Walk::default().encode(value).is_err();
    let name = match parameters.iter().find(has_none) {
        Some((name, _)) => name.to_string(),
        None => "?".to_owned(),
    };
    let class = qualified(class);
    PyTypeError::new_err(format!(
        "the attribute {name} of the persister {class} has no version ({why}). If it does not change \
         what is saved, name it in the class: loading = ({name:?},). Otherwise keep what it is made \
         from, such as a path, and open it in save and load"
    ))
}

fn qualified(class: &Bound<'_, PyType>) -> String {
    match class.fully_qualified_name() {
        // The module where it is defined is nobody's business.
        Ok(name) => name.to_string().replace("remade._persisters.", "remade."),
        Err(_) => "?".to_owned(),
    }
}

pub(crate) fn pickle_file(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: Once<Py<PyType>> = Once::new();
    CLASS.import(py, "remade._persisters", "PickleFile")
}

pub(crate) fn numpy_file(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: Once<Py<PyType>> = Once::new();
    CLASS.import(py, "remade._persisters", "NumpyFile")
}

fn nifti_file(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: Once<Py<PyType>> = Once::new();
    CLASS.import(py, "remade._persisters", "NiftiFile")
}

fn mapped_nifti_file(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: Once<Py<PyType>> = Once::new();
    CLASS.import(py, "remade._persisters", "MemMappedNiftiFile")
}
