//! How is Arrow data encoded, whatever its chunks and offsets are?

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::{Tag, Version};

use super::kind::{ArrowKind, imported};
use super::object::qualified_name;
use super::{Unversioned, Walk};

type Encoded = Result<(), Unversioned>;

pub(super) fn encode<'py>(
    walk: &mut Walk<'py>,
    value: &Bound<'py, PyAny>,
    kind: ArrowKind,
) -> Encoded {
    if walk.survey.is_some() {
        return Ok(()); // Arrow data cannot change
    }
    let py = value.py();
    for class in extension_classes(value, kind)? {
        walk.item(&class)?;
    }
    match kind {
        ArrowKind::Table | ArrowKind::RecordBatch => {
            let name = if kind == ArrowKind::Table {
                "Table"
            } else {
                "RecordBatch"
            };
            let schema = value.getattr(intern!(py, "schema"))?;
            let columns: Vec<Bound<'py, PyAny>> =
                value.getattr(intern!(py, "columns"))?.extract()?;
            walk.encoder.begin_named(Tag::Parts, name, columns.len());
            walk.item(&schema.getattr(intern!(py, "metadata"))?)?;
            for (field, column) in schema.try_iter()?.zip(columns) {
                let field = field?;
                for name in ["name", "nullable", "metadata"] {
                    walk.item(&field.getattr(name)?)?;
                }
                column_data(walk, &column)?;
            }
            walk.item(&value.getattr(intern!(py, "num_rows"))?)
        }
        ArrowKind::ChunkedArray => {
            walk.encoder.begin_named(Tag::Parts, "ChunkedArray", 1);
            column_data(walk, value)
        }
        ArrowKind::Array => {
            walk.encoder.begin_named(Tag::Parts, "Array", 1);
            column_data(walk, value)
        }
    }
}

/// The classes of others than Arrow that its data has: of itself, and of the types of its elements.
pub(crate) fn extension_classes<'py>(
    value: &Bound<'py, PyAny>,
    kind: ArrowKind,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let py = value.py();
    let mut classes = Vec::new();
    let mut add = |object: &Bound<'py, PyAny>| {
        let class = object.get_type();
        if !qualified_name(&class).starts_with("pyarrow.") {
            classes.push(class.into_any());
        }
    };
    add(value);
    let mut types: Vec<Bound<'py, PyAny>> = match kind {
        ArrowKind::Table | ArrowKind::RecordBatch => value
            .getattr(intern!(py, "schema"))?
            .getattr(intern!(py, "types"))?
            .extract()?,
        ArrowKind::ChunkedArray | ArrowKind::Array => vec![value.getattr(intern!(py, "type"))?],
    };
    while let Some(element) = types.pop() {
        add(&element);
        let count: usize = element.getattr(intern!(py, "num_fields"))?.extract()?;
        for number in 0..count {
            let field = element.call_method1(intern!(py, "field"), (number,))?;
            types.push(field.getattr(intern!(py, "type"))?);
        }
        if count == 0
            && let Some(values) = element.getattr_opt(intern!(py, "value_type"))?
        {
            types.push(values); // of a dictionary
        }
    }
    Ok(classes)
}

/// One column: chunks are brought together first.
fn column_data<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let Some(chunks) = value.getattr_opt(intern!(py, "chunks"))? else {
        return plain(walk, value);
    };
    let whole = value.call_method0(intern!(py, "combine_chunks"))?;
    if whole.getattr_opt(intern!(py, "chunks"))?.is_none() {
        return plain(walk, &whole);
    }
    // Too long for one array of its type.
    walk.encoder.begin(Tag::List, chunks.len()?);
    for chunk in chunks.try_iter()? {
        plain(walk, &chunk?)?;
    }
    Ok(())
}

fn is(name: &str, element: &Bound<'_, PyAny>) -> PyResult<bool> {
    let types = imported(element.py(), "pyarrow.types")
        .ok_or_else(|| pyo3::exceptions::PyImportError::new_err("pyarrow.types is gone"))?;
    types.getattr(name)?.call1((element,))?.extract()
}

fn compute<'py>(name: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    value
        .py()
        .import("pyarrow.compute")?
        .getattr(name)?
        .call1((value,))
}

