//! May the stored result answer, and what is it?

use super::known::{self, Absent};
use super::{Face, Known, LoadFailure, Made, takeover};
use crate::call::CallKey;
use crate::decide::{self, Reason};
use crate::event::Warning;
use crate::record::{Record, Unreadable};
use crate::stamp::{self, Stamp};
use crate::store::commit::{self, Located};
use crate::store::durable::{self, Durable};
use crate::store::files;
use crate::store::lock::{self, Attempt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A record of the function, with what the face keeps beside it.
type KnownOf<F> = Arc<Known<<F as Face>::Kept>>;

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
                if let Some(reason) = face.resume(&known.record)? {
                    reasons.push(reason);
                    return Ok(None);
                }
                face.reused(&known.record)?;
                return Ok(Some((value, known)));
            }
            Err(LoadFailure::Raised(error)) => return Err(error),
            Err(LoadFailure::Replaced) if attempt < LOOKS => {}
            Err(LoadFailure::Replaced) => {
                reasons.push(replaced(made, key));
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

/// Why nothing came of a result after so many looks.
pub(super) fn replaced<K: Default>(made: &Made<K>, key: CallKey) -> Reason {
    Reason::Unloadable {
        path: made.folder.record(key),
        why: "it is replaced again and again".to_owned(),
    }
}

pub(super) fn load<F: Face>(
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

/// How often a reader looks again where a commit of somebody else seems to come between.
pub(super) const LOOKS: usize = 10;

/// Whether the record of a key may answer.
pub(super) fn decide<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    key: CallKey,
    reasons: &mut Vec<Reason>,
) -> Result<Option<Decided<F::Kept>>, F::Error> {
    let before = reasons.len();
    let mut last = None;
    for look in 1.. {
        let Some(known) = may_answer(made, face, key, reasons)? else {
            return Ok(None);
        };
        if known.is_as_recorded() {
            return Ok(Some((known, Vec::new())));
        }
        let stamp = known.stamp();
        let path = known.path().to_owned();
        let found = look_for_files(made, face, known, reasons)?;
        // Between reading the record and looking for its files, another process may have renamed
        // them: then record and files are read again. What is missing twice is missing, if it is
        // the record that names it which is still there.
        let is_missing =
            || last == Some(stamp) && !Stamp::of_path(&path).is_ok_and(|now| now != stamp.0);
        if found.is_some() || look == LOOKS || is_missing() {
            return Ok(found);
        }
        last = Some(stamp);
        reasons.truncate(before);
    }
    Ok(None)
}

/// The record of a key, if nothing but its files can make it stale.
fn may_answer<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    key: CallKey,
    reasons: &mut Vec<Reason>,
) -> Result<Option<KnownOf<F>>, F::Error> {
    let Some(known) = record_of(made, face, key, reasons)? else {
        return Ok(None);
    };
    objections(made, face, &known, reasons, Look::First)?;
    Ok(reasons.is_empty().then_some(known))
}

/// The record of a key, if there is one that can be read.
pub(super) fn record_of<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    key: CallKey,
    reasons: &mut Vec<Reason>,
) -> Result<Option<KnownOf<F>>, F::Error> {
    match known_of(made, key) {
        Ok(known) => Ok(Some(known)),
        Err(Absent::None) if takeover::once(made, face)? => record_of(made, face, key, reasons),
        Err(absent) => {
            reasons.extend(absent.reason(&made.store));
            Ok(None)
        }
    }
}

/// The record of a key, as it is on the disk now.
pub(super) fn known_of<K: Default>(made: &Made<K>, key: CallKey) -> Result<Arc<Known<K>>, Absent> {
    let known = made.known.find(key, || made.place_of(key), &made.store)?;
    let record = &known.record;
    if record.key != key || record.function != made.name {
        let why = Unreadable::Damaged("it is the record of another call".to_owned());
        return Err(Absent::Unreadable(made.folder.record(key), why));
    }
    Ok(known)
}

/// How far to look.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// One reason is enough to run.
    First,
    /// A person wants to know all.
    All,
}

