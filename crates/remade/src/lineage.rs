//! Which records and sources did a value come from?
//!
//! [`trace`] walks from the records of some values back to their sources: every record says which
//! result of which record an argument was, which files its run read, and which made functions were
//! called inside. The result is plain data; nothing is loaded, and no file but records is opened.
//!
//! A key can be taken by another run: the record of a call is replaced when the call runs again. So
//! whoever names a record also names a version that stands in it, or when its run began, and a
//! record that does not say the same is not taken for the one that was meant.

mod tree;

use crate::call::CallKey;
use crate::record::{self, Record};
use crate::source::SourceState;
use crate::stamp::Stamp;
use crate::store::{FunctionFolder, Store, aside};
use crate::version::{Encoder, Tag, Version};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// A value that a made function returned: where a walk begins.
#[derive(Debug, Clone)]
pub struct Start {
    /// The place of the value in what was asked for: `""`, `[0]`.
    pub place: String,
    /// The record of the run that made it.
    pub record: Arc<Record>,
    /// The cache directory of that record.
    pub store: PathBuf,
    /// The place of the value in the result of that run.
    pub position: String,
}

/// A graph of runs and of what they were given. Nodes are numbered in the order of the walk; every
/// node can be reached from a root.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lineage {
    /// Where each value that was asked for came from.
    pub roots: Vec<Input>,
    /// Every run and every source, once.
    pub nodes: Vec<Node>,
}

/// A run or a source, and what it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub what: What,
    /// What it was given, in the order of its record. Sources were given nothing.
    pub inputs: Vec<Input>,
}

/// What stands at a node.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A run of a made function.
    Run {
        /// What is known of it.
        record: Arc<Record>,
        /// The cache directory.
        store: PathBuf,
        /// Where the record lies. None: it was replaced or forgotten since, and this is what this
        /// process still knew.
        path: Option<PathBuf>,
    },
    /// A run whose record was replaced or forgotten since.
    Forgotten {
        /// The function.
        function: String,
        /// The key that the record had.
        key: String,
        /// The version of the result that was used; None for a call made inside.
        version: Option<Version>,
        /// The cache directory.
        store: PathBuf,
    },
    /// A file, a folder or a pattern, as it was then.
    File {
        /// Where it lies.
        path: PathBuf,
        /// Of path and content.
        version: Version,
    },
    /// A value that no record explains.
    Value {
        /// None: it had none.
        version: Option<Version>,
        /// A short text for people.
        short: String,
    },
}

/// What a run was given, or a value that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Where it came from: a node by its number.
    pub node: usize,
    /// How the run got it.
    pub role: Role,
    /// The place in the result of that node: `""`, `[0]`. Empty where the node is no run.
    pub result: String,
}

/// How something was given to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It is what was asked for, or the part of it at this place.
    Asked(String),
    /// As an argument, or as the part of it at this position.
    Argument {
        /// The parameter.
        name: String,
        /// `""`, `[0]`.
        position: String,
    },
    /// Through a global or a closure.
    Implicit {
        /// `settings.MASK`
        name: String,
        /// `""`, `[0]`.
        position: String,
    },
    /// The run read this file.
    Read,
    /// The run called this made function.
    Called,
}

/// Where a walk finds records.
pub trait Records {
    /// The record of a key of a function.
    fn of_key(&mut self, store: &Store, function: &str, key: CallKey) -> Option<Record>;
    /// All records of a function, also under the name that it has now. Asked for at most once, when
    /// one is not where it should be: a person may have accepted its result for another key, or
    /// renamed the function.
    fn of_function(&mut self, store: &Store, function: &str) -> Vec<Record>;
}

/// What lies on the disk now.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnDisk;

impl Records for OnDisk {
    fn of_key(&mut self, store: &Store, function: &str, key: CallKey) -> Option<Record> {
        store.record(function, key)
    }

