//! Is a record with its files what it says, at one moment?

use super::report::Kind;
use crate::call::CallKey;
use crate::record::{FORMAT, FileState, MAX_BYTES, Record, Unreadable};
use crate::source::SourceMemory;
use crate::stamp::Stamp;
use crate::store::commit::{self, Located};
use crate::store::{FunctionFolder, aside, files};
use std::path::{Path, PathBuf};

/// What is wrong with a record or one of its files, and what mends it.
pub(super) struct Finding {
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
    pub(super) found: String,
    pub(super) expected: String,
    pub(super) mend: Mend,
}

pub(super) enum Mend {
    /// Only a person knows what is right.
    Nothing,
    /// The record gets another name.
    Aside,
    /// The call is forgotten.
    Forget,
    /// The staged file of this result gets its name.
    Complete(usize),
}

/// A record, looked at once.
pub(super) enum Seen {
    Gone,
    Record(Box<Record>, Vec<Finding>),
    Unusable(Finding),
}

impl Seen {
    pub(super) fn is_replaced(&self) -> bool {
        match self {
            Seen::Record(_, findings) => findings
                .iter()
                .any(|finding| finding.kind == Kind::ResultReplaced),
            Seen::Gone | Seen::Unusable(_) => false,
        }
    }

    pub(super) fn has_findings(&self) -> bool {
        match self {
            Seen::Gone => false,
            Seen::Record(_, findings) => !findings.is_empty(),
            Seen::Unusable(_) => true,
        }
    }
}

impl<P> super::Check<'_, P> {
    /// One look at a record and its files, all of one moment.
    pub(super) fn look(&self, folder: &FunctionFolder, key: CallKey) -> Seen {
        const LOOKS: usize = 10;
        let path = folder.record(key);
        for _ in 0..LOOKS {
            let stamp = Stamp::of_path_itself(&path).ok();
            let seen = self.look_once(folder, key, &path);
            // Others forget a record before they remove its files.
            if !seen.has_findings() || Stamp::of_path_itself(&path).ok() == stamp {
                return seen;
            }
        }
        Seen::Gone
    }

    fn look_once(&self, folder: &FunctionFolder, key: CallKey, path: &Path) -> Seen {
        let unusable = |kind, found: String, expected: String, mend| {
            Seen::Unusable(Finding {
                kind,
                path: path.to_owned(),
                found,
                expected,
                mend,
            })
        };
        let whole = || "a whole record".to_owned();
        let text = match files::read_small(path, MAX_BYTES) {
            Ok(text) => text,
            Err(error) if commit::is_absent(&error) => return Seen::Gone,
            Err(error) => {
                return unusable(Kind::Unreadable, error.to_string(), whole(), Mend::Nothing);
            }
        };
        let mut record = match Record::from_json(&text) {
            Ok(record) => record,
            Err(Unreadable::Newer { found }) => {
                let found = format!("a record of format {found}, written by a newer remade");
                let expected = format!("one of format {FORMAT}");
                return unusable(Kind::RecordNewer, found, expected, Mend::Nothing);
            }
            Err(Unreadable::Damaged(why)) => {
                return unusable(Kind::RecordDamaged, why, whole(), Mend::Aside);
            }
        };
        let own = FunctionFolder::of(self.store.root(), &record.function);
        if record.key != key || own.path() != folder.path() {
            let found = format!(
                "the record of the call {} of {}",
                record.key, record.function
            );
            let expected = format!("that of the call {key} of the function of this folder");
            return unusable(Kind::RecordMisplaced, found, expected, Mend::Aside);
        }
        self.store.bring_home(folder, &mut record);
        let mut findings = Vec::new();
        for (index, result) in record.results.iter().enumerate() {
            if let Some(file) = &result.file {
                findings.extend(self.result(folder, index, file));
            }
        }
        // What is known of files from earlier does not count here.
        let memory = SourceMemory::new();
        for state in &record.written {
            let path = self.store.from_stored(&state.path);
            let expected = || format!("what the function wrote, version {}", state.version);
            let (kind, found, mend) = match state.still(self.store.project(), &memory) {
                Ok(true) => continue,
                Ok(false) if path.exists() => {
                    let found = "something else".to_owned();
                    (Kind::ResultChanged, found, Mend::Nothing)
                }
                Ok(false) => (Kind::ResultMissing, "nothing".to_owned(), Mend::Forget),
                Err(error) => (Kind::Unreadable, error.to_string(), Mend::Nothing),
            };
            findings.push(Finding {
                kind,
                path,
                found,
                expected: expected(),
                mend,
            });
        }
        Seen::Record(Box::new(record), findings)
    }

    fn result(&self, folder: &FunctionFolder, index: usize, file: &FileState) -> Option<Finding> {
        let path = self.store.from_stored(&file.path);
        let lies = || match files::look_itself(&path) {
            Ok(found) if found.is_file() => format!("{} bytes of another content", found.len()),
            Ok(_) => "something that is not a regular file".to_owned(),
            Err(error) => error.to_string(),
        };
        // In the store itself links are not followed.
        let is_link = || files::look_itself(&path).is_ok_and(|found| !found.file_type().is_file());
        let (kind, found, mend) = match commit::locate(self.store, file, true) {
            Ok(Located::Here { .. }) if !file.named && is_link() => {
                (Kind::ResultChanged, lies(), Mend::Forget)
            }
            Ok(Located::Here { path: here, .. }) if here == path => return None,
            Ok(Located::Here { .. }) => (
                Kind::Unfinished,
                format!("it under its staged name {}", file.staged),
                Mend::Complete(index),
            ),
            Ok(Located::Missing) => (Kind::ResultMissing, "nothing".to_owned(), Mend::Forget),
            Ok(Located::Changed) if !file.named => (Kind::ResultChanged, lies(), Mend::Forget),
            Ok(Located::Changed) => match aside::is_explained(self.store, folder, &path) {
                Ok(true) => {
                    let found = "the result of another call".to_owned();
                    (Kind::ResultReplaced, found, Mend::Forget)
                }
                Ok(false) => (Kind::ResultChanged, lies(), Mend::Nothing),
                Err(error) => (Kind::Unreadable, error.to_string(), Mend::Nothing),
            },
            Err(error) => (Kind::Unreadable, error.to_string(), Mend::Nothing),
        };
        let expected = format!("{} bytes of content {}", file.stamp.size, file.content);
        Some(Finding {
            kind,
            path,
            found,
            expected,
            mend,
        })
    }
}
