//! May the stored result answer, and what is it?

use super::known::{self, Absent};
use super::{Face, Known, LoadFailure, Made};
use crate::call::CallKey;
use crate::decide::{self, Reason};
use crate::record::{Record, Unreadable};
use crate::store::commit::{self, Located};
use crate::store::lock::{self, Attempt};
use crate::store::{files, prune};
use std::path::{Path, PathBuf};
use std::sync::Arc;

type Reused<F> = (<F as Face>::Value, Arc<Known<<F as Face>::Kept>>);

/// A record that may answer, and where the files of its results are now where that is not where
/// they should be.
type Decided<K> = (Arc<Known<K>>, Vec<Option<PathBuf>>);

/// The stored result of a key, if it is fresh. Otherwise the reasons say why not; none are added
/// where there is no record.
pub(super) fn reuse<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    key: CallKey,
    reasons: &mut Vec<Reason>,
) -> Result<Option<Reused<F>>, F::Error> {
    // A commit of another process may replace record and files while we look: then look again.
    for attempt in 0.. {
        let Some((known, elsewhere)) = decide(made, face, key, reasons)? else {
            return Ok(None);
        };
        match load(face, &known, &elsewhere) {
            Ok(value) => {
                face.reused(&known.record)?;
                return Ok(Some((value, known)));
            }
            Err(LoadFailure::Raised(error)) => return Err(error),
            Err(LoadFailure::Replaced) if attempt < 10 => {}
            Err(LoadFailure::Replaced) => {
                reasons.push(Reason::Unloadable {
                    path: made.folder.record(key),
                    why: "it is replaced again and again".to_owned(),
                });
                return Ok(None);
            }
            Err(LoadFailure::Unloadable { path, why }) => {
                reasons.push(Reason::Unloadable { path, why });
                return Ok(None);
            }
        }
    }
    Ok(None)
}

fn load<F: Face>(
    face: &mut F,
    known: &Known<F::Kept>,
    elsewhere: &[Option<PathBuf>],
) -> Result<F::Value, LoadFailure<F::Error>> {
    // Most results are one file or none: no allocation for those.
    let path = |index: usize| -> Option<&Path> {
        let moved = elsewhere.get(index).and_then(Option::as_deref);
        moved.or_else(|| known.file(index).map(super::KnownFile::path))
    };
    match known.files.len() {
        0 => face.load(known, &[]),
        1 => face.load(known, &[path(0)]),
        many => {
            let paths: Vec<Option<&Path>> = (0..many).map(path).collect();
            face.load(known, &paths)
        }
    }
}

/// Whether the record of a key may answer. The order is from cheap to dear.
pub(super) fn decide<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    key: CallKey,
    reasons: &mut Vec<Reason>,
) -> Result<Option<Decided<F::Kept>>, F::Error> {
    let known = match made
        .known
        .find(key, || made.folder.record(key), &made.store)
    {
        Ok(known) => known,
        Err(Absent::None) => return Ok(None),
        Err(Absent::Unreadable(path, Unreadable::Damaged(why))) => {
            reasons.push(Reason::RecordDamaged { path, why });
            return Ok(None);
        }
        Err(Absent::Unreadable(_, Unreadable::Newer { found })) => {
            reasons.push(Reason::RecordNewer { found });
            return Ok(None);
        }
    };
    let record = &known.record;
    if record.key != key || record.function != made.name {
        reasons.push(Reason::RecordDamaged {
            path: made.folder.record(key),
            why: "it is the record of another call".to_owned(),
        });
        return Ok(None);
    }
    if let Some(reason) = decide::never_fresh(record) {
        reasons.push(reason);
        return Ok(None);
    }
    if let Some(reason) = face.persisters_agree(&known)? {
        reasons.push(reason);
        return Ok(None);
    }
    if record.changed_returned && face.arguments_share()? {
        reasons.push(Reason::Shared);
        return Ok(None);
    }
    if !record.implicit.is_empty() {
        reasons.extend(face.implicit_changes(&record.implicit)?);
    }
    nested_changes(made, face, record, reasons)?;
    if !reasons.is_empty() {
        return Ok(None);
    }
    if known
        .files
        .iter()
        .flatten()
        .all(super::KnownFile::is_as_recorded)
        && record.written.is_empty()
    {
        return Ok(Some((known, Vec::new())));
    }
    Ok(face.detached(|| find_files(made, known, reasons)))
}