    fn of_function(&mut self, store: &Store, function: &str) -> Vec<Record> {
        let folder = FunctionFolder::of(store.root(), function);
        let keys = folder.keys().unwrap_or_default();
        if !keys.is_empty() {
            let records = keys.into_iter();
            return records
                .filter_map(|key| store.record(function, key))
                .collect();
        }
        // A function that has none any more may have been renamed, and took them along.
        let folders = aside::functions(store).into_iter().flatten();
        let records = folders.flat_map(|folder| aside::records(&folder));
        records.filter(|record| was(record, function)).collect()
    }
}

/// Walks back from these values.
pub fn trace(starts: Vec<Start>, records: impl Records) -> Lineage {
    let mut walk = Walk::new(records);
    let mut roots = Vec::with_capacity(starts.len());
    for start in starts {
        let store = walk.store(start.store);
        roots.push(Input {
            node: walk.run_of(&store, start.record),
            role: Role::Asked(start.place),
            result: start.position,
        });
    }
    // A stack of our own: lineages are deeper than the stack of a thread.
    let mut open: Vec<usize> = (0..walk.nodes.len()).rev().collect();
    while let Some(node) = open.pop() {
        let before = walk.nodes.len();
        walk.nodes[node].inputs = walk.inputs_of(node);
        open.extend((before..walk.nodes.len()).rev());
    }
    Lineage {
        roots,
        nodes: walk.nodes,
    }
}

/// Where the walk from a file begins: the run whose record says that this file, as it is now, is a
/// result of it, or that the function wrote it. If there are several, the last one. A file that was
/// changed since belongs to none.
pub fn of_file(store: &Store, path: &Path) -> Option<Start> {
    let stored = store.to_stored(path);
    let stamp = Stamp::of_path(path).ok()?;
    let folders = aside::functions(store).into_iter().flatten();
    let records = folders.flat_map(|folder| aside::records(&folder));
    let found = records.filter_map(|record| {
        let mut results = record.results.iter();
        let result = results.find(|result| {
            let file = result.file.as_ref();
            file.is_some_and(|file| aside::explains(file, &stored, stamp, path))
        });
        let position = match result {
            Some(result) => result.position.clone(),
            None => {
                let mut written = record.written.iter();
                written.find(|one| one.path == stored && store.is_still(one))?;
                String::new()
            }
        };
        Some((record, position))
    });
    let newest = found.max_by(|(one, _), (other, _)| {
        // Times of one length compare as text; the moment is what is meant.
        let moment = |record: &Record| record.started.parse::<jiff::Timestamp>().ok();
        moment(one).cmp(&moment(other))
    });
    newest.map(|(record, position)| Start {
        place: String::new(),
        record: Arc::new(record),
        store: store.root().to_owned(),
        position,
    })
}

/// Whether two records tell of one run and the same results. What is learned about the files later
/// is written into a record; a result that a person corrected is another one.
pub fn is_same_run(one: &Record, other: &Record) -> bool {
    let identity = |record: &Record| (record.key, record.pid, record.seconds.to_bits());
    let versions = |record: &Record| -> Vec<Version> {
        record.results.iter().map(|result| result.version).collect()
    };
    identity(one) == identity(other)
        && one.started == other.started
        && one.host == other.host
        && versions(one) == versions(other)
}

/// Whether it is of a run that the function made under this name.
fn was(record: &Record, function: &str) -> bool {
    record.was.as_deref() == Some(function)
}

/// Whether a result, or an object in it, had this version.
fn returned(record: &Record, position: &str, version: Version) -> bool {
    let mut items = record.items.iter();
    let mut results = record.results.iter();
    items.any(|item| item.version == version && item.position == position)
        || results.any(|result| result.version == version && result.position == position)
}

/// The version of an argument that is nothing but this file.
fn as_argument(file: &SourceState) -> Version {
    let mut encoder = Encoder::new();
    encoder.version(Tag::File, file.version);
    encoder.finish()
}

/// A record by its place.
type Place = (PathBuf, CallKey);

