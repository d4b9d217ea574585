//! What is a call, in Rust, and what else can be asked of a made function?

mod face;

use super::arguments::{Arguments, Each};
use super::errors::{Answer, CallError, Error};
use super::frame::{Callers, Entered};
use super::function::Function;
use super::made::{History, Made};
use super::output::{Never, Output, Places, Slot};
use crate::make::{self, Explanation, LoadFailure};
use crate::record::{Nested, Record};
use crate::version::Version;
use std::marker::PhantomData;
use std::sync::Arc;

/// One call of a made function.
struct Call<A, R, E, O, G, W, B> {
    function: &'static Function,
    /// None: the run has taken them.
    arguments: Option<A>,
    give: G,
    word: W,
    body: B,
    output: O,
    forced: bool,
    given: Option<Version>,
    slots: Option<Vec<Slot>>,
    places: Option<Places>,
    ended: Vec<String>,
    callers: Callers,
    entered: Option<Entered>,
    /// What a run drew from outside. A fresh call has none, and makes no room for it.
    nested: Option<Box<Nested>>,
    /// The record of what is returned.
    record: Option<Arc<Record>>,
    returns: PhantomData<(R, E)>,
}

/// Calls a made function.
pub fn call<A, R, E, O: Output<R>>(
    function: &'static Function,
    forced: bool,
    arguments: A,
    give: impl Fn(&A, &mut Arguments<'_>),
    word: impl Fn(&A, &str) -> Option<String>,
    body: impl Fn(A) -> Result<R, E>,
    output: O,
) -> Result<Made<R>, CallError<E>> {
    let mut call = Call::new(function, arguments, give, word, body, output);
    call.forced = forced;
    let value = make::call(&function.made, &mut call)?;
    Ok(Made::new(value, call.history()))
}

/// Why a call would run.
pub fn explain<A, R, O: Output<R>>(
    function: &'static Function,
    arguments: A,
    give: impl Fn(&A, &mut Arguments<'_>),
    word: impl Fn(&A, &str) -> Option<String>,
    output: O,
) -> Result<Explanation, Error> {
    let mut call = Call::new(function, arguments, give, word, runs_nothing, output);
    call.callers.note_look(function, "explain");
    make::explain(&function.made, &mut call).map_err(Answer::from_call)
}

/// Whether a call would be answered from the store.
pub fn check<A, R, O: Output<R>>(
    function: &'static Function,
    arguments: A,
    give: impl Fn(&A, &mut Arguments<'_>),
    word: impl Fn(&A, &str) -> Option<String>,
    output: O,
) -> Result<bool, Error> {
    let mut call = Call::new(function, arguments, give, word, runs_nothing, output);
    call.callers.note_look(function, "check");
    make::check(&function.made, &mut call).map_err(Answer::from_call)
}

/// The newest result. None: there is none.
pub fn load<R, O: Output<R>>(
    function: &'static Function,
    output: O,
) -> Result<Option<Made<R>>, Error> {
    let give = |(): &(), _: &mut Arguments<'_>| {};
    let word = |(): &(), _: &str| None;
    let mut call = Call::new(function, (), give, word, runs_nothing, output);
    call.callers.note_look(function, "load");
    match make::newest(&function.made, &mut call).map_err(Answer::from_call)? {
        Ok(value) => Ok(Some(Made::new(value, call.history()))),
        Err(none) if none.reasons.is_empty() => Ok(None),
        Err(none) => Err(Error::Newest(none)),
    }
}

/// Hands an answer to the caller, as the type of the function has it.
pub fn answer<R, E, F: Answer<E>>(answer: Result<Made<R>, CallError<E>>) -> Result<Made<R>, F> {
    answer.map_err(F::from_call)
}

/// Those who only look have no body to run.
fn runs_nothing<A, R>(_: A) -> Result<R, std::convert::Infallible> {
    unreachable!("a call that only looks runs nothing")
}

impl<A, R, E, O, G, W, B> Call<A, R, E, O, G, W, B>
where
    O: Output<R>,
    G: Fn(&A, &mut Arguments<'_>),
    W: Fn(&A, &str) -> Option<String>,
    B: Fn(A) -> Result<R, E>,
{
    fn new(
        function: &'static Function,
        arguments: A,
        give: G,
        word: W,
        body: B,
        output: O,
    ) -> Self {
        Call {
            function,
            arguments: Some(arguments),
            give,
            word,
            body,
            output,
            forced: false,
            given: None,
            slots: None,
            places: None,
            ended: Vec::new(),
            callers: Callers::of(function),
            entered: None,
            nested: None,
            record: None,
            returns: PhantomData,
        }
    }

    /// Of what is returned.
    fn history(&mut self) -> Option<History> {
        let record = self.record.take()?;
        History::of(record, self.function.made.store(), String::new())
    }

    /// The persisters, once for a call.
    fn slots(&mut self) -> &[Slot] {
        self.slots.get_or_insert_with(|| {
            let mut slots = Vec::new();
            self.output.slots(&mut slots);
            slots
        })
    }

    /// Where the results of this call go. Arguments that are in the names are needed for that, so it
    /// is asked before the run takes them.
    fn places(&mut self) -> Result<&Places, Error> {
        if self.places.is_none() {
            self.slots();
            let slots = self.slots.as_deref().unwrap_or_default();
            let word = |name: &str| {
                let arguments = self.arguments.as_ref()?;
                (self.word)(arguments, name)
            };
            self.places = Some(Places::new(self.function, slots, word)?);
        }
        Ok(self.places.get_or_insert_default())
    }

    /// The arguments, each for itself.
    fn each(&self) -> Each {
        let mut arguments = Arguments::each(self.function);
        if let Some(given) = &self.arguments {
            (self.give)(given, &mut arguments);
        }
        arguments.into_each()
    }

    fn raise(failure: LoadFailure<Never>) -> LoadFailure<CallError<E>> {
        match failure {
            LoadFailure::Replaced => LoadFailure::Replaced,
            LoadFailure::Unloadable { path, why } => LoadFailure::Unloadable { path, why },
            LoadFailure::Raised(never) => match never {},
        }
    }
}
