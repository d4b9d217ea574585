//! How does an array or an image become a NIfTI file?

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use remade::persist::nifti::{self, Affine, Conversion, Element, Header};
use remade::version::Version;
use remade::version::array::{Layout, array_version};
use std::fs::File;
use std::path::{Path, PathBuf};

use super::{Options, helpers, parse, to_affine, to_error};
use crate::arrays::{LONG, numpy};
use crate::numpy::{Array, Memory, dtype, types};

/// What is known of a value that was saved.
pub(crate) struct Kept {
    /// The digest of the bytes of the file.
    pub(crate) file: Version,
    /// The digest of header and elements.
    pub(crate) content: Version,
    /// The version of the array that loading gives, where that can be told.
    pub(crate) loaded: Option<Version>,
    /// Whether that is exactly what was saved.
    pub(crate) is_exact: bool,
}

const IDENTITY: Affine = [
    [1.0, 0.0, 0.0, 0.0],
    [0.0, 1.0, 0.0, 0.0],
    [0.0, 0.0, 1.0, 0.0],
    [0.0, 0.0, 0.0, 1.0],
];

/// Writes an array or an image by hand: `NiftiFile(path).save(value)`.
#[pyfunction]
pub(crate) fn save_nifti(
    filename: PathBuf,
    value: &Bound<'_, PyAny>,
    persister: &Bound<'_, PyAny>,
) -> PyResult<()> {
    check_target(&filename)?;
    crate::write::replace_with(&filename, |file, path| {
        put(value, file, path, persister, false).map(drop)
    })
}

/// Refuses names that only reading knows.
pub(crate) fn check_target(path: &Path) -> PyResult<()> {
    match nifti::container(path) {
        Some((nifti::Container::Single, _)) => Ok(()),
        _ => Err(PyValueError::new_err(format!(
            "{}: pairs of files are read, not written; name it .nii or .nii.gz",
            path.display()
        ))),
    }
}

/// How the elements of an array go into a file.
fn element(array: &Bound<'_, PyAny>) -> PyResult<(Element, Conversion)> {
    let py = array.py();
    let dtype = array.getattr(intern!(py, "dtype"))?;
    let text: String = dtype.getattr(intern!(py, "str"))?.extract()?;
    let names = dtype.getattr(intern!(py, "names"))?;
    let refused = || {
        PyTypeError::new_err(format!(
            "a NIfTI file keeps numbers of at most 64 bits, and this array has elements of type \
             {dtype}: save it with NumpyFile or PickleFile, or return an array of numbers"
        ))
    };
    if !names.is_none() {
        let fields: Vec<String> = names.extract()?;
        let colours = py.import("numpy")?.call_method1(
            "dtype",
            (fields.iter().map(|name| (name, "u1")).collect::<Vec<_>>(),),
        )?;
        let letters: String = fields.concat();
        let found = match letters.as_str() {
            "RGB" => Element::Rgb,
            "RGBA" => Element::Rgba,
            _ => return Err(refused()),
        };
        if !dtype.eq(colours)? {
            return Err(refused());
        }
        return Ok((found, Conversion::Keep));
    }
    let is_big = text.starts_with('>');
    let swapped = |is_half: bool| match (is_half, is_big) {
        (true, true) => Conversion::SwappedHalf,
        (true, false) => Conversion::Half,
        (false, true) => Conversion::Swap,
        (false, false) => Conversion::Keep,
    };
    match text.get(1..) {
        Some("b1") => Ok((Element::U8, Conversion::Truth)),
        Some("f2") => Ok((Element::F32, swapped(true))),
        Some(name) => {
            let found = Element::from_name(name).filter(|element| element.is_number());
            Ok((found.ok_or_else(refused)?, swapped(false)))
        }
        None => Err(refused()),
    }
}

/// Refuses what is no array of numbers, and says what to do.
fn check_value<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    if Array::new(value).is_none() {
        return Err(PyTypeError::new_err(format!(
            "a NIfTI file keeps an array of numpy or an image of nibabel, not {}: return an array, \
             or save it with PickleFile",
            crate::value::short_form(value)
        )));
    }
    let numpy = numpy(py)?;
    if value.is_instance(&numpy.getattr("ma")?.getattr("MaskedArray")?)? {
        return Err(PyTypeError::new_err(
            "a NIfTI file has no place for the mask of a masked array: save it with PickleFile, or \
             return value.filled(...)",
        ));
    }
    numpy.call_method1(intern!(py, "asarray"), (value,))
}

fn check_shape(shape: &[usize]) -> PyResult<()> {
    if shape.is_empty() || shape.len() > 7 || shape.contains(&0) {
        return Err(PyValueError::new_err(format!(
            "a NIfTI file keeps one to seven dimensions, each at least 1, and this array has the \
             shape {shape:?}: reshape it, or save it with NumpyFile"
        )));
    }
    Ok(())
}

/// Whether the affine of a header is this one, in the precision of the header.
fn agrees(header: &Header, affine: &Affine) -> bool {
    let Ok(own) = header.affine() else {
        return false;
    };
    let pairs = || own.iter().flatten().zip(affine.iter().flatten());
    let largest = pairs().fold(0.0_f64, |most, (_, number)| most.max(number.abs()));
    pairs().all(|(one, other)| (one - other).abs() <= 1e-6 * largest)
}

/// Writes the value to an open, empty file.
pub(crate) fn save<'py>(
    value: &Bound<'py, PyAny>,
    file: &File,
    path: &Path,
    persister: &Bound<'py, PyAny>,
) -> PyResult<Kept> {
    let kept = put(value, file, path, persister, true)?;
    kept.ok_or_else(|| PyValueError::new_err("what was written has no version"))
}

