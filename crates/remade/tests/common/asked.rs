//! What is one call, with all that a test may say of it?

use std::cell::RefCell;

use remade::decide::Reason;
use remade::event::{Event, Warning};
use remade::make::{self, Opened, Wait};

use super::function::Function;
use super::value::Value;

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
}
