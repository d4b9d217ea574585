//! Which node stands for this run or source?

use super::meant::{is_same_run, returned, was};
use super::{Node, Records, What};
use crate::call::CallKey;
use crate::record::{Origin, Record};
use crate::source::SourceState;
use crate::store::{FunctionFolder, Store};
use crate::version::Version;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

/// A record by its place.
type Place = (PathBuf, CallKey);

/// The nodes that were made by now, and what was looked up for them.
pub(super) struct Graph<R> {
    records: R,
    pub(super) nodes: Vec<Node>,
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

impl<R: Records> Graph<R> {
    pub(super) fn new(records: R) -> Graph<R> {
        Graph {
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

    pub(super) fn store(&mut self, root: PathBuf) -> Rc<Store> {
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
    pub(super) fn run_of(&mut self, store: &Store, record: Arc<Record>) -> usize {
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
    pub(super) fn run_named(
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

    pub(super) fn origin(&mut self, store: &Store, origin: &Origin) -> usize {
        self.run_named(
            (store, origin.store.as_deref()),
            (&origin.function, &origin.record, &origin.started),
            Some(origin.version),
            |record| returned(record, &origin.result, origin.version),
        )
    }

    pub(super) fn file(&mut self, store: &Store, file: &SourceState) -> usize {
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

    pub(super) fn value(&mut self, version: Option<Version>, short: &str) -> usize {
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
}
