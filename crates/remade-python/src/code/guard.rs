//! Is everything still the object it was?
//!
//! A guard compares one pointer. Together they say, without running anything, that a fingerprint
//! still holds. Each keeps what it compares with alive, since an address says nothing about an object
//! that is gone; values that may be large (arrays, tables) are compared by type only, and so are
//! never kept.

use crate::once::Once;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PySet, PyString};
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
    /// This function has this code and these defaults.
    Function {
        function: Py<PyAny>,
        parts: [Py<PyAny>; 3],
    },
    /// This set has just these members.
    Members {
        set: Py<PyAny>,
        members: Vec<Py<PyAny>>,
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
    /// Places of which only the type is guarded until now.
    typed: HashSet<(usize, usize)>,
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
        if self.is_new((address(dict), address(key))) {
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
            self.typed.insert((address(dict), address(key)));
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
        if self.is_new((address(object), address(name))) {
            self.guards.push(Guard::Attribute {
                object: object.clone().unbind(),
                name: name.clone().unbind(),
                expected: expected.map(|one| one.clone().unbind()),
            });
        }
    }

    /// Code, defaults and keyword defaults of a function.
    pub(super) fn function(&mut self, function: &Bound<'_, PyAny>) -> PyResult<()> {
        if self.seen.insert((address(function), 0)) {
            let parts = function_parts(function)?;
            let function = function.clone().unbind();
            self.guards.push(Guard::Function { function, parts });
        }
        Ok(())
    }

    /// An attribute whose value counts elsewhere.
    pub(super) fn attribute_type(
        &mut self,
        object: &Bound<'_, PyAny>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) {
        if self.seen.insert((address(object), address(name))) {
            self.typed.insert((address(object), address(name)));
            self.guards.push(Guard::AttributeType {
                object: object.clone().unbind(),
                name: name.clone().unbind(),
                expected: value.get_type().into_any().unbind(),
            });
        }
    }

    /// A set of numbers and texts has just these. False: there is something else in it.
    pub(super) fn members(&mut self, set: &Bound<'_, PySet>) -> bool {
        let members: Vec<_> = set.iter().collect();
        let are_plain = members.iter().all(|one| {
            one.is_exact_instance_of::<PyInt>() || one.is_exact_instance_of::<PyString>()
        });
        if are_plain && self.seen.insert((address(set), 0)) {
            self.guards.push(Guard::Members {
                set: set.clone().into_any().unbind(),
                members: members.into_iter().map(Bound::unbind).collect(),
            });
        }
        are_plain
    }

    /// Is the value of this place guarded by nothing yet?
    fn is_new(&mut self, place: (usize, usize)) -> bool {
        self.seen.insert(place) || self.typed.remove(&place)
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
        self.typed = HashSet::new();
        self.guards.shrink_to_fit();
    }

    /// For the garbage collector: each reference that the guards own, once.
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        for guard in &self.guards {
            guard.traverse(visit)?;
        }
        Ok(())
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
            Guard::Members { set, .. } => (set.as_ptr(), std::ptr::null_mut()),
            Guard::Function { function, .. } => (function.as_ptr(), std::ptr::null_mut()),
        };
        (owner as usize, name as usize)
    }

    // Names are text, which leads nowhere, and members are text or numbers.
    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Guard::Item {
                dict,
                key,
                expected,
            } => {
                visit.call(dict)?;
                visit.call(key)?;
                visit.call(expected)
            }
            Guard::ItemType {
                dict,
                key,
                expected,
            } => {
                visit.call(dict)?;
                visit.call(key)?;
                visit.call(expected)
            }
            Guard::Length { dict, .. } => visit.call(dict),
            Guard::Members { set, .. } => visit.call(set),
            Guard::Attribute {
                object, expected, ..
            } => {
                visit.call(object)?;
                visit.call(expected)
            }
            Guard::AttributeType {
                object, expected, ..
            } => {
                visit.call(object)?;
                visit.call(expected)
            }
            Guard::Function { function, parts } => {
                visit.call(function)?;
                parts.iter().try_for_each(|part| visit.call(part))
            }
        }
    }

    #[inline]
    fn holds(&self, py: Python<'_>) -> bool {
        // SAFETY: the GIL is held; all pointers are owned by the guard and alive. PyDict_GetItemWithError
        // gives a borrowed pointer that is only compared, or whose type is read before anything else
        // can run. Most keys are plain text or types, which are compared without Python code; where one
        // is of a class or metaclass of somebody's that says what equals it, that has run before there is
        // a pointer.
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
                Guard::Members { set, members } => {
                    ffi::PySet_Size(set.as_ptr()) == members.len() as isize
                        && members
                            .iter()
                            .all(|one| ffi::PySet_Contains(set.as_ptr(), one.as_ptr()) == 1)
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
                Guard::Function { function, parts } => {
                    let now = now(py);
                    let function = function.as_ptr();
                    now.get(function, 0) == parts[0].as_ptr()
                        && now.get(function, 1) == parts[1].as_ptr()
                        && now.get(function, 2) == parts[2].as_ptr()
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

/// What `def` put together, in the order of [`PARTS`].
pub(super) fn function_parts(function: &Bound<'_, PyAny>) -> PyResult<[Py<PyAny>; 3]> {
    let part = |name: &str| function.getattr(name).map(Bound::unbind);
    Ok([part(PARTS[0])?, part(PARTS[1])?, part(PARTS[2])?])
}

const PARTS: [&str; 3] = ["__code__", "__defaults__", "__kwdefaults__"];

type Getter = unsafe extern "C" fn(*mut ffi::PyObject) -> *mut ffi::PyObject;

/// The quickest way to a function's parts. The stable ABI has only attributes, at 40 ns each; CPython
/// has had functions for it since 2.2, and where the loader finds them a look costs 2 ns.
struct Now {
    getters: Option<[Getter; 3]>,
    names: [Py<PyString>; 3],
}

static NOW: Once<Now> = Once::new();

fn now(py: Python<'_>) -> &'static Now {
    NOW.get_or_init(py, || Now {
        getters: getters(),
        names: PARTS.map(|name| PyString::intern(py, name).unbind()),
    })
}

impl Now {
    /// A pointer to compare, not to keep.
    ///
    /// # Safety
    ///
    /// `function` is a live Python function and the GIL is held.
    #[inline]
    unsafe fn get(&self, function: *mut ffi::PyObject, part: usize) -> *mut ffi::PyObject {
        // SAFETY: the getters give borrowed pointers. What the attribute gives is owned by the
        // function too, so it outlives the reference that is given up here.
        unsafe {
            match &self.getters {
                Some(getters) => {
                    let found = getters[part](function);
                    if found.is_null() {
                        ffi::Py_None()
                    } else {
                        found
                    }
                }
                None => {
                    let found = ffi::PyObject_GetAttr(function, self.names[part].as_ptr());
                    if found.is_null() {
                        ffi::PyErr_Clear();
                    } else {
                        ffi::Py_DECREF(found);
                    }
                    found
                }
            }
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn getters() -> Option<[Getter; 3]> {
    use std::ffi::{CStr, c_char, c_void};
    unsafe extern "C" {
        fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
    }
    // RTLD_DEFAULT
    let everywhere = if cfg!(target_os = "macos") {
        -2isize as *mut c_void
    } else {
        std::ptr::null_mut()
    };
    let find = |name: &CStr| -> Option<Getter> {
        // SAFETY: these are functions of this signature in every CPython that exports them.
        unsafe {
            let found = dlsym(everywhere, name.as_ptr());
            (!found.is_null()).then(|| std::mem::transmute::<*mut c_void, Getter>(found))
        }
    };
    Some([
        find(c"PyFunction_GetCode")?,
        find(c"PyFunction_GetDefaults")?,
        find(c"PyFunction_GetKwDefaults")?,
    ])
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn getters() -> Option<[Getter; 3]> {
    None
}
