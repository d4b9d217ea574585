//! May a stored result stay, although something changed, because a person says so?

use super::explain::{nearest, objections};
use super::{
    Face, Keyed, Known, LoadFailure, Made, Wait, carry, end_histories, finish, reuse, take_lock,
};
use crate::call::CallKey;
use crate::decide::{Present, Reason};
use crate::record::{Accepted, Digest, Implicit, Item, Record};
use crate::stamp::Stamp;
use crate::store::{commit, seal};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What came of [`accept`].
#[derive(Debug)]
pub enum Acceptance {
    /// The call is fresh as it is.
    Needless,
    /// The stored result answers from here on. What had changed.
    Kept(Vec<Reason>),
    /// It may not answer: what else is different. Nothing was changed.
    Refused(Vec<Reason>),
    /// The store could not be written: which file, and why.
    Failed(PathBuf, io::Error),
}

/// Keeps the stored result of a call under the code of now, and takes over files that were corrected
/// by hand. `who` and `why` stand in the record from then on.
///
/// Code, the code of made functions called inside, and the content of result files may differ.
/// Arguments and inputs may not: such a result would be the result of another call.
///
/// # Errors
///
/// Those of the face.
pub fn accept<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    who: &str,
    why: &str,
) -> Result<Acceptance, F::Error> {
    // A record is started here: what is known by history is read in full, as before a run.
    end_histories(made, face)?;
    let key = match face.key()? {
        Keyed::Known(key) => key,
        Keyed::Unversioned { parameter, why } => {
            let reason = Reason::Unversioned {
                name: parameter,
                why,
            };
            return Ok(Acceptance::Refused(vec![reason]));
        }
    };
    let _lock = take_lock(made, face, key, Wait::UntilDone)?;
    let present = face.present()?;
    let mut reasons = Vec::new();
    let known = match reuse::record_of(made, face, key, &mut reasons)? {
        Some(known) => {
            reasons.extend(objections(made, face, &known)?);
            Some(known)
        }
        None => {
            let (known, differences) = nearest(made, face, &present, may_be_accepted)?;
            reasons.extend(differences);
            known
        }
    };
    if reasons.is_empty() {
        return Ok(Acceptance::Needless);
    }
    let implicit: Vec<Implicit> = face
        .implicit()?
        .into_iter()
        .map(|now| now.implicit)
        .collect();
    // A setting that the code of now does not read is a change of the code.
    let is_read_no_more = |reason: &Reason| match reason {
        Reason::ImplicitChanged { name, to: None, .. } => {
            implicit.iter().all(|input| input.name != *name)
                && known
                    .as_ref()
                    .is_some_and(|known| has_implicit(&known.record, name))
        }
        _ => false,
    };
    let refused: Vec<Reason> = reasons
        .iter()
        .filter(|reason| !may_be_accepted(reason) && !is_read_no_more(reason))
        .cloned()
        .collect();
    let Some(known) = known.filter(|_| refused.is_empty()) else {
        return Ok(Acceptance::Refused(refused));
    };
    let mut record = as_of_now(&known.record, key, present, implicit);
    for reason in &reasons {
        if let Reason::NestedChanged { name } = reason {
            match face.nested_function(name)? {
                Some(version) => record.nested.functions.insert(name.clone(), version),
                // What it is cannot be told, so it could not be compared later.
                None => return Ok(Acceptance::Refused(vec![reason.clone()])),
            };
        }
    }
    record.accepted.push(Accepted {
        who: who.to_owned(),
        when: jiff::Timestamp::now().to_string(),
        why: why.to_owned(),
        what: reasons.iter().map(ToString::to_string).collect(),
    });
    keep(made, face, &known, record, reasons)
}

/// Whether a person may say that it does not matter.
fn may_be_accepted(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::CodeChanged { .. }
            | Reason::LabelChanged { .. }
            | Reason::NestedChanged { .. }
            | Reason::ResultChanged { .. }
    )
}

fn has_implicit(record: &Record, name: &str) -> bool {
    record.implicit.iter().any(|input| input.name == name)
}

/// The inputs are those of now: equal to those of the run, but for those that only one of the two
/// codes reads.
fn as_of_now(
    record: &Record,
    key: CallKey,
    mut present: Present,
    mut implicit: Vec<Implicit>,
) -> Record {
    // The result goes with the state that its run left a random generator in.
    for argument in &mut present.arguments {
        let mut before = record.arguments.iter();
        let before = before.find(|before| before.name == argument.name);
        argument.after = before.and_then(|before| before.after.clone());
    }
    for input in &mut implicit {
        let mut before = record.implicit.iter();
        input.changed = before.any(|before| before.name == input.name && before.changed);
    }
    Record {
        key,
        fingerprint: present.fingerprint,
        label: present.label,
        code: present.code,
        arguments: present.arguments,
        given: present.given,
        sources: present.sources,
        implicit,
        ..record.clone()
    }
}

