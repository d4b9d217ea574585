//! What did a file say when a function in it was decorated?
//!
//! A function is decorated while its file is imported, so what the file says at that moment is what
//! Python compiled. Later it may say something else: it was edited and not yet reloaded, or reloaded
//! while `linecache` still has the older text. Where only the text differs and not the compiled
//! function (the arguments of a decorator, say), nothing else could tell which of them ran.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use remade::stamp::Stamp;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::bytecode::code_of;
use super::kinds::attribute;

/// Texts of one file that are kept: that of the last import, and that of the one before, which
/// functions that somebody still holds may come from.
const KEPT: usize = 2;

/// How deep decorators are looked through for the function below them.
const DEEPEST: usize = 64;

/// A file larger than this was not written by hand; its text is asked for when it is needed.
const LARGEST: u64 = 4 << 20;

struct Text {
    stamp: Stamp,
    bytes: Vec<u8>,
    lines: Option<Py<PyList>>,
}

/// By file name as code objects have it, the newest text last.
static NOTED: Mutex<Option<HashMap<String, Vec<Text>>>> = Mutex::new(None);

/// Notes what the file of a function says now.
pub(crate) fn note(function: &Bound<'_, PyAny>) -> PyResult<()> {
    let Some(name) = file_of(function) else {
        return Ok(());
    };
    let path = Path::new(&name);
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(()); // a notebook, a doctest, an archive: not a file that can change
    };
    let stamp = Stamp::of_metadata(&metadata);
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = noted.get_or_insert_default();
    if let Some(last) = texts.get(&name).and_then(|texts| texts.last())
        && last.stamp == stamp
    {
        return Ok(());
    }
    let is_text = metadata.is_file() && stamp.size <= LARGEST;
    let Some(bytes) = is_text.then(|| std::fs::read(path).ok()).flatten() else {
        return Ok(());
    };
    let texts = texts.entry(name).or_default();
    texts.push(Text {
        stamp,
        bytes,
        lines: None,
    });
    let dropped = (texts.len() > KEPT).then(|| texts.remove(0));
    drop(noted);
    drop(dropped); // not under the lock: a list drops here
    Ok(())
}

/// The texts that were noted of a file, as `linecache` would give them, the newest first.
pub(super) fn texts<'py>(py: Python<'py>, name: &str) -> PyResult<Vec<Bound<'py, PyList>>> {
    let known: Vec<(Stamp, Vec<u8>, Option<Py<PyList>>)> = {
        let noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = noted.as_ref().and_then(|noted| noted.get(name));
        let newest_first = texts.into_iter().flatten().rev();
        newest_first
            .map(|text| match &text.lines {
                Some(lines) => (text.stamp, Vec::new(), Some(lines.clone_ref(py))),
                None => (text.stamp, text.bytes.clone(), None),
            })
            .collect()
    };
    let mut found = Vec::with_capacity(known.len());
    for (stamp, bytes, lines) in known {
        if let Some(lines) = lines {
            found.push(lines.into_bound(py));
            continue;
        }
        // What is no text in the encoding that it names was not imported either.
        let Ok(lines) = decode(py, &bytes) else {
            continue;
        };
        keep(name, stamp, &lines);
        found.push(lines);
    }
    Ok(found)
}

fn keep(name: &str, stamp: Stamp, lines: &Bound<'_, PyList>) {
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = noted.as_mut().and_then(|noted| noted.get_mut(name));
    let mut same = texts
        .into_iter()
        .flatten()
        .filter(|text| text.stamp == stamp);
    if let Some(text) = same.next()
        && text.lines.is_none()
    {
        text.lines = Some(lines.clone().unbind());
        text.bytes = Vec::new();
    }
}

fn decode<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyList>> {
    let source = py
        .import("importlib.util")?
        .call_method1("decode_source", (PyBytes::new(py, bytes),))?;
    let lines = py
        .import("io")?
        .call_method1("StringIO", (source,))?
        .call_method0("readlines")?
        .cast_into::<PyList>()?;
    // As `linecache` does: the last line ends like the others.
    if let Some(last) = lines.len().checked_sub(1) {
        let text: String = lines.get_item(last)?.extract()?;
        if !text.ends_with('\n') {
            lines.set_item(last, text + "\n")?;
        }
    }
    Ok(lines)
}

/// The file of the innermost function under decorators.
fn file_of(function: &Bound<'_, PyAny>) -> Option<String> {
    let mut function = function.clone();
    for _ in 0..DEEPEST {
        match attribute(&function, "__wrapped__").or_else(|| attribute(&function, "py_func")) {
            Some(wrapped) => function = wrapped,
            None => break,
        }
    }
    let name: String = code_of(&function)?
        .getattr("co_filename")
        .ok()?
        .extract()
        .ok()?;
    (!name.starts_with('<')).then_some(name)
}
