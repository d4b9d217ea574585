//! How does an array or an image become a NIfTI file, and a file an array or an image again?

use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use remade::make::Content;
use remade::persist::nifti::{self, Affine, Conversion, Element, Header, Input, Nifti, NiftiError};
use remade::version::Version;
use remade::version::array::{Layout, array_version};
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::arrays::{LONG, fill, numpy, python_file};
use crate::errors::CorruptFileError;
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
    let is_image = crate::value::imported(py, "nibabel").is_some()
        && helpers(py)?
            .call_method1("is_image", (value,))?
            .is_truthy()?;
    let (array, own) = if is_image {
        let (array, header, affine): (Bound<'_, PyAny>, Bound<'_, PyBytes>, Bound<'_, PyAny>) =
            helpers(py)?
                .call_method1("image_parts", (value,))?
                .extract()?;
        (array, Some((header, to_affine(&affine)?)))
    } else {
        (value.clone(), None)
    };
    let array = check_value(&array)?;
    let (element, conversion) = element(&array)?;
    let known =
        Array::new(&array).ok_or_else(|| PyTypeError::new_err("numpy.asarray gave no array"))?;
    check_shape(known.shape())?;

    // What the persister says goes before what the image says.
    let invalid =
        |source: nifti::Malformed| PyValueError::new_err(format!("{}: {source}", path.display()));
    let (template, affine) = match (&options.header, own) {
        (Some(header), _) => (Some(header.clone()), options.affine),
        (None, Some((header, affine))) => (Some(header), options.affine.or(affine)),
        (None, None) => (None, options.affine),
    };
    let is_reversed = options.is_reversed && !is_image;
    let (mut shape, mut strides) = (known.shape().to_vec(), known.strides().to_vec());
    if is_reversed {
        shape.reverse();
        strides.reverse();
    }
    let lengths: Vec<u64> = shape.iter().map(|length| *length as u64).collect();
    let (header, extensions) = match &template {
        Some(template) => {
            let (mut header, extensions) =
                parse(template.as_bytes()).map_err(|error| to_error(py, error))?;
            header.describe(&lengths, element).map_err(invalid)?;
            if let Some(affine) = affine.filter(|affine| !agrees(&header, affine)) {
                header.set_affine(&affine).map_err(invalid)?;
            }
            (header, extensions)
        }
        None => {
            let mut header = Header::new(&lengths, element).map_err(invalid)?;
            header
                .set_affine(&affine.unwrap_or(IDENTITY))
                .map_err(invalid)?;
            (header, Vec::new())
        }
    };

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
        if is_versioned {
            nifti::save(
                file,
                path,
                header,
                &extensions,
                layout,
                conversion,
                memory,
                start,
            )
            .map(Some)
        } else {
            nifti::save_unversioned(
                file,
                path,
                header,
                &extensions,
                layout,
                conversion,
                memory,
                start,
            )
            .map(|()| None)
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

    // The loaded array lies in memory as the file does.
    let text = format!(
        "{}{}",
        if element.part() > 1 { "<" } else { "|" },
        element.name()
    );
    let casts = options.dtype.as_ref().is_some_and(|dtype| *dtype != text);
    let mut loaded_shape = shape.clone();
    let mut loaded_strides = Vec::with_capacity(shape.len());
    let mut stride = element.size() as isize;
    for length in &shape {
        loaded_strides.push(stride);
        stride = stride.saturating_mul(*length as isize);
    }
    if options.is_reversed {
        loaded_shape.reverse();
        loaded_strides.reverse();
    }
    let tells = element.is_number() && !options.image && !casts;
    let loaded = tells.then(|| {
        let layout = Layout {
            shape: &loaded_shape,
            strides: &loaded_strides,
            itemsize: element.size(),
        };
        array_version(&text, layout, written.elements)
    });
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

const IDENTITY: Affine = [
    [1.0, 0.0, 0.0, 0.0],
    [0.0, 1.0, 0.0, 0.0],
    [0.0, 0.0, 1.0, 0.0],
    [0.0, 0.0, 0.0, 1.0],
];

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
