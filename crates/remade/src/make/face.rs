//! What must a language say about values, runs and persisters?

use super::{Former, Known, Running};
use crate::call::CallKey;
use crate::decide::{Present, Reason};
use crate::event::{Event, Warning};
use crate::record::{Digest, Implicit, Item, Nested, Record, Shape};
use crate::source::SourceState;
use crate::store::Durable;
use crate::store::commit::{StagedFile, Staging};
use crate::store::pickled::Pickled;
use crate::version::Version;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// One call of a made function, as its language sees it. The engine asks in the order of
/// [`super::call`]; what comes before [`Face::load`] is asked at every call and must be cheap.
pub trait Face {
    /// What the function returns.
    type Value;
    /// What the function raises. The engine passes it through and never looks inside.
    type Error;
    /// What the face keeps beside a record that is known in this process: a decoded value, say.
    type Kept: Default + Send + Sync;

    /// The key of this call as the arguments are now.
    fn key(&mut self) -> Result<Keyed, Self::Error>;
    /// The version of the function's code as it is now.
    fn fingerprint(&self) -> Version;
    /// Names that the function had before. Asked once, where it has no records.
    fn former(&mut self) -> Result<Vec<Former>, Self::Error> {
        Ok(Vec::new())
    }
    /// What is forced to the disk. It is no part of any version.
    fn durable(&self) -> Durable {
        Durable::Auto
    }
    /// Whether to run whatever is stored.
    fn is_forced(&self) -> bool;
    /// Whether the implicit inputs of a record are as they were.
    fn implicit_changes(&mut self, recorded: &[Implicit]) -> Result<Vec<Reason>, Self::Error>;
    /// What the made function of that name is now; None where this process has none.
    fn nested_function(&mut self, name: &str) -> Result<Option<Version>, Self::Error>;
    /// The version that an implicit input of a nested call has now.
    fn nested_implicit(&mut self, input: &Implicit) -> Result<Option<Version>, Self::Error>;
    /// Whether the persisters asked for are those of the record.
    fn persisters_agree(
        &mut self,
        known: &Known<Self::Kept>,
    ) -> Result<Option<Reason>, Self::Error>;
    /// Whether two arguments share something that can change.
    fn arguments_share(&mut self) -> Result<bool, Self::Error>;
    /// Loads the value; `paths` are where the files of its results are now.
    fn load(
        &mut self,
        known: &Known<Self::Kept>,
        paths: &[Option<&Path>],
    ) -> Result<Self::Value, LoadFailure<Self::Error>>;
    /// Leaves the random generators among the arguments where the run of a record left them, after
    /// its value was loaded. All of them, or none and a reason to run.
    fn resume(&mut self, record: &Record) -> Result<Option<Reason>, Self::Error>;
    /// A stored result was reused: whoever called from inside a run must know what it drew.
    fn reused(&mut self, record: &Arc<Record>) -> Result<(), Self::Error>;

    /// Reads in full every argument that is known by history, and ends the histories that are not
    /// true any more. Tells which.
    fn verify(&mut self) -> Result<Vec<String>, Self::Error>;
    /// Code and arguments in full.
    fn present(&mut self) -> Result<Present, Self::Error>;
    /// The implicit inputs in full.
    fn implicit(&mut self) -> Result<Vec<ImplicitNow>, Self::Error>;
    /// Whether this call is already running here, further up.
    fn is_running(&self, key: CallKey) -> bool;
    /// Whether any call is running here, further up.
    fn is_nested(&self) -> bool;
    /// Waits a moment for somebody else's run; an error is an interrupt by the user.
    fn pause(&mut self, time: Duration) -> Result<(), Self::Error>;
    /// Does work that touches no value of the language, and may take long, without the language's
    /// own lock if it has one.
    fn detached<T: Send>(&mut self, work: impl FnOnce() -> T + Send) -> T {
        work()
    }
    /// Runs the body.
    fn run(&mut self, running: &Running) -> Result<Self::Value, Self::Error>;
    /// The body raised, and nothing is recorded. All the same, what it changed loses its history,
    /// and a caller further up that catches the error must know what the run drew.
    fn raised(&mut self, running: &Running);

    /// The parameters whose arguments the run changed, and how. What was changed loses its history.
    fn changed(&mut self, value: &Self::Value) -> Result<Vec<(String, Changed)>, Self::Error>;
    /// What the run drew from outside through made functions called inside.
    fn nested(&mut self) -> Nested;
    /// Writes the value to staged files.
    fn save(
        &mut self,
        key: CallKey,
        value: &Self::Value,
        staging: &mut Staging,
    ) -> Result<Saved, NotSaved<Self::Error>>;
    /// The value was computed and not saved: gives it back, or raises what carries it.
    fn not_saved(
        &mut self,
        value: Self::Value,
        failure: NotSaved<Self::Error>,
    ) -> Result<Self::Value, Self::Error>;
    /// Remembers the versions of what is returned, and tells a caller further up. Where the record
    /// says that it was kept, the value was loaded, and not computed.
    fn remember(&mut self, value: &Self::Value, record: &Arc<Record>) -> Result<(), Self::Error>;

