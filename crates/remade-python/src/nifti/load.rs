//! How does a NIfTI file become an array or an image again?

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use remade::make::Content;
use remade::persist::nifti::{self, Element, Input, Nifti};
use std::fs::File;
use std::path::{Path, PathBuf};

use super::{Options, helpers, to_error, unparse};
use crate::arrays::{LONG, fill, numpy, python_file};

/// The array or the image in a file of a made function.
pub(crate) fn load<'py>(
    py: Python<'py>,
    content: Content,
    path: &Path,
    persister: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    match content {
        Content::Bytes(bytes) => read(py, Source::Bytes(&bytes), None, path, persister),
        Content::File(file) => read(py, Source::File(file), None, path, persister),
    }
}

/// Where a file is read from.
enum Source<'a> {
    Bytes(&'a [u8]),
    File(File),
}

impl Source<'_> {
    fn input(&self) -> Input<'_> {
        match self {
            Source::Bytes(bytes) => Input::Bytes(bytes),
            Source::File(file) => Input::File(file),
        }
    }
}

/// Whether a persister maps its file, which needs the file itself.
pub(crate) fn is_mapped(persister: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(Options::of(persister)?.mode.is_some())
}

fn read<'py>(
    py: Python<'py>,
    source: Source<'_>,
    image: Option<Source<'_>>,
    path: &Path,
    persister: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let options = Options::of(persister)?;
    let second = image.as_ref().map(Source::input);
    let open = || Nifti::open(source.input(), second, path);
    // Even the header may lie behind much that has to be inflated.
    let nifti = py.detach(open).map_err(|error| to_error(py, error))?;
    let header = options
        .image
        .then(|| PyBytes::new(py, &unparse(nifti.header(), nifti.extensions())));
    let name = path.display().to_string();
    let array = match &options.mode {
        Some(mode) => {
            let place = Place::of(&nifti);
            drop(nifti);
            let file = match image.unwrap_or(source) {
                Source::File(file) => file,
                Source::Bytes(_) => return Err(PyValueError::new_err("only a file can be mapped")),
            };
            map(py, file, &place, &options, mode, &name)?
        }
        None => {
            let array = elements(py, nifti)?;
            match &options.dtype {
                Some(dtype) => helpers(py)?.call_method1("cast", (array, dtype, &name))?,
                None => array,
            }
        }
    };
    if let Some(header) = header {
        return helpers(py)?.call_method1("to_image", (array, header));
    }
    if options.is_reversed {
        return array.getattr(intern!(py, "T"));
    }
    Ok(array)
}

/// numpy's element type for elements of this byte order.
fn numpy_dtype<'py>(
    py: Python<'py>,
    element: Element,
    is_big_endian: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let dtype = numpy(py)?.getattr(intern!(py, "dtype"))?;
    let colours = ["R", "G", "B", "A"].map(|name| (name, "u1"));
    match element {
        Element::Rgb => dtype.call1((colours[..3].to_vec(),)),
        Element::Rgba => dtype.call1((colours.to_vec(),)),
        _ => {
            let order = if is_big_endian { ">" } else { "<" };
            dtype.call1((format!("{order}{}", element.name()),))
        }
    }
}

/// Reads all elements, scaled where the header says so.
fn elements<'py>(py: Python<'py>, nifti: Nifti<'_>) -> PyResult<Bound<'py, PyAny>> {
    let shape = PyTuple::new(py, nifti.shape())?;
    let is_scaled = nifti.scaling().is_some();
    let dtype = match (is_scaled, nifti.element().is_complex()) {
        (true, true) => numpy_dtype(py, Element::C128, cfg!(target_endian = "big"))?,
        (true, false) => numpy_dtype(py, Element::F64, cfg!(target_endian = "big"))?,
        (false, _) => numpy_dtype(py, nifti.element(), cfg!(target_endian = "big"))?,
    };
    let size = if is_scaled {
        nifti.numbers().saturating_mul(8)
    } else {
        nifti.data_size()
    };
    let size = usize::try_from(size)
        .map_err(|_| PyValueError::new_err("the array is larger than the address space"))?;
    let array = numpy(py)?.call_method1(intern!(py, "empty"), (shape, dtype, "F"))?;
    fill(&array, size, |memory| {
        let read = || {
            if !is_scaled {
                return nifti.read_into(memory);
            }
            // SAFETY: any bits are a binary64 number, and numpy aligns its memory for them.
            let (before, numbers, after) = unsafe { memory.align_to_mut::<f64>() };
            debug_assert!(before.is_empty() && after.is_empty());
            nifti.read_scaled(numbers)
        };
        let done = if size > LONG { py.detach(read) } else { read() };
        done.map_err(|error| to_error(py, error))
    })?;
    Ok(array)
}

/// What a map needs of a header.
struct Place {
    element: Element,
    is_big_endian: bool,
    scaling: Option<(f64, f64)>,
    shape: Vec<u64>,
    offset: u64,
}

impl Place {
    fn of(nifti: &Nifti<'_>) -> Place {
        Place {
            element: nifti.element(),
            is_big_endian: nifti.header().is_big_endian(),
            scaling: nifti.scaling(),
            shape: nifti.shape().to_vec(),
            offset: nifti.data_offset(),
        }
    }
}

fn map<'py>(
    py: Python<'py>,
    file: File,
    place: &Place,
    options: &Options<'py>,
    mode: &str,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some((slope, inter)) = place.scaling {
        return Err(PyValueError::new_err(format!(
            "{name}: its elements are scaled (slope {slope}, intercept {inter}), so they cannot be \
             mapped as they are; load it with NiftiFile"
        )));
    }
    let dtype = numpy_dtype(py, place.element, place.is_big_endian)?;
    if let Some(wanted) = &options.dtype
        && !dtype
            .call_method1(intern!(py, "newbyteorder"), ("=",))?
            .eq(wanted)?
    {
        return Err(PyValueError::new_err(format!(
            "{name}: its elements are {dtype}, so a map cannot show them as {wanted}; leave out \
             dtype, or load it with NiftiFile"
        )));
    }
    let keywords = PyDict::new(py);
    keywords.set_item("dtype", dtype)?;
    keywords.set_item("mode", mode)?;
    keywords.set_item("offset", place.offset)?;
    keywords.set_item("shape", PyTuple::new(py, &place.shape)?)?;
    keywords.set_item("order", "F")?;
    let python_file = python_file(py, file, "rb")?;
    let map = numpy(py)?.call_method("memmap", (&python_file,), Some(&keywords))?;
    python_file.call_method0("close")?;
    Ok(map)
}

/// Reads an array or an image by hand: `NiftiFile(path).load()`.
#[pyfunction]
pub(crate) fn load_nifti<'py>(
    py: Python<'py>,
    filename: PathBuf,
    persister: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    match nifti::pair(&filename) {
        None => {
            let file = crate::write::open(&filename)?;
            read(py, Source::File(file), None, &filename, persister)
        }
        Some((header, image)) => {
            let header = Source::File(crate::write::open(&header)?);
            let image = Source::File(crate::write::open(&image)?);
            read(py, header, Some(image), &filename, persister)
        }
    }
}
