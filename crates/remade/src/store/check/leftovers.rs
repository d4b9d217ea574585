//! What lies in a store that no record needs, or that is not what it was?

use super::alone::Alone;
use super::look::{Finding, Mend};
use super::report::{Kind, unreadable};
use super::{Check, results};
use crate::call::CallKey;
use crate::record::MAX_BYTES;
use crate::store::{FunctionFolder, commit, files, layout, lock, order, prune};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Far longer than it takes to lock a file that was just made, also on a busy machine.
const A_WHILE: Duration = Duration::from_secs(10);

impl<P> Check<'_, P> {
    /// Files in the folder of a function that begin with a key and belong to no record of it.
    pub(super) fn unexplained(
        &mut self,
        folder: &FunctionFolder,
        function: Option<&str>,
        unread: &HashSet<CallKey>,
    ) {
        for name in self.names(folder.path()) {
            let Some(key) = name.to_str().and_then(key_of_result) else {
                continue;
            };
            let path = folder.path().join(&name);
            if unread.contains(&key) || self.named.contains(&path) {
                continue;
            }
            let stored = self.store.to_stored(&path);
            let is_meant = || {
                prune::read(folder, key).is_some_and(|mut record| {
                    self.store.bring_home(folder, &mut record);
                    results(&record).any(|file| file.path == stored)
                })
            };
            if is_meant() {
                continue;
            }
            // Only a run of this call could be about to explain it.
            let alone = self.alone(folder, key);
            // Somebody may just have forgotten it.
            if is_meant() || files::look_itself(&path).is_err() {
                continue;
            }
            if alone.ended(folder, key) {
                self.report.running += 1;
                continue;
            }
            let finding = Finding {
                kind: Kind::Unexplained,
                path: path.clone(),
                found: "a file that the store named".to_owned(),
                expected: "a record that means it".to_owned(),
                mend: Mend::Nothing,
            };
            let repair = Some("it is removed".to_owned());
            let function = function.map(str::to_owned);
            self.put(finding, function, repair, &alone, || {
                files::remove(&path).map(|()| None)
            });
        }
    }

    /// The list of the newest calls.
    pub(super) fn order(&mut self, folder: &FunctionFolder, function: Option<&str>) {
        let missing = match order::missing(folder) {
            Ok(missing) => missing,
            Err(error) => {
                return self
                    .report
                    .problems
                    .push(unreadable(&folder.last(), &error));
            }
        };
        // A run writes its record first and the list afterwards, and holds its lock until then.
        if missing.is_empty() || order::somebody_runs(folder, None) {
            return;
        }
        let finding = Finding {
            kind: Kind::Order,
            path: folder.last(),
            found: format!("{} records that are not in it", missing.len()),
            expected: "the keys of all records, the newest last".to_owned(),
            mend: Mend::Nothing,
        };
        let repair = Some("it is written anew".to_owned());
        let function = function.map(str::to_owned);
        self.put(finding, function, repair, &Alone::ForLooking, || {
            order::rebuild(folder).map(|()| None)
        });
    }

    pub(super) fn locks(&mut self, folder: &FunctionFolder, function: Option<&str>) {
        let names = files::names_own(folder.path()).unwrap_or_default();
        for (key, path) in lock::files_among(folder, &names) {
            if lock::is_held(&path) || !has_lain(&path) {
                continue;
            }
            self.put_abandoned(path, "a lock that nobody holds", function, |_| {
                drop(lock::attempt(&folder.lock(key)));
                Ok(())
            });
        }
    }

    /// Staged files that nobody will give a name.
    pub(super) fn abandoned(&mut self, folder: &Path) {
        for name in self.names(folder) {
            let path = folder.join(&name);
            let is_abandoned = name
                .to_str()
                .is_some_and(|name| prune::is_abandoned(&path, name));
            if !is_abandoned || self.awaited.contains(&path) || self.is_unsure {
                continue;
            }
            let found = "a staged file whose writer is dead";
            self.put_abandoned(path, found, None, files::remove_staged);
        }
    }

    /// What a process left that is no more: it goes.
    fn put_abandoned(
        &mut self,
        path: PathBuf,
        found: &str,
        function: Option<&str>,
        remove: impl FnOnce(&Path) -> io::Result<()>,
    ) {
        let finding = Finding {
            kind: Kind::Abandoned,
            path: path.clone(),
            found: found.to_owned(),
            expected: "nothing".to_owned(),
            mend: Mend::Nothing,
        };
        let repair = Some("it is removed".to_owned());
        let function = function.map(str::to_owned);
        self.put(finding, function, repair, &Alone::ForLooking, || {
            remove(&path).map(|()| None)
        });
    }

    pub(super) fn code(&mut self, path: &Path) {
        if path.extension().is_none_or(|extension| extension != "json") {
            return;
        }
        let read = files::read_small(path, MAX_BYTES);
        let why = match read {
            Ok(text) => match serde_json::from_slice::<serde_json::Value>(&text) {
                Ok(_) => return,
                Err(error) => error.to_string(),
            },
            Err(error) if commit::is_absent(&error) => return,
            Err(error) => {
                self.report.problems.push(unreadable(path, &error));
                return;
            }
        };
        let finding = Finding {
            kind: Kind::CodeDamaged,
            path: path.to_owned(),
            found: why,
            expected: "the text of a function".to_owned(),
            mend: Mend::Nothing,
        };
        let repair = Some("it is removed; only explanations miss it".to_owned());
        self.put(finding, None, repair, &Alone::ForLooking, || {
            files::remove(path).map(|()| None)
        });
    }
}

/// Whether a lock file was there for a while: who has just made one may not hold it yet.
fn has_lain(path: &Path) -> bool {
    let made = files::look_itself(path).and_then(|found| found.modified());
    made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age > A_WHILE))
}

/// The key in the name of a result that the user gave no name.
fn key_of_result(name: &str) -> Option<CallKey> {
    let (key, rest) = name.split_at_checked(32)?;
    let is_other = [".json", ".lock"].contains(&rest) || rest.ends_with(layout::ASIDE);
    let is_result = rest.is_empty() || rest.starts_with('.');
    CallKey::parse(key).filter(|_| is_result && !is_other)
}
