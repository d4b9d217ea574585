//! How is an explanation handed to Python?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use remade::decide::Reason;
use remade::make::{CodeChange, CodeText, Explanation};
use remade::store::Store;
use std::path::Path;

/// As `remade.Explanation`.
pub(crate) fn explanation<'py>(
    py: Python<'py>,
    explanation: &Explanation,
    store: &Store,
) -> PyResult<Bound<'py, PyAny>> {
    let module = py.import("remade._explain")?;
    let class = |name: &str| module.getattr(name);
    let reason = class("Reason")?;
    let reasons = explanation.reasons.iter().map(|one| fields(one, &reason));
    let change = class("CodeChange")?;
    let changes = explanation.changes.iter().map(|one| changed(one, &change));
    let covered = class("Covered")?;
    let covers = explanation.covers.iter().map(|one| text(one, &covered));
    let packages = PyDict::new(py);
    for (name, version) in &explanation.packages {
        packages.set_item(name, version)?;
    }
    let implicit = PyDict::new(py);
    for input in &explanation.implicit {
        implicit.set_item(&input.name, &input.short)?;
    }
    let compared = explanation.compared.as_ref();
    class("Explanation")?.call1((
        &explanation.function,
        explanation.is_fresh(),
        tuple(py, reasons)?,
        tuple(py, changes)?,
        compared.map(|compared| shown(&compared.path)),
        compared
            .map_or_else(Vec::new, |compared| {
                compared.files.iter().map(|file| shown(file)).collect()
            })
            .into_pyobject(py)?
            .cast_into::<pyo3::types::PyList>()?
            .to_tuple(),
        tuple(py, covers)?,
        packages,
        implicit,
        PyTuple::new(py, &explanation.not_followed)?,
        shown(store.root()),
        explanation.to_string(),
    ))
}

fn tuple<'py>(
    py: Python<'py>,
    items: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, items.collect::<PyResult<Vec<_>>>()?)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn fields<'py>(reason: &Reason, class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let mut name: Option<&str> = None;
    let (mut before, mut after): (Option<&str>, Option<&str>) = (None, None);
    let mut origin = None;
    let mut path = None;
    match reason {
        Reason::NeverRan
        | Reason::Forgotten
        | Reason::Arranged
        | Reason::Shared
        | Reason::Asked => {}
        Reason::RecordNewer { .. } => {}
        Reason::CodeChanged { functions } => name = functions.first().map(String::as_str),
        Reason::LabelChanged { from, to } => {
            (before, after) = (from.as_deref(), to.as_deref());
        }
        Reason::ArgumentChanged {
            name: parameter,
            from,
            to,
            origin: made_by,
        } => {
            name = Some(parameter);
            (before, after) = (from.as_deref(), to.as_deref());
            origin = made_by.as_deref();
        }
        Reason::ImplicitChanged {
            name: input,
            from,
            to,
        } => {
            name = Some(input);
            (before, after) = (from.as_deref(), to.as_deref());
        }
        Reason::Unversioned { name: input, .. }
        | Reason::ChangedByItself { name: input }
        | Reason::NotResumed { name: input, .. }
        | Reason::NestedChanged { name: input }
        | Reason::NestedUnversioned { name: input } => name = Some(input),
        Reason::SourceChanged { path: file } => path = Some(file.clone()),
        Reason::ResultMissing { path: file }
        | Reason::ResultChanged { path: file }
        | Reason::Unloadable { path: file, .. }
        | Reason::StoreRefused { path: file, .. }
        | Reason::RecordDamaged { path: file, .. } => path = Some(shown(file)),
        Reason::PersisterChanged { from, to }
        | Reason::AskedElsewhere { from, to }
        | Reason::CutoffChanged { from, to } => {
            (before, after) = (Some(from.as_str()), Some(to.as_str()));
        }
    }
    class.call1((
        reason.kind(),
        reason.to_string(),
        name,
        before,
        after,
        origin,
        path,
    ))
}

fn changed<'py>(change: &CodeChange, class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let names = PyDict::new(class.py());
    for (name, before, now) in &change.names {
        names.set_item(name, (before, now))?;
    }
    class.call1((&change.name, &change.file, change.line, &change.diff, names))
}

fn text<'py>(text: &CodeText, class: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    class.call1((&text.name, &text.file, text.line))
}
