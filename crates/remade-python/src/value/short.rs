//! How does a value look in a message or a record?

use pyo3::prelude::*;
use pyo3::types::*;

use super::{Kind, kind, object};
use crate::numpy::Array;

/// About as many characters are shown.
const ROOM: usize = 80;

/// Short text of a value. Reads nothing big, runs no code of the user's classes, never fails.
pub(crate) fn short_form(value: &Bound<'_, PyAny>) -> String {
    let mut text = String::new();
    write(value, ROOM, 0, &mut text);
    shorten(text, ROOM)
}

/// A key of a dict inside brackets.
pub(super) fn key_form(key: &Bound<'_, PyAny>) -> String {
    shorten(short_form(key), 40)
}

fn shorten(text: String, room: usize) -> String {
    match text.char_indices().nth(room) {
        None => text,
        Some(_) => {
            let mut short: String = text.chars().take(room - 1).collect();
            short.push('…');
            short
        }
    }
}

fn write(value: &Bound<'_, PyAny>, room: usize, depth: usize, text: &mut String) {
    let shown = plain(value)
        .or_else(|| array(value))
        .or_else(|| frame(value));
    if let Some(shown) = shown {
        text.push_str(&shown);
    } else if depth > 3 || !container(value, room, depth, text) {
        text.push('<');
        text.push_str(&object::qualified_name(&value.get_type()));
        text.push('>');
    }
}

/// The repr of types that are known to make it quickly and without side effects.
fn plain(value: &Bound<'_, PyAny>) -> Option<String> {
    if let Ok(text) = value.cast_exact::<PyString>() {
        let length = text.len().ok()?;
        let slice = text
            .get_item(PySlice::new(value.py(), 0, ROOM as isize, 1))
            .ok()?;
        let shown = repr(&slice)?;
        return Some(if length > ROOM {
            format!("{shown}…")
        } else {
            shown
        });
    }
    if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        let start = bytes.as_bytes().get(..ROOM);
        return match start {
            Some(start) => Some(format!(
                "{}…",
                repr(PyBytes::new(value.py(), start).as_any())?
            )),
            None => repr(value),
        };
    }
    if value.is_exact_instance_of::<PyInt>() {
        let bits: usize = value.call_method0("bit_length").ok()?.extract().ok()?;
        return if bits < 256 {
            repr(value)
        } else {
            Some(format!("int of {bits} bits"))
        };
    }
    let quick = value.is_none()
        || value.is_exact_instance_of::<PyBool>()
        || value.is_exact_instance_of::<PyFloat>();
    if quick {
        return repr(value);
    }
    match kind::of(value).ok()? {
        Kind::Complex
        | Kind::Singleton(_)
        | Kind::Reduced(_)
        | Kind::Uuid
        | Kind::Path(_)
        | Kind::File
        | Kind::NumpyScalar(_) => repr(value),
        Kind::Function | Kind::Class => {
            let name = value.getattr("__qualname__").ok()?;
            let name: String = name.extract().ok()?;
            Some(name)
        }
        Kind::EnumMember => {
            let class = value.get_type().name().ok()?;
            let name: String = value.getattr("_name_").ok()?.extract().ok()?;
            Some(format!("{class}.{name}"))
        }
        _ => None,
    }
}

fn repr(value: &Bound<'_, PyAny>) -> Option<String> {
    Some(value.repr().ok()?.to_string_lossy().into_owned())
}

fn array(value: &Bound<'_, PyAny>) -> Option<String> {
    let array = Array::new(value)?;
    let shape: Vec<String> = array.shape().iter().map(ToString::to_string).collect();
    let dtype = array.descr().str().ok()?.to_string_lossy().into_owned();
    let class = value.get_type().name().ok()?;
    Some(format!(
        "{class} {} ({})",
        shorten(dtype, 30),
        shape.join(", ")
    ))
}

fn frame(value: &Bound<'_, PyAny>) -> Option<String> {
    match kind::of(value).ok()? {
        Kind::Pandas(_) | Kind::Polars(_) => {
            let shape = value.getattr("shape").ok()?;
            let class = value.get_type().name().ok()?;
            Some(format!("{class} {}", repr(&shape)?))
        }
        _ => None,
    }
}

fn container(value: &Bound<'_, PyAny>, room: usize, depth: usize, text: &mut String) -> bool {
    let (open, close, count) = if let Ok(list) = value.cast_exact::<PyList>() {
        ("[", "]", list.len())
    } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        ("(", if tuple.len() == 1 { ",)" } else { ")" }, tuple.len())
    } else if let Ok(dict) = value.cast_exact::<PyDict>() {
        return pairs(dict, room, depth, text);
    } else if let Ok(set) = value.cast_exact::<PySet>() {
        text.push_str(&format!("set of {}", set.len()));
        return true;
    } else if let Ok(set) = value.cast_exact::<PyFrozenSet>() {
        text.push_str(&format!("frozenset of {}", set.len()));
        return true;
    } else {
        return false;
    };
    text.push_str(open);
    for index in 0..count {
        if index > 0 {
            text.push_str(", ");
        }
        if text.len() > room {
            text.push('…');
            return true;
        }
        match value.get_item(index) {
            Ok(item) => write(&item, room, depth + 1, text),
            Err(_) => break,
        }
    }
    text.push_str(close);
    true
}

fn pairs(dict: &Bound<'_, PyDict>, room: usize, depth: usize, text: &mut String) -> bool {
    text.push('{');
    let Ok(items) = dict.as_any().try_iter() else {
        return false;
    };
    for (index, key) in items.enumerate() {
        let Ok(key) = key else { break };
        if index > 0 {
            text.push_str(", ");
        }
        if text.len() > room {
            text.push('…');
            return true;
        }
        write(&key, room, depth + 1, text);
        text.push_str(": ");
        match plain(&key).is_some().then(|| dict.get_item(&key)) {
            Some(Ok(Some(item))) => write(&item, room, depth + 1, text),
            _ => text.push('…'), // looking it up would run code of the key's class
        }
    }
    text.push('}');
    true
}