struct Walk<R> {
    records: R,
    nodes: Vec<Node>,
    stores: HashMap<PathBuf, Rc<Store>>,
    /// What `records` said of a key, and of all records of a function that were moved to another.
    found: HashMap<Place, Option<Arc<Record>>>,
    moved: HashMap<(PathBuf, String), Vec<Arc<Record>>>,
    /// The runs that are nodes: there can be more than one of a key, one of which is on the disk.
    runs: HashMap<Place, Vec<usize>>,
    forgotten: HashMap<(PathBuf, String, Option<Version>), usize>,
    files: HashMap<(PathBuf, Version), usize>,
    values: HashMap<Version, usize>,
}

impl<R: Records> Walk<R> {
    fn new(records: R) -> Walk<R> {
        Walk {
            records,
            nodes: Vec::new(),
            stores: HashMap::new(),
            found: HashMap::new(),
            moved: HashMap::new(),
            runs: HashMap::new(),
            forgotten: HashMap::new(),
            files: HashMap::new(),
            values: HashMap::new(),
        }
    }

    fn store(&mut self, root: PathBuf) -> Rc<Store> {
        let store = self.stores.entry(root.clone());
        store.or_insert_with(|| Rc::new(Store::at(root))).clone()
    }

    fn add(&mut self, what: What) -> usize {
        let inputs = Vec::new();
        self.nodes.push(Node { what, inputs });
        self.nodes.len() - 1
    }

    /// The record that lies under a key now.
    fn found(&mut self, store: &Store, function: &str, key: CallKey) -> Option<Arc<Record>> {
        let place = (store.root().to_owned(), key);
        if let Some(found) = self.found.get(&place) {
            return found.clone();
        }
        let found = self.records.of_key(store, function, key).map(Arc::new);
        self.found.insert(place, found.clone());
        found
    }

    /// The record of a run that began at this moment, under whatever key it stands now.
    fn found_moved(
        &mut self,
        store: &Store,
        (function, started): (&str, &str),
        is_meant: impl Fn(&Record) -> bool,
    ) -> Option<Arc<Record>> {
        let place = (store.root().to_owned(), function.to_owned());
        let records = &mut self.records;
        let moved = self.moved.entry(place).or_insert_with(|| {
            let all = records.of_function(store, function).into_iter();
            let moved = all.filter(|one| !one.accepted.is_empty() || was(one, function));
            moved.map(Arc::new).collect()
        });
        let mut moved = moved.iter();
        let found = moved.find(|record| record.started == started && is_meant(record));
        found.cloned()
    }

    /// The node of a run of that key which is the one that is meant, if there is one by now.
    fn known(&self, place: &Place, is_meant: impl Fn(&Record) -> bool) -> Option<usize> {
        let known = self.runs.get(place)?.iter().copied();
        known
            .into_iter()
            .find(|node| match &self.nodes[*node].what {
                What::Run { record, .. } => is_meant(record),
                _ => false,
            })
    }

    /// The node of a run of which the record is at hand.
    fn run_of(&mut self, store: &Store, record: Arc<Record>) -> usize {
        let place = (store.root().to_owned(), record.key);
        if let Some(node) = self.known(&place, |known| is_same_run(known, &record)) {
            return node;
        }
        let there = self.found(store, &record.function, record.key);
        let is_there = there.is_some_and(|there| is_same_run(&there, &record));
        let folder = FunctionFolder::of(store.root(), &record.function);
        let path = is_there.then(|| folder.record(record.key));
        let store = store.root().to_owned();
        let node = self.add(What::Run {
            record,
            store,
            path,
        });
        self.runs.entry(place).or_default().push(node);
        node
    }

