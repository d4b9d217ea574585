//! Where the system leaves no notes, everything is looked at.

use super::Moment;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

/// There is none.
#[derive(Debug)]
pub(crate) struct Watch(Infallible);

impl Watch {
    pub(crate) fn over(_: &Path) -> Option<Arc<Watch>> {
        None
    }

    pub(crate) fn moment(&self) -> Option<Moment> {
        match self.0 {}
    }

    pub(crate) fn is_in_place(&self, _: Moment) -> bool {
        match self.0 {}
    }

    pub(crate) fn is_over(&self) -> bool {
        match self.0 {}
    }
}
