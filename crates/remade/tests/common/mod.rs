//! A second face, as small as can be: what would another language have to write?
//!
//! Values are numbers, bytes, and rows of bytes with a file for each. Arguments, code, globals and
//! nested calls are what a test says they are, so that each question of the engine can be given any
//! answer. Runs are counted.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

pub mod disk;
pub mod faults;
pub mod schedules;
pub mod torture;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use remade::call::CallKey;
use remade::decide::{self, Present, Reason};
use remade::event::{Event, Warning};
use remade::make::{
    self, Changed, CodeText, Content, Cutoff, Environment, Face, Former, ImplicitNow, Judged,
    Keyed, Known, LoadFailure, Made, NotSaved, Opened, Running, Saved, SavedResult, Wait,
};
use remade::record::{Argument, Implicit, Nested, Record, Shape, Short};
use remade::store::commit::Staging;
use remade::store::prune::Keep;
use remade::store::{Durable, Store, files};
use remade::version::{Encoder, Version};

/// What functions take and return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Stands in the record.
    Int(i64),
    /// Has a file.
    Bytes(Vec<u8>),
    /// Has a file for each.
    Rows(Vec<Vec<u8>>),
}

impl Value {
    pub fn version(&self) -> Version {
        let mut encoder = Encoder::new();
        match self {
            Value::Int(number) => encoder.int(*number),
            Value::Bytes(bytes) => encoder.bytes(bytes),
            Value::Rows(rows) => {
                encoder.begin(remade::version::Tag::Tuple, rows.len());
                rows.iter().for_each(|row| encoder.bytes(row));
            }
        }
        encoder.finish()
    }
}

pub type Body = Box<dyn Fn(&[Value]) -> Result<Value, String>>;

/// Where results of more than a number go.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// The engine names the files.
    Chosen,
    /// A name; the rows of one result have their number before it.
    Named(PathBuf),
}

/// A made function. Everything about it can be changed between calls, as by an edit.
pub struct Function {
    pub made: Arc<Made<()>>,
    pub code: RefCell<BTreeMap<String, i64>>,
    pub output: RefCell<Output>,
    pub persister: Cell<i64>,
    pub globals: RefCell<BTreeMap<String, i64>>,
    /// What the made functions called inside are now, and what this one calls.
    pub nested_functions: RefCell<BTreeMap<String, i64>>,
    pub nested: RefCell<Nested>,
    pub body: RefCell<Body>,
    pub runs: Cell<usize>,
    pub raised: Cell<usize>,
    pub loads: Cell<usize>,
    /// What the run changes besides: an argument, and whether it is returned; a global.
    pub changes: RefCell<Vec<(String, Changed)>>,
    /// What each reuse is told of the generators among the arguments, and what it answers.
    pub resumed: RefCell<Vec<String>>,
    /// Numbers, and bytes, that differ by no more than this are close.
    pub cutoff: Cell<Option<i64>>,
    pub cutoff_fails: Cell<bool>,
    pub is_stuck: Cell<bool>,
    pub sets: RefCell<Option<(String, i64)>>,
    pub shares: Cell<bool>,
    pub is_running: Cell<bool>,
    pub fails_to_save: Cell<bool>,
    pub durable: Cell<Durable>,
    pub refuses_to_load: Cell<bool>,
    /// The names that it had before.
    pub former: RefCell<Vec<Former>>,
}

/// The body that returns its first argument.
pub fn identity(arguments: &[Value]) -> Result<Value, String> {
    Ok(arguments[0].clone())
}

/// Bytes that tell their number.
pub fn bytes_of(number: i64, length: usize) -> Vec<u8> {
    (0..length).map(|i| (number + i as i64) as u8).collect()
}

pub fn store_in(folder: &Path) -> Arc<Store> {
    Arc::new(Store::at(folder.join("cache")))
}

impl Function {
    pub fn new(folder: &Path, name: &str) -> Function {
        Function::keeping(folder, name, Keep::Last(1))
    }