    /// The node of the run that somebody names by its key, or of what is left of it.
    fn run_named(
        &mut self,
        (from, store): (&Store, Option<&str>),
        (function, key, started): (&str, &str, &str),
        version: Option<Version>,
        is_meant: impl Fn(&Record) -> bool,
    ) -> usize {
        let store = from.root_of(store).map(|root| self.store(root));
        if let Some((store, key)) = store.as_ref().zip(CallKey::parse(key)) {
            let place = (store.root().to_owned(), key);
            if let Some(node) = self.known(&place, &is_meant) {
                return node;
            }
            let found = self.found(store, function, key);
            let found = found.filter(|record| is_meant(record));
            let found = found.or_else(|| self.found_moved(store, (function, started), &is_meant));
            if let Some(record) = found {
                return self.run_of(store, record);
            }
        }
        let root = store.map_or_else(PathBuf::new, |store| store.root().to_owned());
        let place = (root.clone(), key.to_owned(), version);
        if let Some(node) = self.forgotten.get(&place) {
            return *node;
        }
        let node = self.add(What::Forgotten {
            function: function.to_owned(),
            key: key.to_owned(),
            version,
            store: root,
        });
        self.forgotten.insert(place, node);
        node
    }

    fn origin(&mut self, store: &Store, origin: &record::Origin) -> usize {
        self.run_named(
            (store, origin.store.as_deref()),
            (&origin.function, &origin.record, &origin.started),
            Some(origin.version),
            |record| returned(record, &origin.result, origin.version),
        )
    }

    fn file(&mut self, store: &Store, file: &SourceState) -> usize {
        let path = file.place(store.project());
        let path = path.unwrap_or_else(|| PathBuf::from(&file.path));
        let place = (path.clone(), file.version);
        if let Some(node) = self.files.get(&place) {
            return *node;
        }
        let version = file.version;
        let node = self.add(What::File { path, version });
        self.files.insert(place, node);
        node
    }

    fn value(&mut self, version: Option<Version>, short: &str) -> usize {
        if let Some(node) = version.and_then(|version| self.values.get(&version)) {
            return *node;
        }
        let node = self.add(What::Value {
            version,
            short: short.to_owned(),
        });
        if let Some(version) = version {
            self.values.insert(version, node);
        }
        node
    }

    /// What a run was given. What a source was given nobody knows.
    fn inputs_of(&mut self, node: usize) -> Vec<Input> {
        let What::Run { record, store, .. } = &self.nodes[node].what else {
            return Vec::new();
        };
        let (record, store) = (record.clone(), store.clone());
        let store = self.store(store);
        let mut inputs = Vec::new();
        let mut files: Vec<&SourceState> = record.sources.iter().collect();
        for argument in &record.arguments {
            let role = |position: &str| Role::Argument {
                name: argument.name.clone(),
                position: position.to_owned(),
            };
            self.origins(&store, &argument.origins, role, &mut inputs);
            if !argument.origins.is_empty() {
                continue;
            }
            let is_it = |file: &&SourceState| argument.version == Some(as_argument(file));
            let found = record.sources.iter().find(is_it);
            files.retain(|file| Some(*file) != found);
            inputs.push(Input {
                node: match found {
                    Some(file) => self.file(&store, file),
                    None => self.value(argument.version, &argument.short),
                },
                role: role(""),
                result: String::new(),
            });
        }
        for input in record.implicit.iter().filter(|input| !input.changed) {
            let role = |position: &str| Role::Implicit {
                name: input.name.clone(),
                position: position.to_owned(),
            };
            self.origins(&store, &input.origins, role, &mut inputs);
            if input.origins.is_empty() {
                inputs.push(Input {
                    node: self.value(input.version, &input.short),
                    role: role(""),
                    result: String::new(),
                });
            }
        }
        for file in files {
            inputs.push(Input {
                node: self.file(&store, file),
                role: Role::Read,
                result: String::new(),
            });
        }
        for call in &record.nested.calls {
            let key = call.record.to_string();
            let node = self.run_named(
                (&store, call.store.as_deref()),
                (&call.function, &key, &call.started),
                None,
                |record| record.started == call.started,
            );
            inputs.push(Input {
                node,
                role: Role::Called,
                result: String::new(),
            });
        }
        inputs
    }

    fn origins(
        &mut self,
        store: &Store,
        origins: &[record::Origin],
        role: impl Fn(&str) -> Role,
        inputs: &mut Vec<Input>,
    ) {
        for origin in origins {
            inputs.push(Input {
                node: self.origin(store, origin),
                role: role(&origin.position),
                result: origin.result.clone(),
            });
        }
    }
}
