//! The call, from top to bottom: what does a made function do when it is called?
//!
//! [`call`] is the promise of the library. A face (the Python package, a Rust macro) says, through
//! [`Face`], what a value, a run and a persister are; everything else is here, once.

mod accept;
mod carry;
mod explain;
mod face;
mod finish;
mod keep;
mod known;
mod newest;
mod reuse;
mod takeover;

use crate::call::CallKey;
use crate::decide::{self, Present, Reason};
use crate::event::{Event, Warning};
use crate::record::{Implicit, Record};
use crate::stamp;
use crate::store::lock::{self, Attempt, Lock};
use crate::store::prune::{self, Keep};
use crate::store::trust::Refused;
use crate::store::{FunctionFolder, Store};
use crate::version::Version;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub use accept::{Acceptance, accept};
pub use explain::{CodeChange, Compared, Explanation, explain};
pub use face::{
    Changed, CodeText, Cutoff, Environment, Face, ImplicitNow, Judged, Keyed, LoadFailure,
    NotSaved, Saved, SavedResult,
};
pub use finish::persisted;
pub use known::{Content, Known, KnownFile};
pub use newest::NoNewest;
pub use takeover::{Former, of_vanished_scripts};

/// How long a caller that already holds a key waits for another one. Two of them could wait for
/// each other; after this time, in milliseconds, one of them runs unlocked.
static PATIENCE: AtomicU64 = AtomicU64::new(60_000);

/// Sets how long, in this process, a caller that already holds a key waits for another one. For
/// tests: 60 s are what the manual says.
#[doc(hidden)]
pub fn set_patience(time: Duration) {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    PATIENCE.store(milliseconds, Ordering::Relaxed);
}

fn patience() -> Duration {
    Duration::from_millis(PATIENCE.load(Ordering::Relaxed))
}

/// How often the key of a call is made anew because its arguments changed meanwhile.
const ATTEMPTS: usize = 10;

/// A made function, as the engine sees it.
#[derive(Debug)]
pub struct Made<K> {
    name: String,
    name_version: Version,
    store: Arc<Store>,
    folder: FunctionFolder,
    keep: Keep,
    known: known::Memory<K>,
    reused: AtomicU64,
    ran: AtomicU64,
    took_over: AtomicBool,
    sound: AtomicBool,
}

impl<K: Default> Made<K> {
    /// The made function of this name in this store. Nothing is read or made yet.
    pub fn new(name: String, store: Arc<Store>, keep: Keep) -> Made<K> {
        Made {
            name_version: Version::of_bytes(name.as_bytes()),
            folder: FunctionFolder::of(store.root(), &name),
            name,
            store,
            keep,
            known: known::Memory::default(),
            reused: AtomicU64::new(0),
            ran: AtomicU64::new(0),
            took_over: AtomicBool::new(false),
            sound: AtomicBool::new(false),
        }
    }

    /// `module.qualname`
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first part of every call key of this function.
    pub fn name_version(&self) -> Version {
        self.name_version
    }

    /// Where its records lie.
    pub fn folder(&self) -> &FunctionFolder {
        &self.folder
    }

    /// The store.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// How many of its results are kept.
    pub fn keep(&self) -> Keep {
        self.keep
    }

    /// Calls answered from the store, and runs, in this process.
    pub fn counts(&self) -> (u64, u64) {
        (
            self.reused.load(Ordering::Relaxed),
            self.ran.load(Ordering::Relaxed),
        )
    }

    /// Where the record of a call lies, in a store that may be used: who else can write it is looked
    /// at once.
    fn place_of(&self, key: CallKey) -> Result<std::path::PathBuf, known::Absent> {
        if !self.sound.load(Ordering::Relaxed) {
            match self.store.guard(&self.folder) {
                Ok(sound) => self.sound.store(sound, Ordering::Relaxed),
                Err(error) if Refused::is(&error) => {
                    return Err(known::Absent::Refused(error.to_string()));
                }
                Err(_) => {} // whoever opens the record finds out
            }
        }
        Ok(self.folder.record(key))
    }

