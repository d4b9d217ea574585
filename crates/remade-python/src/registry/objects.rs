//! Which frames and other objects are known?

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::prelude::*;
use remade::version::{Tag, Version};

use super::tripwire;
use super::{Known, Origin, Weak, with};
use crate::value::kind::{self, Kind};
use crate::value::memo::ByAddress;

struct Entry {
    weak: Weak,
    tag: Tag,
    version: Version,
    content: Version,
    origin: Arc<Origin>,
    tripwire: u64,
}

/// Objects by address.
#[derive(Default)]
pub(super) struct Objects {
    by_address: HashMap<usize, Entry, ByAddress>,
    sweep_at: usize,
}

impl Objects {
    pub(super) fn len(&self) -> usize {
        self.by_address.len()
    }

    fn sweep(&mut self) -> Vec<Entry> {
        if self.by_address.len() < self.sweep_at.max(64) {
            return Vec::new();
        }
        let dead: Vec<Entry> = self
            .by_address
            .extract_if(|_, entry| entry.weak.is_dead())
            .map(|(_, entry)| entry)
            .collect();
        self.sweep_at = self.by_address.len() * 2;
        dead
    }
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

/// What is known of this object.
pub(crate) fn find(object: &Bound<'_, PyAny>) -> Option<Known> {
    let (mut known, before) = with(|registry| {
        let entry = registry
            .objects
            .by_address
            .get(&(object.as_ptr() as usize))?;
        entry.weak.means(object).then(|| {
            let known = Known {
                tag: entry.tag,
                version: entry.version,
                origin: entry.origin.clone(),
                alarm: false,
            };
            (known, entry.tripwire)
        })
    })?;
    // Asking an object for its parts may run Python code: not under the lock.
    known.alarm = tripwire::of_object(object) != before;
    Some(known)
}

/// What reading the object in full gave when it was remembered.
pub(super) fn expected(object: &Bound<'_, PyAny>) -> Option<Version> {
    with(|registry| {
        let entry = registry
            .objects
            .by_address
            .get(&(object.as_ptr() as usize))?;
        entry.weak.means(object).then_some(entry.content)
    })
}

/// Everything that is known and alive.
pub(super) fn living(py: Python<'_>) -> Vec<Bound<'_, PyAny>> {
    with(|registry| {
        let entries = registry.objects.by_address.values();
        entries.filter_map(|entry| entry.weak.get(py)).collect()
    })
}

pub(super) fn remember(
    object: &Bound<'_, PyAny>,
    version: Version,
    content: Version,
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
        weak,
        tag: tag_of(kind),
        version,
        content,
        origin: origin.clone(),
        tripwire: tripwire::of_object(object),
    };
    let discarded = with(|registry| {
        let swept = registry.objects.sweep();
        let before = registry
            .objects
            .by_address
            .insert(object.as_ptr() as usize, entry);
        (swept, before)
    });
    drop(discarded); // weak references: outside the lock
    Ok(())
}

pub(super) fn forget(object: &Bound<'_, PyAny>) {
    let discarded = with(|registry| {
        registry
            .objects
            .by_address
            .remove(&(object.as_ptr() as usize))
    });
    drop(discarded);
}
