//! What of a thread or a handler of one's own class counts?
//!
//! What its own class added, and what its base lets everybody read: the level of a handler, the interval of
//! a timer. What the base keeps for itself, under names with a line before them, says when and how it runs and
//! is another in every process: that counts only where a method of its own names it, and is told otherwise.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::Tag;

use super::{Unversioned, Walk, object, partial};
use crate::code as follow;

/// An attribute: its name and what it is now.
type Attribute<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// More than this is not looked into for the names that a class uses: a mock leads on without end.
const MOST: usize = 2000;

pub(super) fn beyond<'py>(
    walk: &mut Walk<'py>,
    value: &Bound<'py, PyAny>,
) -> Result<(), Unversioned> {
    let py = value.py();
    let mut theirs = Vec::new();
    let mut ours = Vec::new();
    let mut whose = String::new();
    for base in value.get_type().mro().iter() {
        if !follow::is_own_class(&base, walk.own()) {
            if whose.is_empty() {
                whose = object::qualified_name(base.cast::<PyType>().map_err(PyErr::from)?);
            }
            theirs.push(base.getattr(intern!(py, "__init__"))?);
            continue;
        }
        let members = base.getattr(intern!(py, "__dict__"))?;
        for member in members.call_method0("values")?.try_iter()? {
            ours.push(member?);
        }
    }
    let theirs = names_in(theirs);
    let ours = names_in(ours);
    let is_left_out = |name: &Bound<'py, PyAny>| {
        let name = name.to_string();
        name.starts_with('_') && theirs.contains(&name) && !ours.contains(&name)
    };
    let (left_out, added): (Vec<_>, Vec<_>) = attributes(value)?
        .into_iter()
        .partition(|(name, _)| is_left_out(name));
    if !left_out.is_empty() {
        let names: Vec<String> = left_out.iter().map(|(name, _)| name.to_string()).collect();
        let why = format!("{whose} keeps {} for itself", names.join(", "));
        partial::note(walk, why, true, true);
    }
    walk.encoder.begin(Tag::Dict, added.len());
    for (name, item) in added {
        walk.item(&name)?;
        walk.part(&item, || format!(".{name}"))?;
    }
    Ok(())
}

/// Everything in `__dict__` and in slots.
fn attributes<'py>(value: &Bound<'py, PyAny>) -> PyResult<Vec<Attribute<'py>>> {
    let py = value.py();
    let mut found = Vec::new();
    let held = value.getattr_opt(intern!(py, "__dict__"))?;
    if let Some(held) = held.and_then(|held| held.cast_into::<PyDict>().ok()) {
        found.extend(held.iter());
    }
    for name in object::slots(value)? {
        if let Some(item) = value.getattr_opt(&name)? {
            found.push((name.into_any(), item));
        }
    }
    Ok(found)
}

/// The names that functions use, with all that is written in them: a property, a decorated method, a lambda.
fn names_in(members: Vec<Bound<'_, PyAny>>) -> Vec<String> {
    const LEADING: [&str; 9] = [
        "__code__",
        "__closure__",
        "__wrapped__",
        "__func__",
        "fget",
        "fset",
        "fdel",
        "func",
        "cell_contents",
    ];
    let mut names: Vec<String> = Vec::new();
    let mut met: Vec<Bound<'_, PyAny>> = Vec::new();
    let mut next = members;
    while let Some(one) = next.pop() {
        if met.len() >= MOST || met.iter().any(|seen| seen.is(&one)) {
            continue;
        }
        met.push(one.clone());
        if let Ok(items) = one.cast_exact::<PyTuple>() {
            next.extend(items.iter().filter(|item| !is_plain(item)));
            continue;
        }
        if one.is_instance_of::<PyType>() {
            continue;
        }
        let used = one.getattr_opt("co_names").ok().flatten();
        if let Some(used) = used {
            let used: Vec<String> = used.extract().unwrap_or_default();
            names.extend(used);
            next.extend(one.getattr_opt("co_consts").ok().flatten());
            continue;
        }
        for name in LEADING {
            let found = one.getattr_opt(name).ok().flatten();
            next.extend(found.filter(|found| !is_plain(found)));
        }
    }
    names
}

fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    value.is_none()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyFloat>()
}
