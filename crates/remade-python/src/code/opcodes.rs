//! Which instruction is this?
//!
//! Their numbers change with every Python; their names do not, and `opcode` lists them.

use crate::once::Once;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// What an instruction does with a name.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Op {
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

/// The instructions by number, and how their arguments are packed.
pub(super) struct Opcodes {
    pub(super) ops: [Op; 256],
    pub(super) global_shift: u32,
    pub(super) attribute_shift: u32,
    pub(super) attribute_number: u8,
    pub(super) unified_locals: bool,
}

static OPCODES: Once<Opcodes> = Once::new();

/// The instructions of this interpreter.
pub(super) fn opcodes(py: Python<'_>) -> PyResult<&'static Opcodes> {
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
