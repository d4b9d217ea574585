//! What happens around the body, and what did it change?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use remade::call::CallKey;
use remade::make::{Changed, Running};
use remade::record::Nested;
use std::time::Duration;

use super::{Call, is_constant};
use crate::frame::{self, Frame};
use crate::numpy::Array;
use crate::registry;

impl<'py> Call<'_, 'py> {
    pub(super) fn pause(&mut self, time: Duration) -> PyResult<()> {
        self.py.detach(|| std::thread::sleep(time));
        self.py.check_signals()
    }

    pub(super) fn run(&mut self, running: &Running) -> PyResult<Bound<'py, PyAny>> {
        let token = self.enter(running.key())?;
        let value = self.function.callable(self.py).call(self.args, self.kwargs);
        let left = self.leave(&token);
        let value = value?;
        left?;
        Ok(value)
    }

    pub(super) fn raised(&mut self, running: &Running) {
        let ended = self.end_changed_histories();
        let after = self.implicit();
        let mut nested = self.nested();
        if ended.is_err() || after.is_err() || !running.is_versioned() {
            nested.unversioned = Some(self.function.made.name().to_owned());
        }
        let after = after.unwrap_or_default();
        // The error of the run is the one to be raised.
        let _ = self.tell_callers(|caller| {
            // What the run changed is a channel for output, as in a run that returned.
            let implicit = running.implicit().iter().map(|input| &input.implicit);
            let implicit = implicit.filter(|before| {
                let mut after = after.iter().map(|input| &input.implicit);
                after.any(|after| after.name == before.name && after.version == before.version)
            });
            let sources = &running.present().sources;
            caller.note_parts(
                self.function,
                self.state.identity,
                sources,
                implicit,
                &nested,
            );
        });
    }

    /// Begins the run: calls are made inside it until [`Call::leave`].
    pub(crate) fn enter(&mut self, key: CallKey) -> PyResult<Py<PyAny>> {
        let parent = self.state.parent.as_ref().map(|p| p.clone_ref(self.py));
        let store = self.function.made.store().clone();
        let frame = Bound::new(
            self.py,
            Frame::new(key, parent, self.prepared.clone(), store),
        )?;
        let token = Frame::enter(&frame)?;
        self.state.frame = Some(frame.unbind());
        Ok(token)
    }

    /// Ends what [`Call::enter`] began.
    pub(super) fn leave(&self, token: &Py<PyAny>) -> PyResult<()> {
        match &self.state.frame {
            Some(frame) => frame::leave(self.py, frame, token),
            None => Ok(()),
        }
    }

    pub(super) fn changed(
        &mut self,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<(String, Changed)>> {
        let mut changed = Vec::new();
        for (name, argument) in self.end_changed_histories()? {
            let mut generators = self.state.generators.iter();
            let how = if let Some(generator) = generators.find(|one| one.name == name) {
                match generator.parts.after(self.py)? {
                    Ok(state) => Changed::Advanced(state),
                    Err(why) => Changed::Stuck(why.to_owned()),
                }
            } else if is_returned(&argument, value, 0)? {
                Changed::Returned
            } else {
                Changed::Lost
            };
            changed.push((name, how));
        }
        if self.state.generators.is_empty() {
            return Ok(changed);
        }
        // A stored result holds a copy, which would not go on together with the argument.
        let reached = registry::reached(value)?;
        for generator in &self.state.generators {
            if generator.parts.is_reached(&reached) {
                let why = "is, or may be, a part of the result".to_owned();
                changed.retain(|(name, _)| *name != generator.name);
                changed.push((generator.name.clone(), Changed::Stuck(why)));
            }
        }
        Ok(changed)
    }

    pub(super) fn nested(&mut self) -> Nested {
        match &self.state.frame {
            Some(frame) => frame.get().take_nested(),
            None => Nested::default(),
        }
    }

    /// What the run changed behind its history loses it, whether it was given or found, and so does
    /// what it is a part of. Returns the arguments that are not what they were.
    pub(super) fn end_changed_histories(&mut self) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
        for value in self.values.all() {
            registry::verify(value)?;
        }
        let implicit = self.state.implicit.iter().map(|(_, _, value)| value);
        for value in implicit.chain(&self.state.known) {
            registry::verify(value.bind(self.py))?;
        }
        for input in self.prepared.code.implicit() {
            if let Some(value) = input.get(self.py) {
                registry::verify(&value)?;
            }
        }
        // What was not read before the run may have been changed.
        let ignored = self.values.ignored(&self.prepared.binder);
        let mut suspects: Vec<Bound<'py, PyAny>> = Vec::new();
        for value in ignored {
            if !is_constant(value)? {
                suspects.push(value.clone());
            }
        }
        let mut changed = Vec::new();
        for (name, argument) in self.values.each(&self.prepared.binder)? {
            let before = self.state.contents.iter().find(|(other, _)| *other == name);
            match before {
                Some((_, before)) => {
                    if self.content(&argument)? != Some(*before) {
                        suspects.push(argument.clone());
                        changed.push((name, argument));
                    }
                }
                None if is_constant(&argument)? => {}
                None => suspects.push(argument),
            }
        }
        registry::verify_sharing(&suspects)?;
        Ok(changed)
    }
}

/// Whether an argument is, or is a part of, what was returned.
fn is_returned(
    argument: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
    depth: usize,
) -> PyResult<bool> {
    if argument.is(value) {
        return Ok(true);
    }
    if let (Some(one), Some(other)) = (Array::new(argument), Array::new(value)) {
        return Ok(one.root().is(other.root())
            && one.data() == other.data()
            && one.shape() == other.shape()
            && one.strides() == other.strides());
    }
    if depth > 16 {
        return Ok(false);
    }
    if let Ok(items) = value.cast_exact::<PyList>() {
        return any(items.iter(), argument, depth);
    }
    if let Ok(items) = value.cast_exact::<PyTuple>() {
        return any(items.iter(), argument, depth);
    }
    if let Ok(pairs) = value.cast_exact::<PyDict>() {
        return any(pairs.iter().map(|(_, item)| item), argument, depth);
    }
    Ok(false)
}

fn any<'py>(
    mut items: impl Iterator<Item = Bound<'py, PyAny>>,
    argument: &Bound<'py, PyAny>,
    depth: usize,
) -> PyResult<bool> {
    items.try_fold(false, |found, item| {
        Ok(found || is_returned(argument, &item, depth + 1)?)
    })
}
