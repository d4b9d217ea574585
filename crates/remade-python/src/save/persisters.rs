//! How does a persister save that is not one of the two which the engine chooses by itself?

use pyo3::intern;
use pyo3::prelude::*;
use remade::make::NotSaved;
use remade::record::{Digest, Item, Shape};
use remade::store::files;
use remade::store::pickled::Pickled;
use std::path::Path;

use super::{Failure, Kept, Part, Saver, persisted, raised, unwritten, whole};
use crate::nifti;
use crate::output::Slot;
use crate::registry;

impl<'py> Saver<'_, 'py> {
    /// An image: what comes back may differ from what was given in its type or its order in memory.
    pub(super) fn nifti(
        &mut self,
        part: Part<'_, 'py>,
        slot: &Slot,
        target: &Path,
        named: bool,
    ) -> Result<Shape, Failure> {
        let py = self.py;
        let failed = |error| unwritten(error, target);
        let raised = |error| raised(py, Some(target.to_owned()), error);
        nifti::check_target(target).map_err(raised)?;
        let staged = self.staging.stage(target, named).map_err(failed)?;
        let file = files::create_new(self.staging.path(staged)).map_err(failed)?;
        let image = nifti::save(part.value, &file, target, slot.persister(py)).map_err(raised)?;
        files::close(file).map_err(failed)?;
        if is_mask_as_numbers(part.value, slot.persister(py)).map_err(raised)? {
            self.masks
                .push((part.position.to_owned(), part.persister.clone()));
        }
        let exact = image.loaded.filter(|_| image.is_exact);
        let version = exact.unwrap_or_else(|| persisted(part.persister_version, image.content));
        if exact.is_some() {
            self.track(&part, exact).map_err(raised)?;
        } else {
            // What the run changed behind its history is told by what is there.
            registry::verify(part.value).map_err(raised)?;
            if let Some(loaded) = image.loaded {
                self.items.push(Item {
                    position: part.position.to_owned(),
                    version,
                    content: loaded,
                    code: None, // it comes back as an array or as an image of nibabel
                });
            }
            self.tracked.extend(whole(&part).map(|mut whole| {
                whole.content = registry::content_version(part.value).ok();
                whole
            }));
        }
        let kept = Kept {
            version: Some(version),
            file: Some(staged),
            content: Some((Digest::Bytes, image.file)),
            pickled: None,
        };
        Ok(self.note(part, kept))
    }

    /// A user's persister, which writes to the staged name in the belief that it is the final one.
    pub(super) fn by_persister(
        &mut self,
        part: Part<'_, 'py>,
        slot: &Slot,
        target: &Path,
        named: bool,
    ) -> Result<Shape, Failure> {
        let py = self.py;
        let staged = self
            .staging
            .stage(target, named)
            .map_err(|error| unwritten(error, target))?;
        let path = self.staging.path(staged).to_owned();
        let raised = |error| raised(py, Some(target.to_owned()), error);
        slot.on_file(py, Some(&path))
            .and_then(|persister| persister.call_method1("save", (part.value,)))
            .map_err(raised)?;
        if !path.is_file() {
            let name = &part.persister;
            let why = if path.is_dir() {
                format!(
                    "{name}.save made a folder of self.filename, and a persister writes one file; \
                     let the function write the folder and return it as File(path)"
                )
            } else {
                format!(
                    "{name}.save wrote nothing to self.filename; the name given is the name to be \
                     used"
                )
            };
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
        self.tracked.extend(whole(&part));
        let kept = Kept {
            version: None,
            file: Some(staged),
            content,
            pickled,
        };
        Ok(self.note(part, kept))
    }

    /// A persister that keeps its values where no file is: it is simply called.
    pub(super) fn elsewhere(&mut self, part: Part<'_, 'py>, slot: &Slot) -> Result<Shape, Failure> {
        let py = self.py;
        slot.on_file(py, None)
            .and_then(|persister| persister.call_method1("save", (part.value,)))
            .map_err(|error| raised(py, None, error))?;
        let content = registry::content_version(part.value).ok();
        let version = content.map(|content| persisted(part.persister_version, content));
        let kept = Kept {
            version,
            ..Kept::default()
        };
        Ok(self.note(part, kept))
    }
}

/// Whether truth values go into a file that has none, and nobody said what they are to come back as.
fn is_mask_as_numbers(value: &Bound<'_, PyAny>, persister: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    if crate::numpy::Array::new(value).is_none()
        || !persister.getattr(intern!(py, "dtype"))?.is_none()
        || persister.getattr(intern!(py, "image"))?.is_truthy()?
    {
        return Ok(false);
    }
    let dtype = value.getattr(intern!(py, "dtype"))?;
    dtype.getattr(intern!(py, "kind"))?.eq("b")
}