    pub fn keeping(folder: &Path, name: &str, keep: Keep) -> Function {
        Function {
            made: Arc::new(Made::new(name.to_owned(), store_in(folder), keep)),
            code: RefCell::new(BTreeMap::from([(name.to_owned(), 1)])),
            output: RefCell::new(Output::Chosen),
            persister: Cell::new(1),
            globals: RefCell::default(),
            nested_functions: RefCell::default(),
            nested: RefCell::default(),
            body: RefCell::new(Box::new(identity)),
            runs: Cell::new(0),
            raised: Cell::new(0),
            loads: Cell::new(0),
            changes: RefCell::default(),
            resumed: RefCell::default(),
            cutoff: Cell::new(None),
            cutoff_fails: Cell::new(false),
            is_stuck: Cell::new(false),
            sets: RefCell::default(),
            shares: Cell::new(false),
            is_running: Cell::new(false),
            fails_to_save: Cell::new(false),
            durable: Cell::default(),
            refuses_to_load: Cell::new(false),
            former: RefCell::default(),
        }
    }

    /// The same function as another process would see it: nothing is remembered in memory.
    pub fn elsewhere(&self, folder: &Path, keep: Keep) -> Function {
        let other = Function::keeping(folder, self.made.name(), keep);
        *other.code.borrow_mut() = self.code.borrow().clone();
        *other.output.borrow_mut() = self.output.borrow().clone();
        other.durable.set(self.durable.get());
        other
    }

    pub fn named(self, path: PathBuf) -> Function {
        *self.output.borrow_mut() = Output::Named(path);
        self
    }

    pub fn body(self, body: impl Fn(&[Value]) -> Result<Value, String> + 'static) -> Function {
        *self.body.borrow_mut() = Box::new(body);
        self
    }

    pub fn ask<'a>(&'a self, arguments: &[Value]) -> Asked<'a> {
        Asked {
            function: self,
            arguments: RefCell::new(arguments.to_vec()),
            unversioned: None,
            forced: false,
            nested_here: false,
            warnings: Vec::new(),
            events: Vec::new(),
            pauses: 0,
            on_pause: None,
            histories: Vec::new(),
            refuses_warnings: false,
            drifts: None,
        }
    }

    /// A call, and whether and why it ran. The count of runs must agree.
    pub fn call(&self, number: i64) -> (Value, Vec<Reason>) {
        let mut asked = self.ask(&[Value::Int(number)]);
        let value = asked.call().unwrap();
        (value, asked.why())
    }

    pub fn key(&self, arguments: &[Value]) -> CallKey {
        match self.ask(arguments).key().unwrap() {
            Keyed::Known(key) => key,
            Keyed::Unversioned { .. } => panic!("no version"),
        }
    }

    pub fn record_path(&self, number: i64) -> PathBuf {
        self.made.folder().record(self.key(&[Value::Int(number)]))
    }

    pub fn record(&self, number: i64) -> Record {
        Record::from_json(&fs::read(self.record_path(number)).unwrap()).unwrap()
    }

    /// Writes a record as another process would have left it.
    pub fn put_record(&self, record: &Record) {
        let text = record.to_json().unwrap();
        files::replace(&self.made.folder().record(record.key), &text, false).unwrap();
    }

    /// The final names of the files of a call.
    pub fn result_paths(&self, number: i64) -> Vec<PathBuf> {
        let store = self.made.store();
        let results = self.record(number).results.into_iter();
        results
            .filter_map(|result| result.file)
            .map(|file| store.from_stored(&file.path))
            .collect()
    }

    fn target(&self, key: CallKey, index: usize, of: usize) -> (PathBuf, bool) {
        let number = if of == 1 {
            String::new()
        } else {
            format!(".{index}")
        };
        match &*self.output.borrow() {
            Output::Chosen => (self.made.folder().result(key, &number, ".bin"), false),
            Output::Named(path) if of == 1 => (path.clone(), true),
            Output::Named(path) => {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (path.with_file_name(format!("{index}-{name}")), true)
            }
        }
    }

    fn persister_version(&self) -> Version {
        Value::Int(self.persister.get()).version()
    }
}

