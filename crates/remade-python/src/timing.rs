//! What do the machine's own operations cost, without Python around them?
//!
//! The benchmarks hold a call against these: one question to the file system, one pass over memory.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use crate::numpy::Array;

pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_seconds_of_stat, module)?)?;
    module.add_function(wrap_pyfunction!(_seconds_of_read, module)?)
}

/// So many calls of `std::fs::metadata` on one path, together.
#[pyfunction]
fn _seconds_of_stat(path: PathBuf, times: u32) -> PyResult<f64> {
    let start = Instant::now();
    for _ in 0..times {
        black_box(std::fs::metadata(black_box(&path))?);
    }
    Ok(start.elapsed().as_secs_f64())
}

/// One pass of one thread over the memory of an array, which does no more than to read it.
#[pyfunction]
fn _seconds_of_read(array: &Bound<'_, PyAny>) -> PyResult<f64> {
    let array = Array::new(array).ok_or_else(|| PyTypeError::new_err("not an array"))?;
    let dtype = crate::numpy::dtype::of_array(array)?;
    let (low, high) = array.span(dtype.itemsize).unwrap_or_default();
    let memory = crate::numpy::Memory::between(low, high);
    // SAFETY: the caller holds the array.
    let bytes = unsafe { memory.bytes() };
    let start = Instant::now();
    // As many sums as fill the registers, so that the memory is what is waited for.
    let mut sums = [0u64; 16];
    for line in bytes.as_chunks::<128>().0 {
        for (sum, word) in sums.iter_mut().zip(line.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*word));
        }
    }
    black_box(sums);
    Ok(start.elapsed().as_secs_f64())
}
