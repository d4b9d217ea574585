//! How is a data frame encoded, by its columns and labels?

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::Tag;

use super::kind::{PandasKind, PolarsKind};
use super::memo::Memo;
use super::{Kind, Unversioned, Walk, array, arrow, code, object};

type Encoded = Result<(), Unversioned>;

/// A frame or column of pandas, polars or Arrow. Its version does not depend on what surrounds it,
/// so that it is the same by history and by content.
pub(super) fn encode<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, kind: Kind) -> Encoded {
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    if walk.is_told_by_history(value)? {
        return Ok(());
    }
    if walk.survey.is_some() {
        return content(walk, value, kind);
    }
    if walk.rerun_unknown {
        return Err(array::unknown(value));
    }
    let outer = std::mem::take(&mut walk.memo);
    let history = std::mem::replace(&mut walk.history, false);
    let version = walk.aside(|walk| content(walk, value, kind));
    walk.history = history;
    let inner: Memo<'py> = std::mem::replace(&mut walk.memo, outer);
    drop(inner);
    walk.told(Tag::Frame, version?);
    Ok(())
}

fn content<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, kind: Kind) -> Encoded {
    let encoded = match kind {
        Kind::Pandas(PandasKind::DataFrame) => data_frame(walk, value),
        Kind::Pandas(PandasKind::Series) => series(walk, value),
        Kind::Pandas(PandasKind::Array) => column_array(walk, value),
        Kind::Polars(kind) => polars(walk, value, kind),
        Kind::Arrow(kind) => arrow::encode(walk, value, kind),
        _ => Ok(()),
    };
    match encoded {
        Err(Unversioned::Raised(error)) => Err(Unversioned::from_error(value, error)),
        encoded => encoded,
    }
}

fn data_frame<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let columns = value.getattr(intern!(py, "columns"))?;
    let count = columns.len()?;
    walk.encoder
        .begin_named(Tag::Parts, "pandas.DataFrame", count);
    labels(walk, &columns)?;
    labels(walk, &value.getattr(intern!(py, "index"))?)?;
    extras(walk, value)?;
    let places = value.getattr(intern!(py, "iloc"))?;
    for number in 0..count {
        let column = places.get_item((PySlice::full(py), number))?;
        walk.item(&column.getattr(intern!(py, "array"))?)?;
    }
    Ok(())
}

fn series<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    walk.encoder.begin_named(Tag::Parts, "pandas.Series", 1);
    walk.item(&value.getattr(intern!(py, "name"))?)?;
    labels(walk, &value.getattr(intern!(py, "index"))?)?;
    extras(walk, value)?;
    walk.item(&value.getattr(intern!(py, "array"))?)
}

/// An index. It cannot change, so it is no alias where two frames share it.
fn labels<'py>(walk: &mut Walk<'py>, index: &Bound<'py, PyAny>) -> Encoded {
    if walk.survey.is_some() {
        Ok(())
    } else {
        walk.item(index)
    }
}

/// Class, `attrs`, flags, and what a subclass says belongs to it.
fn extras<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let module = object::qualified_name(&value.get_type());
    if module.starts_with("pandas.") {
        walk.encoder.tagged(Tag::Name, b"pandas");
    } else {
        code::class_of(walk, value)?;
        let names: Vec<String> = value.getattr(intern!(py, "_metadata"))?.extract()?;
        for name in names {
            walk.encoder.begin_named(Tag::Named, &name, 1);
            match value.getattr_opt(&*name)? {
                Some(item) => walk.item(&item)?,
                None => walk.encoder.tag(Tag::Missing),
            }
        }
    }
    let attributes = value.getattr(intern!(py, "attrs"))?;
    walk.item(&attributes)?;
    let flags = value.getattr(intern!(py, "flags"))?;
    walk.item(&flags.getattr(intern!(py, "allows_duplicate_labels"))?)
}

