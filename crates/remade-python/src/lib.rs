//! The compiled part of the package `remade`.

mod code;
mod value;

use pyo3::prelude::*;

/// The compiled part of the package `remade`.
#[pymodule]
fn _remade(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(code::_fingerprint, m)?)?;
    m.add_function(wrap_pyfunction!(code::_normal, m)?)?;
    m.add_class::<code::Held>()?;
    Ok(())
}
