//! How is a value encoded that cannot change, with all its parts?

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::{Encoder, Tag};

use super::kind::{self, Kind};
use crate::numpy;

/// Deeper than this nothing is followed: the stack of a thread is finite.
pub(crate) const MOST_NESTED: usize = 200;

/// If `value` is of an exact type that cannot change, with all its parts, appends its encoding and
/// returns true. Appends nothing otherwise.
pub(crate) fn encode_constant(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<bool> {
    if encode_scalar(value, encoder)? {
        return Ok(true);
    }
    if !is_constant(value, 0)? {
        return Ok(false);
    }
    write(value, encoder)?;
    Ok(true)
}

fn is_constant(value: &Bound<'_, PyAny>, depth: usize) -> PyResult<bool> {
    if depth > MOST_NESTED {
        return Ok(false);
    }
    if is_quick(value) {
        return Ok(true);
    }
    let kind = kind::of(value)?;
    if is_scalar_kind(kind) {
        return Ok(kind != Kind::Dtype || value.getattr(intern!(value.py(), "names"))?.is_none());
    }
    match kind {
        Kind::FrozenSet => all_constant(value.try_iter()?, depth),
        _ => match parts(value, kind)? {
            Some((_, parts)) => all_constant(parts.iter().map(|part| Ok(part.clone())), depth),
            None => Ok(false),
        },
    }
}

fn all_constant<'py>(
    mut items: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
    depth: usize,
) -> PyResult<bool> {
    items.try_fold(true, |so_far, item| {
        Ok(so_far && is_constant(&item?, depth + 1)?)
    })
}

fn write(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<()> {
    if encode_scalar(value, encoder)? {
        return Ok(());
    }
    let kind = kind::of(value)?;
    if kind == Kind::FrozenSet {
        let mut versions = Vec::new();
        let mut one = Encoder::new();
        for item in value.try_iter()? {
            one.clear();
            write(&item?, &mut one)?;
            versions.push(one.finish());
        }
        encoder.set(Tag::FrozenSet, versions);
    } else if let Some((name, parts)) = parts(value, kind)? {
        begin_parts(name, parts.len(), encoder);
        for part in parts {
            write(&part, encoder)?;
        }
    }
    Ok(())
}

/// Opens a value that is told by its parts.
pub(super) fn begin_parts(name: &str, count: usize, encoder: &mut Encoder) {
    if name.is_empty() {
        encoder.begin(Tag::Tuple, count);
    } else {
        encoder.begin_named(Tag::Parts, name, count);
    }
}

/// A name, or none for a tuple, and the parts.
pub(super) type Parts<'py> = (&'static str, Vec<Bound<'py, PyAny>>);

/// The name and parts of a value whose type cannot change but whose parts might.
pub(super) fn parts<'py>(value: &Bound<'py, PyAny>, kind: Kind) -> PyResult<Option<Parts<'py>>> {
    let py = value.py();
    Ok(Some(match kind {
        Kind::Tuple => ("", value.cast::<PyTuple>()?.iter().collect()),
        Kind::Range | Kind::Slice => (
            if kind == Kind::Range {
                "range"
            } else {
                "slice"
            },
            vec![
                value.getattr(intern!(py, "start"))?,
                value.getattr(intern!(py, "stop"))?,
                value.getattr(intern!(py, "step"))?,
            ],
        ),
        Kind::Reduced(name) => {
            let reduced = value.call_method1(intern!(py, "__reduce_ex__"), (4,))?;
            let arguments = reduced.get_item(1)?.cast_into::<PyTuple>()?;
            (name, arguments.iter().collect())
        }
        Kind::Fraction => (
            "fractions.Fraction",
            vec![
                value.getattr(intern!(py, "numerator"))?,
                value.getattr(intern!(py, "denominator"))?,
            ],
        ),
        Kind::Uuid => (
            "uuid.UUID",
            vec![
                value.getattr(intern!(py, "int"))?,
                value
                    .getattr(intern!(py, "is_safe"))?
                    .getattr(intern!(py, "name"))?,
            ],
        ),
        _ => return Ok(None),
    }))
}

fn is_scalar_kind(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Complex
            | Kind::Singleton(_)
            | Kind::Path(_)
            | Kind::NumpyScalar(_)
            | Kind::NumpyText
            | Kind::NumpyBytes
            | Kind::Dtype
    )
}

fn class_of(value: &Bound<'_, PyAny>) -> *mut ffi::PyTypeObject {
    // SAFETY: every object has a type.
    unsafe { ffi::Py_TYPE(value.as_ptr()) }
}

/// Whether it is of one of the commonest types, which hold nothing that could be anything else.
#[inline]
pub(crate) fn is_quick(value: &Bound<'_, PyAny>) -> bool {
    let class = class_of(value);
    class == &raw mut ffi::PyLong_Type
        || class == &raw mut ffi::PyUnicode_Type
        || class == &raw mut ffi::PyFloat_Type
        || class == &raw mut ffi::PyBool_Type
        || class == &raw mut ffi::PyBytes_Type
        || value.is_none()
}

