//! Which piece of source made this code object?
//!
//! A file is parsed and compiled once for each content. Its text is believed only if one of the code
//! objects that come out equals the live one; then the syntax tree is searched for its definition.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::kinds::{Kinds, attribute};
use super::normal::{DEEPEST, class_name};
use super::noted;

/// `ast.PyCF_ONLY_AST`, without importing `ast`.
const ONLY_TREE: u32 = 0x400;
/// The flags that `from __future__ import` sets: a notebook hands them on from cell to cell.
const FUTURE: u32 = 0x1fe_0000;
/// Files kept parsed. Functions come in bursts, file by file.
const KEPT: usize = 16;

/// A definition found in a file.
pub(super) struct Found<'py> {
    pub(super) node: Bound<'py, PyAny>,
    pub(super) source: String,
}

/// One content of one file.
struct Parsed {
    name: String,
    future: u32,
    lines: Py<PyList>,
    tree: Py<PyAny>,
    /// Code objects by name and first line.
    code: HashMap<(String, u32), Vec<Py<PyAny>>>,
}

static PARSED: Mutex<Vec<Arc<Parsed>>> = Mutex::new(Vec::new());

/// The definition that made `code`, if its source can be believed.
pub(super) fn find<'py>(
    code: &Bound<'py, PyAny>,
    globals: Option<&Bound<'py, PyDict>>,
) -> PyResult<Option<Found<'py>>> {
    let name: String = code.getattr("co_filename")?.extract()?;
    if name == "<string>" || name == "<stdin>" {
        return Ok(None);
    }
    for lines in noted::texts(code.py(), &name)? {
        if let Some(found) = in_text(code, &name, lines)? {
            return Ok(Some(found));
        }
    }
    for again in [false, true] {
        if again {
            let linecache = code.py().import("linecache")?;
            linecache.call_method1("checkcache", (&name,))?;
        }
        let Some(lines) = lines(code.py(), &name, globals)? else {
            continue;
        };
        if let Some(found) = in_text(code, &name, lines)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn in_text<'py>(
    code: &Bound<'py, PyAny>,
    name: &str,
    lines: Bound<'py, PyList>,
) -> PyResult<Option<Found<'py>>> {
    let Some(parsed) = parse(code, name, lines)? else {
        return Ok(None);
    };
    let Some(node) = parsed.definition(code)? else {
        return Ok(None);
    };
    let source = parsed.text(&node)?;
    Ok(Some(Found { node, source }))
}

/// Name and lines of a notebook cell, a doctest, or anything else that is no file on disk.
pub(super) fn pseudo_file(code: &Bound<'_, PyAny>) -> PyResult<Option<(String, Vec<String>)>> {
    let name: String = code.getattr("co_filename")?.extract()?;
    if std::path::Path::new(&name).exists() {
        return Ok(None);
    }
    match lines(code.py(), &name, None)? {
        Some(lines) => Ok(Some((name, lines.extract()?))),
        None => Ok(None),
    }
}

/// Through the function, not the cache behind it: doctest puts its own in its place.
fn lines<'py>(
    py: Python<'py>,
    name: &str,
    globals: Option<&Bound<'py, PyDict>>,
) -> PyResult<Option<Bound<'py, PyList>>> {
    let linecache = py.import("linecache")?;
    let lines = linecache.call_method1("getlines", (name, globals));
    let lines = match lines {
        Ok(lines) => lines.cast_into::<PyList>().ok(),
        Err(_) => None,
    };
    Ok(lines.filter(|lines| !lines.is_empty()))
}

