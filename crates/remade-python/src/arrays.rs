//! How does a numpy array become a `.npy` file, and a file an array again?

use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use remade::make::Content;
use remade::persist::npy::{self, Header, Npy, NpyError};
use remade::version::Version;
use std::fs::File;
use std::path::Path;

use crate::numpy::{Array, Memory};

/// From here on other threads may run meanwhile.
pub(crate) const LONG: usize = 1 << 20;

pub(crate) fn numpy(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "numpy"))
}

fn to_error(error: NpyError) -> PyErr {
    let text = crate::files::chain(&error);
    match error {
        NpyError::Io { source, .. } => match source.raw_os_error() {
            Some(number) => PyOSError::new_err((number, text)),
            None => PyOSError::new_err(text),
        },
        _ => PyValueError::new_err(text),
    }
}

/// What `numpy.save` would make an array of, if that loses nothing.
fn to_array<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let numpy = numpy(py)?;
    if value.is_instance(&numpy.getattr("ma")?.getattr("MaskedArray")?)? {
        return Err(PyTypeError::new_err(
            "a .npy file has no place for the mask of a masked array: save it with PickleFile, or \
             return value.filled(...)",
        ));
    }
    let array = numpy.call_method1("asarray", (value,))?;
    let dtype = array.getattr("dtype")?;
    if dtype.getattr("hasobject")?.is_truthy()? {
        return Err(PyTypeError::new_err(format!(
            "a .npy file keeps elements of plain types, and {} of element type {} would have to be \
             pickled: save it with PickleFile, or return an array of numbers",
            crate::value::short_form(value),
            dtype
        )));
    }
    Ok(array)
}

/// Writes the value to an open, empty file; gives the version that the array will have when it is
/// loaded, where the engine can tell it.
pub(crate) fn save(
    value: &Bound<'_, PyAny>,
    file: &File,
    path: &Path,
) -> PyResult<Option<Version>> {
    let py = value.py();
    let array = to_array(value)?;
    let dtype = array.getattr("dtype")?;
    let descr = format!("'{}'", dtype.getattr("str")?.extract::<String>()?);
    let plain = dtype.getattr("fields")?.is_none() && dtype.getattr("metadata")?.is_none();
    let known = Array::new(&array).filter(|_| plain);
    if let Some(known) = known {
        let itemsize: usize = dtype.getattr("itemsize")?.extract()?;
        let layout = known.layout(itemsize);
        let header = Header::of(&descr, layout)
            .ok()
            .filter(|header| header.element().is_some());
        if let (Some(header), Some((low, high))) = (header, known.span(itemsize)) {
            let start = known.data() - low;
            let memory = Memory::between(low, high);
            let write = || {
                // SAFETY: `array` keeps the memory alive until the file is written.
                let memory = unsafe { memory.bytes() };
                npy::save(file, path, &header, layout, memory, start)
            };
            let version = if high - low > LONG {
                py.detach(write)
            } else {
                write()
            };
            return version.map(Some).map_err(to_error);
        }
    }
    let format = py.import("numpy.lib.format")?;
    let options = PyDict::new(py);
    options.set_item("allow_pickle", false)?;
    let python_file = python_file(py, file.try_clone()?, "wb")?;
    format.call_method("write_array", (&python_file, &array), Some(&options))?;
    python_file.call_method0("close")?;
    Ok(None)
}

pub(crate) fn python_file<'py>(
    py: Python<'py>,
    file: File,
    mode: &str,
) -> PyResult<Bound<'py, PyAny>> {
    use std::os::fd::IntoRawFd;
    py.import("os")?
        .call_method1("fdopen", (file.into_raw_fd(), mode))
}

/// The array in a file.
pub(crate) fn load<'py>(
    py: Python<'py>,
    content: Content,
    path: &Path,
    mmap_mode: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    match content {
        Content::Bytes(bytes) => from_bytes(py, &bytes, path),
        Content::File(file) => from_file(py, file, path, mmap_mode),
    }
}

