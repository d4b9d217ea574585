//! What would another language have to say of a call?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use remade::call::CallKey;
use remade::decide::{self, Present, Reason};
use remade::event::{Event, Warning};
use remade::make::{
    Changed, CodeText, Cutoff, Environment, Face, Former, ImplicitNow, Judged, Keyed, Known,
    LoadFailure, NotSaved, Running, Saved,
};
use remade::record::{Argument, Implicit, Nested, Record};
use remade::store::Durable;
use remade::store::commit::Staging;
use remade::version::{Encoder, Tag, Version};

use super::asked::Asked;
use super::kept;
use super::value::Value;

impl Face for Asked<'_> {
    type Value = Value;
    type Error = String;
    type Kept = ();

    fn fingerprint(&self) -> Version {
        let mut encoder = Encoder::new();
        for (name, number) in self.function.code.borrow().iter() {
            encoder.text(name);
            encoder.int(*number);
        }
        encoder.finish()
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
            encoder.version(Tag::Version, argument.version());
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
        kept::load(self.function, known, paths)
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
        Ok(match old.difference(new) {
            Some(difference) if difference <= most => Judged::Close(Some(difference as f64)),
            _ => Judged::Far,
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
        kept::save(self.function, key, value, staging)
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

impl Asked<'_> {
    fn given(&self) -> Option<Version> {
        let mut encoder = Encoder::new();
        for argument in self.arguments.borrow().iter() {
            encoder.version(Tag::Version, argument.version());
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
}
