//! What happened? Plain data for logs, tests and people.

use crate::decide::Reason;
use std::fmt;
use std::path::PathBuf;

/// One call of a made function.
#[derive(Debug, Clone)]
pub struct Event {
    /// The function.
    pub function: String,
    /// Whether it ran. Otherwise its result was reused.
    pub ran: bool,
    /// Why it ran. Empty when it was reused.
    pub reasons: Vec<Reason>,
    /// How long the whole call took.
    pub seconds: f64,
    /// The files of the result.
    pub files: Vec<PathBuf>,
    /// It ran, and the old result stayed: by what.
    pub kept: Option<String>,
}

/// Something that the user should know although the call went on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// An argument known by history is not what its history says.
    HistoryEnded {
        /// The function that was called.
        function: String,
        /// What was changed.
        what: String,
    },
    /// A tripwire: an argument known by history seems to have been changed. The stored result
    /// still answers.
    ChainBroken {
        /// The function that was called.
        function: String,
        /// What was changed.
        what: String,
    },
    /// An argument has no version.
    Unversioned {
        /// The function that was called.
        function: String,
        /// The parameter.
        parameter: String,
        /// Why.
        why: String,
    },
    /// An argument was changed by the run and not returned.
    ChangesArgument {
        /// The function that was called.
        function: String,
        /// The parameter.
        parameter: String,
    },
    /// A random generator was moved on by the run to where no reuse could leave it.
    NotResumed {
        /// The function that was called.
        function: String,
        /// The parameter.
        parameter: String,
        /// Why.
        why: String,
    },
    /// A result of truth values comes back as numbers, which pick other elements.
    MaskAsNumbers {
        /// The function that was called.
        function: String,
        /// The place in the result; empty: the whole.
        position: String,
        /// The persister.
        persister: String,
    },
    /// A global that the run both changes and reads.
    ReadsItsOutput {
        /// The function that was called.
        function: String,
        /// The global.
        name: String,
    },
    /// A global or closure value without a version.
    ImplicitUnversioned {
        /// The function that was called.
        function: String,
        /// The global.
        name: String,
        /// Why.
        why: String,
    },
    /// A global or closure value that has no version as a whole, and counts as far as it can be told.
    ImplicitInPart {
        /// The function that was called.
        function: String,
        /// The global, and the place in it.
        name: String,
        /// Why.
        why: String,
    },
    /// A stored result cannot be loaded.
    Unloadable {
        /// The function that was called.
        function: String,
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// An old result could not be compared with the new one.
    NotCompared {
        /// The function that was called.
        function: String,
        /// Why.
        why: String,
    },
    /// A record cannot be read.
    RecordUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A file that a person made or changed was moved aside.
    MovedAside {
        /// Where it was.
        from: PathBuf,
        /// Where it is now.
        to: PathBuf,
    },
    /// A value was computed, could not be saved, and is returned all the same.
    NotSaved {
        /// The function that was called.
        function: String,
        /// Where it should have been.
        path: Option<PathBuf>,
        /// Why.
        why: String,
    },
    /// The store cannot be used at all.
    StoreUnusable {
        /// The cache directory.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The store may be written by others, and is not used.
    StoreRefused {
        /// The cache directory.
        path: PathBuf,
        /// Who can write it, and what to do.
        why: String,
    },
    /// There is a key that must not be used, so pickles are saved without a seal.
    KeyRefused {
        /// The key file.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
    /// The result is safe in the store, but not at the name the user gave.
    Unfinished {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The result is safe from a crash of the program, but not of the machine.
    NotForced {
        /// The record.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::HistoryEnded { function, what } => write!(
                f,
                "{function}: {what} was changed outside made functions since one returned it; it is \
                 now known by its content. Change such objects only inside made functions."
            ),
            Warning::ChainBroken { function, what } => write!(
                f,
                "{function}: {what} seems to have been changed outside made functions; the stored \
                 result still answers. Change objects inside made functions, pass a copy, or use \
                 verify=True to read every argument."
            ),
            Warning::Unversioned {
                function,
                parameter,
                why,
            } => write!(
                f,
                "{function}: the parameter {parameter} has no version ({why}), so the function runs \
                 every time. Pass a value that can be read, or leave it out with ignore=({parameter:?},)."
            ),
            Warning::ChangesArgument {
                function,
                parameter,
            } => write!(
                f,
                "{function}: the run changed its argument {parameter} and did not return it. A stored \
                 result could not repeat that change, so the function runs every time. Return the \
                 changed object, or change a copy."
            ),
            Warning::NotResumed {
                function,
                parameter,
                why,
            } => write!(
                f,
                "{function}: the random generator {parameter} {why}. A stored result could not leave \
                 it where the run leaves it, so the function runs every time. Return what was drawn \
                 alone, and pass each generator once."
            ),
            Warning::MaskAsNumbers {
                function,
                position,
                persister,
            } => write!(
                f,
                "{function}: the result{position} holds True and False, which {persister} keeps as \
                 the numbers 1 and 0: what is loaded picks other elements, and ~ of it is no mask. \
                 Keep it with NiftiFile(..., dtype=bool), or return numbers."
            ),
            Warning::ReadsItsOutput { function, name } => write!(
                f,
                "{function}: the run both reads and changes {name}. What it reads there is not \
                 compared; pass it as an argument if the result depends on it."
            ),
            Warning::ImplicitUnversioned {
                function,
                name,
                why,
            } => write!(
                f,
                "{function}: the value of {name} has no version ({why}) and is passed over. Pass \
                 it as an argument if the result depends on it."
            ),
            Warning::ImplicitInPart {
                function,
                name,
                why,
            } => write!(
                f,
                "{function}: the value of {name} has no version as a whole ({why}). Its class, its \
                 attributes and its items are compared; pass it as an argument if the result depends \
                 on more."
            ),
            Warning::Unloadable {
                function,
                path,
                why,
            } => write!(
                f,
                "{function}: the stored result {} cannot be loaded ({why}), so the function runs \
                 again.",
                path.display()
            ),
            Warning::NotCompared { function, why } => write!(
                f,
                "{function}: the cutoff could not compare the new result with the old one ({why}), \
                 so the new result is saved as usual."
            ),
            Warning::RecordUnreadable { path, why } => {
                write!(
                    f,
                    "the record {} is damaged ({why}), so the function runs again.",
                    path.display()
                )
            }
            Warning::MovedAside { from, to } => write!(
                f,
                "{} was changed by hand, or no record explains it: it was kept as {} before the new \
                 result took its name.",
                from.display(),
                to.display()
            ),
            Warning::NotSaved {
                function,
                path,
                why,
            } => {
                write!(f, "{function}: the result could not be saved")?;
                if let Some(path) = path {
                    write!(f, " in {}", path.display())?;
                }
                write!(f, ": {why}. It was computed and is returned all the same.")
            }
            Warning::StoreUnusable { path, why } => write!(
                f,
                "the store {} cannot be used ({why}): results are computed and not saved. Make it \
                 writable or name another cachedir.",
                path.display()
            ),
            Warning::StoreRefused { path, why } => write!(
                f,
                "the store {} is not used: {why}. Until then results are computed and not saved.",
                path.display()
            ),
            Warning::KeyRefused { path, why } => write!(
                f,
                "the key {} is not used: {why}. Until then pickles are saved without a seal, and \
                 loaded only where nobody else can write.",
                path.display()
            ),
            Warning::Unfinished { path, why } => write!(
                f,
                "the result is saved, but could not be given its name {} ({why}).",
                path.display()
            ),
            Warning::NotForced { path, why } => write!(
                f,
                "the result is saved, but its record {} could not be forced to the disk ({why}): a \
                 power failure may lose it.",
                path.display()
            ),
        }
    }
}
