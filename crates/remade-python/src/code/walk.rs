//! What does the code of an object reach?
//!
//! A list of nodes that grows while it is worked through: each node is opened once, and whatever its
//! names refer to becomes a constant, a name, an implicit input, or another node.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple, PyType};
use remade::version::{Encoder, Tag, Version};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Rules;
use super::graph::{Node, Part};
use super::guard::Guards;
use super::kinds::{Kinds, attribute, is_passed_over, is_weak_proxy, text, type_name};
use super::normal::Normalizer;
use super::own;
use super::place::{Implicit, Place, Spot, is_at};
use super::ufunc::{called_by_ufunc, calls_python};
use crate::value::{encode_constant, short_form};

pub(super) struct Walk<'a, 'py> {
    pub(super) py: Python<'py>,
    pub(super) rules: &'a Rules,
    pub(super) kinds: &'static Kinds,
    pub(super) normalizer: Normalizer,
    pub(super) nodes: Vec<Node<'py>>,
    index: HashMap<(usize, bool), usize>,
    pub(super) guards: Guards,
    /// Of the root function itself: another function with the same code can share all the others.
    pub(super) root_guards: Guards,
    pub(super) root: usize,
    /// The root is an object that can be called: its state counts too.
    root_is_object: bool,
    /// The name that the `def` of the root function is to have.
    pub(super) root_name: Option<String>,
    pub(super) implicit: Vec<Implicit>,
    implicit_index: HashMap<(usize, usize), usize>,
    pub(super) unfollowed: BTreeSet<String>,
    pub(super) packages: BTreeSet<String>,
}

impl<'a, 'py> Walk<'a, 'py> {
    pub(super) fn new(py: Python<'py>, rules: &'a Rules) -> PyResult<Self> {
        Ok(Walk {
            py,
            rules,
            kinds: Kinds::get(py)?,
            normalizer: Normalizer::default(),
            nodes: Vec::new(),
            index: HashMap::new(),
            guards: Guards::default(),
            root_guards: Guards::default(),
            root: usize::MAX,
            root_is_object: false,
            root_name: None,
            implicit: Vec::new(),
            implicit_index: HashMap::new(),
            unfollowed: BTreeSet::new(),
            packages: BTreeSet::new(),
        })
    }

    /// Follows an object and everything it leads to.
    pub(super) fn run(&mut self, object: &Bound<'py, PyAny>, as_type: bool) -> PyResult<Part> {
        let root = match self.classify(object, as_type, true)? {
            Some(part) => part,
            None => {
                self.root_is_object = true;
                self.node(object, false)
            }
        };
        if let Part::Node(index) = root {
            self.root = index;
        }
        let mut next = 0;
        while next < self.nodes.len() {
            self.open(next)?;
            next += 1;
        }
        // A constant that some function rebinds would never be fresh: it is an implicit input.
        for node in &mut self.nodes {
            for (label, place) in &node.placed {
                if self.guards.is_loose(*place) {
                    node.parts.insert(label.clone(), Part::Implicit);
                }
            }
            // What a run puts on a function is there from then on: who does that has it among its own names.
            for (label, place) in &node.put {
                if self.guards.is_loose(*place) {
                    node.parts.remove(label);
                }
            }
        }
        self.guards.finish();
        self.root_guards.finish();
        self.implicit.sort_by(|a, b| a.name.cmp(&b.name));
        self.name_apart();
        Ok(root)
    }

    /// Gives each implicit input a name of its own, because records know them by name: cells of two
    /// functions that one `def` made are called the same.
    fn name_apart(&mut self) {
        let mut number = 1;
        for index in 1..self.implicit.len() {
            let (before, rest) = self.implicit.split_at_mut(index);
            let first = &before[index - number];
            number = if rest[0].name == first.name {
                number + 1
            } else {
                1
            };
            if number > 1 {
                rest[0].name = format!("{} ({number})", rest[0].name);
            }
        }
    }

