//! May the old result stay in the place of a new one that differs by nothing that matters?
//!
//! Asked after a run of a function with a cutoff. The old result is that of the same call or, where
//! there is none, of the function's newest one. It is loaded, and compared with the new one. If that
//! is close enough, the old value is returned, with its version and its file, so that whatever was
//! made of it stays fresh. It is always compared with what was kept, so nothing drifts.

use super::finish::{AfterRun, Parts};
use super::{Changed, Cutoff, Face, Judged, Known, LoadFailure, Made, Running, reuse};
use crate::call::CallKey;
use crate::event::Warning;
use crate::record::{Binary64, Kept, ResultFile};
use crate::store::commit::Staging;
use crate::store::{prune, seal};
use std::path::PathBuf;
use std::sync::Arc;

/// An old result that stays.
pub(super) struct Stays<V> {
    /// What is returned.
    pub(super) value: V,
    /// What the record says of it.
    pub(super) parts: Parts,
    /// What the record says of why it is there.
    pub(super) kept: Kept,
    /// Its files, where the new record needs them under another name.
    pub(super) staging: Staging,
}

/// The old result, if it stays.
pub(super) fn keep<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    running: &Running,
    facts: &AfterRun,
    value: &F::Value,
) -> Result<Option<Stays<F::Value>>, F::Error> {
    let Some(cutoff) = face.cutoff()? else {
        return Ok(None);
    };
    // What was changed, or a part of it, may be in the new result and is not in the old one.
    let only_advanced = |(_, how): &(String, Changed)| matches!(how, Changed::Advanced(_));
    if !facts.changed.iter().all(only_advanced) {
        return Ok(None);
    }
    let newest = prune::newest_first(&made.folder).unwrap_or_default();
    let newest = newest.into_iter().find(|key| *key != running.key);
    for key in [Some(running.key), newest].into_iter().flatten() {
        let Some(old) = find(made, face, running.key, key)? else {
            continue;
        };
        return match compare(made, face, cutoff, &old, value)? {
            None => Ok(None),
            Some((value, kept)) => Ok(stay(made, old, value, kept)),
        };
    }
    Ok(None)
}

/// A record whose result is whole, with the files as they lie now and as they are wanted.
struct Old<K> {
    known: Arc<Known<K>>,
    now: Vec<Option<PathBuf>>,
    wanted: Vec<Option<(PathBuf, bool)>>,
}

fn find<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    running: CallKey,
    key: CallKey,
) -> Result<Option<Old<F::Kept>>, F::Error> {
    let found = made.known.find(key, || made.place_of(key), &made.store);
    let Ok(known) = found else { return Ok(None) };
    let record = &known.record;
    if record.key != key || record.function != made.name || !record.written.is_empty() {
        return Ok(None);
    }
    let Some(wanted) = face.places(running, record)? else {
        return Ok(None);
    };
    let (mut reasons, mut moved) = (Vec::new(), Vec::new());
    let durable = face.durable();
    let left = reuse::Names::Left;
    let found =
        face.detached(|| reuse::find_files(made, known, durable, &mut reasons, &mut moved, left));
    for (from, to) in moved {
        face.warn_only(Warning::MovedAside { from, to });
    }
    let Some((known, now)) = found else {
        return Ok(None);
    };
    // A stamp that is not settled is never written down.
    if (0..now.len()).any(|result| known.is_doubted(result)) {
        return Ok(None);
    }
    Ok(Some(Old { known, now, wanted }))
}

/// The old value, if the new one is close to it.
fn compare<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    cutoff: Cutoff,
    old: &Old<F::Kept>,
    new: &F::Value,
) -> Result<Option<(F::Value, Kept)>, F::Error> {
    let Some(value) = load(made, face, old)? else {
        return Ok(None);
    };
    let difference = match face.is_close(&value, new)? {
        Judged::Far => return Ok(None),
        Judged::Failed(why) => {
            not_compared(made, face, why);
            return Ok(None);
        }
        Judged::Close(difference) => difference,
    };
    // Whatever compares may also change: what is returned is what is in the file.
    let value = match difference {
        Some(_) => value,
        None => match load(made, face, old)? {
            Some(value) => value,
            None => return Ok(None),
        },
    };
    let record = &old.known.record;
    let kept = Kept {
        by: cutoff.name,
        cutoff: cutoff.version,
        record: record.key,
        started: record.started.clone(),
        difference: difference.map(Binary64),
    };
    Ok(Some((value, kept)))
}

fn load<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    old: &Old<F::Kept>,
) -> Result<Option<F::Value>, F::Error> {
    let why = match reuse::load(face, &old.known, &old.now) {
        Ok(value) => return Ok(Some(value)),
        Err(LoadFailure::Raised(error)) => return Err(error),
        Err(LoadFailure::Replaced) => "it was replaced meanwhile".to_owned(),
        Err(LoadFailure::Unloadable { path, why }) => format!("{}: {why}", path.display()),
    };
    not_compared(made, face, why);
    Ok(None)
}

fn not_compared<F: Face>(made: &Made<F::Kept>, face: &mut F, why: String) {
    face.warn_only(Warning::NotCompared {
        function: made.name.clone(),
        why,
    });
}

/// What the new record says; None where the files cannot be had under their new names.
fn stay<K, V>(made: &Made<K>, old: Old<K>, value: V, kept: Kept) -> Option<Stays<V>> {
    let record = &old.known.record;
    // What was sealed for the old record is sealed for the new one, if it is still what it was.
    let pickles = seal::proven(record, &old.now);
    let mut staging = Staging::new();
    let mut results = Vec::with_capacity(record.results.len());
    for ((result, now), wanted) in record.results.iter().zip(&old.now).zip(&old.wanted) {
        let file = match (&result.file, now, wanted) {
            (None, None, None) => None,
            (Some(file), Some(now), Some((target, named))) => {
                let lies_there = now == target && made.store.from_stored(&file.path) == *target;
                Some(if lies_there && file.named == *named {
                    file.clone()
                } else {
                    staging.carry(now, file, target, *named, &made.store).ok()?
                })
            }
            _ => return None,
        };
        results.push(ResultFile {
            file,
            ..result.clone()
        });
    }
    let parts = Parts {
        value: record.value.clone(),
        results,
        written: Vec::new(),
        items: record.items.clone(),
        pickles,
    };
    Some(Stays {
        value,
        parts,
        kept,
        staging,
    })
}
