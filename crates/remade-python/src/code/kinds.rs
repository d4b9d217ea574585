//! Which kind of object is this?
//!
//! The stable ABI has no checks for functions, code objects or cells, so their types are taken from
//! live examples, once. What comes from a module that may never be imported (`functools`, `enum`)
//! is recognised by the name of its type: looking must not import anything.

use crate::once::Once;
use pyo3::exceptions::{PyException, PySystemExit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType, PyWeakrefProxy};

/// The types that every interpreter has.
pub(super) struct Kinds {
    pub(super) function: Py<PyType>,
    pub(super) code: Py<PyType>,
    pub(super) method: Py<PyType>,
    pub(super) builtin: Py<PyType>,
    pub(super) mapping_proxy: Py<PyType>,
    pub(super) object: Py<PyType>,
    descriptors: Py<PyTuple>,
}

static KINDS: Once<Kinds> = Once::new();

impl Kinds {
    /// The types of this interpreter.
    pub(super) fn get(py: Python<'_>) -> PyResult<&'static Kinds> {
        KINDS.get_or_try_init(py, || {
            let one = |text: &std::ffi::CStr| -> PyResult<Py<PyType>> {
                Ok(py.eval(text, None, None)?.cast_into::<PyType>()?.unbind())
            };
            Ok(Kinds {
                function: one(c"type(lambda: 0)")?,
                code: one(c"type((lambda: 0).__code__)")?,
                method: one(c"type((lambda: 0).__get__(1))")?,
                builtin: one(c"type(len)")?,
                mapping_proxy: one(c"type(type.__dict__)")?,
                object: one(c"object")?,
                descriptors: py
                    .eval(
                        c"(type(int.__add__), type((1).__add__), type(str.join), type(type((lambda: 0)).__code__), type(type((lambda: 0)).__globals__), type(dict.__dict__['fromkeys']))",
                        None,
                        None,
                    )?
                    .cast_into::<PyTuple>()?
                    .unbind(),
            })
        })
    }

    /// A descriptor that C code made: a slot, a method of a built-in type, a member.
    pub(super) fn is_c_descriptor(&self, value: &Bound<'_, PyAny>) -> bool {
        let kind = value.get_type();
        self.descriptors
            .bind(value.py())
            .iter_borrowed()
            .any(|one| one.is(&kind))
    }
}

/// An attribute, or nothing: objects of other people may raise anything here.
pub(super) fn attribute<'py>(value: &Bound<'py, PyAny>, name: &str) -> Option<Bound<'py, PyAny>> {
    value.getattr_opt(name).ok().flatten()
}

/// As [`attribute`], of what may run code of the user's own: an interrupt of that is passed on.
pub(super) fn asked<'py>(
    value: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    match value.getattr_opt(name) {
        Err(error) => passed_on(value.py(), error).map(|_| None),
        found => found,
    }
}

/// An error of somebody's code, which means that something cannot be followed. An interrupt does not, and is
/// given back; that a module ended the program says no more than an error would, since nobody has asked yet
/// for that module but this package.
pub(super) fn passed_on(py: Python<'_>, error: PyErr) -> PyResult<PyErr> {
    let is_theirs =
        error.is_instance_of::<PyException>(py) || error.is_instance_of::<PySystemExit>(py);
    if is_theirs { Ok(error) } else { Err(error) }
}

/// An attribute that is text.
pub(super) fn text(value: &Bound<'_, PyAny>, name: &str) -> Option<String> {
    let found = attribute(value, name)?;
    let found = found.cast::<PyString>().ok()?;
    Some(found.to_string_lossy().into_owned())
}

/// Module and name of an object's type.
pub(super) fn type_name(value: &Bound<'_, PyAny>) -> (String, String) {
    let kind = value.get_type();
    let kind = kind.as_any();
    (
        text(kind, "__module__").unwrap_or_default(),
        text(kind, "__name__").unwrap_or_default(),
    )
}

/// `sys.modules`.
pub(super) fn modules(py: Python<'_>) -> Option<Bound<'_, PyDict>> {
    let sys = py.import(pyo3::intern!(py, "sys")).ok()?;
    sys.getattr("modules").ok()?.cast_into::<PyDict>().ok()
}

/// A module that is imported already.
pub(super) fn imported<'py>(py: Python<'py>, name: &str) -> Option<Bound<'py, PyAny>> {
    let found = modules(py)?.get_item(name).ok().flatten()?;
    (!found.is_none()).then_some(found)
}

/// The dictionary behind a mapping proxy (a class namespace, a registry). The proxy itself would
/// have to be made anew for every look.
pub(super) fn behind_proxy<'py>(proxy: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    let gc = proxy.py().import(pyo3::intern!(proxy.py(), "gc")).ok()?;
    let referents = gc.call_method1("get_referents", (proxy,)).ok()?;
    referents.get_item(0).ok()?.cast_into::<PyDict>().ok()
}

/// What stands in the namespace of a class itself, as it stands there: no base class is asked.
pub(super) fn namespace<'py>(class: &Bound<'py, PyType>) -> Option<Bound<'py, PyDict>> {
    // By the slot of `type`, because a metaclass may have an attribute of that name.
    let slot = class.py().get_type::<PyType>().getattr("__dict__").ok()?;
    let slot = slot.get_item("__dict__").ok()?;
    let proxy = slot.call_method1("__get__", (class,)).ok()?;
    behind_proxy(&proxy)
}

/// A weak proxy, which answers every question as what it stands for.
pub(super) fn is_weak_proxy(value: &Bound<'_, PyAny>) -> bool {
    value.cast::<PyWeakrefProxy>().is_ok()
}

/// Instances that hold nothing a result could depend on, and that change all the time.
pub(crate) fn is_passed_over(value: &Bound<'_, PyAny>) -> bool {
    let kind = value.get_type();
    for base in kind.mro().iter() {
        let module = text(&base, "__module__").unwrap_or_default();
        let name = text(&base, "__name__").unwrap_or_default();
        let passed = match module.as_str() {
            "logging" => true,
            "_thread" | "threading" => name != "_local" && name != "local",
            "_io" => !matches!(
                name.as_str(),
                "BytesIO"
                    | "StringIO"
                    | "_IOBase"
                    | "_TextIOBase"
                    | "_BufferedIOBase"
                    | "_RawIOBase"
            ),
            "weakref" => name == "finalize",
            "_contextvars" | "contextvars" | "builtins" => {
                matches!(name.as_str(), "Token" | "Context" | "PyCapsule")
            }
            "asyncio.locks" | "multiprocessing.synchronize" => true,
            _ => false,
        };
        if passed {
            return true;
        }
    }
    false
}
