//! How is a coroutine function called?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::MadeFunction;

pub(super) fn coroutine<'py>(
    slf: &Bound<'py, MadeFunction>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
    forced: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let function = &slf.get().function;
    let prepared = function.prepared(py)?;
    if prepared.binder.bind(args, kwargs)?.is_none() && !prepared.binder.is_opaque() {
        return function.misfit(args, kwargs);
    }
    py.import("remade._async")?
        .getattr("call")?
        .call1((slf, args, kwargs, forced))
}

/// `async def`, also under `functools.partial`.
pub(super) fn is_coroutine_function(function: &Bound<'_, PyAny>) -> PyResult<bool> {
    const COROUTINE: u32 = 0x80;
    let mut function = function.clone();
    loop {
        if let Some(code) = function.getattr_opt("__code__")?
            && let Some(flags) = code.getattr_opt("co_flags")?
        {
            return Ok(flags.extract::<u32>()? & COROUTINE != 0);
        }
        match function.getattr_opt("func")? {
            Some(inner) if !inner.is(&function) => function = inner,
            _ => return Ok(false),
        }
    }
}
