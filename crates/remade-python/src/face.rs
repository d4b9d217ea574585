//! What is a call, in Python?
//!
//! [`Call`] translates: it answers the questions of [`remade::make::Face`] about Python values.

mod remember;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use remade::call::CallKey;
use remade::decide::{Present, Reason};
use remade::event::{Event, Warning};
use remade::make::{
    Changed, CodeText, Cutoff, Environment, Face, Former, ImplicitNow, Judged, Keyed, Known,
    LoadFailure, NotSaved, Running, Saved,
};
use remade::record::{self, Argument, Implicit, Locator, Nested, Record};
use remade::store::Durable;
use remade::store::commit::Staging;
use remade::version::{Tag, Version};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::binder::Values;
use crate::code;
use crate::errors;
use crate::events;
use crate::frame::{self, Frame};
use crate::function::Function;
use crate::load::{Kept, Loader};
use crate::numpy::Array;
use crate::output::{Place, Slot, Tree};
use crate::prepared::Prepared;
use crate::registry::{self, Origin};
use crate::save::{self, Saver};
use crate::switches::On;
use crate::value::random;
use crate::value::{Kind, Unversioned, Walk, kind, short_form};
use remember::{remember_loaded, remember_one};

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
    pub(crate) fn new(
        py: Python<'py>,
        function: &'a Function,
        prepared: Arc<Prepared>,
        args: &'a Bound<'py, PyTuple>,
        kwargs: Option<&'a Bound<'py, PyDict>>,
        values: Values<'py>,
        forced: bool,
    ) -> PyResult<Call<'a, 'py>> {
        let parent = frame::current(py)?;
        let identity = match frame::any_runs() {
            true => function.identity(py, &prepared)?,
            false => None,
        };
        let state = State {
            parent,
            identity,
            ..State::default()
        };
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

    /// A walk that asks history, unless the function is to read everything.
    fn asking_history(&self) -> Walk<'py> {
        let on = self.on;
        self.function.walk(!on.verify(), on.rerun_unknown())
    }

    /// Begins the run: calls are made inside it until [`Call::leave`].
    pub(crate) fn enter(&mut self, key: CallKey) -> PyResult<Py<PyAny>> {
        let parent = self.state.parent.as_ref().map(|p| p.clone_ref(self.py));
        let store = self.function.made.store().clone();
        let frame = Bound::new(
            self.py,
            Frame::new(key, parent, self.prepared.clone(), store),
        )?;
        let token = Frame::enter(&frame)?;
        self.state.frame = Some(frame.unbind());
        Ok(token)
    }

    /// Ends what [`Call::enter`] began.
    fn leave(&self, token: &Py<PyAny>) -> PyResult<()> {
        match &self.state.frame {
            Some(frame) => frame::leave(self.py, frame, token),
            None => Ok(()),
        }
    }

    /// Tells the runs inside which this call was made.
    fn tell_callers(&self, tell: impl Fn(&Frame)) -> PyResult<()> {
        match &self.state.parent {
            Some(parent) => tell(parent.get()),
            None => {
                let plain = self.prepared.code.reached().first();
                let name = plain.map_or(self.function.made.name(), |plain| &plain.name);
                for frame in frame::that_may_have_started_a_thread_for(self.py, name) {
                    tell(frame.get());
                }
            }
        }
        Ok(())
    }

    /// What is true of every call of a function is told once.
    fn is_news(&self, warning: &Warning) -> bool {
        match warning {
            // Who asked to run for what is unknown need not be told.
            Warning::Unversioned { .. } if self.walk.rerun_unknown => false,
            Warning::Unversioned {
                parameter: name, ..
            } => self.function.first_time(&format!("unversioned {name}")),
            Warning::ChangesArgument {
                parameter: name, ..
            } => self.function.first_time(&format!("changes {name}")),
            Warning::NotResumed {
                parameter: name, ..
            } => self.function.first_time(&format!("not resumed {name}")),
            Warning::ReadsItsOutput { name, .. } => {
                self.function.first_time(&format!("reads {name}"))
            }
            _ => true,
        }
    }

    /// The file that a slot of `output=` names for this call.
    pub(crate) fn file_of(&self, slot: &Slot) -> PyResult<Option<std::path::PathBuf>> {
        slot.file(&self.values, &self.prepared.binder, self.py)
    }

    fn encode_all(&mut self) -> Result<Option<(String, String)>, PyErr> {
        let py = self.py;
        let Call {
            walk,
            values,
            prepared,
            alarms,
            function,
            ..
        } = self;
        walk.clear();
        alarms.clear();
        for (name, value) in values.counting(&prepared.binder) {
            match walk.encode(value) {
                Ok(()) => {}
                Err(Unversioned::NoVersion { why, .. }) => return Ok(Some((name.to_owned(), why))),
                Err(Unversioned::Raised(error)) => return Err(error),
            }
            for alarm in walk.alarms.drain(..) {
                alarms.push(format!(
                    "the argument {name}{} ({})",
                    alarm.position, alarm.description
                ));
            }
        }
        for (index, depend) in function.depends.iter().enumerate() {
            match depend.encode(py, walk) {
                Ok(()) => {}
                Err(Unversioned::NoVersion { why, .. }) => {
                    return Ok(Some((depend.name(index), why)));
                }
                Err(Unversioned::Raised(error)) => return Err(error),
            }
        }
        if let Some((positional, names)) = prepared.binder.shape(self.args, self.kwargs)? {
            walk.encoder.begin(Tag::Named, names.len() + 1);
            walk.encoder.int(positional as i64);
            for name in &names {
                walk.encoder.text(name);
            }
        }
        Ok(None)
    }

    /// One argument, or what counts as one, in full.
    fn argument(
        &mut self,
        name: String,
        short: String,
        encode: impl Fn(&mut Walk<'py>) -> Result<(), Unversioned>,
        present: &mut Present,
    ) -> PyResult<bool> {
        let mut walk = self.asking_history();
        walk.origins = Some(Vec::new());
        walk.sources = Some(Vec::new());
        let version = match encode(&mut walk) {
            Ok(()) => Some(walk.version()),
            Err(Unversioned::NoVersion { .. }) => None,
            Err(Unversioned::Raised(error)) => return Err(error),
        };
        let mut origins = walk.origins.take().unwrap_or_default();
        let by_history = !origins.is_empty();
        if self.on.verify() {
            // What counts by its content has a history all the same, which was just verified.
            let mut walk = self.function.walk(true, false);
            walk.origins = Some(Vec::new());
            if let Err(Unversioned::Raised(error)) = encode(&mut walk) {
                return Err(error);
            }
            origins = walk.origins.take().unwrap_or_default();
        }
        present
            .sources
            .extend(walk.sources.take().unwrap_or_default());
        present.arguments.push(Argument {
            name,
            version,
            short,
            origins: self.recorded(origins),
            after: None,
        });
        Ok(by_history)
    }

    /// Origins, as the record of this call names them.
    fn recorded(&self, origins: Vec<(String, Arc<Origin>)>) -> Vec<record::Origin> {
        let store = self.function.made.store();
        origins
            .into_iter()
            .map(|(position, origin)| record::Origin {
                position,
                function: origin.function().to_owned(),
                record: origin.record.key.to_string(),
                result: origin.position.clone(),
                version: origin.version,
                started: origin.record.started.clone(),
                store: store.name_of(&origin.store),
            })
            .collect()
    }

    /// The version by reading everything; None for what has none.
    fn content(&self, value: &Bound<'py, PyAny>) -> PyResult<Option<Version>> {
        let mut walk = self.function.walk(false, false);
        match walk.encode(value) {
            Ok(()) => Ok(Some(walk.version())),
            Err(Unversioned::NoVersion { .. }) => Ok(None),
            Err(Unversioned::Raised(error)) => Err(error),
        }
    }

    fn implicit_now(
        &mut self,
        input: &code::Implicit,
    ) -> PyResult<(Option<Version>, Option<String>)> {
        self.implicit_with_origins(input, None)
    }

    fn implicit_with_origins(
        &mut self,
        input: &code::Implicit,
        origins: Option<&mut Vec<record::Origin>>,
    ) -> PyResult<(Option<Version>, Option<String>)> {
        let Some(value) = input.get(self.py) else {
            return Ok((Some(Version::of_bytes(&[Tag::Missing as u8])), None));
        };
        let mut walk = self.asking_history();
        // Nobody passes a global: `unknown="rerun"` is about arguments, and what has no version
        // here would be passed over.
        walk.rerun_unknown = false;
        walk.origins = origins.is_some().then(Vec::new);
        let encoded = walk.encode(&value);
        if let Some(origins) = origins {
            *origins = self.recorded(walk.origins.take().unwrap_or_default());
        }
        for alarm in walk.alarms.drain(..) {
            self.alarms.push(format!(
                "the global {}{} ({})",
                input.name, alarm.position, alarm.description
            ));
        }
        match encoded {
            Ok(()) => Ok((Some(walk.version()), None)),
            Err(Unversioned::NoVersion { why, .. }) => Ok((None, Some(why))),
            Err(Unversioned::Raised(error)) => Err(error),
        }
    }

    /// What the run changed behind its history loses it, whether it was given or found, and so does
    /// what it is a part of. Returns the arguments that are not what they were.
    fn end_changed_histories(&mut self) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
        for value in self.values.all() {
            registry::verify(value)?;
        }
        let implicit = self.state.implicit.iter().map(|(_, _, value)| value);
        for value in implicit.chain(&self.state.known) {
            registry::verify(value.bind(self.py))?;
        }
        for input in self.prepared.code.implicit() {
            if let Some(value) = input.get(self.py) {
                registry::verify(&value)?;
            }
        }
        // What was not read before the run may have been changed.
        let ignored = self.values.ignored(&self.prepared.binder);
        let mut suspects: Vec<Bound<'py, PyAny>> = Vec::new();
        for value in ignored {
            if !is_constant(value)? {
                suspects.push(value.clone());
            }
        }
        let mut changed = Vec::new();
        for (name, argument) in self.values.each(&self.prepared.binder)? {
            let before = self.state.contents.iter().find(|(other, _)| *other == name);
            match before {
                Some((_, before)) => {
                    if self.content(&argument)? != Some(*before) {
                        suspects.push(argument.clone());
                        changed.push((name, argument));
                    }
                }
                None if is_constant(&argument)? => {}
                None => suspects.push(argument),
            }
        }
        registry::verify_sharing(&suspects)?;
        Ok(changed)
    }
}

