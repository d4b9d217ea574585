//! Is a value nothing that history can know, nor holds any?
//!
//! Every pickled result is looked through, item by item: so nothing is counted here, and nothing is
//! made for an item.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::*;

use super::traverse::DEEPEST;
use crate::value::is_quick;

/// As many items are looked through to find that they are plain. A list that holds one other list
/// twice, and so on, has more items than there is time.
const MOST: usize = 10_000_000;

/// Whether a value is nothing but lists, tuples and dicts of numbers, text and the like: nothing in it
/// can be known by history. `false` also for what is too large or too deep to be looked through.
pub(crate) fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    let mut left = MOST;
    is_plain_to(value.as_borrowed(), 0, &mut left)
}

/// Runs no Python code, so that what is borrowed from a container stays in it.
fn is_plain_to(value: Borrowed<'_, '_, PyAny>, depth: usize, left: &mut usize) -> bool {
    if is_quick(&value) {
        return true;
    }
    if depth > DEEPEST {
        return false;
    }
    let mut each = |item: Borrowed<'_, '_, PyAny>| {
        *left = left.saturating_sub(1);
        *left > 0 && is_plain_to(item, depth + 1, left)
    };
    if let Ok(list) = value.cast_exact::<PyList>() {
        (0..list.len()).all(|index| {
            // SAFETY: the index is that of an item; nothing can change the list meanwhile.
            let item = unsafe {
                let item = ffi::PyList_GetItem(list.as_ptr(), index as ffi::Py_ssize_t);
                Borrowed::from_ptr(value.py(), item)
            };
            each(item)
        })
    } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        tuple.iter_borrowed().all(each)
    } else if let Ok(dict) = value.cast_exact::<PyDict>() {
        let (mut place, mut key, mut item) = (0, std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: nothing can change the dict meanwhile; where there is a next pair, both are objects.
        unsafe {
            while ffi::PyDict_Next(dict.as_ptr(), &mut place, &mut key, &mut item) != 0 {
                let (key, item) = (
                    Borrowed::from_ptr(value.py(), key),
                    Borrowed::from_ptr(value.py(), item),
                );
                if !each(key) || !each(item) {
                    return false;
                }
            }
        }
        true
    } else {
        false
    }
}
