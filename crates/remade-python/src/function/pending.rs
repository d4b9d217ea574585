//! What is an asynchronous call between its halves?

use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use remade::make::{self, Face, Running};
use std::sync::{Mutex, PoisonError};

use super::MadeFunction;
use crate::face::State;
use crate::frame::{self, Frame};

/// An asynchronous call between its halves.
#[pyclass(frozen, module = "remade._remade", name = "_Pending")]
pub(crate) struct Pending {
    pub(super) made: Py<MadeFunction>,
    pub(super) args: Py<PyTuple>,
    pub(super) kwargs: Option<Py<PyDict>>,
    pub(super) frame: Py<Frame>,
    pub(super) token: Py<PyAny>,
    pub(super) half: Mutex<Option<(Running, State)>>,
}

#[pymethods]
impl Pending {
    /// The body is done, well or not: calls are made inside it no more.
    fn leave(&self, py: Python<'_>) -> PyResult<()> {
        frame::leave(py, &self.frame, &self.token)
    }

    /// The second half.
    fn finish<'py>(&self, value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = value.py();
        let function = &self.made.get().function;
        let Some((running, state)) = self.take() else {
            return Err(PyValueError::new_err("this call is finished already"));
        };
        let args = self.args.bind(py);
        let kwargs = self.kwargs.as_ref().map(|kwargs| kwargs.bind(py));
        let Some(mut call) = function.bound(args, kwargs, false)? else {
            return Err(self.made.get().wrong_arguments());
        };
        call.state = state;
        make::finish(&function.made, &mut call, running, value)
    }

    /// The body raised: nothing is recorded, and others may run.
    fn abandon(&self, py: Python<'_>) -> PyResult<()> {
        let Some((running, state)) = self.take() else {
            return Ok(());
        };
        let function = &self.made.get().function;
        let kwargs = self.kwargs.as_ref().map(|kwargs| kwargs.bind(py));
        if let Some(mut call) = function.bound(self.args.bind(py), kwargs, false)? {
            call.state = state;
            call.raised(&running);
        }
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.made)?;
        visit.call(&self.args)?;
        visit.call(&self.kwargs)?;
        visit.call(&self.frame)?;
        visit.call(&self.token)?;
        if let Ok(half) = self.half.try_lock()
            && let Some((_, state)) = &*half
        {
            state.traverse(&visit)?;
        }
        Ok(())
    }
}

impl Pending {
    fn take(&self) -> Option<(Running, State)> {
        self.half
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}
