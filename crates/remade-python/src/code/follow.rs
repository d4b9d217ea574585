//! Where does a chain of names lead?
//!
//! From a global, a closure or an import, attribute by attribute through the user's own modules, to
//! the first thing that is no module.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyType};

use super::bytecode::{Access, Chain, Import, Scope};
use super::function::{Names, in_module};
use super::graph::Part;
use super::kinds::{asked, attribute, behind_proxy, imported, modules, passed_on, text};
use super::own;
use super::place::{Place, Spot};
use super::walk::{Walk, key};
use crate::function::MadeFunction;

/// Builtins that reach code by a text.
const DYNAMIC: [&str; 4] = ["eval", "exec", "globals", "__import__"];

impl<'py> Walk<'_, 'py> {
    /// Follows `a.b.c` from the scope of a function.
    pub(super) fn follow(
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
            Some(_) => {
                let name = name.to_str()?;
                if DYNAMIC.contains(&name) {
                    let function = &self.nodes[index].name;
                    let sentence =
                        format!("{name}() in {function}: what it leads to is not followed");
                    self.unfollowed.insert(sentence);
                }
                Part::Name(format!("builtins.{name}"))
            }
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
        let dict = if value.get_type().is(&self.kinds.function)
            || value.is_instance_of::<MadeFunction>()
        {
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
        if next == "__dict__" {
            let spot = self.held(module_name);
            return self.refer(index, label, module, &spot, true);
        }
        if !access.store && !dict.contains(&name)? && dict.contains("__getattr__")? {
            // It makes its attributes when they are asked for; some stay there.
            if let Some(given) = asked(module, next)?
                && !dict.contains(&name)?
            {
                let spot = self.held(in_module(&module_name, next));
                let label = format!("{label} (given)");
                self.follow_from(index, &label, given, spot, &rest[1..], access)?;
            }
        }
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
                // A module may make its attributes when they are asked for.
                let maker = key(self.py, "__getattr__").into_any();
                if let Some(function) = dict.get_item(&maker)? {
                    let spot = Spot {
                        place: Place::Item(dict, maker),
                        name: format!("{}.__getattr__", spot.name),
                        locator: None,
                    };
                    return self.refer(index, label, &function, &spot, true);
                }
                self.nodes[index]
                    .parts
                    .insert(label.to_owned(), Part::Missing);
                Ok(())
            }
        }
    }

    pub(super) fn open_import(
        &mut self,
        index: usize,
        import: &Import,
        names: &Names<'py>,
    ) -> PyResult<()> {
        let module = absolute(import, names);
        if imported(self.py, &module).is_none()
            && own::owns_unimported(self.py, &module, self.rules)
            && let Err(error) = self.py.import(module.as_str())
        {
            let error = passed_on(self.py, error)?;
            let kind = error.get_type(self.py).name()?.to_string();
            self.unfollowed
                .insert(format!("import {module} in {}: {kind}", names.function));
        }
        let label = format!("import {module}");
        let key_of_module = key(self.py, &module).into_any();
        let Some(modules) = modules(self.py) else {
            return Ok(());
        };
        let spot = Spot {
            place: Place::Item(modules, key_of_module),
            name: module.clone(),
            locator: None,
        };
        let found = imported(self.py, &module);
        let Some(found) = found.filter(|found| own::owns_module(found, self.rules)) else {
            // The same words whether or not somebody else has imported it already.
            let names = import.names.as_ref().map(|names| names.join(","));
            let label = format!("{label} {}", names.unwrap_or_default());
            let part = self.named(&module, "");
            self.nodes[index].parts.insert(label, part);
            return Ok(());
        };
        let Some(wanted) = &import.names else {
            return self.refer(index, &label, &found, &spot, true);
        };
        self.guard(&spot, Some(&found));
        for name in wanted {
            let part = format!("{label}.{name}");
            self.ready(index, &found, &module, name)?;
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

    /// Brings about what `from module import name` will find, in the order in which Python looks: what
    /// is there, what the module makes when it is asked, a submodule that nobody has imported yet.
    fn ready(
        &mut self,
        index: usize,
        module: &Bound<'py, PyAny>,
        module_name: &str,
        name: &str,
    ) -> PyResult<()> {
        let dict = module.cast::<PyModule>()?.dict();
        if dict.contains(name)? {
            return Ok(());
        }
        if dict.contains("__getattr__")? && asked(module, name)?.is_some() {
            return Ok(());
        }
        if attribute(module, "__path__").is_none() {
            return Ok(());
        }
        let submodule = format!("{module_name}.{name}");
        if imported(self.py, &submodule).is_none()
            && let Err(error) = self.py.import(submodule.as_str())
            && text(error.value(self.py).as_any(), "name").as_deref() != Some(&submodule)
        {
            let error = passed_on(self.py, error)?;
            let kind = error.get_type(self.py).name()?.to_string();
            let function = &self.nodes[index].name;
            self.unfollowed
                .insert(format!("import {submodule} in {function}: {kind}"));
        }
        Ok(())
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