    fn open(&mut self, index: usize) -> PyResult<()> {
        let value = self.nodes[index].value.clone();
        if value.get_type().is(&self.kinds.function) {
            self.open_function(index, &value)
        } else if is_made(&value) {
            self.open_made(index, &value)
        } else if value.is_instance_of::<PyType>() {
            self.open_class(index, &value)
        } else if value.is_instance_of::<PyModule>() {
            self.open_module(index, &value)
        } else if index == self.root && self.root_is_object {
            self.open_object(index, &value)
        } else {
            self.open_wrapper(index, &value)
        }
    }

    /// Adds what stands at a place to a node, guards the place, and notes an implicit input.
    pub(super) fn refer(
        &mut self,
        index: usize,
        label: &str,
        value: &Bound<'py, PyAny>,
        spot: &Spot<'py>,
        read: bool,
    ) -> PyResult<()> {
        let as_type =
            label == "__class__" || self.nodes[index].as_type && label.starts_with("(base");
        match self.classify(value, as_type, false)? {
            Some(part) => {
                self.guard(spot, Some(value));
                if let Part::Value(_) = part {
                    let short = short_form(value);
                    self.nodes[index].shown.insert(label.to_owned(), short);
                }
                self.add(index, label, part, spot);
            }
            None => {
                self.add_implicit(spot, Some(value), read);
                self.add(index, label, Part::Implicit, spot);
                let is_called = self.open_instance(index, label, value)?;
                if is_called {
                    self.guard(spot, Some(value)); // another of this type can hold other functions
                } else {
                    self.guard_type(spot, Some(value));
                }
            }
        }
        Ok(())
    }

    pub(super) fn guard(&mut self, spot: &Spot<'py>, value: Option<&Bound<'py, PyAny>>) {
        match &spot.place {
            Place::Item(dict, key) => self.guards.item(dict, key, value),
            Place::Attribute(object, name) => self.guards.attribute(object, name, value),
            Place::Held => {}
        }
    }

    /// As [`Walk::guard`] for a value that counts elsewhere: only what kind of thing it is.
    pub(super) fn guard_type(&mut self, spot: &Spot<'py>, value: Option<&Bound<'py, PyAny>>) {
        match (&spot.place, value) {
            (Place::Item(dict, key), Some(value)) => self.guards.item_type(dict, key, value),
            (Place::Attribute(object, name), Some(value)) => {
                self.guards.attribute_type(object, name, value);
            }
            _ => self.guard(spot, None),
        }
    }

    pub(super) fn add(&mut self, index: usize, label: &str, part: Part, spot: &Spot<'py>) {
        let node = &mut self.nodes[index];
        if let (Some(place), Part::Value(_)) = (spot.place.identity(), &part) {
            node.placed.push((label.to_owned(), place));
        }
        node.parts.insert(label.to_owned(), part);
    }

    pub(super) fn add_implicit(
        &mut self,
        spot: &Spot<'py>,
        value: Option<&Bound<'py, PyAny>>,
        read: bool,
    ) {
        if let Some(place) = spot.place.identity() {
            if let Some(&known) = self.implicit_index.get(&place) {
                self.implicit[known].read |= read;
                return;
            }
            self.implicit_index.insert(place, self.implicit.len());
        }
        self.implicit.extend(Implicit::new(spot, value, read));
    }

    /// A place that the code binds anew.
    pub(super) fn store(&mut self, index: usize, label: &str, spot: &Spot<'py>, read: bool) {
        if let Some(place) = spot.place.identity() {
            self.guards.loosen(place);
            self.add_implicit(spot, None, read);
            self.nodes[index]
                .parts
                .insert(label.to_owned(), Part::Implicit);
        }
    }

