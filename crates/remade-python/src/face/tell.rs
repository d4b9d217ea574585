//! Who hears of a call, and what is told of its code?

use pyo3::intern;
use pyo3::prelude::*;
use remade::event::Warning;
use remade::make::{CodeText, Environment};
use remade::version::Version;
use std::collections::BTreeMap;
use std::path::Path;

use super::Call;
use crate::errors;
use crate::frame::{self, Frame};

impl<'py> Call<'_, 'py> {
    /// Tells the runs inside which this call was made.
    pub(super) fn tell_callers(&self, tell: impl Fn(&Frame)) -> PyResult<()> {
        match &self.state.parent {
            Some(parent) => tell(parent.get()),
            None if !frame::any_runs() => {}
            None => {
                let plain = self.prepared.code.reached().first();
                let name = plain.map_or(self.function.made.name(), |plain| &plain.name);
                for frame in frame::that_may_have_started_a_thread_for(self.py, name) {
                    tell(frame.get());
                }
            }
        }
        Ok(())
    }

    /// What is stored just now is no call: whoever is told it has an input that no record can name.
    pub(crate) fn looks_into_the_store(&self, method: &str) -> PyResult<()> {
        let asked = format!("{}.{method}()", self.function.made.name());
        self.tell_callers(|caller| caller.note_unrecorded(&asked))
    }

    pub(super) fn warn(&mut self, warning: Warning) -> PyResult<()> {
        if self.is_news(&warning) {
            errors::warn(self.py, &warning)
        } else {
            Ok(())
        }
    }

    pub(super) fn warn_only(&mut self, warning: Warning) {
        if self.is_news(&warning) {
            errors::warn_only(self.py, &warning.to_string());
        }
    }

    /// What is true of every call of a function is told once.
    pub(super) fn is_news(&self, warning: &Warning) -> bool {
        match warning {
            // Who asked to run for what is unknown need not be told.
            Warning::Unversioned { .. } if self.walk.rerun_unknown => false,
            Warning::Unversioned {
                parameter: name, ..
            } => self.function.first_time(&format!("unversioned {name}")),
            Warning::ChangesArgument {
                parameter: name, ..
            } => self.function.first_time(&format!("changes {name}")),
            Warning::NotResumed {
                parameter: name, ..
            } => self.function.first_time(&format!("not resumed {name}")),
            Warning::MaskAsNumbers { position, .. } => {
                self.function.first_time(&format!("mask {position}"))
            }
            Warning::ReadsItsOutput { name, .. } => {
                self.function.first_time(&format!("reads {name}"))
            }
            _ => true,
        }
    }

    pub(super) fn code_texts(&mut self) -> Vec<(Version, CodeText)> {
        let store = self.function.made.store();
        let reached = self.prepared.code.reached().iter();
        reached
            .map(|one| {
                let text = CodeText {
                    name: one.name.clone(),
                    file: one
                        .file
                        .as_ref()
                        .map(|file| store.to_stored(Path::new(file))),
                    line: one.line,
                    source: one.source.clone(),
                    normal: one.normal.clone(),
                    names: one.names.clone(),
                };
                (one.fingerprint, text)
            })
            .collect()
    }

    pub(super) fn environment(&mut self) -> Environment {
        let py = self.py;
        let version = py.version_info();
        let mut packages = BTreeMap::new();
        for name in self.prepared.code.packages() {
            let module = crate::value::imported(py, name);
            let version = module.and_then(|module| {
                let version = module.getattr(intern!(py, "__version__")).ok()?;
                version.extract::<String>().ok()
            });
            if let Some(version) = version {
                packages.insert(name.clone(), version);
            }
        }
        Environment {
            language: format!(
                "python {}.{}.{}",
                version.major, version.minor, version.patch
            ),
            packages,
        }
    }
}
