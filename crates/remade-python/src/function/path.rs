//! Where does the result of a call lie?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use remade::call::CallKey;
use remade::make::{Face, Keyed};
use std::path::PathBuf;

use super::Function;
use crate::face::Call;
use crate::output::{Place, Tree};

/// Its path; None where it has no file; the same structure as `output=` where that has one.
pub(super) fn of_result<'py>(
    py: Python<'py>,
    function: &Function,
    call: &mut Call<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let folder = function.made.folder();
    let key = match call.key()? {
        Keyed::Known(key) => key,
        Keyed::Unversioned { .. } => CallKey::unversioned(function.made.name_version()),
    };
    let several = function.output.slots.len() > 1;
    let path_of = |index: usize| -> PyResult<Option<PathBuf>> {
        let slot = &function.output.slots[index];
        let named = call.file_of(slot)?;
        Ok(match slot.place {
            Place::Chosen => {
                let mark = if several {
                    format!(".{index}")
                } else {
                    String::new()
                };
                Some(folder.result(key, &mark, &slot.extension))
            }
            _ => named,
        })
    };
    match &function.output.tree {
        Tree::Choose => {
            let found = [".npy", ".pkl"]
                .iter()
                .map(|extension| folder.result(key, "", extension))
                .find(|path| path.exists());
            to_text(py, found)
        }
        tree => paths(py, tree, &path_of),
    }
}

fn to_text<'py>(py: Python<'py>, path: Option<PathBuf>) -> PyResult<Bound<'py, PyAny>> {
    match path {
        Some(path) => Ok(path.into_os_string().into_pyobject(py)?.into_any()),
        None => Ok(py.None().into_bound(py)),
    }
}

fn paths<'py>(
    py: Python<'py>,
    tree: &Tree,
    path_of: &impl Fn(usize) -> PyResult<Option<PathBuf>>,
) -> PyResult<Bound<'py, PyAny>> {
    let all = |trees: &[Tree]| -> PyResult<Vec<Bound<'py, PyAny>>> {
        trees.iter().map(|tree| paths(py, tree, path_of)).collect()
    };
    match tree {
        Tree::Choose | Tree::Constant(_) => Ok(py.None().into_bound(py)),
        Tree::Slot(index) => to_text(py, path_of(*index)?),
        Tree::List(trees) => Ok(pyo3::types::PyList::new(py, all(trees)?)?.into_any()),
        Tree::Tuple(trees) => Ok(PyTuple::new(py, all(trees)?)?.into_any()),
        Tree::Dict(trees) => {
            let dict = PyDict::new(py);
            for (key, tree) in trees {
                dict.set_item(key, paths(py, tree, path_of)?)?;
            }
            Ok(dict.into_any())
        }
    }
}
