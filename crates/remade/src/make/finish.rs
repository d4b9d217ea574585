//! What is done with a value that was just computed?

use super::keep::{self, Stays};
use super::{Changed, Face, Known, Made, NotSaved, Running, Saved, SavedResult, compared};
use crate::decide::Reason;
use crate::event::{Event, Warning};
use crate::record::{FORMAT, Implicit, Item, Kept, NeverFresh, Record, ResultFile, Shape};
use crate::source::SourceState;
use crate::stamp;
use crate::store::commit::{self, Committed, Staging};
use crate::store::key::NoKey;
use crate::store::pickled::Pickled;
use crate::store::prune::{self, Keep};
use crate::store::seal;
use crate::store::{files, layout};
use crate::version::{Encoder, Tag, Version};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Committing more bytes than this may take long enough for others to run meanwhile.
const LONG: u64 = 1 << 20;

/// Save, commit, forget, remember, report.
pub(super) fn finish<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    running: Running,
    value: F::Value,
) -> Result<F::Value, F::Error> {
    let seconds = running.began.elapsed().as_secs_f64();
    let called = running.called;
    let reasons = running.reasons.clone();
    let mut staging = Staging::new();
    let saved = (|| {
        let facts = after_run(made, face, running.implicit.clone(), &value)?;
        made.prepare()
            .map_err(|error| failed(made.store.root(), &error))?;
        let stays = keep::keep(made, face, &running, &facts, &value).map_err(raised)?;
        let (parts, kept, old) = match stays {
            Some(Stays {
                value,
                parts,
                kept,
                staging: carried,
            }) => {
                staging = carried;
                (parts, Some(kept), Some(value))
            }
            None => {
                let saved = face.save(running.key, &value, &mut staging)?;
                (saved_parts(made, face, saved, &staging)?, None, None)
            }
        };
        let pickles = parts.pickles.clone();
        let mut record = record_of(made, face, &running, facts, parts, kept, seconds)?;
        if let Err(no_key) = seal::seal(&mut record, &pickles) {
            tell_no_key(face, no_key);
        }
        write_code(made, face);
        let path = made.folder.record(record.key);
        let is_long = staging.size() > LONG || record.seconds > 1.0;
        let taken_at = stamp::now();
        let durable = face.durable();
        let work = || commit::commit(&made.store, &made.folder, staging, &mut record, durable);
        let committed = if is_long { face.detached(work) } else { work() };
        let committed = committed.map_err(|error| failed(&path, &error))?;
        let settled = committed.stamp.is_settled(taken_at);
        Ok((record, path, committed, settled, old))
    })();
    let (record, path, committed, settled, old) = match saved {
        Ok(saved) => saved,
        Err(failure) => {
            drop(running);
            report(made, face, called, reasons, Vec::new(), None);
            return face.not_saved(value, failure);
        }
    };
    tell(face, &path, &committed);
    // What could not be forgotten now is forgotten after the next run.
    let _ = prune::remember_newest(&made.store, &made.folder, record.key, made.keep);
    if made.keep == Keep::All && made.counts().1.is_power_of_two() {
        // Looking at each of many results after each run would cost more than it is worth.
        let _ = prune::tidy(&made.store, &made.folder);
    }
    for folder in record
        .results
        .iter()
        .filter_map(|result| result.file.as_ref().filter(|file| file.named))
        .filter_map(|file| Some(made.store.from_stored(&file.path).parent()?.to_owned()))
    {
        let _ = prune::sweep(&made.store, &folder);
    }
    let known = Arc::new(Known::new(
        record,
        path,
        (committed.stamp, settled),
        &made.store,
    ));
    made.known.insert(known.record.key, known.clone());
    drop(running.lock);
    let value = old.unwrap_or(value);
    face.remember(&value, &known.record)?;
    let kept = known.record.kept.as_ref().map(|kept| kept.by.clone());
    report(made, face, called, reasons, known.paths(), kept);
    Ok(value)
}

fn report<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    called: Instant,
    reasons: Vec<Reason>,
    files: Vec<PathBuf>,
    kept: Option<String>,
) {
    if face.wants_events() {
        face.report(Event {
            function: made.name.clone(),
            ran: true,
            reasons,
            seconds: called.elapsed().as_secs_f64(),
            files,
            kept,
        });
    }
}

