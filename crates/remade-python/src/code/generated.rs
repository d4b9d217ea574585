//! What did somebody else write into a class, and what tells it all?
//!
//! The methods of a named tuple or a dataclass follow from its fields, and each Python writes others.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::graph::Part;
use super::kinds::{attribute, behind_proxy, text, type_name};
use super::place::{Place, Spot};
use super::walk::{Walk, key, wrapped};

/// What `dataclass` writes: told by its parameters and the fields.
const GENERATED: [&str; 13] = [
    "__init__",
    "__repr__",
    "__eq__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__hash__",
    "__setattr__",
    "__delattr__",
    "__replace__",
    "__getstate__",
    "__setstate__",
];

impl<'py> Walk<'_, 'py> {
    /// The defaults of its fields: as `__new__` has them, since that is what gives them and what people
    /// bind anew, and as the class tells them, where that is something else.
    pub(super) fn open_named_tuple(
        &mut self,
        index: usize,
        name: &str,
        namespace: &Bound<'py, PyDict>,
    ) -> PyResult<()> {
        let mut given = Vec::new();
        let new = namespace.get_item("__new__")?;
        let new = new.map(|new| attribute(&new, "__func__").unwrap_or(new));
        if let Some(new) = new.filter(|new| new.get_type().is(&self.kinds.function)) {
            self.guards.function(&new)?;
            if let Ok(defaults) = new.getattr("__defaults__")?.cast_into::<PyTuple>() {
                let fields: Vec<String> = new
                    .getattr("__code__")?
                    .getattr("co_varnames")?
                    .extract()
                    .unwrap_or_default();
                let count: usize = new.getattr("__code__")?.getattr("co_argcount")?.extract()?;
                let first = count.saturating_sub(defaults.len());
                let fields = fields.into_iter().take(count).skip(first);
                given.extend(fields.zip(defaults.iter()));
            }
        }
        for (field, value) in &given {
            let spot = self.held(format!("{name}({field}=)"));
            self.refer(index, &format!("(default {field})"), value, &spot, true)?;
        }
        let spot = self.entry(namespace, "_field_defaults", name);
        let told = namespace.get_item("_field_defaults")?;
        self.guard(&spot, told.as_ref());
        let Some(told) = told else {
            return Ok(());
        };
        let told = match told.cast_into_exact::<PyDict>() {
            Ok(told)
                if told
                    .keys()
                    .iter()
                    .all(|key| key.is_exact_instance_of::<PyString>()) =>
            {
                told
            }
            Ok(told) => return self.refer(index, "(told defaults)", told.as_any(), &spot, true),
            Err(other) => {
                let other = other.into_inner();
                return self.refer(index, "(told defaults)", &other, &spot, true);
            }
        };
        self.guards.length(&told);
        for (field, value) in told.iter() {
            let text = field.cast::<PyString>()?;
            let text = text.to_string_lossy().into_owned();
            let spot = Spot {
                place: Place::Item(told.clone(), field.clone()),
                name: format!("{name}._field_defaults[{text:?}]"),
                locator: None,
            };
            if given
                .iter()
                .any(|(one, given)| *one == text && given.is(&value))
            {
                self.guard(&spot, Some(&value));
                continue;
            }
            self.refer(
                index,
                &format!("(told default {text})"),
                &value,
                &spot,
                true,
            )?;
        }
        Ok(())
    }

    pub(super) fn open_dataclass(
        &mut self,
        index: usize,
        name: &str,
        namespace: &Bound<'py, PyDict>,
    ) -> PyResult<()> {
        let spot = self.held(String::new());
        if let Some(parameters) = namespace.get_item("__dataclass_params__")? {
            let entry = self.entry(namespace, "__dataclass_params__", name);
            self.guard(&entry, Some(&parameters));
            for option in ["init", "repr", "eq", "order", "unsafe_hash", "frozen"] {
                if let Some(value) = attribute(&parameters, option) {
                    let spot = self.attribute_spot(&parameters, option, name);
                    self.refer(index, &format!("(dataclass {option})"), &value, &spot, true)?;
                }
            }
        }
        let Some(fields) = namespace.get_item("__dataclass_fields__")? else {
            return Ok(());
        };
        let entry = self.entry(namespace, "__dataclass_fields__", name);
        self.guard(&entry, Some(&fields));
        if let Ok(fields) = fields.cast_exact::<PyDict>() {
            self.guards.length(fields);
        }
        let mut matched = Vec::new();
        for (position, item) in fields.call_method0("items")?.try_iter()?.enumerate() {
            let (field, description): (String, Bound<'py, PyAny>) = item?.extract()?;
            if let Ok(fields) = fields.cast_exact::<PyDict>() {
                let field = key(self.py, &field).into_any();
                self.guards.item(fields, &field, Some(&description));
            }
            let spot = self.attribute_spot(&description, "_field_type", name);
            self.guard(&spot, attribute(&description, "_field_type").as_ref());
            let is = |option: &str| {
                attribute(&description, option)
                    .is_some_and(|value| value.is_truthy().unwrap_or(false))
            };
            let kind = attribute(&description, "_field_type").and_then(|kind| text(&kind, "name"));
            if kind.as_deref() != Some("_FIELD_CLASSVAR") && is("init") && !is("kw_only") {
                matched.push(field.clone());
            }
            self.open_metadata(index, &format!("{position} {field}"), name, &description)?;
            for option in [
                "init",
                "repr",
                "hash",
                "compare",
                "kw_only",
                "default",
                "default_factory",
            ] {
                let Some(value) = attribute(&description, option) else {
                    continue;
                };
                let owner = format!("{name}.{field}");
                let spot = self.attribute_spot(&description, option, &owner);
                if type_name(&value).1 == "_MISSING_TYPE" {
                    self.guard(&spot, Some(&value));
                } else {
                    self.refer(
                        index,
                        &format!("(field {position} {field} {option})"),
                        &value,
                        &spot,
                        true,
                    )?;
                }
            }
        }
        // What `dataclass` writes there follows from the fields; anything else was asked for.
        let given = namespace.get_item("__match_args__")?;
        let written = PyTuple::new(self.py, matched)?;
        match given {
            Some(given) if given.eq(&written).unwrap_or(false) => {}
            Some(given) => self.refer(index, "(match_args)", &given, &spot, true)?,
            None => self.add(index, "(match_args)", Part::Missing, &spot),
        }
        Ok(())
    }

    /// An entry of the namespace of a class.
    fn entry(&self, namespace: &Bound<'py, PyDict>, entry: &str, class: &str) -> Spot<'py> {
        Spot {
            place: Place::Item(namespace.clone(), key(self.py, entry).into_any()),
            name: format!("{class}.{entry}"),
            locator: None,
        }
    }

    /// What a program wrote beside a field of a dataclass for itself to read.
    fn open_metadata(
        &mut self,
        index: usize,
        field: &str,
        name: &str,
        description: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let spot = self.attribute_spot(description, "metadata", &format!("{name}.{field}"));
        let metadata = attribute(description, "metadata");
        self.guard(&spot, metadata.as_ref());
        let Some(metadata) = metadata.filter(|one| one.is_truthy().unwrap_or(true)) else {
            return Ok(()); // none: one empty proxy stands for it in every field
        };
        let Some(metadata) = behind_proxy(&metadata) else {
            return self.refer(
                index,
                &format!("(field {field} metadata)"),
                &metadata,
                &spot,
                true,
            );
        };
        self.guards.length(&metadata);
        for (key, value) in metadata.iter() {
            let Ok(text) = key.cast_exact::<PyString>() else {
                let part = format!("(field {field} metadata)");
                return self.refer(index, &part, metadata.as_any(), &spot, true);
            };
            let text = text.to_string_lossy().into_owned();
            let spot = Spot {
                place: Place::Item(metadata.clone(), key.clone()),
                name: format!("{name}.{field}.metadata[{text:?}]"),
                locator: None,
            };
            let part = format!("(field {field} metadata {text})");
            self.refer(index, &part, &value, &spot, true)?;
        }
        Ok(())
    }
}

/// What `collections.namedtuple` writes into a class; its fields and their defaults tell it all, and
/// each Python writes something else.
pub(super) fn is_of_named_tuple(value: &Bound<'_, PyAny>) -> bool {
    let function = attribute(value, "__func__").unwrap_or_else(|| value.clone());
    let module = attribute(&function, "__globals__")
        .and_then(|globals| globals.get_item("__name__").ok()?.extract::<String>().ok());
    module.is_some_and(|module| module == "collections" || module.starts_with("namedtuple_"))
}

pub(super) fn is_generated(name: &str, value: &Bound<'_, PyAny>) -> bool {
    if !GENERATED.contains(&name) {
        return name == "__match_args__";
    }
    let mut value = value.clone();
    while let Some(inner) = wrapped(&value, "__wrapped__") {
        value = inner;
    }
    let Some(code) = attribute(&value, "__code__") else {
        return value.is_none();
    };
    // A script given with `-c` has no file either, so the file does not tell. Python 3.10 does not
    // know the qualified name, but there every function is written alone, in the second line.
    let line = || attribute(&code, "co_firstlineno").and_then(|line| line.extract::<u32>().ok());
    let written = match text(&code, "co_qualname") {
        Some(name) => name.starts_with("__create_fn__."),
        None => {
            text(&code, "co_filename").is_some_and(|file| file == "<string>") && line() <= Some(2)
        }
    };
    let globals = attribute(&value, "__globals__");
    let module =
        globals.and_then(|globals| globals.get_item("__name__").ok()?.extract::<String>().ok());
    written || module.is_some_and(|module| module == "dataclasses")
}
