//! What is the canonical text of an element type, and which bytes of an element count?

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use remade::registry::ByAddress;
use remade::version::array::Element;

use super::Array;

/// What versions need to know of an element type.
#[derive(Debug)]
pub(crate) struct Dtype {
    /// The same in every process: `<f8`, or the fields with their offsets.
    pub(crate) text: String,
    pub(crate) itemsize: usize,
    pub(crate) element: Element,
    /// Whether the bytes are references, so that elements must be asked one by one.
    pub(crate) has_objects: bool,
    /// Whether a `.npy` file gives the type back.
    pub(crate) survives_file: bool,
    /// Whether pickle gives the type back: numpy turns it to the byte order of the machine.
    pub(crate) survives_pickle: bool,
}

/// Element types that cannot change, by address. The references keep the addresses from being used
/// again.
static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
type Known = HashMap<usize, (Py<PyAny>, Arc<Dtype>), ByAddress>;
const MOST_KNOWN: usize = 512;

/// Of the elements of an array.
#[inline]
pub(crate) fn of_array(array: Array<'_, '_>) -> PyResult<Arc<Dtype>> {
    match known(array.descr_address()) {
        Some(dtype) => Ok(dtype),
        None => of(&array.descr()),
    }
}

#[inline]
fn known(address: usize) -> Option<Arc<Dtype>> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .as_ref()?
        .get(&address)
        .map(|(_, dtype)| dtype.clone())
}

/// Of a dtype object.
pub(crate) fn of(object: &Bound<'_, PyAny>) -> PyResult<Arc<Dtype>> {
    let address = object.as_ptr() as usize;
    if let Some(dtype) = known(address) {
        return Ok(dtype);
    }
    let py = object.py();
    let mut text = String::new();
    let mut parts = Parts::default();
    describe(object, 0, &mut text, &mut parts)?;
    let itemsize: usize = object.getattr(intern!(py, "itemsize"))?.extract()?;
    let dtype = Arc::new(Dtype {
        text,
        itemsize,
        element: parts.element(itemsize),
        has_objects: parts.has_objects,
        survives_file: !parts.has_metadata,
        survives_pickle: object.getattr(intern!(py, "isnative"))?.extract()?,
    });
    // Names of fields can be assigned, so only types without fields are kept.
    if !parts.has_fields {
        let entry = (object.clone().unbind(), dtype.clone());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let table = known.get_or_insert_default();
        if table.len() < MOST_KNOWN {
            table.insert(address, entry);
        }
    }
    Ok(dtype)
}

#[derive(Default)]
struct Parts {
    spans: Vec<(usize, usize)>,
    has_objects: bool,
    has_fields: bool,
    has_metadata: bool,
}

impl Parts {
    fn element(&mut self, itemsize: usize) -> Element {
        self.spans.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for &(start, length) in &self.spans {
            match merged.last_mut() {
                Some((first, so_far)) if *first + *so_far >= start => {
                    *so_far = (*so_far).max(start + length - *first);
                }
                _ => merged.push((start, length)),
            }
        }
        if merged == [(0, itemsize)] || itemsize == 0 {
            Element::Whole
        } else {
            Element::Spans(merged)
        }
    }
}

fn describe(
    dtype: &Bound<'_, PyAny>,
    offset: usize,
    text: &mut String,
    parts: &mut Parts,
) -> PyResult<()> {
    let py = dtype.py();
    let metadata = dtype.getattr(intern!(py, "metadata"))?;
    // Before numpy 2.3 a date type that went through pickle has metadata without anything in it.
    if !metadata.is_none() && !metadata.is_empty()? {
        let plain = py.import("builtins")?.getattr("dict")?.call1((metadata,))?;
        let version = crate::registry::content_version(&plain).map_err(PyErr::from)?;
        write_text(text, format_args!("metadata {version} "));
        parts.has_metadata = true;
    }
    let itemsize: usize = dtype.getattr(intern!(py, "itemsize"))?.extract()?;
    let names = dtype.getattr(intern!(py, "names"))?;
    let repeated = dtype.getattr(intern!(py, "subdtype"))?;
    if !names.is_none() {
        parts.has_fields = true;
        let fields = dtype.getattr(intern!(py, "fields"))?;
        write_text(text, format_args!("V{itemsize}{{"));
        for name in names.try_iter()? {
            let name = name?;
            let field = fields.get_item(&name)?.cast_into::<PyTuple>()?;
            let at: usize = field.get_item(1)?.extract()?;
            text.push_str(&ascii(&name)?);
            if field.len() > 2 {
                text.push('/');
                text.push_str(&ascii(&field.get_item(2)?)?);
            }
            write_text(text, format_args!(":{at}:"));
            describe(&field.get_item(0)?, offset + at, text, parts)?;
            text.push(',');
        }
        text.push('}');
        return Ok(());
    }
    if !repeated.is_none() {
        let (base, shape): (Bound<'_, PyAny>, Vec<usize>) = repeated.extract()?;
        write_text(text, format_args!("{shape:?}"));
        let count: usize = shape.iter().product();
        let size: usize = base.getattr(intern!(py, "itemsize"))?.extract()?;
        let before = parts.spans.len();
        describe(&base, offset, text, parts)?;
        let one = parts.spans.split_off(before);
        if one == [(offset, size)] {
            parts.spans.push((offset, size * count));
        } else {
            for number in 0..count {
                let shift = number * size;
                parts
                    .spans
                    .extend(one.iter().map(|&(start, length)| (start + shift, length)));
            }
        }
        return Ok(());
    }
    describe_plain(dtype, offset, itemsize, text, parts)
}

fn describe_plain(
    dtype: &Bound<'_, PyAny>,
    offset: usize,
    itemsize: usize,
    text: &mut String,
    parts: &mut Parts,
) -> PyResult<()> {
    let py = dtype.py();
    let number: i64 = dtype.getattr(intern!(py, "num"))?.extract()?;
    let kind: String = dtype.getattr(intern!(py, "kind"))?.extract()?;
    if (0..24).contains(&number) {
        text.push_str(&dtype.getattr(intern!(py, "str"))?.extract::<String>()?);
    } else {
        // Types of other packages borrow the letters of numpy's own: their class tells them apart.
        let class = dtype.get_type();
        let scalar = dtype.getattr(intern!(py, "type"))?;
        write_text(
            text,
            format_args!(
                "{}.{}/{}/{}",
                class.getattr("__module__")?,
                class.qualname()?,
                scalar.getattr("__qualname__")?,
                dtype.repr()?,
            ),
        );
    }
    parts.has_objects |= dtype.getattr(intern!(py, "hasobject"))?.extract::<bool>()?;
    // The long double of x86 has ten bytes; what follows them in memory is noise.
    let scalars = match (kind.as_str(), itemsize) {
        ("f", 12 | 16) => 1,
        ("c", 24 | 32) => 2,
        _ => 0,
    };
    if scalars > 0 && cfg!(any(target_arch = "x86", target_arch = "x86_64")) {
        let size = itemsize / scalars;
        let is_swapped = text.ends_with(&format!(">{kind}{itemsize}"));
        let first = if is_swapped { size - 10 } else { 0 };
        for scalar in 0..scalars {
            parts.spans.push((offset + scalar * size + first, 10));
        }
    } else {
        parts.spans.push((offset, itemsize));
    }
    Ok(())
}

fn ascii(value: &Bound<'_, PyAny>) -> PyResult<String> {
    let builtins = value.py().import("builtins")?;
    builtins.getattr("ascii")?.call1((value,))?.extract()
}

fn write_text(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(arguments);
}
