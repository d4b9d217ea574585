//! Which argument belongs to which parameter?
//!
//! `f(2)` and `f(x=2)` are one call, and defaults count. What does not fit is left to the function
//! itself, which raises Python's own TypeError.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

const VARARGS: u32 = 0x04;
const VARKEYWORDS: u32 = 0x08;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    PositionalOnly,
    Either,
    VarPositional,
    KeywordOnly,
    VarKeyword,
}

struct Parameter {
    name: Py<PyString>,
    text: String,
    kind: Kind,
    default: Option<Py<PyAny>>,
    ignored: bool,
}

/// The parameters of a function.
pub(crate) struct Binder {
    parameters: Vec<Parameter>,
    /// How many take positional arguments one by one.
    positional: usize,
    /// Something else than the function with these parameters is called: a decorator, which might
    /// tell `f(2)` from `f(x=2)`.
    opaque: bool,
}

impl Binder {
    /// From the function; `ignore` names parameters that do not count.
    pub(crate) fn of(function: &Bound<'_, PyAny>, ignore: &[String]) -> PyResult<Binder> {
        let py = function.py();
        let plain = function
            .get_type()
            .is(&py.import("types")?.getattr("FunctionType")?);
        let wraps = function.hasattr(intern!(py, "__wrapped__"))?;
        let mut binder = if plain && !wraps {
            Binder::of_plain(function)?
        } else {
            let mut binder = Binder::of_signature(function)?;
            binder.opaque = wraps;
            binder
        };
        for name in ignore {
            match binder.parameters.iter_mut().find(|p| p.text == *name) {
                Some(parameter) => parameter.ignored = true,
                None => {
                    return Err(pyo3::exceptions::PyValueError::new_err(format!(
                        "ignore names {name:?}, which is not a parameter; there are: {}",
                        binder.names()
                    )));
                }
            }
        }
        Ok(binder)
    }

    fn of_plain(function: &Bound<'_, PyAny>) -> PyResult<Binder> {
        let code = function.getattr("__code__")?;
        let names: Vec<Bound<'_, PyString>> = code.getattr("co_varnames")?.extract()?;
        let positional: usize = code.getattr("co_argcount")?.extract()?;
        let positional_only: usize = code.getattr("co_posonlyargcount")?.extract()?;
        let keyword_only: usize = code.getattr("co_kwonlyargcount")?.extract()?;
        let flags: u32 = code.getattr("co_flags")?.extract()?;
        let defaults: Option<Bound<'_, PyTuple>> = function.getattr("__defaults__")?.extract()?;
        let keyword_defaults: Option<Bound<'_, PyDict>> =
            function.getattr("__kwdefaults__")?.extract()?;
        let with_default = defaults.as_ref().map_or(0, |defaults| defaults.len());
        let mut parameters = Vec::with_capacity(names.len());
        for (index, name) in names.iter().take(positional).enumerate() {
            let default = match (index + with_default).checked_sub(positional) {
                Some(place) => defaults
                    .as_ref()
                    .map(|defaults| defaults.get_item(place))
                    .transpose()?,
                None => None,
            };
            let kind = if index < positional_only {
                Kind::PositionalOnly
            } else {
                Kind::Either
            };
            parameters.push(parameter(name, kind, default)?);
        }
        let mut rest = names.iter().skip(positional);
        let keyword_names: Vec<_> = rest.by_ref().take(keyword_only).collect();
        if flags & VARARGS != 0
            && let Some(name) = rest.next()
        {
            parameters.push(parameter(name, Kind::VarPositional, None)?);
        }
        for name in keyword_names {
            let default = match &keyword_defaults {
                Some(defaults) => defaults.get_item(name)?,
                None => None,
            };
            parameters.push(parameter(name, Kind::KeywordOnly, default)?);
        }
        if flags & VARKEYWORDS != 0
            && let Some(name) = rest.next()
        {
            parameters.push(parameter(name, Kind::VarKeyword, None)?);
        }
        Ok(Binder {
            parameters,
            positional,
            opaque: false,
        })
    }

