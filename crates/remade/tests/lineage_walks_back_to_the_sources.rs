//! A lineage shows every run and every source once, says what is no longer kept, and ends whatever
//! the records say.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use remade::call::CallKey;
use remade::lineage::{self, Input, Lineage, OnDisk, Records, Role, Start, What};
use remade::record::{
    Accepted, Argument, FORMAT, Implicit, Item, Nested, NestedCall, Origin, Record, Shape, Short,
};
use remade::source::{Source, SourceMemory};
use remade::store::{FunctionFolder, Store};
use remade::version::{Encoder, Tag, Version};
use tempfile::tempdir;

const STARTED: &str = "2026-01-02T03:04:05.678Z";

fn key(number: u128) -> CallKey {
    CallKey::parse(&Version::from_u128(number).to_string()).unwrap()
}

/// The run of that number: it returned one object, whose version is its number too.
fn run(number: u128, given: &[u128]) -> Record {
    let version = Version::from_u128(number);
    Record {
        format: FORMAT,
        function: format!("steps.f{number}"),
        key: key(number),
        fingerprint: version,
        label: None,
        code: BTreeMap::new(),
        was: None,
        given: None,
        arguments: given
            .iter()
            .enumerate()
            .map(|(place, from)| Argument {
                name: format!("x{place}"),
                version: Some(Version::from_u128(*from)),
                short: "thing".to_owned(),
                origins: vec![origin(*from)],
                after: None,
            })
            .collect(),
        sources: Vec::new(),
        implicit: Vec::new(),
        nested: Nested::default(),
        value: Shape::Short(Short::None),
        results: Vec::new(),
        written: Vec::new(),
        items: vec![Item {
            position: String::new(),
            version,
            content: version,
            code: None,
        }],
        never_fresh: None,
        changed_returned: false,
        accepted: Vec::new(),
        kept: None,
        started: STARTED.to_owned(),
        seconds: 0.25,
        host: "machine".to_owned(),
        pid: 1,
        language: "test 1".to_owned(),
        packages: BTreeMap::new(),
        boot: String::new(),
        synced: false,
    }
}

fn origin(number: u128) -> Origin {
    Origin {
        position: String::new(),
        function: format!("steps.f{number}"),
        record: key(number).to_string(),
        result: String::new(),
        version: Version::from_u128(number),
        started: STARTED.to_owned(),
        store: None,
    }
}

/// The lineage of the first of these runs; the others lie in the store.
fn of_first(runs: &[Record]) -> Lineage {
    lineage::trace(vec![start(&runs[0])], Stored::of(runs))
}

/// Records in the one store, and how often all of one function were asked for.
struct Stored<'a> {
    by_key: HashMap<CallKey, &'a Record>,
    listed: HashMap<String, usize>,
}

impl<'a> Stored<'a> {
    fn of(runs: &'a [Record]) -> Stored<'a> {
        Stored {
            by_key: runs.iter().map(|run| (run.key, run)).collect(),
            listed: HashMap::new(),
        }
    }
}

impl Records for Stored<'_> {
    fn of_key(&mut self, _: &Store, function: &str, key: CallKey) -> Option<Record> {
        let found = self.by_key.get(&key).copied().cloned();
        found.filter(|record| record.function == function)
    }

    fn of_function(&mut self, _: &Store, function: &str) -> Vec<Record> {
        let times = self.listed.entry(function.to_owned()).or_default();
        *times += 1;
        assert_eq!(*times, 1, "a folder is listed once");
        let all = self.by_key.values().filter(|one| one.function == function);
        all.copied().cloned().collect()
    }
}

fn start(record: &Record) -> Start {
    Start {
        place: String::new(),
        record: Arc::new(record.clone()),
        store: PathBuf::from("/project/cache"),
        position: String::new(),
    }
}

/// Functions, in the order of the walk.
fn names(lineage: &Lineage) -> Vec<String> {
    let nodes = lineage.nodes.iter();
    nodes
        .map(|node| match &node.what {
            What::Run { record, .. } => record.function.replace("steps.", ""),
            What::Forgotten { function, .. } => function.replace("steps.", "no "),
            What::File { path, .. } => path.display().to_string(),
            What::Value { short, .. } => short.clone(),
        })
        .collect()
}

#[test]
fn what_two_runs_were_given_is_one_node() {
    let diamond = of_first(&[run(4, &[2, 3]), run(3, &[1]), run(2, &[1]), run(1, &[])]);
    assert_eq!(names(&diamond), ["f4", "f2", "f3", "f1"]);
    assert_eq!(
        diamond.to_string(),
        "steps.f4(x0=thing, x1=thing)\n  \
           ran 2026-01-02 03:04:05 UTC in 0.250 s\n  \
           x0: steps.f2(x0=thing)\n    \
             ran 2026-01-02 03:04:05 UTC in 0.250 s\n    \
             x0: steps.f1() #4\n      \
               ran 2026-01-02 03:04:05 UTC in 0.250 s\n  \
           x1: steps.f3(x0=thing)\n    \
             ran 2026-01-02 03:04:05 UTC in 0.250 s\n    \
             x0: steps.f1() #4, shown above"
    );
}

