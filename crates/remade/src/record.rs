//! What is written about a call? Plain data, no input or output.
//!
//! A record is JSON that a person can read. Its fields are described one by one in
//! `docs/format.md`. It is parsed strictly: an unknown field, a field of another type or a number
//! out of range makes it damaged, never guessed at. A digit that a bad disk or an editor changed is
//! a number as well, and might be the result itself: so the last line is a digest of all the others.

mod bounds;
mod seal;
mod short;

use crate::call::CallKey;
use crate::source::SourceState;
use crate::stamp::Stamp;
use crate::version::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

pub use seal::{ParseSealError, Seal};
pub use short::{Binary64, Short};

/// The format that this release writes, and the newest it reads. The folder `v1` of the store
/// carries the same number.
pub const FORMAT: u32 = 1;

/// Records larger than this are not read: nothing that is written here comes near it.
pub const MAX_BYTES: u64 = 16 << 20;

/// The state of a random generator has no more bytes than this.
pub const MAX_AFTER: usize = 16 << 10;

/// What the store knows of one finished call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`FORMAT`] of the release that wrote it.
    pub format: u32,
    /// `module.qualname`, or `module.name` where a name was given.
    pub function: String,
    /// The key of the call: also the name of the file.
    pub key: CallKey,
    /// The version of the function's code.
    pub fingerprint: Version,
    /// The label that the user gave the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Each function and class reached, with the version of its own code.
    pub code: BTreeMap<String, Version>,
    /// The name that the function had when it ran, if it was another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// The version of all arguments together: with function and fingerprint it gives the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Version>,
    /// What the function was given.
    pub arguments: Vec<Argument>,
    /// The files among the arguments.
    pub sources: Vec<SourceState>,
    /// Mutable globals and closure values.
    pub implicit: Vec<Implicit>,
    /// What came in through made functions called inside.
    pub nested: Nested,
    /// How the returned value is put together.
    pub value: Shape,
    /// The files that hold the parts.
    pub results: Vec<ResultFile>,
    /// Files that the function wrote by itself and returned as `File`.
    pub written: Vec<SourceState>,
    /// The objects in the returned value that history knows, in the order of a walk.
    pub items: Vec<Item>,
    /// Why this record never answers a call, where that is so.
    pub never_fresh: Option<NeverFresh>,
    /// An argument was changed by the run and returned: the record answers only calls whose
    /// arguments share nothing, because what is shared would have been changed as well.
    pub changed_returned: bool,
    /// Who kept this result although something had changed, and why; the last one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Accepted>,
    /// The old result stayed in the place of the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// When the run began, as RFC 3339.
    pub started: String,
    /// How long the function ran.
    pub seconds: f64,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// Language and version that ran it.
    pub language: String,
    /// Versions of the packages reached, as far as known.
    pub packages: BTreeMap<String, String>,
    /// The machine's boot in which the files were last known whole.
    pub boot: String,
    /// Whether files and record were forced to the disk.
    pub synced: bool,
}

/// One argument as the run got it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Argument {
    /// The parameter; `args[1]` for the second surplus one, the keyword for a surplus keyword.
    pub name: String,
    /// None: it has no version.
    pub version: Option<Version>,
    /// A short text for people.
    pub short: String,
    /// Where it, or a part of it, came from.
    pub origins: Vec<Origin>,
    /// The state in which the run left a random generator that it drew from: a reused result leaves
    /// the generator there, too. At most [`MAX_AFTER`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Why an old result stayed, although the function ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// What compared it with the new one, for people: `allclose(rtol=1e-09, atol=0.0)`.
    pub by: String,
    /// The version of what compared.
    pub cutoff: Version,
    /// The key of the record that it stayed from.
    pub record: CallKey,
    /// When that record's run began, as RFC 3339.
    pub started: String,
    /// The largest difference, where it was told.
    pub difference: Option<Binary64>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The place inside the argument: `""`, `[0]`, `['mask']`.
    pub position: String,
    /// The function that made it.
    pub function: String,
    /// The key of the record that describes its making.
    pub record: String,
    /// The place inside the result of that record.
    pub result: String,
    /// The version that stood at that place: another record may have taken that key since.
    pub version: Version,
    /// When that run began: a person may have accepted its result for another key since.
    pub started: String,
    /// The store that holds the record, relative to the project where it lies inside; None: it is
    /// the one that holds this record.
    pub store: Option<String>,
}

/// A mutable value reached through a global or a closure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Implicit {
    /// `settings.FWHM`; for a cell, the function and the variable.
    pub name: String,
    /// How another process finds it.
    pub locator: Option<Locator>,
    /// None: it has no version and was passed over with a warning.
    pub version: Option<Version>,
    /// A short text for people.
    pub short: String,
    /// The run changed it: it is a channel for output and not compared.
    pub changed: bool,
    /// Where it, or a part of it, came from. Empty for those of nested calls: their own records
    /// tell.
    pub origins: Vec<Origin>,
}

