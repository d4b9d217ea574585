//! How does a person keep a stored result, in Python?

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use remade::make::{self, Acceptance};

use crate::face::Call;
use crate::function::Function;

/// Keeps the stored result of a call although something changed, for this reason.
pub(crate) fn accept(
    py: Python<'_>,
    function: &Function,
    call: &mut Call<'_, '_>,
    reason: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let reason = match reason.extract::<String>() {
        Ok(text) if !text.trim().is_empty() => text,
        _ => {
            return Err(PyTypeError::new_err(format!(
                "accept takes reason=, a text that tells why, such as reason=\"renamed a variable\", \
                 not {}",
                reason.repr()?
            )));
        }
    };
    let made = &function.made;
    call.only_looks = true;
    match make::accept(made, call, &user(py), &reason)? {
        Acceptance::Needless | Acceptance::Kept(_) => Ok(()),
        Acceptance::Refused(reasons) => {
            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            Err(PyValueError::new_err(format!(
                "{}: the stored result cannot be accepted: {}. Only changed code, and files of \
                 results that were changed by hand, can be accepted; call the function instead",
                made.name(),
                reasons.join("; ")
            )))
        }
        Acceptance::Failed(path, error) => Err(crate::write::os_error(&error, &path)),
    }
}

/// The user's name on this machine.
fn user(py: Python<'_>) -> String {
    let name = py
        .import("getpass")
        .and_then(|getpass| getpass.call_method0("getuser"))
        .and_then(|name| name.extract::<String>());
    name.unwrap_or_else(|_| "an unknown user".to_owned())
}
