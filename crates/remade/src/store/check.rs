//! Are the records and the files of a store what they say of each other, and what can be mended?
//!
//! Everything is read in full. What looks wrong is looked at again under the lock of its call, and
//! left alone where somebody else holds that: a run is never disturbed, and what it is just doing is
//! no problem. Nothing that a person made or named is removed.

mod alone;
mod leftovers;
mod look;
mod records;
mod report;

use super::{FunctionFolder, Store, commit, files, layout};
use crate::record::{FileState, Record};
use report::unreadable;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

pub use report::{Kind, Problem, Report};

/// Whether there is a store of this format in the folder.
pub fn is_store(store: &Store) -> bool {
    layout::format_folder(store.root()).is_dir()
}

/// Compares records and files and, where `repair` is asked for, mends. `pause` is called again and
/// again: its error ends the check between two steps, each of which leaves the store whole.
pub fn check<E>(
    store: &Store,
    repair: bool,
    pause: impl FnMut() -> Result<(), E>,
) -> Result<Report, E> {
    let mut check = Check {
        store,
        repair,
        pause,
        report: Report::default(),
        folders: BTreeSet::new(),
        named: HashSet::new(),
        awaited: HashSet::new(),
        is_unsure: false,
    };
    check.all()?;
    Ok(check.report)
}

struct Check<'a, P> {
    store: &'a Store,
    repair: bool,
    pause: P,
    report: Report,
    /// Where staged files may lie.
    folders: BTreeSet<PathBuf>,
    /// Files with names of the user's.
    named: HashSet<PathBuf>,
    /// Staged files that are, or may be, what a record means.
    awaited: HashSet<PathBuf>,
    /// There are records that this release cannot read, so nobody knows which files they mean.
    is_unsure: bool,
}

impl<E, P: FnMut() -> Result<(), E>> Check<'_, P> {
    fn all(&mut self) -> Result<(), E> {
        let format = layout::format_folder(self.store.root());
        let (code, sources) = (
            format.join("code"),
            layout::sources_folder(self.store.root()),
        );
        let mut functions = Vec::new();
        for name in self.names(&format) {
            let path = format.join(&name);
            match files::look_itself(&path) {
                // A link is not followed, and a file is no function.
                Ok(found) if found.is_dir() && path != code && path != sources => {
                    functions.push(FunctionFolder::at(path));
                }
                Ok(_) => {}
                Err(error) if commit::is_absent(&error) => {}
                Err(error) => self.report.problems.push(unreadable(&path, &error)),
            }
        }
        let mut keys_of = Vec::with_capacity(functions.len());
        for folder in &functions {
            let mut unread = HashSet::new();
            let mut function = None;
            let mut keys = folder.keys().unwrap_or_default();
            keys.sort();
            for key in keys {
                (self.pause)()?;
                self.record(folder, key, &mut function, &mut unread);
            }
            keys_of.push((function, unread));
        }
        for (folder, (function, unread)) in functions.iter().zip(keys_of) {
            (self.pause)()?;
            self.unexplained(folder, function.as_deref(), &unread);
            self.order(folder, function.as_deref());
            self.locks(folder, function.as_deref());
            self.folders.insert(folder.path().to_owned());
        }
        for name in self.names(&code) {
            (self.pause)()?;
            self.code(&code.join(name));
        }
        self.folders
            .extend([self.store.root().to_owned(), format, code, sources]);
        for folder in std::mem::take(&mut self.folders) {
            (self.pause)()?;
            self.abandoned(&folder);
        }
        Ok(())
    }
}

impl<P> Check<'_, P> {
    fn names(&mut self, folder: &Path) -> Vec<std::ffi::OsString> {
        match files::names(folder) {
            Ok(mut names) => {
                names.sort();
                names
            }
            Err(error) => {
                self.report.problems.push(unreadable(folder, &error));
                Vec::new()
            }
        }
    }
}

fn results(record: &Record) -> impl Iterator<Item = &FileState> {
    let results = record.results.iter();
    results.filter_map(|result| result.file.as_ref())
}
