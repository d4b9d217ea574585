//! What is a made function, in Python?

mod bound;
mod coroutine;
mod parts;
mod path;
mod pending;
mod table;

use pyo3::exceptions::{PyLookupError, PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use remade::make::{self, Face, Keyed, Made, Opened, Wait};
use remade::store::files;
use remade::store::prune::Keep;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::binder::Values;
use crate::code::Rules;
use crate::depends::Depend;
use crate::face::Call;
use crate::output::Output;
use crate::switches::{Switches, durable_of};
pub(crate) use bound::BoundMade;
use coroutine::{coroutine, is_coroutine_function};
pub(crate) use parts::Function;
use pending::Pending;
use table::store_at;
pub(crate) use table::{_made_functions, identity_of};

/// A function that `make` decorated. It is called as the plain one is.
#[pyclass(frozen, dict, weakref, module = "remade", name = "MadeFunction")]
pub(crate) struct MadeFunction {
    pub(crate) function: Whole,
}

/// A function, or nothing while the object around it is being made: Python allocates the object with
/// all its bytes zero, then its `__dict__`, and that can start a collection, which visits the object.
/// A zero here is a plain `None`.
pub(crate) struct Whole(Option<Box<Function>>);

impl Deref for Whole {
    type Target = Function;

    fn deref(&self) -> &Function {
        match &self.0 {
            Some(function) => function,
            None => unreachable!("no method is called before the object is made"),
        }
    }
}

#[pymethods]
impl MadeFunction {
    #[new]
    #[pyo3(signature = (func, name, output, *, cachedir, debug, raise_errors, keep, rerun_unknown,
        verify, durable, ignore, depends, follow, version, module, was, cutoff))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        func: &Bound<'_, PyAny>,
        name: String,
        output: &Bound<'_, PyAny>,
        cachedir: PathBuf,
        debug: Option<bool>,
        raise_errors: Option<bool>,
        keep: Option<usize>,
        rerun_unknown: Option<bool>,
        verify: Option<bool>,
        durable: Option<&str>,
        ignore: Vec<String>,
        depends: Vec<Bound<'_, PyAny>>,
        follow: Vec<String>,
        version: Option<String>,
        module: String,
        was: Vec<String>,
        cutoff: Option<Py<PyAny>>,
    ) -> PyResult<MadeFunction> {
        let py = func.py();
        let arguments = (func, &name, output).into_pyobject(py)?.unbind();
        let keep = keep.map_or(Keep::All, Keep::Last);
        let output = Output::parse(output)?;
        let binder = crate::binder::Binder::of(func, &ignore)?;
        output.check(&binder, keep != Keep::Last(1))?;
        let is_async = is_coroutine_function(func)?;
        let durable = durable.map(durable_of).transpose()?;
        Ok(MadeFunction {
            function: Whole(Some(Box::new(Function {
                made: Made::new(name, store_at(cachedir), keep),
                output,
                cutoff,
                depends: depends.iter().map(Depend::parse).collect::<PyResult<_>>()?,
                switches: Switches::new(debug, raise_errors, rerun_unknown, verify, durable),
                rules: Arc::new(Rules { follow }),
                ignore,
                label: version,
                module,
                was,
                is_async,
                callable: func.clone().unbind(),
                arguments,
                prepared: Mutex::new(None),
                warned: Mutex::default(),
            }))),
        })
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let function = &slf.get().function;
        if function.is_async {
            return coroutine(slf, args, kwargs, false);
        }
        function.call(args, kwargs, false)
    }

    /// Runs the function whatever is stored, and stores the result.
    #[pyo3(signature = (*args, **kwargs))]
    fn call<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let function = &slf.get().function;
        if function.is_async {
            return coroutine(slf, args, kwargs, true);
        }
        function.call(args, kwargs, true)
    }

    /// Whether a call would be answered from the store. Runs nothing and loads nothing.
    #[pyo3(signature = (*args, **kwargs))]
    fn check_call_in_cache(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<bool> {
        match self.function.bound(args, kwargs, false)? {
            Some(mut call) => {
                call.looks_into_the_store("check_call_in_cache")?;
                make::check(&self.function.made, &mut call)
            }
            None => Err(self.wrong_arguments()),
        }
    }

    /// Why a call would be answered from the store, or every reason why not. Runs nothing.
    #[pyo3(signature = (*args, **kwargs))]
    fn explain<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some(mut call) = self.function.bound(args, kwargs, false)? else {
            return Err(self.wrong_arguments());
        };
        call.looks_into_the_store("explain")?;
        call.only_looks = true;
        let made = &self.function.made;
        let explanation = make::explain(made, &mut call)?;
        crate::explain::explanation(args.py(), &explanation, made.store())
    }

    /// Keeps the stored result of a call although something changed that does not matter.
    #[pyo3(signature = (*args, reason, **kwargs))]
    fn accept(
        &self,
        args: &Bound<'_, PyTuple>,
        reason: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        match self.function.bound(args, kwargs, false)? {
            Some(mut call) => crate::accept::accept(args.py(), &self.function, &mut call, reason),
            None => Err(self.wrong_arguments()),
        }
    }

    /// The file of the result of a call: its path; None where it has no file; the same structure as
    /// `output=` where that has one.
    #[pyo3(signature = (*args, **kwargs))]
    fn output_path<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.function.bound(args, kwargs, false)? {
            Some(mut call) => path::of_result(args.py(), &self.function, &mut call),
            None => Err(self.wrong_arguments()),
        }
    }

    /// The last result, without a call.
    fn load<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let args = PyTuple::empty(py);
        let mut call = self.looked_into(&args, "load")?;
        make::newest(&self.function.made, &mut call)?
            .map_err(|none| PyLookupError::new_err(none.to_string()))
    }

    /// Forgets all results. Files that the user named stay.
    fn clear(&self) -> PyResult<()> {
        self.function
            .made
            .clear()
            .map_err(|error| crate::write::os_error(&error, self.function.made.folder().path()))
    }

    /// What the store holds for this function, and what this process did with it.
    fn cache_info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if crate::frame::any_runs() {
            self.looked_into(&PyTuple::empty(py), "cache_info")?;
        }
        let made = &self.function.made;
        let folder = made.folder();
        let (reused, ran) = made.counts();
        let records = folder.keys()?.len();
        let mut size = 0;
        for name in files::names_own(folder.path())? {
            let metadata = std::fs::symlink_metadata(folder.path().join(name));
            size += metadata.map_or(0, |metadata| metadata.len());
        }
        py.import("remade._results")?.getattr("CacheInfo")?.call1((
            reused,
            ran,
            records,
            size,
            folder.path().display().to_string(),
        ))
    }

    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        instance: Option<&Bound<'py, PyAny>>,
        _owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match instance {
            None => Ok(slf.clone().into_any()),
            Some(instance) => Ok(Bound::new(
                slf.py(),
                BoundMade {
                    made: slf.clone().unbind(),
                    instance: instance.clone().unbind(),
                },
            )?
            .into_any()),
        }
    }

    /// `MadeFunction[[int], str]`, for annotations.
    #[classmethod]
    fn __class_getitem__<'py>(
        class: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        generic_alias(class, item)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py()
            .import("remade._travel")?
            .call_method1("reduce", (slf,))
    }

    fn __repr__(&self) -> String {
        format!("<made function {}>", self.function.made.name())
    }

    /// Marks made functions for those who look at a function from outside.
    #[classattr]
    fn __remade_made__() -> bool {
        true
    }

    /// Whether the function is `async def`.
    #[getter]
    fn is_async(&self) -> bool {
        self.function.is_async
    }

    /// What it was built from: function, name and output.
    #[getter]
    fn _arguments(&self, py: Python<'_>) -> Py<PyTuple> {
        self.function.arguments.clone_ref(py)
    }

    /// Name and lines of every notebook cell or doctest that it needs to be fingerprinted elsewhere.
    fn _pseudo_files(&self, py: Python<'_>) -> PyResult<Vec<(String, Vec<String>)>> {
        let mut all = Vec::new();
        if let Some(one) = crate::code::pseudo_file(self.function.callable(py))? {
            all.push(one);
        }
        Ok(all)
    }

    /// Enters it into the table by which records find made functions.
    fn _register(slf: &Bound<'_, Self>) -> PyResult<()> {
        crate::code::note(slf.get().function.callable(slf.py()))?;
        table::enter(slf)
    }

    /// The first half of an asynchronous call.
    #[pyo3(signature = (args, kwargs, forced))]
    fn _open<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
        forced: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let function = &slf.get().function;
        let Some(mut call) = function.bound(args, kwargs, forced)? else {
            return Err(slf.get().wrong_arguments());
        };
        match make::open(&function.made, &mut call, Wait::Never)? {
            Opened::Fresh(value) => (0, value).into_pyobject(py).map(Bound::into_any),
            Opened::Busy => (1, py.None()).into_pyobject(py).map(Bound::into_any),
            Opened::Stale(running) => {
                let token = call.enter(running.key())?;
                let frame = call.state.frame().map(|frame| frame.clone_ref(py));
                let frame = frame.ok_or_else(|| PyValueError::new_err("no run has begun"))?;
                let pending = Pending {
                    made: slf.clone().unbind(),
                    args: args.clone().unbind(),
                    kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
                    frame,
                    token,
                    half: Mutex::new(Some((*running, call.state))),
                };
                (2, pending).into_pyobject(py).map(Bound::into_any)
            }
        }
    }

    /// What tells calls of one key apart, for coroutines that wait for each other.
    #[pyo3(signature = (args, kwargs))]
    fn _key(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<String>> {
        let Some(mut call) = self.function.bound(args, kwargs, false)? else {
            return Ok(None);
        };
        Ok(match call.key()? {
            Keyed::Known(key) if !call.is_running(key) => Some(key.to_string()),
            _ => None,
        })
    }

    // PyO3 visits and clears the `__dict__`.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Some(function) = &self.function.0 else {
            return Ok(());
        };
        visit.call(&function.callable)?;
        visit.call(&function.arguments)?;
        visit.call(&function.cutoff)?;
        function.output.traverse(&visit)?;
        function
            .depends
            .iter()
            .try_for_each(|one| one.traverse(&visit))?;
        // The lock is only taken while Python's is held, and no Python code runs under it, so a
        // collection never meets it taken. What a call in progress shares is not ours alone to
        // visit; and that call keeps the function alive anyway.
        if let Ok(prepared) = function.prepared.try_lock()
            && let Some(prepared) = &*prepared
            && Arc::strong_count(prepared) == 1
        {
            prepared.traverse(&visit)?;
        }
        Ok(())
    }

    /// What was worked out can be worked out again. Everything else that leads in a circle goes
    /// through objects that can let go themselves.
    fn __clear__(&self) {
        let Some(function) = &self.function.0 else {
            return;
        };
        let mut prepared = function
            .prepared
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let old = prepared.take();
        drop(prepared);
        drop(old); // not under the lock: its end may run Python code
    }
}

impl MadeFunction {
    /// A call that nobody makes: of whoever asks what is stored now, whatever the arguments were.
    fn looked_into<'a, 'py>(
        &'a self,
        none: &'a Bound<'py, PyTuple>,
        method: &str,
    ) -> PyResult<Call<'a, 'py>> {
        let py = none.py();
        let prepared = self.function.prepared(py)?;
        let values = Values::none();
        let call = Call::new(py, &self.function, prepared, none, None, values, false)?;
        call.looks_into_the_store(method)?;
        Ok(call)
    }

    fn wrong_arguments(&self) -> PyErr {
        PyTypeError::new_err(format!(
            "these arguments do not fit the parameters of {}",
            self.function.made.name()
        ))
    }
}

fn generic_alias<'py>(
    class: &Bound<'py, PyType>,
    item: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let alias = class.py().import("types")?.getattr("GenericAlias")?;
    alias.call1((class, item))
}
