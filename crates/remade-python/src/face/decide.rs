//! Are the inputs, persisters and nested calls of a record as they were?

use pyo3::prelude::*;
use remade::decide::Reason;
use remade::make::Known;
use remade::record::{Implicit, Locator};
use remade::version::Version;

use super::{Call, is_constant};
use crate::code;
use crate::load::Kept;
use crate::output::{Place, Tree};
use crate::registry;
use crate::save;
use crate::value::{Kind, Unversioned, kind, short_form};

impl<'py> Call<'_, 'py> {
    pub(super) fn implicit_changes(&mut self, recorded: &[Implicit]) -> PyResult<Vec<Reason>> {
        let prepared = self.prepared.clone();
        let mut reasons = Vec::new();
        for (place, before) in recorded.iter().enumerate() {
            if before.changed {
                continue;
            }
            let inputs = prepared.code.implicit();
            let same_place = inputs.get(place).filter(|input| input.name == before.name);
            let input = same_place.or_else(|| inputs.iter().find(|i| i.name == before.name));
            let (version, to) = match input {
                Some(input) => (self.implicit_now(input)?.0, input.get(self.py)),
                None => (None, None),
            };
            if version != before.version {
                reasons.push(Reason::ImplicitChanged {
                    name: before.name.clone(),
                    from: Some(before.short.clone()),
                    to: to.map(|value| short_form(&value)),
                });
            }
        }
        Ok(reasons)
    }

    pub(super) fn nested_implicit(&mut self, input: &Implicit) -> PyResult<Option<Version>> {
        let Some(Locator { module, path }) = &input.locator else {
            return Ok(None);
        };
        let Some(value) = code::locate(self.py, module, path) else {
            return Ok(None);
        };
        let mut walk = self.asking_history();
        walk.rerun_unknown = false;
        match walk.encode(&value) {
            Ok(()) if walk.alarms.is_empty() => Ok(Some(walk.version())),
            Ok(()) | Err(Unversioned::NoVersion { .. }) => self.content_in_part(&value),
            Err(Unversioned::Raised(error)) => Err(error),
        }
    }

    pub(super) fn persisters_agree(&mut self, known: &Known<Kept>) -> PyResult<Option<Reason>> {
        if known.kept.agrees(self.prepared.identity) {
            return Ok(None);
        }
        let function = self.function;
        let results = &known.record.results;
        if let Tree::Choose = function.output.tree {
            for result in results {
                let elsewhere = result.file.as_ref().filter(|file| file.named);
                if let Some(file) = elsewhere {
                    return Ok(Some(Reason::AskedElsewhere {
                        from: file.path.clone(),
                        to: "a name that remade chooses".to_owned(),
                    }));
                }
                if result.persister_version != save::chosen(&result.persister) {
                    return Ok(Some(other_persister(
                        &result.persister,
                        "one that remade chooses",
                    )));
                }
            }
            known.kept.agree(self.prepared.identity);
            return Ok(None);
        }
        if results.len() != function.output.slots.len() {
            return Ok(Some(other_persister(
                "output= of another structure",
                "output=",
            )));
        }
        let slots = function.output.slots.iter().zip(&self.prepared.persisters);
        for ((slot, version), result) in slots.zip(results) {
            if result.persister_version != *version {
                return Ok(Some(other_persister(
                    &result.persister,
                    &slot.name(self.py),
                )));
            }
            let named = slot.file(&self.values, &self.prepared.binder, self.py)?;
            let (from, to) = match (&result.file, named, &slot.place) {
                (Some(file), Some(path), _) => {
                    (file.path.clone(), function.made.store().to_stored(&path))
                }
                (Some(file), None, Place::Chosen) if file.named => {
                    (file.path.clone(), "a name that remade chooses".to_owned())
                }
                (None, Some(path), _) => {
                    ("no file".to_owned(), function.made.store().to_stored(&path))
                }
                _ => continue,
            };
            if from != to {
                return Ok(Some(Reason::AskedElsewhere { from, to }));
            }
        }
        known.kept.agree(self.prepared.identity);
        Ok(None)
    }

    pub(super) fn arguments_share(&mut self) -> PyResult<bool> {
        let mut all = Vec::with_capacity(2);
        for (_, value) in self.values.counting(&self.prepared.binder) {
            if !is_constant(value)? {
                all.push(value.clone());
            }
        }
        if let [one] = &all[..]
            && matches!(kind::of(one)?, Kind::Random(_))
        {
            return Ok(false); // no need to look: there is nothing to share with
        }
        registry::has_aliases(&all)
    }
}

fn other_persister(from: &str, to: &str) -> Reason {
    Reason::PersisterChanged {
        from: from.to_owned(),
        to: to.to_owned(),
    }
}
