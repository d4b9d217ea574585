//! What is the function now: its parameters, code and persisters?
//!
//! Worked out at the first call and kept; each later call only compares identities.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use remade::version::{Encoder, Tag, Version};
use std::sync::Arc;

use crate::binder::Binder;
use crate::code::{self, Code, Kept, Rules};
use crate::output::Output;

/// A function as it is at one moment.
pub(crate) struct Prepared {
    pub(crate) binder: Binder,
    pub(crate) code: Arc<Code>,
    /// The version of the code, with the label that the user gave.
    pub(crate) fingerprint: Version,
    /// The same with the persisters: what a made function further up must know.
    pub(crate) identity: Version,
    /// The versions of the persisters, by slot.
    pub(crate) persisters: Vec<Version>,
    persister_code: Arc<Vec<Code>>,
    /// Of the classes of arguments.
    pub(crate) argument_code: Kept,
}

impl Prepared {
    pub(crate) fn new(
        function: &Bound<'_, PyAny>,
        ignore: &[String],
        rules: &Rules,
        label: Option<&str>,
        output: &Output,
    ) -> PyResult<Prepared> {
        let py = function.py();
        let binder = Binder::of(function, ignore)?;
        let code = Arc::new(code::of(function, rules)?);
        let mut encoder = labelled(code.fingerprint(), label);
        let fingerprint = encoder.finish();
        let structure = output.structure(py);
        let mut persisters = Vec::with_capacity(output.slots.len());
        let mut persister_code = Vec::with_capacity(output.slots.len());
        for slot in &output.slots {
            let (version, code) = slot.version(py, rules, structure)?;
            encoder.version(Tag::Persisted, version);
            persisters.push(version);
            persister_code.push(code);
        }
        Ok(Prepared {
            binder,
            code,
            fingerprint,
            identity: encoder.finish(),
            persisters,
            persister_code: Arc::new(persister_code),
            argument_code: Kept::default(),
        })
    }

    /// For the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.binder.traverse(visit)?;
        let mut codes = std::iter::once(&*self.code).chain(&*self.persister_code);
        codes.try_for_each(|code| code.traverse(visit))?;
        self.argument_code.traverse(visit)
    }

    /// The same for arguments that the parameters do not fit, although the function takes them.
    pub(crate) fn with_any_arguments(self, py: Python<'_>) -> Prepared {
        Prepared {
            binder: Binder::of_anything(py),
            ..self
        }
    }

    /// Whether it still is that, by identity alone.
    pub(crate) fn is_current(&self, py: Python<'_>) -> bool {
        self.code.is_current(py) && self.persister_code.iter().all(|code| code.is_current(py))
    }
}

/// The version of code with the label that the user gave it.
pub(crate) fn labelled(code: Version, label: Option<&str>) -> Encoder {
    let mut encoder = Encoder::new();
    encoder.version(Tag::Code, code);
    if let Some(label) = label {
        encoder.text(label);
    }
    encoder
}
