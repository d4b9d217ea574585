//! Who is told what happened?

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use remade::event::Event;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

static LISTENERS: Mutex<Vec<Py<PyAny>>> = Mutex::new(Vec::new());
static ANY: AtomicBool = AtomicBool::new(false);

pub(crate) fn anybody_listens() -> bool {
    ANY.load(Ordering::Relaxed)
}

/// From here on the callable is told of every call.
#[pyfunction]
pub(crate) fn add_listener(listener: Py<PyAny>) {
    let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    listeners.push(listener);
    ANY.store(true, Ordering::Relaxed);
}

/// Ends what `add_listener` began.
#[pyfunction]
pub(crate) fn remove_listener(listener: &Bound<'_, PyAny>) {
    let removed = {
        let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
        let place = listeners.iter().position(|other| other.is(listener));
        let removed = place.map(|place| listeners.swap_remove(place));
        ANY.store(!listeners.is_empty(), Ordering::Relaxed);
        removed
    };
    drop(removed); // not under the lock: its end may run Python code
}

/// Tells those who listen, and the log if the function is to be debugged. What a listener raises is
/// reported and costs nothing.
pub(crate) fn report(py: Python<'_>, event: &Event, debug: bool) {
    let told = tell(py, event).and_then(|()| if debug { log(py, event) } else { Ok(()) });
    if let Err(error) = told {
        error.write_unraisable(py, None);
    }
}

fn tell(py: Python<'_>, event: &Event) -> PyResult<()> {
    if !anybody_listens() {
        return Ok(());
    }
    let listeners: Vec<Py<PyAny>> = {
        let listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
        listeners
            .iter()
            .map(|listener| listener.clone_ref(py))
            .collect()
    };
    let reasons: Vec<String> = event.reasons.iter().map(ToString::to_string).collect();
    let files: Vec<String> = event
        .files
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    for listener in listeners {
        listener.call1(
            py,
            (
                &event.function,
                event.ran,
                PyTuple::new(py, &reasons)?,
                event.seconds,
                PyTuple::new(py, &files)?,
                &event.kept,
            ),
        )?;
    }
    Ok(())
}

fn log(py: Python<'_>, event: &Event) -> PyResult<()> {
    let logger = py
        .import("logging")?
        .call_method1("getLogger", ("remade",))?;
    let text = if event.ran {
        let reasons: Vec<String> = event.reasons.iter().map(ToString::to_string).collect();
        let kept = event.kept.as_ref().map(|by| format!("; kept: within {by}"));
        format!(
            "{} ran in {:.3} s: {}{}",
            event.function,
            event.seconds,
            reasons.join("; "),
            kept.unwrap_or_default()
        )
    } else {
        format!("{} reused in {:.6} s", event.function, event.seconds)
    };
    logger.call_method1("info", ("%s", text)).map(drop)
}
