//! What does history tell of where an object came from?
//!
//! Two hidden functions that `remade._lineage` makes readable: they give plain tuples, and records
//! as the text that stands in the store.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use remade::lineage::{self, Input, Lineage, Role, Start, What};
use remade::record::Record;
use remade::store::Store;
use remade::version::Tag;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::registry::{self, Known};
use crate::value::kind::{self, Kind};
use crate::value::{Unversioned, Walk};

pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_origin, module)?)?;
    module.add_function(wrap_pyfunction!(_lineage, module)?)?;
    module.add_function(wrap_pyfunction!(_lineage_of_file, module)?)
}

/// The record of an object, where in its result it stood, its version, whether it is but a part of
/// that, the store, and the record's path if it is still there; None for what history does not know.
#[pyfunction]
fn _origin<'py>(obj: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let py = obj.py();
    let Some(known) = trusted(obj)? else {
        return Ok(None);
    };
    let origin = &known.origin;
    let path = py.detach(|| path_of(&origin.record, &origin.store));
    let told = (
        text_of(py, &origin.record)?,
        origin.store.root().as_os_str(),
        path.map(PathBuf::into_os_string),
        &origin.position,
        origin.version.to_string(),
        known.tag == Tag::View,
    );
    told.into_pyobject(py).map(Some)
}

/// Text, roots and nodes of the graph from which an object, or what is in a container, came.
#[pyfunction]
fn _lineage<'py>(obj: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let py = obj.py();
    let starts = starts(obj)?;
    traced(py, starts)
}

/// The same for a file that lies where a record in the store of this folder says that it kept it.
#[pyfunction]
fn _lineage_of_file<'py>(
    py: Python<'py>,
    path: PathBuf,
    cachedir: PathBuf,
) -> PyResult<Bound<'py, PyTuple>> {
    let start = py.detach(|| lineage::of_file(&Store::at(cachedir), &path));
    traced(py, start.into_iter().collect())
}

fn traced(py: Python<'_>, starts: Vec<Start>) -> PyResult<Bound<'_, PyTuple>> {
    let lineage = py.detach(|| lineage::trace(starts, lineage::OnDisk));
    let nodes = PyTuple::new(py, nodes(py, &lineage)?)?;
    let roots = inputs(py, &lineage.roots)?;
    (lineage.to_string(), roots, nodes).into_pyobject(py)
}

/// What history knows of an object that still looks as it was. Nothing is read in full.
fn trusted(object: &Bound<'_, PyAny>) -> PyResult<Option<Known>> {
    Ok(registry::known(object)?.filter(|known| !known.alarm))
}

fn starts(object: &Bound<'_, PyAny>) -> PyResult<Vec<Start>> {
    if let Some(known) = registry::known(object)? {
        let is_broken = known.alarm;
        let found = (!is_broken).then(|| start(String::new(), &known));
        return Ok(found.into_iter().collect());
    }
    let kind = kind::of(object)?;
    let is_container = matches!(
        kind,
        Kind::Tuple | Kind::List | Kind::Dict | Kind::Set | Kind::FrozenSet
    );
    if !is_container {
        return Ok(Vec::new());
    }
    let mut walk = Walk::surveying(true);
    walk.origins = Some(Vec::new());
    match walk.encode(object) {
        Ok(()) | Err(Unversioned::NoVersion { .. }) => {}
        Err(Unversioned::Raised(error)) => return Err(error),
    }
    // Both are noted at once, so that the one says where the other is.
    let places = walk.origins.take().unwrap_or_default();
    let known = walk.into_survey().known;
    let known = places.into_iter().zip(&known);
    let found = known.filter(|(_, (known, _))| !known.alarm);
    Ok(found
        .map(|((place, _), (known, _))| start(place, known))
        .collect())
}

fn start(place: String, known: &Known) -> Start {
    Start {
        place,
        record: known.origin.record.clone(),
        store: known.origin.store.root().to_owned(),
        position: known.origin.position.clone(),
    }
}

/// Where the record lies, unless it was replaced or forgotten since.
fn path_of(record: &Record, store: &Store) -> Option<PathBuf> {
    let there = store.record(&record.function, record.key)?;
    let folder = remade::store::FunctionFolder::of(store.root(), &record.function);
    lineage::is_same_run(&there, record).then(|| folder.record(record.key))
}

fn text_of<'py>(py: Python<'py>, record: &Record) -> PyResult<Bound<'py, PyBytes>> {
    let text = record.to_json();
    let text = text.map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(PyBytes::new(py, &text))
}

/// `(kind, record or name, version, store, path, inputs)` for each.
fn nodes<'py>(py: Python<'py>, lineage: &Lineage) -> PyResult<Vec<Bound<'py, PyTuple>>> {
    let mut nodes = Vec::with_capacity(lineage.nodes.len());
    for node in &lineage.nodes {
        let inputs = inputs(py, &node.inputs)?;
        let nothing = None::<&OsStr>;
        nodes.push(match &node.what {
            What::Run {
                record,
                store,
                path,
            } => {
                let text = text_of(py, record)?;
                let (store, path) = (store.as_os_str(), path.as_deref().map(Path::as_os_str));
                ("run", text, None::<String>, store, path, inputs).into_pyobject(py)?
            }
            What::Forgotten {
                function,
                version,
                store,
                ..
            } => {
                let version = version.map(|version| version.to_string());
                let store = store.as_os_str();
                ("forgotten", function, version, store, nothing, inputs).into_pyobject(py)?
            }
            What::File { path, version } => {
                let version = Some(version.to_string());
                (
                    "file",
                    path.to_string_lossy(),
                    version,
                    nothing,
                    path,
                    inputs,
                )
                    .into_pyobject(py)?
            }
            What::Value { version, short } => {
                let version = version.map(|version| version.to_string());
                ("value", short, version, nothing, nothing, inputs).into_pyobject(py)?
            }
        });
    }
    Ok(nodes)
}

/// `(node, role, name, position, result)` for each.
fn inputs<'py>(py: Python<'py>, inputs: &[Input]) -> PyResult<Bound<'py, PyTuple>> {
    let told = inputs.iter().map(|input| {
        let (role, name, position) = match &input.role {
            Role::Asked(place) => ("asked", "", place.as_str()),
            Role::Argument { name, position } => ("argument", name.as_str(), position.as_str()),
            Role::Implicit { name, position } => ("implicit", name.as_str(), position.as_str()),
            Role::Read => ("read", "", ""),
            Role::Called => ("called", "", ""),
        };
        (input.node, role, name, position, input.result.as_str())
    });
    PyTuple::new(py, told.collect::<Vec<_>>())
}
