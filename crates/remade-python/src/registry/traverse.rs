//! What in a returned value can be known by history?

use std::collections::HashMap;

use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::Version;

use super::{Weak, arrays, content_version, objects};
use crate::numpy::Array;
use crate::numpy::dtype;
use crate::value::kind::{self, Kind};
use crate::value::{is_quick, short_form};

/// A record names no more than this many.
const MOST: usize = 1000;
/// Deeper than this nobody looks.
pub(super) const DEEPEST: usize = 100;

/// Every object in a returned value that history can know, with its content version.
pub(crate) fn trackable<'py>(
    value: &Bound<'py, PyAny>,
) -> PyResult<Vec<(String, Bound<'py, PyAny>, Version)>> {
    let mut found = Vec::new();
    for (position, object) in positions(value)? {
        if let Ok(version) = content_version(&object) {
            found.push((position, object, version));
        }
        if found.len() == MOST {
            break;
        }
    }
    Ok(found)
}

/// The same without reading anything: may name some that have no version after all.
pub(crate) fn positions<'py>(
    value: &Bound<'py, PyAny>,
) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let mut traversal = Traversal::default();
    traversal.visit(value, 0)?;
    Ok(traversal.found)
}

/// The keys of one dict in the positions of what lies under them. A short text may stand for more
/// than one key; each of those is told by its version as well, whatever their order.
pub(crate) fn key_names(keys: &[Bound<'_, PyAny>]) -> Vec<String> {
    let mut names: Vec<String> = keys.iter().map(short_form).collect();
    let mut uses: HashMap<&str, usize> = HashMap::with_capacity(names.len());
    for name in &names {
        *uses.entry(name).or_default() += 1;
    }
    if uses.len() == names.len() {
        return names;
    }
    let shared: Vec<bool> = names.iter().map(|name| uses[name.as_str()] > 1).collect();
    for (index, key) in keys.iter().enumerate().filter(|(index, _)| shared[*index]) {
        names[index] = match content_version(key) {
            Ok(version) => format!("{}#{version}", names[index]),
            Err(_) => format!("{}#{index}", names[index]),
        };
    }
    names
}

#[derive(Default)]
struct Traversal<'py> {
    position: String,
    found: Vec<(String, Bound<'py, PyAny>)>,
    /// Containers that are being looked into, against cycles.
    open: Vec<usize>,
}

impl<'py> Traversal<'py> {
    fn visit(&mut self, value: &Bound<'py, PyAny>, depth: usize) -> PyResult<()> {
        if is_quick(value) {
            return Ok(());
        }
        let address = value.as_ptr() as usize;
        if depth > DEEPEST || self.found.len() >= 2 * MOST || self.open.contains(&address) {
            return Ok(());
        }
        self.open.push(address);
        let visited = self.look(value, depth);
        self.open.pop();
        visited
    }

    fn look(&mut self, value: &Bound<'py, PyAny>, depth: usize) -> PyResult<()> {
        if let Ok(items) = value.cast_exact::<PyList>() {
            for (index, item) in items.iter().enumerate() {
                self.part(&format!("[{index}]"), &item, depth)?;
            }
        } else if let Ok(items) = value.cast_exact::<PyTuple>() {
            for (index, item) in items.iter().enumerate() {
                self.part(&format!("[{index}]"), &item, depth)?;
            }
        } else if let Ok(pairs) = value.cast_exact::<PyDict>() {
            if pairs.iter().all(|(_, item)| is_quick(&item)) {
                return Ok(()); // no need to name anything
            }
            let (keys, items): (Vec<_>, Vec<_>) = pairs.copy()?.iter().unzip();
            for (name, item) in key_names(&keys).iter().zip(items) {
                self.part(&format!("[{name}]"), &item, depth)?;
            }
        } else {
            self.leaf(value, depth)?;
        }
        Ok(())
    }

    fn part(&mut self, name: &str, item: &Bound<'py, PyAny>, depth: usize) -> PyResult<()> {
        let length = self.position.len();
        self.position.push_str(name);
        let visited = self.visit(item, depth + 1);
        self.position.truncate(length);
        visited
    }

    fn leaf(&mut self, value: &Bound<'py, PyAny>, depth: usize) -> PyResult<()> {
        let kind = kind::of(value)?;
        match kind {
            Kind::Set | Kind::FrozenSet => return self.set(value, depth),
            Kind::Array => {
                if let Some(array) = Array::new(value) {
                    let dtype = dtype::of_array(array)?;
                    // What is returned inside a container is pickled with it.
                    let is_pickled = !self.position.is_empty();
                    if !dtype.has_objects
                        && (array.shape().is_empty()
                            || !arrays::comes_back(array, &dtype)
                            || (is_pickled && !dtype.survives_pickle))
                    {
                        return Ok(());
                    }
                }
            }
            _ if !objects::can_be_known(kind) => return Ok(()),
            _ => {}
        }
        if Weak::to(value).is_some() {
            self.found.push((self.position.clone(), value.clone()));
        }
        Ok(())
    }

    /// Items of a set have no place but the order of their versions.
    fn set(&mut self, value: &Bound<'py, PyAny>, depth: usize) -> PyResult<()> {
        let mut items = Vec::new();
        for item in value.try_iter()? {
            let item = item?;
            let kind = kind::of(&item)?;
            let has_parts = matches!(kind, Kind::Tuple | Kind::FrozenSet);
            if (has_parts || objects::can_be_known(kind))
                && let Ok(version) = content_version(&item)
            {
                items.push((version, item));
            }
        }
        items.sort_by_key(|(version, _)| *version);
        for (version, item) in items {
            self.part(&format!("{{{version}}}"), &item, depth)?;
        }
        Ok(())
    }
}
