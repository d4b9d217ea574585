//! Which Python values stand in the record itself?

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use remade::record::{Binary64, Short};

/// Characters and bytes in one value, together.
const MOST: usize = 1024;

/// The value as it stands in a record, if it is short and exact there. A list or dict that is met
/// twice is not: two parts would come back where there was one.
pub(crate) fn to_short(value: &Bound<'_, PyAny>) -> PyResult<Option<Short>> {
    let mut writer = Writer {
        room: MOST,
        met: Vec::new(),
    };
    writer.write(value, 0)
}

struct Writer {
    room: usize,
    met: Vec<usize>,
}

impl Writer {
    fn write(&mut self, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<Option<Short>> {
        if depth > 16 || !self.spend(1) {
            return Ok(None);
        }
        if value.is_none() {
            return Ok(Some(Short::None));
        }
        if let Ok(truth) = value.cast_exact::<PyBool>() {
            return Ok(Some(Short::Bool(truth.is_true())));
        }
        if let Ok(number) = value.cast_exact::<PyInt>() {
            return self.int(number);
        }
        if let Ok(number) = value.cast_exact::<PyFloat>() {
            return Ok(Some(Short::Float(Binary64(number.value()))));
        }
        if let Ok(text) = value.cast_exact::<PyString>() {
            // Lone surrogates have no UTF-8.
            let Ok(text) = text.to_cow() else {
                return Ok(None);
            };
            let fits = self.spend(text.len());
            return Ok(fits.then(|| Short::Text(text.into_owned())));
        }
        if let Ok(bytes) = value.cast_exact::<PyBytes>() {
            let bytes = bytes.as_bytes();
            let fits = self.spend(2 * bytes.len());
            return Ok(fits.then(|| Short::Bytes(to_hex(bytes))));
        }
        if let Ok(number) = value.cast_exact::<PyComplex>() {
            return Ok(Some(Short::Complex(
                Binary64(number.real()),
                Binary64(number.imag()),
            )));
        }
        if let Ok(tuple) = value.cast_exact::<PyTuple>() {
            return Ok(self.all(tuple.iter(), depth)?.map(Short::Tuple));
        }
        if let Ok(list) = value.cast_exact::<PyList>() {
            if !self.first(value) {
                return Ok(None);
            }
            return Ok(self.all(list.iter(), depth)?.map(Short::List));
        }
        if let Ok(dict) = value.cast_exact::<PyDict>() {
            if !self.first(value) {
                return Ok(None);
            }
            let mut pairs = Vec::with_capacity(dict.len().min(MOST));
            for (key, item) in dict.iter() {
                match (self.write(&key, depth + 1)?, self.write(&item, depth + 1)?) {
                    (Some(key), Some(item)) => pairs.push((key, item)),
                    _ => return Ok(None),
                }
            }
            return Ok(Some(Short::Dict(pairs)));
        }
        if crate::files::is_file(value)? {
            let path: String = value.getattr("path")?.extract()?;
            let fits = self.spend(path.len());
            return Ok(fits.then_some(Short::File(path)));
        }
        Ok(None)
    }

    fn all<'py>(
        &mut self,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
        depth: usize,
    ) -> PyResult<Option<Vec<Short>>> {
        let mut all = Vec::new();
        for item in items {
            match self.write(&item, depth + 1)? {
                Some(item) => all.push(item),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    fn int(&mut self, number: &Bound<'_, PyInt>) -> PyResult<Option<Short>> {
        if let Ok(small) = number.extract::<i64>() {
            return Ok(Some(Short::Int(small)));
        }
        let bits: usize = number.call_method0("bit_length")?.extract()?;
        if bits > 2048 || !self.spend(bits / 3) {
            return Ok(None);
        }
        Ok(Some(Short::BigInt(number.str()?.to_string())))
    }

    fn spend(&mut self, size: usize) -> bool {
        let fits = size <= self.room;
        self.room = self.room.saturating_sub(size);
        fits
    }

    fn first(&mut self, value: &Bound<'_, PyAny>) -> bool {
        let address = value.as_ptr() as usize;
        let first = !self.met.contains(&address);
        self.met.push(address);
        first
    }
}

/// The value again, and whether it can be given out more than once because it cannot change.
pub(crate) fn from_short<'py>(
    py: Python<'py>,
    short: &Short,
) -> PyResult<(Bound<'py, PyAny>, bool)> {
    let value = match short {
        Short::None => py.None().into_bound(py),
        Short::Bool(truth) => truth.into_bound_py_any(py)?,
        Short::Int(number) => number.into_bound_py_any(py)?,
        // Python takes its time over long ones; none that long is written.
        Short::BigInt(digits) if digits.len() > MOST => {
            return Err(PyValueError::new_err("the record's number is too long"));
        }
        Short::BigInt(digits) => py.get_type::<PyInt>().call1((digits,))?,
        Short::Float(number) => number.0.into_bound_py_any(py)?,
        Short::Complex(real, imaginary) => {
            PyComplex::from_doubles(py, real.0, imaginary.0).into_any()
        }
        Short::Text(text) => text.into_bound_py_any(py)?,
        Short::Bytes(hex) => {
            let bytes = from_hex(hex)
                .ok_or_else(|| PyValueError::new_err("the record's bytes are no hexadecimal"))?;
            PyBytes::new(py, &bytes).into_any()
        }
        Short::Tuple(items) => {
            let mut constant = true;
            let mut all = Vec::with_capacity(items.len());
            for item in items {
                let (item, fixed) = from_short(py, item)?;
                constant &= fixed;
                all.push(item);
            }
            return Ok((PyTuple::new(py, all)?.into_any(), constant));
        }
        Short::List(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(from_short(py, item)?.0)?;
            }
            return Ok((list.into_any(), false));
        }
        Short::Dict(pairs) => {
            let dict = PyDict::new(py);
            for (key, item) in pairs {
                dict.set_item(from_short(py, key)?.0, from_short(py, item)?.0)?;
            }
            return Ok((dict.into_any(), false));
        }
        Short::File(path) => return Ok((crate::files::new_file(py, path)?, false)),
    };
    Ok((value, true))
}

fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
    }
    text
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
