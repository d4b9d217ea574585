//! Are the records and the files of a store what they say of each other, and what can be mended?
//!
//! Everything is read in full. What looks wrong is looked at again under the lock of its call, and
//! left alone where somebody else holds that: a run is never disturbed, and what it is just doing is
//! no problem. Nothing that a person made or named is removed.

use super::commit::{self, Located};
use super::durable::Durable;
use super::lock::{self, Attempt};
use super::{FunctionFolder, Store, aside, files, layout, order, prune};
use crate::call::CallKey;
use crate::record::{FORMAT, FileState, MAX_BYTES, Record, Unreadable};
use crate::source::SourceMemory;
use crate::stamp::Stamp;
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};

/// What was found in a store.
#[derive(Debug, Default)]
pub struct Report {
    /// Records that were looked at.
    pub records: usize,
    /// Files of results that were read in full.
    pub files: usize,
    /// Calls that somebody else was running, and that were left alone.
    pub running: usize,
    /// What is not as it should be.
    pub problems: Vec<Problem>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: Kind,
    /// With which file.
    pub path: PathBuf,
    /// Of which made function, where that is known.
    pub function: Option<String>,
    /// What lies there.
    pub found: String,
    /// What should.
    pub expected: String,
    /// What a repair does, or did; None where only a person can say what is right.
    pub repair: Option<String>,
    /// Whether that was done.
    pub repaired: bool,
    /// Why it could not be done.
    pub failed: Option<String>,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A record that cannot be read.
    RecordDamaged,
    /// A record that a newer release wrote.
    RecordNewer,
    /// A record that lies at the place of another call.
    RecordMisplaced,
    /// A record means a file that is not there.
    ResultMissing,
    /// What lies there is not what the record means.
    ResultChanged,
    /// What lies there is the result of another call.
    ResultReplaced,
    /// A process died between the commit and the last rename.
    Unfinished,
    /// A process died and left a staged file or a lock.
    Abandoned,
    /// A file that the store named and that no record means.
    Unexplained,
    /// The list of the newest calls is not complete.
    Order,
    /// The text of a function, kept for explanations, cannot be read.
    CodeDamaged,
    /// The system refuses to show it.
    Unreadable,
}

impl Kind {
    /// One word for programs.
    pub fn name(self) -> &'static str {
        match self {
            Kind::RecordDamaged => "record_damaged",
            Kind::RecordNewer => "record_newer",
            Kind::RecordMisplaced => "record_misplaced",
            Kind::ResultMissing => "result_missing",
            Kind::ResultChanged => "result_changed",
            Kind::ResultReplaced => "result_replaced",
            Kind::Unfinished => "unfinished",
            Kind::Abandoned => "abandoned",
            Kind::Unexplained => "unexplained",
            Kind::Order => "order",
            Kind::CodeDamaged => "code_damaged",
            Kind::Unreadable => "unreadable",
        }
    }
}

/// Whether there is a store of this format in the folder.
pub fn is_store(store: &Store) -> bool {
    layout::format_folder(store.root()).is_dir()
}

/// Compares records and files and, where `repair` is asked for, mends. `pause` is called again and
/// again: its error ends the check between two steps, each of which leaves the store whole.
pub fn check<E>(
    store: &Store,
    repair: bool,
    pause: impl FnMut() -> Result<(), E>,
) -> Result<Report, E> {
    let mut check = Check {
        store,
        repair,
        pause,
        report: Report::default(),
        folders: BTreeSet::new(),
        named: HashSet::new(),
        awaited: HashSet::new(),
        is_unsure: false,
    };
    check.all()?;
    Ok(check.report)
}

struct Check<'a, P> {
    store: &'a Store,
    repair: bool,
    pause: P,
    report: Report,
    /// Where staged files may lie.
    folders: BTreeSet<PathBuf>,
    /// Files with names of the user's.
    named: HashSet<PathBuf>,
    /// Staged files that are, or may be, what a record means.
    awaited: HashSet<PathBuf>,
    /// There are records that this release cannot read, so nobody knows which files they mean.
    is_unsure: bool,
}