/// A module and the attributes to follow from there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locator {
    /// As `sys.modules` knows it.
    pub module: String,
    /// From the module down.
    pub path: Vec<String>,
}

/// What a run drew from outside through made functions called inside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nested {
    /// The made functions called, with the version of what they are.
    pub functions: BTreeMap<String, Version>,
    /// Their file inputs.
    pub sources: Vec<SourceState>,
    /// Their mutable globals.
    pub implicit: Vec<Implicit>,
    /// A nested call that could not be versioned: its name and why.
    pub unversioned: Option<String>,
    /// The records of the calls made directly inside, each once, in their order, up to
    /// [`MOST_CALLS`]. They serve lineage; whether the call is fresh does not depend on them.
    pub calls: Vec<NestedCall>,
}

/// A record names no more nested calls than these: a loop can make millions.
pub const MOST_CALLS: usize = 100;

/// One made function that was called inside a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NestedCall {
    /// The function.
    pub function: String,
    /// The key of its record.
    pub record: CallKey,
    /// When that run began: another record may have taken that key since.
    pub started: String,
    /// The store that holds the record, as in [`Origin`].
    pub store: Option<String>,
}

/// A person kept a result that no run gave for this code, or that no run gave at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The user's name on the machine.
    pub who: String,
    /// When, as RFC 3339.
    pub when: String,
    /// Why, in that person's words.
    pub why: String,
    /// What had changed.
    pub what: Vec<String>,
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "accepted by {} at {}: {}", self.who, self.when, self.why)?;
        match self.what.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", self.what.join("; ")),
        }
    }
}

/// How the returned value is put together from results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// It stands in the record itself.
    Short(Short),
    /// What the persister of that result gives.
    Result(usize),
    /// The constant that stands at this place of `output=`.
    Constant,
    /// A list of parts.
    List(Vec<Shape>),
    /// A tuple of parts.
    Tuple(Vec<Shape>),
    /// A mapping; the keys stand in the order of `output=`.
    Dict(Vec<(String, Shape)>),
}

/// One file (or other place) that a persister filled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultFile {
    /// The place in the returned value: `""`, `[0]`, `['mask']`.
    pub position: String,
    /// Class of the persister, for people.
    pub persister: String,
    /// Class, code and saving parameters of the persister.
    pub persister_version: Version,
    /// The version of what is loaded.
    pub version: Version,
    /// None: the persister keeps it elsewhere.
    pub file: Option<FileState>,
}

/// The file of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileState {
    /// The final name: relative to the project where it lies inside.
    pub path: String,
    /// The user gave the name: it is never deleted.
    pub named: bool,
    /// The name it had before the commit, in the same folder.
    pub staged: String,
    /// Size, mtime and inode.
    pub stamp: Stamp,
    /// How `content` was taken.
    pub digest: Digest,
    /// The content, to recognise a file that was copied or touched.
    pub content: Version,
    /// Who wrote it, where it is a pickle: see [`crate::store::seal`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

/// How the content of a file is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Digest {
    /// Of all its bytes.
    Bytes,
    /// Of the array in it, as [`crate::version::array`] says.
    Array,
}

/// An object in the returned value that history knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The place in the returned value.
    pub position: String,
    /// What it counts as.
    pub version: Version,
    /// What reading it in full gives.
    pub content: Version,
    /// The user's own code that it can run: that of its class, and of what it holds. None: there is
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Version>,
}

/// Why a record never answers a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeverFresh {
    /// The run changed this parameter and did not return it.
    Changed(String),
    /// This parameter has no version: its name and why.
    Unversioned(String, String),
    /// This nested call has no version.
    Nested(String),
    /// The run left this random generator in a state that no reuse can bring about: its name and
    /// why.
    Random(String, String),
}

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not a record: what was found.
    Damaged(String),
    /// A later release wrote it.
    Newer {
        /// The format found.
        found: u32,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Damaged(why) => write!(f, "damaged record: {why}"),
            Unreadable::Newer { found } => write!(
                f,
                "record of format {found}, written by a newer remade (this one reads up to {FORMAT})"
            ),
        }
    }
}

/// Ends the text of all fields.
const END: &str = "\n}";

/// Stands between the fields and the digest of their text.
const DIGEST: &str = ",\n  \"digest\": \"";

/// The text of the fields, without the end, where the digest agrees with it.
fn whole(text: &[u8]) -> Option<&[u8]> {
    let digits = text.strip_suffix(b"\n}\n")?.strip_suffix(b"\"")?;
    let (rest, digits) = digits.split_at_checked(digits.len().checked_sub(32)?)?;
    let fields = rest.strip_suffix(DIGEST.as_bytes())?;
    let digest: Version = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (Version::of_bytes(fields) == digest).then_some(fields)
}

