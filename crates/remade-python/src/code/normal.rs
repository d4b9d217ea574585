//! What does this source say, without its layout?
//!
//! The normal form is a text with one statement a line: the class of each node of the syntax tree
//! and its fields in the order of their names. It is the same under every Python that can parse the
//! source. It is digested, so its shape is a contract: any change here makes every stored result
//! stale. Nothing in it comes from a `repr`, and nothing from a Unicode table.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyComplex, PyFloat, PyInt, PyList, PyString, PyType};
use std::collections::HashMap;
use std::fmt::Write;
use std::rc::Rc;

/// Says whether a decorator, given as its chain of names, is `make`.
pub(super) type IsMake<'a> = &'a mut dyn FnMut(&[String]) -> bool;

/// Fields that say nothing about meaning.
const LEFT_OUT: [&str; 4] = ["ctx", "kind", "type_comment", "type_params"];

struct Shape {
    name: String,
    fields: Vec<(Py<PyString>, String)>,
}

/// Writes normal forms. Keep one for many trees: it remembers the shapes of the node classes.
#[derive(Default)]
pub(super) struct Normalizer {
    shapes: HashMap<usize, Rc<Shape>>,
}

struct Writer<'a, 'b> {
    shapes: &'a mut HashMap<usize, Rc<Shape>>,
    is_make: IsMake<'b>,
    out: String,
    indent: usize,
}

impl Normalizer {
    /// The normal form of any node.
    pub(super) fn normal(
        &mut self,
        node: &Bound<'_, PyAny>,
        is_make: IsMake<'_>,
    ) -> PyResult<String> {
        let mut writer = Writer {
            shapes: &mut self.shapes,
            is_make,
            out: String::new(),
            indent: 0,
        };
        writer.node(node)?;
        Ok(writer.out)
    }
}

/// `a.b.c` as its names; nothing for any other expression.
pub(super) fn chain(node: &Bound<'_, PyAny>) -> PyResult<Option<Vec<String>>> {
    let mut names = Vec::new();
    let mut node = node.clone();
    loop {
        match class_name(&node)?.as_str() {
            "Name" => {
                names.push(node.getattr("id")?.extract::<String>()?);
                names.reverse();
                return Ok(Some(names));
            }
            "Attribute" => {
                names.push(node.getattr("attr")?.extract::<String>()?);
                node = node.getattr("value")?;
            }
            _ => return Ok(None),
        }
    }
}

/// The chain that a decorator is, or calls.
pub(super) fn decorator_chain(node: &Bound<'_, PyAny>) -> PyResult<Option<Vec<String>>> {
    if class_name(node)? == "Call" {
        chain(&node.getattr("func")?)
    } else {
        chain(node)
    }
}

/// Every chain of names in an expression, in the order of the source.
pub(super) fn chains(node: &Bound<'_, PyAny>, found: &mut Vec<Vec<String>>) -> PyResult<()> {
    if let Some(names) = chain(node)? {
        found.push(names);
        return Ok(());
    }
    for field in node.getattr("_fields")?.try_iter()? {
        let Some(value) = node.getattr_opt(field?.cast::<PyString>()?)? else {
            continue;
        };
        if let Ok(list) = value.cast::<PyList>() {
            for item in list.iter() {
                if item.hasattr("_fields")? {
                    chains(&item, found)?;
                }
            }
        } else if value.hasattr("_fields")? {
            chains(&value, found)?;
        }
    }
    Ok(())
}

/// The name of a node's class.
pub(super) fn class_name(node: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(node.get_type().name()?.to_string())
}

impl Writer<'_, '_> {
    fn shape(&mut self, kind: &Bound<'_, PyType>) -> PyResult<Rc<Shape>> {
        let address = kind.as_ptr() as usize;
        if let Some(shape) = self.shapes.get(&address) {
            return Ok(Rc::clone(shape));
        }
        let mut fields = Vec::new();
        for field in kind.getattr("_fields")?.try_iter()? {
            let field = field?.cast_into::<PyString>()?;
            let name = field.to_str()?.to_owned();
            if !LEFT_OUT.contains(&name.as_str()) {
                fields.push((field.unbind(), name));
            }
        }
        fields.sort_by(|a, b| a.1.cmp(&b.1));
        let shape = Rc::new(Shape {
            name: kind.name()?.to_string(),
            fields,
        });
        self.shapes.insert(address, Rc::clone(&shape));
        Ok(shape)
    }

