//! Which names does a code object use?
//!
//! Read from the bytecode, because it alone says which names are global: `x` may be a local of a
//! comprehension. Only the instructions that load and store names are looked at; they are known by
//! name from `opcode`, so their numbers may change with every Python.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use std::collections::{BTreeMap, BTreeSet};

use super::kinds::{Kinds, attribute};

/// Where a name is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    Global,
    Free,
}

/// A name and the attributes taken from it one after the other: `settings.table.append`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Chain {
    pub(super) scope: Scope,
    pub(super) names: Vec<String>,
}

/// What the code does with it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Access {
    /// Its value is used, not only appended to or stored into.
    pub(super) read: bool,
    /// The last name is bound anew.
    pub(super) store: bool,
    /// A class body binds the same name, so it may never be looked up outside.
    pub(super) optional: bool,
}

/// `import module`, or `from module import names`, inside a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) level: usize,
    pub(super) names: Option<Vec<String>>,
}

/// All names of a code object and of those nested in it, in an order that is the same everywhere.
#[derive(Debug, Default)]
pub(super) struct Uses {
    pub(super) chains: BTreeMap<Chain, Access>,
    pub(super) imports: BTreeSet<Import>,
}

/// Methods that put something in and, called for that, say nothing about what was there.
const ADDING: [&str; 8] = [
    "append",
    "appendleft",
    "add",
    "extend",
    "insert",
    "update",
    "write",
    "put",
];

#[derive(Clone, Copy, PartialEq)]
enum Op {
    Other,
    Global,
    ClassName,
    Deref,
    Attribute,
    StoreAttribute,
    StoreItem,
    Simple,
    Duplicate,
    Copy,
    StoreGlobal,
    StoreDeref,
    StoreName,
    Import,
    Constant,
    SmallInt,
    Extended,
    Cache,
}

struct Opcodes {
    ops: [Op; 256],
    global_shift: u32,
    attribute_shift: u32,
    attribute_number: u8,
    unified_locals: bool,
}

static OPCODES: PyOnceLock<Opcodes> = PyOnceLock::new();

