//! What was stored last, whatever the function was called with?

use super::reuse::{self, LOOKS, Names};
use super::{Face, Known, LoadFailure, Made, takeover};
use crate::call::CallKey;
use crate::decide::Reason;
use crate::store::{files, prune};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// There is no last result that can be loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct NoNewest {
    function: String,
    store: PathBuf,
    /// What stands against the newest record. None: there is no record.
    pub reasons: Vec<Reason>,
}

impl fmt::Display for NoNewest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NoNewest {
            function,
            store,
            reasons,
        } = self;
        if reasons.is_empty() {
            let store = store.display();
            return write!(
                f,
                "{function} has no stored result in {store}; call it first"
            );
        }
        let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        write!(
            f,
            "the last result of {function} cannot be loaded ({}): call it, and it runs again; a file that \
             you changed is not lost by that",
            reasons.join("; ")
        )
    }
}

impl std::error::Error for NoNewest {}

/// How often a reader looks again where the newest record is replaced at each look. Whoever stores as
/// fast as that stores something that can be loaded.
const REPLACED: usize = 100;

/// The newest result. An older one never takes the place of one that is there and cannot be loaded:
/// nobody could tell that it is older.
pub(super) fn newest<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
) -> Result<Result<F::Value, NoNewest>, F::Error> {
    takeover::once(made, face)?;
    // What was the newest, what failed, and of which run that was.
    let mut failed: Vec<(CallKey, CallKey, Option<String>)> = Vec::new();
    'looks: for look in 1..=REPLACED {
        let keys = prune::newest_first(&made.folder).unwrap_or_default();
        let Some(first) = keys.first().copied() else {
            break;
        };
        for key in keys {
            let failure = match attempt(made, face, key)? {
                Ok(value) => return Ok(Ok(value)),
                Err(failure) => failure,
            };
            // What is forgotten or replaced while we look is followed by something newer, not by something
            // older. So nothing fails at the first look, and each file may get its name at one.
            let (started, files) = failure.run();
            let this = (first, key, started);
            let times = failed.iter().filter(|one| **one == this).count();
            failed.push(this);
            let may_come = times < files.max(1) || is_gone(made, key);
            if failure.is_replaced || look < LOOKS && may_come {
                continue 'looks;
            }
            let reasons = failure.reasons;
            if !reasons.is_empty() {
                return Ok(Err(no_newest(made, reasons)));
            }
        }
        break;
    }
    Ok(Err(no_newest(made, Vec::new())))
}

fn no_newest<K: Default>(made: &Made<K>, reasons: Vec<Reason>) -> NoNewest {
    NoNewest {
        function: made.name.clone(),
        store: made.store.root().to_owned(),
        reasons,
    }
}

fn is_gone<K: Default>(made: &Made<K>, key: CallKey) -> bool {
    files::look_itself(&made.folder.record(key)).is_err()
}

/// What came in the place of a result.
struct Failure<K> {
    /// The record, where it can be read.
    known: Option<Arc<Known<K>>>,
    /// What stands against it. None: there is no record.
    reasons: Vec<Reason>,
    /// Somebody stored another one meanwhile.
    is_replaced: bool,
}

impl<K> Failure<K> {
    /// When the run began whose record it is, and how many files it has.
    fn run(&self) -> (Option<String>, usize) {
        let record = self.known.as_ref().map(|known| &known.record);
        let started = record.map(|record| record.started.clone());
        (started, record.map_or(0, |record| record.results.len()))
    }
}

type Attempt<F> = Result<<F as Face>::Value, Failure<<F as Face>::Kept>>;

/// The result of a key.
fn attempt<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    key: CallKey,
) -> Result<Attempt<F>, F::Error> {
    let known = match reuse::known_of(made, key) {
        Ok(known) => known,
        Err(absent) => {
            return Ok(Err(Failure {
                known: None,
                reasons: absent.reason(&made.store).into_iter().collect(),
                is_replaced: false,
            }));
        }
    };
    let (mut reasons, mut moved) = (Vec::new(), Vec::new());
    // Nobody asked for a file by its name, so none is given one.
    let durable = face.durable();
    let record = known.clone();
    let look = || reuse::find_files(made, record, durable, &mut reasons, &mut moved, Names::Left);
    let mut is_replaced = false;
    if let Some((found, elsewhere)) = face.detached(look) {
        match reuse::load(face, &found, &elsewhere) {
            Ok(value) => return Ok(Ok(value)),
            Err(LoadFailure::Raised(error)) => return Err(error),
            Err(LoadFailure::Replaced) => {
                is_replaced = true;
                reasons.push(reuse::replaced(made, key));
            }
            Err(LoadFailure::Unloadable { path, why }) => {
                reasons.push(Reason::Unloadable { path, why });
            }
        }
    }
    is_replaced |= !reuse::is_still_the_record(&known);
    Ok(Err(Failure {
        known: Some(known),
        reasons,
        is_replaced,
    }))
}
