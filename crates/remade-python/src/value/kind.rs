//! What kind of value does a type make?
//!
//! Types are compared by identity with those of modules that somebody has imported already, once
//! per type; what was found is kept by the type's address.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::*;
use pyo3::{ffi, intern};
use remade::registry::ByAddress;

use super::random::RandomKind;
use crate::numpy;
use crate::registry::Weak;

/// How values of one type are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Complex,
    Tuple,
    List,
    Dict,
    Set,
    FrozenSet,
    ByteArray,
    MappingProxy,
    Range,
    Slice,
    Singleton(&'static str),
    /// Told by the arguments that `__reduce_ex__` names.
    Reduced(&'static str),
    Fraction,
    Uuid,
    Path(&'static str),
    EnumMember,
    /// With its element type, when the type alone tells it.
    NumpyScalar(Option<&'static str>),
    NumpyText,
    NumpyBytes,
    NumpyVoid,
    Dtype,
    Array,
    MaskedArray,
    ArraySubclass,
    /// An image of nibabel.
    Image,
    /// nibabel's stand-in for elements that are still in their file.
    ImageProxy,
    Pandas(PandasKind),
    Polars(PolarsKind),
    Arrow(ArrowKind),
    Function,
    Method,
    Class,
    File,
    /// By the value that it has now.
    ContextVariable,
    /// By what it refers to.
    WeakReference,
    /// A mapping or set that holds its items weakly, by what is in it.
    WeakContainer,
    /// A function that `numpy.vectorize` wraps.
    Vectorized,
    /// A ufunc: by name, or by the Python function that it calls.
    Ufunc,
    /// A random generator, by its state.
    Random(RandomKind),
    /// A set or frozen set of another class: whether it is frozen.
    SetSubclass(bool),
    /// No version, and why.
    Never(&'static str),
    /// Class and state. Whether it counts as known by value even where history is asked for.
    Object {
        by_value: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PandasKind {
    DataFrame,
    Series,
    /// What a column is stored in, when that is no array of numpy.
    Array,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolarsKind {
    DataFrame,
    Series,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArrowKind {
    Table,
    RecordBatch,
    ChunkedArray,
    Array,
}

/// A module, if somebody has imported it.
pub(crate) fn imported<'py>(py: Python<'py>, name: &str) -> Option<Bound<'py, PyAny>> {
    let modules = py
        .import(intern!(py, "sys"))
        .ok()?
        .getattr(intern!(py, "modules"))
        .ok()?;
    modules
        .cast::<PyDict>()
        .ok()?
        .get_item(name)
        .ok()?
        .filter(|module| !module.is_none())
}

fn member<'py>(py: Python<'py>, module: &str, name: &str) -> Option<Bound<'py, PyAny>> {
    imported(py, module)?.getattr(name).ok()
}

/// Weak, since a class can be as short-lived as the function that defines it, and lead to all that it
/// uses; an address is believed while it still means the same type.
static KINDS: Mutex<Option<Kinds>> = Mutex::new(None);
type Kinds = HashMap<usize, (Kind, Weak), ByAddress>;
const MOST_KINDS: usize = 2048;

/// The kind of a value.
#[inline]
pub(crate) fn of(value: &Bound<'_, PyAny>) -> PyResult<Kind> {
    // SAFETY: every object has a type.
    let address = unsafe { ffi::Py_TYPE(value.as_ptr()) } as usize;
    {
        let kinds = KINDS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((kind, weak)) = kinds.as_ref().and_then(|kinds| kinds.get(&address))
            && weak.address_or_none() as usize == address
        {
            return Ok(*kind);
        }
    }
    let class = value.get_type();
    let kind = classify(&class)?;
    let Some(weak) = Weak::to(class.as_any()) else {
        return Ok(kind);
    };
    let mut kinds = KINDS.lock().unwrap_or_else(PoisonError::into_inner);
    let table = kinds.get_or_insert_default();
    let discarded = (table.len() >= MOST_KINDS).then(|| std::mem::take(table));
    let before = table.insert(address, (kind, weak));
    drop(kinds);
    drop((discarded, before)); // weak references: outside the lock
    Ok(kind)
}

fn classify(class: &Bound<'_, PyType>) -> PyResult<Kind> {
    let py = class.py();
    if let Some(kind) = builtin(class) {
        return Ok(kind);
    }
    if let Some(kind) = super::random::of_class(class) {
        return Ok(kind);
    }
    if let Some(kind) = of_standard_library(class) {
        return Ok(kind);
    }
    if let Some(enum_meta) = member(py, "enum", "EnumMeta")
        && class.is_instance(&enum_meta)?
    {
        return Ok(Kind::EnumMember);
    }
    if class.is_subclass_of::<PyType>()? {
        return Ok(Kind::Class);
    }
    if let Some(file) = member(py, "remade", "File")
        && class.is_subclass(&file)?
    {
        return Ok(Kind::File);
    }
    if let Some(kind) = of_numpy(class)? {
        return Ok(kind);
    }
    if let Some(kind) = of_frames(class)? {
        return Ok(kind);
    }
    if let Some(image) = member(py, "nibabel.dataobj_images", "DataobjImage")
        && class.is_subclass(&image)?
    {
        return Ok(Kind::Image);
    }
    if imported(py, "nibabel").is_some()
        && class.hasattr(intern!(py, "is_proxy"))?
        && class.hasattr(intern!(py, "__array__"))?
    {
        return Ok(Kind::ImageProxy);
    }
    if class.is_subclass_of::<PySet>()? {
        return Ok(Kind::SetSubclass(false));
    }
    if class.is_subclass_of::<PyFrozenSet>()? {
        return Ok(Kind::SetSubclass(true));
    }
    if class.hasattr(intern!(py, "__next__"))? {
        return Ok(Kind::Never(
            "reading an iterator or an open file changes it",
        ));
    }
    let by_value = class.hasattr(intern!(py, "__dataclass_fields__"))?
        || class.is_subclass_of::<PyTuple>()?
        || class.is_subclass_of::<PyList>()?
        || class.is_subclass_of::<PyDict>()?
        || class.is_subclass_of::<PyString>()?
        || class.is_subclass_of::<PyInt>()?
        || class.is_subclass_of::<PyFloat>()?
        || class.is_subclass_of::<PyComplex>()?
        || class.is_subclass_of::<PyBytes>()?;
    Ok(Kind::Object { by_value })
}

fn builtin(class: &Bound<'_, PyType>) -> Option<Kind> {
    let py = class.py();
    let exact = [
        (py.get_type::<PyComplex>(), Kind::Complex),
        (py.get_type::<PyTuple>(), Kind::Tuple),
        (py.get_type::<PyList>(), Kind::List),
        (py.get_type::<PyDict>(), Kind::Dict),
        (py.get_type::<PySet>(), Kind::Set),
        (py.get_type::<PyFrozenSet>(), Kind::FrozenSet),
        (py.get_type::<PyByteArray>(), Kind::ByteArray),
        (py.get_type::<PyRange>(), Kind::Range),
        (py.get_type::<PySlice>(), Kind::Slice),
        (
            py.Ellipsis().bind(py).get_type(),
            Kind::Singleton("Ellipsis"),
        ),
        (
            py.NotImplemented().bind(py).get_type(),
            Kind::Singleton("NotImplemented"),
        ),
        (
            py.get_type::<PyModule>(),
            Kind::Never("a module has no version"),
        ),
        (py.get_type::<PyType>(), Kind::Class),
    ];
    if let Some((_, kind)) = exact.iter().find(|(exact, _)| exact.is(class)) {
        return Some(*kind);
    }
    let named = [
        ("MappingProxyType", Kind::MappingProxy),
        ("FunctionType", Kind::Function),
        ("BuiltinFunctionType", Kind::Method),
        ("MethodType", Kind::Method),
        (
            "GeneratorType",
            Kind::Never("reading a generator changes it"),
        ),
        ("CoroutineType", Kind::Never("a coroutine runs only once")),
    ];
    let types = py.import("types").ok()?;
    named
        .iter()
        .find(|(name, _)| types.getattr(*name).is_ok_and(|named| named.is(class)))
        .map(|(_, kind)| *kind)
}

fn of_standard_library(class: &Bound<'_, PyType>) -> Option<Kind> {
    const NAMED: [(&str, &str, Kind); 21] = [
        ("datetime", "datetime", Kind::Reduced("datetime.datetime")),
        ("datetime", "date", Kind::Reduced("datetime.date")),
        ("datetime", "time", Kind::Reduced("datetime.time")),
        ("datetime", "timedelta", Kind::Reduced("datetime.timedelta")),
        ("datetime", "timezone", Kind::Reduced("datetime.timezone")),
        ("decimal", "Decimal", Kind::Reduced("decimal.Decimal")),
        ("fractions", "Fraction", Kind::Fraction),
        ("uuid", "UUID", Kind::Uuid),
        ("pathlib", "PurePath", Kind::Path("PurePath")),
        ("pathlib", "PurePosixPath", Kind::Path("PurePosixPath")),
        ("pathlib", "PureWindowsPath", Kind::Path("PureWindowsPath")),
        ("pathlib", "PosixPath", Kind::Path("PosixPath")),
        ("pathlib", "WindowsPath", Kind::Path("WindowsPath")),
        ("contextvars", "ContextVar", Kind::ContextVariable),
        (
            "contextvars",
            "Context",
            Kind::Never("a context has no version"),
        ),
        ("weakref", "ref", Kind::WeakReference),
        ("weakref", "ProxyType", Kind::WeakReference),
        ("weakref", "CallableProxyType", Kind::WeakReference),
        ("weakref", "WeakValueDictionary", Kind::WeakContainer),
        ("weakref", "WeakKeyDictionary", Kind::WeakContainer),
        ("weakref", "WeakSet", Kind::WeakContainer),
    ];
    let py = class.py();
    NAMED
        .iter()
        .find(|(module, name, _)| member(py, module, name).is_some_and(|named| named.is(class)))
        .map(|(_, _, kind)| *kind)
}

/// Scalars whose type alone tells the element type.
const SCALARS: [&str; 22] = [
    "|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<f16",
    "<c8", "<c16", "<c32", ">i2", ">i4", ">i8", ">f4", ">f8", ">c16",
];

fn of_numpy(class: &Bound<'_, PyType>) -> PyResult<Option<Kind>> {
    let py = class.py();
    let Some(types) = numpy::types(py) else {
        return Ok(None);
    };
    if types.ndarray.is(class) || types.memmap.is(class) {
        return Ok(Some(Kind::Array));
    }
    if class.is_subclass(types.ndarray.bind(py))? {
        let masked = member(py, "numpy.ma", "MaskedArray");
        let exact = masked.is_some_and(|masked| masked.is(class));
        return Ok(Some(if exact {
            Kind::MaskedArray
        } else {
            Kind::ArraySubclass
        }));
    }
    if class.is_subclass(types.dtype.bind(py))? {
        return Ok(Some(Kind::Dtype));
    }
    for (name, kind) in [("ufunc", Kind::Ufunc), ("vectorize", Kind::Vectorized)] {
        if member(py, "numpy", name).is_some_and(|named| named.is(class)) {
            return Ok(Some(kind));
        }
    }
    if !class.is_subclass(types.generic.bind(py))? {
        return Ok(None);
    }
    let name: String = class.name()?.extract()?;
    let own = member(py, "numpy", &name).is_some_and(|named| named.is(class));
    Ok(match name.as_str() {
        _ if !own => None,
        "str_" => Some(Kind::NumpyText),
        "bytes_" => Some(Kind::NumpyBytes),
        "void" => Some(Kind::NumpyVoid),
        "object_" => None,
        "datetime64" | "timedelta64" => Some(Kind::NumpyScalar(None)),
        _ => {
            let text: String = types
                .dtype
                .bind(py)
                .call1((class,))?
                .getattr("str")?
                .extract()?;
            let known = SCALARS.iter().find(|known| **known == text);
            Some(Kind::NumpyScalar(known.copied()))
        }
    })
}

fn of_frames(class: &Bound<'_, PyType>) -> PyResult<Option<Kind>> {
    const FRAMES: [(&str, &str, Kind); 9] = [
        ("pandas", "DataFrame", Kind::Pandas(PandasKind::DataFrame)),
        ("pandas", "Series", Kind::Pandas(PandasKind::Series)),
        (
            "pandas.api.extensions",
            "ExtensionArray",
            Kind::Pandas(PandasKind::Array),
        ),
        ("polars", "DataFrame", Kind::Polars(PolarsKind::DataFrame)),
        ("polars", "Series", Kind::Polars(PolarsKind::Series)),
        ("pyarrow", "Table", Kind::Arrow(ArrowKind::Table)),
        (
            "pyarrow",
            "RecordBatch",
            Kind::Arrow(ArrowKind::RecordBatch),
        ),
        (
            "pyarrow",
            "ChunkedArray",
            Kind::Arrow(ArrowKind::ChunkedArray),
        ),
        ("pyarrow", "Array", Kind::Arrow(ArrowKind::Array)),
    ];
    for (module, name, kind) in FRAMES {
        if let Some(frame) = member(class.py(), module, name)
            && class.is_subclass(&frame)?
        {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}
