//! Where in an object can there be code of the user's?
//!
//! It is asked whenever something is returned, so nobody goes through the numbers and texts of a frame
//! for it.

use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;

use super::is_plain;
use crate::numpy::{self, Array, dtype};
use crate::value::kind::{self, Kind, PandasKind};
use crate::value::{extension_classes, polars_has_objects, qualified_name};

/// Parts of an object: all code of the user's that it can run is of these, or of what is in them.
pub(super) fn parts_with_code<'py>(object: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    match look(object) {
        // It does not answer as its library's own do: all of it is gone through.
        Err(error) if error.is_instance_of::<PyException>(object.py()) => {
            Ok(vec![object.get_type().into_any(), object.clone()])
        }
        found => found,
    }
}

fn look<'py>(object: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut parts = Parts(Vec::new());
    match kind::of(object)? {
        Kind::Object { .. } | Kind::ArraySubclass | Kind::SetSubclass(_) | Kind::Image => {
            parts.add(object);
        }
        Kind::Array => parts.array(object)?,
        Kind::MaskedArray => match Array::new(object) {
            Some(array) if dtype::of_array(array)?.has_objects => parts.add(object),
            _ => {}
        },
        Kind::Pandas(PandasKind::Array) => parts.column(object)?,
        Kind::Pandas(kind) => parts.frame(object, kind)?,
        Kind::Polars(kind) => match polars_has_objects(object, kind)? {
            true => parts.add(object),
            false => parts.class(object, "polars."),
        },
        Kind::Arrow(kind) => parts.0.extend(extension_classes(object, kind)?),
        _ => {}
    }
    Ok(parts.0)
}

struct Parts<'py>(Vec<Bound<'py, PyAny>>);

impl<'py> Parts<'py> {
    fn add(&mut self, part: &Bound<'py, PyAny>) {
        self.0.push(part.clone());
    }

    fn add_unless_plain(&mut self, part: &Bound<'py, PyAny>) {
        if !is_plain(part) {
            self.add(part);
        }
    }

    /// The class, unless it is the library's.
    fn class(&mut self, object: &Bound<'py, PyAny>, library: &str) {
        let class = object.get_type();
        if !qualified_name(&class).starts_with(library) {
            self.add(class.as_any());
        }
    }

    /// A frame or column of pandas.
    fn frame(&mut self, frame: &Bound<'py, PyAny>, kind: PandasKind) -> PyResult<()> {
        let py = frame.py();
        let known = self.0.len();
        self.class(frame, "pandas.");
        if self.0.len() > known {
            for name in frame.getattr(intern!(py, "_metadata"))?.try_iter()? {
                if let Some(item) = frame.getattr_opt(name?.cast::<PyString>()?)? {
                    self.add_unless_plain(&item);
                }
            }
        }
        self.add_unless_plain(&frame.getattr(intern!(py, "attrs"))?);
        if kind == PandasKind::Series {
            self.add_unless_plain(&frame.getattr(intern!(py, "name"))?);
        }
        for axis in frame.getattr(intern!(py, "axes"))?.try_iter()? {
            self.labels(&axis?)?;
        }
        // The blocks behind it, of which there are few where columns are many.
        let manager = frame.getattr(intern!(py, "_mgr"))?;
        for block in manager.getattr(intern!(py, "arrays"))?.try_iter()? {
            self.column(&block?)?;
        }
        Ok(())
    }

    fn labels(&mut self, index: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = index.py();
        self.class(index, "pandas.");
        for name in index.getattr(intern!(py, "names"))?.try_iter()? {
            self.add_unless_plain(&name?);
        }
        if let Some(levels) = index.getattr_opt(intern!(py, "levels"))? {
            for level in levels.try_iter()? {
                self.labels(&level?)?;
            }
            return Ok(());
        }
        // A range has no values until they are asked for.
        if index.getattr_opt(intern!(py, "_range"))?.is_some() {
            return Ok(());
        }
        self.column(&index.getattr(intern!(py, "_values"))?)
    }

    /// What a column is stored in.
    fn column(&mut self, column: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = column.py();
        if kind::of(column)? == Kind::Array {
            return self.array(column);
        }
        let class = qualified_name(&column.get_type());
        let name = class.rsplit('.').next().unwrap_or_default();
        if !class.starts_with("pandas.") {
            self.add(column);
            return Ok(());
        }
        match name {
            "Categorical" => return self.labels(&column.getattr(intern!(py, "categories"))?),
            "DatetimeArray" | "TimedeltaArray" | "PeriodArray" => {
                for name in [intern!(py, "tz"), intern!(py, "freq")] {
                    if let Some(part) = column.getattr_opt(name)? {
                        self.add_unless_plain(&part);
                    }
                }
            }
            "IntegerArray" | "FloatingArray" | "BooleanArray" => {}
            "ArrowStringArray" | "ArrowStringArrayNumpySemantics" => {}
            "ArrowExtensionArray" => {
                let held = column.getattr(intern!(py, "_pa_array"))?;
                self.0.extend(parts_with_code(&held)?);
            }
            "StringArray" | "StringArrayNumpySemantics" | "NumpyExtensionArray" => {
                return self.array(&column.getattr(intern!(py, "_ndarray"))?);
            }
            _ => self.add(column),
        }
        Ok(())
    }

    /// An array of numpy: what in it is neither number nor text.
    fn array(&mut self, array: &Bound<'py, PyAny>) -> PyResult<()> {
        let Some(seen) = Array::new(array) else {
            self.add(array);
            return Ok(());
        };
        let dtype = dtype::of_array(seen)?;
        if !dtype.has_objects {
            return Ok(());
        }
        let items = numpy::in_memory_order(seen, dtype.itemsize)?
            .call_method0(intern!(array.py(), "tolist"))?;
        if is_plain(&items) {
            return Ok(()); // text, as a rule
        }
        let Ok(items) = items.cast_exact::<PyList>() else {
            self.add(array);
            return Ok(());
        };
        for item in items.iter() {
            if !is_plain(&item) && !is_without_code(kind::of(&item)?) {
                self.add(&item);
            }
        }
        Ok(())
    }
}

/// Values that run nobody's code. A time could have a zone of the user's own.
fn is_without_code(kind: Kind) -> bool {
    match kind {
        Kind::Complex
        | Kind::Range
        | Kind::Singleton(_)
        | Kind::Fraction
        | Kind::Uuid
        | Kind::Path(_)
        | Kind::NumpyScalar(_)
        | Kind::NumpyText
        | Kind::NumpyBytes
        | Kind::Dtype => true,
        Kind::Reduced(name) => matches!(
            name,
            "datetime.date" | "datetime.timedelta" | "decimal.Decimal"
        ),
        _ => false,
    }
}
