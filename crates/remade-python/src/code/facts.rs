//! What does one code object say, whoever refers to it?
//!
//! Its form (normal or compiled) and the names that it uses. Worked out once for each code object of
//! the process; what the names mean is another question, asked anew whenever they were rebound.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use remade::version::{Encoder, Tag, Version};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::bytecode::{Scope, Uses, uses};
use super::normal::{Normalizer, chains, decorator_chain};
use super::{compiled, source};

/// Code objects remembered. They are light: they hold constants and names, no values.
const REMEMBERED: usize = 4096;

/// A name chain in a decorator.
pub(super) struct Decorator {
    /// What is applied: `app.route` of `@app.route("/")`.
    pub(super) applied: Option<Vec<String>>,
    /// It is `make`, so nothing of it counts.
    pub(super) is_make: bool,
    pub(super) chains: Vec<Vec<String>>,
}

/// The facts.
pub(super) struct Facts {
    code: Py<PyAny>,
    pub(super) form: Version,
    pub(super) uses: Uses,
    pub(super) decorators: Vec<Decorator>,
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) source: Option<String>,
    pub(super) normal: Option<String>,
    /// Which chains were asked to be `make`, and what the answer was.
    asked: Vec<(Vec<String>, bool)>,
}

static FACTS: Mutex<Option<HashMap<usize, Arc<Facts>>>> = Mutex::new(None);

/// The facts of a code object. `is_make` is asked about decorators.
pub(super) fn of(
    code: &Bound<'_, PyAny>,
    globals: Option<&Bound<'_, PyDict>>,
    normalizer: &mut Normalizer,
    is_make: &mut dyn FnMut(&[String]) -> bool,
) -> PyResult<Arc<Facts>> {
    let address = code.as_ptr() as usize;
    let known = {
        let facts = FACTS.lock().unwrap_or_else(PoisonError::into_inner);
        facts
            .as_ref()
            .and_then(|facts| facts.get(&address))
            .cloned()
    };
    if let Some(known) = known
        && known.code.is(code)
        && known
            .asked
            .iter()
            .all(|(chain, answer)| is_make(chain) == *answer)
    {
        return Ok(known);
    }
    let found = Arc::new(find(code, globals, normalizer, is_make)?);
    // Dropped after the lock is released: dropping a code object may run a weak reference's callback.
    let dropped = {
        let mut facts = FACTS.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = facts.get_or_insert_default();
        let full = facts.len() >= REMEMBERED;
        let all = if full {
            std::mem::take(facts)
        } else {
            HashMap::new()
        };
        (all, facts.insert(address, Arc::clone(&found)))
    };
    drop(dropped);
    Ok(found)
}

fn find(
    code: &Bound<'_, PyAny>,
    globals: Option<&Bound<'_, PyDict>>,
    normalizer: &mut Normalizer,
    is_make: &mut dyn FnMut(&[String]) -> bool,
) -> PyResult<Facts> {
    let mut asked = Vec::new();
    let mut is_make = |chain: &[String]| {
        let answer = is_make(chain);
        asked.push((chain.to_vec(), answer));
        answer
    };
    let mut decorators = Vec::new();
    let mut source_text = None;
    let mut normal = None;
    let mut uses = uses(code)?;
    let found = source::find(code, globals)?;
    let found = found.and_then(|found| {
        let text = normalizer.normal(&found.node, &mut is_make).ok()?;
        Some((found, text))
    });
    let form = match found {
        Some((found, text)) => {
            forget_annotations(&mut uses, &text);
            if let Some(list) = found.node.getattr_opt("decorator_list")? {
                for decorator in list.try_iter()? {
                    let decorator = decorator?;
                    let applied = decorator_chain(&decorator)?;
                    let mut all = Vec::new();
                    chains(&decorator, &mut all)?;
                    decorators.push(Decorator {
                        is_make: applied.as_deref().is_some_and(&mut is_make),
                        applied,
                        chains: all,
                    });
                }
            }
            let form = form(&text);
            source_text = Some(found.source);
            normal = Some(text);
            form
        }
        None => compiled::version(code)?,
    };
    Ok(Facts {
        code: code.clone().unbind(),
        form,
        uses,
        decorators,
        file: code.getattr("co_filename")?.extract()?,
        line: code.getattr("co_firstlineno")?.extract()?,
        source: source_text,
        normal,
        asked,
    })
}

fn form(text: &str) -> Version {
    let mut encoder = Encoder::new();
    encoder.begin_named(Tag::Parts, "normal", 1);
    encoder.text(text);
    encoder.finish()
}

/// The form that a function would have if its `def` had this name.
pub(super) fn form_as(
    code: &Bound<'_, PyAny>,
    globals: Option<&Bound<'_, PyDict>>,
    normalizer: &mut Normalizer,
    is_make: &mut dyn FnMut(&[String]) -> bool,
    name: &str,
) -> PyResult<Version> {
    let Some(found) = source::find(code, globals)? else {
        return compiled::version(code);
    };
    // The tree is shared by all functions of the file.
    let node = code
        .py()
        .import("copy")?
        .call_method1("copy", (found.node,))?;
    if node.hasattr("name")? {
        node.setattr("name", name)?;
    }
    match normalizer.normal(&node, is_make) {
        Ok(text) => Ok(form(&text)),
        Err(_) => compiled::version(code),
    }
}

/// The bytecode of a function also loads the annotations of the functions in it. What is not in the
/// normal form does not count, so neither do the names that stand only there.
fn forget_annotations(uses: &mut Uses, normal: &str) {
    let name = |rest: &'_ str| rest.split(')').next().unwrap_or_default().to_owned();
    let names: HashSet<String> = normal.split("Name(id=").skip(1).map(name).collect();
    uses.chains.retain(|chain, access| {
        chain.scope == Scope::Free
            || access.store
            || chain.names.first().is_some_and(|root| names.contains(root))
    });
}
