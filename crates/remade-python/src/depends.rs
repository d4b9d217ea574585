//! What else matters, besides code and arguments?

use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyModule, PyString};
use remade::version::Tag;

use crate::value::{Unversioned, Walk};

/// One item of `depends=`.
pub(crate) enum Depend {
    /// A package, by its version.
    Package(String, String),
    /// An environment variable.
    Variable(String),
    /// A file, or any value.
    Value(Py<PyAny>),
}

impl Depend {
    pub(crate) fn parse(item: &Bound<'_, PyAny>) -> PyResult<Depend> {
        let py = item.py();
        if let Ok(name) = item.cast::<PyString>() {
            let name = name.to_string();
            let version = distribution(py, &name)?.ok_or_else(|| {
                PyValueError::new_err(format!(
                    "depends={name:?} names no installed distribution; a plain label is given as \
                     version={name:?}"
                ))
            })?;
            return Ok(Depend::Package(name, version));
        }
        if let Ok(module) = item.cast::<PyModule>() {
            return Depend::module(module);
        }
        let inputs = py.import("remade._inputs")?;
        if item.is_instance(&inputs.getattr("Env")?)? {
            return Ok(Depend::Variable(item.getattr("name")?.extract()?));
        }
        Ok(Depend::Value(item.clone().unbind()))
    }

    fn module(module: &Bound<'_, PyModule>) -> PyResult<Depend> {
        let py = module.py();
        let name = module.name()?.to_string();
        if let Some(version) = module.getattr_opt("__version__")?
            && let Ok(version) = version.extract::<String>()
        {
            return Ok(Depend::Package(name, version));
        }
        let top = name.split('.').next().unwrap_or(&name);
        if let Some(version) = distribution(py, top)? {
            return Ok(Depend::Package(name, version));
        }
        // A module of one's own has no version but its files.
        let folder = module.getattr_opt("__path__")?;
        let path = match folder {
            Some(folders) => folders.try_iter()?.next().transpose()?,
            None => module.getattr_opt("__file__")?,
        };
        match path {
            Some(path) if !path.is_none() => {
                let path: String = path.extract()?;
                Ok(Depend::Value(crate::files::new_file(py, &path)?.unbind()))
            }
            _ => Err(PyValueError::new_err(format!(
                "depends: the module {name} has neither a version nor a file"
            ))),
        }
    }

    /// For the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Depend::Package(..) | Depend::Variable(_) => Ok(()),
            Depend::Value(value) => visit.call(value),
        }
    }

    /// As people name it.
    pub(crate) fn name(&self, index: usize) -> String {
        match self {
            Depend::Package(name, _) => format!("package {name}"),
            Depend::Variable(name) => format!("environment variable {name}"),
            Depend::Value(_) => format!("depends[{index}]"),
        }
    }

    /// A short text of what it is now.
    pub(crate) fn short(&self, py: Python<'_>) -> String {
        match self {
            Depend::Package(_, version) => version.clone(),
            Depend::Variable(name) => match variable(py, name) {
                Ok(Some(value)) => crate::value::short_form(value.bind(py)),
                _ => "not set".to_owned(),
            },
            Depend::Value(value) => crate::value::short_form(value.bind(py)),
        }
    }

    pub(crate) fn encode<'py>(
        &self,
        py: Python<'py>,
        walk: &mut Walk<'py>,
    ) -> Result<(), Unversioned> {
        match self {
            Depend::Package(name, version) => {
                walk.encoder.begin_named(Tag::Named, name, 1);
                walk.encoder.text(version);
            }
            Depend::Variable(name) => {
                walk.encoder.begin_named(Tag::Named, name, 1);
                match variable(py, name)? {
                    Some(value) => walk.encode(value.bind(py))?,
                    None => walk.encoder.tag(Tag::Missing),
                }
            }
            Depend::Value(value) => walk.encode(value.bind(py))?,
        }
        Ok(())
    }
}

fn variable(py: Python<'_>, name: &str) -> PyResult<Option<Py<PyAny>>> {
    let value = py
        .import("os")?
        .getattr("environ")?
        .call_method1("get", (name,))?;
    Ok((!value.is_none()).then(|| value.unbind()))
}

/// The version of an installed distribution.
fn distribution(py: Python<'_>, name: &str) -> PyResult<Option<String>> {
    let metadata = py.import("importlib.metadata")?;
    match metadata.call_method1("version", (name,)) {
        Ok(version) => version.extract().map(Some),
        Err(error) if error.is_instance(py, &metadata.getattr("PackageNotFoundError")?) => Ok(None),
        // A name that no distribution can have is not installed either.
        Err(error) if error.is_instance_of::<PyValueError>(py) => Ok(None),
        Err(error) => Err(error),
    }
}
