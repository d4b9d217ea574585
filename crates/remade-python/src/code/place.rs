//! Where does a value stand, and how is it found again?

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyType};

use super::kinds::{Kinds, imported, namespace};
use crate::function::MadeFunction;

/// Where a value was found.
#[derive(Clone)]
pub(super) enum Place<'py> {
    /// In a namespace.
    Item(Bound<'py, PyDict>, Bound<'py, PyAny>),
    /// In an attribute that is always the same object: a cell's content, a wrapped function.
    Attribute(Bound<'py, PyAny>, Bound<'py, PyString>),
    /// In something that cannot change and is kept anyway: a tuple of defaults.
    Held,
}

/// A place with its names for people and for other processes.
#[derive(Clone)]
pub(super) struct Spot<'py> {
    pub(super) place: Place<'py>,
    pub(super) name: String,
    pub(super) locator: Option<Locator>,
}

/// A module and the path of attributes from it.
pub(super) type Locator = (String, Vec<String>);

impl Place<'_> {
    /// Two places are one if this is equal. A held value has no place of its own.
    pub(super) fn identity(&self) -> Option<(usize, usize)> {
        match self {
            Place::Item(dict, key) => Some((dict.as_ptr() as usize, key.as_ptr() as usize)),
            Place::Attribute(object, name) => {
                Some((object.as_ptr() as usize, name.as_ptr() as usize))
            }
            Place::Held => None,
        }
    }
}

/// A mutable value that the code reaches through a global or a closure.
pub(crate) struct Implicit {
    /// Stable between processes: `settings.FWHM`.
    pub name: String,
    /// Module and attribute path. None: a cell or a default value, which no other process can find.
    pub locator: Option<Locator>,
    /// The code also reads it, and does not only store into it or append to it.
    pub read: bool,
    pub(super) kept: Kept,
}

pub(super) enum Kept {
    Item(Py<PyDict>, Py<PyAny>),
    Attribute(Py<PyAny>, Py<PyString>),
    Value(Py<PyAny>),
}

impl Implicit {
    pub(super) fn new(
        spot: &Spot<'_>,
        value: Option<&Bound<'_, PyAny>>,
        read: bool,
    ) -> Option<Implicit> {
        let kept = match (&spot.place, value) {
            (Place::Item(dict, key), _) => Kept::Item(dict.clone().unbind(), key.clone().unbind()),
            (Place::Attribute(object, name), _) => {
                Kept::Attribute(object.clone().unbind(), name.clone().unbind())
            }
            (Place::Held, Some(value)) => Kept::Value(value.clone().unbind()),
            (Place::Held, None) => return None,
        };
        Some(Implicit {
            name: spot.name.clone(),
            locator: spot.locator.clone(),
            read,
            kept,
        })
    }

    /// For the garbage collector.
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.kept {
            Kept::Item(dict, key) => {
                visit.call(dict)?;
                visit.call(key)
            }
            Kept::Attribute(object, _) => visit.call(object),
            Kept::Value(value) => visit.call(value),
        }
    }

    /// The value now.
    pub(crate) fn get<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match &self.kept {
            Kept::Item(dict, key) => dict.bind(py).get_item(key).ok().flatten(),
            Kept::Attribute(object, name) => object.bind(py).getattr(name).ok(),
            Kept::Value(value) => Some(value.bind(py).clone()),
        }
    }
}

/// The value that a locator of another process means here. Imports nothing.
pub(crate) fn locate<'py>(
    py: Python<'py>,
    module: &str,
    path: &[String],
) -> Option<Bound<'py, PyAny>> {
    let mut value = imported(py, module)?;
    for name in path {
        value = attribute_as_it_stands(&value, name)?;
    }
    Some(value)
}

/// Is this object what its name says? Imports nothing.
pub(super) fn is_at(object: &Bound<'_, PyAny>, module: &str, name: &str) -> bool {
    let path: Vec<String> = name.split('.').map(str::to_owned).collect();
    locate(object.py(), module, &path).is_some_and(|found| found.is(object))
}

/// What stands under a name in a module or a class. A record may have been forged, so nothing is
/// asked that could run code: no property, no `__getattr__` of a module that imports when it is asked.
fn attribute_as_it_stands<'py>(value: &Bound<'py, PyAny>, name: &str) -> Option<Bound<'py, PyAny>> {
    if let Ok(module) = value.cast::<PyModule>() {
        return module.dict().get_item(name).ok().flatten();
    }
    let is_function =
        Kinds::get(value.py()).is_ok_and(|kinds| value.get_type().is(&kinds.function));
    if is_function || value.is_instance_of::<MadeFunction>() {
        let held = value.getattr("__dict__").ok()?.cast_into::<PyDict>().ok()?;
        return held.get_item(name).ok().flatten();
    }
    for class in value.cast::<PyType>().ok()?.mro().iter() {
        let names = namespace(class.cast::<PyType>().ok()?)?;
        if let Some(found) = names.get_item(name).ok().flatten() {
            return Some(found);
        }
    }
    None
}
