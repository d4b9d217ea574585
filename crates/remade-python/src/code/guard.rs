//! Is everything still the object it was?
//!
//! A guard compares one pointer. Together they say, without running anything, that a fingerprint
//! still holds. Each keeps what it compares with alive, since an address says nothing about an object
//! that is gone; values that may be large (arrays, tables) are compared by type only, and so are
//! never kept.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::collections::HashSet;

enum Guard {
    /// This dictionary has this object, or nothing, under this key.
    Item {
        dict: Py<PyDict>,
        key: Py<PyAny>,
        expected: Option<Py<PyAny>>,
    },
    /// This dictionary has something of this type under this key.
    ItemType {
        dict: Py<PyDict>,
        key: Py<PyAny>,
        expected: Py<PyAny>,
    },
    /// This dictionary has so many entries.
    Length { dict: Py<PyDict>, length: isize },
    /// This object has this attribute. `None` in Python is an object too; nothing is nothing.
    Attribute {
        object: Py<PyAny>,
        name: Py<PyString>,
        expected: Option<Py<PyAny>>,
    },
    /// This object has an attribute of this type.
    AttributeType {
        object: Py<PyAny>,
        name: Py<PyString>,
        expected: Py<PyAny>,
    },
}

/// All guards of one fingerprint.
#[derive(Default)]
pub(super) struct Guards {
    guards: Vec<Guard>,
    seen: HashSet<(usize, usize)>,
    /// Places that the code itself binds anew: they may hold anything.
    loose: HashSet<(usize, usize)>,
}

fn address<T>(one: &Bound<'_, T>) -> usize {
    one.as_ptr() as usize
}

impl Guards {
    /// An entry of a namespace, present or missing.
    pub(super) fn item(
        &mut self,
        dict: &Bound<'_, PyDict>,
        key: &Bound<'_, PyAny>,
        expected: Option<&Bound<'_, PyAny>>,
    ) {
        if self.seen.insert((address(dict), address(key))) {
            self.guards.push(Guard::Item {
                dict: dict.clone().unbind(),
                key: key.clone().unbind(),
                expected: expected.map(|one| one.clone().unbind()),
            });
        }
    }

    /// An entry whose value counts elsewhere: only what kind of thing it is.
    pub(super) fn item_type(
        &mut self,
        dict: &Bound<'_, PyDict>,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) {
        if self.seen.insert((address(dict), address(key))) {
            self.guards.push(Guard::ItemType {
                dict: dict.clone().unbind(),
                key: key.clone().unbind(),
                expected: value.get_type().into_any().unbind(),
            });
        }
    }

    /// The number of entries of a namespace.
    pub(super) fn length(&mut self, dict: &Bound<'_, PyDict>) {
        if self.seen.insert((address(dict), 0)) {
            use pyo3::types::PyDictMethods;
            let length = isize::try_from(dict.len()).unwrap_or(isize::MAX);
            self.guards.push(Guard::Length {
                dict: dict.clone().unbind(),
                length,
            });
        }
    }

    /// An attribute that gives the same object at every look.
    pub(super) fn attribute(
        &mut self,
        object: &Bound<'_, PyAny>,
        name: &Bound<'_, PyString>,
        expected: Option<&Bound<'_, PyAny>>,
    ) {
        if self.seen.insert((address(object), address(name))) {
            self.guards.push(Guard::Attribute {
                object: object.clone().unbind(),
                name: name.clone().unbind(),
                expected: expected.map(|one| one.clone().unbind()),
            });
        }
    }

    /// An attribute whose value counts elsewhere.
    pub(super) fn attribute_type(
        &mut self,
        object: &Bound<'_, PyAny>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) {
        if self.seen.insert((address(object), address(name))) {
            self.guards.push(Guard::AttributeType {
                object: object.clone().unbind(),
                name: name.clone().unbind(),
                expected: value.get_type().into_any().unbind(),
            });
        }
    }

    /// This place is bound anew by the code, so it is an implicit input and not guarded.
    pub(super) fn loosen(&mut self, place: (usize, usize)) {
        self.loose.insert(place);
    }

    /// Was this place loosened?
    pub(super) fn is_loose(&self, place: (usize, usize)) -> bool {
        self.loose.contains(&place)
    }

    /// Ready to be checked often.
    pub(super) fn finish(&mut self) {
        let loose = std::mem::take(&mut self.loose);
        self.guards.retain(|guard| !loose.contains(&guard.place()));
        self.seen = HashSet::new();
        self.guards.shrink_to_fit();
    }

    /// Does every guard hold?
    pub(super) fn hold(&self, py: Python<'_>) -> bool {
        self.guards.iter().all(|guard| guard.holds(py))
    }
}

impl Guard {
    fn place(&self) -> (usize, usize) {
        let (owner, name) = match self {
            Guard::Item { dict, key, .. } | Guard::ItemType { dict, key, .. } => {
                (dict.as_ptr(), key.as_ptr())
            }
            Guard::Attribute { object, name, .. } | Guard::AttributeType { object, name, .. } => {
                (object.as_ptr(), name.as_ptr())
            }
            Guard::Length { dict, .. } => (dict.as_ptr(), std::ptr::null_mut()),
        };
        (owner as usize, name as usize)
    }

    #[inline]
    fn holds(&self, _py: Python<'_>) -> bool {
        // SAFETY: the GIL is held; all pointers are owned by the guard and alive. PyDict_GetItemWithError
        // gives a borrowed pointer that is only compared, or whose type is read before anything else
        // can run. Keys are interned strings or types, so comparing them runs no Python code.
        unsafe {
            match self {
                Guard::Item {
                    dict,
                    key,
                    expected,
                } => {
                    let found = ffi::PyDict_GetItemWithError(dict.as_ptr(), key.as_ptr());
                    if found.is_null() {
                        ffi::PyErr_Clear();
                    }
                    found == expected.as_ref().map_or(std::ptr::null_mut(), Py::as_ptr)
                }
                Guard::ItemType {
                    dict,
                    key,
                    expected,
                } => {
                    let found = ffi::PyDict_GetItemWithError(dict.as_ptr(), key.as_ptr());
                    if found.is_null() {
                        ffi::PyErr_Clear();
                        return false;
                    }
                    ffi::Py_TYPE(found).cast() == expected.as_ptr()
                }
                Guard::Length { dict, length } => ffi::PyDict_Size(dict.as_ptr()) == *length,
                Guard::Attribute {
                    object,
                    name,
                    expected,
                } => {
                    let found = ffi::PyObject_GetAttr(object.as_ptr(), name.as_ptr());
                    if found.is_null() {
                        ffi::PyErr_Clear();
                        return expected.is_none();
                    }
                    let same = expected.as_ref().is_some_and(|one| one.as_ptr() == found);
                    ffi::Py_DECREF(found);
                    same
                }
                Guard::AttributeType {
                    object,
                    name,
                    expected,
                } => {
                    let found = ffi::PyObject_GetAttr(object.as_ptr(), name.as_ptr());
                    if found.is_null() {
                        ffi::PyErr_Clear();
                        return false;
                    }
                    let same = ffi::Py_TYPE(found).cast() == expected.as_ptr();
                    ffi::Py_DECREF(found);
                    same
                }
            }
        }
    }
}
