//! Which function does an object of numpy call for each element?

use pyo3::prelude::*;
use remade::version::Tag;

use super::{Kind, Unversioned, Walk, object};
use crate::code::{GIVEN_TO_FROMPYFUNC, GIVEN_TO_VECTORIZE};

type Encoded = Result<(), Unversioned>;

/// What `numpy.vectorize` was given. The ufuncs that it keeps follow from that, and come with the calls.
pub(super) fn vectorized<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    walk.encoder
        .begin_named(Tag::Parts, "numpy.vectorize", GIVEN_TO_VECTORIZE.len());
    for name in GIVEN_TO_VECTORIZE {
        match value.getattr_opt(name)? {
            Some(item) => walk.part(&item, || format!(".{name}"))?,
            None => walk.encoder.tag(Tag::Missing),
        }
    }
    Ok(())
}

/// A ufunc of a library counts by its name, one that `numpy.frompyfunc` made by the function that it calls.
pub(super) fn ufunc<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, kind: Kind) -> Encoded {
    if !crate::code::calls_python(value) {
        return object::encode(walk, value, kind);
    }
    let Some(function) = crate::code::called_by_ufunc(value) else {
        return Err(Unversioned::because(
            value,
            "the function that a ufunc of numpy.frompyfunc calls cannot be found",
        ));
    };
    walk.encoder.begin_named(Tag::Parts, "numpy.frompyfunc", 4);
    for name in GIVEN_TO_FROMPYFUNC {
        walk.item(&value.getattr(name)?)?;
    }
    walk.item(&function)
}