    /// What `inspect` says; where it says nothing, anything goes.
    fn of_signature(function: &Bound<'_, PyAny>) -> PyResult<Binder> {
        let py = function.py();
        let inspect = py.import("inspect")?;
        let empty = inspect.getattr("Parameter")?.getattr("empty")?;
        let mut parameters = Vec::new();
        match signature(&inspect, function) {
            Ok(signature) => {
                let all = signature.getattr("parameters")?.call_method0("values")?;
                for one in all.try_iter()? {
                    let one = one?;
                    let kind = match one.getattr("kind")?.extract::<u8>()? {
                        0 => Kind::PositionalOnly,
                        1 => Kind::Either,
                        2 => Kind::VarPositional,
                        3 => Kind::KeywordOnly,
                        _ => Kind::VarKeyword,
                    };
                    let default = one.getattr("default")?;
                    let default = (!default.is(&empty)).then_some(default);
                    let name = one.getattr("name")?.cast_into::<PyString>()?;
                    parameters.push(parameter(&name, kind, default)?);
                }
            }
            Err(error)
                if error.is_instance_of::<pyo3::exceptions::PyValueError>(py)
                    || error.is_instance_of::<pyo3::exceptions::PyTypeError>(py) =>
            {
                return Ok(Binder::of_anything(py));
            }
            Err(error) => return Err(error),
        }
        let positional = parameters
            .iter()
            .filter(|p| matches!(p.kind, Kind::PositionalOnly | Kind::Either))
            .count();
        Ok(Binder {
            parameters,
            positional,
            opaque: false,
        })
    }

    /// For the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let mut defaults = self.parameters.iter().map(|one| &one.default);
        defaults.try_for_each(|default| visit.call(default))
    }

    /// Takes everything.
    pub(crate) fn of_anything(py: Python<'_>) -> Binder {
        let one = |name: &str, kind| Parameter {
            name: PyString::new(py, name).unbind(),
            text: name.to_owned(),
            kind,
            default: None,
            ignored: false,
        };
        Binder {
            parameters: vec![
                one("args", Kind::VarPositional),
                one("kwargs", Kind::VarKeyword),
            ],
            positional: 0,
            opaque: true,
        }
    }

    /// Whether something else than the function with these parameters is called.
    pub(crate) fn is_opaque(&self) -> bool {
        self.opaque
    }

    /// All names, for messages.
    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.parameters.iter().map(|p| p.text.as_str()).collect();
        names.join(", ")
    }

    /// Whether there is such a parameter, and whether it is ignored.
    pub(crate) fn parameter(&self, name: &str) -> Option<bool> {
        let found = self.parameters.iter().find(|p| p.text == name);
        found.map(|parameter| parameter.ignored)
    }

    /// The values of the parameters in their order; None if the arguments do not fit.
    pub(crate) fn bind<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Values<'py>>> {
        let py = args.py();
        let given = args.len();
        let kwargs = kwargs.filter(|kwargs| !kwargs.is_empty());
        let mut used = 0;
        let mut values = Vec::with_capacity(self.parameters.len());
        for (index, parameter) in self.parameters.iter().enumerate() {
            let value = match parameter.kind {
                Kind::PositionalOnly | Kind::Either if index < given => {
                    // A keyword for it as well stays unused below: a mismatch.
                    args.get_item(index)?
                }
                Kind::PositionalOnly => match &parameter.default {
                    Some(default) => default.bind(py).clone(),
                    None => return Ok(None),
                },
                Kind::Either | Kind::KeywordOnly => {
                    let keyword = match kwargs {
                        Some(kwargs) => kwargs.get_item(parameter.name.bind(py))?,
                        None => None,
                    };
                    match (keyword, &parameter.default) {
                        (Some(value), _) => {
                            used += 1;
                            value
                        }
                        (None, Some(default)) => default.bind(py).clone(),
                        (None, None) => return Ok(None),
                    }
                }
                Kind::VarPositional => args.get_slice(self.positional.min(given), given).into_any(),
                Kind::VarKeyword => {
                    let rest = PyDict::new(py);
                    if let Some(kwargs) = kwargs {
                        // In the order given: the function can tell it.
                        for name in kwargs.keys() {
                            if !self.takes_keyword(&name)? {
                                rest.set_item(&name, kwargs.get_item(&name)?)?;
                                used += 1;
                            }
                        }
                    }
                    rest.into_any()
                }
            };
            values.push(value);
        }
        let surplus = given > self.positional
            && !self
                .parameters
                .iter()
                .any(|p| p.kind == Kind::VarPositional);
        if surplus || used != kwargs.map_or(0, |kwargs| kwargs.len()) {
            return Ok(None);
        }
        Ok(Some(Values(values)))
    }

    fn takes_keyword(&self, name: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = name.py();
        for parameter in &self.parameters {
            if matches!(parameter.kind, Kind::Either | Kind::KeywordOnly)
                && parameter.name.bind(py).as_any().eq(name)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How the arguments were passed, where a decorator could tell.
    pub(crate) fn shape(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<(usize, Vec<String>)>> {
        if !self.opaque {
            return Ok(None);
        }
        let mut names: Vec<String> = match kwargs {
            Some(kwargs) => kwargs.keys().extract()?,
            None => Vec::new(),
        };
        names.sort_unstable();
        Ok(Some((args.len(), names)))
    }
}

/// That of the function, or of the decorator above it where the decorator names its parameters.
fn signature<'py>(
    inspect: &Bound<'py, PyModule>,
    function: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    if function.hasattr(intern!(py, "__wrapped__"))? {
        let outer = PyDict::new(py);
        outer.set_item("follow_wrapped", false)?;
        if let Ok(outer) = inspect.call_method("signature", (function,), Some(&outer)) {
            let mut named = true;
            for one in outer
                .getattr("parameters")?
                .call_method0("values")?
                .try_iter()?
            {
                let kind: u8 = one?.getattr("kind")?.extract()?;
                named &= kind != 2 && kind != 4;
            }
            if named {
                return Ok(outer);
            }
        }
    }
    inspect.call_method1("signature", (function,))
}

fn parameter(
    name: &Bound<'_, PyString>,
    kind: Kind,
    default: Option<Bound<'_, PyAny>>,
) -> PyResult<Parameter> {
    Ok(Parameter {
        text: name.to_cow()?.into_owned(),
        name: name.clone().unbind(),
        kind,
        default: default.map(Bound::unbind),
        ignored: false,
    })
}

/// The values of all parameters in their order.
pub(crate) struct Values<'py>(Vec<Bound<'py, PyAny>>);

