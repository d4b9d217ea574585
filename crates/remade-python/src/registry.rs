//! Which live object has which version?
//!
//! What a made function returned is known by identity for as long as it lives, in tables of the
//! engine. Arrays are known through the owner of their memory, so that views are known too.
//!
//! Weak references are made outside the lock of a table: making one can start a garbage collection,
//! and that runs code of others, which may call made functions.

mod arrays;
mod code;
mod followed;
mod holds;
mod objects;
mod plain;
pub(crate) mod testing;
mod traverse;
mod tripwire;
mod verify;

use std::sync::{Arc, Mutex};

use pyo3::ffi;
use pyo3::prelude::*;
use remade::record::Record;
use remade::registry::{Registry, Table};
use remade::store::Store;
use remade::version::{Tag, Version};

use crate::code::Rules;
use crate::numpy::Array;
use crate::value::kind::{self, Kind};
use crate::value::{Unversioned, Walk};
pub(crate) use arrays::find as find_array;
pub(crate) use code::{Code, code_of, with_code};
pub(crate) use objects::{find as find_object, trace as trace_object};
pub(crate) use plain::is_plain;
pub(crate) use traverse::{key_names, positions, trackable};
pub(crate) use verify::{has_aliases, known_in, reached, verify, verify_sharing};

/// Where something known came from.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Of the run, as this process knows it: the file can be replaced while the object lives.
    pub record: Arc<Record>,
    /// Where that record lies.
    pub store: Arc<Store>,
    /// Where in the result: `""`, or `"[0]['a']"`.
    pub position: String,
    /// The version that the record gives what stands there.
    pub version: Version,
}

impl Origin {
    /// The function that returned it.
    pub(crate) fn function(&self) -> &str {
        &self.record.function
    }
}

/// What the registry answers about one object.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) tag: Tag,
    pub(crate) version: Version,
    pub(crate) origin: Arc<Origin>,
    /// Whether the tripwire went off.
    pub(crate) alarm: bool,
    /// Whether it tells the version: the code that the object can run is what it was.
    pub(crate) answers: bool,
}

/// What is known of objects, each a `T`. Nothing that is done under its lock runs Python code.
type ByObject<T> = Registry<Mutex<Table<Weak, T>>>;

/// A weak reference that is only ever asked whether it still means a given object.
pub(crate) struct Weak(Py<PyAny>);

impl Weak {
    /// `None` for what cannot be weakly referenced.
    pub(crate) fn to(object: &Bound<'_, PyAny>) -> Option<Weak> {
        // SAFETY: the object is alive; without a callback nothing runs when it dies.
        let reference = unsafe {
            let reference = ffi::PyWeakref_NewRef(object.as_ptr(), std::ptr::null_mut());
            Bound::from_owned_ptr_or_opt(object.py(), reference)
        };
        if reference.is_none() {
            drop(PyErr::take(object.py()));
        }
        Some(Weak(reference?.unbind()))
    }

    /// The address of the target, or that of `None` once it is dead.
    pub(crate) fn address_or_none(&self) -> *mut ffi::PyObject {
        // SAFETY: it is a weak reference; the borrowed target is compared and not used. The
        // function that gives an owned one instead could make us the last to let go, under a lock.
        #[allow(deprecated)]
        unsafe {
            ffi::PyWeakref_GetObject(self.0.as_ptr())
        }
    }

    /// The target, while it lives. To be let go outside the lock.
    fn get<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        // SAFETY: the target is alive while the lock of the interpreter is held, or it is `None`.
        let target = unsafe { Bound::from_borrowed_ptr_or_opt(py, self.address_or_none()) }?;
        (!target.is_none()).then_some(target)
    }
}

impl remade::registry::Weak for Weak {
    type Object = Py<PyAny>;

    #[inline]
    fn address(object: &Py<PyAny>) -> usize {
        object.as_ptr() as usize
    }

    #[inline]
    fn target(&self) -> Option<usize> {
        let target = self.address_or_none();
        // SAFETY: the address of a static.
        (target != unsafe { ffi::Py_None() }).then_some(target as usize)
    }
}

/// From now on `object` counts as `version`, until it dies or is found to be something else than
/// `content`, which is what reading it in full gives. Nothing happens where there is no identity to
/// know an object by.
pub(crate) fn remember(
    object: &Bound<'_, PyAny>,
    version: Version,
    content: Version,
    code: Code,
    origin: &Arc<Origin>,
) -> PyResult<()> {
    if arrays::remember(object, version, content, origin)? {
        return Ok(());
    }
    objects::remember(object, version, content, code, origin)
}

/// Ends the history of an object, and of every view of its memory.
pub(crate) fn forget(object: &Bound<'_, PyAny>) -> PyResult<()> {
    objects::forget(object);
    match Array::new(object) {
        Some(array) => arrays::forget(array),
        None => Ok(()),
    }
}

/// The version by reading all of it, whatever its history.
pub(crate) fn content_version(value: &Bound<'_, PyAny>) -> Result<Version, Unversioned> {
    content_version_by(value, None)
}

/// The same for those with these rules of what is the user's own.
fn content_version_by(
    value: &Bound<'_, PyAny>,
    rules: Option<&Arc<Rules>>,
) -> Result<Version, Unversioned> {
    let mut walk = Walk::default();
    walk.rules = rules.cloned();
    walk.encode(value)?;
    Ok(walk.version())
}

/// What the object counts as by history, if that knows it.
pub(crate) fn version_of(object: &Bound<'_, PyAny>) -> PyResult<Option<Version>> {
    if let Some(array) = Array::new(object) {
        let dtype = crate::numpy::dtype::of_array(array)?;
        if !dtype.has_objects {
            let known = find_array(array, &dtype);
            return Ok(known
                .filter(|known| known.tag == Tag::Array)
                .map(|known| known.version));
        }
    }
    let known = find_object(object, None)?.filter(|known| known.answers);
    Ok(known.map(|known| known.version))
}

/// Where history knows the object to come from, without reading it or its code: an array through its
/// memory, whatever it is a view of, everything else by itself.
pub(crate) fn known(object: &Bound<'_, PyAny>) -> PyResult<Option<Known>> {
    if let Some(array) = Array::new(object)
        && kind::of(object)? == Kind::Array
    {
        let dtype = crate::numpy::dtype::of_array(array)?;
        if !dtype.has_objects {
            return Ok(find_array(array, &dtype));
        }
    }
    Ok(trace_object(object))
}

/// How many owners of memory and how many objects are known, the dead included that no sweep has
/// found yet.
pub(crate) fn len() -> usize {
    arrays::count() + objects::count()
}
