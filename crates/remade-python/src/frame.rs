//! Which made functions run here, one inside the other?
//!
//! A [`Frame`] is one run. The innermost one of this thread or task stands in a `ContextVar`, so
//! that coroutines see their own. While nothing runs anywhere, nobody asks.
//!
//! Threads and tasks of pools that a run starts carry that variable over. A thread that was there
//! before has no context of a run. A made function that is called in such a thread may have been
//! called for any run of another thread whose code names it: all of those are told. They may then
//! run again once more than they must, and never once less.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use remade::call::CallKey;
use remade::record::{Implicit, Nested, Record};
use remade::source::SourceState;
use remade::version::Version;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    /// Threads and tasks that a run started can outlive it.
    is_done: AtomicBool,
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

/// Whether anything runs in this process.
pub(crate) fn any_runs() -> bool {
    RUNNING.load(Ordering::Relaxed) > 0
}

/// The innermost run here.
pub(crate) fn current(py: Python<'_>) -> PyResult<Option<Py<Frame>>> {
    if !any_runs() {
        return Ok(None);
    }
    let found = variable(py)?.call_method1("get", (py.None(),))?;
    if found.is_none() {
        return Ok(None);
    }
    let mut frame = found.cast_into::<Frame>()?;
    while frame.get().is_done.load(Ordering::Relaxed) {
        match &frame.get().parent {
            Some(parent) => frame = parent.bind(py).clone(),
            None => return Ok(None),
        }
    }
    Ok(Some(frame.unbind()))
}

/// Threads and pools carry the innermost run over to what they start, once they are taught to.
fn reach_threads(py: Python<'_>) -> PyResult<()> {
    static REACHED: AtomicBool = AtomicBool::new(false);
    if !REACHED.load(Ordering::Relaxed) {
        let install = py.import("remade._threads")?.getattr("install")?;
        let all = install.call1((variable(py)?,))?.extract()?;
        REACHED.store(all, Ordering::Relaxed);
    }
    Ok(())
}

impl Frame {
    pub(crate) fn new(key: CallKey, parent: Option<Py<Frame>>, prepared: Arc<Prepared>) -> Frame {
        Frame {
            key,
            parent,
            prepared,
            thread: std::thread::current().id(),
            nested: Mutex::default(),
            is_done: AtomicBool::new(false),
        }
    }

    /// From here on calls are made inside this run. Give the token to [`leave`].
    pub(crate) fn enter(slf: &Bound<'_, Frame>) -> PyResult<Py<PyAny>> {
        reach_threads(slf.py())?;
        let token = variable(slf.py())?.call_method1("set", (slf,))?;
        RUNNING.fetch_add(1, Ordering::Relaxed);
        frames().push(slf.clone().unbind());
        Ok(token.unbind())
    }

    /// Whether the call of this key runs here or further up.
    pub(crate) fn is_running(&self, key: CallKey) -> bool {
        self.key == key && !self.is_done.load(Ordering::Relaxed)
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
    pub(crate) fn note(&self, function: &str, identity: Option<Version>, record: &Record) {
        self.note_parts(
            function,
            identity,
            &record.sources,
            record.implicit.iter(),
            &record.nested,
        );
        if record.never_fresh.is_some() {
            self.note_unrecorded(function);
        }
    }

    /// The same where there is no record, because the run raised.
    pub(crate) fn note_parts<'a>(
        &self,
        function: &str,
        identity: Option<Version>,
        sources: &[SourceState],
        implicit: impl Iterator<Item = &'a Implicit>,
        inner: &'a Nested,
    ) {
        let mut nested = self.nested.lock().unwrap_or_else(PoisonError::into_inner);
        match identity {
            Some(identity) => add_function(&mut nested, function, identity),
            None => add_unversioned(&mut nested, || function.to_owned()),
        }
        for (name, version) in &inner.functions {
            add_function(&mut nested, name, *version);
        }
        for source in sources.iter().chain(&inner.sources) {
            if !nested.sources.contains(source) {
                nested.sources.push(source.clone());
            }
        }
        if let Some(unversioned) = &inner.unversioned {
            add_unversioned(&mut nested, || unversioned.clone());
        }
        for input in implicit.chain(&inner.implicit) {
            add_implicit(&mut nested, function, input);
        }
    }

    /// A made function called inside could not be recorded.
    pub(crate) fn note_unrecorded(&self, function: &str) {
        let mut nested = self.nested.lock().unwrap_or_else(PoisonError::into_inner);
        add_unversioned(&mut nested, || function.to_owned());
    }
}

fn add_unversioned(nested: &mut Nested, name: impl FnOnce() -> String) {
    nested.unversioned.get_or_insert_with(name);
}

/// A name finds one function again. Where two of one name were called, nobody can say later
/// whether both are what they were.
fn add_function(nested: &mut Nested, name: &str, identity: Version) {
    match nested.functions.get(name) {
        Some(known) if *known == identity => {}
        Some(_) => add_unversioned(nested, || format!("{name}, of which there are several")),
        None => {
            nested.functions.insert(name.to_owned(), identity);
        }
    }
}

fn add_implicit(nested: &mut Nested, function: &str, input: &Implicit) {
    if input.changed || input.version.is_none() {
        return;
    }
    if input.locator.is_none() {
        // A closure's value cannot be found again from outside.
        add_unversioned(nested, || format!("{function}, which uses {}", input.name));
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
    if !any_runs() {
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
    frame.get().is_done.store(true, Ordering::Relaxed);
    let left = {
        let mut frames = frames();
        let place = frames.iter().rposition(|other| other.is(frame));
        place.map(|place| frames.swap_remove(place))
    };
    drop(left); // not under the lock
    variable(py)?.call_method1("reset", (token,)).map(drop)
}