fn from_bytes<'py>(py: Python<'py>, bytes: &[u8], path: &Path) -> PyResult<Bound<'py, PyAny>> {
    let damaged = |why: String| PyValueError::new_err(format!("{}: {why}", path.display()));
    let header = Header::parse(bytes).map_err(|error| damaged(error.to_string()))?;
    let data = usize::try_from(header.data_offset)
        .ok()
        .and_then(|offset| bytes.get(offset..))
        .ok_or_else(|| damaged("it ends in its header".to_owned()))?;
    let Some(element) = header.element() else {
        return through_numpy(py, PyBytes::new(py, bytes).into_any());
    };
    let expected = header
        .elements()
        .and_then(|count| count.checked_mul(element.size as u64));
    if expected != Some(data.len() as u64) {
        return Err(damaged(format!(
            "expected {expected:?} bytes of elements, found {}",
            data.len()
        )));
    }
    let array = empty(py, &header)?;
    fill(&array, data.len(), |memory| {
        memory.copy_from_slice(data);
        Ok(())
    })?;
    Ok(array)
}

fn from_file<'py>(
    py: Python<'py>,
    file: File,
    path: &Path,
    mmap_mode: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    let npy = Npy::open(file.try_clone()?, path).map_err(to_error)?;
    let header = npy.header();
    if npy.element().is_none() {
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut &file, &mut content)?;
        return through_numpy(py, PyBytes::new(py, &content).into_any());
    }
    if let Some(mode) = mmap_mode
        && npy.data_size() > 0
    {
        let options = PyDict::new(py);
        options.set_item("dtype", dtype(py, header)?)?;
        options.set_item("mode", mode)?;
        options.set_item("offset", header.data_offset)?;
        options.set_item("shape", PyTuple::new(py, &header.shape)?)?;
        options.set_item("order", if header.fortran_order { "F" } else { "C" })?;
        let python_file = python_file(py, file, "rb")?;
        let map = numpy(py)?.call_method("memmap", (&python_file,), Some(&options))?;
        python_file.call_method0("close")?;
        return Ok(map);
    }
    let size = usize::try_from(npy.data_size())
        .map_err(|_| PyValueError::new_err("the array is larger than the address space"))?;
    let array = empty(py, header)?;
    fill(&array, size, |memory| {
        let mut read = || npy.read_into(memory);
        if size > LONG { py.detach(read) } else { read() }.map_err(to_error)
    })?;
    Ok(array)
}

/// Element types that the engine does not know: structured ones. Never unpickles.
fn through_numpy<'py>(py: Python<'py>, bytes: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let options = PyDict::new(py);
    options.set_item("allow_pickle", false)?;
    let stream = py.import("io")?.call_method1("BytesIO", (bytes,))?;
    py.import("numpy.lib.format")?
        .call_method("read_array", (stream,), Some(&options))
}

fn dtype<'py>(py: Python<'py>, header: &Header) -> PyResult<Bound<'py, PyAny>> {
    let text = header.descr.trim_matches(['\'', '"']);
    numpy(py)?.call_method1(intern!(py, "dtype"), (text,))
}

fn empty<'py>(py: Python<'py>, header: &Header) -> PyResult<Bound<'py, PyAny>> {
    let order = if header.fortran_order { "F" } else { "C" };
    let shape = PyTuple::new(py, &header.shape)?;
    numpy(py)?.call_method1(intern!(py, "empty"), (shape, dtype(py, header)?, order))
}

/// Hands out the memory of an array that nobody else has seen yet.
pub(crate) fn fill(
    array: &Bound<'_, PyAny>,
    size: usize,
    write: impl FnOnce(&mut [u8]) -> PyResult<()>,
) -> PyResult<()> {
    if size == 0 {
        return Ok(());
    }
    let fresh = Array::new(array)
        .filter(|array| array.is_writeable())
        .ok_or_else(|| PyTypeError::new_err("numpy.empty gave no writeable array"))?;
    // SAFETY: `numpy.empty` has just made it contiguous and of this size, and only we know it.
    let memory = unsafe { std::slice::from_raw_parts_mut(fresh.data() as *mut u8, size) };
    write(memory)
}

/// Writes an array by hand: `NumpyFile(path).save(value)`.
#[pyfunction]
pub(crate) fn save_npy(filename: std::path::PathBuf, value: &Bound<'_, PyAny>) -> PyResult<()> {
    crate::write::replace_with(&filename, |file, path| save(value, file, path).map(drop))
}

/// Reads an array by hand: `NumpyFile(path).load()`.
#[pyfunction]
#[pyo3(signature = (filename, mmap_mode=None))]
pub(crate) fn load_npy<'py>(
    py: Python<'py>,
    filename: std::path::PathBuf,
    mmap_mode: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    let file = crate::write::open(&filename)?;
    from_file(py, file, &filename, mmap_mode)
}
