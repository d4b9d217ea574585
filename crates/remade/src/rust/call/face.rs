//! What does the engine ask of a call in Rust?
//!
//! A value that is lent to a run cannot be changed by it, and one that is given away is nobody's any
//! more: so of the questions about what a run did to its arguments most have one answer.

use super::Call;
use crate::call::CallKey;
use crate::decide::{Present, Reason};
use crate::event::{Event, Warning};
use crate::make::{
    Changed, CodeText, Cutoff, Environment, Face, ImplicitNow, Judged, Keyed, Known, LoadFailure,
    NotSaved, Running, Saved,
};
use crate::record::{Implicit, Nested, Record};
use crate::rust::arguments::Arguments;
use crate::rust::code::Code;
use crate::rust::errors::{CallError, Error};
use crate::rust::frame::Entered;
use crate::rust::function::identity_of;
use crate::rust::listen;
use crate::rust::output::chosen::chosen_version;
use crate::rust::output::{Loader, Output, Place, Places, Saver};
use crate::store::commit::Staging;
use crate::version::Version;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

impl<A, R, E, O, G, W, B> Face for Call<A, R, E, O, G, W, B>
where
    O: Output<R>,
    G: Fn(&A, &mut Arguments<'_>),
    W: Fn(&A, &str) -> Option<String>,
    B: Fn(A) -> Result<R, E>,
{
    type Value = R;
    type Error = CallError<E>;
    type Kept = ();

    fn key(&mut self) -> Result<Keyed, CallError<E>> {
        self.given = None;
        let mut arguments = Arguments::keyed(self.function);
        if let Some(given) = &self.arguments {
            (self.give)(given, &mut arguments);
        }
        Ok(match arguments.version() {
            Ok(given) => {
                self.given = Some(given);
                let name = self.function.made.name_version();
                Keyed::Known(CallKey::of(name, self.fingerprint(), given))
            }
            Err((parameter, why)) => Keyed::Unversioned { parameter, why },
        })
    }

    fn fingerprint(&self) -> Version {
        self.function.fingerprint()
    }

    fn is_forced(&self) -> bool {
        self.forced
    }

    fn implicit_changes(&mut self, _: &[Implicit]) -> Result<Vec<Reason>, CallError<E>> {
        Ok(Vec::new())
    }

    fn nested_function(&mut self, name: &str) -> Result<Option<Version>, CallError<E>> {
        if identity_of(name).is_none() {
            // It may not have been used yet; one that this function names is known all the same.
            let codes = self.function.reached.codes.iter();
            codes.filter_map(|code| code.prepare).for_each(|one| one());
        }
        Ok(identity_of(name))
    }

    fn nested_implicit(&mut self, _: &Implicit) -> Result<Option<Version>, CallError<E>> {
        Ok(None)
    }

    fn persisters_agree(&mut self, known: &Known<()>) -> Result<Option<Reason>, CallError<E>> {
        let results = &known.record.results;
        if let Some(names) = self.output.chosen() {
            for result in results {
                if let Some(file) = result.file.as_ref().filter(|file| file.named) {
                    return Ok(Some(Reason::AskedElsewhere {
                        from: file.path.clone(),
                        to: CHOSEN.to_owned(),
                    }));
                }
                let is_chosen = |name: &&str| result.persister_version == chosen_version(name);
                if !names.iter().any(is_chosen) {
                    return Ok(Some(changed(&result.persister, "one that remade chooses")));
                }
            }
            return Ok(None);
        }
        self.places()?;
        let (slots, places) = (self.slots.as_deref(), self.places.as_ref());
        let (Some(slots), Some(places)) = (slots, places) else {
            return Ok(None);
        };
        if results.len() != slots.len() {
            return Ok(Some(changed("an output of another structure", "output")));
        }
        for (index, (slot, result)) in slots.iter().zip(results).enumerate() {
            if result.persister_version != slot.version {
                return Ok(Some(changed(&result.persister, &slot.name)));
            }
            let Some(file) = &result.file else { continue };
            let to = match places.get(index) {
                Some(Place::Named(path)) => self.function.made.store().to_stored(path),
                _ if file.named => CHOSEN.to_owned(),
                _ => continue,
            };
            if file.path != to {
                let from = file.path.clone();
                return Ok(Some(Reason::AskedElsewhere { from, to }));
            }
        }
        Ok(None)
    }

    fn arguments_share(&mut self) -> Result<bool, CallError<E>> {
        Ok(false)
    }

    fn load(
        &mut self,
        known: &Known<()>,
        paths: &[Option<&Path>],
    ) -> Result<R, LoadFailure<CallError<E>>> {
        let loader = Loader {
            function: self.function,
            known,
            paths,
        };
        let value = self.output.load(&known.record.value, &loader);
        let value = value.map_err(Self::raise)?;
        self.record = Some(known.record.clone());
        Ok(value)
    }

    fn resume(&mut self, _: &Record) -> Result<Option<Reason>, CallError<E>> {
        Ok(None)
    }

    fn reused(&mut self, record: &Arc<Record>) -> Result<(), CallError<E>> {
        self.callers.note(self.function, record);
        Ok(())
    }

    fn verify(&mut self) -> Result<Vec<String>, CallError<E>> {
        // Only what has interior mutability can have changed, and only those who ask read for it.
        if !self.function.verify {
            return Ok(Vec::new());
        }
        let ended = self.each().ended;
        let is_news = |what: &String| !self.ended.contains(what);
        let news: Vec<String> = ended.into_iter().filter(is_news).collect();
        self.ended.extend(news.iter().cloned());
        Ok(news)
    }

    fn present(&mut self) -> Result<Present, CallError<E>> {
        // A file name that cannot be is told before the run, not after it.
        self.places()?;
        let each = self.each();
        Ok(Present {
            fingerprint: self.fingerprint(),
            label: self.function.options.label.clone(),
            code: self.function.reached.by_name(),
            arguments: each.arguments,
            given: self.given,
            sources: each.sources,
            files: each.files,
        })
    }

    fn implicit(&mut self) -> Result<Vec<ImplicitNow>, CallError<E>> {
        Ok(Vec::new())
    }

    fn is_running(&self, key: CallKey) -> bool {
        self.callers.run(key)
    }

    fn is_nested(&self) -> bool {
        self.callers.are_any()
    }

    fn pause(&mut self, time: Duration) -> Result<(), CallError<E>> {
        std::thread::sleep(time);
        Ok(())
    }

    fn run(&mut self, running: &Running) -> Result<R, CallError<E>> {
        let Some(arguments) = self.arguments.take() else {
            // The engine runs a call once; a second run would need what the first one has taken.
            return Err(CallError::Remade(Error::Options {
                function: self.function.name().to_owned(),
                expected: "one run of a call".to_owned(),
                found: "a second one".to_owned(),
            }));
        };
        self.entered = Some(Entered::new(running.key(), self.function));
        let returned = (self.body)(arguments);
        // Should the body panic, the frame ends with the call.
        if let Some(entered) = self.entered.take() {
            self.nested = Some(Box::new(entered.frame().nested()));
        }
        returned.map_err(CallError::Function)
    }

    fn raised(&mut self, running: &Running) {
        let sources = &running.present().sources;
        let nested = self.nested();
        self.callers
            .note_parts(self.function, sources, &nested, running.is_versioned());
    }

    fn changed(&mut self, _: &R) -> Result<Vec<(String, Changed)>, CallError<E>> {
        Ok(Vec::new())
    }

    fn nested(&mut self) -> Nested {
        self.nested.as_deref().cloned().unwrap_or_default()
    }

    fn save(
        &mut self,
        key: CallKey,
        value: &R,
        staging: &mut Staging,
    ) -> Result<Saved, NotSaved<CallError<E>>> {
        let nowhere = Places::default();
        let mut saver = Saver {
            function: self.function,
            key,
            places: self.places.as_ref().unwrap_or(&nowhere),
            staging,
            results: Vec::new(),
            written: Vec::new(),
            items: Vec::new(),
            position: String::new(),
        };
        let shape = self.output.save(value, &mut saver);
        let shape = shape.map_err(|NotSaved { path, why, .. }| NotSaved {
            path,
            why,
            cause: None,
        })?;
        Ok(Saved {
            value: shape,
            results: saver.results,
            written: saver.written,
            items: saver.items,
        })
    }

    fn not_saved(&mut self, value: R, failure: NotSaved<CallError<E>>) -> Result<R, CallError<E>> {
        self.callers.note_unrecorded(self.function.name());
        let store = self.function.made.store();
        let in_store = failure.path.as_ref();
        let in_store = in_store.is_some_and(|path| path.starts_with(store.root()));
        // That the store cannot be used was said before the run, once for all calls.
        if !(in_store && store.was_warned_of()) {
            listen::warn(&Warning::NotSaved {
                function: self.function.name().to_owned(),
                path: failure.path,
                why: failure.why,
            });
        }
        Ok(value)
    }

    fn remember(&mut self, _: &R, record: &Arc<Record>) -> Result<(), CallError<E>> {
        self.record = Some(record.clone());
        self.callers.note(self.function, record);
        Ok(())
    }

    fn cutoff(&mut self) -> Result<Option<Cutoff>, CallError<E>> {
        Ok(None)
    }

    fn places(
        &mut self,
        _: CallKey,
        _: &Record,
    ) -> Result<Option<Vec<Option<(PathBuf, bool)>>>, CallError<E>> {
        Ok(None)
    }

    fn is_close(&mut self, _: &R, _: &R) -> Result<Judged, CallError<E>> {
        Ok(Judged::Far)
    }

    fn code_texts(&mut self) -> Vec<(Version, CodeText)> {
        let text = |code: &&'static Code| {
            let text = CodeText {
                name: code.name(),
                file: Some(code.file.to_owned()),
                line: code.line,
                source: Some(code.source.to_owned()),
                normal: None,
                names: BTreeMap::new(),
            };
            (code.version(), text)
        };
        self.function.reached.codes.iter().map(text).collect()
    }

    fn not_followed(&mut self) -> Vec<String> {
        let reached = &self.function.reached;
        let mut sentences = Vec::new();
        for (name, found) in &reached.taken_for {
            sentences.push(format!(
                "the module {name} in depends is not marked with #[remade::code], or has another name \
                 ({found}), so the executable stands for it"
            ));
        }
        if reached.executable.is_some() && reached.taken_for.is_empty() {
            sentences.push(
                "it names no depends, so the executable stands for all that it calls".to_owned(),
            );
        }
        if let Some(why) = &reached.unreadable {
            sentences.push(format!("the executable cannot be read: {why}"));
        }
        sentences
    }

    fn environment(&mut self) -> Environment {
        Environment {
            language: self.function.options.language.to_owned(),
            packages: BTreeMap::new(),
        }
    }

    fn warn(&mut self, warning: Warning) -> Result<(), CallError<E>> {
        self.warn_only(warning);
        Ok(())
    }

    fn warn_only(&mut self, warning: Warning) {
        let is_asked_for =
            self.function.rerun_unknown && matches!(warning, Warning::Unversioned { .. });
        if !is_asked_for && self.function.is_news(&warning) {
            listen::warn(&warning);
        }
    }

    fn wants_events(&self) -> bool {
        listen::anybody_listens()
    }

    fn report(&mut self, event: Event) {
        listen::tell(&event);
    }
}

/// Where a file lies that its user gave no name.
const CHOSEN: &str = "a name that remade chooses";

fn changed(from: &str, to: &str) -> Reason {
    Reason::PersisterChanged {
        from: from.to_owned(),
        to: to.to_owned(),
    }
}
