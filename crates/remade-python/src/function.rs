//! What is a made function, in Python?

mod bound;
mod pending;

use pyo3::exceptions::{PyLookupError, PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType, PyWeakrefReference};
use remade::make::{self, Face, Keyed, Made, Opened, Wait};
use remade::store::Store;
use remade::store::prune::Keep;
use remade::version::{Tag, Version};
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::binder::Values;
use crate::code::Rules;
use crate::depends::Depend;
use crate::face::Call;
use crate::load::Kept;
use crate::output::{Output, Place, Tree};
use crate::prepared::Prepared;
use crate::switches::{Switches, durable_of};
use crate::value::{Unversioned, Walk};
pub(crate) use bound::BoundMade;
use pending::Pending;

/// The parts of a made function that do not change.
pub(crate) struct Function {
    pub(crate) made: Made<Kept>,
    pub(crate) output: Output,
    pub(crate) depends: Vec<Depend>,
    pub(crate) cutoff: Option<Py<PyAny>>,
    pub(crate) switches: Switches,
    rules: Rules,
    ignore: Vec<String>,
    label: Option<String>,
    module: String,
    was: Vec<String>,
    is_async: bool,
    callable: Py<PyAny>,
    arguments: Py<PyTuple>,
    prepared: Mutex<Option<Arc<Prepared>>>,
    warned: Mutex<HashSet<String>>,
}

/// Made functions by name: how a record finds those that were called inside a run.
static MADE: Mutex<Option<HashMap<String, Py<PyWeakrefReference>>>> = Mutex::new(None);

/// Stores by their folder, so that all functions of one share what is known of files.
static STORES: Mutex<Option<HashMap<PathBuf, Arc<Store>>>> = Mutex::new(None);

fn store_at(root: PathBuf) -> Arc<Store> {
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    let stores = stores.get_or_insert_default();
    stores
        .entry(root.clone())
        .or_insert_with(|| Arc::new(Store::at(root)))
        .clone()
}

/// What the made function of that name is now.
pub(crate) fn identity_of(py: Python<'_>, name: &str) -> PyResult<Option<Version>> {
    let found = {
        let table = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        table
            .as_ref()
            .and_then(|table| table.get(name))
            .map(|reference| reference.clone_ref(py))
    };
    let Some(target) = found.and_then(|found| {
        use pyo3::types::PyWeakrefMethods;
        found.bind(py).upgrade()
    }) else {
        return Ok(None);
    };
    let made = target.cast_into::<MadeFunction>()?;
    let function = &made.get().function;
    function.identity(py, &*function.prepared(py)?)
}