/// What is wrong with a record or one of its files, and what mends it.
struct Finding {
    kind: Kind,
    path: PathBuf,
    found: String,
    expected: String,
    mend: Mend,
}

enum Mend {
    /// Only a person knows what is right.
    Nothing,
    /// The record gets another name.
    Aside,
    /// The call is forgotten.
    Forget,
    /// The staged file of this result gets its name.
    Complete(usize),
}

/// A record, looked at once.
enum Seen {
    Gone,
    Record(Box<Record>, Vec<Finding>),
    Unusable(Finding),
}

impl<E, P: FnMut() -> Result<(), E>> Check<'_, P> {
    fn all(&mut self) -> Result<(), E> {
        let format = layout::format_folder(self.store.root());
        let (code, sources) = (
            format.join("code"),
            layout::sources_folder(self.store.root()),
        );
        let mut functions = Vec::new();
        for name in self.names(&format) {
            let path = format.join(&name);
            // A link is not followed, and a file is no function.
            let is_folder = files::look_itself(&path).is_ok_and(|found| found.is_dir());
            if is_folder && path != code && path != sources {
                functions.push(FunctionFolder::at(path));
            }
        }
        let mut keys_of = Vec::with_capacity(functions.len());
        for folder in &functions {
            let mut unread = HashSet::new();
            let mut function = None;
            let mut keys = folder.keys().unwrap_or_default();
            keys.sort();
            for key in keys {
                (self.pause)()?;
                self.record(folder, key, &mut function, &mut unread);
            }
            keys_of.push((function, unread));
        }
        for (folder, (function, unread)) in functions.iter().zip(keys_of) {
            (self.pause)()?;
            self.unexplained(folder, function.as_deref(), &unread);
            self.order(folder, function.as_deref());
            self.locks(folder, function.as_deref());
            self.folders.insert(folder.path().to_owned());
        }
        for name in self.names(&code) {
            (self.pause)()?;
            self.code(&code.join(name));
        }
        self.folders
            .extend([self.store.root().to_owned(), format, code, sources]);
        for folder in std::mem::take(&mut self.folders) {
            (self.pause)()?;
            self.abandoned(&folder);
        }
        Ok(())
    }

    fn names(&mut self, folder: &Path) -> Vec<std::ffi::OsString> {
        match files::names(folder) {
            Ok(mut names) => {
                names.sort();
                names
            }
            Err(error) => {
                self.report.problems.push(unreadable(folder, &error));
                Vec::new()
            }
        }
    }

    /// A record and its files. What cannot be read is noted in `unread`: its files may be meant.
    fn record(
        &mut self,
        folder: &FunctionFolder,
        key: CallKey,
        function: &mut Option<String>,
        unread: &mut HashSet<CallKey>,
    ) {
        self.report.records += 1;
        let mut seen = self.look(folder, key);
        let mut alone = Alone::ForLooking;
        if seen.has_findings() {
            // Somebody may be at work: look again when nobody can be.
            alone = self.alone(folder, key);
            if !matches!(alone, Alone::Not) {
                seen = self.look(folder, key);
            }
            // Whose name was taken by another call is about to be forgotten by who runs that one.
            let mut is_being_replaced = false;
            if seen.is_replaced() {
                is_being_replaced = order::somebody_runs(folder, Some(key));
                seen = self.look(folder, key);
                is_being_replaced |= order::somebody_runs(folder, Some(key));
            }
            if alone.ended(folder, key) || is_being_replaced {
                self.report.running += 1;
                unread.insert(key);
                if let Seen::Record(record, _) = &seen {
                    self.await_all(record);
                }
                return;
            }
        }
        match seen {
            Seen::Gone => self.report.records -= 1,
            Seen::Record(record, findings) => {
                function.get_or_insert_with(|| record.function.clone());
                for file in results(&record) {
                    self.report.files += 1;
                    if file.named {
                        let path = self.store.from_stored(&file.path);
                        self.folders.extend(path.parent().map(Path::to_path_buf));
                        self.named.insert(path);
                    }
                }
                self.mend_record(folder, &record, findings, &alone);
            }
            Seen::Unusable(finding) => {
                if finding.kind != Kind::RecordDamaged && finding.kind != Kind::RecordMisplaced {
                    unread.insert(key);
                    self.is_unsure = true;
                }
                let repair = match finding.mend {
                    Mend::Aside => Some("it is moved aside, and the call runs again".to_owned()),
                    _ => None,
                };
                let path = finding.path.clone();
                self.put(finding, function.clone(), repair, &alone, || {
                    let mut aside = path.clone().into_os_string();
                    aside.push(layout::ASIDE);
                    files::rename(&path, Path::new(&aside)).map(|()| None)
                });
            }
        }
    }

    fn mend_record(
        &mut self,
        folder: &FunctionFolder,
        record: &Record,
        findings: Vec<Finding>,
        alone: &Alone,
    ) {
        let function = Some(record.function.clone());
        // While a person has to say what is right, the record is needed.
        let keeps = findings
            .iter()
            .any(|finding| matches!(finding.mend, Mend::Nothing));
        for finding in findings {
            match finding.mend {
                Mend::Complete(result) => {
                    let file = record.results[result].file.as_ref();
                    let staged = file.map(|file| finding.path.with_file_name(&file.staged));
                    let repair = Some("the staged file gets its name".to_owned());
                    let store = self.store;
                    let is_done =
                        self.put(finding, function.clone(), repair, alone, || match file {
                            Some(file) => commit::complete(store, folder, file, Durable::Always),
                            None => Ok(None),
                        });
                    if !is_done {
                        self.awaited.extend(staged);
                    }
                }
                Mend::Forget if !keeps => {
                    let repair = "the call is forgotten, and runs again when it is asked for";
                    let (store, key) = (self.store, record.key);
                    self.put(
                        finding,
                        function.clone(),
                        Some(repair.to_owned()),
                        alone,
                        || prune::forget(store, folder, key).map(|()| None),
                    );
                }
                Mend::Forget | Mend::Aside | Mend::Nothing => {
                    self.put(finding, function.clone(), None, alone, || Ok(None));
                    self.await_all(record);
                }
            }
        }
    }

    /// Reports, and mends where that is asked for and nobody can come between.
    fn put(
        &mut self,
        finding: Finding,
        function: Option<String>,
        repair: Option<String>,
        alone: &Alone,
        mend: impl FnOnce() -> io::Result<Option<PathBuf>>,
    ) -> bool {
        let mut problem = Problem {
            kind: finding.kind,
            path: finding.path,
            function,
            found: finding.found,
            expected: finding.expected,
            repair,
            repaired: false,
            failed: None,
        };
        if let Some(repair) = problem.repair.as_mut().filter(|_| self.repair) {
            let done = match alone {
                Alone::WithoutLocks(why) => Err(why.clone()),
                _ => mend().map_err(|error| error.to_string()),
            };
            match done {
                Ok(aside) => {
                    problem.repaired = true;
                    if let Some(aside) = aside {
                        repair.push_str("; what lay there is kept as ");
                        repair.push_str(&aside.to_string_lossy());
                    }
                }
                Err(why) => problem.failed = Some(why),
            }
        }
        let repaired = problem.repaired;
        self.report.problems.push(problem);
        repaired
    }

    /// Takes the lock of a call where something is to be mended; to look, it is enough that nobody
    /// has it.
    fn alone(&self, folder: &FunctionFolder, key: CallKey) -> Alone {
        let path = folder.lock(key);
        if !self.repair {
            return match lock::is_held(&path) {
                true => Alone::Not,
                false => Alone::ForLooking,
            };
        }
        match lock::attempt(&path) {
            Attempt::Taken(lock) => Alone::Locked(lock),
            Attempt::Unavailable(error) => Alone::WithoutLocks(error.to_string()),
            Attempt::Busy => Alone::Not,
        }
    }

    fn await_all(&mut self, record: &Record) {
        for file in results(record) {
            let target = self.store.from_stored(&file.path);
            self.awaited.insert(target.with_file_name(&file.staged));
        }
    }

    /// One look at a record and its files, all of one moment.
    fn look(&self, folder: &FunctionFolder, key: CallKey) -> Seen {
        const LOOKS: usize = 10;
        let path = folder.record(key);
        for _ in 0..LOOKS {
            let stamp = Stamp::of_path_itself(&path).ok();
            let seen = self.look_once(folder, key, &path);
            // Others forget a record before they remove its files.
            if !seen.has_findings() || Stamp::of_path_itself(&path).ok() == stamp {
                return seen;
            }
        }
        Seen::Gone
    }

    fn look_once(&self, folder: &FunctionFolder, key: CallKey, path: &Path) -> Seen {
        let unusable = |kind, found: String, expected: String, mend| {
            Seen::Unusable(Finding {
                kind,
                path: path.to_owned(),
                found,
                expected,
                mend,
            })
        };
        let whole = || "a whole record".to_owned();
        let text = match files::read_small(path, MAX_BYTES) {
            Ok(text) => text,
            Err(error) if commit::is_absent(&error) => return Seen::Gone,
            Err(error) => {
                return unusable(Kind::Unreadable, error.to_string(), whole(), Mend::Nothing);
            }
        };
        let mut record = match Record::from_json(&text) {
            Ok(record) => record,
            Err(Unreadable::Newer { found }) => {
                let found = format!("a record of format {found}, written by a newer remade");
                let expected = format!("one of format {FORMAT}");
                return unusable(Kind::RecordNewer, found, expected, Mend::Nothing);
            }
            Err(Unreadable::Damaged(why)) => {
                return unusable(Kind::RecordDamaged, why, whole(), Mend::Aside);
            }
        };
        let own = FunctionFolder::of(self.store.root(), &record.function);
        if record.key != key || own.path() != folder.path() {
            let found = format!(
                "the record of the call {} of {}",
                record.key, record.function
            );
            let expected = format!("that of the call {key} of the function of this folder");
            return unusable(Kind::RecordMisplaced, found, expected, Mend::Aside);
        }
        self.store.bring_home(folder, &mut record);
        let mut findings = Vec::new();
        for (index, result) in record.results.iter().enumerate() {
            if let Some(file) = &result.file {
                findings.extend(self.result(folder, index, file));
            }
        }
        // What is known of files from earlier does not count here.
        let memory = SourceMemory::new();
        for state in &record.written {
            let path = self.store.from_stored(&state.path);
            let expected = || format!("what the function wrote, version {}", state.version);
            let (kind, found, mend) = match state.still(self.store.project(), &memory) {
                Ok(true) => continue,
                Ok(false) if path.exists() => {
                    let found = "something else".to_owned();
                    (Kind::ResultChanged, found, Mend::Nothing)
                }
                Ok(false) => (Kind::ResultMissing, "nothing".to_owned(), Mend::Forget),
                Err(error) => (Kind::Unreadable, error.to_string(), Mend::Nothing),
            };
            findings.push(Finding {
                kind,
                path,
                found,
                expected: expected(),
                mend,
            });
        }
        Seen::Record(Box::new(record), findings)
    }

    fn result(&self, folder: &FunctionFolder, index: usize, file: &FileState) -> Option<Finding> {
        let path = self.store.from_stored(&file.path);
        let lies = || match files::look_itself(&path) {
            Ok(found) if found.is_file() => format!("{} bytes of another content", found.len()),
            Ok(_) => "something that is not a regular file".to_owned(),
            Err(error) => error.to_string(),
        };
        // In the store itself links are not followed.
        let is_link = || files::look_itself(&path).is_ok_and(|found| !found.file_type().is_file());
        let (kind, found, mend) = match commit::locate(self.store, file, true) {
            Ok(Located::Here { .. }) if !file.named && is_link() => {
                (Kind::ResultChanged, lies(), Mend::Forget)
            }
            Ok(Located::Here { path: here, .. }) if here == path => return None,
            Ok(Located::Here { .. }) => (
                Kind::Unfinished,
                format!("it under its staged name {}", file.staged),
                Mend::Complete(index),
            ),
            Ok(Located::Missing) => (Kind::ResultMissing, "nothing".to_owned(), Mend::Forget),
            Ok(Located::Changed) if !file.named => (Kind::ResultChanged, lies(), Mend::Forget),
            Ok(Located::Changed) => match aside::is_explained(self.store, folder, &path) {
                Ok(true) => {
                    let found = "the result of another call".to_owned();
                    (Kind::ResultReplaced, found, Mend::Forget)
                }
                Ok(false) => (Kind::ResultChanged, lies(), Mend::Nothing),
                Err(error) => (Kind::Unreadable, error.to_string(), Mend::Nothing),
            },
            Err(error) => (Kind::Unreadable, error.to_string(), Mend::Nothing),
        };
        let expected = format!("{} bytes of content {}", file.stamp.size, file.content);
        Some(Finding {
            kind,
            path,
            found,
            expected,
            mend,
        })
    }

    /// Files in the folder of a function that begin with a key and belong to no record of it.
    fn unexplained(
        &mut self,
        folder: &FunctionFolder,
        function: Option<&str>,
        unread: &HashSet<CallKey>,
    ) {
        for name in self.names(folder.path()) {
            let Some(key) = name.to_str().and_then(key_of_result) else {
                continue;
            };
            let path = folder.path().join(&name);
            if unread.contains(&key) || self.named.contains(&path) {
                continue;
            }
            let stored = self.store.to_stored(&path);
            let is_meant = || {
                prune::read(folder, key).is_some_and(|mut record| {
                    self.store.bring_home(folder, &mut record);
                    results(&record).any(|file| file.path == stored)
                })
            };
            if is_meant() {
                continue;
            }
            // Only a run of this call could be about to explain it.
            let alone = self.alone(folder, key);
            // Somebody may just have forgotten it.
            if is_meant() || files::look_itself(&path).is_err() {
                continue;
            }
            if alone.ended(folder, key) {
                self.report.running += 1;
                continue;
            }
            let finding = Finding {
                kind: Kind::Unexplained,
                path: path.clone(),
                found: "a file that the store named".to_owned(),
                expected: "a record that means it".to_owned(),
                mend: Mend::Nothing,
            };
            let repair = Some("it is removed".to_owned());
            let function = function.map(str::to_owned);
            self.put(finding, function, repair, &alone, || {
                files::remove(&path).map(|()| None)
            });
        }
    }

    /// The list of the newest calls.
    fn order(&mut self, folder: &FunctionFolder, function: Option<&str>) {
        let missing = match order::missing(folder) {
            Ok(missing) => missing,
            Err(error) => {
                return self
                    .report
                    .problems
                    .push(unreadable(&folder.last(), &error));
            }
        };
        // A run writes its record first and the list afterwards, and holds its lock until then.
        if missing.is_empty() || order::somebody_runs(folder, None) {
            return;
        }
        let finding = Finding {
            kind: Kind::Order,
            path: folder.last(),
            found: format!("{} records that are not in it", missing.len()),
            expected: "the keys of all records, the newest last".to_owned(),
            mend: Mend::Nothing,
        };
        let repair = Some("it is written anew".to_owned());
        let function = function.map(str::to_owned);
        self.put(finding, function, repair, &Alone::ForLooking, || {
            order::rebuild(folder).map(|()| None)
        });
    }

    fn locks(&mut self, folder: &FunctionFolder, function: Option<&str>) {
        let names = files::names_own(folder.path()).unwrap_or_default();
        for (key, path) in lock::files_among(folder, &names) {
            if lock::is_held(&path) {
                continue;
            }
            let finding = Finding {
                kind: Kind::Abandoned,
                path,
                found: "a lock that nobody holds".to_owned(),
                expected: "nothing".to_owned(),
                mend: Mend::Nothing,
            };
            let repair = Some("it is removed".to_owned());
            let function = function.map(str::to_owned);
            self.put(finding, function, repair, &Alone::ForLooking, || {
                drop(lock::attempt(&folder.lock(key)));
                Ok(None)
            });
        }
    }

    /// Staged files that nobody will give a name.
    fn abandoned(&mut self, folder: &Path) {
        for name in self.names(folder) {
            let path = folder.join(&name);
            let is_abandoned = name
                .to_str()
                .is_some_and(|name| prune::is_abandoned(&path, name));
            if !is_abandoned || self.awaited.contains(&path) || self.is_unsure {
                continue;
            }
            let finding = Finding {
                kind: Kind::Abandoned,
                path: path.clone(),
                found: "a staged file whose writer is dead".to_owned(),
                expected: "nothing".to_owned(),
                mend: Mend::Nothing,
            };
            let repair = Some("it is removed".to_owned());
            self.put(finding, None, repair, &Alone::ForLooking, || {
                files::remove_staged(&path).map(|()| None)
            });
        }
    }

    fn code(&mut self, path: &Path) {
        if path.extension().is_none_or(|extension| extension != "json") {
            return;
        }
        let read = files::read_small(path, MAX_BYTES);
        let why = match read {
            Ok(text) => match serde_json::from_slice::<serde_json::Value>(&text) {
                Ok(_) => return,
                Err(error) => error.to_string(),
            },
            Err(error) if commit::is_absent(&error) => return,
            Err(error) => {
                self.report.problems.push(unreadable(path, &error));
                return;
            }
        };
        let finding = Finding {
            kind: Kind::CodeDamaged,
            path: path.to_owned(),
            found: why,
            expected: "the text of a function".to_owned(),
            mend: Mend::Nothing,
        };
        let repair = Some("it is removed; only explanations miss it".to_owned());
        self.put(finding, None, repair, &Alone::ForLooking, || {
            files::remove(path).map(|()| None)
        });
    }
}