/// What is done while a caller waits.
pub type OnPause<'a> = Box<dyn FnMut(usize, &RefCell<Vec<Value>>) + 'a>;

/// One call.
pub struct Asked<'a> {
    pub function: &'a Function,
    pub arguments: RefCell<Vec<Value>>,
    pub unversioned: Option<String>,
    pub forced: bool,
    pub nested_here: bool,
    pub warnings: Vec<Warning>,
    pub events: Vec<Event>,
    pub pauses: usize,
    pub on_pause: Option<OnPause<'a>>,
    /// What the next look at the histories finds changed.
    pub histories: Vec<String>,
    pub refuses_warnings: bool,
    /// Every look at the arguments gives another version.
    pub drifts: Option<i64>,
}

impl Asked<'_> {
    pub fn call(&mut self) -> Result<Value, String> {
        let before = self.function.runs.get();
        let function = self.function;
        let value = make::call(&function.made, self)?;
        let ran = self.events.last().unwrap().ran;
        assert_eq!(function.runs.get() - before, usize::from(ran));
        Ok(value)
    }

    pub fn open(&mut self) -> Opened<Value> {
        let function = self.function;
        make::open(&function.made, self, Wait::Never).unwrap()
    }

    /// Why it ran; nothing where it was reused.
    pub fn why(&self) -> Vec<Reason> {
        self.events.last().unwrap().reasons.clone()
    }

    pub fn forced(mut self) -> Self {
        self.forced = true;
        self
    }

    fn fingerprint(&self) -> Version {
        let mut encoder = Encoder::new();
        for (name, number) in self.function.code.borrow().iter() {
            encoder.text(name);
            encoder.int(*number);
        }
        encoder.finish()
    }

    fn given(&self) -> Option<Version> {
        let mut encoder = Encoder::new();
        for argument in self.arguments.borrow().iter() {
            encoder.version(remade::version::Tag::Version, argument.version());
        }
        let has_key = self.unversioned.is_none() && self.drifts.is_none();
        has_key.then(|| encoder.finish())
    }

    fn implicit_of(&self) -> Vec<Implicit> {
        let globals = self.function.globals.borrow();
        globals
            .iter()
            .map(|(name, number)| Implicit {
                name: name.clone(),
                locator: None,
                version: Some(Value::Int(*number).version()),
                short: number.to_string(),
                changed: false,
                origins: Vec::new(),
            })
            .collect()
    }

    fn part(
        &self,
        bytes: &[u8],
        index: usize,
        of: usize,
        key: CallKey,
        staging: &mut Staging,
    ) -> Result<SavedResult, NotSaved<String>> {
        let (target, named) = self.function.target(key, index, of);
        let failed = |error: std::io::Error| NotSaved {
            path: Some(target.clone()),
            why: error.to_string(),
            cause: None,
        };
        let staged = staging.stage(&target, named).map_err(failed)?;
        let file = files::create_new(staging.path(staged)).map_err(failed)?;
        files::write(&file, bytes).map_err(failed)?;
        files::close(file).map_err(failed)?;
        if self.function.fails_to_save.get() {
            return Err(failed(std::io::Error::other("told to fail")));
        }
        Ok(SavedResult {
            position: format!("[{index}]"),
            persister: "Bytes".to_owned(),
            persister_version: self.function.persister_version(),
            version: None,
            file: Some(staged),
            content: None,
            pickled: None,
        })
    }
}