    pub(super) fn node(&mut self, value: &Bound<'py, PyAny>, as_type: bool) -> Part {
        let key = (value.as_ptr() as usize, as_type);
        if self.index.get(&key) == Some(&self.root) && value.get_type().is(&self.kinds.function) {
            // The root calls itself: who shares this code with another function checks this one too.
            let _ = self.guards.function(value);
            if let Some(dict) = attribute(value, "__dict__").and_then(|one| one.cast_into().ok()) {
                self.guards.length(&dict);
            }
        }
        let nodes = &mut self.nodes;
        let index = *self.index.entry(key).or_insert_with(|| {
            nodes.push(Node {
                value: value.clone(),
                as_type,
                name: String::new(),
                form: Version::of_bytes(b""),
                parts: BTreeMap::new(),
                shown: BTreeMap::new(),
                placed: Vec::new(),
                put: Vec::new(),
                reached: None,
            });
            nodes.len() - 1
        });
        Part::Node(index)
    }

    /// Not the user's own: a name.
    pub(super) fn named(&mut self, module: &str, name: &str) -> Part {
        let top = own::top(module);
        if !top.is_empty() && top != "remade" && top != "_remade" && !own::is_standard(self.py, top)
        {
            self.packages.insert(top.to_owned());
        }
        Part::Name(format!("{module}.{name}"))
    }

    /// What a value is to the code that refers to it. None: a mutable value.
    pub(super) fn classify(
        &mut self,
        value: &Bound<'py, PyAny>,
        as_type: bool,
        root: bool,
    ) -> PyResult<Option<Part>> {
        let mut encoder = Encoder::new();
        if encode_constant(value, &mut encoder)? {
            return Ok(Some(Part::Value(encoder.finish())));
        }
        let kind = value.get_type();
        if kind.is(&self.kinds.function) {
            return self.classify_function(value, root).map(Some);
        }
        if value.is_instance_of::<PyType>() {
            let module = text(value, "__module__").unwrap_or_default();
            if root
                || own::owns_name(self.py, &module, self.rules)
                || is_made_for_somebody(value, &module)
            {
                return Ok(Some(self.node(value, as_type)));
            }
            let name = text(value, "__qualname__").unwrap_or_default();
            return Ok(Some(self.named(&module, &name)));
        }
        if value.is_instance_of::<PyModule>() {
            if own::owns_module(value, self.rules) {
                return Ok(Some(self.node(value, false)));
            }
            let name = text(value, "__name__").unwrap_or_default();
            return Ok(Some(self.named(&name, "")));
        }
        if is_made(value) {
            if self.is_more_than_plain(value) {
                return Ok(Some(self.node(value, false)));
            }
            return match attribute(value, "__wrapped__") {
                Some(wrapped) => self.classify(&wrapped, as_type, root),
                None => Ok(None),
            };
        }
        if kind.is(&self.kinds.method) {
            return Ok(Some(self.node(value, false)));
        }
        if kind.is(&self.kinds.builtin) {
            return Ok(Some(self.classify_builtin(value)));
        }
        if self.kinds.is_c_descriptor(value) {
            let name = text(value, "__qualname__").or_else(|| text(value, "__name__"));
            return Ok(Some(Part::Name(format!(
                "descriptor {}",
                name.unwrap_or_default()
            ))));
        }
        self.classify_instance(value)
    }

    fn classify_function(&mut self, value: &Bound<'py, PyAny>, root: bool) -> PyResult<Part> {
        let globals = value.getattr("__globals__")?.cast_into::<PyDict>()?;
        if root || own::owns_globals(&globals, self.rules) {
            return Ok(self.node(value, false));
        }
        if is_made(value)
            || attribute(value, "__wrapped__").is_some()
            || !value.getattr("__closure__")?.is_none()
            || is_nameless(value)
        {
            return Ok(self.node(value, false));
        }
        Ok(self.foreign_function(value, &globals))
    }

    /// By where it is defined: a decorator may have written another name on it.
    pub(super) fn foreign_function(
        &mut self,
        value: &Bound<'py, PyAny>,
        globals: &Bound<'py, PyDict>,
    ) -> Part {
        let module = globals.get_item("__name__").ok().flatten();
        let module = module
            .and_then(|name| name.extract::<String>().ok())
            .unwrap_or_default();
        let wrapper = attribute(value, "__wrapped__").is_some();
        let name = if wrapper {
            attribute(value, "__code__").and_then(|code| text(&code, "co_name"))
        } else {
            text(value, "__qualname__")
        };
        self.named(&module, &name.unwrap_or_default())
    }

