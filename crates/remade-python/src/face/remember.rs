//! What is known by history of a value that is returned?

use pyo3::prelude::*;
use remade::record::Record;
use remade::store::Store;
use remade::version::Version;
use std::sync::Arc;

use super::Call;
use crate::registry::{self, Origin};
use crate::save;

impl<'py> Call<'_, 'py> {
    pub(super) fn remember(
        &mut self,
        value: &Bound<'py, PyAny>,
        record: &Arc<Record>,
    ) -> PyResult<()> {
        let store = self.function.made.store();
        if record.kept.is_some() {
            remember_loaded(value, record, store)?;
        }
        for tracked in std::mem::take(&mut self.state.tracked) {
            let object = tracked.object.bind(self.py);
            remember_one(object, tracked.position, tracked.content, record, store)?;
        }
        self.tell_callers(|caller| {
            caller.note(self.function, self.state.identity, record);
        })
    }
}

/// From here on the objects in a loaded value are known by history.
pub(super) fn remember_loaded(
    value: &Bound<'_, PyAny>,
    record: &Arc<Record>,
    store: &Arc<Store>,
) -> PyResult<()> {
    let is_ours = |name: &str| name == save::NUMPY || name == save::PICKLE;
    if record.items.is_empty()
        && record
            .results
            .iter()
            .all(|result| is_ours(&result.persister))
    {
        return Ok(()); // nothing to look for
    }
    for (position, object) in registry::positions(value)? {
        remember_one(&object, position, None, record, store)?;
    }
    Ok(())
}

/// `content`: what reading it in full gives, where the record tells that of what is loaded.
pub(super) fn remember_one(
    object: &Bound<'_, PyAny>,
    position: String,
    content: Option<Version>,
    record: &Arc<Record>,
    store: &Arc<Store>,
) -> PyResult<()> {
    let code = registry::code_of(object)?;
    // What the record says that stands there, what it counts as, and what reading it in full gives.
    let (recorded, version, content) = match record.item_at(&position) {
        Some(item) => {
            // What its methods are now, the record cannot know. Where they are others, it is told by all that
            // it is by now, as everything is that no history knows.
            if item.code != code.version()
                && registry::content_version(object).ok() != Some(item.content)
            {
                return Ok(());
            }
            (item.version, item.version, content.unwrap_or(item.content))
        }
        None => {
            // What a persister of the user's gives back may differ from what it was given: it
            // counts as the file, and as a content of its own for those who read it in full.
            let kept = record.result_at(&position).filter(|result| {
                result.persister != save::NUMPY && result.persister != save::PICKLE
            });
            let Some(result) = kept else { return Ok(()) };
            let Ok(content) = registry::content_version(object) else {
                return Ok(());
            };
            let version = registry::with_code(result.version, &code);
            (result.version, version, content)
        }
    };
    let origin = Arc::new(Origin {
        record: record.clone(),
        store: store.clone(),
        position,
        version: recorded,
    });
    registry::remember(object, version, content, code, &origin)
}
