//! What does an object consist of that holds functions, and is none?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PySet, PyString, PyTuple, PyType};

use super::kinds::{attribute, text, type_name};
use super::place::{Place, Spot};
use super::ufunc::{GIVEN_TO_FROMPYFUNC, GIVEN_TO_VECTORIZE, called_by_ufunc};
use super::walk::{Walk, key, wrapped};

impl<'py> Walk<'_, 'py> {
    /// Anything that holds functions: a partial, a property, a bound method, a tuple, a cache.
    pub(super) fn open_wrapper(&mut self, index: usize, value: &Bound<'py, PyAny>) -> PyResult<()> {
        let (module, name) = type_name(value);
        self.form(index, "wrapper", &format!("{module}.{name}"));
        let called = text(value, "__qualname__").or_else(|| text(value, "__name__"));
        let owner = called.unwrap_or_else(|| name.clone());
        self.nodes[index].name.clone_from(&owner);
        if let Ok(items) = value.cast_exact::<PyTuple>() {
            return self.open_items(index, "", items, &owner);
        }
        let parts: &[&str] = match name.as_str() {
            "staticmethod" | "classmethod" => &["__func__"],
            "property" => &["fget", "fset", "fdel"],
            "cached_property" => &["func"],
            "partial" | "partialmethod" => &["func", "args", "keywords"],
            "singledispatchmethod" => &["dispatcher", "func"],
            "method" => &["__func__", "__self__"],
            "builtin_function_or_method" => &["__self__"],
            "curry" => &["func", "args", "keywords"],
            "Compose" => &["first", "funcs"],
            "vectorize" => return self.open_vectorized(index, value, &owner),
            "ufunc" => return self.open_ufunc(index, value, &owner),
            _ if module == "types" || module == "typing" || module == "typing_extensions" => {
                &["__origin__", "__args__", "__metadata__"]
            }
            _ => &["py_func", "__wrapped__"],
        };
        if matches!(name.as_str(), "partial" | "_lru_cache_wrapper") {
            self.open_attributes(index, value, &owner, true)?;
        }
        if name == "builtin_function_or_method" {
            self.form(index, "method", &owner);
        }
        for part in parts {
            let inner = match *part {
                "py_func" | "__wrapped__" => wrapped(value, part),
                part => attribute(value, part),
            };
            let Some(inner) = inner else { continue };
            if *part == "__self__" && !inner.is_instance_of::<PyType>() {
                // The state is an implicit input; the class is code.
                let kind = inner.get_type().into_any();
                if let Some(class) = self.classify(&kind, true, false)? {
                    self.nodes[index].parts.insert("(class)".to_owned(), class);
                }
            }
            match inner.cast_exact::<PyTuple>() {
                Ok(items) => self.open_items(index, part, items, &owner)?,
                Err(_) if *part == "keywords" => self.open_keywords(index, &inner, &owner)?,
                Err(_) if *part == "__origin__" => self.annotation(index, part, &inner)?,
                Err(_) => {
                    let spot = self.attribute_spot(value, part, &owner);
                    self.refer(index, part, &inner, &spot, true)?;
                }
            }
        }
        Ok(())
    }

    /// What `numpy.vectorize` was given, and asks for at each call.
    fn open_vectorized(
        &mut self,
        index: usize,
        value: &Bound<'py, PyAny>,
        owner: &str,
    ) -> PyResult<()> {
        for part in GIVEN_TO_VECTORIZE {
            let Some(given) = attribute(value, part) else {
                continue;
            };
            self.guards
                .attribute(value, &key(self.py, part), Some(&given));
            let spot = self.attribute_spot(value, part, owner);
            match given.cast_exact::<PySet>() {
                Ok(items) if self.guards.members(items) => {
                    let items = PyFrozenSet::new(self.py, items.iter())?;
                    let spot = self.held(spot.name);
                    self.refer(index, part, items.as_any(), &spot, true)?;
                }
                _ => self.refer(index, part, &given, &spot, true)?,
            }
        }
        Ok(())
    }

    /// The function that a ufunc of `numpy.frompyfunc` calls.
    fn open_ufunc(&mut self, index: usize, value: &Bound<'py, PyAny>, owner: &str) -> PyResult<()> {
        for part in GIVEN_TO_FROMPYFUNC {
            if let Some(given) = attribute(value, part) {
                let spot = self.held(format!("{owner}.{part}"));
                self.refer(index, part, &given, &spot, true)?;
            }
        }
        if let Some(function) = called_by_ufunc(value) {
            let spot = self.held(owner.to_owned());
            self.refer(index, "(function)", &function, &spot, true)?;
        }
        Ok(())
    }

    fn open_items(
        &mut self,
        index: usize,
        label: &str,
        items: &Bound<'py, PyTuple>,
        owner: &str,
    ) -> PyResult<()> {
        for (position, item) in items.iter().enumerate() {
            let label = format!("{label}[{position:06}]");
            if label.starts_with("__args__") || label.starts_with("__metadata__") {
                self.annotation(index, &label, &item)?;
                continue;
            }
            let spot = self.held(format!("{owner}[{position}]"));
            self.refer(index, &label, &item, &spot, true)?;
        }
        Ok(())
    }

    fn open_keywords(
        &mut self,
        index: usize,
        keywords: &Bound<'py, PyAny>,
        owner: &str,
    ) -> PyResult<()> {
        let Ok(keywords) = keywords.cast::<PyDict>() else {
            return Ok(());
        };
        self.guards.length(keywords);
        for (name, value) in keywords.iter() {
            let label = name.cast::<PyString>()?.to_string_lossy().into_owned();
            let spot = Spot {
                place: Place::Item(keywords.clone(), name.clone()),
                name: format!("{owner}({label}=)"),
                locator: None,
            };
            self.refer(index, &format!("{label}="), &value, &spot, true)?;
        }
        Ok(())
    }
}
