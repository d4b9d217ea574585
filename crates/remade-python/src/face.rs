//! What is a call, in Python?
//!
//! [`Call`] translates: it answers the questions of [`remade::make::Face`] about Python values.

mod cutoff;
mod decide;
mod keep;
mod key;
mod present;
mod remember;
mod reuse;
mod run;
mod tell;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use remade::call::CallKey;
use remade::decide::{Present, Reason};
use remade::event::{Event, Warning};
use remade::make::{
    Changed, CodeText, Cutoff, Environment, Face, Former, ImplicitNow, Judged, Keyed, Known,
    LoadFailure, NotSaved, Running, Saved,
};
use remade::record::{Implicit, Nested, Record};
use remade::store::Durable;
use remade::store::commit::Staging;
use remade::version::Version;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::binder::Values;
use crate::events;
use crate::frame::{self, Frame};
use crate::function::Function;
use crate::load::Kept;
use crate::prepared::Prepared;
use crate::save;
use crate::switches::On;
use crate::value::Walk;
use crate::value::random;

/// What outlives the wait of a coroutine.
#[derive(Default)]
pub(crate) struct State {
    parent: Option<Py<Frame>>,
    frame: Option<Py<Frame>>,
    /// The content of each argument that can change, before the run.
    contents: Vec<(String, Version)>,
    tracked: Vec<save::Tracked>,
    /// What could be reached before the run and was known by history: the run may have changed it
    /// and let it go.
    known: Vec<Py<PyAny>>,
    /// The implicit inputs before the run, which may bind others in their place.
    implicit: Vec<(String, Option<Version>, Py<PyAny>)>,
    /// What of the implicit inputs is not compared, in sentences; for an explanation.
    gaps: Vec<String>,
    /// What the function is, where a run further up must know it.
    identity: Option<Version>,
    /// The random generators among the arguments, before the run.
    generators: Vec<Generator>,
}

/// A random generator that was given to a run.
struct Generator {
    name: String,
    parts: random::Kept,
}

impl State {
    /// The run of this call, if it has begun.
    pub(crate) fn frame(&self) -> Option<&Py<Frame>> {
        self.frame.as_ref()
    }

    /// For the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.parent)?;
        visit.call(&self.frame)?;
        let tracked = self.tracked.iter().map(|tracked| &tracked.object);
        let implicit = self.implicit.iter().map(|(_, _, object)| object);
        let mut objects = tracked.chain(implicit).chain(&self.known);
        objects.try_for_each(|object| visit.call(object))?;
        let mut generators = self.generators.iter();
        generators.try_for_each(|generator| generator.parts.traverse(visit))
    }
}

/// One call of a made function.
pub(crate) struct Call<'a, 'py> {
    py: Python<'py>,
    function: &'a Function,
    prepared: Arc<Prepared>,
    args: &'a Bound<'py, PyTuple>,
    kwargs: Option<&'a Bound<'py, PyDict>>,
    values: Values<'py>,
    walk: Walk<'py>,
    /// Tripwires that went off: what was changed.
    alarms: Vec<String>,
    /// The version of the arguments, once there is a key.
    given: Option<Version>,
    forced: bool,
    /// Nothing will run, so what a run might change need not be read before it.
    pub(crate) only_looks: bool,
    /// As they were when the call began.
    on: On,
    pub(crate) state: State,
}

impl<'a, 'py> Call<'a, 'py> {
    #[inline]
    pub(crate) fn new(
        py: Python<'py>,
        function: &'a Function,
        prepared: Arc<Prepared>,
        args: &'a Bound<'py, PyTuple>,
        kwargs: Option<&'a Bound<'py, PyDict>>,
        values: Values<'py>,
        forced: bool,
    ) -> PyResult<Call<'a, 'py>> {
        let mut state = State::default();
        if frame::any_runs() {
            state.parent = frame::current(py)?;
            state.identity = function.identity(py, &prepared)?;
        }
        let on = function.switches.now();
        let walk = function.walk(!on.verify(), on.rerun_unknown());
        Ok(Call {
            py,
            function,
            prepared,
            args,
            kwargs,
            values,
            walk,
            alarms: Vec::new(),
            given: None,
            forced,
            only_looks: false,
            on,
            state,
        })
    }
}

