//! What are code, arguments and implicit inputs, in full, before a run?

use pyo3::prelude::*;
use remade::decide::Present;
use remade::event::Warning;
use remade::make::ImplicitNow;
use remade::record::{self, Argument, Implicit, Locator};
use remade::version::{Tag, Version};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Call, Generator, is_constant};
use crate::code;
use crate::registry::{self, Origin};
use crate::save;
use crate::value::{Gap, Unversioned, Walk, random, short_form};

impl<'py> Call<'_, 'py> {
    pub(super) fn verify(&mut self) -> PyResult<Vec<String>> {
        let mut ended = Vec::new();
        for (name, value) in self.values.counting(&self.prepared.binder) {
            for description in registry::verify(value)? {
                ended.push(format!("the argument {name} ({description})"));
            }
        }
        for input in self.prepared.code.implicit() {
            if let Some(value) = input.get(self.py) {
                for description in registry::verify(&value)? {
                    ended.push(format!("{} ({description})", input.name));
                }
            }
        }
        let implicit = self.prepared.code.implicit().iter();
        let implicit: Vec<_> = implicit.filter_map(|input| input.get(self.py)).collect();
        let mut known = Vec::new();
        for value in self.values.all().chain(&implicit) {
            known.extend(registry::known_in(value)?.into_iter().map(Bound::unbind));
        }
        self.state.known = known;
        Ok(ended)
    }

    pub(super) fn present(&mut self) -> PyResult<Present> {
        let py = self.py;
        // A file name that cannot be is told before the run, not after it.
        save::check_names(&self.function.output, &self.values, &self.prepared, py)?;
        let mut code = BTreeMap::new();
        for reached in self.prepared.code.reached() {
            let mut name = reached.name.clone();
            let mut number = 2;
            while code.contains_key(&name) {
                name = format!("{}#{number}", reached.name);
                number += 1;
            }
            code.insert(name, reached.fingerprint);
        }
        let mut present = Present {
            fingerprint: self.prepared.fingerprint,
            label: self.function.label().map(str::to_owned),
            code,
            arguments: Vec::new(),
            given: self.given,
            sources: Vec::new(),
            files: Vec::new(),
        };
        self.state.contents.clear();
        self.state.generators.clear();
        for (name, value) in self.values.each(&self.prepared.binder)? {
            let is_constant = is_constant(&value)?;
            let short = short_form(&value);
            let by_history = self.argument(
                name.clone(),
                short,
                |walk| walk.encode(&value),
                &mut present,
            )?;
            if crate::files::is_file(&value)? {
                present.files.push(name.clone());
            }
            if is_constant || self.only_looks {
                continue;
            }
            if let Some(parts) = random::Kept::of(&value)? {
                let name = name.clone();
                self.state.generators.push(Generator { name, parts });
            }
            let version = present.arguments.last().and_then(|last| last.version);
            let content = match version {
                Some(_) if by_history => self.content(&value)?,
                version => version,
            };
            if let Some(content) = content {
                self.state.contents.push((name, content));
            }
        }
        let function = self.function;
        for (index, depend) in function.depends.iter().enumerate() {
            self.argument(
                depend.name(index),
                depend.short(py),
                |walk| depend.encode(py, walk),
                &mut present,
            )?;
        }
        Ok(present)
    }

    /// One argument, or what counts as one, in full.
    pub(super) fn argument(
        &mut self,
        name: String,
        short: String,
        encode: impl Fn(&mut Walk<'py>) -> Result<(), Unversioned>,
        present: &mut Present,
    ) -> PyResult<bool> {
        let mut walk = self.asking_history();
        walk.origins = Some(Vec::new());
        walk.sources = Some(Vec::new());
        let version = match encode(&mut walk) {
            Ok(()) => Some(walk.version()),
            Err(Unversioned::NoVersion { .. }) => None,
            Err(Unversioned::Raised(error)) => return Err(error),
        };
        let mut origins = walk.origins.take().unwrap_or_default();
        let by_history = !origins.is_empty();
        if self.on.verify() {
            // What counts by its content has a history all the same, which was just verified.
            let mut walk = self.function.walk(true, false);
            walk.origins = Some(Vec::new());
            if let Err(Unversioned::Raised(error)) = encode(&mut walk) {
                return Err(error);
            }
            origins = walk.origins.take().unwrap_or_default();
        }
        present
            .sources
            .extend(walk.sources.take().unwrap_or_default());
        present.arguments.push(Argument {
            name,
            version,
            short,
            origins: self.recorded(origins),
            after: None,
        });
        Ok(by_history)
    }

    /// Origins, as the record of this call names them.
    pub(super) fn recorded(&self, origins: Vec<(String, Arc<Origin>)>) -> Vec<record::Origin> {
        let store = self.function.made.store();
        origins
            .into_iter()
            .map(|(position, origin)| record::Origin {
                position,
                function: origin.function().to_owned(),
                record: origin.record.key.to_string(),
                result: origin.position.clone(),
                version: origin.version,
                started: origin.record.started.clone(),
                store: store.name_of(&origin.store),
            })
            .collect()
    }

    /// The version by reading everything; None for what has none.
    pub(super) fn content(&self, value: &Bound<'py, PyAny>) -> PyResult<Option<Version>> {
        let mut walk = self.function.walk(false, false);
        match walk.encode(value) {
            Ok(()) => Ok(Some(walk.version())),
            Err(Unversioned::NoVersion { .. }) => Ok(None),
            Err(Unversioned::Raised(error)) => Err(error),
        }
    }

    pub(super) fn implicit(&mut self) -> PyResult<Vec<ImplicitNow>> {
        let prepared = self.prepared.clone();
        let mut all = Vec::with_capacity(prepared.code.implicit().len());
        let before = std::mem::take(&mut self.state.implicit);
        for input in prepared.code.implicit() {
            let mut origins = Vec::new();
            let (version, gaps) = self.implicit_with_origins(input, Some(&mut origins))?;
            for gap in gaps {
                self.gap(&input.name, gap)?;
            }
            if let Some(value) = input.get(self.py) {
                let value = (input.name.clone(), version, value.unbind());
                self.state.implicit.push(value);
            }
            let locator = input.locator.clone();
            all.push(ImplicitNow {
                implicit: Implicit {
                    name: input.name.clone(),
                    locator: locator.map(|(module, path)| Locator { module, path }),
                    version,
                    short: match input.get(self.py) {
                        Some(value) => short_form(&value),
                        None => "not there".to_owned(),
                    },
                    changed: false,
                    origins,
                },
                read: input.read,
            });
        }
        // After the run: what it changed may be a part of something known.
        let mut suspects = Vec::new();
        for (name, version, value) in before {
            let now = self.state.implicit.iter().find(|now| now.0 == name);
            if version.is_none() || now.is_none_or(|now| now.1 != version) {
                suspects.push(value.into_bound(self.py));
                suspects.extend(now.map(|now| now.2.bind(self.py).clone()));
            }
        }
        registry::verify_sharing(&suspects)?;
        Ok(all)
    }

    pub(super) fn implicit_now(
        &mut self,
        input: &code::Implicit,
    ) -> PyResult<(Option<Version>, Vec<Gap>)> {
        self.implicit_with_origins(input, None)
    }

    pub(super) fn implicit_with_origins(
        &mut self,
        input: &code::Implicit,
        origins: Option<&mut Vec<record::Origin>>,
    ) -> PyResult<(Option<Version>, Vec<Gap>)> {
        let Some(value) = input.get(self.py) else {
            return Ok((Some(Version::of_bytes(&[Tag::Missing as u8])), Vec::new()));
        };
        let mut walk = self.asking_history();
        // Nobody passes a global: `unknown="rerun"` is about arguments, and what has no version
        // here would be passed over.
        walk.rerun_unknown = false;
        walk.origins = origins.is_some().then(Vec::new);
        let encoded = match walk.encode(&value) {
            Ok(()) => Ok(Vec::new()),
            Err(Unversioned::NoVersion { .. }) => {
                // It was left in the middle.
                walk = self.asking_history();
                walk.rerun_unknown = false;
                walk.origins = origins.is_some().then(Vec::new);
                walk.encode_in_part(&value)
            }
            Err(raised) => Err(raised),
        };
        if let Some(origins) = origins {
            *origins = self.recorded(walk.origins.take().unwrap_or_default());
        }
        for alarm in walk.alarms.drain(..) {
            self.alarms.push(format!(
                "the global {}{} ({})",
                input.name, alarm.position, alarm.description
            ));
        }
        match encoded {
            Ok(gaps) => Ok((Some(walk.version()), gaps)),
            Err(Unversioned::NoVersion { why, .. }) => {
                let whole = Gap {
                    position: String::new(),
                    why,
                    is_tool: false,
                    rest_counts: false,
                };
                Ok((None, vec![whole]))
            }
            Err(Unversioned::Raised(error)) => Err(error),
        }
    }

    /// Tells of a part of an implicit input that is not compared.
    fn gap(&mut self, input: &str, gap: Gap) -> PyResult<()> {
        let name = format!("{input}{}", gap.position);
        if self.only_looks {
            let why = &gap.why;
            self.state.gaps.push(match gap.rest_counts {
                true => format!(
                    "{name}: its value has no version as a whole ({why}); its class, its \
                     attributes and its items count"
                ),
                false => format!("{name}: its value has no version ({why})"),
            });
        }
        if gap.is_tool || !self.function.first_time(&name) {
            return Ok(());
        }
        let function = self.function.made.name().to_owned();
        let why = gap.why;
        self.warn(match gap.rest_counts {
            true => Warning::ImplicitInPart {
                function,
                name,
                why,
            },
            false => Warning::ImplicitUnversioned {
                function,
                name,
                why,
            },
        })
    }

    /// The version of what it is now, read in full; parts without version leave gaps, as in
    /// [`Call::implicit_now`].
    pub(super) fn content_in_part(&self, value: &Bound<'py, PyAny>) -> PyResult<Option<Version>> {
        if let Some(version) = self.content(value)? {
            return Ok(Some(version));
        }
        let mut walk = self.function.walk(false, false);
        match walk.encode_in_part(value) {
            Ok(_) => Ok(Some(walk.version())),
            Err(Unversioned::NoVersion { .. }) => Ok(None),
            Err(Unversioned::Raised(error)) => Err(error),
        }
    }
}
