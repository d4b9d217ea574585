//! What of a made function does not change, and what is it now?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use remade::make::{self, Made};
use remade::version::{Tag, Version};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::code::Rules;
use crate::depends::Depend;
use crate::face::Call;
use crate::load::Kept;
use crate::output::Output;
use crate::prepared::Prepared;
use crate::switches::Switches;
use crate::value::{Unversioned, Walk};

/// The parts of a made function that do not change.
pub(crate) struct Function {
    pub(crate) made: Made<Kept>,
    pub(crate) output: Output,
    pub(crate) depends: Vec<Depend>,
    pub(crate) cutoff: Option<Py<PyAny>>,
    pub(crate) switches: Switches,
    pub(super) rules: Arc<Rules>,
    pub(super) ignore: Vec<String>,
    pub(super) label: Option<String>,
    pub(super) module: String,
    pub(super) was: Vec<String>,
    pub(super) is_async: bool,
    pub(super) callable: Py<PyAny>,
    pub(super) arguments: Py<PyTuple>,
    pub(super) prepared: Mutex<Option<Arc<Prepared>>>,
    pub(super) warned: Mutex<HashSet<String>>,
}

impl Function {
    pub(crate) fn callable<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.callable.bind(py)
    }

    /// A walk with the settings of this function, by content or, where it is asked for, by history.
    #[inline]
    pub(crate) fn walk<'py>(&self, history: bool, rerun_unknown: bool) -> Walk<'py> {
        let mut walk = Walk::default();
        walk.history = history;
        walk.rerun_unknown = rerun_unknown && history;
        walk.store = Some(self.made.store().clone());
        walk.rules = Some(self.rules.clone());
        walk
    }

    /// Whether a warning of this name has not been given yet.
    pub(crate) fn first_time(&self, name: &str) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        warned.insert(name.to_owned())
    }

    pub(crate) fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// The module in its name.
    pub(crate) fn module(&self) -> &str {
        &self.module
    }

    /// Names that it had before, as `was=` tells them.
    pub(crate) fn was(&self) -> &[String] {
        &self.was
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    fn prepare(&self, py: Python<'_>) -> PyResult<Prepared> {
        Prepared::new(
            self.callable(py),
            &self.ignore,
            &self.rules,
            self.label.as_deref(),
            &self.output,
        )
    }

    /// What the function is now.
    pub(super) fn prepared(&self, py: Python<'_>) -> PyResult<Arc<Prepared>> {
        let known = {
            let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            prepared.clone()
        };
        if let Some(known) = known
            && known.is_current(py)
        {
            return Ok(known);
        }
        let prepared = Arc::new(self.prepare(py)?);
        let old = {
            let mut place = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            place.replace(prepared.clone())
        };
        drop(old); // not under the lock: its end may run Python code
        Ok(prepared)
    }

    /// What the function is, with all that `depends=` names: what a run further up must know.
    /// None: something in it has no version.
    pub(crate) fn identity(
        &self,
        py: Python<'_>,
        prepared: &Prepared,
    ) -> PyResult<Option<Version>> {
        if self.depends.is_empty() && self.cutoff.is_none() {
            return Ok(Some(prepared.identity));
        }
        let mut walk = self.walk(false, false);
        walk.encoder.version(Tag::Code, prepared.identity);
        if self.cutoff.is_some() {
            match self.cutoff_version(py)? {
                Some(version) => walk.encoder.version(Tag::Version, version),
                None => return Ok(None),
            }
        }
        for depend in &self.depends {
            match depend.encode(py, &mut walk) {
                Ok(()) => {}
                Err(Unversioned::NoVersion { .. }) => return Ok(None),
                Err(Unversioned::Raised(error)) => return Err(error),
            }
        }
        Ok(Some(walk.encoder.finish()))
    }

    /// Which cutoff it is; None for none, and for one that has no version.
    pub(crate) fn cutoff_version(&self, py: Python<'_>) -> PyResult<Option<Version>> {
        let Some(cutoff) = &self.cutoff else {
            return Ok(None);
        };
        let mut walk = self.walk(false, false);
        match walk.encode(cutoff.bind(py)) {
            Ok(()) => Ok(Some(walk.version())),
            Err(Unversioned::NoVersion { .. }) => Ok(None),
            Err(Unversioned::Raised(error)) => Err(error),
        }
    }

    #[inline]
    pub(super) fn bound<'a, 'py>(
        &'a self,
        args: &'a Bound<'py, PyTuple>,
        kwargs: Option<&'a Bound<'py, PyDict>>,
        forced: bool,
    ) -> PyResult<Option<Call<'a, 'py>>> {
        let py = args.py();
        let mut prepared = self.prepared(py)?;
        let mut bound = prepared.binder.bind(args, kwargs)?;
        if bound.is_none() && prepared.binder.is_opaque() && !self.output.has_fields() {
            // A decorator may take other arguments than the function below it.
            prepared = Arc::new(self.prepare(py)?.with_any_arguments(py));
            bound = prepared.binder.bind(args, kwargs)?;
        }
        match bound {
            Some(values) => Call::new(py, self, prepared, args, kwargs, values, forced).map(Some),
            None => Ok(None),
        }
    }

    /// Python's own TypeError for arguments that do not fit.
    pub(super) fn misfit<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        if self.is_async {
            // A coroutine function raises for its arguments at once, too.
            return self.callable(py).call(args, kwargs);
        }
        self.callable(py).call(args, kwargs)
    }

    #[inline]
    pub(super) fn call<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
        forced: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.bound(args, kwargs, forced)? {
            Some(mut call) => make::call(&self.made, &mut call),
            None => self.misfit(args, kwargs),
        }
    }
}
