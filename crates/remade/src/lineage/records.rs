//! Where does a walk find records?

use super::meant::was;
use crate::call::CallKey;
use crate::record::Record;
use crate::store::{FunctionFolder, Store, aside};

/// Where a walk finds records.
pub trait Records {
    /// The record of a key of a function.
    fn of_key(&mut self, store: &Store, function: &str, key: CallKey) -> Option<Record>;
    /// All records of a function, also under the name that it has now. Asked for at most once, when
    /// one is not where it should be: a person may have accepted its result for another key, or
    /// renamed the function.
    fn of_function(&mut self, store: &Store, function: &str) -> Vec<Record>;
}

/// What lies on the disk now.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnDisk;

impl Records for OnDisk {
    fn of_key(&mut self, store: &Store, function: &str, key: CallKey) -> Option<Record> {
        store.record(function, key)
    }

    fn of_function(&mut self, store: &Store, function: &str) -> Vec<Record> {
        let folder = FunctionFolder::of(store.root(), function);
        let keys = folder.keys().unwrap_or_default();
        if !keys.is_empty() {
            let records = keys.into_iter();
            return records
                .filter_map(|key| store.record(function, key))
                .collect();
        }
        // A function that has none any more may have been renamed, and took them along.
        let folders = aside::functions(store).into_iter().flatten();
        let records = folders.flat_map(|folder| aside::records(&folder));
        records.filter(|record| was(record, function)).collect()
    }
}
