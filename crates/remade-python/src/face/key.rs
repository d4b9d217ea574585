//! Which call is this: what are its arguments worth?

use pyo3::prelude::*;
use remade::call::CallKey;
use remade::make::Keyed;
use remade::version::Tag;

use super::Call;
use crate::code::Gathering;
use crate::value::{Unversioned, Walk};

impl<'py> Call<'_, 'py> {
    /// A walk that asks history, unless the function is to read everything.
    pub(super) fn asking_history(&self) -> Walk<'py> {
        let on = self.on;
        self.function.walk(!on.verify(), on.rerun_unknown())
    }

    pub(super) fn key(&mut self) -> PyResult<Keyed> {
        self.given = None;
        let gathering = Gathering::begin();
        let encoded = self.encode_all();
        self.prepared.argument_code.take(gathering);
        if let Some((parameter, why)) = encoded? {
            return Ok(Keyed::Unversioned { parameter, why });
        }
        let given = self.walk.encoder.finish();
        self.given = Some(given);
        Ok(Keyed::Known(CallKey::of(
            self.function.made.name_version(),
            self.prepared.fingerprint,
            given,
        )))
    }

    pub(super) fn encode_all(&mut self) -> Result<Option<(String, String)>, PyErr> {
        let py = self.py;
        let Call {
            walk,
            values,
            prepared,
            alarms,
            function,
            ..
        } = self;
        walk.clear();
        alarms.clear();
        for (name, value) in values.counting(&prepared.binder) {
            match walk.encode(value) {
                Ok(()) => {}
                Err(Unversioned::NoVersion { why, .. }) => return Ok(Some((name.to_owned(), why))),
                Err(Unversioned::Raised(error)) => return Err(error),
            }
            for alarm in walk.alarms.drain(..) {
                alarms.push(format!(
                    "the argument {name}{} ({})",
                    alarm.position, alarm.description
                ));
            }
        }
        for (index, depend) in function.depends.iter().enumerate() {
            match depend.encode(py, walk) {
                Ok(()) => {}
                Err(Unversioned::NoVersion { why, .. }) => {
                    return Ok(Some((depend.name(index), why)));
                }
                Err(Unversioned::Raised(error)) => return Err(error),
            }
        }
        if let Some((positional, names)) = prepared.binder.shape(self.args, self.kwargs)? {
            walk.encoder.begin(Tag::Named, names.len() + 1);
            walk.encoder.int(positional as i64);
            for name in &names {
                walk.encoder.text(name);
            }
        }
        Ok(None)
    }
}