/// What stands against a record, but for its files. The order is from cheap to dear.
pub(super) fn objections<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    known: &Known<F::Kept>,
    reasons: &mut Vec<Reason>,
    look: Look,
) -> Result<(), F::Error> {
    let record = &known.record;
    let is_enough = |reasons: &Vec<Reason>| look == Look::First && !reasons.is_empty();
    reasons.extend(decide::never_fresh(record));
    if is_enough(reasons) {
        return Ok(());
    }
    reasons.extend(face.persisters_agree(known)?);
    if is_enough(reasons) {
        return Ok(());
    }
    if let Some(kept) = &record.kept {
        // What counts as equal under one cutoff may be far under another.
        let cutoff = face.cutoff()?;
        if cutoff.as_ref().map(|now| now.version) != Some(kept.cutoff) {
            reasons.push(Reason::CutoffChanged {
                from: kept.by.clone(),
                to: cutoff.map_or_else(|| "none".to_owned(), |now| now.name),
            });
        }
        if is_enough(reasons) {
            return Ok(());
        }
    }
    if (record.changed_returned || record.moves_arguments()) && face.arguments_share()? {
        reasons.push(Reason::Shared);
    }
    if is_enough(reasons) {
        return Ok(());
    }
    if !record.implicit.is_empty() {
        reasons.extend(face.implicit_changes(&record.implicit)?);
    }
    nested_changes(made, face, record, reasons)
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
        let now = face.nested_implicit(input)?;
        if now != input.version {
            reasons.push(Reason::ImplicitChanged {
                name: input.name.clone(),
                from: Some(input.short.clone()),
                to: now.map(|_| "another value".to_owned()),
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

/// Finds the files of a record where their stamps alone do not say that they are there.
pub(super) fn look_for_files<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    known: KnownOf<F>,
    reasons: &mut Vec<Reason>,
) -> Result<Option<Decided<F::Kept>>, F::Error> {
    let mut moved = Vec::new();
    let durable = face.durable();
    let found =
        face.detached(|| find_files(made, known, durable, reasons, &mut moved, Names::Given));
    for (from, to) in moved {
        face.warn(Warning::MovedAside { from, to })?;
    }
    Ok(found)
}

/// What becomes of files that were found under their staged names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// They get their own. Only where the record names the files that this call asks for: a forged
    /// one could name any.
    Given,
    /// They are read where they are.
    Left,
}

/// The slow way: the stamps do not agree, so the files are looked for and read.
pub(super) fn find_files<K: Default>(
    made: &Made<K>,
    known: Arc<Known<K>>,
    durable: Durable,
    reasons: &mut Vec<Reason>,
    moved: &mut Vec<(PathBuf, PathBuf)>,
    names: Names,
) -> Option<Decided<K>> {
    let before = reasons.len();
    let mut elsewhere = Vec::with_capacity(known.files.len());
    let mut restamped = known.must_reread().then(|| Record::clone(&known.record));
    let mut doubted = Vec::new();
    for (index, result) in known.record.results.iter().enumerate() {
        let Some(file) = &result.file else {
            elsewhere.push(None);
            continue;
        };
        let path = made.store.from_stored(&file.path);
        let is_doubted = known.is_doubted(index);
        match commit::locate(&made.store, file, known.must_reread() || is_doubted) {
            Ok(Located::Here {
                path,
                stamp,
                settled,
            }) => {
                if stamp != file.stamp || is_doubted {
                    let record = restamped.get_or_insert_with(|| Record::clone(&known.record));
                    if let Some(file) = &mut record.results[index].file {
                        file.stamp = stamp;
                    }
                }
                if !settled {
                    doubted.push(index);
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
            reasons.push(if files::exists(&path) {
                Reason::ResultChanged { path }
            } else {
                Reason::ResultMissing { path }
            });
        }
    }
    if reasons.len() > before {
        return None;
    }
    if names == Names::Given {
        complete(made, &known, durable, &mut elsewhere, moved);
    }
    let known = match restamped {
        None => known,
        Some(mut record) => {
            record.boot = crate::machine::boot().to_owned();
            restamp(made, known, record, &doubted, durable)
        }
    };
    Some((known, elsewhere))
}

/// Gives files that were found under their staged names their own: the process that should have
/// done it died, or could not. Where we cannot either, they are read where they are.
fn complete<K: Default>(
    made: &Made<K>,
    known: &Known<K>,
    durable: Durable,
    elsewhere: &mut [Option<PathBuf>],
    moved: &mut Vec<(PathBuf, PathBuf)>,
) {
    let is_final = |index: usize, path: &Option<PathBuf>| {
        let file = known.file(index);
        file.map(super::KnownFile::path) == path.as_deref()
    };
    let is_complete = elsewhere.iter().enumerate().all(|(i, p)| is_final(i, p));
    if is_complete {
        return;
    }
    // Whoever holds the lock may be about to do it.
    let Attempt::Taken(_lock) = lock::attempt(&made.folder.lock(known.record.key)) else {
        return;
    };
    if !is_still_the_record(known) {
        return;
    }
    for (index, path) in elsewhere.iter_mut().enumerate() {
        let file = known.record.results[index].file.as_ref();
        let Some(file) = file.filter(|_| !is_final(index, path)) else {
            continue;
        };
        if let Ok(aside) = commit::complete(&made.store, &made.folder, file, durable) {
            let target = made.store.from_stored(&file.path);
            moved.extend(aside.map(|aside| (target.clone(), aside)));
            *path = Some(target);
        }
    }
}

/// Whether the record on the disk is of the same run.
pub(super) fn is_still_the_record<K>(known: &Known<K>) -> bool {
    known::read(known.path()).is_ok_and(|(present, _)| {
        present.started == known.record.started && present.accepted == known.record.accepted
    })
}

/// Writes what was learned about the files back into the record, unless somebody else is about to
/// write it. Where that cannot be done, the files are read again by the next process.
fn restamp<K: Default>(
    made: &Made<K>,
    known: Arc<Known<K>>,
    mut record: Record,
    doubted: &[usize],
    durable: Durable,
) -> Arc<Known<K>> {
    let path = known.path().to_owned();
    // A stamp that is not settled is never written down: who reads it later takes it for settled.
    let written = if doubted.is_empty()
        && let Attempt::Taken(_lock) = lock::attempt(&made.folder.lock(record.key))
        && is_still_the_record(&known)
    {
        // What says that it was synced says so of the files as they are now.
        record.synced = durable.forces_again(&record)
            && durable::sync_rest(&record, &made.store, |_| false).is_ok();
        let taken_at = stamp::now();
        let written = record.to_json().ok();
        let written = written.and_then(|text| files::replace(&path, &text, record.synced).ok());
        written.map(|stamp| (stamp, stamp.is_settled(taken_at)))
    } else {
        None
    };
    let key = record.key;
    let stamp = written.unwrap_or(known.stamp());
    let mut known = Known::new(record, path, stamp, &made.store);
    doubted.iter().for_each(|result| known.doubt(*result));
    let known = Arc::new(known);
    made.known.insert(key, known.clone());
    known
}
