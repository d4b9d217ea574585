//! How is a value pickled into a file?
//!
//! `pickle.dump` hands on what it has as soon as that is some 64 KB, and it is digested and written at
//! once: so a large pickle never lies in memory as a whole.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use remade::store::pickled::{PickleStream, Pickled};
use remade::version::Version;
use std::fs::File;

use crate::once::Once;

/// Why there is no pickle.
pub(super) enum Failed {
    /// The file could not be written.
    Written(std::io::Error),
    /// The value could not be pickled.
    Raised(PyErr),
}

/// What `pickle.dump` takes for a file.
#[pyclass]
struct Target {
    /// None: it is being written to, or that failed.
    stream: Option<PickleStream>,
    failed: Option<std::io::Error>,
}

#[pymethods]
impl Target {
    fn write(slf: &Bound<'_, Self>, piece: &Bound<'_, PyAny>) -> PyResult<usize> {
        let py = slf.py();
        let bytes = match piece.cast::<PyBytes>() {
            Ok(bytes) => bytes.clone(),
            // A bytearray, or another that has such a buffer.
            Err(_) => py.get_type::<PyBytes>().call1((piece,))?.cast_into()?,
        };
        let piece = bytes.as_bytes();
        let taken = slf.borrow_mut().stream.take();
        let mut stream =
            taken.ok_or_else(|| PyRuntimeError::new_err("this pickle is already written"))?;
        let written = if stream.has_room(piece.len()) {
            stream.write(piece)
        } else {
            py.detach(|| stream.write(piece))
        };
        let mut target = slf.borrow_mut();
        match written {
            Ok(()) => {
                target.stream = Some(stream);
                Ok(piece.len())
            }
            Err(error) => {
                target.failed = Some(error);
                Err(PyRuntimeError::new_err("the file cannot be written"))
            }
        }
    }
}

/// Pickles a value into a new, empty file, which is given back to be closed.
pub(super) fn save(
    value: &Bound<'_, PyAny>,
    file: File,
) -> Result<(File, Pickled, Version), Failed> {
    static DUMP: Once<Py<PyAny>> = Once::new();
    let py = value.py();
    let raised = Failed::Raised;
    let target = Target {
        stream: Some(PickleStream::new(file)),
        failed: None,
    };
    let target = Bound::new(py, target).map_err(raised)?;
    let dump = DUMP.import(py, "pickle", "dump").map_err(raised)?;
    let dumped = dump.call1((value, &target, PROTOCOL));
    let mut target = target.borrow_mut();
    match (dumped, target.failed.take(), target.stream.take()) {
        (_, Some(error), _) => Err(Failed::Written(error)),
        (Err(error), None, _) => Err(raised(error)),
        (Ok(_), None, Some(stream)) => {
            let finished = match stream.is_short() {
                true => stream.finish(),
                false => py.detach(|| stream.finish()),
            };
            finished.map_err(Failed::Written)
        }
        (Ok(_), None, None) => {
            let why = "pickle went on although the file could not be written";
            Err(raised(PyRuntimeError::new_err(why)))
        }
    }
}

/// The newest that every Python from 3.8 on reads.
const PROTOCOL: u8 = 5;
