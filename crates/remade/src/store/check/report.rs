//! What was found in a store, and how is it told?

use std::io;
use std::path::{Path, PathBuf};

/// What was found in a store.
#[derive(Debug, Default)]
pub struct Report {
    /// Records that were looked at.
    pub records: usize,
    /// Files of results that were read in full.
    pub files: usize,
    /// Calls that somebody else was running, and that were left alone.
    pub running: usize,
    /// What is not as it should be.
    pub problems: Vec<Problem>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub kind: Kind,
    /// With which file.
    pub path: PathBuf,
    /// Of which made function, where that is known.
    pub function: Option<String>,
    /// What lies there.
    pub found: String,
    /// What should.
    pub expected: String,
    /// What a repair does, or did; None where only a person can say what is right.
    pub repair: Option<String>,
    /// Whether that was done.
    pub repaired: bool,
    /// Why it could not be done.
    pub failed: Option<String>,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A record that cannot be read.
    RecordDamaged,
    /// A record that a newer release wrote.
    RecordNewer,
    /// A record that lies at the place of another call.
    RecordMisplaced,
    /// A record means a file that is not there.
    ResultMissing,
    /// What lies there is not what the record means.
    ResultChanged,
    /// What lies there is the result of another call.
    ResultReplaced,
    /// A process died between the commit and the last rename.
    Unfinished,
    /// A process died and left a staged file or a lock.
    Abandoned,
    /// A file that the store named and that no record means.
    Unexplained,
    /// The list of the newest calls is not complete.
    Order,
    /// The text of a function, kept for explanations, cannot be read.
    CodeDamaged,
    /// The system refuses to show it.
    Unreadable,
}

impl Kind {
    /// One word for programs.
    pub fn name(self) -> &'static str {
        match self {
            Kind::RecordDamaged => "record_damaged",
            Kind::RecordNewer => "record_newer",
            Kind::RecordMisplaced => "record_misplaced",
            Kind::ResultMissing => "result_missing",
            Kind::ResultChanged => "result_changed",
            Kind::ResultReplaced => "result_replaced",
            Kind::Unfinished => "unfinished",
            Kind::Abandoned => "abandoned",
            Kind::Unexplained => "unexplained",
            Kind::Order => "order",
            Kind::CodeDamaged => "code_damaged",
            Kind::Unreadable => "unreadable",
        }
    }
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem {
        kind: Kind::Unreadable,
        path: path.to_owned(),
        function: None,
        found: error.to_string(),
        expected: "what can be read".to_owned(),
        repair: None,
        repaired: false,
        failed: None,
    }
}