/// Makes sure that the result can be loaded, and commits.
fn keep<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    known: &Arc<Known<F::Kept>>,
    mut record: Record,
    reasons: Vec<Reason>,
) -> Result<Acceptance, F::Error> {
    let place = made.folder.record(record.key);
    let unloadable = |path, why| Ok(Acceptance::Refused(vec![Reason::Unloadable { path, why }]));
    let found = match face.detached(|| take_over_files(made, &mut record)) {
        Ok(found) => found,
        Err((path, error)) => return unloadable(path, error.to_string()),
    };
    // What was sealed for the old record is sealed for the new one; what a person changed was not.
    let pickles = face.detached(|| seal::proven(&known.record, &found));
    let _ = seal::seal(&mut record, &pickles);
    let stamp = known.stamp();
    let trial = Known::new(record.clone(), known.path().to_owned(), stamp, &made.store);
    let paths: Vec<_> = found.iter().map(Option::as_deref).collect();
    match face.load(&trial, &paths) {
        Ok(_) => {}
        Err(LoadFailure::Raised(error)) => return Err(error),
        Err(LoadFailure::Replaced) => return unloadable(place, "it is being replaced".to_owned()),
        Err(LoadFailure::Unloadable { path, why }) => return unloadable(path, why),
    }
    let was = known.record.key;
    match carry::carry(made, record, was, &found, face.durable()) {
        Ok(_) => {
            finish::write_code(made, face);
            Ok(Acceptance::Kept(reasons))
        }
        Err(error) => Ok(Acceptance::Failed(place, error)),
    }
}

/// Where the files of a record are. Those that are not what it says are taken for what they are now.
fn take_over_files<K: Default>(
    made: &Made<K>,
    record: &mut Record,
) -> Result<Vec<Option<PathBuf>>, (PathBuf, io::Error)> {
    let mut found = Vec::with_capacity(record.results.len());
    for index in 0..record.results.len() {
        let Some(file) = &record.results[index].file else {
            found.push(None);
            continue;
        };
        let path = made.store.from_stored(&file.path);
        let failed = |error| (path.clone(), error);
        let path = match commit::locate(&made.store, file, false).map_err(failed)? {
            commit::Located::Here {
                path,
                stamp,
                settled,
            } => {
                // It was copied or touched, and is what it was.
                if let Some(file) = &mut record.results[index].file
                    && settled
                {
                    file.stamp = stamp;
                }
                path
            }
            commit::Located::Missing => {
                return Err(failed(io::Error::from(io::ErrorKind::NotFound)));
            }
            commit::Located::Changed => {
                adopt(made, record, index).map_err(failed)?;
                path
            }
        };
        found.push(Some(path));
    }
    for state in &mut record.written {
        if !made.store.is_still(state) {
            let path = made.store.from_stored(&state.path);
            let now = crate::source::Source::new(path.clone())
                .version(made.store.project(), made.store.sources())
                .map_err(|error| (path, io::Error::other(error)))?;
            *state = now.state();
        }
    }
    Ok(found)
}

/// A corrected file is the result from here on, under the version of its own content.
fn adopt<K: Default>(made: &Made<K>, record: &mut Record, index: usize) -> io::Result<()> {
    let result = &mut record.results[index];
    let Some(file) = &mut result.file else {
        return Ok(());
    };
    let path = made.store.from_stored(&file.path);
    let stamp = Stamp::of_path(&path)?;
    let content = commit::content_of(&path, file.digest)?;
    let is_its_content = result.version == file.content;
    file.stamp = stamp;
    file.content = content;
    // What a person made is no old result that stayed by a cutoff.
    record.kept = None;
    result.version = if is_its_content {
        content
    } else {
        finish::persisted(result.persister_version, content)
    };
    let is_array = file.digest == Digest::Array;
    let position = result.position.clone();
    // What was in it is not in it any more; an array is its file.
    record
        .items
        .retain(|item| !item.position.starts_with(&position));
    if is_array && is_its_content {
        record.items.push(Item {
            position,
            version: content,
            content,
            code: None,
        });
    }
    Ok(())
}
