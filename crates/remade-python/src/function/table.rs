//! Which made functions and stores does this process have?

use pyo3::prelude::*;
use pyo3::types::PyWeakrefReference;
use remade::store::Store;
use remade::version::Version;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::MadeFunction;

/// Made functions by name: how a record finds those that were called inside a run.
static MADE: Mutex<Option<HashMap<String, Py<PyWeakrefReference>>>> = Mutex::new(None);

/// Stores by their folder, so that all functions of one share what is known of files.
static STORES: Mutex<Option<HashMap<PathBuf, Arc<Store>>>> = Mutex::new(None);

pub(super) fn store_at(root: PathBuf) -> Arc<Store> {
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    let stores = stores.get_or_insert_default();
    stores
        .entry(root.clone())
        .or_insert_with(|| Arc::new(Store::at(root)))
        .clone()
}

/// What the made function of that name is now.
pub(crate) fn identity_of(py: Python<'_>, name: &str) -> PyResult<Option<Version>> {
    let found = {
        let table = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        table
            .as_ref()
            .and_then(|table| table.get(name))
            .map(|reference| reference.clone_ref(py))
    };
    let Some(target) = found.and_then(|found| {
        use pyo3::types::PyWeakrefMethods;
        found.bind(py).upgrade()
    }) else {
        return Ok(None);
    };
    let made = target.cast_into::<MadeFunction>()?;
    let function = &made.get().function;
    function.identity(py, &*function.prepared(py)?)
}

/// The made functions of this process, the last of each name.
#[pyfunction]
pub(crate) fn _made_functions(py: Python<'_>) -> Vec<Bound<'_, PyAny>> {
    use pyo3::types::PyWeakrefMethods;
    let references: Vec<_> = {
        let table = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let all = table.iter().flat_map(HashMap::values);
        all.map(|reference| reference.clone_ref(py)).collect()
    };
    references
        .iter()
        .filter_map(|reference| reference.bind(py).upgrade())
        .collect()
}

/// From here on records find it by its name.
pub(super) fn enter(slf: &Bound<'_, MadeFunction>) -> PyResult<()> {
    let reference = PyWeakrefReference::new(slf.as_any())?.unbind();
    let old = {
        let mut table = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        table
            .get_or_insert_default()
            .insert(slf.get().function.made.name().to_owned(), reference)
    };
    drop(old);
    Ok(())
}