fn parse<'py>(
    code: &Bound<'py, PyAny>,
    name: &str,
    lines: Bound<'py, PyList>,
) -> PyResult<Option<Arc<Parsed>>> {
    let py = code.py();
    let future = code.getattr("co_flags")?.extract::<u32>()? & FUTURE;
    let known: Vec<Arc<Parsed>> = {
        let parsed = PARSED
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let of_name = parsed
            .iter()
            .filter(|one| one.name == name && one.future == future);
        of_name.cloned().collect()
    };
    for one in known {
        if one.lines.is(&lines) || one.lines.bind(py).eq(&lines).unwrap_or(false) {
            return Ok(Some(one));
        }
    }
    let text = PyString::new(py, "").call_method1("join", (&lines,))?;
    let builtins = py.import("builtins")?;
    let options = PyDict::new(py);
    options.set_item("dont_inherit", true)?;
    let compile = |flags: u32| {
        // An invalid escape in somebody's string is reported when the file is imported, not here.
        quietly(py, || {
            builtins.call_method("compile", (&text, name, "exec", flags), Some(&options))
        })
    };
    let (Ok(tree), Ok(module)) = (compile(future | ONLY_TREE), compile(future)) else {
        return Ok(None);
    };
    let mut index = HashMap::new();
    collect(&module, &mut index)?;
    let parsed = Arc::new(Parsed {
        name: name.to_owned(),
        future,
        lines: lines.unbind(),
        tree: tree.unbind(),
        code: index,
    });
    // What falls out is dropped after the lock is released: that may run Python code.
    let dropped = {
        let mut all = PARSED
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        all.push(Arc::clone(&parsed));
        if all.len() > KEPT {
            Some(all.remove(0))
        } else {
            None
        }
    };
    drop(dropped);
    Ok(Some(parsed))
}

/// Without warnings, if the module that filters them is there to be asked.
fn quietly<'py>(
    py: Python<'py>,
    work: impl Fn() -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let warnings = py.import("warnings")?;
    let context = warnings.call_method0("catch_warnings")?;
    context.call_method0("__enter__")?;
    let _ = warnings.call_method1("simplefilter", ("ignore",));
    let result = work();
    context.call_method1("__exit__", (py.None(), py.None(), py.None()))?;
    result
}

fn collect(
    code: &Bound<'_, PyAny>,
    index: &mut HashMap<(String, u32), Vec<Py<PyAny>>>,
) -> PyResult<()> {
    let kinds = Kinds::get(code.py())?;
    for constant in code.getattr("co_consts")?.cast_into::<PyTuple>()?.iter() {
        if constant.get_type().is(&kinds.code) {
            collect(&constant, index)?;
            let key = key(&constant)?;
            index.entry(key).or_default().push(constant.unbind());
        }
    }
    Ok(())
}

fn key(code: &Bound<'_, PyAny>) -> PyResult<(String, u32)> {
    Ok((
        code.getattr("co_name")?.extract()?,
        code.getattr("co_firstlineno")?.extract()?,
    ))
}

impl Parsed {
    fn definition<'py>(&self, code: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = code.py();
        let key = key(code)?;
        let candidates = self.code.get(&key).map(Vec::as_slice).unwrap_or_default();
        let mut equal = false;
        for candidate in candidates {
            equal = equal || candidate.bind(py).eq(code)?;
        }
        if !equal {
            return Ok(None);
        }
        let (name, line) = key;
        let mut found = Vec::new();
        search(self.tree.bind(py), &name, line, 0, &mut found)?;
        if name == "<lambda>" {
            return lambda_of(code, found);
        }
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// The lines of a definition, decorators included.
    fn text(&self, node: &Bound<'_, PyAny>) -> PyResult<String> {
        let first = first_line(node)?.saturating_sub(1) as usize;
        let last: usize = node.getattr("end_lineno")?.extract()?;
        let lines = self.lines.bind(node.py());
        let mut text = String::new();
        for line in lines.iter().take(last).skip(first) {
            text.push_str(&line.cast::<PyString>()?.to_string_lossy());
        }
        Ok(text)
    }
}

/// Where a code object of this definition starts: at its first decorator.
fn first_line(node: &Bound<'_, PyAny>) -> PyResult<u32> {
    let mut line: u32 = node.getattr("lineno")?.extract()?;
    if let Some(decorators) = attribute(node, "decorator_list")
        && let Ok(decorators) = decorators.cast::<PyList>()
        && !decorators.is_empty()
    {
        let first = decorators.get_item(0)?;
        line = line.min(first.getattr("lineno")?.extract()?);
    }
    Ok(line)
}

