//! Can there be code of the user's in an object?

use std::sync::Arc;

use pyo3::prelude::*;

use crate::code::Rules;
use crate::numpy::{Array, dtype};
use crate::value::kind::{self, Kind};

/// `false` only where there surely is none, as these rules have it.
pub(super) fn can_hold_code(
    object: &Bound<'_, PyAny>,
    _rules: Option<&Arc<Rules>>,
) -> PyResult<bool> {
    Ok(match kind::of(object)? {
        Kind::Object { .. } | Kind::ArraySubclass | Kind::SetSubclass(_) => true,
        Kind::Array | Kind::MaskedArray => match Array::new(object) {
            Some(array) => dtype::of_array(array)?.has_objects,
            None => false,
        },
        _ => false,
    })
}
