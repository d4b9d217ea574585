//! Which function does a ufunc call?

use pyo3::prelude::*;

use super::kinds::{Kinds, attribute, text};

/// What `numpy.vectorize` was given and keeps.
pub(crate) const GIVEN_TO_VECTORIZE: [&str; 5] =
    ["pyfunc", "otypes", "excluded", "cache", "signature"];

/// What `numpy.frompyfunc` was given beside the function.
pub(crate) const GIVEN_TO_FROMPYFUNC: [&str; 3] = ["nin", "nout", "identity"];

/// Did `numpy.frompyfunc` make it? Its name says so, and its text.
pub(crate) fn calls_python(ufunc: &Bound<'_, PyAny>) -> bool {
    let name = text(ufunc, "__name__").unwrap_or_default();
    let says_so = |text: String| text.contains("dynamic ufunc based on a python function");
    name.ends_with(" (vectorized)") || text(ufunc, "__doc__").is_some_and(says_so)
}

/// The function. No attribute tells it; the garbage collector has to know.
pub(crate) fn called_by_ufunc<'py>(ufunc: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = ufunc.py();
    let gc = py.import(pyo3::intern!(py, "gc")).ok()?;
    let held = gc.call_method1("get_referents", (ufunc,)).ok()?;
    let identity = attribute(ufunc, "identity");
    let kinds = Kinds::get(py).ok()?;
    let mut callable =
        held.try_iter().ok()?.flatten().filter(|one| {
            one.is_callable() && !identity.as_ref().is_some_and(|other| other.is(one))
        });
    let found = callable.next()?;
    // Only what cannot be anything else is believed.
    (callable.next().is_none() || found.get_type().is(&kinds.function)).then_some(found)
}