#[test]
fn records_in_a_circle_come_to_an_end() {
    let circle = of_first(&[run(1, &[2]), run(2, &[3]), run(3, &[1])]);
    assert_eq!(names(&circle), ["f1", "f2", "f3"]);
    assert_eq!(circle.nodes[2].inputs[0].node, 0);
    assert!(
        circle
            .to_string()
            .ends_with("x0: steps.f1(x0=thing) #1, shown above")
    );
    let itself = of_first(&[run(1, &[1])]);
    assert_eq!(names(&itself), ["f1"]);
}

#[test]
fn a_chain_may_be_longer_than_any_stack_of_calls() {
    let runs: Vec<Record> = (0..20_000)
        .map(|number| run(number, &[number + 1]))
        .collect();
    let chain = of_first(&runs);
    assert_eq!(chain.nodes.len(), 20_001);
    let What::Forgotten { function, .. } = &chain.nodes[20_000].what else {
        panic!("the last one was never stored");
    };
    assert_eq!(function, "steps.f20000");
    let text = chain.to_string();
    assert!(text.contains("(level 20000) x0: steps.f20000, whose record is no longer kept"));
    assert!(text.lines().all(|line| line.len() < 250));
}

#[test]
fn a_wide_graph_shows_every_run_once() {
    let mut runs = vec![run(0, &(1..=100).collect::<Vec<_>>())];
    runs.extend(
        (1..=100).map(|number| run(number, &(101..=10_000).step_by(100).collect::<Vec<_>>())),
    );
    runs.extend((101..=10_000).map(|number| run(number, &[])));
    let wide = of_first(&runs);
    assert_eq!(wide.nodes.len(), 1 + 100 + 99);
    assert_eq!(wide.to_string().matches("shown above").count(), 99 * 99);
}

#[test]
fn a_record_that_took_the_key_of_another_is_not_taken_for_it() {
    let mut replaced = run(1, &[]);
    replaced.items[0].version = Version::from_u128(99);
    let lineage = of_first(&[run(2, &[1]), replaced]);
    assert_eq!(names(&lineage), ["f2", "no f1"]);
    let expected = What::Forgotten {
        function: "steps.f1".to_owned(),
        key: key(1).to_string(),
        version: Some(Version::from_u128(1)),
        store: PathBuf::from("/project/cache"),
    };
    assert_eq!(lineage.nodes[1].what, expected);

    let mut caller = run(3, &[]);
    caller.nested.calls.push(NestedCall {
        function: "steps.f1".to_owned(),
        record: key(1),
        started: STARTED.to_owned(),
        store: None,
    });
    let mut later = run(1, &[]);
    assert_eq!(
        names(&of_first(&[caller.clone(), later.clone()])),
        ["f3", "f1"]
    );
    later.started = "2026-01-02T03:04:06Z".to_owned();
    assert_eq!(names(&of_first(&[caller, later])), ["f3", "no f1"]);
}

#[test]
fn a_run_that_is_known_here_is_told_though_its_record_was_replaced() {
    let known = run(1, &[]);
    let mut replaced = known.clone();
    replaced.started = "2026-01-02T03:04:06Z".to_owned();
    let stored = [replaced.clone()];
    let starts = vec![start(&known), start(&replaced)];
    let lineage = lineage::trace(starts, Stored::of(&stored));
    let paths: Vec<bool> = lineage
        .nodes
        .iter()
        .map(|node| matches!(&node.what, What::Run { path: Some(_), .. }))
        .collect();
    assert_eq!(paths, [false, true]);
    let told = "its record in /project/cache was replaced since";
    assert_eq!(lineage.to_string().matches(told).count(), 1);
}