impl Face for Asked<'_> {
    type Value = Value;
    type Error = String;
    type Kept = ();

    fn fingerprint(&self) -> Version {
        Asked::fingerprint(self)
    }

    fn former(&mut self) -> Result<Vec<Former>, String> {
        Ok(self.function.former.borrow().clone())
    }

    fn key(&mut self) -> Result<Keyed, String> {
        if let Some(why) = &self.unversioned {
            return Ok(Keyed::Unversioned {
                parameter: "x".to_owned(),
                why: why.clone(),
            });
        }
        let mut encoder = Encoder::new();
        if let Some(number) = &mut self.drifts {
            *number += 1;
            encoder.int(*number);
        }
        for argument in self.arguments.borrow().iter() {
            encoder.version(remade::version::Tag::Version, argument.version());
        }
        let name = self.function.made.name_version();
        let key = CallKey::of(name, self.fingerprint(), encoder.finish());
        Ok(Keyed::Known(key))
    }

    fn durable(&self) -> Durable {
        self.function.durable.get()
    }

    fn is_forced(&self) -> bool {
        self.forced
    }

    fn implicit_changes(&mut self, recorded: &[Implicit]) -> Result<Vec<Reason>, String> {
        Ok(decide::implicit_changes(recorded, &self.implicit_of()))
    }

    fn nested_function(&mut self, name: &str) -> Result<Option<Version>, String> {
        let now = self.function.nested_functions.borrow();
        Ok(now.get(name).map(|number| Value::Int(*number).version()))
    }

    fn nested_implicit(&mut self, input: &Implicit) -> Result<Option<Version>, String> {
        let globals = self.function.globals.borrow();
        let found = globals.get(&input.name);
        Ok(found.map(|number| Value::Int(*number).version()))
    }

    fn persisters_agree(&mut self, known: &Known<()>) -> Result<Option<Reason>, String> {
        for (index, result) in known.record.results.iter().enumerate() {
            if result.persister_version != self.function.persister_version() {
                return Ok(Some(Reason::PersisterChanged {
                    from: result.persister.clone(),
                    to: "Bytes".to_owned(),
                }));
            }
            let of = known.record.results.len();
            let (asked, _) = self.function.target(known.record.key, index, of);
            let to = self.function.made.store().to_stored(&asked);
            if let Some(file) = &result.file
                && file.path != to
            {
                let from = file.path.clone();
                return Ok(Some(Reason::AskedElsewhere { from, to }));
            }
        }
        Ok(None)
    }

    fn arguments_share(&mut self) -> Result<bool, String> {
        Ok(self.function.shares.get())
    }

    fn load(
        &mut self,
        known: &Known<()>,
        paths: &[Option<&Path>],
    ) -> Result<Value, LoadFailure<String>> {
        self.function.loads.set(self.function.loads.get() + 1);
        let part = |index: usize| -> Result<Vec<u8>, LoadFailure<String>> {
            let nowhere = || LoadFailure::Unloadable {
                path: known.path().to_owned(),
                why: "it names no file".to_owned(),
            };
            let path = paths.get(index).copied().flatten().ok_or_else(nowhere)?;
            let file = known.file(index).ok_or_else(nowhere)?;
            let refuses = self.function.refuses_to_load.get();
            let check = |_: &fs::File| {
                if refuses {
                    Err("not to be trusted".to_owned())
                } else {
                    Ok(())
                }
            };
            let unloadable = |why: String| LoadFailure::Unloadable {
                path: path.to_owned(),
                why,
            };
            match file.open(path, check) {
                Ok(Ok(Some(Content::Bytes(bytes)))) => Ok(bytes.to_vec()),
                Ok(Ok(Some(Content::File(mut file)))) => {
                    let mut bytes = Vec::new();
                    let read = file.read_to_end(&mut bytes);
                    read.map_err(|error| unloadable(error.to_string()))?;
                    Ok(bytes)
                }
                Ok(Ok(None)) => Err(LoadFailure::Replaced),
                Ok(Err(why)) => Err(unloadable(why)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    Err(LoadFailure::Replaced)
                }
                Err(error) => Err(unloadable(error.to_string())),
            }
        };
        let strange = |shape: &Shape| LoadFailure::Unloadable {
            path: known.path().to_owned(),
            why: format!("nobody wrote {shape:?}"),
        };
        match &known.record.value {
            Shape::Short(Short::Int(number)) => Ok(Value::Int(*number)),
            Shape::Result(index) => part(*index).map(Value::Bytes),
            Shape::Tuple(parts) => parts
                .iter()
                .map(|shape| match shape {
                    Shape::Result(index) => part(*index),
                    other => Err(strange(other)),
                })
                .collect::<Result<_, _>>()
                .map(Value::Rows),
            other => Err(strange(other)),
        }
    }

    fn reused(&mut self, _: &Arc<Record>) -> Result<(), String> {
        Ok(())
    }

    fn verify(&mut self) -> Result<Vec<String>, String> {
        Ok(std::mem::take(&mut self.histories))
    }

    fn present(&mut self) -> Result<Present, String> {
        let code = self.function.code.borrow();
        let arguments = self.arguments.borrow();
        Ok(Present {
            fingerprint: self.fingerprint(),
            label: None,
            code: code
                .iter()
                .map(|(name, number)| (name.clone(), Value::Int(*number).version()))
                .collect(),
            arguments: arguments
                .iter()
                .enumerate()
                .map(|(index, argument)| Argument {
                    name: format!("x{index}"),
                    version: Some(argument.version()),
                    short: format!("{argument:?}").chars().take(60).collect(),
                    origins: Vec::new(),
                    after: None,
                })
                .collect(),
            given: self.given(),
            sources: Vec::new(),
            files: Vec::new(),
        })
    }

    fn implicit(&mut self) -> Result<Vec<ImplicitNow>, String> {
        let inputs = self.implicit_of().into_iter();
        Ok(inputs
            .map(|implicit| ImplicitNow {
                implicit,
                read: true,
            })
            .collect())
    }

    fn is_running(&self, _: CallKey) -> bool {
        self.function.is_running.get()
    }

    fn is_nested(&self) -> bool {
        self.nested_here
    }

    fn pause(&mut self, time: Duration) -> Result<(), String> {
        self.pauses += 1;
        if let Some(act) = &mut self.on_pause {
            act(self.pauses, &self.arguments);
        }
        std::thread::sleep(time);
        Ok(())
    }

    fn run(&mut self, _: &Running) -> Result<Value, String> {
        self.function.runs.set(self.function.runs.get() + 1);
        if let Some((name, number)) = &*self.function.sets.borrow() {
            let mut globals = self.function.globals.borrow_mut();
            globals.insert(name.clone(), *number);
        }
        let arguments = self.arguments.borrow().clone();
        (self.function.body.borrow())(&arguments)
    }

    fn raised(&mut self, _: &Running) {
        self.function.raised.set(self.function.raised.get() + 1);
    }

    fn cutoff(&mut self) -> Result<Option<Cutoff>, String> {
        Ok(self.function.cutoff.get().map(|most| Cutoff {
            name: format!("within {most}"),
            version: Value::Int(most).version(),
        }))
    }

    fn places(
        &mut self,
        key: CallKey,
        record: &Record,
    ) -> Result<Option<Vec<Option<(PathBuf, bool)>>>, String> {
        let of = record.results.len();
        let version = self.function.persister_version();
        let mut results = record.results.iter();
        Ok(results
            .all(|result| result.persister_version == version)
            .then(|| {
                (0..of)
                    .map(|i| Some(self.function.target(key, i, of)))
                    .collect()
            }))
    }

    fn is_close(&mut self, old: &Value, new: &Value) -> Result<Judged, String> {
        if self.function.cutoff_fails.get() {
            return Ok(Judged::Failed("told to fail".to_owned()));
        }
        let most = self.function.cutoff.get().unwrap();
        let difference = match (old, new) {
            (Value::Int(old), Value::Int(new)) => (old - new).abs(),
            (Value::Bytes(old), Value::Bytes(new)) if old.len() == new.len() => {
                let pairs = old.iter().zip(new);
                let all = pairs.map(|(one, two)| (i64::from(*one) - i64::from(*two)).abs());
                all.max().unwrap_or(0)
            }
            _ => return Ok(Judged::Far),
        };
        Ok(match difference <= most {
            true => Judged::Close(Some(difference as f64)),
            false => Judged::Far,
        })
    }

    fn resume(&mut self, record: &Record) -> Result<Option<Reason>, String> {
        let states = record.arguments.iter().filter_map(|one| one.after.clone());
        if self.function.is_stuck.get() {
            return Ok(Some(Reason::NotResumed {
                name: "x0".to_owned(),
                why: "is stuck".to_owned(),
            }));
        }
        self.function.resumed.borrow_mut().extend(states);
        Ok(None)
    }

    fn changed(&mut self, _: &Value) -> Result<Vec<(String, Changed)>, String> {
        Ok(self.function.changes.borrow().clone())
    }

    fn nested(&mut self) -> Nested {
        self.function.nested.borrow().clone()
    }

    fn save(
        &mut self,
        key: CallKey,
        value: &Value,
        staging: &mut Staging,
    ) -> Result<Saved, NotSaved<String>> {
        let (value, results) = match value {
            Value::Int(number) => (Shape::Short(Short::Int(*number)), Vec::new()),
            Value::Bytes(bytes) => (
                Shape::Result(0),
                vec![self.part(bytes, 0, 1, key, staging)?],
            ),
            Value::Rows(rows) => (
                Shape::Tuple((0..rows.len()).map(Shape::Result).collect()),
                rows.iter()
                    .enumerate()
                    .map(|(index, row)| self.part(row, index, rows.len(), key, staging))
                    .collect::<Result<_, _>>()?,
            ),
        };
        Ok(Saved {
            value,
            results,
            written: Vec::new(),
            items: Vec::new(),
        })
    }

    fn not_saved(&mut self, value: Value, failure: NotSaved<String>) -> Result<Value, String> {
        let path = failure.path.unwrap_or_default();
        self.warnings.push(Warning::StoreUnusable {
            path,
            why: failure.why,
        });
        self.events.push(Event {
            function: self.function.made.name().to_owned(),
            ran: true,
            reasons: Vec::new(),
            seconds: 0.0,
            files: Vec::new(),
            kept: None,
        });
        Ok(value)
    }

    fn remember(&mut self, _: &Value, _: &Arc<Record>) -> Result<(), String> {
        Ok(())
    }

    fn code_texts(&mut self) -> Vec<(Version, CodeText)> {
        Vec::new()
    }

    fn environment(&mut self) -> Environment {
        Environment {
            language: "numbers and bytes".to_owned(),
            packages: BTreeMap::new(),
        }
    }

    fn warn(&mut self, warning: Warning) -> Result<(), String> {
        if self.refuses_warnings {
            return Err(warning.to_string());
        }
        self.warnings.push(warning);
        Ok(())
    }

    fn warn_only(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    fn wants_events(&self) -> bool {
        true
    }

    fn report(&mut self, event: Event) {
        self.events.push(event);
    }
}