fn failed<E>(path: &Path, error: &io::Error) -> NotSaved<E> {
    NotSaved {
        path: Some(path.to_owned()),
        why: error.to_string(),
        cause: None,
    }
}

fn raised<E>(error: E) -> NotSaved<E> {
    NotSaved {
        path: None,
        why: "its arguments could not be looked at after the run".to_owned(),
        cause: Some(error),
    }
}

/// What only the run could tell.
pub(super) struct AfterRun {
    implicit: Vec<Implicit>,
    pub(super) changed: Vec<(String, Changed)>,
}

/// What a record says of a value and its files.
pub(super) struct Parts {
    pub(super) value: Shape,
    pub(super) results: Vec<ResultFile>,
    pub(super) written: Vec<SourceState>,
    pub(super) items: Vec<Item>,
    /// Of each result that is a pickle to be sealed.
    pub(super) pickles: Vec<Option<Pickled>>,
}

fn saved_parts<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    saved: Saved,
    staging: &Staging,
) -> Result<Parts, NotSaved<F::Error>> {
    let mut results = Vec::with_capacity(saved.results.len());
    let mut pickles = Vec::with_capacity(saved.results.len());
    for result in saved.results {
        pickles.push(result.pickled);
        let file = if staging.size() > LONG {
            face.detached(|| result_file(made, result, staging))
        } else {
            result_file(made, result, staging)
        };
        results.push(file.map_err(|(path, error)| failed(&path, &error))?);
    }
    Ok(Parts {
        value: saved.value,
        results,
        written: saved.written,
        items: saved.items,
        pickles,
    })
}

fn after_run<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    before: Vec<super::ImplicitNow>,
    value: &F::Value,
) -> Result<AfterRun, NotSaved<F::Error>> {
    let changed = face.changed(value).map_err(raised)?;
    for (parameter, how) in &changed {
        let function = made.name.clone();
        let parameter = parameter.clone();
        match how {
            Changed::Lost => face.warn_only(Warning::ChangesArgument {
                function,
                parameter,
            }),
            Changed::Stuck(why) => face.warn_only(Warning::NotResumed {
                function,
                parameter,
                why: why.clone(),
            }),
            Changed::Returned | Changed::Advanced(_) => {}
        }
    }
    let after = face.implicit().map_err(raised)?;
    let mut implicit = Vec::with_capacity(before.len());
    for (input, read) in compared(before, &after) {
        if input.changed && read {
            face.warn_only(Warning::ReadsItsOutput {
                function: made.name.clone(),
                name: input.name.clone(),
            });
        }
        implicit.push(input);
    }
    Ok(AfterRun { implicit, changed })
}

fn record_of<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    running: &Running,
    facts: AfterRun,
    parts: Parts,
    kept: Option<Kept>,
    seconds: f64,
) -> Result<Record, NotSaved<F::Error>> {
    let nested = face.nested();
    let never_fresh = if let Some((name, why)) = &running.unversioned {
        Some(NeverFresh::Unversioned(name.clone(), why.clone()))
    } else if let Some(why) = facts.changed.iter().find_map(unrepeatable) {
        Some(why)
    } else {
        nested.unversioned.clone().map(NeverFresh::Nested)
    };
    let changed_returned = facts
        .changed
        .iter()
        .any(|(_, how)| *how == Changed::Returned);
    let never_fresh = match never_fresh {
        // What was changed here, in place of a part of it, may be changed nowhere in another call.
        None if !facts.changed.is_empty() && face.arguments_share().map_err(raised)? => {
            Some(shared(made, face, &facts.changed))
        }
        known => known,
    };
    let mut arguments = running.present.arguments.clone();
    for (name, how) in facts.changed {
        if let Changed::Advanced(state) = how
            && let Some(argument) = arguments.iter_mut().find(|one| one.name == name)
        {
            argument.after = Some(state);
        }
    }
    let environment = face.environment();
    Ok(Record {
        format: FORMAT,
        function: made.name.clone(),
        key: running.key,
        fingerprint: running.present.fingerprint,
        label: running.present.label.clone(),
        code: running.present.code.clone(),
        was: None,
        given: running.present.given,
        arguments,
        sources: running.present.sources.clone(),
        implicit: facts.implicit,
        nested,
        value: parts.value,
        results: parts.results,
        written: parts.written,
        items: parts.items,
        never_fresh,
        changed_returned,
        accepted: Vec::new(),
        kept,
        started: running.started.to_string(),
        seconds,
        host: crate::machine::host().to_owned(),
        pid: std::process::id(),
        language: environment.language,
        packages: environment.packages,
        boot: String::new(),
        synced: false,
    })
}