/// The array that a column is stored in. Its own idea of state may hold what it computed before.
fn column_array<'py>(walk: &mut Walk<'py>, column: &Bound<'py, PyAny>) -> Encoded {
    let py = column.py();
    let class = object::qualified_name(&column.get_type());
    let name = class.rsplit('.').next().unwrap_or(&class);
    if !class.starts_with("pandas.") {
        code::class_of(walk, column)?;
    }
    if let Some(memory) = column.getattr_opt(intern!(py, "_ndarray"))? {
        walk.encoder.begin_named(Tag::Parts, name, 3);
        walk.item(&column.getattr(intern!(py, "dtype"))?)?;
        match column.getattr_opt(intern!(py, "_freq"))? {
            Some(frequency) => walk.item(&frequency)?,
            None => walk.encoder.tag(Tag::Missing),
        }
        return walk.item(&memory);
    }
    if let Some(memory) = column.getattr_opt(intern!(py, "_pa_array"))? {
        walk.encoder.begin_named(Tag::Parts, name, 2);
        walk.item(&column.getattr(intern!(py, "dtype"))?)?;
        return walk.item(&memory);
    }
    let (data, mask) = (
        column.getattr_opt(intern!(py, "_data"))?,
        column.getattr_opt(intern!(py, "_mask"))?,
    );
    if let (Some(data), Some(mask)) = (data, mask) {
        walk.encoder.begin_named(Tag::Parts, name, 3);
        walk.item(&column.getattr(intern!(py, "dtype"))?)?;
        walk.item(&data)?;
        return walk.item(&mask);
    }
    object::reduced(walk, column)
}

fn polars<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, kind: PolarsKind) -> Encoded {
    let py = value.py();
    let class = object::qualified_name(&value.get_type());
    let types = types_of_polars(value, kind)?;
    let has_objects = polars_has_objects(value, kind)?;
    if walk.survey.is_some() && !has_objects {
        return Ok(()); // its buffers cannot be written to through Python
    }
    match kind {
        PolarsKind::DataFrame => walk.encoder.begin_named(Tag::Parts, "polars.DataFrame", 3),
        PolarsKind::Series => {
            walk.encoder.begin_named(Tag::Parts, "polars.Series", 3);
            walk.item(&value.getattr(intern!(py, "name"))?)?;
        }
    }
    walk.encoder.text(&types);
    if class.starts_with("polars.") {
        walk.encoder.tagged(Tag::Name, b"polars");
    } else {
        code::class_of(walk, value)?;
    }
    if !has_objects {
        return walk.item(&value.call_method0(intern!(py, "to_arrow"))?);
    }
    // To Arrow, an object of Python is where it lies in memory.
    if kind == PolarsKind::DataFrame {
        for column in value.call_method0(intern!(py, "get_columns"))?.try_iter()? {
            polars(walk, &column?, PolarsKind::Series)?;
        }
        return Ok(());
    }
    walk.item(&value.call_method0(intern!(py, "to_list"))?)
}

/// How polars writes the type of a column of objects of Python.
const OBJECT: &str = "Object";

/// The types of the columns, as text.
fn types_of_polars(value: &Bound<'_, PyAny>, kind: PolarsKind) -> PyResult<String> {
    let name = match kind {
        PolarsKind::DataFrame => intern!(value.py(), "dtypes"),
        PolarsKind::Series => intern!(value.py(), "dtype"),
    };
    Ok(value.getattr(name)?.repr()?.to_string_lossy().into_owned())
}

/// Whether a frame or column of polars holds objects of Python, which its buffers do not show. There are
/// none inside its other types.
pub(crate) fn polars_has_objects(value: &Bound<'_, PyAny>, kind: PolarsKind) -> PyResult<bool> {
    let types = types_of_polars(value, kind)?;
    if kind == PolarsKind::Series || !types.contains(OBJECT) {
        return Ok(types == OBJECT);
    }
    // The name of a field or a category may be that, too.
    for element in value.getattr(intern!(value.py(), "dtypes"))?.try_iter()? {
        if element?.repr()?.to_string_lossy() == OBJECT {
            return Ok(true);
        }
    }
    Ok(false)
}