    /// What decides whether an old result stays in the place of a new one; None: nothing does.
    fn cutoff(&mut self) -> Result<Option<Cutoff>, Self::Error>;
    /// Where the files of this record's results would lie for the call of this key, and whether the
    /// user named them. None: the persisters asked for are not those of the record.
    #[allow(clippy::type_complexity)]
    fn places(
        &mut self,
        key: CallKey,
        record: &Record,
    ) -> Result<Option<Vec<Option<(PathBuf, bool)>>>, Self::Error>;
    /// Whether the old value may stay in the place of the new one.
    fn is_close(&mut self, old: &Self::Value, new: &Self::Value) -> Result<Judged, Self::Error>;

    /// Texts of the code reached, for those who ask later what changed.
    fn code_texts(&mut self) -> Vec<(Version, CodeText)>;
    /// What of the code could not be followed, in sentences.
    fn not_followed(&mut self) -> Vec<String> {
        Vec::new()
    }
    /// What ran it.
    fn environment(&mut self) -> Environment;
    /// Warns. An error means that the user turned the warning into one.
    fn warn(&mut self, warning: Warning) -> Result<(), Self::Error>;
    /// Warns after a run, when nothing may cost the value.
    fn warn_only(&mut self, warning: Warning);
    /// Whether anybody listens.
    fn wants_events(&self) -> bool;
    /// Tells what happened.
    fn report(&mut self, event: Event);
}

/// Whether a call has a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keyed {
    /// It has.
    Known(CallKey),
    /// An argument has no version.
    Unversioned {
        /// The parameter.
        parameter: String,
        /// Why.
        why: String,
    },
}

/// What decides whether an old result stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutoff {
    /// For people.
    pub name: String,
    /// Which one it is: what stayed by another one is stale.
    pub version: Version,
}

/// What a comparison of an old value with a new one gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    /// The new one counts.
    Far,
    /// The old one stays. The largest difference, where what compared tells it and is known to
    /// change neither value.
    Close(Option<f64>),
    /// They could not be compared: why.
    Failed(String),
}

/// What a run did to one of its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It was changed and is not a part of the result, so a reuse could not repeat the change.
    Lost,
    /// It is, or is a part of, what was returned.
    Returned,
    /// It is a random generator, and the text tells its state.
    Advanced(String),
    /// It is a random generator, and a reuse could not leave it where it is: why.
    Stuck(String),
}

/// Why a stored value was not loaded.
#[derive(Debug)]
pub enum LoadFailure<E> {
    /// A file was replaced while it was read.
    Replaced,
    /// A file does not hold what it should.
    Unloadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Something that is not about the file: an interrupt.
    Raised(E),
}

/// Why a computed value was not saved.
#[derive(Debug)]
pub struct NotSaved<E> {
    /// Where it should have been.
    pub path: Option<PathBuf>,
    /// What went wrong, in words.
    pub why: String,
    /// What the language raised, if it did.
    pub cause: Option<E>,
}

/// What was saved.
#[derive(Debug, Clone)]
pub struct Saved {
    /// How the value is put together.
    pub value: Shape,
    /// The parts that persisters keep.
    pub results: Vec<SavedResult>,
    /// Files that the function wrote by itself.
    pub written: Vec<SourceState>,
    /// What history will know of it.
    pub items: Vec<Item>,
}

/// One part of the value, written to its staged file.
#[derive(Debug, Clone)]
pub struct SavedResult {
    /// The place in the value.
    pub position: String,
    /// Class of the persister.
    pub persister: String,
    /// Class, code and saving parameters.
    pub persister_version: Version,
    /// The version of what will be loaded; None: the digest of persister and content.
    pub version: Option<Version>,
    /// None: the persister keeps it elsewhere.
    pub file: Option<StagedFile>,
    /// The content, where the writer took it while writing.
    pub content: Option<(Digest, Version)>,
    /// All bytes of it, where it is a pickle: it is sealed.
    pub pickled: Option<Pickled>,
}

/// An implicit input as it is now.
#[derive(Debug, Clone)]
pub struct ImplicitNow {
    /// As the record will have it.
    pub implicit: Implicit,
    /// Whether the code also reads it.
    pub read: bool,
}

/// The text of one function or class.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct CodeText {
    /// Its qualified name.
    pub name: String,
    /// The file it stood in.
    pub file: Option<String>,
    /// The line it began at.
    pub line: u32,
    /// As written.
    pub source: Option<String>,
    /// As compared.
    pub normal: Option<String>,
    /// What its names refer to, in short: constants, defaults, what counts by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

/// What ran a call.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `python 3.11.7`
    pub language: String,
    /// Versions of the packages reached.
    pub packages: BTreeMap<String, String>,
}