impl<'py> Face for Call<'_, 'py> {
    type Value = Bound<'py, PyAny>;
    type Error = PyErr;
    type Kept = Kept;

    fn key(&mut self) -> PyResult<Keyed> {
        self.given = None;
        if let Some((parameter, why)) = self.encode_all()? {
            return Ok(Keyed::Unversioned { parameter, why });
        }
        let given = self.walk.encoder.finish();
        self.given = Some(given);
        Ok(Keyed::Known(CallKey::of(
            self.function.made.name_version(),
            self.prepared.fingerprint,
            given,
        )))
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
        let prepared = self.prepared.clone();
        let mut reasons = Vec::new();
        for (place, before) in recorded.iter().enumerate() {
            if before.changed {
                continue;
            }
            let inputs = prepared.code.implicit();
            let same_place = inputs.get(place).filter(|input| input.name == before.name);
            let input = same_place.or_else(|| inputs.iter().find(|i| i.name == before.name));
            let (version, to) = match input {
                Some(input) => (self.implicit_now(input)?.0, input.get(self.py)),
                None => (None, None),
            };
            if version != before.version {
                reasons.push(Reason::ImplicitChanged {
                    name: before.name.clone(),
                    from: Some(before.short.clone()),
                    to: to.map(|value| short_form(&value)),
                });
            }
        }
        Ok(reasons)
    }

    fn nested_function(&mut self, name: &str) -> PyResult<Option<Version>> {
        crate::function::identity_of(self.py, name)
    }

    fn nested_implicit(&mut self, input: &Implicit) -> PyResult<Option<Version>> {
        let Some(Locator { module, path }) = &input.locator else {
            return Ok(None);
        };
        let Some(value) = code::locate(self.py, module, path) else {
            return Ok(None);
        };
        let mut walk = self.asking_history();
        walk.rerun_unknown = false;
        match walk.encode(&value) {
            Ok(()) if walk.alarms.is_empty() => Ok(Some(walk.version())),
            Ok(()) | Err(Unversioned::NoVersion { .. }) => self.content(&value),
            Err(Unversioned::Raised(error)) => Err(error),
        }
    }

    fn persisters_agree(&mut self, known: &Known<Kept>) -> PyResult<Option<Reason>> {
        if known.kept.agrees(self.prepared.identity) {
            return Ok(None);
        }
        let function = self.function;
        let results = &known.record.results;
        if let Tree::Choose = function.output.tree {
            for result in results {
                let elsewhere = result.file.as_ref().filter(|file| file.named);
                if let Some(file) = elsewhere {
                    return Ok(Some(Reason::AskedElsewhere {
                        from: file.path.clone(),
                        to: "a name that remade chooses".to_owned(),
                    }));
                }
                if result.persister_version != save::chosen(&result.persister) {
                    return Ok(Some(changed(&result.persister, "one that remade chooses")));
                }
            }
            known.kept.agree(self.prepared.identity);
            return Ok(None);
        }
        if results.len() != function.output.slots.len() {
            return Ok(Some(changed("output= of another structure", "output=")));
        }
        let slots = function.output.slots.iter().zip(&self.prepared.persisters);
        for ((slot, version), result) in slots.zip(results) {
            if result.persister_version != *version {
                return Ok(Some(changed(&result.persister, &slot.name(self.py))));
            }
            let named = slot.file(&self.values, &self.prepared.binder, self.py)?;
            let (from, to) = match (&result.file, named, &slot.place) {
                (Some(file), Some(path), _) => {
                    (file.path.clone(), function.made.store().to_stored(&path))
                }
                (Some(file), None, Place::Chosen) if file.named => {
                    (file.path.clone(), "a name that remade chooses".to_owned())
                }
                (None, Some(path), _) => {
                    ("no file".to_owned(), function.made.store().to_stored(&path))
                }
                _ => continue,
            };
            if from != to {
                return Ok(Some(Reason::AskedElsewhere { from, to }));
            }
        }
        known.kept.agree(self.prepared.identity);
        Ok(None)
    }

    fn arguments_share(&mut self) -> PyResult<bool> {
        let mut all = Vec::with_capacity(2);
        for (_, value) in self.values.counting(&self.prepared.binder) {
            if !is_constant(value)? {
                all.push(value.clone());
            }
        }
        if let [one] = &all[..]
            && matches!(kind::of(one)?, Kind::Random(_))
        {
            return Ok(false); // no need to look: there is nothing to share with
        }
        registry::has_aliases(&all)
    }

    fn load(
        &mut self,
        known: &Known<Kept>,
        paths: &[Option<&Path>],
    ) -> Result<Bound<'py, PyAny>, LoadFailure<PyErr>> {
        let loader = Loader {
            py: self.py,
            known,
            paths,
            output: &self.function.output,
            persisters: &self.prepared.persisters,
        };
        let value = loader.load()?;
        if !known.record.written.is_empty() {
            let store = self.function.made.store();
            crate::files::relocate(&value, &known.record.written, store)
                .map_err(LoadFailure::Raised)?;
        }
        if !known.record.results.is_empty() {
            let store = self.function.made.store();
            remember_loaded(&value, &known.record, store).map_err(LoadFailure::Raised)?;
        }
        Ok(value)
    }

    fn resume(&mut self, record: &Record) -> PyResult<Option<Reason>> {
        if !record.moves_arguments() {
            return Ok(None);
        }
        let mut resumed = Vec::with_capacity(1);
        let mut moved = Vec::with_capacity(1);
        for (name, value) in self.values.each(&self.prepared.binder)? {
            let recorded = record.arguments.iter().find(|one| one.name == name);
            let Some(state) = recorded.and_then(|one| one.after.as_deref()) else {
                continue;
            };
            match random::Resumed::new(&value, state)? {
                Some(one) => resumed.push(one),
                None => {
                    let why = "cannot be put into the state that the record tells".to_owned();
                    return Ok(Some(Reason::NotResumed { name, why }));
                }
            }
            moved.push(value);
        }
        for one in resumed {
            one.set()?;
        }
        // What a generator is a part of may be known by history.
        registry::verify_sharing(&moved)?;
        Ok(None)
    }

    fn reused(&mut self, record: &Arc<Record>) -> PyResult<()> {
        for what in std::mem::take(&mut self.alarms) {
            self.warn(Warning::ChainBroken {
                function: self.function.made.name().to_owned(),
                what,
            })?;
        }
        self.tell_callers(|caller| {
            caller.note(self.function, self.state.identity, record);
        })
    }

    fn verify(&mut self) -> PyResult<Vec<String>> {
        let mut ended = Vec::new();
        for (name, value) in self.values.counting(&self.prepared.binder) {
            for description in registry::verify(value)? {
                ended.push(format!("the argument {name} ({description})"));
            }
        }
        for input in self.prepared.code.implicit() {
            if let Some(value) = input.get(self.py) {
                for description in registry::verify(&value)? {
                    ended.push(format!("{} ({description})", input.name));
                }
            }
        }
        let implicit = self.prepared.code.implicit().iter();
        let implicit: Vec<_> = implicit.filter_map(|input| input.get(self.py)).collect();
        let mut known = Vec::new();
        for value in self.values.all().chain(&implicit) {
            known.extend(registry::known_in(value)?.into_iter().map(Bound::unbind));
        }
        self.state.known = known;
        Ok(ended)
    }

    fn present(&mut self) -> PyResult<Present> {
        let py = self.py;
        // A file name that cannot be is told before the run, not after it.
        save::check_names(&self.function.output, &self.values, &self.prepared, py)?;
        let mut code = BTreeMap::new();
        for reached in self.prepared.code.reached() {
            let mut name = reached.name.clone();
            let mut number = 2;
            while code.contains_key(&name) {
                name = format!("{}#{number}", reached.name);
                number += 1;
            }
            code.insert(name, reached.fingerprint);
        }
        let mut present = Present {
            fingerprint: self.prepared.fingerprint,
            label: self.function.label().map(str::to_owned),
            code,
            arguments: Vec::new(),
            given: self.given,
            sources: Vec::new(),
            files: Vec::new(),
        };
        self.state.contents.clear();
        self.state.generators.clear();
        for (name, value) in self.values.each(&self.prepared.binder)? {
            let is_constant = is_constant(&value)?;
            let short = short_form(&value);
            let by_history = self.argument(
                name.clone(),
                short,
                |walk| walk.encode(&value),
                &mut present,
            )?;
            if crate::files::is_file(&value)? {
                present.files.push(name.clone());
            }
            if is_constant || self.only_looks {
                continue;
            }
            if let Some(parts) = random::Kept::of(&value)? {
                let name = name.clone();
                self.state.generators.push(Generator { name, parts });
            }
            let version = present.arguments.last().and_then(|last| last.version);
            let content = match version {
                Some(_) if by_history => self.content(&value)?,
                version => version,
            };
            if let Some(content) = content {
                self.state.contents.push((name, content));
            }
        }
        let function = self.function;
        for (index, depend) in function.depends.iter().enumerate() {
            self.argument(
                depend.name(index),
                depend.short(py),
                |walk| depend.encode(py, walk),
                &mut present,
            )?;
        }
        Ok(present)
    }

    fn implicit(&mut self) -> PyResult<Vec<ImplicitNow>> {
        let prepared = self.prepared.clone();
        let mut all = Vec::with_capacity(prepared.code.implicit().len());
        let before = std::mem::take(&mut self.state.implicit);
        for input in prepared.code.implicit() {
            let mut origins = Vec::new();
            let (version, why) = self.implicit_with_origins(input, Some(&mut origins))?;
            if let Some(why) = why
                && self.function.first_time(&input.name)
            {
                self.warn(Warning::ImplicitUnversioned {
                    function: self.function.made.name().to_owned(),
                    name: input.name.clone(),
                    why,
                })?;
            }
            if let Some(value) = input.get(self.py) {
                let value = (input.name.clone(), version, value.unbind());
                self.state.implicit.push(value);
            }
            let locator = input.locator.clone();
            all.push(ImplicitNow {
                implicit: Implicit {
                    name: input.name.clone(),
                    locator: locator.map(|(module, path)| Locator { module, path }),
                    version,
                    short: match input.get(self.py) {
                        Some(value) => short_form(&value),
                        None => "not there".to_owned(),
                    },
                    changed: false,
                    origins,
                },
                read: input.read,
            });
        }
        // After the run: what it changed may be a part of something known.
        let mut suspects = Vec::new();
        for (name, version, value) in before {
            let now = self.state.implicit.iter().find(|now| now.0 == name);
            if version.is_none() || now.is_none_or(|now| now.1 != version) {
                suspects.push(value.into_bound(self.py));
                suspects.extend(now.map(|now| now.2.bind(self.py).clone()));
            }
        }
        registry::verify_sharing(&suspects)?;
        Ok(all)
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
        self.py.detach(|| std::thread::sleep(time));
        self.py.check_signals()
    }

    fn run(&mut self, running: &Running) -> PyResult<Bound<'py, PyAny>> {
        let token = self.enter(running.key())?;
        let value = self.function.callable(self.py).call(self.args, self.kwargs);
        let left = self.leave(&token);
        let value = value?;
        left?;
        Ok(value)
    }

    fn raised(&mut self, running: &Running) {
        let ended = self.end_changed_histories();
        let after = self.implicit();
        let mut nested = self.nested();
        if ended.is_err() || after.is_err() || !running.is_versioned() {
            nested.unversioned = Some(self.function.made.name().to_owned());
        }
        let after = after.unwrap_or_default();
        // The error of the run is the one to be raised.
        let _ = self.tell_callers(|caller| {
            // What the run changed is a channel for output, as in a run that returned.
            let implicit = running.implicit().iter().map(|input| &input.implicit);
            let implicit = implicit.filter(|before| {
                let mut after = after.iter().map(|input| &input.implicit);
                after.any(|after| after.name == before.name && after.version == before.version)
            });
            let sources = &running.present().sources;
            caller.note_parts(
                self.function,
                self.state.identity,
                sources,
                implicit,
                &nested,
            );
        });
    }

    fn changed(&mut self, value: &Bound<'py, PyAny>) -> PyResult<Vec<(String, Changed)>> {
        let mut changed = Vec::new();
        for (name, argument) in self.end_changed_histories()? {
            let mut generators = self.state.generators.iter();
            let how = if let Some(generator) = generators.find(|one| one.name == name) {
                match generator.parts.after(self.py)? {
                    Ok(state) => Changed::Advanced(state),
                    Err(why) => Changed::Stuck(why.to_owned()),
                }
            } else if is_returned(&argument, value, 0)? {
                Changed::Returned
            } else {
                Changed::Lost
            };
            changed.push((name, how));
        }
        if self.state.generators.is_empty() {
            return Ok(changed);
        }
        // A stored result holds a copy, which would not go on together with the argument.
        let reached = registry::reached(value)?;
        for generator in &self.state.generators {
            if generator.parts.is_reached(&reached) {
                let why = "is, or may be, a part of the result".to_owned();
                changed.retain(|(name, _)| *name != generator.name);
                changed.push((generator.name.clone(), Changed::Stuck(why)));
            }
        }
        Ok(changed)
    }

    fn nested(&mut self) -> Nested {
        match &self.state.frame {
            Some(frame) => frame.get().take_nested(),
            None => Nested::default(),
        }
    }

    fn save(
        &mut self,
        key: CallKey,
        value: &Bound<'py, PyAny>,
        staging: &mut Staging,
    ) -> Result<Saved, NotSaved<PyErr>> {
        let mut saver = Saver {
            py: self.py,
            store: self.function.made.store(),
            folder: self.function.made.folder(),
            key,
            output: &self.function.output,
            prepared: &self.prepared,
            values: &self.values,
            staging,
            results: Vec::new(),
            items: Vec::new(),
            tracked: Vec::new(),
        };
        let saved = saver.save(value)?;
        self.state.tracked = saver.tracked;
        Ok(saved)
    }

    fn not_saved(
        &mut self,
        value: Bound<'py, PyAny>,
        failure: NotSaved<PyErr>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.tell_callers(|caller| caller.note_unrecorded(self.function.made.name()))?;
        let NotSaved { path, why, cause } = failure;
        match cause {
            Some(error) if !save::is_ordinary(self.py, &error) => Err(error),
            cause => {
                // That the store cannot be used was said before the run, once for all calls.
                let store = self.function.made.store();
                let in_store = path.as_ref().is_some_and(|p| p.starts_with(store.root()));
                let told = in_store && store.was_warned_of();
                let place = path.map_or_else(String::new, |path| format!(" in {}", path.display()));
                let text = format!(
                    "{}: the result could not be saved{place}: {why}",
                    self.function.made.name()
                );
                if self.on.raise_errors() {
                    return Err(errors::save_error(&value, text, cause));
                }
                if told {
                    return Ok(value);
                }
                let text = format!("{text}. It was computed and is returned all the same.");
                errors::warn_only(self.py, &text);
                Ok(value)
            }
        }
    }

    fn remember(&mut self, value: &Bound<'py, PyAny>, record: &Arc<Record>) -> PyResult<()> {
        let store = self.function.made.store();
        if record.kept.is_some() {
            remember_loaded(value, record, store)?;
        }
        for tracked in std::mem::take(&mut self.state.tracked) {
            let object = tracked.object.bind(self.py);
            remember_one(object, tracked.position, tracked.content, record, store)?;
        }
        self.tell_callers(|caller| {
            caller.note(self.function, self.state.identity, record);
        })
    }

    fn cutoff(&mut self) -> PyResult<Option<Cutoff>> {
        let Some(cutoff) = &self.function.cutoff else {
            return Ok(None);
        };
        // Without a version, what it kept could never be believed.
        let Some(version) = self.function.cutoff_version(self.py)? else {
            return Ok(None);
        };
        let name = cutoffs(self.py)?.call_method1("name_of", (cutoff,))?;
        Ok(Some(Cutoff {
            name: name.extract()?,
            version,
        }))
    }

    fn places(
        &mut self,
        key: CallKey,
        record: &Record,
    ) -> PyResult<Option<Vec<Option<(PathBuf, bool)>>>> {
        let function = self.function;
        let folder = function.made.folder();
        let mut places = Vec::with_capacity(record.results.len());
        if let Tree::Choose = function.output.tree {
            for result in &record.results {
                let file = result.file.as_ref().filter(|file| !file.named);
                let Some(file) = file else { return Ok(None) };
                if result.persister_version != save::chosen(&result.persister) {
                    return Ok(None);
                }
                let extension = Path::new(&file.path).extension().unwrap_or_default();
                let extension = format!(".{}", extension.to_string_lossy());
                places.push(Some((folder.result(key, "", &extension), false)));
            }
            return Ok(Some(places));
        }
        if record.results.len() != function.output.slots.len() {
            return Ok(None);
        }
        let slots = function.output.slots.iter().zip(&self.prepared.persisters);
        for (index, ((slot, version), result)) in slots.zip(&record.results).enumerate() {
            if result.persister_version != *version {
                return Ok(None);
            }
            let named = slot.file(&self.values, &self.prepared.binder, self.py)?;
            places.push(match (&slot.place, named) {
                (Place::Elsewhere, _) => None,
                (_, Some(path)) => Some((path, true)),
                (_, None) => {
                    let mark = match function.output.slots.len() {
                        1 => String::new(),
                        _ => format!(".{index}"),
                    };
                    Some((folder.result(key, &mark, &slot.extension), false))
                }
            });
        }
        Ok(Some(places))
    }

    fn is_close(&mut self, old: &Bound<'py, PyAny>, new: &Bound<'py, PyAny>) -> PyResult<Judged> {
        // Files that the function wrote are there already: it is too late to keep the old ones.
        if crate::files::any_in(new)? {
            return Ok(Judged::Far);
        }
        let judged = cutoffs(self.py)?.call_method1("judge", (&self.function.cutoff, old, new));
        match judged.and_then(|judged| judged.extract::<(bool, Option<f64>)>()) {
            Ok((true, difference)) => Ok(Judged::Close(difference)),
            Ok((false, _)) => Ok(Judged::Far),
            Err(error) if save::is_ordinary(self.py, &error) => {
                Ok(Judged::Failed(errors::in_words(self.py, &error)))
            }
            Err(error) => Err(error),
        }
    }

    fn code_texts(&mut self) -> Vec<(Version, CodeText)> {
        let store = self.function.made.store();
        let reached = self.prepared.code.reached().iter();
        reached
            .map(|one| {
                let text = CodeText {
                    name: one.name.clone(),
                    file: one
                        .file
                        .as_ref()
                        .map(|file| store.to_stored(Path::new(file))),
                    line: one.line,
                    source: one.source.clone(),
                    normal: one.normal.clone(),
                    names: one.names.clone(),
                };
                (one.fingerprint, text)
            })
            .collect()
    }

    fn not_followed(&mut self) -> Vec<String> {
        self.prepared.code.unfollowed().to_vec()
    }

    fn environment(&mut self) -> Environment {
        let py = self.py;
        let version = py.version_info();
        let mut packages = BTreeMap::new();
        for name in self.prepared.code.packages() {
            let module = crate::value::imported(py, name);
            let version = module.and_then(|module| {
                let version = module.getattr(intern!(py, "__version__")).ok()?;
                version.extract::<String>().ok()
            });
            if let Some(version) = version {
                packages.insert(name.clone(), version);
            }
        }
        Environment {
            language: format!(
                "python {}.{}.{}",
                version.major, version.minor, version.patch
            ),
            packages,
        }
    }

    fn warn(&mut self, warning: Warning) -> PyResult<()> {
        if self.is_news(&warning) {
            errors::warn(self.py, &warning)
        } else {
            Ok(())
        }
    }

    fn warn_only(&mut self, warning: Warning) {
        if self.is_news(&warning) {
            errors::warn_only(self.py, &warning.to_string());
        }
    }

    fn wants_events(&self) -> bool {
        self.on.debug() || events::anybody_listens()
    }

    fn report(&mut self, event: Event) {
        events::report(self.py, &event, self.on.debug());
    }
}