#[test]
fn files_values_and_globals_are_sources() {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("data.csv"), "1,2").unwrap();
    fs::write(folder.path().join("more.csv"), "3,4").unwrap();
    let file = |name: &str| {
        let source = Source::new(folder.path().join(name));
        let found = source.version(folder.path(), &SourceMemory::new());
        found.unwrap().state()
    };
    let mut encoder = Encoder::new();
    encoder.version(Tag::File, file("data.csv").version);
    let argument = |name: &str, version: Option<Version>, short: &str| Argument {
        name: name.to_owned(),
        version,
        short: short.to_owned(),
        origins: Vec::new(),
        after: None,
    };
    let mut record = run(1, &[]);
    record.sources = vec![file("data.csv"), file("more.csv")];
    record.arguments = vec![
        argument("path", Some(encoder.finish()), "File('data.csv')"),
        argument("n", Some(Version::from_u128(10)), "10"),
        argument("lock", None, "<lock>"),
    ];
    let global = |name: &str, changed: bool, origins: Vec<Origin>| Implicit {
        name: name.to_owned(),
        locator: None,
        version: Some(Version::from_u128(7)),
        short: "{}".to_owned(),
        changed,
        origins,
    };
    record.implicit = vec![
        global("SETTINGS", false, Vec::new()),
        global("seen", true, Vec::new()),
        global("MASK", false, vec![origin(2)]),
    ];
    let root = folder.path().join("cache");
    let from = Start {
        store: root.clone(),
        ..start(&record)
    };
    let lineage = lineage::trace(vec![from], Stored::of(&[]));
    let role = |input: &Input| match &input.role {
        Role::Argument { name, .. } | Role::Implicit { name, .. } => name.clone(),
        other => format!("{other:?}"),
    };
    let inputs = &lineage.nodes[0].inputs;
    assert_eq!(
        inputs.iter().map(role).collect::<Vec<_>>(),
        ["path", "n", "lock", "SETTINGS", "MASK", "Read"]
    );
    let place = |name: &str| folder.path().join(name).display().to_string();
    let expected = [
        "f1",
        &place("data.csv"),
        "10",
        "<lock>",
        "{}",
        "no f2",
        &place("more.csv"),
    ];
    assert_eq!(names(&lineage), expected);
    let text = lineage.to_string();
    assert!(text.contains("\n  path: file data.csv\n"));
    assert!(text.ends_with("\n  read: file more.csv"));
    assert!(text.contains("\n  used SETTINGS = {}, MASK = {}\n"));
}

#[test]
fn the_walk_goes_on_in_other_stores_wherever_the_project_was_moved() {
    let folder = tempdir().unwrap();
    let here = Store::at(folder.path().join("project/cache"));
    let there = Store::at(folder.path().join("project/other/cache"));
    let outside = Store::at(folder.path().join("elsewhere/cache"));
    let name = here.name_of(&there);
    assert_eq!(name.as_deref(), Some("other/cache"));
    assert_eq!(here.name_of(&here), None);
    assert_eq!(
        here.root_of(here.name_of(&outside).as_deref()).unwrap(),
        outside.root()
    );

    let put = |store: &Store, record: &Record| {
        let path = FunctionFolder::of(store.root(), &record.function).record(record.key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, record.to_json().unwrap()).unwrap();
    };
    let mut record = run(3, &[2]);
    record.arguments[0].origins[0].store = name;
    put(&there, &run(2, &[1]));
    put(&there, &run(1, &[]));
    put(&here, &record);
    // A run of the same key in the store of the first is another one.
    put(&here, &run(1, &[3]));

    fs::rename(folder.path().join("project"), folder.path().join("moved")).unwrap();
    let from = Start {
        store: folder.path().join("moved/cache"),
        ..start(&record)
    };
    let lineage = lineage::trace(vec![from], OnDisk);
    assert_eq!(names(&lineage), ["f3", "f2", "f1"]);
    let What::Run { path, .. } = &lineage.nodes[2].what else {
        panic!("it lies in the other store");
    };
    assert!(
        path.as_ref()
            .unwrap()
            .starts_with(folder.path().join("moved/other/cache"))
    );
}

#[test]
fn what_a_person_accepted_is_found_under_its_new_key_and_says_so() {
    let mut accepted = run(1, &[5]);
    accepted.key = key(77);
    let user = run(2, &[1]);
    assert_eq!(
        names(&of_first(&[user.clone(), accepted.clone()])),
        ["f2", "no f1"]
    );
    accepted.accepted.push(Accepted {
        who: "ann".to_owned(),
        when: "2026-01-03T00:00:00Z".to_owned(),
        why: "only the name".to_owned(),
        what: vec!["code changed: f1".to_owned()],
    });
    let lineage = of_first(&[user.clone(), accepted.clone()]);
    assert_eq!(names(&lineage), ["f2", "f1", "no f5"]);
    let told = "accepted by ann at 2026-01-03T00:00:00Z: only the name (code changed: f1)";
    assert!(lineage.to_string().contains(told));

    // Another run of that function, or another result of that run.
    let mut other = accepted.clone();
    other.started = "2026-01-02T03:04:06Z".to_owned();
    assert_eq!(names(&of_first(&[user.clone(), other])), ["f2", "no f1"]);
    accepted.items[0].version = Version::from_u128(8);
    assert_eq!(names(&of_first(&[user, accepted])), ["f2", "no f1"]);
}

#[test]
fn what_is_no_record_of_that_call_is_not_taken_for_one() {
    let folder = tempdir().unwrap();
    let store = Store::at(folder.path().join("cache"));
    let path = FunctionFolder::of(store.root(), "steps.f1").record(key(1));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for text in [b"{}".to_vec(), run(2, &[]).to_json().unwrap()] {
        fs::write(&path, text).unwrap();
        let from = Start {
            store: store.root().to_owned(),
            ..start(&run(3, &[1]))
        };
        assert_eq!(names(&lineage::trace(vec![from], OnDisk)), ["f3", "no f1"]);
    }
    let nothing = lineage::trace(Vec::new(), OnDisk);
    assert_eq!(
        nothing.to_string(),
        "nothing is known of where this came from"
    );
}
