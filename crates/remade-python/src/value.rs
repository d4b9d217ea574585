//! A stand-in: a colleague writes the real one.

use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::{Encoder, Tag};

pub(crate) fn encode_constant(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<bool> {
    let mut scratch = Encoder::new();
    if !write(value, &mut scratch)? {
        return Ok(false);
    }
    encoder.version(Tag::Version, scratch.finish());
    Ok(true)
}

fn write(value: &Bound<'_, PyAny>, encoder: &mut Encoder) -> PyResult<bool> {
    if value.is_none() {
        encoder.tag(Tag::None);
    } else if let Ok(truth) = value.cast_exact::<PyBool>() {
        encoder.boolean(truth.is_true());
    } else if value.is_exact_instance_of::<PyInt>() {
        let bits: usize = value.call_method0("bit_length")?.extract()?;
        let kwargs = PyDict::new(value.py());
        kwargs.set_item("signed", true)?;
        let bytes = value.call_method("to_bytes", (bits / 8 + 1, "little"), Some(&kwargs))?;
        encoder.big_int(bytes.cast::<PyBytes>()?.as_bytes());
    } else if let Ok(float) = value.cast_exact::<PyFloat>() {
        encoder.float(float.value());
    } else if let Ok(complex) = value.cast_exact::<PyComplex>() {
        encoder.complex(complex.real(), complex.imag());
    } else if let Ok(text) = value.cast_exact::<PyString>() {
        let bytes = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
        encoder.wtf8_text(bytes.cast::<PyBytes>()?.as_bytes());
    } else if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        encoder.bytes(bytes.as_bytes());
    } else if let Ok(items) = value.cast_exact::<PyTuple>() {
        encoder.begin(Tag::Tuple, items.len());
        for item in items.iter() {
            if !write(&item, encoder)? {
                return Ok(false);
            }
        }
    } else if let Ok(items) = value.cast_exact::<PyFrozenSet>() {
        let mut versions = Vec::new();
        for item in items.iter() {
            let mut one = Encoder::new();
            if !write(&item, &mut one)? {
                return Ok(false);
            }
            versions.push(one.finish());
        }
        encoder.set(Tag::FrozenSet, versions);
    } else {
        return Ok(false);
    }
    Ok(true)
}
