//! What is an object to a function for which the code of more packages counts?
//!
//! Its version tells nothing of the code of packages that `follow=` names, since who made the record may
//! not have followed them. Where the object can run such code, such a function reads it in full once,
//! and from then on that is its version, while the code is what it was.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use remade::version::Version;

use super::code::{self, Code};
use super::{Weak, content_version_by};
use crate::code::Rules;
use crate::value::Unversioned;

/// What is kept for each of such rules.
#[derive(Default)]
pub(crate) struct Followed(Mutex<Vec<Arc<Reading>>>);

struct Reading {
    rules: Arc<Rules>,
    /// None: it runs nothing that is not everybody's own, so it is what it is to everybody.
    other: Option<Other>,
}

/// What an object is by these rules alone.
struct Other {
    version: Version,
    parts: Vec<Weak>,
    code: Option<Version>,
}

impl Code {
    /// What an object of this `version` counts as by these rules. None: what reading it gives.
    pub(super) fn version_by(
        &self,
        object: &Bound<'_, PyAny>,
        version: Version,
        rules: Option<&Arc<Rules>>,
    ) -> PyResult<Option<Version>> {
        let py = object.py();
        // Before a run, what answers is compared with what it was: by the code that is everybody's own.
        if !self.is_current(py) {
            return Ok(None);
        }
        let Some(rules) = rules.filter(|rules| !rules.follow.is_empty()) else {
            return Ok(Some(version));
        };
        let mut reading = self.followed.by(rules);
        if let Some(other) = reading.as_ref().and_then(|reading| reading.other.as_ref())
            && !other.is_current(py, rules)?
        {
            reading = None;
        }
        let reading = match reading {
            Some(reading) => reading,
            None => match self.read(object, rules)? {
                Some(reading) => self.followed.keep(reading),
                None => return Ok(None),
            },
        };
        let other = reading.other.as_ref();
        Ok(Some(other.map_or(version, |other| other.version)))
    }

    /// None: it has no version.
    fn read(&self, object: &Bound<'_, PyAny>, rules: &Arc<Rules>) -> PyResult<Option<Reading>> {
        let reached = code::reached(object, Some(rules))?;
        let now = code::version_of_all(&reached, Some(rules))?;
        let mut reading = Reading {
            rules: rules.clone(),
            other: None,
        };
        if now == self.version() {
            return Ok(Some(reading));
        }
        let version = match content_version_by(object, Some(rules)) {
            Ok(version) => version,
            Err(Unversioned::NoVersion { .. }) => return Ok(None),
            Err(Unversioned::Raised(error)) => return Err(error),
        };
        reading.other = Some(Other {
            version,
            parts: reached.iter().filter_map(Weak::to).collect(),
            code: now,
        });
        Ok(Some(reading))
    }
}

impl Followed {
    fn by(&self, rules: &Arc<Rules>) -> Option<Arc<Reading>> {
        let readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |reading: &&Arc<Reading>| Arc::ptr_eq(&reading.rules, rules) || reading.rules == *rules;
        readings.iter().find(same).cloned()
    }

    fn keep(&self, reading: Reading) -> Arc<Reading> {
        let reading = Arc::new(reading);
        let mut readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |before: &mut Arc<Reading>| before.rules == reading.rules;
        let before: Vec<_> = readings.extract_if(.., same).collect();
        readings.push(reading.clone());
        drop(readings);
        drop(before); // weak references: not under the lock
        reading
    }
}

impl Other {
    fn is_current(&self, py: Python<'_>, rules: &Arc<Rules>) -> PyResult<bool> {
        let parts: Option<Vec<_>> = self.parts.iter().map(|weak| weak.get(py)).collect();
        match parts {
            Some(parts) => Ok(code::version_of_all(&parts, Some(rules))? == self.code),
            None => Ok(false),
        }
    }
}
