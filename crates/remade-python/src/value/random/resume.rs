//! How is a generator put into the state that a record tells?

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::Parts;
use super::state::Number;
use crate::value::kind::{self, Kind};

/// A generator that is ready to be put into the state that a record tells.
pub(crate) struct Resumed<'py> {
    parts: Parts<'py>,
    /// What `setstate` and the like take.
    state: Bound<'py, PyAny>,
    spawn: u64,
}

impl<'py> Resumed<'py> {
    /// None: the text is not of a generator like this one, as it is now, or of none that there is.
    pub(crate) fn new(value: &Bound<'py, PyAny>, text: &str) -> PyResult<Option<Resumed<'py>>> {
        let (Kind::Random(kind), Some(parts)) = (kind::of(value)?, Parts::of(value)?) else {
            return Ok(None);
        };
        let Some(now) = parts.state()? else {
            return Ok(None);
        };
        let Some((numbers, spawn)) = now.parse(kind, text) else {
            return Ok(None);
        };
        let names = now.numbers.iter().map(|(name, _)| name.as_str());
        let state = match &parts.bits {
            None => python_tuple(value.py(), &numbers)?,
            Some(bits) => {
                let told = parts.told(bits)?;
                for (name, number) in names.zip(&numbers) {
                    put(&told, name, number)?;
                }
                told.into_any()
            }
        };
        Ok(Some(Resumed {
            parts,
            state,
            spawn,
        }))
    }

    /// Does it.
    pub(crate) fn set(self) -> PyResult<()> {
        let py = self.state.py();
        match &self.parts.bits {
            None => {
                let setstate = intern!(py, "setstate");
                self.parts.generator.call_method1(setstate, (self.state,))?;
            }
            Some(_) if self.parts.is_random_state() => {
                let set_state = intern!(py, "set_state");
                self.parts
                    .generator
                    .call_method1(set_state, (self.state,))?;
            }
            Some(bits) => bits.setattr(intern!(py, "state"), self.state)?,
        }
        if let (Some(seeds), 1..) = (&self.parts.seeds, self.spawn) {
            seeds.call_method1(intern!(py, "spawn"), (self.spawn,))?;
        }
        Ok(())
    }
}

fn python_tuple<'py>(py: Python<'py>, numbers: &[Number]) -> PyResult<Bound<'py, PyAny>> {
    let [Number::Int(format), next, Number::Words(words)] = numbers else {
        return Err(PyValueError::new_err("not the state of a random.Random"));
    };
    let words = PyTuple::new(py, words)?;
    let state = (*format, words, to_python(py, next)?);
    Ok(state.into_pyobject(py)?.into_any())
}

fn to_python<'py>(py: Python<'py>, number: &Number) -> PyResult<Bound<'py, PyAny>> {
    Ok(match number {
        Number::None => py.None().into_bound(py),
        Number::Int(int) => int.into_pyobject(py)?.into_any(),
        Number::Float(float) => float.into_pyobject(py)?.into_any(),
        Number::Words(words) => PyList::new(py, words)?.into_any(),
    })
}

/// Puts a number into a dict of numpy's, under a name as [`super::read::flatten`] gives it.
fn put(state: &Bound<'_, PyDict>, name: &str, number: &Number) -> PyResult<()> {
    let py = state.py();
    let missing = || PyValueError::new_err(format!("the state has no {name}"));
    let (inner, key) = match name.rsplit_once('.') {
        Some((outer, key)) => {
            let mut inner = state.clone();
            for one in outer.split('.') {
                let found = inner.get_item(one)?.ok_or_else(missing)?;
                inner = found.cast_into::<PyDict>()?;
            }
            (inner, key)
        }
        None => (state.clone(), name),
    };
    let value = to_python(py, number)?;
    match number {
        Number::Words(_) => {
            let array = inner.get_item(key)?.ok_or_else(missing)?;
            array.set_item(py.Ellipsis(), value)
        }
        _ => inner.set_item(key, value),
    }
}
