//! How is the check of a store handed to Python?

use pyo3::exceptions::PyFileNotFoundError;
use pyo3::prelude::*;
use remade::store::Store;
use remade::store::check::{self, Problem};
use std::path::PathBuf;

/// The fields of a `remade.Problem`.
type Row = (
    &'static str,
    String,
    Option<String>,
    String,
    String,
    Option<String>,
    bool,
    Option<String>,
);

/// Records, files and running calls counted, and the problems.
#[pyfunction]
#[pyo3(signature = (cachedir, repair))]
pub(crate) fn _check(
    py: Python<'_>,
    cachedir: PathBuf,
    repair: bool,
) -> PyResult<(usize, usize, usize, Vec<Row>)> {
    let store = Store::at(cachedir);
    if !check::is_store(&store) {
        return Err(PyFileNotFoundError::new_err(format!(
            "there is no store in {}: name the cachedir of made functions, which holds a folder v1",
            store.root().display()
        )));
    }
    let signals = || Python::attach(|py| py.check_signals());
    let report = py.detach(|| check::check(&store, repair, signals))?;
    let problems = report.problems.into_iter().map(row).collect();
    Ok((report.records, report.files, report.running, problems))
}

fn row(problem: Problem) -> Row {
    (
        problem.kind.name(),
        problem.path.to_string_lossy().into_owned(),
        problem.function,
        problem.found,
        problem.expected,
        problem.repair,
        problem.repaired,
        problem.failed,
    )
}
