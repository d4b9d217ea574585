//! What did somebody put on a function, for whoever has it to read?
//!
//! `helper.level = 3` is no part of what `helper` does, but of what it is: a function that gets it can ask for
//! it. What decorators leave there has names of its own kind, or is code that is followed.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::kinds::attribute;
use super::place::{Locator, Place, Spot, is_at};
use super::walk::{Walk, is_made};

/// What is put on something: a name, and the value, if there still is one.
pub(crate) type Put<'py> = (String, Option<Bound<'py, PyAny>>);

/// What `_dress` gave a made function, since it looks like the plain one.
const LOOKS: &str = "__remade_looks__";

/// What others keep there for themselves, where all of it is there: `singledispatch`, and `make`, from which
/// `functools.wraps` copies it.
const BOOKKEEPING: [&[&str]; 3] = [
    &["registry", "dispatch", "register", "_clear_cache"],
    &["_options", "_taken"],
    &["_is_coroutine_mark"],
];

/// The attributes of an object that has them, with the keys under which they stand.
fn held<'py>(dict: &Bound<'py, PyDict>) -> Vec<(Bound<'py, PyString>, String, Bound<'py, PyAny>)> {
    let is_there = |name: &&str| dict.contains(name).unwrap_or(false);
    let skipped: Vec<&str> = BOOKKEEPING
        .into_iter()
        .filter(|names| names.iter().all(is_there))
        .flatten()
        .copied()
        .collect();
    let mut held = Vec::new();
    for (key, value) in dict.iter() {
        let Ok(key) = key.cast_into_exact::<PyString>() else {
            continue; // no attribute has such a name
        };
        let name = key.to_string_lossy().into_owned();
        let is_mark = name.starts_with("__") && name.ends_with("__") || name == "py_func";
        if !(is_mark || skipped.contains(&name.as_str())) {
            held.push((key, name, value));
        }
    }
    held
}

fn dict_of<'py>(value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    attribute(value, "__dict__")?.cast_into_exact().ok()
}

/// What was put on something that stands for a plain function, beyond what it has from that: in the order
/// of the names.
pub(crate) fn put_on_wrapper<'py>(value: &Bound<'py, PyAny>) -> Vec<Put<'py>> {
    let Some(dict) = dict_of(value).filter(|dict| !dict.is_empty()) else {
        return Vec::new();
    };
    let before = if is_made(value) {
        let looks = dict.get_item(intern!(value.py(), LOOKS)).ok().flatten();
        looks.and_then(|looks| looks.cast_into::<PyDict>().ok())
    } else {
        attribute(value, "__wrapped__").and_then(|plain| dict_of(&plain))
    };
    let before = before.map_or_else(Vec::new, |before| held(&before));
    let now = held(&dict);
    let same = |one: &str, value: &Bound<'py, PyAny>| {
        before
            .iter()
            .any(|(_, name, was)| name == one && was.is(value))
    };
    let mut put: Vec<Put<'py>> = now
        .iter()
        .filter(|(_, name, value)| !same(name, value))
        .map(|(_, name, value)| (name.clone(), Some(value.clone())))
        .collect();
    let gone = before
        .iter()
        .filter(|(_, name, _)| !now.iter().any(|(_, one, _)| one == name));
    put.extend(gone.map(|(_, name, _)| (name.clone(), None)));
    put.sort_by(|one, other| one.0.cmp(&other.0));
    put
}

impl<'py> Walk<'_, 'py> {
    /// Notices whatever is put on a made function from now on. Was anything until now?
    pub(super) fn is_more_than_plain(&mut self, made: &Bound<'py, PyAny>) -> bool {
        let Some(dict) = dict_of(made) else {
            return false;
        };
        self.guards.length(&dict);
        for (key, _, value) in held(&dict) {
            self.guards.item(&dict, key.as_any(), Some(&value));
        }
        !put_on_wrapper(made).is_empty()
    }

    /// Everything that was put on a function, or on what stands for one.
    ///
    /// Libraries keep things of their own on what their decorators make, which change with each call: of
    /// that only constants and code count.
    pub(super) fn open_attributes(
        &mut self,
        index: usize,
        value: &Bound<'py, PyAny>,
        owner: &str,
        own: bool,
    ) -> PyResult<()> {
        let Some(dict) = dict_of(value) else {
            return Ok(());
        };
        if index == self.root {
            self.root_guards.length(&dict);
        } else {
            self.guards.length(&dict);
        }
        if dict.is_empty() {
            return Ok(());
        }
        let locator = found_under_its_name(value);
        for (key, name, item) in held(&dict) {
            if !own && self.classify(&item, false, false)?.is_none() {
                continue;
            }
            let place = Place::Item(dict.clone(), key.into_any());
            let label = format!(".{name}");
            if let Some(place) = place.identity() {
                self.nodes[index].put.push((label.clone(), place));
            }
            let spot = Spot {
                place,
                name: format!("{owner}.{name}"),
                locator: locator.clone().map(|(module, mut path)| {
                    path.push(name);
                    (module, path)
                }),
            };
            self.refer(index, &label, &item, &spot, true)?;
        }
        Ok(())
    }

    /// A made function on which something was put: it, and the plain one.
    pub(super) fn open_made(&mut self, index: usize, made: &Bound<'py, PyAny>) -> PyResult<()> {
        self.form(index, "made", "");
        let name = super::kinds::text(made, "__qualname__").unwrap_or_default();
        self.nodes[index].name.clone_from(&name);
        if let Some(plain) = attribute(made, "__wrapped__") {
            let spot = self.attribute_spot(made, "__wrapped__", &name);
            self.refer(index, "__wrapped__", &plain, &spot, true)?;
        }
        self.open_attributes(index, made, &name, true)
    }
}

/// Where another process finds this very function.
fn found_under_its_name(value: &Bound<'_, PyAny>) -> Option<Locator> {
    let module = super::kinds::text(value, "__module__")?;
    let name = super::kinds::text(value, "__qualname__")?;
    let path = name.split('.').map(str::to_owned).collect();
    is_at(value, &module, &name).then_some((module, path))
}
