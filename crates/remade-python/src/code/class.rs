//! What does a class, a module or a wrapper consist of?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple, PyType};
use remade::version::{Encoder, Tag};

use super::function::in_module;
use super::graph::{Origin, Part};
use super::kinds::{attribute, behind_proxy, text, type_name};
use super::own;
use super::place::{Place, Spot};
use super::walk::{Walk, is_made_method, key, wrapped};

/// What Python itself keeps in the namespace of a class. Slots show as descriptors, dataclass fields
/// and annotations are opened apart.
const BOOKKEEPING: [&str; 24] = [
    "__dict__",
    "__weakref__",
    "__doc__",
    "__module__",
    "__qualname__",
    "__annotations__",
    "__annotate__",
    "__annotate_func__",
    "__annotations_cache__",
    "__conditional_annotations__",
    "__firstlineno__",
    "__static_attributes__",
    "__abstractmethods__",
    "_abc_impl",
    "__slots__",
    "__orig_bases__",
    "__parameters__",
    "__type_params__",
    "__dataclass_fields__",
    "__dataclass_params__",
    "__classcell__",
    "__classdictcell__",
    "_field_defaults",
    // `copyreg` writes it when the first instance is reduced.
    "__slotnames__",
];

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
    pub(super) fn open_class(&mut self, index: usize, class: &Bound<'py, PyAny>) -> PyResult<()> {
        let module = text(class, "__module__").unwrap_or_default();
        let qualname = text(class, "__qualname__").unwrap_or_default();
        let name = in_module(&module, &qualname);
        self.nodes[index].name.clone_from(&name);
        self.nodes[index].reached = Some(Origin::default());
        self.form(index, "class", &text(class, "__name__").unwrap_or_default());

        let bases = class.getattr("__bases__")?;
        self.guards
            .attribute(class, &key(self.py, "__bases__"), Some(&bases));
        for (position, base) in bases.cast::<PyTuple>()?.iter().enumerate() {
            let spot = self.held(String::new());
            self.refer(index, &format!("(base {position})"), &base, &spot, true)?;
        }
        let meta = class.get_type().into_any();
        let meta_module = text(&meta, "__module__").unwrap_or_default();
        // `EnumMeta` became `EnumType`, and the base says as much.
        if meta_module != "enum" {
            let spot = self.held(String::new());
            self.refer(index, "(metaclass)", &meta, &spot, true)?;
        }

        let Some(namespace) = behind_proxy(&class.getattr("__dict__")?) else {
            return Ok(());
        };
        self.guards.length(&namespace);
        let is_enum = namespace.contains("_member_map_")?;
        let is_dataclass = namespace.contains("__dataclass_params__")?;
        let is_named_tuple = namespace.contains("_fields")? && namespace.contains("_make")?;
        for (attribute_name, value) in namespace.iter() {
            let Ok(name_text) = attribute_name.cast::<PyString>() else {
                continue;
            };
            let name_text = name_text.to_string_lossy().into_owned();
            if BOOKKEEPING.contains(&name_text.as_str()) {
                continue;
            }
            let spot = Spot {
                place: Place::Item(namespace.clone(), attribute_name.clone()),
                name: format!("{name}.{name_text}"),
                locator: (!qualname.contains('<')).then(|| {
                    let path = qualname
                        .split('.')
                        .map(str::to_owned)
                        .chain([name_text.clone()])
                        .collect();
                    (module.clone(), path)
                }),
            };
            if self.nodes[index].as_type && is_made_method(&value)
                || is_enum && self.is_enum_bookkeeping(&name_text, &value)
                || is_dataclass && is_generated(&name_text, &value)
                || is_named_tuple && is_of_named_tuple(&value)
            {
                self.guard(&spot, Some(&value));
                continue;
            }
            self.refer(index, &name_text, &value, &spot, true)?;
        }
        if is_named_tuple {
            self.open_named_tuple(index, &name, &namespace)?;
        }
        if is_enum {
            self.open_members(index, &name, &namespace)?;
        }
        if is_dataclass {
            self.open_dataclass(index, &name, &namespace)?;
        }
        self.open_annotations(index, &namespace)
    }

    /// Members are opened as a whole, and the machinery differs between Pythons.
    fn is_enum_bookkeeping(&self, name: &str, value: &Bound<'py, PyAny>) -> bool {
        let sunder = name.starts_with('_') && name.ends_with('_');
        let dunder = name.starts_with("__") && name.ends_with("__");
        let function = value.get_type().is(&self.kinds.function);
        let own = function
            && value
                .getattr("__globals__")
                .ok()
                .and_then(|globals| globals.cast_into::<PyDict>().ok())
                .is_some_and(|globals| own::owns_globals(&globals, self.rules));
        let member = attribute(value, "_name_").is_some() || type_name(value).0 == "enum";
        member
            || (sunder || function || dunder) && !own
            || name == "_hashable_values_"
            || name == "_unhashable_values_"
    }

    fn open_members(
        &mut self,
        index: usize,
        name: &str,
        namespace: &Bound<'py, PyDict>,
    ) -> PyResult<()> {
        let Some(members) = namespace.get_item("_member_map_")? else {
            return Ok(());
        };
        for (position, item) in members.call_method0("items")?.try_iter()?.enumerate() {
            let (member, value): (String, Bound<'py, PyAny>) = item?.extract()?;
            let Some(value) = attribute(&value, "_value_") else {
                continue;
            };
            let spot = self.held(format!("{name}.{member}"));
            self.refer(
                index,
                &format!("(member {position} {member})"),
                &value,
                &spot,
                true,
            )?;
        }
        Ok(())
    }

    /// The defaults of its fields: as `__new__` has them, since that is what gives them and what people
    /// bind anew, and as the class tells them, where that is something else.
    fn open_named_tuple(
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
        let Some(told) = namespace.get_item("_field_defaults")? else {
            return Ok(());
        };
        let Ok(told) = told.cast_into::<PyDict>() else {
            return Ok(());
        };
        self.guards.length(&told);
        for (field, value) in told.iter() {
            let Ok(text) = field.cast::<PyString>() else {
                continue;
            };
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

    fn open_dataclass(
        &mut self,
        index: usize,
        name: &str,
        namespace: &Bound<'py, PyDict>,
    ) -> PyResult<()> {
        let spot = self.held(String::new());
        if let Some(parameters) = namespace.get_item("__dataclass_params__")? {
            for option in ["init", "repr", "eq", "order", "unsafe_hash", "frozen"] {
                if let Some(value) = attribute(&parameters, option) {
                    self.refer(index, &format!("(dataclass {option})"), &value, &spot, true)?;
                }
            }
        }
        let Some(fields) = namespace.get_item("__dataclass_fields__")? else {
            return Ok(());
        };
        let mut matched = Vec::new();
        for (position, item) in fields.call_method0("items")?.try_iter()?.enumerate() {
            let (field, description): (String, Bound<'py, PyAny>) = item?.extract()?;
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
                if type_name(&value).1 != "_MISSING_TYPE" {
                    let spot = self.held(format!("{name}.{field}.{option}"));
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

    /// What a program wrote beside a field of a dataclass for itself to read.
    fn open_metadata(
        &mut self,
        index: usize,
        field: &str,
        name: &str,
        description: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let Some(metadata) =
            attribute(description, "metadata").filter(|one| one.is_truthy().unwrap_or(true))
        else {
            return Ok(()); // none: one empty proxy stands for it in every field
        };
        let spot = self.held(format!("{name}.{field} metadata"));
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
            let Ok(text) = key.cast::<PyString>() else {
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

    /// Libraries read the annotations of classes and act on them.
    fn open_annotations(&mut self, index: usize, namespace: &Bound<'py, PyDict>) -> PyResult<()> {
        let Some(annotations) = namespace.get_item("__annotations__")? else {
            return Ok(());
        };
        let Ok(annotations) = annotations.cast_into::<PyDict>() else {
            return Ok(());
        };
        self.guards.length(&annotations);
        for (name, annotation) in annotations.iter() {
            let label = format!(": {}", name.cast::<PyString>()?.to_string_lossy());
            self.annotation(index, &label, &annotation)?;
        }
        Ok(())
    }

    fn annotation(
        &mut self,
        index: usize,
        label: &str,
        annotation: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let part = self.classify(annotation, false, false)?.unwrap_or_else(|| {
            let (module, name) = type_name(annotation);
            Part::Name(format!("{module}.{name}"))
        });
        self.nodes[index].parts.insert(label.to_owned(), part);
        Ok(())
    }

    /// A module that is passed around: everything of the user's own in it may be used.
    pub(super) fn open_module(&mut self, index: usize, module: &Bound<'py, PyAny>) -> PyResult<()> {
        let name = text(module, "__name__").unwrap_or_default();
        self.nodes[index].name.clone_from(&name);
        self.form(index, "module", "");
        let namespace = module.cast::<PyModule>()?.dict();
        self.guards.length(&namespace);
        for (attribute_name, value) in namespace.iter() {
            let Ok(name_text) = attribute_name.cast::<PyString>() else {
                continue;
            };
            let name_text = name_text.to_string_lossy().into_owned();
            if name_text.starts_with("__") && name_text.ends_with("__") {
                continue;
            }
            let spot = Spot {
                place: Place::Item(namespace.clone(), attribute_name.clone()),
                name: in_module(&name, &name_text),
                locator: Some((name.clone(), vec![name_text.clone()])),
            };
            self.refer(index, &name_text, &value, &spot, true)?;
        }
        Ok(())
    }

    /// Anything that holds functions: a partial, a property, a bound method, a tuple, a cache.
    pub(super) fn open_wrapper(&mut self, index: usize, value: &Bound<'py, PyAny>) -> PyResult<()> {
        let (module, name) = type_name(value);
        self.form(index, "wrapper", &format!("{module}.{name}"));
        let called = text(value, "__qualname__").or_else(|| text(value, "__name__"));
        let owner = called.unwrap_or_else(|| name.clone());
        self.nodes[index].name.clone_from(&owner);
        if let Ok(items) = value.cast_exact::<PyTuple>() {
            return self.open_items(index, "", items, &owner);
        }
        let parts: &[&str] = match name.as_str() {
            "staticmethod" | "classmethod" => &["__func__"],
            "property" => &["fget", "fset", "fdel"],
            "cached_property" => &["func"],
            "partial" | "partialmethod" => &["func", "args", "keywords"],
            "singledispatchmethod" => &["dispatcher", "func"],
            "method" => &["__func__", "__self__"],
            "builtin_function_or_method" => &["__self__"],
            _ if module == "types" || module == "typing" || module == "typing_extensions" => {
                &["__origin__", "__args__", "__metadata__"]
            }
            _ => &["py_func", "__wrapped__"],
        };
        if name == "builtin_function_or_method" {
            self.form(index, "method", &owner);
        }
        for part in parts {
            let inner = match *part {
                "py_func" | "__wrapped__" => wrapped(value, part),
                part => attribute(value, part),
            };
            let Some(inner) = inner else { continue };
            if *part == "__self__" && !inner.is_instance_of::<PyType>() {
                // The state is an implicit input; the class is code.
                let kind = inner.get_type().into_any();
                if let Some(class) = self.classify(&kind, true, false)? {
                    self.nodes[index].parts.insert("(class)".to_owned(), class);
                }
            }
            match inner.cast_exact::<PyTuple>() {
                Ok(items) => self.open_items(index, part, items, &owner)?,
                Err(_) if *part == "keywords" => self.open_keywords(index, &inner, &owner)?,
                Err(_) if *part == "__origin__" => self.annotation(index, part, &inner)?,
                Err(_) => {
                    let spot = self.attribute_spot(value, part, &owner);
                    self.refer(index, part, &inner, &spot, true)?;
                }
            }
        }
        Ok(())
    }

    fn open_items(
        &mut self,
        index: usize,
        label: &str,
        items: &Bound<'py, PyTuple>,
        owner: &str,
    ) -> PyResult<()> {
        for (position, item) in items.iter().enumerate() {
            let label = format!("{label}[{position:06}]");
            if label.starts_with("__args__") || label.starts_with("__metadata__") {
                self.annotation(index, &label, &item)?;
                continue;
            }
            let spot = self.held(format!("{owner}[{position}]"));
            self.refer(index, &label, &item, &spot, true)?;
        }
        Ok(())
    }

    fn open_keywords(
        &mut self,
        index: usize,
        keywords: &Bound<'py, PyAny>,
        owner: &str,
    ) -> PyResult<()> {
        let Ok(keywords) = keywords.cast::<PyDict>() else {
            return Ok(());
        };
        self.guards.length(keywords);
        for (name, value) in keywords.iter() {
            let label = name.cast::<PyString>()?.to_string_lossy().into_owned();
            let spot = Spot {
                place: Place::Item(keywords.clone(), name.clone()),
                name: format!("{owner}({label}=)"),
                locator: None,
            };
            self.refer(index, &format!("{label}="), &value, &spot, true)?;
        }
        Ok(())
    }

    fn form(&mut self, index: usize, kind: &str, name: &str) {
        let mut encoder = Encoder::new();
        encoder.begin_named(Tag::Parts, kind, 1);
        encoder.text(name);
        self.nodes[index].form = encoder.finish();
    }
}

/// What `collections.namedtuple` writes into a class; its fields and their defaults tell it all, and
/// each Python writes something else.
fn is_of_named_tuple(value: &Bound<'_, PyAny>) -> bool {
    let function = attribute(value, "__func__").unwrap_or_else(|| value.clone());
    let module = attribute(&function, "__globals__")
        .and_then(|globals| globals.get_item("__name__").ok()?.extract::<String>().ok());
    module.is_some_and(|module| module == "collections" || module.starts_with("namedtuple_"))
}

fn is_generated(name: &str, value: &Bound<'_, PyAny>) -> bool {
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
