//! How does a stored result answer a call?

use pyo3::prelude::*;
use remade::decide::Reason;
use remade::event::Warning;
use remade::make::{Known, LoadFailure};
use remade::record::Record;
use std::path::Path;
use std::sync::Arc;

use super::Call;
use super::remember::remember_loaded;
use crate::load::{Kept, Loader};
use crate::registry;
use crate::value::random;

impl<'py> Call<'_, 'py> {
    pub(super) fn load(
        &mut self,
        known: &Known<Kept>,
        paths: &[Option<&Path>],
    ) -> Result<Bound<'py, PyAny>, LoadFailure<PyErr>> {
        let loader = Loader {
            py: self.py,
            known,
            paths,
            output: &self.function.output,
            persisters: &self.prepared.persisters,
        };
        let value = loader.load()?;
        if !known.record.written.is_empty() {
            let store = self.function.made.store();
            crate::files::relocate(&value, &known.record.written, store)
                .map_err(LoadFailure::Raised)?;
        }
        if !known.record.results.is_empty() {
            let store = self.function.made.store();
            remember_loaded(&value, &known.record, store).map_err(LoadFailure::Raised)?;
        }
        Ok(value)
    }

    pub(super) fn resume(&mut self, record: &Record) -> PyResult<Option<Reason>> {
        if !record.moves_arguments() {
            return Ok(None);
        }
        let mut resumed = Vec::with_capacity(1);
        let mut moved = Vec::with_capacity(1);
        for (name, value) in self.values.each(&self.prepared.binder)? {
            let recorded = record.arguments.iter().find(|one| one.name == name);
            let Some(state) = recorded.and_then(|one| one.after.as_deref()) else {
                continue;
            };
            match random::Resumed::new(&value, state)? {
                Some(one) => resumed.push(one),
                None => {
                    let why = "cannot be put into the state that the record tells".to_owned();
                    return Ok(Some(Reason::NotResumed { name, why }));
                }
            }
            moved.push(value);
        }
        for one in resumed {
            one.set()?;
        }
        // What a generator is a part of may be known by history.
        registry::verify_sharing(&moved)?;
        Ok(None)
    }

    pub(super) fn reused(&mut self, record: &Arc<Record>) -> PyResult<()> {
        for what in std::mem::take(&mut self.alarms) {
            self.warn(Warning::ChainBroken {
                function: self.function.made.name().to_owned(),
                what,
            })?;
        }
        self.tell_callers(|caller| {
            caller.note(self.function, self.state.identity, record);
        })
    }
}