    /// Makes what must be there before anything is written for this function.
    fn prepare(&self) -> std::io::Result<()> {
        if !self.sound.load(Ordering::Relaxed) {
            self.store.guard(&self.folder)?;
        }
        self.store.prepare_for(&self.folder)
    }

    /// Forgets every call. Files that the user named stay.
    pub fn clear(&self) -> std::io::Result<()> {
        self.known.clear();
        self.store.guard(&self.folder)?;
        prune::clear(&self.store, &self.folder)
    }
}

/// A stale call, between the decision and the commit. Dropping it gives up the lock and leaves
/// everything as it was: so ends a run that raised.
#[derive(Debug)]
pub struct Running {
    key: CallKey,
    unversioned: Option<(String, String)>,
    lock: Option<Lock>,
    reasons: Vec<Reason>,
    present: Present,
    implicit: Vec<ImplicitNow>,
    called: Instant,
    began: Instant,
    started: jiff::Timestamp,
}

impl Running {
    /// The key of the call that runs.
    pub fn key(&self) -> CallKey {
        self.key
    }

    /// Code and arguments, as they were before the run.
    pub fn present(&self) -> &Present {
        &self.present
    }

    /// The implicit inputs, as they were before the run.
    pub fn implicit(&self) -> &[ImplicitNow] {
        &self.implicit
    }

    /// Whether the call has a key.
    pub fn is_versioned(&self) -> bool {
        self.unversioned.is_none()
    }
}

/// What [`open`] found.
#[derive(Debug)]
pub enum Opened<V> {
    /// The stored result.
    Fresh(V),
    /// The function must run.
    Stale(Box<Running>),
    /// Somebody else runs this call; only where [`Wait::Never`] was asked.
    Busy,
}

/// Whether to wait for somebody else's run of the same call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Until it is done.
    UntilDone,
    /// Not here: an event loop must not stand still.
    Never,
}

/// One call of a made function: the stored result if it is fresh, else a run.
pub fn call<F: Face>(made: &Made<F::Kept>, face: &mut F) -> Result<F::Value, F::Error> {
    match open(made, face, Wait::UntilDone)? {
        Opened::Fresh(value) => Ok(value),
        Opened::Stale(running) => run(made, face, *running),
        // Who waits until it is done is never told that it is busy; running is always right.
        Opened::Busy => run_unlocked(made, face),
    }
}

fn run_unlocked<F: Face>(made: &Made<F::Kept>, face: &mut F) -> Result<F::Value, F::Error> {
    let running = stale(made, face, None, None, None, vec![Reason::Asked])?;
    run(made, face, running)
}

fn run<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    running: Running,
) -> Result<F::Value, F::Error> {
    match face.run(&running) {
        Ok(value) => finish(made, face, running, value),
        Err(error) => {
            face.raised(&running);
            Err(error)
        }
    }
}

