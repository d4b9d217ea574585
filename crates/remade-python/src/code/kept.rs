//! Which classes does a function meet again and again among its arguments?
//!
//! What the code of a class means is forgotten when nobody uses it any more. Nobody uses that of an
//! argument between two calls, so the function that is called holds on to it: one class of each name, and
//! one of those that were made inside a function, which come and go.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::Body;
use super::kinds::text;

/// Classes whose code one function holds, at most: then it begins anew.
const MOST: usize = 32;

/// The name of a class and what its code means.
type Met = (String, Py<Body>);

thread_local! {
    static MET: RefCell<Option<Vec<Met>>> = const { RefCell::new(None) };
}

/// What was worked out in this thread since.
pub(crate) struct Gathering {
    outer: Option<Vec<Met>>,
}

impl Gathering {
    #[inline]
    pub(crate) fn begin() -> Gathering {
        Gathering {
            outer: MET.replace(Some(Vec::new())),
        }
    }
}

/// Notes the code of a class that was just worked out.
pub(super) fn met(class: &Bound<'_, PyAny>, body: &Py<Body>) {
    let name = text(class, "__qualname__").filter(|name| !name.contains('<'));
    let module = text(class, "__module__").unwrap_or_default();
    let name = name.map_or_else(String::new, |name| format!("{module}.{name}"));
    MET.with_borrow_mut(|met| {
        if let Some(met) = met.as_mut().filter(|met| met.len() < MOST) {
            met.push((name, body.clone_ref(class.py())));
        }
    });
}

/// What one function holds.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<Met>>);

impl Kept {
    #[inline]
    pub(crate) fn take(&self, gathering: Gathering) {
        let met = MET.replace(gathering.outer).unwrap_or_default();
        if !met.is_empty() {
            self.hold(met);
        }
    }

    #[cold]
    fn hold(&self, met: Vec<Met>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = held.len() + met.len() <= MOST;
        let is_displaced = |(name, _): &mut Met| !has_room || met.iter().any(|new| new.0 == *name);
        let displaced: Vec<Met> = held.extract_if(.., is_displaced).collect();
        held.extend(met);
        drop(held);
        drop(displaced); // not under the lock: it may be the last of much
    }

    /// For the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.0.try_lock() {
            Ok(held) => held.iter().try_for_each(|(_, body)| visit.call(body)),
            Err(_) => Ok(()),
        }
    }
}
