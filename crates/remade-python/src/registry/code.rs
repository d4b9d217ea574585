//! Which code of the user's own can an object run, and is it still what it was?
//!
//! An object counts by its class with its code, and by what it holds. History knows it as it was
//! when it was returned; what its methods are by now, and the globals that they read, history cannot know.

use std::cell::Cell;
use std::sync::Arc;

use pyo3::prelude::*;
use remade::version::{Encoder, Tag, Version};

use super::followed::Followed;
use super::{Weak, holds, verify};
use crate::code::Rules;
use crate::value::{Unversioned, Walk, own_code};

/// Functions and classes, with what each counted as.
#[derive(Default)]
pub(crate) struct Code {
    /// As everybody would tell it who reads all of it.
    version: Option<Version>,
    /// As this process tells it the soonest.
    parts: Vec<(Weak, Option<Version>)>,
    /// What the object is to those for whom more code is the user's own.
    pub(super) followed: Followed,
}

impl Code {
    /// None: there is no code of the user's.
    pub(crate) fn version(&self) -> Option<Version> {
        self.version
    }

    /// Whether it is still what it was.
    pub(super) fn is_current(&self, py: Python<'_>) -> bool {
        thread_local! {
            static ASKING: Cell<bool> = const { Cell::new(false) };
        }
        // Its methods may read objects that are known as well, at last the one that is asked about. What
        // those can run is among the parts here, as whoever reads the methods reaches it, so it is asked
        // about once, and here.
        if self.parts.is_empty() || ASKING.replace(true) {
            return true;
        }
        let is_same = |(weak, before): &(Weak, Option<Version>)| {
            let code = weak.get(py);
            code.is_some_and(|code| version_of(&code, Walk::by_history()).ok() == Some(*before))
        };
        let is_current = self.parts.iter().all(is_same);
        ASKING.set(false);
        is_current
    }
}

/// What an object counts as that comes back from a file: the file tells nothing of its code.
pub(crate) fn with_code(version: Version, code: &Code) -> Version {
    let Some(code) = code.version else {
        return version;
    };
    let mut encoder = Encoder::new();
    encoder.begin(Tag::Object, 2);
    encoder.version(Tag::Version, version);
    encoder.version(Tag::Code, code);
    encoder.finish()
}

/// The code that an object can run.
pub(crate) fn code_of(object: &Bound<'_, PyAny>) -> PyResult<Code> {
    let reached = reached(object, None)?;
    let mut parts = Vec::with_capacity(reached.len());
    for code in &reached {
        if let Some(weak) = Weak::to(code) {
            parts.push((weak, version_of(code, Walk::by_history())?));
        }
    }
    Ok(Code {
        version: version_of_all(&reached, None)?,
        parts,
        followed: Followed::default(),
    })
}

/// Functions and classes that an object can run, and that are the user's own by these rules.
pub(super) fn reached<'py>(
    object: &Bound<'py, PyAny>,
    rules: Option<&Arc<Rules>>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let parts = holds::parts_with_code(object)?;
    match parts.is_empty() {
        true => Ok(Vec::new()),
        false => verify::code_reached(&parts, rules),
    }
}

/// The version of code as everybody would tell it who reads all of it. None: there is none.
pub(super) fn version_of_all(
    reached: &[Bound<'_, PyAny>],
    rules: Option<&Arc<Rules>>,
) -> PyResult<Option<Version>> {
    if reached.is_empty() {
        return Ok(None);
    }
    let mut versions = Vec::with_capacity(reached.len());
    for code in reached {
        let mut walk = Walk::default();
        walk.rules = rules.cloned();
        versions.extend(version_of(code, walk)?);
    }
    let mut encoder = Encoder::new();
    encoder.set(Tag::Set, versions);
    Ok(Some(encoder.finish()))
}

/// None: nobody can tell, because of a value that it reads.
fn version_of<'py>(code: &Bound<'py, PyAny>, mut walk: Walk<'py>) -> PyResult<Option<Version>> {
    match own_code(&mut walk, code) {
        Ok(()) => Ok(Some(walk.encoder.finish())),
        Err(Unversioned::NoVersion { .. }) => Ok(None),
        Err(Unversioned::Raised(error)) => Err(error),
    }
}
