//! How is what was computed saved, or else handed on?

use pyo3::prelude::*;
use remade::call::CallKey;
use remade::event::Warning;
use remade::make::{NotSaved, Saved};
use remade::store::commit::Staging;
use std::path::PathBuf;

use super::Call;
use crate::errors;
use crate::output::Slot;
use crate::save::{self, Saver};

impl<'py> Call<'_, 'py> {
    /// The file that a slot of `output=` names for this call.
    pub(crate) fn file_of(&self, slot: &Slot) -> PyResult<Option<PathBuf>> {
        slot.file(&self.values, &self.prepared.binder, self.py)
    }

    pub(super) fn save(
        &mut self,
        key: CallKey,
        value: &Bound<'py, PyAny>,
        staging: &mut Staging,
    ) -> Result<Saved, NotSaved<PyErr>> {
        let mut saver = Saver {
            py: self.py,
            store: self.function.made.store(),
            folder: self.function.made.folder(),
            key,
            output: &self.function.output,
            prepared: &self.prepared,
            values: &self.values,
            staging,
            results: Vec::new(),
            items: Vec::new(),
            tracked: Vec::new(),
            masks: Vec::new(),
            is_plain: false,
        };
        let saved = saver.save(value)?;
        let masks = std::mem::take(&mut saver.masks);
        self.state.tracked = saver.tracked;
        for (position, persister) in masks {
            self.warn_only(Warning::MaskAsNumbers {
                function: self.function.made.name().to_owned(),
                position,
                persister,
            });
        }
        Ok(saved)
    }

    pub(super) fn not_saved(
        &mut self,
        value: Bound<'py, PyAny>,
        failure: NotSaved<PyErr>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.tell_callers(|caller| caller.note_unrecorded(self.function.made.name()))?;
        let NotSaved { path, why, cause } = failure;
        match cause {
            Some(error) if !save::is_ordinary(self.py, &error) => Err(error),
            cause => {
                // That the store cannot be used was said before the run, once for all calls.
                let store = self.function.made.store();
                let in_store = path.as_ref().is_some_and(|p| p.starts_with(store.root()));
                let told = in_store && store.was_warned_of();
                let place = path.map_or_else(String::new, |path| format!(" in {}", path.display()));
                let text = format!(
                    "{}: the result could not be saved{place}: {why}",
                    self.function.made.name()
                );
                if self.on.raise_errors() {
                    return Err(errors::save_error(&value, text, cause));
                }
                if told {
                    return Ok(value);
                }
                let text = format!("{text}. It was computed and is returned all the same.");
                errors::warn_only(self.py, &text);
                Ok(value)
            }
        }
    }
}
