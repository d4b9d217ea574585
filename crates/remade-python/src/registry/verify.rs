//! Is everything still what its history says?

use std::collections::HashSet;
use std::sync::Arc;

use pyo3::prelude::*;

use super::{arrays, content_version, objects};
use crate::code::Rules;
use crate::numpy::Array;
use crate::numpy::dtype;
use crate::value::kind::{self, Kind};
use crate::value::{Survey, Unversioned, Walk, region_content, short_form};

/// Reads in full everything in `value` that is known by history, at any depth. What is not what its
/// history says loses it, in every view. Returns a description of each.
pub(crate) fn verify(value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let mut walk = Walk::surveying(true);
    survey(&mut walk, value)?;
    let survey = walk.into_survey();
    let mut descriptions = Vec::new();
    let mut done = HashSet::new();
    for (known, object) in survey.known {
        let changed = match Array::new(&object) {
            Some(array) if is_known_by_memory(array)? => verify_memory(array, &mut done)?,
            _ => done.insert(object.as_ptr() as usize) && verify_object(&object)?,
        };
        if changed {
            descriptions.push(format!(
                "{} returned by {}{}",
                short_form(&object),
                known.origin.function(),
                known.origin.position,
            ));
        }
    }
    Ok(descriptions)
}

fn survey<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> PyResult<()> {
    match walk.encode(value) {
        Ok(()) | Err(Unversioned::NoVersion { .. }) => Ok(()),
        Err(Unversioned::Raised(error)) => Err(error),
    }
}

/// Arrays and the data of masked arrays are known by memory; arrays of objects are not.
fn is_known_by_memory(array: Array<'_, '_>) -> PyResult<bool> {
    let known_as_object = objects::expected(array.value()).is_some();
    Ok(!known_as_object
        && !dtype::of_array(array)?.has_objects
        && matches!(
            kind::of(array.value())?,
            Kind::Array | Kind::MaskedArray | Kind::ArraySubclass
        ))
}

/// Whether any region under the array changed.
fn verify_memory(array: Array<'_, '_>, done: &mut HashSet<usize>) -> PyResult<bool> {
    let root = array.root();
    let mut changed = false;
    for region in arrays::regions_under(array, &root)? {
        let key = Arc::as_ptr(&region) as usize;
        if !done.insert(key) {
            continue;
        }
        let whole = arrays::is_inside(&region, &root)? && {
            let span = (region.start, region.start + region.length, region.start);
            region_content(array.value().py(), span, region.layout(), &region.dtype)?
                == region.content
        };
        if !whole {
            arrays::forget_region(&root, &region);
            changed = true;
        }
    }
    Ok(changed)
}

fn verify_object(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    let Some(expected) = objects::expected(object) else {
        return Ok(false);
    };
    let same = match content_version(object) {
        Ok(content) => content == expected,
        Err(Unversioned::NoVersion { .. }) => false,
        Err(Unversioned::Raised(error)) => return Err(error),
    };
    if !same {
        objects::forget(object);
    }
    Ok(!same)
}

/// Everything in `value` that is known by history, at any depth.
pub(crate) fn known_in<'py>(value: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut walk = Walk::surveying(true);
    survey(&mut walk, value)?;
    let known = walk.into_survey().known;
    Ok(known.into_iter().map(|(_, object)| object).collect())
}

/// Reads in full every frame and object known by history that shares something with what may have
/// been changed: an array in it, a list, another object. What is not what its history says loses
/// it. (Arrays known by their memory need no search: see [`verify`].)
pub(crate) fn verify_sharing(suspects: &[Bound<'_, PyAny>]) -> PyResult<()> {
    let Some(first) = suspects.first() else {
        return Ok(());
    };
    let mut walk = Walk::surveying(false);
    for suspect in suspects {
        survey(&mut walk, suspect)?;
    }
    let Some(touched) = walk.survey() else {
        return Ok(());
    };
    if touched.met.is_empty() && touched.memory.is_empty() {
        return Ok(());
    }
    for object in objects::living(first.py()) {
        let mut walk = Walk::surveying(false);
        survey(&mut walk, &object)?;
        let shares = walk.survey().is_some_and(|reached| {
            !reached.met.is_disjoint(&touched.met)
                || reached.memory.iter().any(|one| {
                    let mut touched = touched.memory.iter();
                    touched.any(|other| one.0 < other.1 && other.0 < one.1)
                })
        });
        if shares {
            verify_object(&object)?;
        }
    }
    Ok(())
}

/// What can be reached from a value.
pub(crate) fn reached<'py>(value: &Bound<'py, PyAny>) -> PyResult<Survey<'py>> {
    let mut walk = Walk::surveying(false);
    survey(&mut walk, value)?;
    Ok(walk.into_survey())
}

/// Functions and classes that are the user's own by these rules, each once.
pub(super) fn code_reached<'py>(
    parts: &[Bound<'py, PyAny>],
    rules: Option<&Arc<Rules>>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut walk = Walk::surveying(false);
    walk.rules = rules.cloned();
    for part in parts {
        survey(&mut walk, part)?;
    }
    Ok(walk.into_survey().code)
}

/// Whether any two mutable things that can be reached from these values are the same object or
/// share memory. Arrays that interleave count as sharing.
pub(crate) fn has_aliases(values: &[Bound<'_, PyAny>]) -> PyResult<bool> {
    let mut walk = Walk::surveying(false);
    for value in values {
        survey(&mut walk, value)?;
    }
    let mut survey = walk.into_survey();
    if survey.met_twice {
        return Ok(true);
    }
    survey.memory.retain(|(low, high)| low < high);
    survey.memory.sort_unstable();
    Ok(survey.memory.windows(2).any(|pair| pair[0].1 > pair[1].0))
}