/// As [`save`]; without versions if nobody asks for them.
fn put<'py>(
    value: &Bound<'py, PyAny>,
    file: &File,
    path: &Path,
    persister: &Bound<'py, PyAny>,
    is_versioned: bool,
) -> PyResult<Option<Kept>> {
    let py = value.py();
    let options = Options::of(persister)?;
    let (array, own) = parts(value)?;
    let array = check_value(&array)?;
    let (element, conversion) = element(&array)?;
    let known =
        Array::new(&array).ok_or_else(|| PyTypeError::new_err("numpy.asarray gave no array"))?;
    check_shape(known.shape())?;

    let is_reversed = options.is_reversed && own.is_none();
    let (mut shape, mut strides) = (known.shape().to_vec(), known.strides().to_vec());
    if is_reversed {
        shape.reverse();
        strides.reverse();
    }
    let (header, extensions) = header(py, &options, own, &shape, element, path)?;

    let about = dtype::of_array(known)?;
    let layout = Layout {
        shape: &shape,
        strides: &strides,
        itemsize: about.itemsize,
    };
    let (low, high) = known
        .span(about.itemsize)
        .ok_or_else(|| PyValueError::new_err("the array reaches outside the address space"))?;
    let (start, memory) = (known.data() - low, Memory::between(low, high));
    let write = || {
        // SAFETY: `array` keeps the memory alive until the file is written.
        let memory = unsafe { memory.bytes() };
        let image = nifti::Image {
            header,
            extensions: &extensions,
            layout,
            conversion,
            memory,
            start,
        };
        if is_versioned {
            nifti::save(file, path, image).map(Some)
        } else {
            nifti::save_unversioned(file, path, image).map(|()| None)
        }
    };
    let written = if high - low > LONG {
        py.detach(write)
    } else {
        write()
    }
    .map_err(|error| to_error(py, error))?;
    let Some(written) = written else {
        return Ok(None);
    };

    let loaded = loaded_version(&options, element, &shape, written.elements);
    let is_plain = types(py).is_some_and(|types| value.get_type().is(&types.ndarray));
    let lies_so = layout.is_f_contiguous() && is_reversed == options.is_reversed;
    Ok(Some(Kept {
        file: written.file,
        content: written.content,
        is_exact: loaded.is_some()
            && is_plain
            && lies_so
            && conversion == Conversion::Keep
            && about.survives_file,
        loaded,
    }))
}

/// The header of an image, as bytes, and its affine.
type Own<'py> = (Bound<'py, PyBytes>, Option<Affine>);

/// The elements of a value, and what an image says of them.
fn parts<'py>(value: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyAny>, Option<Own<'py>>)> {
    let py = value.py();
    let is_image = crate::value::imported(py, "nibabel").is_some()
        && helpers(py)?
            .call_method1("is_image", (value,))?
            .is_truthy()?;
    if !is_image {
        return Ok((value.clone(), None));
    }
    let (array, header, affine): (Bound<'_, PyAny>, Bound<'_, PyBytes>, Bound<'_, PyAny>) =
        helpers(py)?
            .call_method1("image_parts", (value,))?
            .extract()?;
    Ok((array, Some((header, to_affine(&affine)?))))
}

/// The header and the extensions to be written. What the persister says goes before what the image
/// says.
fn header(
    py: Python<'_>,
    options: &Options<'_>,
    own: Option<Own<'_>>,
    shape: &[usize],
    element: Element,
    path: &Path,
) -> PyResult<(Header, Vec<u8>)> {
    let invalid =
        |source: nifti::Malformed| PyValueError::new_err(format!("{}: {source}", path.display()));
    let (template, affine) = match (&options.header, own) {
        (Some(header), _) => (Some(header.clone()), options.affine),
        (None, Some((header, affine))) => (Some(header), options.affine.or(affine)),
        (None, None) => (None, options.affine),
    };
    let lengths: Vec<u64> = shape.iter().map(|length| *length as u64).collect();
    let Some(template) = template else {
        let mut header = Header::new(&lengths, element).map_err(invalid)?;
        header
            .set_affine(&affine.unwrap_or(IDENTITY))
            .map_err(invalid)?;
        return Ok((header, Vec::new()));
    };
    let (mut header, extensions) =
        parse(template.as_bytes()).map_err(|error| to_error(py, error))?;
    header.describe(&lengths, element).map_err(invalid)?;
    if let Some(affine) = affine.filter(|affine| !agrees(&header, affine)) {
        header.set_affine(&affine).map_err(invalid)?;
    }
    Ok((header, extensions))
}

/// The version of the array that loading gives, which lies in memory as the file does. None where
/// loading gives something else than the elements in the file. `shape`: with x first.
fn loaded_version(
    options: &Options<'_>,
    element: Element,
    shape: &[usize],
    elements: Version,
) -> Option<Version> {
    let text = format!(
        "{}{}",
        if element.part() > 1 { "<" } else { "|" },
        element.name()
    );
    let casts = options.dtype.as_ref().is_some_and(|dtype| *dtype != text);
    if !element.is_number() || options.image || casts {
        return None;
    }
    let mut shape = shape.to_vec();
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = element.size() as isize;
    for length in &shape {
        strides.push(stride);
        stride = stride.saturating_mul(*length as isize);
    }
    if options.is_reversed {
        shape.reverse();
        strides.reverse();
    }
    let layout = Layout {
        shape: &shape,
        strides: &strides,
        itemsize: element.size(),
    };
    Some(array_version(&text, layout, elements))
}