/// Each method is in the file that answers its question.
impl<'py> Face for Call<'_, 'py> {
    type Value = Bound<'py, PyAny>;
    type Error = PyErr;
    type Kept = Kept;

    fn key(&mut self) -> PyResult<Keyed> {
        Call::key(self)
    }

    fn fingerprint(&self) -> Version {
        self.prepared.fingerprint
    }

    fn durable(&self) -> Durable {
        self.on.durable()
    }

    fn former(&mut self) -> PyResult<Vec<Former>> {
        crate::former::names(self.py, self.function, &self.prepared)
    }

    fn is_forced(&self) -> bool {
        self.forced
    }

    fn implicit_changes(&mut self, recorded: &[Implicit]) -> PyResult<Vec<Reason>> {
        Call::implicit_changes(self, recorded)
    }

    fn nested_function(&mut self, name: &str) -> PyResult<Option<Version>> {
        crate::function::identity_of(self.py, name)
    }

    fn nested_implicit(&mut self, input: &Implicit) -> PyResult<Option<Version>> {
        Call::nested_implicit(self, input)
    }

    fn persisters_agree(&mut self, known: &Known<Kept>) -> PyResult<Option<Reason>> {
        Call::persisters_agree(self, known)
    }

    fn arguments_share(&mut self) -> PyResult<bool> {
        Call::arguments_share(self)
    }

    fn load(
        &mut self,
        known: &Known<Kept>,
        paths: &[Option<&Path>],
    ) -> Result<Bound<'py, PyAny>, LoadFailure<PyErr>> {
        Call::load(self, known, paths)
    }

    fn resume(&mut self, record: &Record) -> PyResult<Option<Reason>> {
        Call::resume(self, record)
    }

    fn reused(&mut self, record: &Arc<Record>) -> PyResult<()> {
        Call::reused(self, record)
    }

    fn verify(&mut self) -> PyResult<Vec<String>> {
        Call::verify(self)
    }

    fn present(&mut self) -> PyResult<Present> {
        Call::present(self)
    }

    fn implicit(&mut self) -> PyResult<Vec<ImplicitNow>> {
        Call::implicit(self)
    }

    fn is_running(&self, key: CallKey) -> bool {
        let parent = self.state.parent.as_ref();
        parent.is_some_and(|parent| parent.get().is_running(key))
    }

    fn is_nested(&self) -> bool {
        self.state.parent.is_some()
    }

    fn detached<T: Send>(&mut self, work: impl FnOnce() -> T + Send) -> T {
        self.py.detach(work)
    }

    fn pause(&mut self, time: Duration) -> PyResult<()> {
        Call::pause(self, time)
    }

    fn run(&mut self, running: &Running) -> PyResult<Bound<'py, PyAny>> {
        Call::run(self, running)
    }

    fn raised(&mut self, running: &Running) {
        Call::raised(self, running)
    }

    fn changed(&mut self, value: &Bound<'py, PyAny>) -> PyResult<Vec<(String, Changed)>> {
        Call::changed(self, value)
    }

    fn nested(&mut self) -> Nested {
        Call::nested(self)
    }

    fn save(
        &mut self,
        key: CallKey,
        value: &Bound<'py, PyAny>,
        staging: &mut Staging,
    ) -> Result<Saved, NotSaved<PyErr>> {
        Call::save(self, key, value, staging)
    }

    fn not_saved(
        &mut self,
        value: Bound<'py, PyAny>,
        failure: NotSaved<PyErr>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Call::not_saved(self, value, failure)
    }

    fn remember(&mut self, value: &Bound<'py, PyAny>, record: &Arc<Record>) -> PyResult<()> {
        Call::remember(self, value, record)
    }

    fn cutoff(&mut self) -> PyResult<Option<Cutoff>> {
        Call::cutoff(self)
    }

    fn places(
        &mut self,
        key: CallKey,
        record: &Record,
    ) -> PyResult<Option<Vec<Option<(PathBuf, bool)>>>> {
        Call::places(self, key, record)
    }

    fn is_close(&mut self, old: &Bound<'py, PyAny>, new: &Bound<'py, PyAny>) -> PyResult<Judged> {
        Call::is_close(self, old, new)
    }

    fn code_texts(&mut self) -> Vec<(Version, CodeText)> {
        Call::code_texts(self)
    }

    fn not_followed(&mut self) -> Vec<String> {
        let code = self.prepared.code.unfollowed().iter().cloned();
        code.chain(self.state.gaps.drain(..)).collect()
    }

    fn environment(&mut self) -> Environment {
        Call::environment(self)
    }

    fn warn(&mut self, warning: Warning) -> PyResult<()> {
        Call::warn(self, warning)
    }

    fn warn_only(&mut self, warning: Warning) {
        Call::warn_only(self, warning)
    }

    fn wants_events(&self) -> bool {
        self.on.debug() || events::anybody_listens()
    }

    fn report(&mut self, event: Event) {
        events::report(self.py, &event, self.on.debug());
    }
}

fn is_constant(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    crate::value::encode_constant(value, &mut remade::version::Encoder::new())
}
