//! What do the NIfTI persisters ask of the engine?

mod load;
mod save;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use remade::persist::nifti::{self, Affine, Header, Input, Nifti, NiftiError};
use std::path::{Path, PathBuf};

use crate::errors::CorruptFileError;

pub(crate) use load::{is_mapped, load, load_nifti};
pub(crate) use save::{check_target, save, save_nifti};

/// The header and extensions of a file, without what follows its data.
#[pyfunction]
pub(crate) fn nifti_header(py: Python<'_>, filename: PathBuf) -> PyResult<Bound<'_, PyBytes>> {
    let path = nifti::pair(&filename).map_or(filename, |(header, _)| header);
    let file = crate::write::open(&path)?;
    let found = Nifti::header_of(Input::File(&file), &path);
    template(py, found.map_err(|error| to_error(py, error))?)
}

/// The same of a header in memory.
#[pyfunction]
pub(crate) fn nifti_template<'py>(py: Python<'py>, header: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    template(py, parse(header).map_err(|error| to_error(py, error))?)
}

fn template(
    py: Python<'_>,
    (header, extensions): (Header, Vec<u8>),
) -> PyResult<Bound<'_, PyBytes>> {
    if header.is_cifti() {
        return Err(PyValueError::new_err(
            "header= is that of a CIFTI file, whose matrix belongs to other data; give the header \
             of an image of voxels",
        ));
    }
    Ok(PyBytes::new(py, &unparse(&header.template(), &extensions)))
}

fn to_error(py: Python<'_>, error: NiftiError) -> PyErr {
    let text = crate::files::chain(&error);
    match error {
        NiftiError::Io { source, path, .. } if source.raw_os_error().is_some() => {
            crate::write::os_error(&source, &path)
        }
        NiftiError::Io { .. } => PyOSError::new_err(text),
        NiftiError::Corrupt { path, at, .. } => {
            let error = CorruptFileError::new_err(text);
            let told = error.value(py);
            let set = told
                .setattr("path", path.display().to_string())
                .and_then(|()| told.setattr("position", at));
            set.err().unwrap_or(error)
        }
        _ => PyValueError::new_err(text),
    }
}

/// What of Python's side needs nibabel, or numpy's conversions.
fn helpers(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "remade._nifti"))
}

/// The options of a persister, or of its class.
struct Options<'py> {
    header: Option<Bound<'py, PyBytes>>,
    dtype: Option<String>,
    affine: Option<Affine>,
    image: bool,
    is_reversed: bool,
    mode: Option<String>,
}

impl<'py> Options<'py> {
    fn of(persister: &Bound<'py, PyAny>) -> PyResult<Options<'py>> {
        let py = persister.py();
        let order: Option<String> = persister.getattr(intern!(py, "order"))?.extract()?;
        Ok(Options {
            header: persister.getattr(intern!(py, "header"))?.extract()?,
            dtype: persister.getattr(intern!(py, "dtype"))?.extract()?,
            affine: to_affine(&persister.getattr(intern!(py, "affine"))?)?,
            image: persister.getattr(intern!(py, "image"))?.is_truthy()?,
            is_reversed: order.as_deref() == Some("tzyx"),
            mode: match persister.getattr_opt(intern!(py, "mode"))? {
                Some(mode) => mode.extract()?,
                None => None,
            },
        })
    }
}

fn to_affine(rows: &Bound<'_, PyAny>) -> PyResult<Option<Affine>> {
    if rows.is_none() {
        return Ok(None);
    }
    let rows: [[f64; 4]; 4] = rows.extract()?;
    Ok(Some(rows))
}

/// The header and extensions in bytes that `Nifti::header_of` understands.
fn parse(header: &[u8]) -> Result<(Header, Vec<u8>), NiftiError> {
    Nifti::header_of(Input::Bytes(header), Path::new("header.hdr"))
}

/// As [`parse`], of the header that a persister was made with.
fn unparse(header: &Header, extensions: &[u8]) -> Vec<u8> {
    let mut bytes = header.bytes().to_vec();
    bytes.extend_from_slice(&[u8::from(!extensions.is_empty()), 0, 0, 0]);
    bytes.extend_from_slice(extensions);
    bytes
}