    fn classify_builtin(&mut self, value: &Bound<'py, PyAny>) -> Part {
        let owner = attribute(value, "__self__").filter(|owner| !owner.is_none());
        let name = text(value, "__qualname__").unwrap_or_default();
        match owner {
            Some(owner)
                if !owner.is_instance_of::<PyModule>() && !owner.is_instance_of::<PyType>() =>
            {
                // `add = results.append`
                self.node(value, false)
            }
            _ => {
                let module = text(value, "__module__").unwrap_or_default();
                if !module.is_empty() && own::owns_name(self.py, &module, self.rules) {
                    self.unfollowed.insert(format!(
                        "{module}.{name} is compiled; its code is not followed"
                    ));
                }
                self.named(&module, &name)
            }
        }
    }

    fn classify_instance(&mut self, value: &Bound<'py, PyAny>) -> PyResult<Option<Part>> {
        if is_weak_proxy(value) {
            return Ok(None);
        }
        let (module, name) = type_name(value);
        match (module.as_str(), name.as_str()) {
            ("builtins", "staticmethod" | "classmethod" | "property")
            | (
                "functools",
                "partial"
                | "partialmethod"
                | "cached_property"
                | "_lru_cache_wrapper"
                | "singledispatchmethod",
            )
            | ("types", "GenericAlias" | "UnionType") => return Ok(Some(self.node(value, false))),
            ("builtins", "ellipsis" | "NotImplementedType" | "object")
            | ("types", "EllipsisType" | "NotImplementedType") => {
                return Ok(Some(Part::Name(format!("builtins.{name}"))));
            }
            ("re", "Pattern") => return pattern(value).map(Some),
            ("collections" | "_collections", "_tuplegetter") => return Ok(Some(Part::Name(name))),
            ("typing" | "typing_extensions" | "_typing", _) => {
                let form = attribute(value, "__origin__").is_some();
                return Ok(Some(if form {
                    self.node(value, false)
                } else {
                    let name = text(value, "__name__").or_else(|| text(value, "_name"));
                    Part::Name(format!("typing.{}", name.unwrap_or_default()))
                }));
            }
            _ => {}
        }
        let kind = value.get_type().into_any();
        if attribute(&kind, "_member_map_").is_some()
            && let Some(member) = text(value, "_name_")
        {
            return Ok(match self.classify(&kind, true, false)? {
                Some(Part::Node(class)) => Some(Part::Member(class, member)),
                Some(Part::Name(class)) => Some(Part::Name(format!("{class}.{member}"))),
                _ => None,
            });
        }
        if let Ok(items) = value.cast_exact::<PyTuple>() {
            let has_code = items
                .iter()
                .any(|item| item.is_callable() && !item.get_type().is(&self.kinds.object));
            return Ok(has_code.then(|| self.node(value, false)));
        }
        let own = own::owns_name(self.py, &module, self.rules);
        if own {
            return Ok(None); // also one that is a thread or a handler besides
        }
        if is_passed_over(value) {
            return Ok(Some(Part::Name(format!("{module}.{name}"))));
        }
        if !value.is_callable() {
            return Ok(None);
        }
        if self.is_wrapper(value, &module, &name) {
            return Ok(Some(self.node(value, false)));
        }
        let Some(called) = text(value, "__qualname__").or_else(|| text(value, "__name__")) else {
            return Ok(None);
        };
        let home = text(value, "__module__").unwrap_or(module);
        // An object with a name of its own is what it holds, unless its name leads to it.
        if self.is_written_in_python(value) && !is_at(value, &home, &called) {
            return Ok(None);
        }
        // A ufunc, a function of Cython: called like a function, and known by name like one.
        if own::owns_name(self.py, &home, self.rules) {
            self.unfollowed.insert(format!(
                "{home}.{called} is compiled; its code is not followed"
            ));
        }
        Ok(Some(self.named(&home, &called)))
    }

