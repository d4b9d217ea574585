//! Which code does a function stand for?
//!
//! Its own tokens, those of the items that its `depends` names, and theirs. Where it names none, the
//! running executable stands for all that it may call.

#![allow(missing_docs)] // what the macros write is no part of the interface

use crate::source::Source;
use crate::stamp::Stamp;
use crate::store::{Store, layout};
use crate::version::{Encoder, Tag, Version};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A piece of code, as the macros describe it.
#[derive(Debug)]
pub struct Code {
    pub module: &'static str,
    pub name: &'static str,
    /// Of its tokens.
    pub digest: u128,
    pub file: &'static str,
    pub line: u32,
    pub source: &'static str,
    pub is_module: bool,
    /// None: it may call anything.
    pub depends: Option<&'static [Depend]>,
    /// Where it is a made function: lets it be known by name.
    pub prepare: Option<fn()>,
}

/// An item that `depends` names.
#[derive(Debug)]
pub struct Depend {
    /// The last part of the path.
    pub name: &'static str,
    pub code: fn() -> &'static Code,
}

/// What the executable is called where code is told by name.
const EXECUTABLE: &str = "the executable";

/// All code that a function stands for.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) codes: Vec<&'static Code>,
    /// The version of the executable, where it counts.
    pub(super) executable: Option<Version>,
    pub(super) fingerprint: Version,
    /// Why the executable has no version, if it has none.
    pub(super) unreadable: Option<String>,
    /// Modules that are not marked: what stands in their place.
    pub(super) taken_for: Vec<(&'static str, &'static str)>,
}

impl Code {
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.module.replace("::", "."), self.name)
    }

    pub(super) fn version(&self) -> Version {
        Version::from_u128(self.digest)
    }
}

impl Reached {
    pub(super) fn from(code: &'static Code, store: &Store) -> Reached {
        let (mut codes, mut taken_for) = (Vec::new(), Vec::new());
        collect(code, &mut codes, &mut taken_for);
        let counts = !taken_for.is_empty() || codes.iter().any(|code| code.depends.is_none());
        let executable = counts.then(|| executable(store));
        let unreadable = match &executable {
            Some(Err(why)) => Some(why.clone()),
            _ => None,
        };
        // What cannot be told is another one in each process.
        let executable = executable.map(|found| found.unwrap_or_else(|_| layout::unique()));
        let mut encoder = Encoder::new();
        encoder.begin_named(Tag::Code, "rust", codes.len());
        for (index, code) in codes.iter().enumerate() {
            // The function itself is known by its name already, which its user may choose.
            if index > 0 {
                encoder.text(&code.name());
            }
            encoder.version(Tag::Version, code.version());
        }
        if let Some(executable) = executable {
            encoder.version(Tag::Code, executable);
        }
        Reached {
            codes,
            executable,
            fingerprint: encoder.finish(),
            unreadable,
            taken_for,
        }
    }

    /// Each piece, by name.
    pub(super) fn by_name(&self) -> BTreeMap<String, Version> {
        let codes = self.codes.iter();
        let mut named: BTreeMap<_, _> = codes.map(|code| (code.name(), code.version())).collect();
        if let Some(executable) = self.executable {
            named.insert(EXECUTABLE.to_owned(), executable);
        }
        named
    }
}

/// Each piece once; two may name each other.
///
/// The description of a module is an item in it. So a module that is not marked has that of a marked one of
/// which it re-exports all (`pub use kernels::*`), and what else is in it would not be seen.
fn collect(
    code: &'static Code,
    codes: &mut Vec<&'static Code>,
    taken_for: &mut Vec<(&'static str, &'static str)>,
) {
    if codes.iter().any(|known| std::ptr::eq(*known, code)) {
        return;
    }
    codes.push(code);
    for depend in code.depends.unwrap_or_default() {
        let found = (depend.code)();
        if found.is_module && found.name != depend.name {
            taken_for.push((depend.name, found.name));
        }
        collect(found, codes, taken_for);
    }
}

/// The version of the program that runs: read once in a process, and not at all where a store
/// knows the file already.
fn executable(store: &Store) -> Result<Version, String> {
    static VERSION: OnceLock<Result<Version, String>> = OnceLock::new();
    VERSION
        .get_or_init(|| read_executable(store).map_err(|error| error.to_string()))
        .clone()
}

fn read_executable(store: &Store) -> std::io::Result<Version> {
    let path = std::env::current_exe()?;
    // What runs may have been replaced at its path since it was started.
    let running = running(&path);
    let before = Stamp::of_path(&running)?;
    if Stamp::of_path(&path).is_ok_and(|stamp| stamp == before) {
        let found = Source::new(&path).version(store.project(), store.sources());
        if let Ok(found) = found
            && let [file] = &found.files[..]
            && file.stamp == before
            && Stamp::of_path(&running)? == before
        {
            return Ok(file.version);
        }
    }
    crate::store::files::digest(&std::fs::File::open(&running)?)
}

/// A name under which the very file that runs can be opened.
fn running(path: &Path) -> PathBuf {
    let this = Path::new("/proc/self/exe");
    match cfg!(target_os = "linux") && this.exists() {
        true => this.to_owned(),
        false => path.to_owned(),
    }
}
