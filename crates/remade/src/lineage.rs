//! Which records and sources did a value come from?
//!
//! [`trace`] walks from the records of some values back to their sources: every record says which
//! result of which record an argument was, which files its run read, and which made functions were
//! called inside. The result is plain data; nothing is loaded, and no file but records is opened.
//!
//! A key can be taken by another run: the record of a call is replaced when the call runs again. So
//! whoever names a record also names a version that stands in it, or when its run began, and a
//! record that does not say the same is not taken for the one that was meant.

mod file;
mod graph;
mod meant;
mod records;
mod tree;
mod walk;

use crate::record::Record;
use crate::version::Version;
use std::path::PathBuf;
use std::sync::Arc;

pub use file::of_file;
pub use meant::is_same_run;
pub use records::{OnDisk, Records};
pub use walk::trace;

/// A value that a made function returned: where a walk begins.
#[derive(Debug, Clone)]
pub struct Start {
    /// The place of the value in what was asked for: `""`, `[0]`.
    pub place: String,
    /// The record of the run that made it.
    pub record: Arc<Record>,
    /// The cache directory of that record.
    pub store: PathBuf,
    /// The place of the value in the result of that run.
    pub position: String,
}

/// A graph of runs and of what they were given. Nodes are numbered in the order of the walk; every
/// node can be reached from a root.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lineage {
    /// Where each value that was asked for came from.
    pub roots: Vec<Input>,
    /// Every run and every source, once.
    pub nodes: Vec<Node>,
}

/// A run or a source, and what it was given.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub what: What,
    /// What it was given, in the order of its record. Sources were given nothing.
    pub inputs: Vec<Input>,
}

/// What stands at a node.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A run of a made function.
    Run {
        /// What is known of it.
        record: Arc<Record>,
        /// The cache directory.
        store: PathBuf,
        /// Where the record lies. None: it was replaced or forgotten since, and this is what this
        /// process still knew.
        path: Option<PathBuf>,
    },
    /// A run whose record was replaced or forgotten since.
    Forgotten {
        /// The function.
        function: String,
        /// The key that the record had.
        key: String,
        /// The version of the result that was used; None for a call made inside.
        version: Option<Version>,
        /// The cache directory.
        store: PathBuf,
    },
    /// A file, a folder or a pattern, as it was then.
    File {
        /// Where it lies.
        path: PathBuf,
        /// Of path and content.
        version: Version,
    },
    /// A value that no record explains.
    Value {
        /// None: it had none.
        version: Option<Version>,
        /// A short text for people.
        short: String,
    },
}

/// What a run was given, or a value that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Where it came from: a node by its number.
    pub node: usize,
    /// How the run got it.
    pub role: Role,
    /// The place in the result of that node: `""`, `[0]`. Empty where the node is no run.
    pub result: String,
}

/// How something was given to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It is what was asked for, or the part of it at this place.
    Asked(String),
    /// As an argument, or as the part of it at this position.
    Argument {
        /// The parameter.
        name: String,
        /// `""`, `[0]`.
        position: String,
    },
    /// Through a global or a closure.
    Implicit {
        /// `settings.MASK`
        name: String,
        /// `""`, `[0]`.
        position: String,
    },
    /// The run read this file.
    Read,
    /// The run called this made function.
    Called,
}
