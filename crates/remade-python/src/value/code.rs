//! How is a function, a class or a member of an enumeration encoded?

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::Tag;

use super::{Unversioned, Walk, object};
use crate::code::{Code, Put};

type Encoded = Result<(), Unversioned>;

/// A function or class as a value, by its code.
pub(super) fn encode<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let is_made = value.is_exact_instance_of::<PyFunction>()
        && value.hasattr(intern!(py, "__remade_made__"))?;
    if is_made {
        return made(walk, value);
    }
    if let Some(name) = crate::code::name_of_foreign(value, walk.own())? {
        walk.encoder.tagged(Tag::Name, name.as_bytes());
        return Ok(());
    }
    walk.note_code(value);
    own(walk, value)
}

/// A function or class of the user's own.
pub(crate) fn own<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    // Made methods of a class tell by themselves when they are called.
    let code = if value.is_instance_of::<PyType>() {
        crate::code::of_type(value, walk.own())
    } else {
        crate::code::of(value, walk.own())
    };
    let code = code.map_err(|error| Unversioned::from_error(value, error))?;
    with_inputs(walk, value, &code)
}

/// A made function counts as the plain one, with what was put on it.
pub(super) fn made<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let plain = value.getattr(intern!(value.py(), "__wrapped__"))?;
    let put = crate::code::put_on_wrapper(value);
    if put.is_empty() {
        return walk.item(&plain);
    }
    if !walk.is_first(value) {
        return Ok(());
    }
    walk.encoder.begin_named(Tag::Parts, "with attributes", 2);
    walk.item(&plain)?;
    put_on(walk, put)
}

pub(super) fn put_on<'py>(walk: &mut Walk<'py>, put: Vec<Put<'py>>) -> Encoded {
    walk.encoder.begin(Tag::Dict, put.len());
    for (name, value) in put {
        walk.encoder.text(&name);
        match value {
            Some(value) => walk.part(&value, || format!(".{name}"))?,
            None => walk.encoder.tag(Tag::Missing),
        }
    }
    Ok(())
}

/// The class of an instance.
pub(super) fn class_of<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let class = value.get_type();
    if class
        .getattr(intern!(value.py(), "__module__"))?
        .eq("builtins")?
    {
        let name = object::qualified_name(&class);
        walk.encoder.tagged(Tag::Name, name.as_bytes());
        return Ok(());
    }
    if let Some(name) = crate::code::name_of_foreign(class.as_any(), walk.own())? {
        walk.encoder.tagged(Tag::Name, name.as_bytes());
        return Ok(());
    }
    walk.note_code(class.as_any());
    let code = crate::code::of_type(class.as_any(), walk.own())
        .map_err(|error| Unversioned::from_error(value, error))?;
    with_inputs(walk, class.as_any(), &code)
}

/// A module inside something else: one's own by its code, others by name.
pub(super) fn module<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    if let Some(name) = crate::code::name_of_foreign_module(value, walk.own()) {
        walk.encoder.tagged(Tag::Name, name.as_bytes());
        return Ok(());
    }
    let code = crate::code::of(value, walk.own())
        .map_err(|error| Unversioned::from_error(value, error))?;
    with_inputs(walk, value, &code)
}

fn with_inputs<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, code: &Code) -> Encoded {
    // Without inputs nothing leads back from here, and equal functions need not be the same one.
    if !code.implicit().is_empty() && !walk.is_first(value) {
        return Ok(());
    }
    inputs(walk, value.py(), code)
}

/// The code, and the values of the globals that it uses.
fn inputs<'py>(walk: &mut Walk<'py>, py: Python<'py>, code: &Code) -> Encoded {
    let inputs = code.implicit();
    walk.encoder.version(Tag::Code, code.fingerprint());
    walk.encoder.begin(Tag::Tuple, inputs.len());
    for input in inputs {
        walk.encoder.begin_named(Tag::Named, &input.name, 1);
        match input.get(py) {
            None => walk.encoder.tag(Tag::Missing),
            Some(value) => walk.item(&value)?,
        }
    }
    Ok(())
}

/// A bound method: its function and the object it is bound to. A function written in C that is
/// bound to nothing: its name.
pub(super) fn method<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let owner = value.getattr(intern!(py, "__self__"))?;
    if let Some(function) = value.getattr_opt(intern!(py, "__func__"))? {
        walk.encoder.begin_named(Tag::Parts, "method", 2);
        walk.item(&function)?;
        return walk.item(&owner);
    }
    let name: String = value.getattr(intern!(py, "__qualname__"))?.extract()?;
    if owner.is_none() || owner.is_instance_of::<PyModule>() || owner.is_instance_of::<PyType>() {
        let module = value.getattr(intern!(py, "__module__"))?.str()?.to_string();
        walk.encoder
            .tagged(Tag::Name, format!("{module}.{name}").as_bytes());
        if owner.is_instance_of::<PyType>() {
            return walk.item(&owner);
        }
        return Ok(());
    }
    walk.encoder.begin_named(Tag::Parts, "builtin method", 2);
    walk.encoder.text(&name);
    walk.item(&owner)
}

/// A member of an enumeration: its class and name; a combination of flags has a value instead.
pub(super) fn enum_member<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    walk.encoder.begin_named(Tag::Parts, "enum member", 2);
    class_of(walk, value)?;
    let name = value.getattr_opt(intern!(py, "_name_"))?;
    let members = value.get_type().getattr(intern!(py, "_member_map_"))?;
    if let Some(name) = name.filter(|name| !name.is_none())
        && members.get_item(&name).is_ok_and(|member| member.is(value))
    {
        return walk.item(&name);
    }
    walk.encoder.tag(Tag::Missing);
    walk.item(&value.getattr(intern!(py, "_value_"))?)
}
