//! What does a function refer to?

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple, PyType};
use remade::version::{Encoder, Tag, Version};
use std::sync::Arc;

use super::bytecode::{Access, Chain, Scope, code_of};
use super::facts::{self, Facts};
use super::graph::{Origin, Part};
use super::kinds::{attribute, behind_proxy, imported, text, type_name};
use super::own;
use super::place::{Place, Spot};
use super::walk::{Walk, is_nameless, key};

/// Where a function looks names up.
pub(super) struct Names<'py> {
    pub(super) function: String,
    pub(super) module: String,
    pub(super) globals: Bound<'py, PyDict>,
    pub(super) free: Vec<String>,
    pub(super) cells: Option<Bound<'py, PyTuple>>,
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
        let guards = if index == self.root {
            &mut self.root_guards
        } else {
            &mut self.guards
        };
        guards.function(function)?;
        let names = self.names(function, &code, &globals)?;
        self.nodes[index].name.clone_from(&names.function);
        self.open_marks(index, function, &names)?;
        self.open_attributes(index, function, &names.function, own)?;
        if !own {
            return self.open_foreign(index, function, &globals, &names);
        }
        let facts = self.facts(&code, &globals)?;
        let form = match &self.root_name {
            Some(name) if index == self.root => {
                let mut is_make = |chain: &[String]| is_make(&globals, chain);
                let normalizer = &mut self.normalizer;
                facts::form_as(&code, Some(&globals), normalizer, &mut is_make, name)?
            }
            _ => facts.form,
        };
        let node = &mut self.nodes[index];
        node.form = form;
        node.reached = Some(Origin {
            file: Some(facts.file.clone()),
            line: facts.line,
            source: facts.source.clone(),
            normal: facts.normal.clone(),
        });
        self.open_defaults(index, function, &names)?;
        // First what an import brings about: the names of the others may lead through it.
        for import in &facts.uses.imports {
            self.open_import(index, import, &names)?;
        }
        for (chain, access) in &facts.uses.chains {
            let label = chain.names.join(".");
            self.follow(index, &label, chain, *access, &names)?;
        }
        self.open_decorators(index, &facts, &names)
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
        if !standard
            && is_nameless(function)
            && let Some(code) = code_of(function)
        {
            let mut encoder = Encoder::new();
            encoder.begin_named(Tag::Parts, &name, 1);
            encoder.version(Tag::Code, self.facts(&code, globals)?.form);
            self.nodes[index].form = encoder.finish();
        }
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

    pub(super) fn cell_spot(
        &self,
        cell: &Bound<'py, PyAny>,
        name: &str,
        names: &Names<'py>,
    ) -> Spot<'py> {
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

/// Is this chain, in these globals, remade's `make`, a partial of it, or a store's method of it?
fn is_make(globals: &Bound<'_, PyDict>, chain: &[String]) -> bool {
    let find = || -> Option<bool> {
        let (root, rest) = chain.split_first()?;
        let mut value = globals.get_item(root).ok().flatten()?;
        for name in rest {
            value = attribute(&value, name)?;
        }
        while type_name(&value) == ("functools".to_owned(), "partial".to_owned()) {
            value = attribute(&value, "func")?;
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
