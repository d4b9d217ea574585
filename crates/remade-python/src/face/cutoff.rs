//! May an old result stay in the place of a new one, and where would it lie?

use pyo3::intern;
use pyo3::prelude::*;
use remade::call::CallKey;
use remade::make::{Cutoff, Judged};
use remade::record::Record;
use std::path::{Path, PathBuf};

use super::Call;
use crate::errors;
use crate::output::{Place, Tree};
use crate::save;

impl<'py> Call<'_, 'py> {
    pub(super) fn cutoff(&mut self) -> PyResult<Option<Cutoff>> {
        let Some(cutoff) = &self.function.cutoff else {
            return Ok(None);
        };
        // Without a version, what it kept could never be believed.
        let Some(version) = self.function.cutoff_version(self.py)? else {
            return Ok(None);
        };
        let name = cutoffs(self.py)?.call_method1("name_of", (cutoff,))?;
        Ok(Some(Cutoff {
            name: name.extract()?,
            version,
        }))
    }

    #[allow(clippy::type_complexity)]
    pub(super) fn places(
        &mut self,
        key: CallKey,
        record: &Record,
    ) -> PyResult<Option<Vec<Option<(PathBuf, bool)>>>> {
        let function = self.function;
        let folder = function.made.folder();
        let mut places = Vec::with_capacity(record.results.len());
        if let Tree::Choose = function.output.tree {
            for result in &record.results {
                let file = result.file.as_ref().filter(|file| !file.named);
                let Some(file) = file else { return Ok(None) };
                if result.persister_version != save::chosen(&result.persister) {
                    return Ok(None);
                }
                let extension = Path::new(&file.path).extension().unwrap_or_default();
                let extension = format!(".{}", extension.to_string_lossy());
                places.push(Some((folder.result(key, "", &extension), false)));
            }
            return Ok(Some(places));
        }
        if record.results.len() != function.output.slots.len() {
            return Ok(None);
        }
        let slots = function.output.slots.iter().zip(&self.prepared.persisters);
        for (index, ((slot, version), result)) in slots.zip(&record.results).enumerate() {
            if result.persister_version != *version {
                return Ok(None);
            }
            let named = slot.file(&self.values, &self.prepared.binder, self.py)?;
            places.push(match (&slot.place, named) {
                (Place::Elsewhere, _) => None,
                (_, Some(path)) => Some((path, true)),
                (_, None) => {
                    let mark = match function.output.slots.len() {
                        1 => String::new(),
                        _ => format!(".{index}"),
                    };
                    Some((folder.result(key, &mark, &slot.extension), false))
                }
            });
        }
        Ok(Some(places))
    }

    pub(super) fn is_close(
        &mut self,
        old: &Bound<'py, PyAny>,
        new: &Bound<'py, PyAny>,
    ) -> PyResult<Judged> {
        // Files that the function wrote are there already: it is too late to keep the old ones.
        if crate::files::any_in(new)? {
            return Ok(Judged::Far);
        }
        let judged = cutoffs(self.py)?.call_method1("judge", (&self.function.cutoff, old, new));
        match judged.and_then(|judged| judged.extract::<(bool, Option<f64>)>()) {
            Ok((true, difference)) => Ok(Judged::Close(difference)),
            Ok((false, _)) => Ok(Judged::Far),
            Err(error) if save::is_ordinary(self.py, &error) => {
                Ok(Judged::Failed(errors::in_words(self.py, &error)))
            }
            Err(error) => Err(error),
        }
    }
}

/// Comparisons are Python's: the module is imported where a function has a cutoff.
fn cutoffs<'py>(py: Python<'py>) -> PyResult<Bound<'py, PyModule>> {
    py.import(intern!(py, "remade._cutoff"))
}
