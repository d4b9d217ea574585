//! How is a file replaced by hand, without a made function?

use pyo3::exceptions::{PyOSError, PyPermissionError};
use pyo3::prelude::*;
use remade::store::{files, layout};
use std::fs::File;
use std::path::{Path, PathBuf};

/// An `OSError` that names the file, as Python's own do.
pub(crate) fn os_error(error: &std::io::Error, path: &Path) -> PyErr {
    match error.raw_os_error() {
        Some(number) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            PyOSError::new_err((number, text.to_owned(), path.display().to_string()))
        }
        None if error.kind() == std::io::ErrorKind::PermissionDenied => {
            PyPermissionError::new_err(format!("{}: {error}", path.display()))
        }
        None => PyOSError::new_err(format!("{}: {error}", path.display())),
    }
}

/// Writes beside the file and renames over it, so that an earlier file stays whole until the new
/// one is, and a memory map of it keeps its content.
pub(crate) fn replace_with(
    path: &Path,
    write: impl FnOnce(&File, &Path) -> PyResult<()>,
) -> PyResult<()> {
    let staged = layout::staged(path);
    let written = (|| {
        let file = files::create_new(&staged).map_err(|error| os_error(&error, path))?;
        write(&file, path)?;
        files::close(file)
            .and_then(|()| files::rename_over(&staged, path))
            .map_err(|error| os_error(&error, path))
    })();
    if written.is_err() {
        files::discard(&staged);
    }
    written
}

/// Opens a regular file for reading.
pub(crate) fn open(path: &Path) -> PyResult<File> {
    files::open_regular(path).map_err(|error| os_error(&error, path))
}

/// Replaces a file by these bytes.
#[pyfunction]
pub(crate) fn replace_file(filename: PathBuf, content: &[u8]) -> PyResult<()> {
    replace_with(&filename, |file, path| {
        files::write(file, content).map_err(|error| os_error(&error, path))
    })
}
