//! Which file is this argument, and what is in it?

use crate::once::Once;
use crate::value::{Unversioned, Walk, is_quick};
use pyo3::prelude::*;
use pyo3::types::PyType;
use remade::source::{Source, SourceState};
use remade::store::Store;
use remade::version::Tag;
use std::path::Path;
use std::sync::Arc;

/// Above this size other threads may run while a file is looked at.
const LONG: u64 = 1 << 20;

fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: Once<Py<PyType>> = Once::new();
    CLASS.import(py, "remade._inputs", "File")
}

/// Whether the value is a `remade.File`. By its type: a weak proxy has the class of another, and a dead one
/// raises when it is asked for it.
pub(crate) fn is_file(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.get_type().is_subclass(class(value.py())?)
}

/// A `remade.File` of this absolute path.
pub(crate) fn new_file<'py>(py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyAny>> {
    class(py)?.call1((path,))
}

/// Appends a file by its path, relative to the project, and its content.
pub(crate) fn encode<'py>(
    value: &Bound<'py, PyAny>,
    walk: &mut Walk<'py>,
) -> Result<(), Unversioned> {
    let state = state_of(value, walk.store.as_ref())?;
    walk.encoder.version(Tag::File, state.version);
    if let Some(sources) = &mut walk.sources {
        sources.push(state);
    }
    Ok(())
}

/// Path and version of a `remade.File` as it is now.
pub(crate) fn state_of(
    value: &Bound<'_, PyAny>,
    store: Option<&Arc<Store>>,
) -> Result<SourceState, Unversioned> {
    let path: String = value
        .getattr("path")
        .and_then(|path| path.extract())
        .map_err(Unversioned::Raised)?;
    let Some(store) = store else {
        return Err(Unversioned::because(value, "no store says where it lies"));
    };
    let look = || Source::new(path.as_str()).version(store.project(), store.sources());
    let short = store.sources().is_known(Path::new(&path))
        || std::fs::metadata(&path)
            .is_ok_and(|metadata| metadata.is_file() && metadata.len() < LONG);
    let found = if short {
        look()
    } else {
        value.py().detach(look)
    };
    match found {
        Ok(found) => Ok(found.state()),
        Err(error) => Err(Unversioned::because(value, chain(&error))),
    }
}

/// An error with its sources, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

/// The versions of the files in a returned value: those that the function wrote by itself.
pub(crate) fn written(
    value: &Bound<'_, PyAny>,
    store: &Arc<Store>,
) -> Result<Vec<SourceState>, Unversioned> {
    let mut files = Vec::new();
    collect(value, 0, &mut files)?;
    files
        .iter()
        .map(|file| state_of(file, Some(store)))
        .collect()
}

/// Lets the files in a loaded value name what they name now: the project may have been moved since
/// they were saved.
pub(crate) fn relocate(
    value: &Bound<'_, PyAny>,
    written: &[SourceState],
    store: &Store,
) -> PyResult<()> {
    let mut files = Vec::with_capacity(written.len());
    collect(value, 0, &mut files)?;
    if files.len() != written.len() {
        return Ok(()); // a persister gave something else back than it was given
    }
    for (file, state) in files.iter().zip(written) {
        let now = store.from_stored(&state.path);
        let before: String = file.getattr("path")?.extract()?;
        if Path::new(&before) != now {
            file.setattr("path", now.to_string_lossy().as_ref())?;
        }
    }
    Ok(())
}

/// Whether there is any file that the function wrote.
pub(crate) fn any_in(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let mut files = Vec::new();
    collect(value, 0, &mut files)?;
    Ok(!files.is_empty())
}

/// The files in lists, tuples and dicts, in their order.
fn collect<'py>(
    value: &Bound<'py, PyAny>,
    depth: usize,
    files: &mut Vec<Bound<'py, PyAny>>,
) -> PyResult<()> {
    use pyo3::types::{PyDict, PyList, PyTuple};
    if depth > 16 || is_quick(value) {
        return Ok(());
    }
    if let Ok(items) = value.cast_exact::<PyList>() {
        for item in items.iter() {
            collect(&item, depth + 1, files)?;
        }
    } else if let Ok(items) = value.cast_exact::<PyTuple>() {
        for item in items.iter() {
            collect(&item, depth + 1, files)?;
        }
    } else if let Ok(pairs) = value.cast_exact::<PyDict>() {
        for (_, item) in pairs.iter() {
            collect(&item, depth + 1, files)?;
        }
    } else if is_file(value)? {
        files.push(value.clone());
    }
    Ok(())
}
