//! Which made functions run here, one inside the other, and what did they draw from outside?

use super::code::Code;
use super::function::Function;
use crate::call::CallKey;
use crate::record::{MOST_CALLS, Nested, NestedCall, Record};
use crate::source::SourceState;
use crate::store::Store;
use crate::version::Version;
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A run, from its begin to its end.
pub(super) struct Frame {
    key: CallKey,
    store: Arc<Store>,
    /// The executable stands for the code of all that is called inside.
    covers_code: bool,
    /// The code that the function names, where it does.
    names: Vec<&'static Code>,
    nested: Mutex<Nested>,
    calls: Mutex<Vec<(Arc<Record>, Arc<Store>)>>,
}

thread_local! {
    static STACK: RefCell<Vec<Arc<Frame>>> = const { RefCell::new(Vec::new()) };
}

/// The runs of all threads.
static RUNNING: Mutex<Vec<Arc<Frame>>> = Mutex::new(Vec::new());

/// How many there are at most: most calls are made while nothing runs, and take no lock for that.
static RUNS: AtomicUsize = AtomicUsize::new(0);

fn running() -> std::sync::MutexGuard<'static, Vec<Arc<Frame>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runs inside which a call is made: the innermost one of this thread. A thread without any may
/// have been started by each of those that run elsewhere, so all that may call the function hear of
/// it: those that name it, and those that name nothing.
pub(super) struct Callers {
    frames: Vec<Arc<Frame>>,
    is_certain: bool,
}

impl Callers {
    pub(super) fn of(function: &Function) -> Callers {
        match STACK.with_borrow(|stack| stack.last().cloned()) {
            Some(frame) => Callers {
                frames: vec![frame],
                is_certain: true,
            },
            None => Callers {
                frames: if RUNS.load(Ordering::SeqCst) == 0 {
                    Vec::new()
                } else {
                    let running = running();
                    let may_call = |frame: &&Arc<Frame>| frame.may_call(function);
                    running.iter().filter(may_call).cloned().collect()
                },
                is_certain: false,
            },
        }
    }

    /// Whether a call that runs here, or may do so, could wait for this one.
    pub(super) fn are_any(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Whether this call is running already, further up.
    pub(super) fn run(&self, key: CallKey) -> bool {
        self.is_certain && STACK.with_borrow(|stack| stack.iter().any(|frame| frame.key == key))
    }

    /// A made function was called inside, and its result has this record.
    pub(super) fn note(&self, function: &Function, record: &Arc<Record>) {
        for frame in &self.frames {
            if self.is_certain {
                frame.note_call(record, function.made.store());
            }
            frame.note_parts(function, &record.sources, &record.nested);
            if record.never_fresh.is_some() {
                frame.note_unrecorded(function.name());
            }
        }
    }

    /// The same where there is no record, because the run failed.
    pub(super) fn note_parts(
        &self,
        function: &Function,
        sources: &[SourceState],
        nested: &Nested,
        is_versioned: bool,
    ) {
        for frame in &self.frames {
            frame.note_parts(function, sources, nested);
            if !is_versioned {
                frame.note_unrecorded(function.name());
            }
        }
    }

    /// What is stored just now is no call: whoever is told it has an input that no record can name.
    pub(super) fn note_look(&self, function: &Function, how: &str) {
        if self.are_any() {
            self.note_unrecorded(&format!("{}::{how}", function.name()));
        }
    }

    /// A made function called inside could not be recorded.
    pub(super) fn note_unrecorded(&self, function: &str) {
        for frame in &self.frames {
            frame.note_unrecorded(function);
        }
    }
}

/// A run that has begun. It ends when this is dropped.
pub(super) struct Entered(Arc<Frame>);

impl Entered {
    pub(super) fn new(key: CallKey, function: &Function) -> Entered {
        let frame = Arc::new(Frame {
            key,
            store: function.made.store().clone(),
            covers_code: function.reached.executable.is_some(),
            names: function.reached.codes.clone(),
            nested: Mutex::default(),
            calls: Mutex::default(),
        });
        STACK.with_borrow_mut(|stack| stack.push(frame.clone()));
        RUNS.fetch_add(1, Ordering::SeqCst);
        running().push(frame.clone());
        Entered(frame)
    }

    pub(super) fn frame(&self) -> &Arc<Frame> {
        &self.0
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let is_this = |other: &Arc<Frame>| Arc::ptr_eq(other, &self.0);
        STACK.with_borrow_mut(|stack| stack.retain(|other| !is_this(other)));
        running().retain(|other| !is_this(other));
        RUNS.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Frame {
    fn may_call(&self, function: &Function) -> bool {
        let code = (function.options.code)();
        self.covers_code || self.names.iter().any(|named| std::ptr::eq(*named, code))
    }

    /// What was called inside, for the record of this run.
    pub(super) fn nested(&self) -> Nested {
        let mut nested = self.nested_mut().clone();
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let told = |(record, store): &(Arc<Record>, Arc<Store>)| NestedCall {
            function: record.function.clone(),
            record: record.key,
            started: record.started.clone(),
            store: self.store.name_of(store),
        };
        nested.calls = calls.iter().map(told).collect();
        nested
    }

    fn nested_mut(&self) -> std::sync::MutexGuard<'_, Nested> {
        self.nested.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_call(&self, record: &Arc<Record>, store: &Arc<Store>) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |(known, _): &(Arc<Record>, Arc<Store>)| {
            known.key == record.key && known.started == record.started
        };
        if calls.len() < MOST_CALLS && !calls.iter().any(is_same) {
            calls.push((record.clone(), store.clone()));
        }
    }

    fn note_parts(&self, function: &Function, sources: &[SourceState], inner: &Nested) {
        let store = function.made.store();
        let sources: Vec<&SourceState> = sources.iter().chain(&inner.sources).collect();
        // Paths, and with them versions, are those of a project. Not under the lock: files are read.
        let moved: Option<Vec<SourceState>> = if store.project() == self.store.project() {
            Some(sources.into_iter().cloned().collect())
        } else {
            let from = (store.project(), store.sources());
            let moved = sources
                .iter()
                .map(|one| one.moved(from, self.store.project()));
            moved.collect()
        };
        let mut nested = self.nested_mut();
        if !self.covers_code {
            add_function(&mut nested, function.name(), function.reached.fingerprint);
            for (name, version) in &inner.functions {
                add_function(&mut nested, name, *version);
            }
        }
        match moved {
            Some(sources) => {
                for source in sources {
                    if !nested.sources.contains(&source) {
                        nested.sources.push(source);
                    }
                }
            }
            None => {
                let why = format!("{}, whose files changed", function.name());
                nested.unversioned.get_or_insert(why);
            }
        }
        if let Some(unversioned) = &inner.unversioned {
            nested
                .unversioned
                .get_or_insert_with(|| unversioned.clone());
        }
    }

    fn note_unrecorded(&self, function: &str) {
        let mut nested = self.nested_mut();
        nested
            .unversioned
            .get_or_insert_with(|| function.to_owned());
    }
}

/// A name finds one function again. Where two of one name were called, nobody can say later
/// whether both are what they were.
fn add_function(nested: &mut Nested, name: &str, identity: Version) {
    match nested.functions.get(name) {
        Some(known) if *known == identity => {}
        Some(_) => {
            let why = || format!("{name}, of which there are several");
            nested.unversioned.get_or_insert_with(why);
        }
        None => {
            nested.functions.insert(name.to_owned(), identity);
        }
    }
}
