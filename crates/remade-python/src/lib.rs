//! The Python face of remade.

mod code;
mod files;
mod numpy;
mod registry;
mod value;

use pyo3::prelude::*;

/// The compiled part of the package `remade`.
#[pymodule]
fn _remade(module: &Bound<'_, PyModule>) -> PyResult<()> {
    registry::testing::add_to(module)
}
