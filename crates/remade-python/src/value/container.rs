//! How is a container encoded, item by item?

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::Tag;

use super::{Unversioned, Walk, constant, short};

/// Objects in sets that are in sets have no order of their own, so nothing says which was met
/// before, and each is followed from each side. This bounds the work.
const MOST_ENTANGLED: usize = 20_000;

type Encoded = Result<(), Unversioned>;

pub(super) fn tuple<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let items = value.cast::<PyTuple>().map_err(PyErr::from)?;
    walk.encoder.begin(Tag::Tuple, items.len());
    let is_state = walk.is_state(value);
    for (index, item) in items.iter_borrowed().enumerate() {
        walk.part(&item, || match is_state {
            true => String::new(),
            false => format!("[{index}]"),
        })?;
    }
    Ok(())
}

pub(super) fn list<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    let items = value.cast::<PyList>().map_err(PyErr::from)?;
    let length = items.len();
    walk.encoder.begin(Tag::List, length);
    for index in 0..length {
        // Asked anew each time, because code of the items may change the list on the way.
        let item = items.get_item(index).map_err(|_| changed(value))?;
        walk.part(&item, || format!("[{index}]"))?;
    }
    if items.len() != length {
        return Err(changed(value));
    }
    Ok(())
}

fn changed(value: &Bound<'_, PyAny>) -> Unversioned {
    Unversioned::because(value, "it changed while it was read")
}

pub(super) fn dict<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    pairs(walk, value)
}

/// The pairs of a dict that has a position already, or needs none.
fn pairs<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let length = value.cast::<PyDict>().map_err(PyErr::from)?.len();
    walk.encoder.begin(Tag::Dict, length);
    let is_state = walk.is_state(value);
    let (mut place, mut count) = (0, 0);
    loop {
        let (mut key, mut item) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: it is a dict, and references are taken before any other code can run. The
        // iteration stays inside the table even if that code changes the dict.
        let (key, item) = unsafe {
            if ffi::PyDict_Next(value.as_ptr(), &mut place, &mut key, &mut item) == 0 {
                break;
            }
            (
                Bound::from_borrowed_ptr(py, key),
                Bound::from_borrowed_ptr(py, item),
            )
        };
        count += 1;
        walk.part(&key, || format!(".keys[{count}]"))?;
        walk.part(&item, || match is_state {
            true => format!(".{key}"),
            false => format!("[{}]", short::key_form(&key)),
        })?;
        // SAFETY: it is a dict.
        if count > length || unsafe { ffi::PyDict_Size(value.as_ptr()) } as usize != length {
            return Err(changed(value));
        }
    }
    if count != length {
        return Err(changed(value));
    }
    Ok(())
}

pub(super) fn mapping_proxy<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let copy = value.call_method0(intern!(py, "copy"))?;
    walk.encoder.begin_named(Tag::Parts, "mappingproxy", 1);
    if copy.is_exact_instance_of::<PyDict>() {
        // The copy has an address of its own, which may have been another's before.
        return pairs(walk, &copy);
    }
    walk.item(&copy)
}

pub(super) fn bytearray<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    let bytes = value.cast::<PyByteArray>().map_err(PyErr::from)?.to_vec();
    walk.encoder.begin_named(Tag::Parts, "bytearray", 1);
    walk.encoder.bytes(&bytes);
    Ok(())
}

pub(super) fn parts<'py>(walk: &mut Walk<'py>, parts: Option<constant::Parts<'py>>) -> Encoded {
    let Some((name, parts)) = parts else {
        return Ok(());
    };
    constant::begin_parts(name, parts.len(), &mut walk.encoder);
    for part in parts {
        walk.item(&part)?;
    }
    Ok(())
}

pub(super) fn set<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, tag: Tag) -> Encoded {
    let first = match tag {
        Tag::Set => walk.is_first_mutable(value),
        _ => true,
    };
    if first {
        items_of_set(walk, value, tag)
    } else {
        Ok(())
    }
}

/// The items of a set, in the order of their versions: the order in memory depends on hash seed and
/// addresses. Every item is encoded as if it were the first, so what one item meets is no position
/// for another.
pub(super) fn items_of_set<'py>(
    walk: &mut Walk<'py>,
    value: &Bound<'py, PyAny>,
    tag: Tag,
) -> Encoded {
    walk.sets += 1;
    let outer = std::mem::take(&mut walk.encoder);
    let mut versions = Vec::new();
    let mut encoded = Ok(());
    let mut dropped = Vec::new();
    match value.try_iter() {
        Err(error) => encoded = Err(error.into()),
        Ok(items) => {
            for item in items {
                walk.encoder.clear();
                let met = walk.memo.len();
                encoded = item
                    .map_err(|error| Unversioned::from_error(value, error))
                    .and_then(|item| walk.item(&item));
                if walk.survey.is_none() && walk.memo.len() > met {
                    walk.budget += walk.memo.len() - met;
                    let temporary = walk.memo.truncate(met);
                    // They end here, unless the set is inside another, whose items may meet them.
                    dropped.extend(temporary);
                }
                if encoded.is_ok() && walk.sets > 1 && walk.budget > MOST_ENTANGLED {
                    let why = "sets of objects that hold sets of objects lead to too many places";
                    encoded = Err(Unversioned::because(value, why));
                }
                if encoded.is_err() {
                    break;
                }
                versions.push(walk.encoder.finish());
            }
        }
    }
    walk.encoder = outer;
    walk.sets -= 1;
    encoded?;
    walk.encoder.set(tag, versions);
    Ok(())
}