impl Record {
    /// What history knows at this place of the returned value.
    pub fn item_at(&self, position: &str) -> Option<&Item> {
        self.items
            .iter()
            .find(|one| is_same_place(&one.position, position))
    }

    /// The result at this place of the returned value.
    pub fn result_at(&self, position: &str) -> Option<&ResultFile> {
        self.results
            .iter()
            .find(|one| is_same_place(&one.position, position))
    }

    /// The text that is written.
    ///
    /// # Errors
    ///
    /// If it is longer than [`MAX_BYTES`]: nobody could read it.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.truncate(text.len() - END.len());
        let digest = Version::of_bytes(&text);
        text.extend_from_slice(format!("{DIGEST}{digest}\"{END}\n").as_bytes());
        if text.len() as u64 > MAX_BYTES {
            return Err(serde::ser::Error::custom(format!(
                "its record would have {} bytes, and at most {MAX_BYTES} are read",
                text.len()
            )));
        }
        if let Some(much) = bounds::too_much(&text) {
            return Err(serde::ser::Error::custom(format!(
                "its record would have {much}"
            )));
        }
        Ok(text)
    }

    /// Reads what [`Record::to_json`] wrote, strictly.
    pub fn from_json(text: &[u8]) -> Result<Record, Unreadable> {
        if text.len() as u64 > MAX_BYTES {
            return Err(Unreadable::Damaged(format!(
                "{} bytes, where at most {MAX_BYTES} are read",
                text.len()
            )));
        }
        let damaged = |why: &dyn fmt::Display| {
            // A newer format may well have other fields: ask for nothing but its number.
            #[derive(Deserialize)]
            struct OnlyFormat {
                format: u32,
            }
            match serde_json::from_slice::<OnlyFormat>(text) {
                Ok(OnlyFormat { format }) if format > FORMAT => Unreadable::Newer { found: format },
                _ => Unreadable::Damaged(why.to_string()),
            }
        };
        let Some(fields) = whole(text) else {
            return Err(damaged(&"it is not as it was written"));
        };
        if let Some(much) = bounds::too_much(fields) {
            return Err(damaged(&much));
        }
        match serde_json::from_slice::<Record>(&[fields, END.as_bytes()].concat()) {
            Ok(record) if record.format == FORMAT => record.checked(),
            Ok(record) => Err(damaged(&format_args!("format {}", record.format))),
            Err(error) => Err(damaged(&error)),
        }
    }

    /// Whether a reused result has more to do than to be returned: a random generator among the
    /// arguments goes on from where the run left it.
    pub fn moves_arguments(&self) -> bool {
        self.arguments.iter().any(|one| one.after.is_some())
    }

    /// What the types do not say: every part of the value exists, and no file lies where it could
    /// not have been put.
    fn checked(self) -> Result<Record, Unreadable> {
        fn reaches(shape: &Shape, results: usize) -> bool {
            match shape {
                Shape::Short(_) | Shape::Constant => true,
                Shape::Result(index) => *index < results,
                Shape::List(parts) | Shape::Tuple(parts) => {
                    parts.iter().all(|part| reaches(part, results))
                }
                Shape::Dict(parts) => parts.iter().all(|(_, part)| reaches(part, results)),
            }
        }
        if !reaches(&self.value, self.results.len()) {
            return Err(Unreadable::Damaged(
                "the value names a result that is not there".to_owned(),
            ));
        }
        let mut states = self.arguments.iter().filter_map(|one| one.after.as_ref());
        if states.any(|state| state.len() > MAX_AFTER) {
            return Err(Unreadable::Damaged(format!(
                "the state of a generator has more than {MAX_AFTER} bytes"
            )));
        }
        let files = self.results.iter().filter_map(|one| one.file.as_ref());
        for file in files {
            if !file.has_place(self.key) {
                return Err(Unreadable::Damaged(format!(
                    "no result was ever put in {:?}, by way of {:?}",
                    file.path, file.staged
                )));
            }
        }
        Ok(self)
    }
}

/// Most values have one place, the empty one. To compare no bytes costs a tenth of a microsecond where the
/// C library masks a load from an address that is none.
fn is_same_place(one: &str, other: &str) -> bool {
    one.is_empty() && other.is_empty() || one == other
}

impl FileState {
    /// Whether it can have been written there: what the engine named begins with the key of its
    /// record, and a staged name leads out of no folder.
    fn has_place(&self, key: CallKey) -> bool {
        let path = Path::new(&self.path);
        let name = path.file_name().and_then(|name| name.to_str());
        let is_file = name.is_some_and(|name| self.path.ends_with(name));
        let is_staged = self.staged.starts_with(crate::staged::STAGED)
            && !self.staged.contains(['/', '\\', '\0']);
        let is_own = || {
            let rest = name.and_then(|name| name.strip_prefix(&key.to_string()));
            rest.is_some_and(|rest| rest != ".json" && rest != ".lock")
        };
        is_file && is_staged && !self.path.contains('\0') && (self.named || is_own())
    }
}
