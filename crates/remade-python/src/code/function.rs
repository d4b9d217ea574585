//! What does a function refer to?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple, PyType};
use remade::version::Version;
use std::sync::Arc;

use super::bytecode::{Access, Chain, Import, Scope, code_of};
use super::facts::{self, Facts};
use super::graph::{Origin, Part};
use super::kinds::{attribute, behind_proxy, imported, text};
use super::own;
use super::place::{Place, Spot};
use super::walk::{Walk, key};

/// Where a function looks names up.
struct Names<'py> {
    function: String,
    module: String,
    globals: Bound<'py, PyDict>,
    free: Vec<String>,
    cells: Option<Bound<'py, PyTuple>>,
}

impl<'py> Walk<'_, 'py> {
    pub(super) fn open_function(
        &mut self,
        index: usize,
        function: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let globals = function.getattr("__globals__")?.cast_into::<PyDict>()?;
        let Some(code) = code_of(function) else {
            return Ok(());
        };
        let own = index == self.root || own::owns_globals(&globals, self.rules);
        self.guard_function(index, function, &code)?;
        let names = self.names(function, &code, &globals)?;
        self.nodes[index].name.clone_from(&names.function);
        self.open_marks(index, function, &names)?;
        if !own {
            return self.open_foreign(index, function, &globals, &names);
        }
        let facts = self.facts(&code, &globals)?;
        let node = &mut self.nodes[index];
        node.form = facts.form;
        node.reached = Some(Origin {
            file: Some(facts.file.clone()),
            line: facts.line,
            source: facts.source.clone(),
            normal: facts.normal.clone(),
        });
        self.open_defaults(index, function, &names)?;
        for (chain, access) in &facts.uses.chains {
            let label = chain.names.join(".");
            self.follow(index, &label, chain, *access, &names)?;
        }
        for import in &facts.uses.imports {
            self.open_import(index, import, &names)?;
        }
        self.open_decorators(index, &facts, &names)
    }

    fn guard_function(
        &mut self,
        index: usize,
        function: &Bound<'py, PyAny>,
        code: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let py = self.py;
        let defaults = function.getattr("__defaults__")?;
        let keyword_defaults = function.getattr("__kwdefaults__")?;
        let guards = if index == self.root {
            &mut self.root_guards
        } else {
            &mut self.guards
        };
        guards.attribute(function, &key(py, "__code__"), Some(code));
        guards.attribute(function, &key(py, "__defaults__"), Some(&defaults));
        guards.attribute(
            function,
            &key(py, "__kwdefaults__"),
            Some(&keyword_defaults),
        );
        Ok(())
    }

    fn names(
        &self,
        function: &Bound<'py, PyAny>,
        code: &Bound<'py, PyAny>,
        globals: &Bound<'py, PyDict>,
    ) -> PyResult<Names<'py>> {
        let module = globals
            .get_item("__name__")?
            .and_then(|name| name.extract::<String>().ok());
        let module = module.unwrap_or_default();
        let qualname = text(function, "__qualname__").unwrap_or_default();
        Ok(Names {
            function: in_module(&module, &qualname),
            module,
            globals: globals.clone(),
            free: code.getattr("co_freevars")?.extract()?,
            cells: function.getattr("__closure__")?.cast_into::<PyTuple>().ok(),
        })
    }

    fn facts(
        &mut self,
        code: &Bound<'py, PyAny>,
        globals: &Bound<'py, PyDict>,
    ) -> PyResult<Arc<Facts>> {
        let mut is_make = |chain: &[String]| is_make(globals, chain);
        facts::of(code, Some(globals), &mut self.normalizer, &mut is_make)
    }

    /// What decorators leave on a function: the wrapped one, and the implementations of a
    /// `singledispatch` function.
    fn open_marks(
        &mut self,
        index: usize,
        function: &Bound<'py, PyAny>,
        names: &Names<'py>,
    ) -> PyResult<()> {
        for name in ["__wrapped__", "py_func"] {
            if let Some(wrapped) = attribute(function, name).filter(Bound::is_callable) {
                let spot = self.attribute_spot(function, name, &names.function);
                self.refer(index, &format!("@{name}"), &wrapped, &spot, true)?;
            }
        }
        let registry = attribute(function, "registry")
            .filter(|one| one.get_type().is(&self.kinds.mapping_proxy));
        if let Some(registry) = registry
            && attribute(function, "dispatch").is_some()
            && let Some(registry) = behind_proxy(&registry)
        {
            self.guards.length(&registry);
            for (kind, implementation) in registry.iter() {
                let module = text(&kind, "__module__").unwrap_or_default();
                let name = text(&kind, "__qualname__").unwrap_or_default();
                let spot = Spot {
                    place: Place::Item(registry.clone(), kind),
                    name: format!("{}[{module}.{name}]", names.function),
                    locator: None,
                };
                self.refer(
                    index,
                    &format!("@for {}", in_module(&module, &name)),
                    &implementation,
                    &spot,
                    true,
                )?;
            }
        }
        Ok(())
    }

    /// A function of others counts by name; but one that a decorator of theirs made holds the
    /// user's function in a cell.
    fn open_foreign(
        &mut self,
        index: usize,
        function: &Bound<'py, PyAny>,
        globals: &Bound<'py, PyDict>,
        names: &Names<'py>,
    ) -> PyResult<()> {
        let Part::Name(name) = self.foreign_function(function, globals) else {
            return Ok(());
        };
        self.nodes[index].form = Version::of_bytes(name.as_bytes());
        let standard = own::is_standard(self.py, &names.module);
        let Some(cells) = names.cells.clone() else {
            return Ok(());
        };
        for (free, cell) in names.free.iter().zip(cells.iter()) {
            let Some(content) = attribute(&cell, "cell_contents") else {
                continue;
            };
            let follow = if content.get_type().is(&self.kinds.function) {
                let globals = content.getattr("__globals__")?.cast_into::<PyDict>()?;
                own::owns_globals(&globals, self.rules)
            } else if content.is_instance_of::<PyType>() || content.is_instance_of::<PyModule>() {
                false
            } else {
                // Python's own wrappers keep different things in each version.
                !standard && matches!(self.classify(&content, false, false)?, Some(Part::Value(_)))
            };
            if follow {
                let spot = self.cell_spot(&cell, free, names);
                self.refer(index, free, &content, &spot, true)?;
            }
        }
        Ok(())
    }

    fn open_defaults(
        &mut self,
        index: usize,
        function: &Bound<'py, PyAny>,
        names: &Names<'py>,
    ) -> PyResult<()> {
        if let Ok(defaults) = function.getattr("__defaults__")?.cast_into::<PyTuple>() {
            let code = function.getattr("__code__")?;
            let count: usize = code.getattr("co_argcount")?.extract()?;
            let parameters: Vec<String> = code.getattr("co_varnames")?.extract()?;
            let first = count.saturating_sub(defaults.len());
            for (parameter, value) in parameters.iter().skip(first).zip(defaults.iter()) {
                let spot = self.held(format!("{}({parameter}=)", names.function));
                self.refer(index, &format!("={parameter}"), &value, &spot, true)?;
            }
        }
        if let Ok(defaults) = function.getattr("__kwdefaults__")?.cast_into::<PyDict>() {
            self.guards.length(&defaults);
            for (parameter, value) in defaults.iter() {
                let name = parameter.cast::<PyString>()?.to_string_lossy().into_owned();
                let spot = Spot {
                    place: Place::Item(defaults.clone(), parameter.clone()),
                    name: format!("{}({name}=)", names.function),
                    locator: None,
                };
                self.refer(index, &format!("={name}"), &value, &spot, true)?;
            }
        }
        Ok(())
    }

    fn open_decorators(&mut self, index: usize, facts: &Facts, names: &Names<'py>) -> PyResult<()> {
        for decorator in &facts.decorators {
            if decorator.is_make {
                // Only that it is still `make`.
                if let Some(root) = decorator.applied.as_ref().and_then(|chain| chain.first()) {
                    let root = key(self.py, root);
                    let value = names.globals.get_item(&root)?;
                    self.guards
                        .item(&names.globals, root.as_any(), value.as_ref());
                }
                continue;
            }
            for chain in &decorator.chains {
                let label = format!("@{}", chain.join("."));
                // `@app.route("/")`: the state of `app` is no input of the function.
                if decorator.applied.as_ref() == Some(chain)
                    && let Some(root) = names.globals.get_item(&chain[0])?
                    && self.classify(&root, false, false)?.is_none()
                {
                    let kind = root.get_type().into_any();
                    let spot = self.held(String::new());
                    self.refer(index, &label, &kind, &spot, true)?;
                    continue;
                }
                let chain = Chain {
                    scope: Scope::Global,
                    names: chain.clone(),
                };
                let access = Access {
                    read: true,
                    ..Access::default()
                };
                self.follow(index, &label, &chain, access, names)?;
            }
        }
        Ok(())
    }

    fn open_import(&mut self, index: usize, import: &Import, names: &Names<'py>) -> PyResult<()> {
        let module = absolute(import, names);
        if imported(self.py, &module).is_none()
            && own::owns_unimported(self.py, &module, self.rules)
            && let Err(error) = self.py.import(module.as_str())
        {
            let kind = error.get_type(self.py).name()?.to_string();
            self.unfollowed
                .insert(format!("import {module} in {}: {kind}", names.function));
        }
        let label = format!("import {module}");
        let key_of_module = key(self.py, &module).into_any();
        let Some(modules) = super::kinds::modules(self.py) else {
            return Ok(());
        };
        let spot = Spot {
            place: Place::Item(modules, key_of_module),
            name: module.clone(),
            locator: None,
        };
        let Some(found) = imported(self.py, &module) else {
            let part = self.named(&module, "");
            self.nodes[index].parts.insert(label, part);
            return Ok(());
        };
        if !own::owns_module(&found, self.rules) {
            let names = import
                .names
                .as_ref()
                .map(|names| names.join(","))
                .unwrap_or_default();
            let part = self.named(&module, "");
            self.nodes[index]
                .parts
                .insert(format!("{label} {names}"), part);
            return Ok(());
        }
        let Some(wanted) = &import.names else {
            return self.refer(index, &label, &found, &spot, true);
        };
        self.guard(&spot, Some(&found));
        for name in wanted {
            let part = format!("{label}.{name}");
            self.attribute_of_module(
                index,
                &part,
                &found,
                std::slice::from_ref(name),
                Access {
                    read: true,
                    ..Access::default()
                },
            )?;
        }
        Ok(())
    }

    /// Follows `a.b.c` from the scope of a function.
    fn follow(
        &mut self,
        index: usize,
        label: &str,
        chain: &Chain,
        access: Access,
        names: &Names<'py>,
    ) -> PyResult<()> {
        let (root, rest) = match chain.names.split_first() {
            Some((root, rest)) => (root, rest),
            None => return Ok(()),
        };
        let (spot, value) = match chain.scope {
            Scope::Free => {
                let position = names.free.iter().position(|name| name == root);
                let cell = position.and_then(|at| names.cells.as_ref()?.get_item(at).ok());
                let Some(cell) = cell else { return Ok(()) };
                (
                    self.cell_spot(&cell, root, names),
                    attribute(&cell, "cell_contents"),
                )
            }
            Scope::Global => {
                let name = key(self.py, root);
                let locator = self
                    .is_namespace(names)
                    .then(|| (names.module.clone(), vec![root.clone()]));
                let place = Place::Item(names.globals.clone(), name.clone().into_any());
                let spot = Spot {
                    place,
                    name: in_module(&names.module, root),
                    locator,
                };
                let value = names.globals.get_item(&name)?;
                if value.is_none() && !access.store {
                    self.guard(&spot, None);
                    return self.follow_builtin(index, label, &name, access);
                }
                (spot, value)
            }
        };
        if rest.is_empty() && access.store {
            self.store(index, label, &spot, access.read);
            return Ok(());
        }
        match value {
            Some(value) => self.follow_from(index, label, value, spot, rest, access),
            None => {
                self.guard(&spot, None);
                self.nodes[index]
                    .parts
                    .insert(label.to_owned(), Part::Missing);
                Ok(())
            }
        }
    }

    fn follow_builtin(
        &mut self,
        index: usize,
        label: &str,
        name: &Bound<'py, PyString>,
        access: Access,
    ) -> PyResult<()> {
        let builtins = self.py.import("builtins")?.dict();
        let value = builtins.get_item(name)?;
        let spot = Spot {
            place: Place::Item(builtins, name.clone().into_any()),
            name: in_module("builtins", name.to_str()?),
            locator: Some(("builtins".to_owned(), vec![name.to_str()?.to_owned()])),
        };
        let part = match &value {
            // Somebody put a function of their own there.
            Some(value) if value.get_type().is(&self.kinds.function) => {
                return self.refer(index, label, value, &spot, access.read);
            }
            // By the name that it is called by: its module differs between Pythons.
            Some(_) => Part::Name(format!("builtins.{}", name.to_str()?)),
            None if access.optional => return Ok(()),
            None => Part::Missing,
        };
        self.guard(&spot, value.as_ref());
        self.nodes[index].parts.insert(label.to_owned(), part);
        Ok(())
    }

    fn follow_from(
        &mut self,
        index: usize,
        label: &str,
        value: Bound<'py, PyAny>,
        spot: Spot<'py>,
        rest: &[String],
        access: Access,
    ) -> PyResult<()> {
        let Some(next) = rest.first() else {
            return self.refer(index, label, &value, &spot, access.read);
        };
        if value.is_instance_of::<PyModule>() {
            self.guard(&spot, Some(&value));
            return self.attribute_of_module(index, label, &value, rest, access);
        }
        let last = rest.len() == 1 && access.store;
        let name = key(self.py, next).into_any();
        let dict = if value.get_type().is(&self.kinds.function) {
            let dict = value.getattr("__dict__")?.cast_into::<PyDict>()?;
            (last || dict.contains(&name)?).then_some(dict)
        } else if last
            && value.is_instance_of::<PyType>()
            && matches!(self.classify(&value, false, false)?, Some(Part::Node(_)))
        {
            behind_proxy(&value.getattr("__dict__")?)
        } else {
            None
        };
        let Some(dict) = dict else {
            return self.refer(index, label, &value, &spot, access.read || rest.len() > 1);
        };
        self.guard(&spot, Some(&value));
        let found = dict.get_item(&name)?;
        let inner = Spot {
            place: Place::Item(dict, name),
            name: format!("{}.{next}", spot.name),
            locator: spot
                .locator
                .clone()
                .map(|(module, path)| (module, [path, vec![next.clone()]].concat())),
        };
        match found {
            _ if last => {
                self.store(index, label, &inner, access.read);
                Ok(())
            }
            Some(found) => self.follow_from(index, label, found, inner, &rest[1..], access),
            None => Ok(()),
        }
    }

    fn attribute_of_module(
        &mut self,
        index: usize,
        label: &str,
        module: &Bound<'py, PyAny>,
        rest: &[String],
        access: Access,
    ) -> PyResult<()> {
        let module_name = text(module, "__name__").unwrap_or_default();
        if !own::owns_module(module, self.rules) {
            let part = self.named(&module_name, &rest.join("."));
            self.nodes[index].parts.insert(label.to_owned(), part);
            return Ok(());
        }
        let Some(next) = rest.first() else {
            return Ok(());
        };
        let dict = module.cast::<PyModule>()?.dict();
        let name = key(self.py, next).into_any();
        let value = dict
            .get_item(&name)?
            .or_else(|| imported(self.py, &format!("{module_name}.{next}")));
        let spot = Spot {
            place: Place::Item(dict.clone(), name.clone()),
            name: in_module(&module_name, next),
            locator: Some((module_name, vec![next.clone()])),
        };
        if rest.len() == 1 && access.store {
            self.store(index, label, &spot, access.read);
            return Ok(());
        }
        match value {
            Some(value) => self.follow_from(index, label, value, spot, &rest[1..], access),
            None => {
                self.guard(&spot, None);
                self.nodes[index]
                    .parts
                    .insert(label.to_owned(), Part::Missing);
                Ok(())
            }
        }
    }

    /// Can another process find these globals by their module's name?
    fn is_namespace(&self, names: &Names<'py>) -> bool {
        let module = imported(self.py, &names.module);
        module.is_some_and(|module| {
            module
                .cast::<PyModule>()
                .is_ok_and(|module| module.dict().is(&names.globals))
        })
    }

    fn cell_spot(&self, cell: &Bound<'py, PyAny>, name: &str, names: &Names<'py>) -> Spot<'py> {
        let place = Place::Attribute(cell.clone(), key(self.py, "cell_contents"));
        Spot {
            place,
            name: format!("{}.{name}", names.function),
            locator: None,
        }
    }

    pub(super) fn attribute_spot(
        &self,
        object: &Bound<'py, PyAny>,
        name: &str,
        owner: &str,
    ) -> Spot<'py> {
        let place = Place::Attribute(object.clone(), key(self.py, name));
        Spot {
            place,
            name: format!("{owner}.{name}"),
            locator: None,
        }
    }

    pub(super) fn held(&self, name: String) -> Spot<'py> {
        Spot {
            place: Place::Held,
            name,
            locator: None,
        }
    }
}

