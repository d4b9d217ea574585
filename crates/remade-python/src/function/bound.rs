//! What is a made function as the method of an instance?

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::{MadeFunction, generic_alias};

// A made function as the method of an instance: a comment, since its `__doc__` is the method's.
#[pyclass(frozen, weakref, module = "remade", name = "BoundMade")]
pub(crate) struct BoundMade {
    pub(super) made: Py<MadeFunction>,
    pub(super) instance: Py<PyAny>,
}

impl BoundMade {
    fn with_instance<'py>(
        &self,
        py: Python<'py>,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(self.instance.bind(py).clone());
        all.extend(args.iter());
        PyTuple::new(py, all)
    }
}

#[pymethods]
impl BoundMade {
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        MadeFunction::__call__(self.made.bind(py), &self.with_instance(py, args)?, kwargs)
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn call<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        MadeFunction::call(self.made.bind(py), &self.with_instance(py, args)?, kwargs)
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn check_call_in_cache(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<bool> {
        let py = args.py();
        let all = self.with_instance(py, args)?;
        self.made.get().check_call_in_cache(&all, kwargs)
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn explain<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let all = self.with_instance(args.py(), args)?;
        self.made.get().explain(&all, kwargs)
    }

    #[pyo3(signature = (*args, reason, **kwargs))]
    fn accept(
        &self,
        args: &Bound<'_, PyTuple>,
        reason: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let all = self.with_instance(args.py(), args)?;
        self.made.get().accept(&all, reason, kwargs)
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn output_path<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        let all = self.with_instance(py, args)?;
        self.made.get().output_path(&all, kwargs)
    }

    fn load<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.made.get().load(py)
    }

    fn clear(&self) -> PyResult<()> {
        self.made.get().clear()
    }

    fn cache_info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.made.get().cache_info(py)
    }

    #[getter]
    fn is_async(&self) -> bool {
        self.made.get().is_async()
    }

    #[classmethod]
    fn __class_getitem__<'py>(
        class: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        generic_alias(class, item)
    }

    #[getter]
    fn __self__(&self, py: Python<'_>) -> Py<PyAny> {
        self.instance.clone_ref(py)
    }

    #[getter]
    fn __func__(&self, py: Python<'_>) -> Py<MadeFunction> {
        self.made.clone_ref(py)
    }

    #[getter]
    fn __doc__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.made.bind(py).getattr(intern!(py, "__doc__"))
    }

    /// The plain method, so that `inspect` tells the signature without `self`.
    #[getter]
    fn __wrapped__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let plain = self.made.get().function.callable(py);
        plain.call_method1("__get__", (&self.instance,))
    }

    /// Everything else is that of the function.
    fn __getattr__<'py>(&self, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
        self.made.bind(name.py()).getattr(name)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<BoundMade>().is_ok_and(|other| {
            let other = other.get();
            other.made.is(&self.made) && other.instance.is(&self.instance)
        })
    }

    fn __hash__(&self) -> u64 {
        (self.made.as_ptr() as u64).rotate_left(17) ^ (self.instance.as_ptr() as u64)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let getattr = py.import("builtins")?.getattr("getattr")?;
        let name = self.made.bind(py).getattr(intern!(py, "__name__"))?;
        (getattr, (&self.instance, name))
            .into_pyobject(py)
            .map(Bound::into_any)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let name = self.made.get().function.made.name();
        let instance = crate::value::short_form(self.instance.bind(py));
        format!("<made method {name} of {instance}>")
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.made)?;
        visit.call(&self.instance)
    }
}