/// Why a run that did this to an argument cannot be repeated by a stored result.
fn unrepeatable((name, how): &(String, Changed)) -> Option<NeverFresh> {
    match how {
        Changed::Lost => Some(NeverFresh::Changed(name.clone())),
        Changed::Stuck(why) => Some(NeverFresh::Random(name.clone(), why.clone())),
        Changed::Returned | Changed::Advanced(_) => None,
    }
}

/// The same for arguments that share what the run changed.
fn shared<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    changed: &[(String, Changed)],
) -> NeverFresh {
    let is_random = |how: &Changed| matches!(how, Changed::Advanced(_));
    if let Some((name, _)) = changed.iter().find(|(_, how)| is_random(how)) {
        let why = "shares its state with another argument".to_owned();
        face.warn_only(Warning::NotResumed {
            function: made.name.clone(),
            parameter: name.clone(),
            why: why.clone(),
        });
        return NeverFresh::Random(name.clone(), why);
    }
    NeverFresh::Changed(changed[0].0.clone())
}

fn result_file<K: Default>(
    made: &Made<K>,
    result: SavedResult,
    staging: &Staging,
) -> Result<ResultFile, (PathBuf, io::Error)> {
    let file = match result.file {
        None => None,
        Some(file) => Some(
            staging
                .finish(file, &made.store, result.content)
                .map_err(|error| (staging.target(file).to_owned(), error))?,
        ),
    };
    let version = match (result.version, &file) {
        (Some(version), _) => version,
        (None, Some(file)) => persisted(result.persister_version, file.content),
        // A persister that keeps its content elsewhere and cannot tell it: each run counts as new.
        (None, None) => layout::unique(),
    };
    Ok(ResultFile {
        position: result.position,
        persister: result.persister,
        persister_version: result.persister_version,
        version,
        file,
    })
}

/// The version of what a persister gives back for a content.
pub fn persisted(persister: Version, content: Version) -> Version {
    let mut encoder = Encoder::new();
    encoder.begin(Tag::Persisted, 2);
    encoder.version(Tag::Version, persister);
    encoder.version(Tag::Version, content);
    encoder.finish()
}

/// The texts of the code, once for every fingerprint. They serve explanations only, so a failure
/// here costs nothing that matters.
pub(super) fn write_code<F: Face>(made: &Made<F::Kept>, face: &mut F) {
    let mut wrote = None;
    for (fingerprint, text) in face.code_texts() {
        let path = layout::code_path(made.store.root(), fingerprint);
        let Some(folder) = path.parent().filter(|_| !files::exists(&path)) else {
            continue;
        };
        if let Ok(json) = serde_json::to_vec_pretty(&text) {
            let _ =
                files::make_own_folder(folder).and_then(|()| files::write_if_missing(&path, &json));
            wrote = Some(path);
        }
    }
    if let Some(folder) = wrote.as_deref().and_then(Path::parent) {
        // Who died here before is found by whoever writes next.
        let _ = prune::sweep(&made.store, folder);
    }
}

/// Pickles stay without a seal. Of what a person can mend they hear, once.
fn tell_no_key<F: Face>(face: &mut F, no_key: NoKey) {
    if no_key.is_news()
        && let NoKey::Refused { path, why } = no_key
    {
        face.warn_only(Warning::KeyRefused { path, why });
    }
}

fn tell<F: Face>(face: &mut F, record: &Path, committed: &Committed) {
    if let Some(error) = &committed.unforced {
        face.warn_only(Warning::NotForced {
            path: record.to_owned(),
            why: error.to_string(),
        });
    }
    for (from, to) in &committed.moved {
        face.warn_only(Warning::MovedAside {
            from: from.clone(),
            to: to.clone(),
        });
    }
    if let Some((path, error)) = &committed.unfinished {
        face.warn_only(Warning::Unfinished {
            path: path.clone(),
            why: error.to_string(),
        });
    }
}
