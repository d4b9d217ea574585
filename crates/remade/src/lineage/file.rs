//! Which run made this file?

use super::Start;
use crate::record::Record;
use crate::stamp::Stamp;
use crate::store::{Store, aside};
use std::path::Path;
use std::sync::Arc;

/// Where the walk from a file begins: the run whose record says that this file, as it is now, is a
/// result of it, or that the function wrote it. If there are several, the last one. A file that was
/// changed since belongs to none.
pub fn of_file(store: &Store, path: &Path) -> Option<Start> {
    let stored = store.to_stored(path);
    let stamp = Stamp::of_path(path).ok()?;
    let folders = aside::functions(store).into_iter().flatten();
    let records = folders.flat_map(|folder| aside::records(&folder));
    let found = records.filter_map(|record| {
        let mut results = record.results.iter();
        let result = results.find(|result| {
            let file = result.file.as_ref();
            file.is_some_and(|file| aside::explains(file, &stored, stamp, path))
        });
        let position = match result {
            Some(result) => result.position.clone(),
            None => {
                let mut written = record.written.iter();
                written.find(|one| one.path == stored && store.is_still(one))?;
                String::new()
            }
        };
        Some((record, position))
    });
    let newest = found.max_by(|(one, _), (other, _)| {
        // Times of one length compare as text; the moment is what is meant.
        let moment = |record: &Record| record.started.parse::<jiff::Timestamp>().ok();
        moment(one).cmp(&moment(other))
    });
    newest.map(|(record, position)| Start {
        place: String::new(),
        record: Arc::new(record),
        store: store.root().to_owned(),
        position,
    })
}