fn opcodes(py: Python<'_>) -> PyResult<&'static Opcodes> {
    OPCODES.get_or_try_init(py, || {
        let map = py
            .import("opcode")?
            .getattr("opmap")?
            .cast_into::<PyDict>()?;
        let version = py.version_info();
        let version = (version.major, version.minor);
        let mut ops = [Op::Other; 256];
        let mut attribute_number = 0;
        for (name, number) in map.iter() {
            // Instructions above 255 exist in the compiler only.
            let Ok(number) = number.extract::<u8>() else {
                continue;
            };
            let name = name.cast_into::<PyString>()?;
            let op = match name.to_str()? {
                "LOAD_GLOBAL" => Op::Global,
                "LOAD_NAME" | "LOAD_FROM_DICT_OR_GLOBALS" => Op::ClassName,
                "LOAD_DEREF" | "LOAD_CLASSDEREF" | "LOAD_FROM_DICT_OR_DEREF" => Op::Deref,
                "LOAD_ATTR" => {
                    attribute_number = number;
                    Op::Attribute
                }
                "LOAD_METHOD" => Op::Attribute,
                "STORE_ATTR" | "DELETE_ATTR" => Op::StoreAttribute,
                "STORE_SUBSCR" | "DELETE_SUBSCR" => Op::StoreItem,
                "LOAD_FAST" | "LOAD_FAST_CHECK" | "LOAD_FAST_BORROW" => Op::Simple,
                "LOAD_CONST" => Op::Constant,
                "LOAD_SMALL_INT" => Op::SmallInt,
                "DUP_TOP" => Op::Duplicate,
                "COPY" => Op::Copy,
                "STORE_GLOBAL" | "DELETE_GLOBAL" => Op::StoreGlobal,
                "STORE_DEREF" | "DELETE_DEREF" => Op::StoreDeref,
                "STORE_NAME" => Op::StoreName,
                "IMPORT_NAME" => Op::Import,
                "EXTENDED_ARG" => Op::Extended,
                "CACHE" => Op::Cache,
                _ => Op::Other,
            };
            ops[usize::from(number)] = op;
        }
        if version >= (3, 11) {
            // `co_code` has zeros where the interpreter keeps its inline caches.
            ops[0] = Op::Cache;
        }
        Ok(Opcodes {
            ops,
            global_shift: u32::from(version >= (3, 11)),
            attribute_shift: u32::from(version >= (3, 12)),
            attribute_number,
            unified_locals: version >= (3, 11),
        })
    })
}

/// The names that a function's code object uses.
pub(super) fn uses(code: &Bound<'_, PyAny>) -> PyResult<Uses> {
    let mut uses = Uses::default();
    let free: BTreeSet<String> = code
        .getattr("co_freevars")?
        .extract::<Vec<String>>()?
        .into_iter()
        .collect();
    scan(code, &free, &mut uses)?;
    // `super()` reads `__class__` without an instruction that says so, except since Python 3.12.
    for name in free {
        let mentioned = names_free(&uses, &name);
        let chain = Chain {
            scope: Scope::Free,
            names: vec![name],
        };
        if !mentioned || chain.names[0] == "__class__" {
            uses.chains.insert(
                chain,
                Access {
                    read: true,
                    ..Access::default()
                },
            );
        }
    }
    Ok(uses)
}

fn scan(code: &Bound<'_, PyAny>, free: &BTreeSet<String>, uses: &mut Uses) -> PyResult<()> {
    let py = code.py();
    let kinds = Kinds::get(py)?;
    let constants = code.getattr("co_consts")?.cast_into::<PyTuple>()?;
    Scan::new(code, &constants, free, uses)?.run()?;
    for constant in constants.iter() {
        if constant.get_type().is(&kinds.code) {
            scan(&constant, free, uses)?;
        }
    }
    Ok(())
}

struct Scan<'a, 'py> {
    opcodes: &'static Opcodes,
    bytes: Bound<'py, PyBytes>,
    names: Vec<String>,
    cells: Vec<String>,
    constants: &'a Bound<'py, PyTuple>,
    free: &'a BTreeSet<String>,
    uses: &'a mut Uses,
    /// The chain being built, and whether the value below it on the stack is the same one.
    current: Option<(Chain, bool)>,
    optional: bool,
    stored_names: BTreeSet<String>,
}

impl<'a, 'py> Scan<'a, 'py> {
    fn new(
        code: &Bound<'py, PyAny>,
        constants: &'a Bound<'py, PyTuple>,
        free: &'a BTreeSet<String>,
        uses: &'a mut Uses,
    ) -> PyResult<Self> {
        let opcodes = opcodes(code.py())?;
        let names = |name: &str| -> PyResult<Vec<String>> { code.getattr(name)?.extract() };
        let mut cells = Vec::new();
        if opcodes.unified_locals {
            cells = names("co_varnames")?;
            for cell in names("co_cellvars")? {
                if !cells.contains(&cell) {
                    cells.push(cell);
                }
            }
        } else {
            cells.extend(names("co_cellvars")?);
        }
        cells.extend(names("co_freevars")?);
        Ok(Scan {
            opcodes,
            bytes: code.getattr("co_code")?.cast_into::<PyBytes>()?,
            names: names("co_names")?,
            cells,
            constants,
            free,
            uses,
            current: None,
            optional: false,
            stored_names: BTreeSet::new(),
        })
    }

    fn run(&mut self) -> PyResult<()> {
        let bytes = self.bytes.clone();
        // Instructions with their whole arguments, without caches.
        let mut instructions: Vec<(u8, usize)> = Vec::new();
        let mut extended = 0usize;
        for unit in bytes.as_bytes().chunks_exact(2) {
            let argument = extended << 8 | usize::from(unit[1]);
            extended = 0;
            match self.opcodes.ops[usize::from(unit[0])] {
                Op::Cache => {}
                Op::Extended => extended = argument,
                _ => instructions.push((unit[0], argument)),
            }
        }
        for &(number, argument) in &instructions {
            if self.op(number) == Op::StoreName {
                self.stored_names.insert(self.name(argument));
            }
        }
        for position in 0..instructions.len() {
            self.step(&instructions, position)?;
        }
        self.flush(true);
        Ok(())
    }

    fn op(&self, number: u8) -> Op {
        self.opcodes.ops[usize::from(number)]
    }

    fn name(&self, index: usize) -> String {
        self.names.get(index).cloned().unwrap_or_default()
    }

    fn step(&mut self, instructions: &[(u8, usize)], position: usize) -> PyResult<()> {
        let (number, argument) = instructions[position];
        match self.op(number) {
            Op::Global => {
                self.flush(true);
                let name = self.name(argument >> self.opcodes.global_shift);
                self.start(Scope::Global, name, false);
            }
            Op::ClassName => {
                self.flush(true);
                let name = self.name(argument);
                // The first thing a class body does is to copy `__name__` to `__module__`: a
                // function does not change because its file was renamed.
                let next = instructions.get(position + 1);
                let bookkeeping = name == "__name__"
                    && next.is_some_and(|&(number, argument)| {
                        self.op(number) == Op::StoreName && self.name(argument) == "__module__"
                    });
                if !bookkeeping {
                    let optional = self.stored_names.contains(&name);
                    self.start(Scope::Global, name, optional);
                }
            }
            Op::Deref => {
                self.flush(true);
                if let Some(name) = self.cells.get(argument).cloned()
                    && self.free.contains(&name)
                {
                    self.start(Scope::Free, name, false);
                }
            }
            Op::Attribute => {
                let shift = if number == self.opcodes.attribute_number {
                    self.opcodes.attribute_shift
                } else {
                    0
                };
                let name = self.name(argument >> shift);
                if let Some((chain, duplicated)) = &mut self.current {
                    chain.names.push(name);
                    if std::mem::take(duplicated) {
                        // `module.count += 1`
                        let chain = chain.clone();
                        self.record(chain, true, true);
                        self.current = None;
                    }
                }
            }
            Op::StoreAttribute => {
                if let Some((mut chain, _)) = self.current.take() {
                    chain.names.push(self.name(argument));
                    self.record(chain, false, true);
                }
            }
            Op::Duplicate => self.duplicate(),
            Op::Copy if argument == 1 => self.duplicate(),
            Op::Simple | Op::Constant | Op::SmallInt => {
                let next = instructions.get(position + 1);
                let stores = next.is_some_and(|&(number, _)| self.op(number) == Op::StoreItem);
                self.flush(!stores);
            }
            Op::StoreGlobal => {
                self.flush(true);
                let names = vec![self.name(argument)];
                self.record(
                    Chain {
                        scope: Scope::Global,
                        names,
                    },
                    false,
                    true,
                );
            }
            Op::StoreDeref => {
                self.flush(true);
                if let Some(name) = self.cells.get(argument).cloned()
                    && self.free.contains(&name)
                {
                    let names = vec![name];
                    self.record(
                        Chain {
                            scope: Scope::Free,
                            names,
                        },
                        false,
                        true,
                    );
                }
            }
            Op::Import => {
                self.flush(true);
                self.import(instructions, position, argument)?;
            }
            _ => self.flush(true),
        }
        Ok(())
    }

    fn start(&mut self, scope: Scope, name: String, optional: bool) {
        self.optional = optional;
        self.current = Some((
            Chain {
                scope,
                names: vec![name],
            },
            false,
        ));
    }

    fn duplicate(&mut self) {
        if let Some((_, duplicated)) = &mut self.current {
            *duplicated = true;
        }
    }

    /// The chain ends here.
    fn flush(&mut self, read: bool) {
        if let Some((chain, _)) = self.current.take() {
            let last = chain.names.last().map(String::as_str).unwrap_or_default();
            let adding = chain.names.len() > 1 && ADDING.contains(&last);
            self.record(chain, read && !adding, false);
        }
    }

    fn record(&mut self, chain: Chain, read: bool, store: bool) {
        let optional = self.optional && !store;
        let access = self.uses.chains.entry(chain).or_insert(Access {
            optional,
            ..Access::default()
        });
        access.read |= read;
        access.store |= store;
        access.optional &= optional;
    }

    /// Level and names are the two constants loaded just before.
    fn import(
        &mut self,
        instructions: &[(u8, usize)],
        position: usize,
        argument: usize,
    ) -> PyResult<()> {
        let constant = |back: usize| -> Option<Bound<'py, PyAny>> {
            let (number, argument) = *instructions.get(position.checked_sub(back)?)?;
            match self.op(number) {
                Op::Constant => self.constants.get_item(argument).ok(),
                _ => None,
            }
        };
        let level = match position.checked_sub(2).map(|at| instructions[at]) {
            Some((number, small)) if self.op(number) == Op::SmallInt => small,
            _ => constant(2)
                .and_then(|level| level.extract().ok())
                .unwrap_or(0),
        };
        let names = constant(1).and_then(|names| names.extract::<Vec<String>>().ok());
        self.uses.imports.insert(Import {
            module: self.name(argument),
            level,
            names,
        });
        Ok(())
    }
}

/// The code object of a function, if it has one.
pub(super) fn code_of<'py>(function: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let code = attribute(function, "__code__")?;
    let kinds = Kinds::get(function.py()).ok()?;
    code.get_type().is(&kinds.code).then_some(code)
}

fn names_free(uses: &Uses, name: &str) -> bool {
    let mut chains = uses.chains.keys().filter(|one| one.scope == Scope::Free);
    chains.any(|one| one.names[0] == name)
}
