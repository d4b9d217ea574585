//! What does a class or a module consist of?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple};
use remade::version::{Encoder, Tag};

use super::function::in_module;
use super::generated::{is_generated, is_of_named_tuple};
use super::graph::{Origin, Part};
use super::kinds::{attribute, behind_proxy, text, type_name};
use super::own;
use super::place::{Place, Spot};
use super::walk::{Walk, is_made, is_made_method, key};

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
            let tells_by_itself = self.nodes[index].as_type
                && is_made_method(&value)
                && !(is_made(&value) && self.is_more_than_plain(&value));
            if tells_by_itself
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
            let mut spot = self.attribute_spot(&value, "_value_", name);
            spot.name = format!("{name}.{member}");
            let Some(value) = attribute(&value, "_value_") else {
                continue;
            };
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

    pub(super) fn annotation(
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

    pub(super) fn form(&mut self, index: usize, kind: &str, name: &str) {
        let mut encoder = Encoder::new();
        encoder.begin_named(Tag::Parts, kind, 1);
        encoder.text(name);
        self.nodes[index].form = encoder.finish();
    }
}
