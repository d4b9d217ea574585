//! How does a record answer for another call than the one it was written for?
//!
//! A person accepted it for other code, or its function was renamed. The files that the engine named
//! get names of the new key, as second names of the same files, so nothing is copied and at every
//! moment the old record is whole. Files that the user named stay where they are.

use super::{Known, Made};
use crate::call::CallKey;
use crate::record::Record;
use crate::stamp;
use crate::store::commit::{self, Staging};
use crate::store::{Durable, files, prune};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Commits a record that tells of results which are on the disk already. `was` is the key that their
/// names begin with, `found` where they are now.
pub(super) fn carry<K: Default>(
    made: &Made<K>,
    mut record: Record,
    was: CallKey,
    found: &[Option<PathBuf>],
    durable: Durable,
) -> io::Result<Arc<Known<K>>> {
    made.prepare()?;
    let mut staging = Staging::new();
    for (result, found) in record.results.iter_mut().zip(found) {
        let (Some(file), Some(found)) = (&mut result.file, found) else {
            continue;
        };
        let target = renamed(&made.store.from_stored(&file.path), was, record.key);
        let target = target.map(|name| made.folder.path().join(name));
        let Some(target) = target.filter(|target| !file.named && target != found) else {
            continue;
        };
        let staged = staging.stage(&target, false)?;
        let path = staging.path(staged);
        match files::link_new(found, path) {
            Ok(()) => {
                file.staged = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                file.path = made.store.to_stored(&target);
            }
            // File systems without second names.
            Err(_) => {
                files::copy_new(found, path)?;
                let content = Some((file.digest, file.content));
                *file = staging.finish(staged, &made.store, content)?;
            }
        }
    }
    let path = made.folder.record(record.key);
    let taken_at = stamp::now();
    let committed = commit::commit(&made.store, &made.folder, staging, &mut record, durable)?;
    let settled = committed.stamp.is_settled(taken_at);
    prune::remember_newest(&made.store, &made.folder, record.key, made.keep)?;
    let key = record.key;
    let known = Known::new(record, path, (committed.stamp, settled), &made.store);
    let known = Arc::new(known);
    made.known.insert(key, known.clone());
    Ok(known)
}

/// The name of a file that the engine named, under another key.
fn renamed(path: &Path, was: CallKey, key: CallKey) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let rest = name.strip_prefix(&was.to_string())?;
    Some(format!("{key}{rest}"))
}