    fn node(&mut self, node: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = node.py();
        let shape = self.shape(&node.get_type())?;
        match shape.name.as_str() {
            "Constant" => return self.constant(&node.getattr("value")?),
            "JoinedStr" => return self.joined(node),
            _ => {}
        }
        let definition = matches!(
            shape.name.as_str(),
            "FunctionDef" | "AsyncFunctionDef" | "ClassDef"
        );
        let mut decorators = Vec::new();
        if definition {
            for decorator in node.getattr("decorator_list")?.try_iter()? {
                let decorator = decorator?;
                let made = match decorator_chain(&decorator)? {
                    Some(chain) => (self.is_make)(&chain),
                    None => false,
                };
                if !made {
                    decorators.push(decorator);
                }
            }
        }
        // Without another decorator nobody sees the annotations while the function is made.
        let unannotated = definition && decorators.is_empty() && shape.name != "ClassDef";

        self.out.push_str(&shape.name);
        self.out.push('(');
        let mut first = true;
        for (field, name) in &shape.fields {
            let Some(value) = node.getattr_opt(field.bind(py))? else {
                continue;
            };
            if value.is_none() || (unannotated && name == "returns") {
                continue;
            }
            let list = value.cast::<PyList>();
            let items: Option<Vec<Bound<'_, PyAny>>> = match (&list, name.as_str()) {
                (Ok(_), "decorator_list") => Some(std::mem::take(&mut decorators)),
                (Ok(list), "body") if definition => {
                    let doc = list
                        .get_item(0)
                        .ok()
                        .is_some_and(|first| is_docstring(&first));
                    Some(list.iter().skip(usize::from(doc)).collect())
                }
                (Ok(list), _) => Some(list.iter().collect()),
                _ => None,
            };
            if items.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            if !first {
                self.out.push_str(", ");
            }
            first = false;
            self.out.push_str(name);
            self.out.push('=');
            match items {
                Some(items) => self.list(&items, is_suite(name))?,
                None if unannotated && name == "args" => self.arguments(&value)?,
                None => self.value(&value)?,
            }
        }
        self.out.push(')');
        Ok(())
    }

    fn list(&mut self, items: &[Bound<'_, PyAny>], suite: bool) -> PyResult<()> {
        self.out.push('[');
        // A suite is a list of statements, except in expressions (`lambda`, `x if y else z`).
        let lines = suite
            && items
                .iter()
                .all(|item| item.hasattr("lineno").unwrap_or(false) || is_case(item));
        self.indent += usize::from(lines);
        for (position, item) in items.iter().enumerate() {
            if lines {
                self.out.push('\n');
                for _ in 0..self.indent {
                    self.out.push_str("  ");
                }
            } else if position > 0 {
                self.out.push_str(", ");
            }
            self.value(item)?;
        }
        self.indent -= usize::from(lines);
        self.out.push(']');
        Ok(())
    }

    /// What a field holds: a node, a name, a number, or nothing at all (a `None` inside a list, as
    /// for `{**x}`).
    fn value(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if value.is_none() || value.is_exact_instance_of::<PyBool>() {
            // `case True:` keeps its value in a field.
            self.constant(value)
        } else if let Ok(name) = value.cast_exact::<PyString>() {
            // A name, which can be no constant: those are nodes.
            self.out.push_str(name.to_str()?);
            Ok(())
        } else if value.is_exact_instance_of::<PyInt>() {
            write!(self.out, "{}", value.extract::<i64>()?).ok();
            Ok(())
        } else {
            self.node(value)
        }
    }

    /// Parameters without their annotations.
    fn arguments(&mut self, arguments: &Bound<'_, PyAny>) -> PyResult<()> {
        let shape = self.shape(&arguments.get_type())?;
        self.out.push_str("arguments(");
        let mut first = true;
        for (field, name) in &shape.fields {
            let value = arguments.getattr(field.bind(arguments.py()))?;
            let list = value.cast::<PyList>();
            if value.is_none() || list.as_ref().is_ok_and(|list| list.is_empty()) {
                continue;
            }
            if !first {
                self.out.push_str(", ");
            }
            first = false;
            write!(self.out, "{name}=").ok();
            let parameters = !name.contains("defaults");
            match list {
                Ok(list) if parameters => {
                    self.out.push('[');
                    for (position, parameter) in list.iter().enumerate() {
                        if position > 0 {
                            self.out.push_str(", ");
                        }
                        self.parameter(&parameter)?;
                    }
                    self.out.push(']');
                }
                Ok(list) => self.list(&list.iter().collect::<Vec<_>>(), false)?,
                Err(_) => self.parameter(&value)?,
            }
        }
        self.out.push(')');
        Ok(())
    }

    fn parameter(&mut self, parameter: &Bound<'_, PyAny>) -> PyResult<()> {
        let name = parameter.getattr("arg")?;
        write!(self.out, "arg(arg={})", name.cast::<PyString>()?.to_str()?).ok();
        Ok(())
    }

    /// An f-string. How its constant text is cut into pieces differs between Pythons.
    fn joined(&mut self, node: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut pieces: Vec<Piece<'_>> = Vec::new();
        for item in node.getattr("values")?.try_iter()? {
            let item = item?;
            if class_name(&item)? != "Constant" {
                pieces.push(Piece::Node(item));
                continue;
            }
            let text = wtf8(item.getattr("value")?.cast::<PyString>()?)?;
            match pieces.last_mut() {
                Some(Piece::Text(before)) => before.extend_from_slice(&text),
                _ if text.is_empty() => {}
                _ => pieces.push(Piece::Text(text)),
            }
        }
        self.out.push_str("JoinedStr(");
        for (position, piece) in pieces.iter().enumerate() {
            if position > 0 {
                self.out.push_str(", ");
            }
            match piece {
                Piece::Text(text) => self.quoted(text),
                Piece::Node(node) => self.node(node)?,
            }
        }
        self.out.push(')');
        Ok(())
    }

    fn constant(&mut self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if value.is_none() {
            self.out.push_str("None");
        } else if let Ok(truth) = value.cast_exact::<PyBool>() {
            self.out
                .push_str(if truth.is_true() { "True" } else { "False" });
        } else if let Ok(text) = value.cast_exact::<PyString>() {
            let text = wtf8(text)?;
            self.quoted(&text);
        } else if let Ok(bytes) = value.cast_exact::<PyBytes>() {
            self.out.push('b');
            self.out.push('\'');
            for &byte in bytes.as_bytes() {
                match byte {
                    b'\\' | b'\'' => write!(self.out, "\\{}", byte as char).ok(),
                    0x20..=0x7e => write!(self.out, "{}", byte as char).ok(),
                    _ => write!(self.out, "\\x{byte:02x}").ok(),
                };
            }
            self.out.push('\'');
        } else if value.is_exact_instance_of::<PyInt>() {
            match value.extract::<i64>() {
                Ok(small) => write!(self.out, "{small}").ok(),
                // Hexadecimal: decimal digits are limited to 4300 by the interpreter.
                Err(_) => {
                    let digits = value.call_method1("__format__", ("x",))?;
                    write!(self.out, "0x{}", digits.cast::<PyString>()?.to_str()?).ok()
                }
            };
        } else if let Ok(float) = value.cast_exact::<PyFloat>() {
            write!(self.out, "{:?}", float.value()).ok();
        } else if let Ok(complex) = value.cast_exact::<PyComplex>() {
            use pyo3::types::PyComplexMethods;
            write!(self.out, "({:?}, {:?})j", complex.real(), complex.imag()).ok();
        } else {
            // The parser makes nothing else but an ellipsis.
            self.out.push_str("Ellipsis");
        }
        Ok(())
    }

    fn quoted(&mut self, wtf8: &[u8]) {
        self.out.push('\'');
        for chunk in wtf8.utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '\\' | '\'' => {
                        self.out.push('\\');
                        self.out.push(letter);
                    }
                    '\n' => self.out.push_str("\\n"),
                    '\0'..='\x1f' | '\x7f' => {
                        write!(self.out, "\\x{:02x}", letter as u32).ok();
                    }
                    _ => self.out.push(letter),
                }
            }
            for byte in chunk.invalid() {
                write!(self.out, "\\x{byte:02x}").ok();
            }
        }
        self.out.push('\'');
    }
}

enum Piece<'py> {
    Text(Vec<u8>),
    Node(Bound<'py, PyAny>),
}

fn is_suite(field: &str) -> bool {
    matches!(
        field,
        "body" | "orelse" | "finalbody" | "handlers" | "cases"
    )
}

fn is_case(node: &Bound<'_, PyAny>) -> bool {
    class_name(node).is_ok_and(|name| name == "match_case")
}

fn is_docstring(statement: &Bound<'_, PyAny>) -> bool {
    let found = || -> PyResult<bool> {
        if class_name(statement)? != "Expr" {
            return Ok(false);
        }
        let value = statement.getattr("value")?;
        Ok(class_name(&value)? == "Constant"
            && value.getattr("value")?.is_exact_instance_of::<PyString>())
    };
    found().unwrap_or(false)
}

/// UTF-8 in which a lone surrogate is its three bytes.
fn wtf8(text: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    if let Ok(text) = text.to_str() {
        return Ok(text.as_bytes().to_vec());
    }
    let bytes = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    Ok(bytes.cast::<PyBytes>()?.as_bytes().to_vec())
}