/// An array without chunks: element type, length, which are null, and the values of the others.
fn plain<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let element = value.getattr(intern!(py, "type"))?;
    let length = value.len()?;
    let nulls: usize = value.getattr(intern!(py, "null_count"))?.extract()?;
    walk.encoder
        .begin_named(Tag::Frame, &element.str()?.to_string_lossy(), length);
    walk.encoder.int(nulls as i64);
    let mut value = value.clone();
    if nulls > 0 {
        let valid = value.call_method0(intern!(py, "is_valid"))?;
        fixed_width(
            walk,
            &valid.call_method1(intern!(py, "cast"), ("uint8",))?,
            1,
        )?;
        value = value.call_method0(intern!(py, "drop_null"))?;
    }
    if is("is_boolean", &element)? {
        fixed_width(
            walk,
            &value.call_method1(intern!(py, "cast"), ("uint8",))?,
            1,
        )
    } else if is("is_primitive", &element)?
        || is("is_decimal", &element)?
        || is("is_fixed_size_binary", &element)?
    {
        let bits: usize = element.getattr(intern!(py, "bit_width"))?.extract()?;
        fixed_width(walk, &value, bits / 8)
    } else if is("is_string", &element)? || is("is_binary", &element)? {
        text(walk, &value, 4)
    } else if is("is_large_string", &element)? || is("is_large_binary", &element)? {
        text(walk, &value, 8)
    } else if is("is_list", &element)? || is("is_large_list", &element)? {
        plain(walk, &compute("list_value_length", &value)?)?;
        plain(walk, &value.call_method0(intern!(py, "flatten"))?)
    } else if is("is_struct", &element)? {
        for field in value.call_method0(intern!(py, "flatten"))?.try_iter()? {
            plain(walk, &field?)?;
        }
        Ok(())
    } else if is("is_dictionary", &element)? {
        plain(walk, &value.getattr(intern!(py, "indices"))?)?;
        plain(walk, &value.getattr(intern!(py, "dictionary"))?)
    } else {
        serialized(walk, &value)
    }
}

/// Types that are rare: as Arrow itself would send them.
fn serialized<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let batch = py
        .import("pyarrow")?
        .getattr("RecordBatch")?
        .call_method1("from_arrays", ([value], ["values"]))?;
    let bytes = batch
        .call_method0("serialize")?
        .call_method0("to_pybytes")?;
    walk.encoder
        .bytes(bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes());
    Ok(())
}

/// Address and size of one buffer.
fn buffer(value: &Bound<'_, PyAny>, number: usize) -> PyResult<(usize, usize)> {
    let py = value.py();
    let buffer = value
        .call_method0(intern!(py, "buffers"))?
        .get_item(number)?;
    if buffer.is_none() {
        return Ok((0, 0));
    }
    Ok((
        buffer.getattr(intern!(py, "address"))?.extract()?,
        buffer.getattr(intern!(py, "size"))?.extract()?,
    ))
}

/// Digests `length` bytes of a buffer from `start` on.
fn digest(
    py: Python<'_>,
    buffer: (usize, usize),
    start: usize,
    length: usize,
) -> PyResult<Version> {
    let (address, size) = buffer;
    if length == 0 {
        return Ok(Version::of_bytes(&[]));
    }
    if start.checked_add(length).is_none_or(|end| end > size) {
        return Err(pyo3::exceptions::PyValueError::new_err(
            "an Arrow buffer is too short",
        ));
    }
    // SAFETY: the bounds were checked, and the array that the caller holds keeps its buffers,
    // which Arrow promises not to change.
    let bytes = unsafe { std::slice::from_raw_parts((address + start) as *const u8, length) };
    Ok(py.detach(|| Version::of_bytes(bytes)))
}

fn fixed_width<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, width: usize) -> Encoded {
    let py = value.py();
    let offset: usize = value.getattr(intern!(py, "offset"))?.extract()?;
    let version = digest(py, buffer(value, 1)?, offset * width, value.len()? * width)?;
    walk.encoder.version(Tag::Version, version);
    Ok(())
}

/// Text and bytes: the lengths, then everything one behind the other.
fn text<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, width: usize) -> Encoded {
    let py = value.py();
    let lengths = compute("binary_length", value)?;
    fixed_width(walk, &lengths, width)?;
    let offset: usize = value.getattr(intern!(py, "offset"))?.extract()?;
    let count = value.len()?;
    let (mut first, mut last) = (0, 0);
    if count > 0 {
        let (address, size) = buffer(value, 1)?;
        let place = |number: usize| -> PyResult<usize> {
            if (number + 1) * width > size {
                return Err(pyo3::exceptions::PyValueError::new_err(
                    "an Arrow buffer is too short",
                ));
            }
            let at = address + number * width;
            // SAFETY: the bounds were checked; offsets need not be aligned where Arrow came from.
            Ok(unsafe {
                if width == 4 {
                    (at as *const u32).read_unaligned() as usize
                } else {
                    (at as *const u64).read_unaligned() as usize
                }
            })
        };
        (first, last) = (place(offset)?, place(offset + count)?);
    }
    let length = last.saturating_sub(first);
    let version = digest(py, buffer(value, 2)?, first, length)?;
    walk.encoder.version(Tag::Version, version);
    Ok(())
}
