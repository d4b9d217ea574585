//! Where are the elements of a numpy array?
//!
//! The first fields of `PyArrayObject` are part of numpy's stable binary interface, so they are
//! read where they lie: asking through attributes would cost ten times what a known array may
//! cost. Everything `unsafe` about that is in this file. Numpy is never imported here: where nobody
//! imported it, there is no array.

use std::ffi::{c_char, c_int};

use crate::once::Once;
use pyo3::prelude::*;
use pyo3::types::PyType;
use pyo3::{ffi, intern};
use remade::version::array::Layout;

pub(crate) mod dtype;

/// The types that are compared by identity.
pub(crate) struct Types {
    pub(crate) ndarray: Py<PyType>,
    pub(crate) memmap: Py<PyType>,
    pub(crate) generic: Py<PyType>,
    pub(crate) dtype: Py<PyType>,
}

static TYPES: Once<Types> = Once::new();

/// The types of numpy, if it has been imported.
#[inline]
pub(crate) fn types(py: Python<'_>) -> Option<&'static Types> {
    match TYPES.get(py) {
        Some(types) => Some(types),
        None => find(py),
    }
}

#[cold]
fn find(py: Python<'_>) -> Option<&'static Types> {
    let numpy = crate::value::imported(py, "numpy")?;
    let get = |name: &str| -> Option<Py<PyType>> {
        let class = numpy.getattr(name).ok()?;
        Some(class.cast_into::<PyType>().ok()?.unbind())
    };
    let types = Types {
        ndarray: get("ndarray")?,
        memmap: get("memmap")?,
        generic: get("generic")?,
        dtype: get("dtype")?,
    };
    Some(TYPES.get_or_init(py, || types))
}

/// `PyArrayObject_fields` up to the flags, as numpy 1.x and 2.x both lay it out.
#[repr(C)]
struct Fields {
    head: ffi::PyObject,
    data: *mut c_char,
    dimensions: c_int,
    shape: *const isize,
    strides: *const isize,
    base: *mut ffi::PyObject,
    descr: *mut ffi::PyObject,
    flags: c_int,
}

const WRITEABLE: c_int = 0x0400;

/// A reference that has been checked to be an array, of `ndarray` or of a subclass.
#[derive(Clone, Copy)]
pub(crate) struct Array<'a, 'py>(&'a Bound<'py, PyAny>);

impl<'a, 'py> Array<'a, 'py> {
    /// The value as an array, if it is one.
    #[inline]
    pub(crate) fn new(value: &'a Bound<'py, PyAny>) -> Option<Array<'a, 'py>> {
        let ndarray = types(value.py())?.ndarray.as_ptr().cast();
        // SAFETY: both are types, and a type outlives its instance.
        let is_array = unsafe {
            let class = ffi::Py_TYPE(value.as_ptr());
            class == ndarray || ffi::PyType_IsSubtype(class, ndarray) != 0
        };
        is_array.then_some(Array(value))
    }

    #[inline]
    fn fields(&self) -> &'a Fields {
        // SAFETY: `new` checked the type, whose instances begin with these fields; the reference
        // keeps the array alive, and the interpreter lock is held while `'py` lasts.
        unsafe { &*self.0.as_ptr().cast::<Fields>() }
    }

    pub(crate) fn value(&self) -> &'a Bound<'py, PyAny> {
        self.0
    }

    /// The address of the first element.
    #[inline]
    pub(crate) fn data(&self) -> usize {
        self.fields().data as usize
    }

    /// Valid until the array is reshaped in place: use it before other Python code can run.
    #[inline]
    pub(crate) fn shape(&self) -> &'a [usize] {
        let fields = self.fields();
        if fields.dimensions == 0 {
            return &[];
        }
        // SAFETY: numpy keeps `dimensions` lengths there, none of them negative.
        unsafe { std::slice::from_raw_parts(fields.shape.cast(), fields.dimensions as usize) }
    }

    /// Valid as long as [`Array::shape`].
    #[inline]
    pub(crate) fn strides(&self) -> &'a [isize] {
        let fields = self.fields();
        if fields.dimensions == 0 {
            return &[];
        }
        // SAFETY: numpy keeps `dimensions` strides there.
        unsafe { std::slice::from_raw_parts(fields.strides, fields.dimensions as usize) }
    }

    #[inline]
    pub(crate) fn layout(&self, itemsize: usize) -> Layout<'a> {
        Layout {
            shape: self.shape(),
            strides: self.strides(),
            itemsize,
        }
    }

    /// The address range of the elements.
    pub(crate) fn span(&self, itemsize: usize) -> Option<(usize, usize)> {
        let (low, high) = self.layout(itemsize).extent()?;
        let data = self.data();
        Some((
            data.checked_add_signed(low)?,
            data.checked_add_signed(high)?,
        ))
    }

    #[inline]
    pub(crate) fn descr(&self) -> Bound<'py, PyAny> {
        // SAFETY: an array always has an element type.
        unsafe { Bound::from_borrowed_ptr(self.0.py(), self.fields().descr) }
    }

    #[inline]
    pub(crate) fn descr_address(&self) -> usize {
        self.fields().descr as usize
    }

    pub(crate) fn is_writeable(&self) -> bool {
        self.fields().flags & WRITEABLE != 0
    }

    /// Whose memory it is, where that is not an array: a memory map, bytes, a capsule.
    pub(crate) fn has_foreign_base(&self) -> bool {
        !self.fields().base.is_null()
    }

    /// The array that the memory belongs to, as far as arrays tell.
    #[inline]
    pub(crate) fn root(&self) -> Bound<'py, PyAny> {
        let mut current = self.0.clone();
        loop {
            let base = match Array::new(&current) {
                Some(array) => array.fields().base,
                None => return current,
            };
            // SAFETY: a base is null or an object that the array keeps alive.
            let Some(base) = (unsafe { Bound::from_borrowed_ptr_or_opt(self.0.py(), base) }) else {
                return current;
            };
            if Array::new(&base).is_none() {
                return current;
            }
            current = base;
        }
    }
}