/// A script has no name of its own in a record: it may be imported elsewhere, or renamed.
pub(super) fn in_module(module: &str, name: &str) -> String {
    match module {
        "" | "__main__" => name.to_owned(),
        module => format!("{module}.{name}"),
    }
}

fn absolute(import: &Import, names: &Names<'_>) -> String {
    if import.level == 0 {
        return import.module.clone();
    }
    let get = |name: &str| {
        names
            .globals
            .get_item(name)
            .ok()
            .flatten()?
            .extract::<String>()
            .ok()
    };
    let package = get("__package__").unwrap_or_else(|| names.module.clone());
    let mut parts: Vec<&str> = package.split('.').collect();
    parts.truncate((parts.len() + 1).saturating_sub(import.level));
    if !import.module.is_empty() {
        parts.push(&import.module);
    }
    parts.join(".")
}

/// Is this chain, in these globals, remade's `make`, a partial of it, or a store's method of it?
fn is_make(globals: &Bound<'_, PyDict>, chain: &[String]) -> bool {
    let find = || -> Option<bool> {
        let (root, rest) = chain.split_first()?;
        let mut value = globals.get_item(root).ok().flatten()?;
        for name in rest {
            value = attribute(&value, name)?;
        }
        while let Some(function) =
            attribute(&value, "func").filter(|_| attribute(&value, "keywords").is_some())
        {
            value = function;
        }
        let py = value.py();
        let made = ["remade", "remade._remade", "_remade"]
            .iter()
            .any(|module| {
                imported(py, module)
                    .and_then(|module| attribute(&module, "make"))
                    .is_some_and(|make| make.is(&value))
            });
        let of_store = || {
            let owner = attribute(&value, "__self__")?.get_type().into_any();
            let module = text(&owner, "__module__")?;
            Some(own::top(&module) == "remade" && text(&value, "__name__")? == "make")
        };
        Some(made || of_store().unwrap_or(false))
    };
    find().unwrap_or(false)
}
