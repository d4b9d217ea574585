//! Which state do the objects of Python and numpy tell?

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyInt, PyString, PyTuple};

use super::state::{Integers, Number, Seeds};
use crate::value::kind::{self, Kind};

/// The numbers of a `random.Random`. False: it has attributes that somebody gave it.
pub(super) fn python_state(
    value: &Bound<'_, PyAny>,
    numbers: &mut Vec<(String, Number)>,
) -> PyResult<bool> {
    let py = value.py();
    let own = value.getattr(intern!(py, "__dict__"))?;
    if own.len()? > 1 {
        return Ok(false);
    }
    let state = value.call_method0(intern!(py, "getstate"))?;
    let state = state.cast::<PyTuple>()?;
    let (3, Ok(words)) = (state.len(), state.get_item(1)?.extract::<Vec<u64>>()) else {
        return Ok(false);
    };
    let Some(next) = number(&state.get_item(2)?)? else {
        return Ok(false);
    };
    let format = state.get_item(0)?.extract::<u128>()?;
    numbers.push(("format".to_owned(), Number::Int(format)));
    numbers.push(("gauss".to_owned(), next));
    numbers.push(("words".to_owned(), Number::Words(words)));
    Ok(true)
}

/// The numbers in a dict of numpy, and in the dicts in it. False: there is something else.
pub(super) fn flatten(
    state: &Bound<'_, PyDict>,
    prefix: &str,
    numbers: &mut Vec<(String, Number)>,
) -> PyResult<bool> {
    for (key, value) in state.iter() {
        let Ok(key) = key.extract::<String>() else {
            return Ok(false);
        };
        if let Ok(inner) = value.cast::<PyDict>() {
            if !flatten(inner, &format!("{prefix}{key}."), numbers)? {
                return Ok(false);
            }
        } else if !value.is_instance_of::<PyString>() {
            let Some(number) = number(&value)? else {
                return Ok(false);
            };
            numbers.push((format!("{prefix}{key}"), number));
        }
    }
    Ok(true)
}

fn number(value: &Bound<'_, PyAny>) -> PyResult<Option<Number>> {
    let py = value.py();
    if value.is_none() {
        return Ok(Some(Number::None));
    }
    if let Ok(float) = value.cast::<PyFloat>() {
        return Ok(Some(Number::Float(float.value())));
    }
    if kind::of(value)? == Kind::Array {
        let items = value.call_method0(intern!(py, "tolist"))?;
        return Ok(items.extract::<Vec<u64>>().ok().map(Number::Words));
    }
    Ok(value.extract::<u128>().ok().map(Number::Int))
}

/// None: it is no `SeedSequence` of numpy's own, or not of plain numbers.
pub(super) fn seeds(seeds: &Bound<'_, PyAny>) -> PyResult<Option<Seeds>> {
    let py = seeds.py();
    let class = kind::imported(py, "numpy.random");
    let class = class.and_then(|random| random.getattr("SeedSequence").ok());
    if !class.is_some_and(|class| class.is(seeds.get_type())) {
        return Ok(None);
    }
    let entropy = seeds.getattr(intern!(py, "entropy"))?;
    let entropy = match entropy.is_none() {
        true => None,
        false => match integers(&entropy)? {
            None => return Ok(None),
            known => known,
        },
    };
    let Some(key) = integers(&seeds.getattr(intern!(py, "spawn_key"))?)? else {
        return Ok(None);
    };
    Ok(Some(Seeds {
        entropy,
        key,
        pool: seeds.getattr(intern!(py, "pool_size"))?.extract()?,
        spawned: seeds
            .getattr(intern!(py, "n_children_spawned"))?
            .extract()?,
    }))
}

fn integers(value: &Bound<'_, PyAny>) -> PyResult<Option<Integers>> {
    let py = value.py();
    if let Ok(number) = value.extract::<i64>() {
        return Ok(Some(Integers::One(number.to_le_bytes().to_vec())));
    }
    if let Ok(number) = value.cast::<PyInt>() {
        return Ok(Some(Integers::One(little_endian(number)?)));
    }
    let Ok(items) = value.try_iter() else {
        return Ok(None);
    };
    let mut all = Vec::new();
    for item in items {
        let item = item?;
        let number = match item.cast::<PyInt>() {
            Ok(number) => number.clone(),
            Err(_) => match item.call_method0(intern!(py, "__index__")) {
                Ok(number) => number.cast_into::<PyInt>()?,
                Err(_) => return Ok(None),
            },
        };
        all.push(little_endian(&number)?);
    }
    Ok(Some(Integers::Row(all)))
}

fn little_endian(number: &Bound<'_, PyInt>) -> PyResult<Vec<u8>> {
    let py = number.py();
    let bits: usize = number.call_method0(intern!(py, "bit_length"))?.extract()?;
    let signed = PyDict::new(py);
    signed.set_item("signed", true)?;
    number
        .call_method(
            intern!(py, "to_bytes"),
            (bits / 8 + 1, "little"),
            Some(&signed),
        )?
        .extract()
}