/// Memory of an array that is kept alive by the caller.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    start: usize,
    length: usize,
}

impl Memory {
    /// The bytes between two addresses.
    pub(crate) fn between(low: usize, high: usize) -> Memory {
        Memory {
            start: low,
            length: high - low,
        }
    }

    /// The bytes.
    ///
    /// # Safety
    ///
    /// The array the addresses came from must be alive, its memory where it was, for as long as
    /// the slice is used. Other threads may write to it meanwhile, as with every reader of an
    /// array that lets the lock go: then the digest is of no state at all, and matches nothing.
    pub(crate) unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.length == 0 {
            return &[];
        }
        unsafe { std::slice::from_raw_parts(self.start as *const u8, self.length) }
    }
}

/// The array as a plain `ndarray` whose C order is the order of memory, in one dimension.
pub(crate) fn in_memory_order<'py>(
    array: Array<'_, 'py>,
    itemsize: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let py = array.value().py();
    let shape_len = array.shape().len();
    let (axes, flipped) = remade::version::array::memory_axes(array.layout(itemsize));
    let mut order: Vec<usize> = (0..shape_len).filter(|axis| !axes.contains(axis)).collect();
    order.extend(&axes);
    let ndarray = types(py).map(|types| types.ndarray.bind(py).clone());
    let mut view = array
        .value()
        .call_method1(intern!(py, "view"), (ndarray,))?;
    for axis in flipped {
        let mut index: Vec<Bound<'py, PyAny>> = Vec::new();
        for other in 0..shape_len {
            let step = if other == axis { -1 } else { 1 };
            index.push(pyo3::types::PySlice::full(py).into_any());
            if step < 0 {
                let builtins = py.import("builtins")?;
                index[other] = builtins
                    .getattr("slice")?
                    .call1((py.None(), py.None(), step))?;
            }
        }
        view = view.get_item(pyo3::types::PyTuple::new(py, index)?)?;
    }
    if shape_len > 1 {
        view = view.call_method1(intern!(py, "transpose"), (order,))?;
    }
    view.call_method0(intern!(py, "ravel"))
}