/// Whether somebody else may be at work on a call.
enum Alone {
    /// Nobody can be, as long as this is held.
    Locked(#[allow(dead_code)] lock::Lock),
    /// Nobody was when it was asked.
    ForLooking,
    /// Nobody can tell.
    WithoutLocks(String),
    /// Somebody is.
    Not,
}

impl Alone {
    /// Whether what was seen since may be what somebody else was just doing.
    fn ended(&self, folder: &FunctionFolder, key: CallKey) -> bool {
        match self {
            Alone::Locked(_) | Alone::WithoutLocks(_) => false,
            Alone::ForLooking => lock::is_held(&folder.lock(key)),
            Alone::Not => true,
        }
    }
}

impl Seen {
    fn is_replaced(&self) -> bool {
        match self {
            Seen::Record(_, findings) => findings
                .iter()
                .any(|finding| finding.kind == Kind::ResultReplaced),
            Seen::Gone | Seen::Unusable(_) => false,
        }
    }

    fn has_findings(&self) -> bool {
        match self {
            Seen::Gone => false,
            Seen::Record(_, findings) => !findings.is_empty(),
            Seen::Unusable(_) => true,
        }
    }
}

/// The key in the name of a result that the user gave no name.
fn key_of_result(name: &str) -> Option<CallKey> {
    let (key, rest) = name.split_at_checked(32)?;
    let is_other = [".json", ".lock"].contains(&rest) || rest.ends_with(layout::ASIDE);
    let is_result = rest.is_empty() || rest.starts_with('.');
    CallKey::parse(key).filter(|_| is_result && !is_other)
}

fn results(record: &Record) -> impl Iterator<Item = &FileState> {
    let results = record.results.iter();
    results.filter_map(|result| result.file.as_ref())
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem {
        kind: Kind::Unreadable,
        path: path.to_owned(),
        function: None,
        found: error.to_string(),
        expected: "what can be read".to_owned(),
        repair: None,
        repaired: false,
        failed: None,
    }
}