/// All definitions of this name that start in this line. Only nodes around the line are opened.
fn search<'py>(
    node: &Bound<'py, PyAny>,
    name: &str,
    line: u32,
    depth: usize,
    found: &mut Vec<Bound<'py, PyAny>>,
) -> PyResult<()> {
    for field in node.getattr("_fields")?.try_iter()? {
        let Some(value) = node.getattr_opt(field?.cast::<PyString>()?)? else {
            continue;
        };
        if let Ok(list) = value.cast::<PyList>() {
            for position in first_ending_at(list, line)..list.len() {
                visit(&list.get_item(position)?, name, line, depth, found)?;
            }
        } else {
            visit(&value, name, line, depth, found)?;
        }
    }
    Ok(())
}

/// Statements stand in the order of their lines, so all that end before this one are skipped at once.
/// Other lists are looked through.
fn first_ending_at(list: &Bound<'_, PyList>, line: u32) -> usize {
    let end = |position: usize| -> Option<u32> {
        let item = list.get_item(position).ok()?;
        if attribute(&item, "end_lineno")?.is_none() {
            return None;
        }
        item.getattr("end_lineno").ok()?.extract().ok()
    };
    let (mut low, mut high) = (0, list.len());
    if high < 8 {
        return 0;
    }
    while low < high {
        let middle = usize::midpoint(low, high);
        match end(middle) {
            Some(end) if end < line => low = middle + 1,
            Some(_) => high = middle,
            None => return 0,
        }
    }
    low
}

fn visit<'py>(
    node: &Bound<'py, PyAny>,
    name: &str,
    line: u32,
    depth: usize,
    found: &mut Vec<Bound<'py, PyAny>>,
) -> PyResult<()> {
    // Nodes without a place (arguments, comprehensions, cases) are opened: they are few.
    if let Some(end) = attribute(node, "end_lineno") {
        if line > end.extract::<u32>()? {
            return Ok(());
        }
        let first = first_line(node)?;
        if line < first {
            return Ok(());
        }
        let matches = match class_name(node)?.as_str() {
            "FunctionDef" | "AsyncFunctionDef" => {
                first == line && node.getattr("name")?.extract::<String>()? == name
            }
            "Lambda" => first == line && name == "<lambda>",
            _ => false,
        };
        if matches {
            found.push(node.clone());
        }
    } else if attribute(node, "_fields").is_none() {
        return Ok(());
    }
    if depth > DEEPEST {
        return Ok(());
    }
    search(node, name, line, depth + 1, found)
}

/// The one of several lambdas of a line whose body lies where the instructions say. Before Python
/// 3.11 they say only the line.
fn lambda_of<'py>(
    code: &Bound<'py, PyAny>,
    mut found: Vec<Bound<'py, PyAny>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if found.len() == 1 {
        return Ok(found.pop());
    }
    let Some(positions) = attribute(code, "co_positions") else {
        return Ok(None);
    };
    type Place = (Option<u32>, Option<u32>, Option<u32>, Option<u32>);
    // The last instruction returns the value of the whole body.
    let mut last = None;
    for place in positions.call0()?.try_iter()? {
        if let (Some(line), Some(end), Some(column), Some(end_column)) =
            place?.extract::<Place>()?
        {
            last = Some((line, end, column, end_column));
        }
    }
    let Some(last) = last else { return Ok(None) };
    let mut matching = Vec::new();
    for node in found {
        let body = node.getattr("body")?;
        let number = |name: &str| -> PyResult<u32> { body.getattr(name)?.extract() };
        let place = (
            number("lineno")?,
            number("end_lineno")?,
            number("col_offset")?,
            number("end_col_offset")?,
        );
        if place == last {
            matching.push(node);
        }
    }
    Ok(if matching.len() == 1 {
        matching.pop()
    } else {
        None
    })
}
