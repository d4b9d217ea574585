//! What tests ask the registry and the encoding, through hidden functions.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyList;
use remade::call::CallKey;
use remade::record::{FORMAT, Nested, Record, Shape};
use remade::store::Store;
use remade::version::Version;

use super::Origin;
use crate::value::{Walk, encode_constant, short_form};

type Pairs = Vec<(String, String)>;

pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(_digest, module)?)?;
    module.add_function(wrap_pyfunction!(_version, module)?)?;
    module.add_function(wrap_pyfunction!(_version_by_history, module)?)?;
    module.add_function(wrap_pyfunction!(_constant, module)?)?;
    module.add_function(wrap_pyfunction!(_remember, module)?)?;
    module.add_function(wrap_pyfunction!(_forget, module)?)?;
    module.add_function(wrap_pyfunction!(_verify, module)?)?;
    module.add_function(wrap_pyfunction!(_trackable, module)?)?;
    module.add_function(wrap_pyfunction!(_registry_size, module)?)?;
    module.add_function(wrap_pyfunction!(_has_aliases, module)?)?;
    module.add_function(wrap_pyfunction!(_short_form, module)?)?;
    module.add_function(wrap_pyfunction!(_history, module)?)?;
    module.add_function(wrap_pyfunction!(_nanoseconds, module)?)
}

/// The digest of bytes as it stands in records and at their end.
#[pyfunction]
fn _digest(content: &[u8]) -> String {
    Version::of_bytes(content).to_string()
}

/// The content version.
#[pyfunction]
fn _version(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(super::content_version(value)
        .map_err(PyErr::from)?
        .to_string())
}

/// The version as an argument.
#[pyfunction]
#[pyo3(signature = (value, rerun_unknown=false))]
fn _version_by_history(value: &Bound<'_, PyAny>, rerun_unknown: bool) -> PyResult<String> {
    let mut walk = Walk::by_history();
    walk.rerun_unknown = rerun_unknown;
    walk.encode(value).map_err(PyErr::from)?;
    Ok(walk.version().to_string())
}

/// The version of the encoding as a constant, if it is one.
#[pyfunction]
fn _constant(value: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    let mut encoder = remade::version::Encoder::new();
    let is_constant = encode_constant(value, &mut encoder)?;
    Ok(is_constant.then(|| encoder.finish().to_string()))
}

/// Alarms and origins that a walk by history gathers.
#[pyfunction]
fn _history(value: &Bound<'_, PyAny>) -> PyResult<(Pairs, Pairs)> {
    let mut walk = Walk::by_history();
    walk.origins = Some(Vec::new());
    walk.encode(value).map_err(PyErr::from)?;
    let alarms = walk
        .alarms
        .iter()
        .map(|alarm| (alarm.position.clone(), alarm.description.clone()));
    let origins = walk.origins.iter().flatten();
    let origins = origins.map(|(position, origin)| {
        (
            position.clone(),
            format!("{}{}", origin.function(), origin.position),
        )
    });
    Ok((alarms.collect(), origins.collect()))
}

/// The record of a run that never was.
fn of_nobody(function: &str) -> Arc<Record> {
    let nothing = Version::from_u128(0);
    Arc::new(Record {
        format: FORMAT,
        function: function.to_owned(),
        key: CallKey::unversioned(nothing),
        fingerprint: nothing,
        label: None,
        code: BTreeMap::new(),
        was: None,
        given: None,
        arguments: Vec::new(),
        sources: Vec::new(),
        implicit: Vec::new(),
        nested: Nested::default(),
        value: Shape::Constant,
        results: Vec::new(),
        written: Vec::new(),
        items: Vec::new(),
        never_fresh: None,
        changed_returned: false,
        accepted: Vec::new(),
        kept: None,
        started: String::new(),
        seconds: 0.0,
        host: String::new(),
        pid: 0,
        language: String::new(),
        packages: BTreeMap::new(),
        boot: String::new(),
        synced: false,
    })
}

/// Remembers everything in the value under its content version, or under another.
#[pyfunction]
#[pyo3(signature = (value, record="r".to_owned(), version=None))]
fn _remember(value: &Bound<'_, PyAny>, record: String, version: Option<&str>) -> PyResult<usize> {
    let found = super::trackable(value)?;
    let count = found.len();
    for (position, object, content) in found {
        let version = version
            .and_then(|text| text.parse().ok())
            .unwrap_or(content);
        let origin = Arc::new(Origin {
            record: of_nobody(&record),
            store: Arc::new(Store::at(PathBuf::new())),
            position,
            version,
        });
        let code = super::code_of(&object)?;
        super::remember(&object, version, content, code, &origin)?;
    }
    Ok(count)
}

#[pyfunction]
fn _forget(value: &Bound<'_, PyAny>) -> PyResult<()> {
    super::forget(value)
}

#[pyfunction]
fn _verify(value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    super::verify(value)
}

#[pyfunction]
fn _trackable(value: &Bound<'_, PyAny>) -> PyResult<(Pairs, Vec<String>)> {
    let full = super::trackable(value)?;
    let cheap = super::positions(value)?;
    Ok((
        full.into_iter()
            .map(|(position, _, version)| (position, version.to_string()))
            .collect(),
        cheap.into_iter().map(|(position, _)| position).collect(),
    ))
}

#[pyfunction]
fn _registry_size() -> usize {
    super::len()
}

#[pyfunction]
fn _has_aliases(values: &Bound<'_, PyList>) -> PyResult<bool> {
    super::has_aliases(&values.iter().collect::<Vec<_>>())
}

#[pyfunction]
fn _short_form(value: &Bound<'_, PyAny>) -> String {
    short_form(value)
}

/// What encoding one value as an argument takes, by the mean of many.
#[pyfunction]
fn _nanoseconds(value: &Bound<'_, PyAny>, times: u32) -> PyResult<f64> {
    let mut walk = Walk::by_history();
    let mut number = 0;
    let start = std::time::Instant::now();
    for _ in 0..times {
        walk.clear();
        walk.encode(value).map_err(PyErr::from)?;
        number ^= walk.encoder.finish().to_u128();
    }
    std::hint::black_box(number);
    Ok(start.elapsed().as_nanos() as f64 / f64::from(times))
}
