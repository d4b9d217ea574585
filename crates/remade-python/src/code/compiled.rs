//! What does a code object mean when its source cannot be believed?
//!
//! Everything that the interpreter executes, and nothing about where it stood. It is the same only
//! under the same minor version of Python, which is part of it.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use remade::version::{Encoder, Tag, Version};

use super::kinds::{Kinds, attribute};
use crate::value::encode_constant;

const COUNTS: [&str; 4] = [
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_flags",
];
const NAMES: [&str; 4] = ["co_names", "co_varnames", "co_freevars", "co_cellvars"];

/// The version of a code object, nested ones included.
pub(super) fn version(code: &Bound<'_, PyAny>) -> PyResult<Version> {
    let mut encoder = Encoder::new();
    let interpreter = code.py().version_info();
    encoder.begin_named(Tag::Parts, "compiled", 3);
    encoder.int(i64::from(interpreter.major));
    encoder.int(i64::from(interpreter.minor));
    encode(code, &mut encoder)?;
    Ok(encoder.finish())
}

fn encode(code: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<()> {
    let py = code.py();
    encoder.bytes(code.getattr("co_code")?.cast::<PyBytes>()?.as_bytes());
    for name in COUNTS {
        encoder.int(code.getattr(name)?.extract()?);
    }
    for name in NAMES {
        let names = code.getattr(name)?.cast_into::<PyTuple>()?;
        encoder.begin(Tag::Tuple, names.len());
        for name in names.iter() {
            encoder.text(&name.cast::<PyString>()?.to_string_lossy());
        }
    }
    match attribute(code, "co_exceptiontable") {
        Some(table) => encoder.bytes(table.cast::<PyBytes>()?.as_bytes()),
        None => encoder.tag(Tag::Missing),
    }
    let constants = code.getattr("co_consts")?.cast_into::<PyTuple>()?;
    encoder.begin(Tag::Tuple, constants.len());
    for constant in constants.iter() {
        constant_or_code(py, &constant, encoder)?;
    }
    Ok(())
}

fn constant_or_code(
    py: Python<'_>,
    value: &Bound<'_, PyAny>,
    encoder: &mut Encoder,
) -> PyResult<()> {
    if value.get_type().is(&Kinds::get(py)?.code) {
        encoder.begin_named(Tag::Parts, "code", 1);
        encode(value, encoder)
    } else if encode_constant(value, encoder)? {
        Ok(())
    } else if let Ok(items) = value.cast_exact::<PyTuple>() {
        // A tuple with an ellipsis in it.
        encoder.begin_named(Tag::Parts, "tuple", items.len());
        for item in items.iter() {
            constant_or_code(py, &item, encoder)?;
        }
        Ok(())
    } else {
        // Left: an ellipsis, and what tools put there by hand. The type alone is stable.
        let name = value.get_type().name()?.to_string();
        encoder.begin_named(Tag::Name, &name, 0);
        Ok(())
    }
}
