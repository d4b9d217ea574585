//! How is something looked up once for the whole process?
//!
//! Nothing is locked while it is looked up: a child that is forked meanwhile by another thread would
//! wait for ever for a lock that nobody holds any more. Two threads may look it up at once; the first
//! to be done counts.

use pyo3::prelude::*;
use pyo3::types::PyType;
use std::sync::OnceLock;

/// A place for what is looked up once.
pub(crate) struct Once<T>(OnceLock<T>);

impl<T> Once<T> {
    pub(crate) const fn new() -> Once<T> {
        Once(OnceLock::new())
    }

    /// What is there. The interpreter shows that no other thread is just putting something here.
    pub(crate) fn get(&self, _py: Python<'_>) -> Option<&T> {
        self.0.get()
    }

    /// Puts it there, unless something is there already.
    pub(crate) fn set(&self, _py: Python<'_>, value: T) -> Result<(), T> {
        self.0.set(value)
    }

    /// What is there, or what `look_up` finds.
    pub(crate) fn get_or_init(&self, py: Python<'_>, look_up: impl FnOnce() -> T) -> &T {
        if let Some(found) = self.get(py) {
            return found;
        }
        let found = look_up();
        self.0.get_or_init(|| found)
    }

    /// The same where it may not be found; the next one looks again.
    pub(crate) fn get_or_try_init<E>(
        &self,
        py: Python<'_>,
        look_up: impl FnOnce() -> Result<T, E>,
    ) -> Result<&T, E> {
        if let Some(found) = self.get(py) {
            return Ok(found);
        }
        let found = look_up()?;
        Ok(self.0.get_or_init(|| found))
    }
}

impl Once<Py<PyAny>> {
    /// An attribute of a module.
    pub(crate) fn import<'py>(
        &self,
        py: Python<'py>,
        module: &str,
        attribute: &str,
    ) -> PyResult<&Bound<'py, PyAny>> {
        let look_up = || Ok(py.import(module)?.getattr(attribute)?.unbind());
        let found: PyResult<&Py<PyAny>> = self.get_or_try_init(py, look_up);
        Ok(found?.bind(py))
    }
}

impl Once<Py<PyType>> {
    /// A class in a module.
    pub(crate) fn import<'py>(
        &self,
        py: Python<'py>,
        module: &str,
        class: &str,
    ) -> PyResult<&Bound<'py, PyType>> {
        let look_up = || {
            let found = py.import(module)?.getattr(class)?;
            Ok(found.cast_into::<PyType>()?.unbind())
        };
        let found: PyResult<&Py<PyType>> = self.get_or_try_init(py, look_up);
        Ok(found?.bind(py))
    }
}
