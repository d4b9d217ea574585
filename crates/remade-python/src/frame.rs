//! Which made functions run here, one inside the other?
//!
//! A [`Frame`] is one run. The innermost one of this thread or task stands in a `ContextVar`, so
//! that coroutines see their own. While nothing runs anywhere, nobody asks.
//!
//! Threads and tasks of pools that a run starts carry that variable over. A thread that was there
//! before has no context of a run. A made function that is called in such a thread may have been
//! called for any run of another thread whose code names it: all of those are told. They may then
//! run again once more than they must, and never once less.

use crate::once::Once;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use remade::call::CallKey;
use remade::record::{Implicit, MOST_CALLS, Nested, NestedCall, Record};
use remade::source::SourceState;
use remade::store::Store;
use remade::version::Version;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

use crate::function::Function;
use crate::prepared::Prepared;

/// One run of a made function, and what it drew from made functions called inside.
#[pyclass(frozen, module = "remade._remade", name = "_Frame")]
pub(crate) struct Frame {
    key: CallKey,
    parent: Option<Py<Frame>>,
    prepared: Arc<Prepared>,
    /// Where the record of the run will lie: paths are written relative to its project.
    store: Arc<Store>,
    thread: ThreadId,
    nested: Mutex<Nested>,
    /// The calls made directly inside, each once.
    calls: Mutex<Vec<(Arc<Record>, Arc<Store>)>>,
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
    static VARIABLE: Once<Py<PyAny>> = Once::new();
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
#[inline]
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
    pub(crate) fn new(
        key: CallKey,
        parent: Option<Py<Frame>>,
        prepared: Arc<Prepared>,
        store: Arc<Store>,
    ) -> Frame {
        Frame {
            key,
            parent,
            prepared,
            store,
            thread: std::thread::current().id(),
            nested: Mutex::default(),
            calls: Mutex::default(),
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
        let mut nested =
            std::mem::take(&mut *self.nested.lock().unwrap_or_else(PoisonError::into_inner));
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        nested.calls = calls
            .drain(..)
            .map(|(record, its_store)| NestedCall {
                function: record.function.clone(),
                record: record.key,
                started: record.started.clone(),
                store: self.store.name_of(&its_store),
            })
            .collect();
        nested
    }

    /// The record is kept as it is: a nested call that is fresh must not cost more than that.
    fn note_call(&self, record: &Arc<Record>, store: &Arc<Store>) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |(known, _): &(Arc<Record>, Arc<Store>)| {
            Arc::ptr_eq(known, record) || known.key == record.key && known.started == record.started
        };
        if calls.len() < MOST_CALLS && !calls.iter().any(is_same) {
            calls.push((record.clone(), store.clone()));
        }
    }

    /// A made function was called inside, and its result has this record.
    pub(crate) fn note(
        &self,
        function: &Function,
        identity: Option<Version>,
        record: &Arc<Record>,
    ) {
        self.note_call(record, function.made.store());
        self.note_parts(
            function,
            identity,
            &record.sources,
            record.implicit.iter(),
            &record.nested,
        );
        if record.never_fresh.is_some() {
            self.note_unrecorded(function.made.name());
        }
    }

    /// The same where there is no record, because the run raised.
    pub(crate) fn note_parts<'a>(
        &self,
        function: &Function,
        identity: Option<Version>,
        sources: &[SourceState],
        implicit: impl Iterator<Item = &'a Implicit>,
        inner: &'a Nested,
    ) {
        let store = function.made.store();
        let function = function.made.name();
        let sources = || sources.iter().chain(&inner.sources);
        // Paths, and with them versions, are those of a project. Not under the lock: files are read.
        let is_elsewhere = store.project() != self.store.project();
        let moved = is_elsewhere.then(|| {
            let from = (store.project(), store.sources());
            let here = |source: &SourceState| source.moved(from, self.store.project());
            sources().map(here).collect::<Option<Vec<_>>>()
        });
        let mut nested = self.nested.lock().unwrap_or_else(PoisonError::into_inner);
        match identity {
            Some(identity) => add_function(&mut nested, function, identity),
            None => add_unversioned(&mut nested, || function.to_owned()),
        }
        for (name, version) in &inner.functions {
            add_function(&mut nested, name, *version);
        }
        match &moved {
            None => sources().for_each(|source| add_source(&mut nested, source)),
            Some(Some(moved)) => moved.iter().for_each(|file| add_source(&mut nested, file)),
            Some(None) => {
                add_unversioned(&mut nested, || format!("{function}, whose files changed"))
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

fn add_source(nested: &mut Nested, source: &SourceState) {
    if !nested.sources.contains(source) {
        nested.sources.push(source.clone());
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
        let mut input = input.clone();
        // They name stores as its own record does, and are told there.
        input.origins.clear();
        nested.implicit.push(input);
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
