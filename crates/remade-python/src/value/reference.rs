//! What do context variables and weak references lead to now?

use pyo3::exceptions::{PyLookupError, PyReferenceError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::Tag;

use super::{Unversioned, Walk, container, short};

type Encoded = Result<(), Unversioned>;

/// A context variable: its name and the value that it has here.
pub(super) fn context_variable<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    let py = value.py();
    walk.encoder
        .begin_named(Tag::Parts, "contextvars.ContextVar", 2);
    walk.item(&value.getattr(intern!(py, "name"))?)?;
    let now = match value.call_method0(intern!(py, "get")) {
        Err(error) if error.is_instance_of::<PyLookupError>(py) => {
            walk.encoder.tag(Tag::Missing);
            return Ok(());
        }
        now => now?,
    };
    walk.part(&now, || ".get()".to_owned())
}

/// A weak reference: what it refers to, if that still lives.
pub(super) fn weak_reference<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    walk.encoder.begin_named(Tag::Parts, "weakref.ref", 1);
    let is_proxy = crate::code::is_weak_proxy(value);
    let now = if is_proxy {
        // It passes every question on: a method of what it stands for leads there.
        let method = value.getattr(intern!(py, "__reduce_ex__"));
        match method.and_then(|method| method.getattr(intern!(py, "__self__"))) {
            Err(error) if error.is_instance_of::<PyReferenceError>(py) => py.None().into_bound(py),
            now => now?,
        }
    } else {
        value.call0()?
    };
    walk.part(&now, || "()".to_owned())
}

/// What is in a weak mapping or set now.
pub(super) fn weak_container<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    let py = value.py();
    let items = match value.getattr_opt(intern!(py, "items"))? {
        Some(items) => items.call0()?,
        None => {
            let items: Vec<Bound<'py, PyAny>> = value.try_iter()?.collect::<PyResult<_>>()?;
            walk.encoder.begin_named(Tag::Parts, "weakref.WeakSet", 1);
            let items = PySet::new(py, items)?;
            return container::items_of_set(walk, items.as_any(), Tag::Set);
        }
    };
    let items: Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)> = items
        .try_iter()?
        .map(|pair| pair?.extract())
        .collect::<PyResult<_>>()?;
    walk.encoder.begin_named(Tag::Parts, "weak mapping", 1);
    walk.encoder.begin(Tag::Dict, items.len());
    for (key, item) in items {
        walk.item(&key)?;
        walk.part(&item, || format!("[{}]", short::key_form(&key)))?;
    }
    Ok(())
}