/// Comparisons are Python's: the module is imported where a function has a cutoff.
fn cutoffs<'py>(py: Python<'py>) -> PyResult<Bound<'py, PyModule>> {
    py.import(intern!(py, "remade._cutoff"))
}

fn changed(from: &str, to: &str) -> Reason {
    Reason::PersisterChanged {
        from: from.to_owned(),
        to: to.to_owned(),
    }
}

fn is_constant(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    crate::value::encode_constant(value, &mut remade::version::Encoder::new())
}

/// Whether an argument is, or is a part of, what was returned.
fn is_returned(
    argument: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
    depth: usize,
) -> PyResult<bool> {
    if argument.is(value) {
        return Ok(true);
    }
    if let (Some(one), Some(other)) = (Array::new(argument), Array::new(value)) {
        return Ok(one.root().is(other.root())
            && one.data() == other.data()
            && one.shape() == other.shape()
            && one.strides() == other.strides());
    }
    if depth > 16 {
        return Ok(false);
    }
    if let Ok(items) = value.cast_exact::<PyList>() {
        return any(items.iter(), argument, depth);
    }
    if let Ok(items) = value.cast_exact::<PyTuple>() {
        return any(items.iter(), argument, depth);
    }
    if let Ok(pairs) = value.cast_exact::<PyDict>() {
        return any(pairs.iter().map(|(_, item)| item), argument, depth);
    }
    Ok(false)
}

fn any<'py>(
    mut items: impl Iterator<Item = Bound<'py, PyAny>>,
    argument: &Bound<'py, PyAny>,
    depth: usize,
) -> PyResult<bool> {
    items.try_fold(false, |found, item| {
        Ok(found || is_returned(argument, &item, depth + 1)?)
    })
}
