//! How is an array encoded: by history, or by reading it?

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;
use remade::version::array::{Layout, array_version, content_digest, encode_geometry};
use remade::version::{Tag, Version};

use super::{Unversioned, Walk, object};
use crate::numpy::dtype::{self, Dtype};
use crate::numpy::{self, Array, Memory};
use crate::registry;

/// From here on other threads may run while an array is read.
const LONG: usize = 1 << 20;

type Encoded = Result<(), Unversioned>;

/// A plain array or memory map.
#[inline]
pub(super) fn encode<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let Some(array) = Array::new(value) else {
        return Err(Unversioned::because(value, "its type changed meanwhile"));
    };
    let dtype = dtype::of_array(array)?;
    if dtype.has_objects {
        return object::with_history(walk, value, false, |walk| objects(walk, array, &dtype));
    }
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    memory(walk, array, &dtype)
}

/// The elements as they lie in memory.
fn memory<'py>(walk: &mut Walk<'py>, array: Array<'_, 'py>, dtype: &Dtype) -> Encoded {
    if walk.history
        && let Some(known) = registry::find_array(array, dtype)
    {
        walk.note(array.value(), &known);
        if walk.survey.is_none() {
            walk.told(known.tag, known.version);
            return Ok(());
        }
    }
    if let Some(survey) = &mut walk.survey {
        let root = array.root();
        let writeable = array.is_writeable() || Array::new(&root).is_some_and(|a| a.is_writeable());
        if writeable && let Some(span) = array.span(dtype.itemsize) {
            survey.memory.push(span);
        }
        return Ok(());
    }
    if walk.rerun_unknown && !array.shape().is_empty() {
        return Err(unknown(array.value()));
    }
    let version =
        content(array, dtype).map_err(|error| Unversioned::from_error(array.value(), error))?;
    walk.told(Tag::Array, version);
    Ok(())
}

pub(super) fn unknown(value: &Bound<'_, PyAny>) -> Unversioned {
    Unversioned::because(value, "it does not come from a made function")
}

/// The version by reading all of it.
pub(crate) fn content(array: Array<'_, '_>, dtype: &Dtype) -> PyResult<Version> {
    let outside =
        || pyo3::exceptions::PyValueError::new_err("the array reaches outside the address space");
    let (low, high) = array.span(dtype.itemsize).ok_or_else(outside)?;
    region_content(
        array.value().py(),
        (low, high, array.data()),
        array.layout(dtype.itemsize),
        dtype,
    )
}

/// The version of the elements between two addresses, of which the first is at `data`. The caller
/// holds a reference to the array whose memory it is.
pub(crate) fn region_content(
    py: Python<'_>,
    (low, high, data): (usize, usize, usize),
    layout: Layout<'_>,
    dtype: &Dtype,
) -> PyResult<Version> {
    let memory = Memory::between(low, high);
    let start = data.wrapping_sub(low);
    let digest = |layout: Layout<'_>| {
        // SAFETY: the caller holds the array; the interpreter refuses to resize an array to which
        // there are other references.
        let bytes = unsafe { memory.bytes() };
        content_digest(
            bytes,
            if bytes.is_empty() { 0 } else { start },
            layout,
            &dtype.element,
        )
    };
    let content = if high - low > LONG {
        // While other threads run, they could reshape the array in place.
        let (shape, strides) = (layout.shape.to_vec(), layout.strides.to_vec());
        let copy = || Layout {
            shape: &shape,
            strides: &strides,
            itemsize: layout.itemsize,
        };
        let content = py.detach(|| digest(copy()));
        return content
            .map(|content| array_version(&dtype.text, copy(), content))
            .map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()));
    } else {
        digest(layout)
    };
    content
        .map(|content| array_version(&dtype.text, layout, content))
        .map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))
}

/// Elements that are objects, one by one, in the order of memory.
fn objects<'py>(walk: &mut Walk<'py>, array: Array<'_, 'py>, dtype: &Dtype) -> Encoded {
    let py = array.value().py();
    let flat = numpy::in_memory_order(array, dtype.itemsize)?;
    let items = flat.call_method0(intern!(py, "tolist"))?;
    let items = items.cast::<PyList>().map_err(PyErr::from)?;
    walk.encoder
        .begin_named(Tag::ObjectArray, &dtype.text, items.len());
    encode_geometry(array.layout(dtype.itemsize), &mut walk.encoder);
    for (index, item) in items.iter().enumerate() {
        walk.part(&item, || format!(".flat[{index}]"))?;
    }
    Ok(())
}

/// A scalar with fields, which is a view of the array it was taken from.
pub(super) fn void<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    let py = value.py();
    let array = value.call_method0(intern!(py, "__array__"))?;
    walk.encoder.begin_named(Tag::Parts, "numpy.void", 1);
    part_of(walk, &array)
}

/// The array inside another object, which has a position of its own already.
pub(super) fn part_of<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let Some(array) = Array::new(value) else {
        return walk.item(value);
    };
    let dtype = dtype::of_array(array)?;
    if dtype.has_objects {
        return objects(walk, array, &dtype);
    }
    walk.depth += 1;
    let encoded = memory(walk, array, &dtype);
    walk.depth -= 1;
    encoded
}

/// Data, mask and fill value of a masked array; what else it keeps is how it came to be.
pub(super) fn masked<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    object::with_history(walk, value, false, |walk| {
        let py = value.py();
        walk.encoder
            .begin_named(Tag::Parts, "numpy.ma.MaskedArray", 4);
        part_of(walk, value)?;
        for name in ["_mask", "_fill_value", "_hardmask"] {
            walk.item(&value.getattr(pyo3::types::PyString::intern(py, name))?)?;
        }
        Ok(())
    })
}
