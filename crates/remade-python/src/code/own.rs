//! Is this the user's own code?
//!
//! It is if it lies outside the standard library and outside site-packages, or if its distribution
//! was installed from a folder on this machine, or if the caller asked to follow it. A script, a
//! notebook and a module without a file are the user's own. `remade` itself never is.

use crate::once::Once;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Rules;
use super::kinds::{attribute, imported, text};

struct Places {
    library: Vec<PathBuf>,
    standard: Vec<String>,
}

static PLACES: Once<Places> = Once::new();

/// Answers by folder or file. A process asks about the same few modules again and again.
static KNOWN: Mutex<Option<HashMap<(String, String), bool>>> = Mutex::new(None);

/// Local distributions by site folder.
static LOCAL: Mutex<Option<HashMap<PathBuf, Vec<String>>>> = Mutex::new(None);

fn places(py: Python<'_>) -> &'static Places {
    PLACES.get_or_init(py, || {
        let mut library = Vec::new();
        if let Ok(os) = py.import("os")
            && let Some(file) = text(os.as_any(), "__file__")
            && let Some(folder) = Path::new(&file).parent()
        {
            library.push(folder.to_path_buf());
            if let Ok(real) = folder.canonicalize() {
                library.push(real);
            }
        }
        let standard = py
            .import("sys")
            .and_then(|sys| sys.getattr("stdlib_module_names"))
            .and_then(|names| names.try_iter()?.map(|name| name?.extract()).collect())
            .unwrap_or_default();
        Places { library, standard }
    })
}

/// The part of a module's name before the first dot.
pub(super) fn top(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}

/// Does the module belong to Python itself?
pub(super) fn is_standard(py: Python<'_>, module: &str) -> bool {
    let top = top(module);
    places(py).standard.iter().any(|name| name == top)
}

/// By a function's globals: they say where it runs, whatever a decorator wrote on it.
pub(super) fn owns_globals(globals: &Bound<'_, PyDict>, rules: &Rules) -> bool {
    let get = |name: &str| -> Option<String> {
        let value = globals.get_item(name).ok().flatten()?;
        Some(
            value
                .cast::<PyString>()
                .ok()?
                .to_string_lossy()
                .into_owned(),
        )
    };
    let name = get("__name__").unwrap_or_default();
    decide(globals.py(), &name, get("__file__"), rules)
}

/// By a module object.
pub(super) fn owns_module(module: &Bound<'_, PyAny>, rules: &Rules) -> bool {
    let name = text(module, "__name__").unwrap_or_default();
    let file = text(module, "__file__").or_else(|| {
        // A package without `__init__.py` has only folders.
        let path = attribute(module, "__path__")?;
        let first = path.try_iter().ok()?.next()?.ok()?;
        first.extract().ok()
    });
    decide(module.py(), &name, file, rules)
}

/// By a module's name, as classes know it.
pub(super) fn owns_name(py: Python<'_>, name: &str, rules: &Rules) -> bool {
    // A class can name a module that nobody has imported yet (`numpy.rec`): its package tells.
    match imported(py, name).or_else(|| imported(py, top(name))) {
        Some(module) => owns_module(&module, rules),
        None => decide(py, name, None, rules),
    }
}

/// By the place where an import would find a module that is not imported yet.
pub(super) fn owns_unimported(py: Python<'_>, name: &str, rules: &Rules) -> bool {
    let top = top(name);
    if let Some(module) = imported(py, top) {
        return owns_module(&module, rules);
    }
    // Also for a name of the standard library: the folder of a script comes first.
    let find = || -> PyResult<Option<String>> {
        let finders = py
            .import("sys")?
            .getattr("meta_path")?
            .cast_into::<PyList>()?;
        for finder in finders.iter() {
            let Some(find) = attribute(&finder, "find_spec") else {
                continue;
            };
            let spec = find.call1((top, py.None()))?;
            if spec.is_none() {
                continue;
            }
            if let Some(origin) = text(&spec, "origin") {
                return Ok(Some(origin));
            }
            let folders = spec.getattr("submodule_search_locations")?;
            return Ok(folders
                .try_iter()?
                .next()
                .transpose()?
                .and_then(|one| one.extract().ok()));
        }
        Ok(None)
    };
    match find() {
        Ok(Some(file)) => decide(py, top, Some(file), rules),
        _ => false,
    }
}

fn decide(py: Python<'_>, name: &str, file: Option<String>, rules: &Rules) -> bool {
    let top = top(name);
    if top == "remade" || top == "_remade" {
        return false;
    }
    if name == "__main__" || rules.follow.iter().any(|one| one == top || one == name) {
        return true;
    }
    let Some(file) = file else {
        return !is_standard(py, top);
    };
    let key = (top.to_owned(), file);
    {
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&answer) = known.as_ref().and_then(|known| known.get(&key)) {
            return answer;
        }
    }
    let answer = decide_file(py, top, Path::new(&key.1));
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.get_or_insert_default().insert(key, answer);
    answer
}

fn decide_file(py: Python<'_>, top: &str, file: &Path) -> bool {
    if matches!(file.to_str(), Some("built-in" | "frozen")) {
        return false;
    }
    let real = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
    for file in [file, &real] {
        if let Some(site) = site_folder(file) {
            return is_local(&site, top);
        }
    }
    !places(py)
        .library
        .iter()
        .any(|library| file.starts_with(library) || real.starts_with(library))
}

/// The part of a path up to `site-packages`.
fn site_folder(file: &Path) -> Option<PathBuf> {
    let mut folder = PathBuf::new();
    let mut found = None;
    for component in file.components() {
        folder.push(component);
        if let Component::Normal(name) = component
            && (name == "site-packages" || name == "dist-packages")
        {
            found = Some(folder.clone());
        }
    }
    found
}

fn is_local(site: &Path, top: &str) -> bool {
    let mut local = LOCAL.lock().unwrap_or_else(PoisonError::into_inner);
    let local = local.get_or_insert_default();
    let names = local
        .entry(site.to_path_buf())
        .or_insert_with(|| local_packages(site));
    names.iter().any(|name| name == top)
}

/// Top-level names that pip installed from a folder. A wheel file is somebody's release, wherever it
/// lay; a folder is work in progress.
fn local_packages(site: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let Ok(entries) = std::fs::read_dir(site) else {
        return names;
    };
    for entry in entries.flatten() {
        let folder = entry.path();
        if folder
            .extension()
            .is_none_or(|extension| extension != "dist-info")
        {
            continue;
        }
        let Ok(url) = std::fs::read_to_string(folder.join("direct_url.json")) else {
            continue;
        };
        if !url.contains("\"file://") || !url.contains("\"dir_info\"") {
            continue;
        }
        let record = std::fs::read_to_string(folder.join("RECORD")).unwrap_or_default();
        for line in record.lines() {
            let path = line.split(',').next().unwrap_or_default();
            let first = path.split('/').next().unwrap_or_default();
            let name = first.strip_suffix(".py").unwrap_or(first);
            if !name.is_empty() && !name.contains('.') && !names.iter().any(|one| one == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}