/// The first half of a call: everything before the run.
pub fn open<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    wait: Wait,
) -> Result<Opened<F::Value>, F::Error> {
    // Reading the clock costs a fresh call a fiftieth of its time, and only events tell it.
    let called = face.wants_events().then(Instant::now);
    for attempt in 1.. {
        let mut reasons = Vec::new();
        let mut keyed = face.key()?;
        if attempt > ATTEMPTS {
            keyed = Keyed::Unversioned {
                parameter: "of this call".to_owned(),
                why: "it is another at each look".to_owned(),
            };
        }
        let key = match keyed {
            Keyed::Known(key) => key,
            Keyed::Unversioned { parameter, why } => {
                // Histories must end before the run also here: what comes out is remembered.
                end_histories(made, face)?;
                face.warn(Warning::Unversioned {
                    function: made.name.clone(),
                    parameter: parameter.clone(),
                    why: why.clone(),
                })?;
                reasons.push(Reason::Unversioned {
                    name: parameter.clone(),
                    why: why.clone(),
                });
                let running = stale(made, face, called, None, Some((parameter, why)), reasons)?;
                return Ok(Opened::Stale(Box::new(running)));
            }
        };
        if face.is_forced() {
            reasons.push(Reason::Asked);
        } else if let Some(value) = reuse::reuse(made, face, key, &mut reasons)? {
            return Ok(fresh(made, face, called, value));
        }
        let lock = match take_lock(made, face, key, wait)? {
            Some(lock) => lock,
            None => return Ok(Opened::Busy),
        };
        if !face.is_forced() {
            // Another caller may have finished since we looked.
            reasons.clear();
            if let Some(value) = reuse::reuse(made, face, key, &mut reasons)? {
                return Ok(fresh(made, face, called, value));
            }
        }
        // History answers a call; it never starts a record. Nor does an argument that another thread
        // changed while we waited or looked: the record would stand under the key of what it was.
        if end_histories(made, face)? || face.key()? != Keyed::Known(key) {
            drop(lock);
            continue;
        }
        let running = stale(made, face, called, Some((key, lock)), None, reasons)?;
        return Ok(Opened::Stale(Box::new(running)));
    }
    Ok(Opened::Busy)
}

/// The second half: saves and commits what the run returned, and remembers it. What goes wrong here
/// never costs the value.
pub fn finish<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    running: Running,
    value: F::Value,
) -> Result<F::Value, F::Error> {
    made.ran.fetch_add(1, Ordering::Relaxed);
    finish::finish(made, face, running, value)
}

/// Whether a call would be fresh now. Runs nothing and loads nothing.
pub fn check<F: Face>(made: &Made<F::Kept>, face: &mut F) -> Result<bool, F::Error> {
    match face.key()? {
        Keyed::Unversioned { .. } => Ok(false),
        Keyed::Known(key) => {
            let mut reasons = Vec::new();
            Ok(reuse::decide(made, face, key, &mut reasons)?.is_some())
        }
    }
}

/// The newest result of this function, whatever it was called with.
pub fn newest<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
) -> Result<Result<F::Value, NoNewest>, F::Error> {
    newest::newest(made, face)
}

fn fresh<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    called: Option<Instant>,
    (value, known): (F::Value, Arc<Known<F::Kept>>),
) -> Opened<F::Value> {
    made.reused.fetch_add(1, Ordering::Relaxed);
    if face.wants_events() {
        face.report(Event {
            function: made.name.clone(),
            ran: false,
            reasons: Vec::new(),
            seconds: called.map_or(0.0, |called| called.elapsed().as_secs_f64()),
            files: known.paths(),
            kept: None,
        });
    }
    Opened::Fresh(value)
}

fn end_histories<F: Face>(made: &Made<F::Kept>, face: &mut F) -> Result<bool, F::Error> {
    let ended = face.verify()?;
    let any = !ended.is_empty();
    for what in ended {
        face.warn(Warning::HistoryEnded {
            function: made.name.clone(),
            what,
        })?;
    }
    Ok(any)
}

/// Everything that must be known before the body runs.
fn stale<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    called: Option<Instant>,
    locked: Option<(CallKey, Option<Lock>)>,
    unversioned: Option<(String, String)>,
    mut reasons: Vec<Reason>,
) -> Result<Running, F::Error> {
    let called = called.unwrap_or_else(Instant::now);
    let present = face.present()?;
    if reasons.is_empty() {
        let last = newest_record(made);
        reasons = decide::difference(last.as_deref(), &present);
    }
    for reason in &reasons {
        if let Some(warning) = warning_of(made, reason) {
            face.warn(warning)?;
        }
    }
    let implicit = face.implicit()?;
    let (key, lock) = match locked {
        Some((key, lock)) => (key, lock),
        None => (CallKey::unversioned(made.name_version), None),
    };
    Ok(Running {
        key,
        unversioned,
        lock,
        reasons,
        present,
        implicit,
        called,
        began: Instant::now(),
        started: jiff::Timestamp::from_nanosecond(i128::from(stamp::now())).unwrap_or_default(),
    })
}

