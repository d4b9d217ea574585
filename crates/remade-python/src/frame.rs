//! Which made functions run here, one inside the other?
//!
//! A [`Frame`] is one run. The innermost one of this thread or task stands in a `ContextVar`, so
//! that coroutines see their own. While nothing runs anywhere, nobody asks.
//!
//! A thread starts without the context of the one that started it. A made function that is called
//! in such a thread may have been called for any run of another thread whose code names it: all of
//! those are told. They may then run again once more than they must, and never once less.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use remade::call::CallKey;
use remade::record::{Implicit, Nested, Record};
use remade::version::Version;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

use crate::prepared::Prepared;

/// One run of a made function, and what it drew from made functions called inside.
#[pyclass(frozen, module = "remade._remade", name = "_Frame")]
pub(crate) struct Frame {
    key: CallKey,
    parent: Option<Py<Frame>>,
    prepared: Arc<Prepared>,
    thread: ThreadId,
    nested: Mutex<Nested>,
}

/// All runs of this process.
static FRAMES: Mutex<Vec<Py<Frame>>> = Mutex::new(Vec::new());

#[pymethods]
impl Frame {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.parent)
    }
}

/// Runs in progress in this process.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

fn variable(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static VARIABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    VARIABLE
        .get_or_try_init(py, || {
            py.import("contextvars")?
                .getattr("ContextVar")?
                .call1(("remade_run",))
                .map(Bound::unbind)
        })
        .map(|variable| variable.bind(py))
}

/// The innermost run here.
pub(crate) fn current(py: Python<'_>) -> PyResult<Option<Py<Frame>>> {
    if RUNNING.load(Ordering::Relaxed) == 0 {
        return Ok(None);
    }
    let found = variable(py)?.call_method1("get", (py.None(),))?;
    if found.is_none() {
        return Ok(None);
    }
    Ok(Some(found.cast_into::<Frame>()?.unbind()))
}

impl Frame {
    pub(crate) fn new(key: CallKey, parent: Option<Py<Frame>>, prepared: Arc<Prepared>) -> Frame {
        Frame {
            key,
            parent,
            prepared,
            thread: std::thread::current().id(),
            nested: Mutex::default(),
        }
    }

    /// From here on calls are made inside this run. Give the token to [`leave`].
    pub(crate) fn enter(slf: &Bound<'_, Frame>) -> PyResult<Py<PyAny>> {
        let token = variable(slf.py())?.call_method1("set", (slf,))?;
        RUNNING.fetch_add(1, Ordering::Relaxed);
        frames().push(slf.clone().unbind());
        Ok(token.unbind())
    }

    /// Whether the call of this key runs here or further up.
    pub(crate) fn is_running(&self, key: CallKey) -> bool {
        self.key == key
            || self
                .parent
                .as_ref()
                .is_some_and(|parent| parent.get().is_running(key))
    }

    /// What was drawn from made functions called inside.
    pub(crate) fn take_nested(&self) -> Nested {
        std::mem::take(&mut *self.nested.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A made function was called inside, and its result has this record.
    pub(crate) fn note(&self, function: &str, version: Version, record: &Record) {
        let mut nested = self.nested.lock().unwrap_or_else(PoisonError::into_inner);
        nested.functions.insert(function.to_owned(), version);
        let inner = &record.nested;
        for (name, version) in &inner.functions {
            nested.functions.insert(name.clone(), *version);
        }
        for source in record.sources.iter().chain(&inner.sources) {
            if !nested.sources.contains(source) {
                nested.sources.push(source.clone());
            }
        }
        let unversioned = record
            .never_fresh
            .as_ref()
            .map(|_| function.to_owned())
            .or_else(|| inner.unversioned.clone());
        if nested.unversioned.is_none() {
            nested.unversioned = unversioned;
        }
        for input in record.implicit.iter().chain(&inner.implicit) {
            add_implicit(&mut nested, function, input);
        }
    }

    /// A made function called inside could not be recorded.
    pub(crate) fn note_unrecorded(&self, function: &str) {
        let mut nested = self.nested.lock().unwrap_or_else(PoisonError::into_inner);
        nested
            .unversioned
            .get_or_insert_with(|| function.to_owned());
    }
}

fn add_implicit(nested: &mut Nested, function: &str, input: &Implicit) {
    if input.changed || input.version.is_none() {
        return;
    }
    if input.locator.is_none() {
        // A closure's value cannot be found again from outside.
        nested
            .unversioned
            .get_or_insert_with(|| format!("{function}, which uses {}", input.name));
    } else if !nested
        .implicit
        .iter()
        .any(|other| other.locator == input.locator)
    {
        nested.implicit.push(input.clone());
    }
}

fn frames() -> std::sync::MutexGuard<'static, Vec<Py<Frame>>> {
    FRAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs of other threads whose code names the function, beyond being it.
pub(crate) fn that_may_have_started_a_thread_for(py: Python<'_>, function: &str) -> Vec<Py<Frame>> {
    if RUNNING.load(Ordering::Relaxed) == 0 {
        return Vec::new();
    }
    let here = std::thread::current().id();
    let names_it = |frame: &&Py<Frame>| {
        let frame = frame.get();
        let mut reached = frame.prepared.code.reached().iter().skip(1);
        frame.thread != here && reached.any(|reached| reached.name == function)
    };
    let frames = frames();
    frames
        .iter()
        .filter(names_it)
        .map(|frame| frame.clone_ref(py))
        .collect()
}

/// Ends what [`Frame::enter`] began.
pub(crate) fn leave(py: Python<'_>, frame: &Py<Frame>, token: &Py<PyAny>) -> PyResult<()> {
    RUNNING.fetch_sub(1, Ordering::Relaxed);
    let left = {
        let mut frames = frames();
        let place = frames.iter().rposition(|other| other.is(frame));
        place.map(|place| frames.swap_remove(place))
    };
    drop(left); // not under the lock
    variable(py)?.call_method1("reset", (token,)).map(drop)
}