/// Encodes the commonest types, which need no look into the table of kinds.
#[inline]
pub(super) fn encode_quick(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<bool> {
    let class = class_of(value);
    // SAFETY: these are static types; taking their address reads nothing.
    let is = |exact: *mut ffi::PyTypeObject| class == exact;
    if is(&raw mut ffi::PyLong_Type) {
        encode_int(value, encoder)?;
    } else if is(&raw mut ffi::PyUnicode_Type) {
        encode_text(value, encoder)?;
    } else if is(&raw mut ffi::PyFloat_Type) {
        // SAFETY: it is a float, which never fails.
        encoder.float(unsafe { ffi::PyFloat_AsDouble(value.as_ptr()) });
    } else if value.is_none() {
        encoder.tag(Tag::None);
    } else if is(&raw mut ffi::PyBool_Type) {
        encoder.boolean(value.is(PyBool::new(value.py(), true)));
    } else if is(&raw mut ffi::PyBytes_Type) {
        encoder.bytes(value.cast::<PyBytes>()?.as_bytes());
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Encodes a value without parts of an exact type that cannot change.
pub(super) fn encode_scalar(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<bool> {
    if encode_quick(value, encoder)? {
        return Ok(true);
    }
    let kind = kind::of(value)?;
    if kind == Kind::Dtype && !value.getattr(intern!(value.py(), "names"))?.is_none() {
        return Ok(false);
    }
    encode_scalar_of(value, kind, encoder)
}

/// [`encode_scalar`] where the kind is known and the type is not a quick one.
pub(super) fn encode_scalar_of(
    value: &Bound<'_, PyAny>,
    kind: Kind,
    encoder: &mut Encoder,
) -> PyResult<bool> {
    match kind {
        Kind::Complex => {
            let complex = value.cast::<PyComplex>()?;
            encoder.complex(complex.real(), complex.imag());
        }
        Kind::Singleton(name) => encoder.begin_named(Tag::Parts, name, 0),
        Kind::Path(flavour) => {
            encoder.begin_named(Tag::Path, flavour, 1);
            encode_text(value.str()?.as_any(), encoder)?;
        }
        Kind::NumpyScalar(text) => encode_numpy_scalar(value, text, encoder)?,
        Kind::NumpyText => {
            encoder.begin_named(Tag::NumpyScalar, "U", 1);
            // `str` of a `numpy.str_` is the plain text in it.
            encode_text(value.str()?.as_any(), encoder)?;
        }
        Kind::NumpyBytes => {
            encoder.begin_named(Tag::NumpyScalar, "S", 1);
            encoder.bytes(value.cast::<PyBytes>()?.as_bytes());
        }
        Kind::Dtype => {
            let dtype = numpy::dtype::of(value)?;
            encoder.tagged(Tag::Dtype, dtype.text.as_bytes());
        }
        _ => return Ok(false),
    }
    Ok(true)
}

#[inline]
pub(super) fn encode_int(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<()> {
    let mut overflow = 0;
    // SAFETY: it is an int; the call tells overflow through the flag and does not raise.
    let number = unsafe { ffi::PyLong_AsLongLongAndOverflow(value.as_ptr(), &mut overflow) };
    if overflow == 0 {
        encoder.int(number);
        return Ok(());
    }
    encode_big_int(value, encoder)
}

#[cold]
fn encode_big_int(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<()> {
    let py = value.py();
    let bits: usize = value.call_method0(intern!(py, "bit_length"))?.extract()?;
    let keywords = PyDict::new(py);
    keywords.set_item(intern!(py, "signed"), true)?;
    let bytes = value.call_method(
        intern!(py, "to_bytes"),
        (bits / 8 + 1, intern!(py, "little")),
        Some(&keywords),
    )?;
    encoder.big_int(bytes.cast::<PyBytes>()?.as_bytes());
    Ok(())
}

#[inline]
pub(super) fn encode_text(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<()> {
    let mut length = 0;
    // SAFETY: it is a str; the bytes live as long as it does.
    let bytes = unsafe {
        let start = ffi::PyUnicode_AsUTF8AndSize(value.as_ptr(), &mut length);
        if start.is_null() {
            None
        } else {
            Some(std::slice::from_raw_parts(
                start.cast::<u8>(),
                length as usize,
            ))
        }
    };
    match bytes {
        Some(bytes) => encoder.wtf8_text(bytes),
        None => encode_surrogates(value, encoder)?,
    }
    Ok(())
}

#[cold]
fn encode_surrogates(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<()> {
    drop(PyErr::take(value.py())); // the UnicodeEncodeError of the attempt before
    let bytes = value.call_method1("encode", ("utf-8", "surrogatepass"))?;
    encoder.wtf8_text(bytes.cast::<PyBytes>()?.as_bytes());
    Ok(())
}

/// The bytes of a scalar, or of an element, lie in the order of this machine; all that Python and
/// numpy have wheels for are little-endian, and the element type says so.
fn encode_numpy_scalar(
    value: &Bound<'_, PyAny>,
    text: Option<&'static str>,
    encoder: &mut Encoder,
) -> PyResult<()> {
    let py = value.py();
    if let Some("<f8") = text {
        // SAFETY: numpy.float64 is a subclass of float.
        let number = unsafe { ffi::PyFloat_AsDouble(value.as_ptr()) };
        encoder.begin_named(Tag::NumpyScalar, "<f8", 1);
        encoder.bytes(&number.to_le_bytes());
        return Ok(());
    }
    let bytes = value.call_method0(intern!(py, "tobytes"))?;
    let bytes = bytes.cast::<PyBytes>()?.as_bytes();
    if let Some(text) = text
        && !matches!(text, "<f16" | "<c32")
    {
        encoder.begin_named(Tag::NumpyScalar, text, 1);
        encoder.bytes(bytes);
        return Ok(());
    }
    let dtype = numpy::dtype::of(&value.getattr(intern!(py, "dtype"))?)?;
    encoder.begin_named(Tag::NumpyScalar, &dtype.text, 1);
    match &dtype.element {
        remade::version::array::Element::Whole => encoder.bytes(bytes),
        remade::version::array::Element::Spans(spans) => {
            let counted: Vec<u8> = spans
                .iter()
                .filter_map(|&(start, length)| bytes.get(start..start + length))
                .flatten()
                .copied()
                .collect();
            encoder.bytes(&counted);
        }
    }
    Ok(())
}