/// The newest record. As a rule this process knows it already.
fn newest_record<K: Default>(made: &Made<K>) -> Option<Arc<Record>> {
    let known = |key| {
        let place = || made.place_of(key);
        let known = made.known.find(key, place, &made.store).ok()?;
        let is_ours = known.record.key == key && known.record.function == made.name;
        is_ours.then(|| known.record.clone())
    };
    prune::latest(&made.folder, known).or_else(|| prune::newest(&made.folder).map(Arc::new))
}

/// Reasons that a person should hear of without asking.
fn warning_of<K: Default>(made: &Made<K>, reason: &Reason) -> Option<Warning> {
    match reason {
        Reason::Unloadable { path, why } => Some(Warning::Unloadable {
            function: made.name.clone(),
            path: path.clone(),
            why: why.clone(),
        }),
        // Nobody edits a file of ours: it was damaged. One with a name of the user's is kept, and
        // told, when the new result takes its name.
        Reason::ResultChanged { path } if path.starts_with(made.folder.path()) => {
            Some(Warning::Unloadable {
                function: made.name.clone(),
                path: path.clone(),
                why: "it is not what was saved there".to_owned(),
            })
        }
        Reason::RecordDamaged { path, why } => Some(Warning::RecordUnreadable {
            path: path.clone(),
            why: why.clone(),
        }),
        _ => None,
    }
}

/// The lock of a key: `Some(None)` where there is none to be had or needed, `None` where somebody
/// else runs and we may not wait.
#[allow(clippy::option_option)]
fn take_lock<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    key: CallKey,
    wait: Wait,
) -> Result<Option<Option<Lock>>, F::Error> {
    // A function that calls itself is never blocked by itself.
    if face.is_running(key) {
        return Ok(Some(None));
    }
    if let Err(error) = made.prepare() {
        unusable(made, face, &error)?;
        return Ok(Some(None));
    }
    let path = made.folder.lock(key);
    let began = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match lock::attempt(&path) {
            Attempt::Taken(lock) => return Ok(Some(Some(lock))),
            Attempt::Unavailable(error) => {
                if is_forbidden(&error) {
                    unusable(made, face, &error)?;
                }
                return Ok(Some(None));
            }
            Attempt::Busy if wait == Wait::Never => return Ok(None),
            Attempt::Busy => {}
        }
        if face.is_nested() && began.elapsed() >= patience() {
            return Ok(Some(None));
        }
        face.pause(pause)?;
        pause = (pause * 2).min(Duration::from_millis(25));
    }
}

/// Tells, once for each store, that it cannot be used.
fn unusable<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    error: &std::io::Error,
) -> Result<(), F::Error> {
    if made.store.warn_once() {
        let path = made.store.root().to_owned();
        let why = error.to_string();
        face.warn(match Refused::is(error) {
            true => Warning::StoreRefused { path, why },
            false => Warning::StoreUnusable { path, why },
        })?;
    }
    Ok(())
}

/// Whether nothing can be written here at all; a file system may also just have no locks.
fn is_forbidden(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
    )
}

/// The implicit inputs as a record keeps them: those that the run changed are marked.
fn compared(before: Vec<ImplicitNow>, after: &[ImplicitNow]) -> Vec<(Implicit, bool)> {
    before
        .into_iter()
        .enumerate()
        .map(|(place, before)| {
            // Two closures of one function have cells of one name.
            let is_same = |after: &&ImplicitNow| after.implicit.name == before.implicit.name;
            let same_place = after.get(place).filter(is_same);
            let now = same_place.or_else(|| after.iter().find(is_same));
            let mut implicit = before.implicit;
            implicit.changed = now.map(|now| now.implicit.version) != Some(implicit.version);
            (implicit, before.read)
        })
        .collect()
}
