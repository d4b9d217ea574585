//! Fresh or stale, and why?

use crate::record::{Argument, Implicit, NeverFresh, Record};
use crate::source::SourceState;
use crate::version::Version;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Why a call is stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There is no record of this function.
    NeverRan,
    /// There are records of this function, but none of this call, and nothing tells it apart from
    /// the last one: its record was forgotten.
    Forgotten,
    /// Each argument is what it was, and yet not all of them together: they were given in another
    /// order, or by name instead of by place, and it may matter.
    Arranged,
    /// The code is another.
    CodeChanged {
        /// The functions and classes whose own code changed, came or went.
        functions: Vec<String>,
    },
    /// The label that the user gave the code is another.
    LabelChanged {
        /// In the last call.
        from: Option<String>,
        /// Now.
        to: Option<String>,
    },
    /// An argument is another.
    ArgumentChanged {
        /// The parameter.
        name: String,
        /// Short form in the last call; None: it was not there.
        from: Option<String>,
        /// Short form now; None: it is not there.
        to: Option<String>,
        /// The function whose result the new one is, where it is known.
        origin: Option<String>,
    },
    /// An argument has no version.
    Unversioned {
        /// The parameter.
        name: String,
        /// Why.
        why: String,
    },
    /// The run changes this argument and does not return it.
    ChangedByItself {
        /// The parameter.
        name: String,
    },
    /// An old result stayed by another cutoff than the function has now.
    CutoffChanged {
        /// What it stayed by.
        from: String,
        /// What there is now.
        to: String,
    },
    /// A random generator cannot be left where the run left it.
    NotResumed {
        /// The parameter.
        name: String,
        /// Why.
        why: String,
    },
    /// Arguments share memory or objects that the run changes.
    Shared,
    /// A global or setting is another.
    ImplicitChanged {
        /// `settings.FWHM`
        name: String,
        /// Short form in the record; None: it was not there.
        from: Option<String>,
        /// Short form now; None: it cannot be found.
        to: Option<String>,
    },
    /// A file input is another.
    SourceChanged {
        /// As it was given.
        path: String,
    },
    /// A made function called inside is another, or cannot be found.
    NestedChanged {
        /// Its name.
        name: String,
    },
    /// A made function called inside has no version.
    NestedUnversioned {
        /// Its name and why.
        name: String,
    },
    /// A result file is gone.
    ResultMissing {
        /// The file.
        path: PathBuf,
    },
    /// A result file is not what was saved.
    ResultChanged {
        /// The file.
        path: PathBuf,
    },
    /// The persister is another, or has other parameters.
    PersisterChanged {
        /// Class in the record.
        from: String,
        /// Class now.
        to: String,
    },
    /// The result is asked for in another place.
    AskedElsewhere {
        /// Where it is.
        from: String,
        /// Where it is asked for.
        to: String,
    },
    /// The result could not be loaded.
    Unloadable {
        /// The file.
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
    /// The record cannot be read.
    RecordDamaged {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A newer release wrote the record.
    RecordNewer {
        /// The format found.
        found: u32,
    },
    /// The caller asked for a run.
    Asked,
}

impl Reason {
    /// The name of the variant, for programs that have no enumerations.
    pub fn kind(&self) -> &'static str {
        match self {
            Reason::NeverRan => "never_ran",
            Reason::Forgotten => "forgotten",
            Reason::Arranged => "arranged",
            Reason::CodeChanged { .. } => "code_changed",
            Reason::LabelChanged { .. } => "label_changed",
            Reason::ArgumentChanged { .. } => "argument_changed",
            Reason::Unversioned { .. } => "unversioned",
            Reason::ChangedByItself { .. } => "changed_by_itself",
            Reason::NotResumed { .. } => "not_resumed",
            Reason::CutoffChanged { .. } => "cutoff_changed",
            Reason::Shared => "shared",
            Reason::ImplicitChanged { .. } => "implicit_changed",
            Reason::SourceChanged { .. } => "source_changed",
            Reason::NestedChanged { .. } => "nested_changed",
            Reason::NestedUnversioned { .. } => "nested_unversioned",
            Reason::ResultMissing { .. } => "result_missing",
            Reason::ResultChanged { .. } => "result_changed",
            Reason::PersisterChanged { .. } => "persister_changed",
            Reason::AskedElsewhere { .. } => "asked_elsewhere",
            Reason::Unloadable { .. } => "unloadable",
            Reason::StoreRefused { .. } => "store_refused",
            Reason::RecordDamaged { .. } => "record_damaged",
            Reason::RecordNewer { .. } => "record_newer",
            Reason::Asked => "asked",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        match self {
            Reason::NeverRan => f.write_str("never ran"),
            Reason::Forgotten => f.write_str("its result was not kept"),
            Reason::Arranged => f.write_str("the same arguments, given in another way"),
            Reason::CodeChanged { functions } if functions.is_empty() => {
                f.write_str("code changed")
            }
            Reason::CodeChanged { functions } => {
                write!(f, "code changed: {}", functions.join(", "))
            }
            Reason::LabelChanged { from, to } => {
                write!(f, "version= changed: from {} to {}", known(from), known(to))
            }
            Reason::ArgumentChanged {
                name,
                from,
                to,
                origin,
            } => {
                // The short form of large values does not tell their content.
                if from == to && to.is_some() {
                    write!(f, "argument {name} changed: another {}", known(to))?;
                } else {
                    write!(
                        f,
                        "argument {name} changed: from {} to {}",
                        known(from),
                        known(to)
                    )?;
                }
                match origin {
                    Some(origin) => write!(f, " (made by {origin})"),
                    None => Ok(()),
                }
            }
            Reason::Unversioned { name, why } => {
                write!(f, "argument {name} has no version: {why}")
            }
            Reason::CutoffChanged { from, to } => {
                write!(f, "kept by {from}, and the cutoff is {to} now")
            }
            Reason::NotResumed { name, why } => write!(f, "random generator {name} {why}"),
            Reason::ChangedByItself { name } => {
                write!(f, "the function changes its argument {name}")
            }
            Reason::Shared => f.write_str("arguments share what the function changes"),
            Reason::ImplicitChanged { name, from, to } if from == to => {
                write!(f, "{name} changed: another {}", known(to))
            }
            Reason::ImplicitChanged { name, from, to } => {
                write!(f, "{name} changed: from {} to {}", known(from), known(to))
            }
            Reason::SourceChanged { path } => write!(f, "file {path} changed"),
            Reason::NestedChanged { name } => write!(f, "nested call changed: {name}"),
            Reason::NestedUnversioned { name } => write!(f, "nested call without version: {name}"),
            Reason::ResultMissing { path } => write!(f, "result missing: {}", path.display()),
            Reason::ResultChanged { path } => {
                write!(f, "result changed on disk: {}", path.display())
            }
            Reason::PersisterChanged { from, to } if from == to => {
                write!(f, "persister {from} has other code or parameters")
            }
            Reason::PersisterChanged { from, to } => {
                write!(f, "persister changed: from {from} to {to}")
            }
            Reason::AskedElsewhere { from, to } => {
                write!(f, "result asked elsewhere: {to} instead of {from}")
            }
            Reason::Unloadable { path, why } => {
                write!(f, "result {} cannot be loaded: {why}", path.display())
            }
            Reason::StoreRefused { path, why } => {
                write!(f, "store {} not used: {why}", path.display())
            }
            Reason::RecordDamaged { path, why } => {
                write!(f, "record damaged: {}: {why}", path.display())
            }
            Reason::RecordNewer { found } => {
                write!(f, "the record has format {found}, of a newer remade")
            }
            Reason::Asked => f.write_str("asked to"),
        }
    }
}

/// What a call is made of now, in full: asked for only when it is stale.
#[derive(Debug, Clone)]
pub struct Present {
    /// The version of the function's code.
    pub fingerprint: Version,
    /// The label that the user gave it.
    pub label: Option<String>,
    /// Each function and class reached, with the version of its own code.
    pub code: BTreeMap<String, Version>,
    /// What the function was given.
    pub arguments: Vec<Argument>,
    /// The version of all of it together; None: an argument has none.
    pub given: Option<Version>,
    /// The files among them.
    pub sources: Vec<SourceState>,
    /// The parameters whose arguments are files and nothing else: they are told as files.
    pub files: Vec<String>,
}

/// Why a record may not answer, from the record alone.
pub fn never_fresh(record: &Record) -> Option<Reason> {
    record.never_fresh.as_ref().map(|why| match why {
        NeverFresh::Changed(name) => Reason::ChangedByItself { name: name.clone() },
        NeverFresh::Unversioned(name, why) => Reason::Unversioned {
            name: name.clone(),
            why: why.clone(),
        },
        NeverFresh::Nested(name) => Reason::NestedUnversioned { name: name.clone() },
        NeverFresh::Random(name, why) => Reason::NotResumed {
            name: name.clone(),
            why: why.clone(),
        },
    })
}

/// What differs between the implicit inputs of a record and those of now. What a run changed is a
/// channel for output and not compared.
pub fn implicit_changes(recorded: &[Implicit], now: &[Implicit]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (place, before) in recorded.iter().enumerate() {
        if before.changed {
            continue;
        }
        // Two closures of one function have cells of one name.
        let is_same = |input: &&Implicit| input.name == before.name;
        let same_place = now.get(place).filter(is_same);
        let present = same_place.or_else(|| now.iter().find(is_same));
        if present.map(|input| input.version) != Some(before.version) {
            reasons.push(Reason::ImplicitChanged {
                name: before.name.clone(),
                from: Some(before.short.clone()),
                to: present.map(|input| input.short.clone()),
            });
        }
    }
    reasons
}

/// Why there is no record of this call: the difference to the last one.
pub fn difference(last: Option<&Record>, now: &Present) -> Vec<Reason> {
    let Some(last) = last else {
        return vec![Reason::NeverRan];
    };
    let mut reasons = Vec::new();
    if last.label != now.label {
        reasons.push(Reason::LabelChanged {
            from: last.label.clone(),
            to: now.label.clone(),
        });
    }
    if last.fingerprint != now.fingerprint {
        let changed = changed_code(&last.function, &last.code, &now.code).into_iter();
        let functions: Vec<_> = changed
            .filter_map(|(before, now)| now.or(before).map(str::to_owned))
            .collect();
        if reasons.is_empty() || !functions.is_empty() {
            reasons.push(Reason::CodeChanged { functions });
        }
    }
    let sources = changed_sources(&last.sources, &now.sources);
    for argument in &now.arguments {
        let before = last
            .arguments
            .iter()
            .find(|other| other.name == argument.name);
        let is_named_as_before = before.is_some_and(|before| before.short == argument.short);
        if is_named_as_before && !sources.is_empty() && now.files.contains(&argument.name) {
            continue; // the file itself is told
        }
        if before.is_none_or(|before| before.version != argument.version) {
            reasons.push(Reason::ArgumentChanged {
                name: argument.name.clone(),
                from: before.map(|before| before.short.clone()),
                to: Some(argument.short.clone()),
                origin: argument
                    .origins
                    .first()
                    .map(|origin| origin.function.clone()),
            });
        }
    }
    for before in &last.arguments {
        if now.arguments.iter().all(|other| other.name != before.name) {
            reasons.push(Reason::ArgumentChanged {
                name: before.name.clone(),
                from: Some(before.short.clone()),
                to: None,
                origin: None,
            });
        }
    }
    reasons.extend(sources);
    let is_of_arguments = |reason: &Reason| {
        matches!(
            reason,
            Reason::ArgumentChanged { .. } | Reason::SourceChanged { .. }
        )
    };
    let differs = last.given.is_some() && now.given.is_some() && last.given != now.given;
    if differs && !reasons.iter().any(is_of_arguments) {
        reasons.push(Reason::Arranged);
    }
    if reasons.is_empty() {
        reasons.push(Reason::Forgotten);
    }
    reasons
}

/// Files that are asked for as before, and are not what they were.
fn changed_sources(before: &[SourceState], now: &[SourceState]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for source in now {
        let mut same = before.iter().filter(|other| other.path == source.path);
        if same
            .next()
            .is_some_and(|other| other.version != source.version)
        {
            reasons.push(Reason::SourceChanged {
                path: source.path.clone(),
            });
        }
    }
    reasons
}

/// The functions and classes whose own code changed, came or went, each by the name that it had
/// before and the one that it has now.
///
/// What a script defines has no module in its name while the script runs, and has one where it is
/// imported. So two names of which one is the other with the module of the made function before it are
/// of one function.
pub(crate) fn changed_code<'a>(
    function: &str,
    before: &'a BTreeMap<String, Version>,
    now: &'a BTreeMap<String, Version>,
) -> Vec<(Option<&'a str>, Option<&'a str>)> {
    let is_same = |one: &str, other: &str| is_of_script(function, one, other);
    let mut gone: Vec<(&str, Version)> = before
        .iter()
        .filter(|(name, _)| !now.contains_key(*name))
        .map(|(name, version)| (name.as_str(), *version))
        .collect();
    let mut pairs = Vec::new();
    let mut come = Vec::new();
    for (name, version) in now {
        match before.get(name) {
            Some(other) if other == version => {}
            Some(_) => pairs.push((Some(name.as_str()), Some(name.as_str()))),
            None => come.push((name.as_str(), *version)),
        }
    }
    come.retain(|(name, version)| {
        let stayed = |(other, before): &(&str, Version)| before == version && is_same(other, name);
        let same = gone.iter().position(stayed);
        same.map(|place| gone.swap_remove(place)).is_none()
    });
    for (name, _) in come {
        let mut same = (0..gone.len()).filter(|&place| is_same(gone[place].0, name));
        let former = match (same.next(), same.next()) {
            (Some(place), None) => Some(gone.swap_remove(place).0),
            _ => None,
        };
        pairs.push((former, Some(name)));
    }
    gone.sort_unstable();
    pairs.extend(gone.into_iter().map(|(name, _)| (Some(name), None)));
    pairs
}

/// Whether one of these names is the other with the module of `function` before it.
fn is_of_script(function: &str, one: &str, other: &str) -> bool {
    let has_module = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|module| {
            module.len() > 1 && module.ends_with('.') && function.starts_with(module)
        })
    };
    has_module(one, other) || has_module(other, one)
}
