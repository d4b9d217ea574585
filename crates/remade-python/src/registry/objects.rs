//! Which frames and other objects are known?

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use remade::registry::{Registry, Table};
use remade::version::{Tag, Version};

use super::code::Code;
use super::tripwire;
use super::{ByObject, Known, Origin, Weak};
use crate::code::Rules;
use crate::value::kind::{self, Kind};

struct Entry {
    tag: Tag,
    version: Version,
    content: Version,
    origin: Arc<Origin>,
    tripwire: u64,
    code: Arc<Code>,
}

static OBJECTS: ByObject<Entry> = Registry::new(Mutex::new(Table::new()));

/// How many are known, the dead included that no sweep has found yet.
pub(super) fn count() -> usize {
    OBJECTS.count()
}

/// Whether history is what an object of this kind is known by.
pub(super) fn can_be_known(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Object { .. }
            | Kind::Image
            | Kind::Array
            | Kind::MaskedArray
            | Kind::ArraySubclass
            | Kind::SetSubclass(_)
            | Kind::Pandas(_)
            | Kind::Polars(_)
            | Kind::Arrow(_)
    )
}

fn tag_of(kind: Kind) -> Tag {
    match kind {
        Kind::Pandas(_) | Kind::Polars(_) | Kind::Arrow(_) => Tag::Frame,
        _ => Tag::Version,
    }
}

/// What is known of this object, for those with these rules of what is the user's own code.
pub(crate) fn find(
    object: &Bound<'_, PyAny>,
    rules: Option<&Arc<Rules>>,
) -> PyResult<Option<Known>> {
    let Some((mut known, code)) = look_up(object) else {
        return Ok(None);
    };
    match code.version_by(object, known.version, rules)? {
        Some(version) => known.version = version,
        // It is what reading it gives, until a made function returns it again.
        None => known.answers = false,
    }
    Ok(Some(known))
}

/// The same for those who ask where it came from: an edit of its class changes nothing of that.
pub(crate) fn trace(object: &Bound<'_, PyAny>) -> Option<Known> {
    look_up(object).map(|(known, _)| known)
}

fn look_up(object: &Bound<'_, PyAny>) -> Option<(Known, Arc<Code>)> {
    let (mut known, before, code) = OBJECTS.find(object.as_unbound(), |entry| {
        let known = Known {
            tag: entry.tag,
            version: entry.version,
            origin: entry.origin.clone(),
            alarm: false,
            answers: true,
        };
        (known, entry.tripwire, entry.code.clone())
    })?;
    // Asking an object for its parts may run Python code: not under the lock.
    known.alarm = tripwire::of_object(object) != before;
    Some((known, code))
}

/// What reading the object in full gave when it was remembered.
pub(super) fn expected(object: &Bound<'_, PyAny>) -> Option<Version> {
    OBJECTS.find(object.as_unbound(), |entry| entry.content)
}

/// Everything that is known and alive.
pub(super) fn living(py: Python<'_>) -> Vec<Bound<'_, PyAny>> {
    OBJECTS.living(|weak| weak.get(py))
}

pub(super) fn remember(
    object: &Bound<'_, PyAny>,
    version: Version,
    content: Version,
    code: Code,
    origin: &Arc<Origin>,
) -> PyResult<()> {
    let kind = kind::of(object)?;
    if !can_be_known(kind) {
        return Ok(());
    }
    let Some(weak) = Weak::to(object) else {
        return Ok(());
    };
    let entry = Entry {
        tag: tag_of(kind),
        version,
        content,
        origin: origin.clone(),
        tripwire: tripwire::of_object(object),
        code: Arc::new(code),
    };
    OBJECTS.remember(object.as_unbound(), weak, entry, std::mem::replace);
    Ok(())
}

pub(super) fn forget(object: &Bound<'_, PyAny>) {
    OBJECTS.forget(object.as_unbound());
}
