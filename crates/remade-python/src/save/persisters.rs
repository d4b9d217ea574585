//! How does a persister save that is not one of the two which the engine chooses by itself?

use pyo3::prelude::*;
use remade::make::{NotSaved, SavedResult};
use remade::record::{Digest, Item, Shape};
use remade::store::files;
use remade::store::pickled::Pickled;
use std::path::Path;

use super::{Failure, Saver, persisted, raised, unwritten, whole};
use crate::nifti;
use crate::registry;

impl<'py> Saver<'_, 'py> {
    /// An image: what comes back may differ from what was given in its type or its order in memory.
    pub(super) fn nifti(
        &mut self,
        index: usize,
        value: &Bound<'py, PyAny>,
        position: &str,
        target: &Path,
        named: bool,
    ) -> Result<Shape, Failure> {
        let py = self.py;
        let slot = &self.output.slots[index];
        let persister_version = self.prepared.persisters[index];
        let failed = |error| unwritten(error, target);
        let raised = |error| raised(py, Some(target.to_owned()), error);
        nifti::check_target(target).map_err(raised)?;
        let staged = self.staging.stage(target, named).map_err(failed)?;
        let file = files::create_new(self.staging.path(staged)).map_err(failed)?;
        let kept = nifti::save(value, &file, target, slot.persister(py)).map_err(raised)?;
        files::close(file).map_err(failed)?;
        let exact = kept.loaded.filter(|_| kept.is_exact);
        let version = exact.unwrap_or_else(|| persisted(persister_version, kept.content));
        if exact.is_some() {
            self.track(value, position, exact).map_err(raised)?;
        } else {
            // What the run changed behind its history is told by what is there.
            registry::verify(value).map_err(raised)?;
            if let Some(loaded) = kept.loaded {
                self.items.push(Item {
                    position: position.to_owned(),
                    version,
                    content: loaded,
                });
            }
            self.tracked.extend(whole(value, position).map(|mut whole| {
                whole.content = registry::content_version(value).ok();
                whole
            }));
        }
        self.results.push(SavedResult {
            position: position.to_owned(),
            persister: slot.name(py),
            persister_version,
            version: Some(version),
            file: Some(staged),
            content: Some((Digest::Bytes, kept.file)),
            pickled: None,
        });
        Ok(Shape::Result(self.results.len() - 1))
    }

    /// A user's persister, which writes to the staged name in the belief that it is the final one.
    pub(super) fn by_persister(
        &mut self,
        index: usize,
        value: &Bound<'py, PyAny>,
        position: &str,
        target: &Path,
        named: bool,
    ) -> Result<Shape, Failure> {
        let py = self.py;
        let slot = &self.output.slots[index];
        let staged = self
            .staging
            .stage(target, named)
            .map_err(|error| unwritten(error, target))?;
        let path = self.staging.path(staged).to_owned();
        let raised = |error| raised(py, Some(target.to_owned()), error);
        slot.on_file(py, Some(&path))
            .and_then(|persister| persister.call_method1("save", (value,)))
            .map_err(raised)?;
        if !path.is_file() {
            let why = format!(
                "{}.save wrote nothing to self.filename; the name given is the name to be used",
                slot.name(py)
            );
            return Err(NotSaved {
                path: Some(target.to_owned()),
                why,
                cause: None,
            });
        }
        // What a subclass of `PickleFile` wrote is sealed as it lies there.
        let (content, pickled) = match slot.unpickles {
            false => (None, None),
            true => {
                let read = || Pickled::of_file(&files::open_own(&path)?);
                let (pickled, content) = py
                    .detach(read)
                    .map_err(|error| raised(crate::write::os_error(&error, target)))?;
                (Some((Digest::Bytes, content)), Some(pickled))
            }
        };
        self.tracked.extend(whole(value, position));
        self.results.push(SavedResult {
            position: position.to_owned(),
            persister: slot.name(py),
            persister_version: self.prepared.persisters[index],
            version: None,
            file: Some(staged),
            content,
            pickled,
        });
        Ok(Shape::Result(self.results.len() - 1))
    }

    /// A persister that keeps its values where no file is: it is simply called.
    pub(super) fn elsewhere(
        &mut self,
        index: usize,
        value: &Bound<'py, PyAny>,
        position: &str,
    ) -> Result<Shape, Failure> {
        let py = self.py;
        let slot = &self.output.slots[index];
        let persister_version = self.prepared.persisters[index];
        slot.on_file(py, None)
            .and_then(|persister| persister.call_method1("save", (value,)))
            .map_err(|error| raised(py, None, error))?;
        let version = registry::content_version(value).ok();
        let version = version.map(|content| persisted(persister_version, content));
        self.results.push(SavedResult {
            position: position.to_owned(),
            persister: slot.name(py),
            persister_version,
            version,
            file: None,
            content: None,
            pickled: None,
        });
        Ok(Shape::Result(self.results.len() - 1))
    }
}
