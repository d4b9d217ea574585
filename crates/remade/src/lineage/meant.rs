//! Is this record the one that is meant?

use crate::record::Record;
use crate::version::Version;

/// Whether two records tell of one run and the same results. What is learned about the files later
/// is written into a record; a result that a person corrected is another one.
pub fn is_same_run(one: &Record, other: &Record) -> bool {
    let identity = |record: &Record| (record.key, record.pid, record.seconds.to_bits());
    let versions = |record: &Record| -> Vec<Version> {
        record.results.iter().map(|result| result.version).collect()
    };
    identity(one) == identity(other)
        && one.started == other.started
        && one.host == other.host
        && versions(one) == versions(other)
}

/// Whether it is of a run that the function made under this name.
pub(super) fn was(record: &Record, function: &str) -> bool {
    record.was.as_deref() == Some(function)
}

/// Whether a result, or an object in it, had this version.
pub(super) fn returned(record: &Record, position: &str, version: Version) -> bool {
    let mut items = record.items.iter();
    let mut results = record.results.iter();
    items.any(|item| item.version == version && item.position == position)
        || results.any(|result| result.version == version && result.position == position)
}
