//! What is a made function whose every part a test can change?

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use remade::call::CallKey;
use remade::decide::Reason;
use remade::make::{Changed, Face, Former, Keyed, Made};
use remade::record::{Nested, Record};
use remade::store::prune::Keep;
use remade::store::{Durable, Store, files};
use remade::version::Version;

use super::asked::Asked;
use super::value::{Value, bytes_of};

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

/// The body that returns so many bytes that tell the number it was given.
pub fn numbers_to_bytes(length: usize) -> impl Fn(&[Value]) -> Result<Value, String> + 'static {
    move |arguments| match arguments[0] {
        Value::Int(number) => Ok(Value::Bytes(bytes_of(number, length))),
        _ => Err("numbers only".to_owned()),
    }
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

    pub(super) fn target(&self, key: CallKey, index: usize, of: usize) -> (PathBuf, bool) {
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

    pub(super) fn persister_version(&self) -> Version {
        Value::Int(self.persister.get()).version()
    }
}
