//! Which state of a file, a folder or a pattern of files did a function read?
//!
//! A [`Source`] is what a function was told to read. Its version counts the path, relative to the
//! project where it lies inside, and the content of every file: size and time of a file only save
//! reading it again ([`SourceMemory`]). Whatever cannot be read is an error. There are never silently
//! fewer files than the function would see.
//!
//! - A **file** given by name may be a link; its target is read. A file that is missing has a
//!   version too, so a function that copes with that can be remembered.
//! - A **folder** is all that lies below it, hidden files, links and empty folders included.
//!   What a store keeps in its cache directory is left out: running the function would change it.
//! - A **pattern** is one of Python's `glob`, with `**`. The pattern and the paths that match count,
//!   and a folder that matches counts with all that lies below it (but not one that only `**`
//!   matched: there the files below match by themselves, those that are hidden apart). If there is
//!   a file with just the name of the pattern, that file is meant.

mod content;
mod glob;
mod memory;
mod ours;
mod path;
mod pattern;
mod walk;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::stamp::Stamp;
use crate::version::{Encoder, Tag, Version};

pub use memory::SourceMemory;
pub(crate) use ours::{IGNORE_FILE, TAG, TAG_FILE};
pub(crate) use path::{from_text, relative_text};

/// A file, a folder or a pattern, as input of a function.
///
/// ```
/// use remade::source::{Source, SourceMemory};
///
/// let project = tempfile::tempdir().unwrap();
/// let memory = SourceMemory::new();
/// let source = Source::new(project.path().join("sub-*.csv"));
///
/// let nothing = source.version(project.path(), &memory).unwrap();
/// std::fs::write(project.path().join("sub-01.csv"), "1,2").unwrap();
/// let found = source.version(project.path(), &memory).unwrap();
/// assert_eq!(found.files.len(), 1);
/// assert_eq!(found.state().path, "sub-*.csv");
/// assert!(found.state().still(project.path(), &memory).unwrap());
/// assert!(!nothing.state().still(project.path(), &memory).unwrap());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    path: PathBuf,
}

/// What a source was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The version of all of it.
    pub version: Version,
    /// Every file whose content counts, by the order of their paths.
    pub files: Vec<SourceFile>,
    path: String,
}

/// A file that was found, and what was in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it lies.
    pub path: PathBuf,
    /// The stamp that it had before it was read.
    pub stamp: Stamp,
    /// Whether a later, equal stamp means that the content is the same.
    pub is_settled: bool,
    /// The version of its bytes.
    pub version: Version,
}

/// What a record keeps of a source: enough to tell later whether it is still the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceState {
    /// The path or pattern, with `/`, relative to the project where it lies inside. A path that is
    /// not Unicode is a NUL and its bytes in hexadecimal digits.
    pub path: String,
    /// The version.
    pub version: Version,
}

/// Why a source has no version.
#[derive(Debug)]
#[non_exhaustive]
pub enum SourceError {
    /// The file system refused.
    Io {
        /// What was being done: "read", "list", "look up".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not a file: reading it might wait for ever, or change something. It was not opened.
    Special {
        /// Where it lies.
        path: PathBuf,
        /// What it is: "a named pipe", "a socket", "a device".
        found: &'static str,
    },
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Folder,
    /// A link to nothing, or a file that went away while it was being looked at.
    Missing,
    File(SourceFile),
}

/// What lies where: paths, by their bytes.
type Places = BTreeMap<Vec<u8>, PathBuf>;

impl Source {
    /// From a path or a pattern. A relative one is resolved at each look, from the working directory
    /// of that moment, just as the function itself would open it.
    pub fn new(path: impl Into<PathBuf>) -> Source {
        Source { path: path.into() }
    }

    /// The path or pattern, as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks and, where that is needed, reads.
    ///
    /// # Errors
    ///
    /// If a folder cannot be listed or a file not be read, and if there is a named pipe, a socket or
    /// a device among them.
    pub fn version(&self, project: &Path, memory: &SourceMemory) -> Result<Found, SourceError> {
        let place = path::resolve(&self.path)?;
        let text = path::relative_text(&place, project);
        let mut encoder = Encoder::new();
        let mut files = Vec::new();
        match memory.content(&place)? {
            Entry::Missing if path::is_pattern(&self.path) => {
                let matches = glob::find(&place)?;
                encoder.begin_named(Tag::File, "pattern", 1 + 2 * matches.len());
                encoder.text(&text);
                for (_, path) in matches {
                    let entry = memory.content(&path)?;
                    append(
                        &path::relative_text(&path, project),
                        entry,
                        &mut encoder,
                        &mut files,
                    );
                }
            }
            Entry::Folder => {
                let below = walk::below(&place)?;
                encoder.begin_named(Tag::File, "folder", 1 + 2 * below.len());
                encoder.text(&text);
                for (_, path) in below {
                    let entry = memory.content(&path)?;
                    append(
                        &path::relative_text(&path, &place),
                        entry,
                        &mut encoder,
                        &mut files,
                    );
                }
            }
            entry => {
                encoder.begin_named(Tag::File, "file", 2);
                append(&text, entry, &mut encoder, &mut files);
            }
        }
        Ok(Found {
            version: encoder.finish(),
            files,
            path: text,
        })
    }
}

/// Two parts: where, and what.
fn append(path: &str, entry: Entry, encoder: &mut Encoder, files: &mut Vec<SourceFile>) {
    encoder.text(path);
    match entry {
        Entry::Folder => encoder.text("folder"),
        Entry::Missing => encoder.tag(Tag::Missing),
        Entry::File(file) => {
            encoder.version(Tag::Version, file.version);
            files.push(file);
        }
    }
}

impl Found {
    /// What a record keeps.
    pub fn state(&self) -> SourceState {
        SourceState {
            path: self.path.clone(),
            version: self.version,
        }
    }
}

impl SourceState {
    /// Where it lies, or the pattern: absolute, for a project in this folder. None: no path that
    /// was ever written.
    pub fn place(&self, project: &Path) -> Option<PathBuf> {
        path::from_text(&self.path).map(|path| project.join(path))
    }

    /// The same source as another project names it, with the version that it has there. None: it
    /// is not what it was any more, or cannot be looked at.
    pub fn moved(&self, from: (&Path, &SourceMemory), project: &Path) -> Option<SourceState> {
        let (before, memory) = from;
        let place = self.place(before)?;
        let found = Source::new(place).version(project, memory).ok()?;
        // Whatever changed it before it was looked at shows now.
        let is_still = self.still(before, memory).unwrap_or(false);
        is_still.then(|| found.state())
    }

    /// Is the source of this project still what it was?
    ///
    /// # Errors
    ///
    /// As [`Source::version`].
    pub fn still(&self, project: &Path, memory: &SourceMemory) -> Result<bool, SourceError> {
        let Some(place) = self.place(project) else {
            return Ok(false); // no path that was ever written
        };
        let found = Source::new(place).version(project, memory)?;
        Ok(found.version == self.version)
    }
}

impl SourceError {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SourceError {
        let path = path.to_owned();
        move |source| SourceError::Io {
            doing,
            path,
            source,
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::Io { doing, path, .. } => {
                write!(f, "could not {doing} {}", path.display())
            }
            SourceError::Special { path, found } => {
                write!(
                    f,
                    "expected a file or folder, found {found}: {}",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SourceError::Io { source, .. } => Some(source),
            SourceError::Special { .. } => None,
        }
    }
}