impl<'py> Values<'py> {
    /// Of no call.
    pub(crate) fn none() -> Values<'py> {
        Values(Vec::new())
    }

    /// Those that count, each with the name of its parameter.
    pub(crate) fn counting<'a>(
        &'a self,
        binder: &'a Binder,
    ) -> impl Iterator<Item = (&'a str, &'a Bound<'py, PyAny>)> {
        let pairs = binder.parameters.iter().zip(&self.0);
        pairs
            .filter(|(parameter, _)| !parameter.ignored)
            .map(|(parameter, value)| (parameter.text.as_str(), value))
    }

    /// What does not count.
    pub(crate) fn ignored<'a>(
        &'a self,
        binder: &'a Binder,
    ) -> impl Iterator<Item = &'a Bound<'py, PyAny>> {
        let pairs = binder.parameters.iter().zip(&self.0);
        pairs
            .filter(|(parameter, _)| parameter.ignored)
            .map(|(_, value)| value)
    }

    /// All of them, the ignored too.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Bound<'py, PyAny>> {
        self.0.iter()
    }

    /// One by one, with surplus arguments each under a name of its own.
    pub(crate) fn each(&self, binder: &Binder) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
        let mut each = Vec::with_capacity(self.0.len());
        for (parameter, value) in binder.parameters.iter().zip(&self.0) {
            if parameter.ignored {
                continue;
            }
            match parameter.kind {
                Kind::VarPositional => {
                    for (index, one) in value.try_iter()?.enumerate() {
                        each.push((format!("{}[{index}]", parameter.text), one?));
                    }
                }
                Kind::VarKeyword => {
                    for (name, one) in value.cast::<PyDict>()?.iter() {
                        each.push((name.to_string(), one));
                    }
                }
                _ => each.push((parameter.text.clone(), value.clone())),
            }
        }
        Ok(each)
    }

    /// By name, for templates.
    pub(crate) fn to_dict(&self, py: Python<'py>, binder: &Binder) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (parameter, value) in binder.parameters.iter().zip(&self.0) {
            dict.set_item(parameter.name.bind(py), value)?;
        }
        Ok(dict)
    }
}
