//! What does a user hear of, and how?

use pyo3::exceptions::{PyException, PyUserWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyType;
use remade::event::Warning;
use std::ffi::CString;

pyo3::create_exception!(
    remade,
    RemadeWarning,
    PyUserWarning,
    "Something that a user of a made function should know, although the call went on."
);

pyo3::create_exception!(
    remade,
    SaveError,
    PyException,
    "A value was computed and could not be saved; it stands in the attribute `value`.\n\n\
     Raised only by functions made with `raise_errors=True`."
);

pyo3::create_exception!(
    remade,
    CorruptFileError,
    PyValueError,
    "A file is damaged, cut short, or not what its name says."
);

/// Warns. An error means that the user turned the warning into one.
pub(crate) fn warn(py: Python<'_>, warning: &Warning) -> PyResult<()> {
    warn_text(py, &warning.to_string())
}

pub(crate) fn warn_text(py: Python<'_>, text: &str) -> PyResult<()> {
    let category: Bound<'_, PyType> = py.get_type::<RemadeWarning>();
    let text = CString::new(text.replace('\0', "\\0"))?;
    PyErr::warn(py, &category, &text, 1)
}

/// Warns when nothing may cost the value: what a filter raises goes where Python reports errors
/// that cannot be raised.
pub(crate) fn warn_only(py: Python<'_>, text: &str) {
    if let Err(error) = warn_text(py, text) {
        error.write_unraisable(py, None);
    }
}

/// The value is computed and cannot be saved.
pub(crate) fn save_error(value: &Bound<'_, PyAny>, text: String, cause: Option<PyErr>) -> PyErr {
    let py = value.py();
    let error = SaveError::new_err(text);
    error.set_cause(py, cause);
    match error.value(py).setattr("value", value) {
        Ok(()) => error,
        Err(other) => other,
    }
}

/// An exception in one line, with its type.
pub(crate) fn in_words(py: Python<'_>, error: &PyErr) -> String {
    let kind = error
        .get_type(py)
        .qualname()
        .map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    let text = error.value(py).to_string();
    if text.is_empty() {
        kind
    } else {
        format!("{kind}: {text}")
    }
}