/// Everything below a folder: name and content, sorted.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            let content = fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            found.insert(path, content);
        }
    }
    found
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Staged files that no record means.
pub fn staged_in_vain(folder: &Path) -> Vec<String> {
    let all = tree(folder);
    let texts = all
        .iter()
        .filter(|(path, _)| path.extension() == Some("json".as_ref()));
    let records: Vec<Record> = texts
        .filter_map(|(_, text)| Record::from_json(text).ok())
        .collect();
    let is_meant = |name: &String| {
        let mut results = records.iter().flat_map(|record| &record.results);
        results.any(|one| one.file.as_ref().is_some_and(|file| file.staged == *name))
    };
    let names = all.keys().filter_map(|path| path.file_name()?.to_str());
    names
        .filter(|name| name.starts_with(".remade-"))
        .map(ToOwned::to_owned)
        .filter(|name| !is_meant(name))
        .collect()
}

/// What a dead process left: the names that this process would give, with a number nobody has.
pub fn as_if_dead(staged: &str) -> String {
    let rest = staged.strip_prefix(".remade-").unwrap();
    let mut parts = rest.splitn(3, '-');
    let (host, _, unique) = (parts.next(), parts.next(), parts.next());
    format!(".remade-{}-{}-{}", host.unwrap(), DEAD, unique.unwrap())
}

/// The number of no process.
pub const DEAD: u32 = 0x3fff_fff0;