fn nested_changes<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    record: &Record,
    reasons: &mut Vec<Reason>,
) -> Result<(), F::Error> {
    let nested = &record.nested;
    for (name, version) in &nested.functions {
        if face.nested_function(name)? != Some(*version) {
            reasons.push(Reason::NestedChanged { name: name.clone() });
        }
    }
    for input in nested.implicit.iter().filter(|input| !input.changed) {
        if face.nested_implicit(input)? != input.version {
            reasons.push(Reason::ImplicitChanged {
                name: input.name.clone(),
                from: Some(input.short.clone()),
                to: None,
            });
        }
    }
    for state in &nested.sources {
        if !made.store.is_still(state) {
            reasons.push(Reason::SourceChanged {
                path: state.path.clone(),
            });
        }
    }
    Ok(())
}

/// The slow way: the stamps do not agree, so the files are looked for and read.
fn find_files<K: Default>(
    made: &Made<K>,
    known: Arc<Known<K>>,
    reasons: &mut Vec<Reason>,
) -> Option<Decided<K>> {
    let mut elsewhere = Vec::with_capacity(known.files.len());
    let mut restamped = known.must_reread().then(|| known.record.clone());
    for (index, result) in known.record.results.iter().enumerate() {
        let Some(file) = &result.file else {
            elsewhere.push(None);
            continue;
        };
        let path = made.store.from_stored(&file.path);
        match commit::locate(&made.store, file, known.must_reread()) {
            Ok(Located::Here {
                path,
                stamp,
                restamp,
            }) => {
                let changed = stamp != file.stamp;
                if restamp || changed {
                    let record = restamped.get_or_insert_with(|| known.record.clone());
                    if let Some(file) = &mut record.results[index].file {
                        file.stamp = stamp;
                    }
                }
                elsewhere.push(Some(path));
            }
            Ok(Located::Missing) => reasons.push(Reason::ResultMissing { path }),
            Ok(Located::Changed) => reasons.push(Reason::ResultChanged { path }),
            Err(error) => reasons.push(Reason::Unloadable {
                path,
                why: error.to_string(),
            }),
        }
    }
    for state in &known.record.written {
        if !made.store.is_still(state) {
            let path = made.store.from_stored(&state.path);
            reasons.push(if path.exists() {
                Reason::ResultChanged { path }
            } else {
                Reason::ResultMissing { path }
            });
        }
    }
    if !reasons.is_empty() {
        return None;
    }
    match restamped {
        Some(mut record) => {
            record.boot = crate::machine::boot().to_owned();
            Some((restamp(made, known, record), elsewhere))
        }
        None => Some((known, elsewhere)),
    }
}

/// Writes what was learned about the files back into the record, unless somebody else is about to
/// write it. Where that cannot be done, the files are read again by the next process.
fn restamp<K: Default>(made: &Made<K>, known: Arc<Known<K>>, record: Record) -> Arc<Known<K>> {
    let key = record.key;
    let path = made.folder.record(key);
    let Attempt::Taken(_lock) = lock::attempt(&made.folder.lock(key)) else {
        return in_memory(made, record, path, &known);
    };
    let unchanged =
        known::read(&path).is_ok_and(|(present, _)| present.started == known.record.started);
    let written = record
        .to_json()
        .ok()
        .filter(|_| unchanged)
        .and_then(|text| files::replace(&path, &text, false).ok());
    match written {
        Some(stamp) => {
            let known = Arc::new(Known::new(record, path, stamp, &made.store, None));
            made.known.insert(key, known.clone());
            known
        }
        None => in_memory(made, record, path, &known),
    }
}

fn in_memory<K: Default>(
    made: &Made<K>,
    record: Record,
    path: PathBuf,
    known: &Known<K>,
) -> Arc<Known<K>> {
    let key = record.key;
    let known = Arc::new(Known::new(
        record,
        path,
        known.stamp(),
        &made.store,
        Some(crate::stamp::now()),
    ));
    made.known.insert(key, known.clone());
    known
}

/// The newest result, whatever it was called with.
pub(super) fn newest<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
) -> Result<Option<F::Value>, F::Error> {
    let keys = prune::newest_first(&made.folder).unwrap_or_default();
    for key in keys {
        let found = made
            .known
            .find(key, || made.folder.record(key), &made.store);
        let Ok(known) = found else { continue };
        let mut reasons = Vec::new();
        let found = face.detached(|| find_files(made, known, &mut reasons));
        let Some((known, elsewhere)) = found else {
            continue;
        };
        match load(face, &known, &elsewhere) {
            Ok(value) => return Ok(Some(value)),
            Err(LoadFailure::Raised(error)) => return Err(error),
            Err(LoadFailure::Replaced | LoadFailure::Unloadable { .. }) => {}
        }
    }
    Ok(None)
}
