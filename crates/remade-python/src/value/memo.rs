//! Which objects has this walk met already, and in which order?

use std::collections::HashMap;

use pyo3::prelude::*;
use remade::registry::ByAddress;

/// Objects by the order in which they were met. Holds them, so that no address is used again
/// while the walk lasts.
#[derive(Default)]
pub(crate) struct Memo<'py> {
    positions: HashMap<usize, usize, ByAddress>,
    objects: Vec<Bound<'py, PyAny>>,
}

/// Above this the table is not kept for the next walk.
const KEPT: usize = 4096;
/// Up to here looking at each is as fast as a table.
const FEW: usize = 8;

impl<'py> Memo<'py> {
    /// The position at which the object was met before; otherwise it is noted.
    #[inline]
    pub(crate) fn meet(&mut self, object: &Bound<'py, PyAny>) -> Option<usize> {
        let count = self.objects.len();
        if count < FEW {
            if let Some(found) = self.objects.iter().position(|seen| seen.is(object)) {
                return Some(found);
            }
        } else {
            if count == FEW {
                let seen = self.objects.iter().enumerate();
                self.positions.clear();
                self.positions
                    .extend(seen.map(|(place, seen)| (seen.as_ptr() as usize, place)));
            }
            let address = object.as_ptr() as usize;
            if let Some(&found) = self.positions.get(&address) {
                return Some(found);
            }
            self.positions.insert(address, count);
        }
        self.objects.push(object.clone());
        None
    }

    /// How many objects were met.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// Forgets what was met since there were `length`.
    pub(crate) fn truncate(&mut self, length: usize) -> Vec<Bound<'py, PyAny>> {
        let dropped = self.objects.split_off(length.min(self.objects.len()));
        for object in &dropped {
            self.positions.remove(&(object.as_ptr() as usize));
        }
        dropped
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        if self.objects.is_empty() {
            return;
        }
        self.positions.clear();
        if self.objects.len() > KEPT {
            self.positions.shrink_to(KEPT);
        }
        self.objects.clear();
    }
}
