//! What does an object hold beside its attributes?
//!
//! Something, where its class stands on one of Python's that holds it: a dict its items, a text its characters.

use pyo3::exceptions::PyBaseException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::Tag;

use super::{Unversioned, Walk, object, short};

const HOLDING: [&str; 13] = [
    "dict",
    "collections.OrderedDict",
    "collections.defaultdict",
    "list",
    "tuple",
    "bytearray",
    "collections.deque",
    "array.array",
    "str",
    "bytes",
    "int",
    "float",
    "complex",
];

/// The class of Python's is asked, since one of one's own may answer otherwise.
pub(super) fn of<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Result<(), Unversioned> {
    let py = value.py();
    if let Ok(error) = value.cast::<PyBaseException>() {
        return walk.item(&error.getattr(intern!(py, "args"))?);
    }
    let named = |base: Bound<'py, PyAny>| {
        let base = base.cast_into::<PyType>().ok()?;
        let name = object::qualified_name(&base);
        HOLDING.contains(&name.as_str()).then_some((base, name))
    };
    let Some((base, name)) = value.get_type().mro().iter().find_map(named) else {
        walk.encoder.tag(Tag::Missing);
        return Ok(());
    };
    let ask = |method: &str| base.call_method1(method, (value,));
    walk.encoder.begin_named(Tag::Parts, &name, 1);
    let (method, others): (&str, &[&str]) = match name.as_str() {
        "dict" | "collections.OrderedDict" => ("items", &[]),
        "collections.defaultdict" => ("items", &["default_factory"]),
        "list" | "tuple" | "bytearray" => ("__iter__", &[]),
        "collections.deque" => ("__iter__", &["maxlen"]),
        "array.array" => ("__iter__", &["typecode"]),
        "str" => return walk.item(&ask("__str__")?),
        "int" => return walk.item(&ask("__int__")?),
        "float" => return walk.item(&ask("__float__")?),
        "complex" => return walk.item(&ask("__pos__")?),
        _ => {
            let bytes = value.cast::<PyBytes>().map_err(PyErr::from)?;
            return walk.item(PyBytes::new(py, bytes.as_bytes()).as_any());
        }
    };
    for other in others {
        let asked = base.getattr(*other)?.call_method1("__get__", (value,))?;
        walk.part(&asked, || format!(".{other}"))?;
    }
    let is_pairs = method == "items";
    let found: Vec<Bound<'py, PyAny>> = ask(method)?.try_iter()?.collect::<PyResult<_>>()?;
    let tag = if is_pairs { Tag::Dict } else { Tag::List };
    walk.encoder.begin(tag, found.len());
    for (index, item) in found.iter().enumerate() {
        if is_pairs {
            let (key, item): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item.extract()?;
            walk.item(&key)?;
            walk.part(&item, || format!("[{}]", short::key_form(&key)))?;
        } else {
            walk.part(item, || format!("[{index}]"))?;
        }
    }
    Ok(())
}
