//! What is the code of an object that is no function?
//!
//! Its value is an implicit input. But a run may change that, and then it is not compared: what it does
//! when it is used, the code of its class and the functions that it holds, counts all the same.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::function::in_module;
use super::graph::{Origin, Part};
use super::kinds::{attribute, text, type_name};
use super::own;
use super::place::{Place, Spot};
use super::walk::Walk;
use crate::value::slots;

impl<'py> Walk<'_, 'py> {
    /// The code of an object whose value is an implicit input. Can it hold functions that are called with it?
    pub(super) fn open_instance(
        &mut self,
        index: usize,
        label: &str,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<bool> {
        let kind = value.get_type().into_any();
        let module = text(&kind, "__module__").unwrap_or_default();
        if module == "builtins" {
            return Ok(false);
        }
        if own::owns_name(self.py, &module, self.rules)
            && let Some(class) = self.classify(&kind, true, false)?
        {
            let label = format!("{label} (class)");
            self.nodes[index].parts.insert(label, class);
        }
        if !value.is_callable() {
            return Ok(false);
        }
        // What is called calls what it was given, under whatever name it keeps that.
        let held = attribute(value, "__dict__").and_then(|one| one.cast_into::<PyDict>().ok());
        let slots = slots(value)?;
        if held.is_none() && slots.is_empty() {
            self.open_referents(index, label, value)?;
            return Ok(true);
        }
        let mut places = Vec::new();
        if let Some(held) = held {
            self.guards.length(&held);
            for (name, item) in held.iter() {
                if let Ok(text) = name.cast_exact::<PyString>() {
                    let text = text.to_string_lossy().into_owned();
                    places.push((text, Place::Item(held.clone(), name), Some(item)));
                }
            }
        }
        for name in slots {
            let text = name.to_string_lossy().into_owned();
            let item = attribute(value, &text);
            places.push((text, Place::Attribute(value.clone(), name), item));
        }
        for (name, place, item) in places {
            let spot = Spot {
                place,
                name: String::new(),
                locator: None,
            };
            let part = match &item {
                Some(item) => self.classify(item, false, false)?,
                None => None,
            };
            if let Some(part @ Part::Node(_)) = part {
                self.guard(&spot, item.as_ref());
                let label = format!("{label}.{name}");
                self.nodes[index].parts.insert(label, part);
            } else {
                // It may be a function later.
                self.guard_type(&spot, item.as_ref());
            }
        }
        Ok(true)
    }

    /// An object without attributes that holds functions all the same: `functools.cmp_to_key(compare)`.
    fn open_referents(
        &mut self,
        index: usize,
        label: &str,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let gc = self.py.import(pyo3::intern!(self.py, "gc"))?;
        let held = gc.call_method1("get_referents", (value,))?;
        for (position, one) in held.try_iter()?.enumerate() {
            let one = one?;
            if one.get_type().is(&self.kinds.function)
                && let Some(part @ Part::Node(_)) = self.classify(&one, false, false)?
            {
                let label = format!("{label} (held {position})");
                self.nodes[index].parts.insert(label, part);
            }
        }
        Ok(())
    }

    /// An object that is made itself: a class that is used as a decorator leaves one.
    pub(super) fn open_object(&mut self, index: usize, value: &Bound<'py, PyAny>) -> PyResult<()> {
        let (module_of_class, class) = type_name(value);
        self.form(index, "object", &format!("{module_of_class}.{class}"));
        let module = text(value, "__module__").unwrap_or_default();
        let name = text(value, "__qualname__").or_else(|| text(value, "__name__"));
        let name = name.unwrap_or_else(|| class.clone());
        let called = in_module(&module, &name);
        let mut path: Vec<String> = name.split('.').map(str::to_owned).collect();
        path.push("__wrapped__".to_owned());
        let spot = Spot {
            place: Place::Held,
            name: format!("{called}.__wrapped__"),
            locator: (!name.contains('<')).then_some((module, path)),
        };
        self.nodes[index].name = called;
        self.nodes[index].reached = Some(Origin::default());
        if !own::owns_name(self.py, &module_of_class, self.rules) {
            self.named(&module_of_class, &class);
        }
        self.refer(index, "(state)", value, &spot, true)
    }
}
