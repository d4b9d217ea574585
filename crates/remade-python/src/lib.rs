use pyo3::prelude::*;
/// The compiled part of the package `remade`.
#[pymodule]
fn _remade(_m: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