    /// Does an object of others do nothing but wrap a function?
    fn is_wrapper(&self, value: &Bound<'py, PyAny>, module: &str, name: &str) -> bool {
        match (own::top(module), name) {
            ("numpy", "vectorize") | ("toolz" | "cytoolz", "curry" | "Compose") => true,
            ("numpy", "ufunc") => calls_python(value) && called_by_ufunc(value).is_some(),
            _ => wrapped(value, "py_func").is_some() || wrapped(value, "__wrapped__").is_some(),
        }
    }

    /// Does calling it run a method that a class statement made?
    fn is_written_in_python(&self, value: &Bound<'py, PyAny>) -> bool {
        let call = attribute(value.get_type().as_any(), "__call__");
        call.is_some_and(|call| call.get_type().is(&self.kinds.function))
    }
}

/// A class that `types.new_class` put together, as `make_dataclass` does before Python 3.12: it says that
/// it is one of `types`, where nobody finds it.
fn is_made_for_somebody(class: &Bound<'_, PyAny>, module: &str) -> bool {
    let name = text(class, "__qualname__").unwrap_or_default();
    module == "types" && !is_at(class, module, &name)
}

/// A lambda, or a function made in another: its name may be that of others too.
pub(super) fn is_nameless(function: &Bound<'_, PyAny>) -> bool {
    text(function, "__qualname__").is_none_or(|name| name.contains('<'))
}

/// A made function carries a mark: its type does, or the function that stands for it. An instance is
/// not asked, since some answer to every name.
pub(super) fn is_made(value: &Bound<'_, PyAny>) -> bool {
    let marked = |owner: &Bound<'_, PyAny>| attribute(owner, "__remade_made__").is_some();
    let kind = value.get_type();
    let function = Kinds::get(value.py()).is_ok_and(|kinds| kind.is(&kinds.function));
    marked(kind.as_any()) || function && marked(value)
}

/// A made function in the body of a class: plain, or as a class method, static method or property.
pub(super) fn is_made_method(value: &Bound<'_, PyAny>) -> bool {
    let parts: &[&str] = match type_name(value) {
        (module, name) if module == "builtins" => match name.as_str() {
            "classmethod" | "staticmethod" => &["__func__"],
            "property" => &["fget", "fset", "fdel"],
            _ => &[],
        },
        (module, name) if module == "functools" && name == "cached_property" => &["func"],
        _ => &[],
    };
    let parts = parts.iter().filter_map(|part| attribute(value, part));
    let mut parts = parts.filter(|part| !part.is_none()).peekable();
    match parts.peek() {
        Some(_) => parts.all(|part| is_made(&part)),
        None => is_made(value),
    }
}

/// What an object of others says it wraps. A mock says that it wraps another mock, without end.
pub(super) fn wrapped<'py>(value: &Bound<'py, PyAny>, name: &str) -> Option<Bound<'py, PyAny>> {
    let found = attribute(value, name)?;
    let kinds = Kinds::get(value.py()).ok()?;
    let kind = found.get_type();
    let believed = kind.is(&kinds.function) || name == "__wrapped__" && found.is_callable();
    (believed && (kind.is(&kinds.function) || !kind.is(value.get_type()))).then_some(found)
}

fn pattern(value: &Bound<'_, PyAny>) -> PyResult<Part> {
    let mut encoder = Encoder::new();
    encoder.begin_named(Tag::Parts, "re.Pattern", 2);
    encode_constant(&value.getattr("pattern")?, &mut encoder)?;
    encode_constant(&value.getattr("flags")?, &mut encoder)?;
    Ok(Part::Value(encoder.finish()))
}

/// An interned name: the key that namespaces have.
pub(super) fn key<'py>(py: Python<'py>, name: &str) -> Bound<'py, PyString> {
    PyString::intern(py, name)
}
