//! What do context variables and weak references lead to now?

use pyo3::exceptions::PyLookupError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::Tag;

use super::{Unversioned, Walk, container, object, short};

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

/// A weak reference or proxy: of which kind it is, and what it refers to, if that still lives.
pub(super) fn weak_reference<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let (kind, now) = match value.cast::<PyWeakrefProxy>() {
        // A proxy itself is asked for nothing: it passes every question on, and raises when it is dead.
        Ok(proxy) => {
            let is_called = proxy.get_type().name()?.to_string().contains("allable");
            let kind = ["weakref.proxy", "weakref.proxy of what is called"];
            (kind[usize::from(is_called)], proxy.upgrade())
        }
        Err(_) => {
            let now = value.call0()?;
            ("weakref.ref", (!now.is_none()).then_some(now))
        }
    };
    walk.encoder.begin_named(Tag::Parts, kind, 1);
    let now = now.unwrap_or_else(|| py.None().into_bound(py));
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
    let kind = object::qualified_name(&value.get_type());
    walk.encoder.begin_named(Tag::Parts, &kind, 1);
    walk.encoder.begin(Tag::Dict, items.len());
    for (key, item) in items {
        walk.item(&key)?;
        walk.part(&item, || format!("[{}]", short::key_form(&key)))?;
    }
    Ok(())
}