/// The made functions of this process, the last of each name.
#[pyfunction]
pub(crate) fn _made_functions(py: Python<'_>) -> Vec<Bound<'_, PyAny>> {
    use pyo3::types::PyWeakrefMethods;
    let references: Vec<_> = {
        let table = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let all = table.iter().flat_map(HashMap::values);
        all.map(|reference| reference.clone_ref(py)).collect()
    };
    references
        .iter()
        .filter_map(|reference| reference.bind(py).upgrade())
        .collect()
}

impl Function {
    pub(crate) fn callable<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.callable.bind(py)
    }

    /// A walk with the settings of this function, by content or, where it is asked for, by history.
    pub(crate) fn walk<'py>(&self, history: bool, rerun_unknown: bool) -> Walk<'py> {
        let mut walk = Walk::default();
        walk.history = history;
        walk.rerun_unknown = rerun_unknown && history;
        walk.store = Some(self.made.store().clone());
        walk.rules = self.rules.clone();
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
    fn prepared(&self, py: Python<'_>) -> PyResult<Arc<Prepared>> {
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

    fn bound<'a, 'py>(
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
    fn misfit<'py>(
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

    fn call<'py>(
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
                rules: Rules { follow },
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
            Some(mut call) => make::check(&self.function.made, &mut call),
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
        let py = args.py();
        let Some(mut call) = self.function.bound(args, kwargs, false)? else {
            return Err(self.wrong_arguments());
        };
        let folder = self.function.made.folder();
        let key = match call.key()? {
            Keyed::Known(key) => key,
            Keyed::Unversioned { .. } => {
                remade::call::CallKey::unversioned(self.function.made.name_version())
            }
        };
        let several = self.function.output.slots.len() > 1;
        let path_of = |index: usize| -> PyResult<Option<PathBuf>> {
            let slot = &self.function.output.slots[index];
            let named = call.file_of(slot)?;
            Ok(match slot.place {
                Place::Chosen => {
                    let mark = if several {
                        format!(".{index}")
                    } else {
                        String::new()
                    };
                    Some(folder.result(key, &mark, &slot.extension))
                }
                _ => named,
            })
        };
        match &self.function.output.tree {
            Tree::Choose => {
                let found = [".npy", ".pkl"]
                    .iter()
                    .map(|extension| folder.result(key, "", extension))
                    .find(|path| path.exists());
                to_text(py, found)
            }
            tree => paths(py, tree, &path_of),
        }
    }

    /// The last result, without a call.
    fn load<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let prepared = self.function.prepared(py)?;
        let args = PyTuple::empty(py);
        let mut call = Call::new(
            py,
            &self.function,
            prepared,
            &args,
            None,
            Values::none(),
            false,
        )?;
        make::newest(&self.function.made, &mut call)?.ok_or_else(|| {
            PyLookupError::new_err(format!(
                "{} has no stored result in {}; call it first",
                self.function.made.name(),
                self.function.made.store().root().display()
            ))
        })
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
        let made = &self.function.made;
        let folder = made.folder();
        let (reused, ran) = made.counts();
        let records = folder.keys()?.len();
        let mut size = 0;
        if let Ok(entries) = std::fs::read_dir(folder.path()) {
            for entry in entries.flatten() {
                size += entry.metadata().map_or(0, |metadata| metadata.len());
            }
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
        let reference = PyWeakrefReference::new(slf.as_any())?.unbind();
        let old = {
            let mut table = MADE.lock().unwrap_or_else(PoisonError::into_inner);
            table
                .get_or_insert_default()
                .insert(slf.get().function.made.name().to_owned(), reference)
        };
        drop(old);
        Ok(())
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
    fn wrong_arguments(&self) -> PyErr {
        PyTypeError::new_err(format!(
            "these arguments do not fit the parameters of {}",
            self.function.made.name()
        ))
    }
}

fn coroutine<'py>(
    slf: &Bound<'py, MadeFunction>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
    forced: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = slf.py();
    let function = &slf.get().function;
    let prepared = function.prepared(py)?;
    if prepared.binder.bind(args, kwargs)?.is_none() && !prepared.binder.is_opaque() {
        return function.misfit(args, kwargs);
    }
    py.import("remade._async")?
        .getattr("call")?
        .call1((slf, args, kwargs, forced))
}

fn generic_alias<'py>(
    class: &Bound<'py, PyType>,
    item: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let alias = class.py().import("types")?.getattr("GenericAlias")?;
    alias.call1((class, item))
}

/// `async def`, also under `functools.partial`.
fn is_coroutine_function(function: &Bound<'_, PyAny>) -> PyResult<bool> {
    const COROUTINE: u32 = 0x80;
    let mut function = function.clone();
    loop {
        if let Some(code) = function.getattr_opt("__code__")?
            && let Some(flags) = code.getattr_opt("co_flags")?
        {
            return Ok(flags.extract::<u32>()? & COROUTINE != 0);
        }
        match function.getattr_opt("func")? {
            Some(inner) if !inner.is(&function) => function = inner,
            _ => return Ok(false),
        }
    }
}

fn to_text<'py>(py: Python<'py>, path: Option<PathBuf>) -> PyResult<Bound<'py, PyAny>> {
    match path {
        Some(path) => Ok(path.into_os_string().into_pyobject(py)?.into_any()),
        None => Ok(py.None().into_bound(py)),
    }
}

fn paths<'py>(
    py: Python<'py>,
    tree: &Tree,
    path_of: &impl Fn(usize) -> PyResult<Option<PathBuf>>,
) -> PyResult<Bound<'py, PyAny>> {
    let all = |trees: &[Tree]| -> PyResult<Vec<Bound<'py, PyAny>>> {
        trees.iter().map(|tree| paths(py, tree, path_of)).collect()
    };
    match tree {
        Tree::Choose | Tree::Constant(_) => Ok(py.None().into_bound(py)),
        Tree::Slot(index) => to_text(py, path_of(*index)?),
        Tree::List(trees) => Ok(pyo3::types::PyList::new(py, all(trees)?)?.into_any()),
        Tree::Tuple(trees) => Ok(PyTuple::new(py, all(trees)?)?.into_any()),
        Tree::Dict(trees) => {
            let dict = PyDict::new(py);
            for (key, tree) in trees {
                dict.set_item(key, paths(py, tree, path_of)?)?;
            }
            Ok(dict.into_any())
        }
    }
}
