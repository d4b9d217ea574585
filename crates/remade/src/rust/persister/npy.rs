//! How is an array of `ndarray` kept in a `.npy` file?

use super::{Failure, Kept, Persister, Stored, Target, named};
use crate::make::Content;
use crate::persist::npy::{self, Header, Npy};
use crate::rust::versioned::{Plain, Versioned, Walk, array_of};
use crate::version::array::Layout;
use memmap2::Mmap;
use ndarray::{Array, ArrayView, ArrayView1, Dimension, ShapeBuilder};
use std::fmt;
use std::path::{Path, PathBuf};

/// An array, in the format of numpy (NEP 1), byte for byte as numpy writes it.
///
/// It keeps an [`ndarray::Array`], a vector of numbers, and a [`MappedArray`], which is not read when
/// it is loaded but mapped into memory.
#[derive(Debug, Clone, Default)]
pub struct NpyFile(Option<PathBuf>);

impl NpyFile {
    /// In the file of this name.
    pub fn new(path: impl Into<PathBuf>) -> NpyFile {
        NpyFile(named(path))
    }
}

const NAME: &str = "remade.NpyFile";

/// An element that a `.npy` file keeps as it lies in memory.
pub trait Element: Plain + Clone + Default + Versioned {
    /// Elements from bytes. None: these are none.
    #[doc(hidden)]
    fn read(
        count: usize,
        read: impl FnOnce(&mut [u8]) -> Result<(), Failure>,
    ) -> Result<Vec<Self>, Failure>;

    /// A row of them in a map. None: it holds what is no element.
    #[doc(hidden)]
    fn cast(bytes: &[u8]) -> Option<&[Self]>;
}

macro_rules! elements {
    ($($number:ty),*) => {$(
        impl Element for $number {
            fn read(
                count: usize,
                read: impl FnOnce(&mut [u8]) -> Result<(), Failure>,
            ) -> Result<Vec<$number>, Failure> {
                let mut elements = vec![<$number>::default(); count];
                read(bytemuck::cast_slice_mut(&mut elements))?;
                Ok(elements)
            }

            fn cast(bytes: &[u8]) -> Option<&[$number]> {
                bytemuck::try_cast_slice(bytes).ok()
            }
        }
    )*};
}

elements!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64);

impl Element for bool {
    fn read(
        count: usize,
        read: impl FnOnce(&mut [u8]) -> Result<(), Failure>,
    ) -> Result<Vec<bool>, Failure> {
        let mut bytes = vec![0; count];
        read(&mut bytes)?;
        match bool::cast(&bytes) {
            Some(elements) => Ok(elements.to_vec()),
            None => Err("a byte is neither true nor false".into()),
        }
    }

    fn cast(bytes: &[u8]) -> Option<&[bool]> {
        bytemuck::checked::try_cast_slice(bytes).ok()
    }
}

fn save<A: Element, D: Dimension>(
    array: ArrayView<'_, A, D>,
    target: &mut Target<'_>,
) -> Result<Kept, Failure> {
    let size = size_of::<A>();
    let strides: Vec<isize> = array
        .strides()
        .iter()
        .map(|one| one * size as isize)
        .collect();
    let layout = Layout {
        shape: array.shape(),
        strides: &strides,
        itemsize: size,
    };
    let is_whole = layout.is_c_contiguous() || layout.is_f_contiguous();
    let Some(elements) = array.as_slice_memory_order().filter(|_| is_whole) else {
        // No file keeps it as it lies: in C order, as numpy does.
        return save(array.as_standard_layout().view(), target);
    };
    let path = target.path().to_owned();
    let header = Header::of(&format!("'{}'", A::DTYPE), layout)?;
    let bytes = bytemuck::cast_slice(elements);
    let version = npy::save(target.file()?, &path, &header, layout, bytes, 0)?;
    Ok(Kept::Array(version))
}

/// The header, checked against the types asked for.
fn check<A: Element, D: Dimension>(header: &Header) -> Result<D, Failure> {
    let found = header.element().map(|element| element.dtype);
    if found.as_deref() != Some(A::DTYPE) {
        return Err(format!("expected elements {}, found {}", A::DTYPE, header.descr).into());
    }
    let mut shape = D::default();
    if D::NDIM.is_some_and(|number| number != header.shape.len()) {
        return Err(format!(
            "expected {} dimensions, found shape {:?}",
            shape.ndim(),
            header.shape
        )
        .into());
    }
    if D::NDIM.is_none() {
        shape = D::zeros(header.shape.len());
    }
    shape.slice_mut().copy_from_slice(&header.shape);
    Ok(shape)
}

fn count(header: &Header) -> Result<usize, Failure> {
    let count = header
        .elements()
        .and_then(|count| usize::try_from(count).ok());
    count.ok_or_else(|| "more elements than memory can hold".into())
}

fn load<A: Element, D: Dimension>(stored: &Stored<'_>) -> Result<Array<A, D>, Failure> {
    let (header, elements) = match stored.content() {
        Content::Bytes(bytes) => {
            let header = Header::parse(bytes)?;
            let elements = A::read(count(&header)?, |memory| {
                let begin = usize::try_from(header.data_offset)?;
                let data = bytes.get(begin..).unwrap_or_default();
                if data.len() != memory.len() {
                    let (expected, found) = (memory.len(), data.len());
                    return Err(format!("expected {expected} bytes, found {found}").into());
                }
                memory.copy_from_slice(data);
                Ok(())
            })?;
            (header, elements)
        }
        Content::File(file) => {
            let npy = Npy::open(file.try_clone()?, stored.name())?;
            let header = npy.header().clone();
            check::<A, D>(&header)?;
            let elements = A::read(count(&header)?, |memory| Ok(npy.read_into(memory)?))?;
            (header, elements)
        }
    };
    let shape = check::<A, D>(&header)?.set_f(header.fortran_order);
    Ok(Array::from_shape_vec(shape, elements)?)
}

impl<A: Element, D: Dimension> Persister<Array<A, D>> for NpyFile {
    fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    fn extension(&self) -> &str {
        ".npy"
    }

    fn name(&self) -> &str {
        NAME
    }

    fn save(&self, value: &Array<A, D>, target: &mut Target<'_>) -> Result<Kept, Failure> {
        save(value.view(), target)
    }

    fn load(&self, stored: &Stored<'_>) -> Result<Array<A, D>, Failure> {
        load(stored)
    }
}

impl<A: Element> Persister<Vec<A>> for NpyFile {
    fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    fn extension(&self) -> &str {
        ".npy"
    }

    fn name(&self) -> &str {
        NAME
    }

    fn save(&self, value: &Vec<A>, target: &mut Target<'_>) -> Result<Kept, Failure> {
        save(ArrayView1::from(value.as_slice()), target)
    }

    fn load(&self, stored: &Stored<'_>) -> Result<Vec<A>, Failure> {
        Ok(load::<A, ndarray::Ix1>(stored)?.into_raw_vec_and_offset().0)
    }
}

/// An array that lies in memory after a run, and in a file that is mapped after a reuse: the second
/// costs nothing until elements are looked at.
///
/// remade never writes to a file in place: a map keeps what it was made of, whatever becomes of the
/// name. A program that cuts the file short while it is mapped ends this one (a bus error).
///
/// ```
/// use ndarray::{Array2, Ix2};
/// use remade::{MappedArray, NpyFile, make};
///
/// #[make(output = NpyFile::new("table.npy"))]
/// fn table(side: usize) -> MappedArray<f64, Ix2> {
///     Array2::from_shape_fn((side, side), |(i, j)| (i * j) as f64).into()
/// }
/// # let folder = tempfile::tempdir().unwrap();
/// # std::env::set_current_dir(&folder).unwrap();
/// table(100)?;
/// let table = table(100)?;
/// assert!(table.is_mapped());
/// assert_eq!(table.view()[[9, 9]], 81.0);
/// # Ok::<(), remade::Error>(())
/// ```
pub struct MappedArray<A, D: Dimension> {
    memory: Memory<A, D>,
}

enum Memory<A, D: Dimension> {
    Owned(Array<A, D>),
    Mapped {
        map: Mmap,
        begin: usize,
        shape: D,
        fortran_order: bool,
    },
}

impl<A: Element, D: Dimension> MappedArray<A, D> {
    /// The array.
    pub fn view(&self) -> ArrayView<'_, A, D> {
        match &self.memory {
            Memory::Owned(array) => array.view(),
            Memory::Mapped {
                map,
                begin,
                shape,
                fortran_order,
            } => {
                // All of it was checked when it was mapped.
                let elements = A::cast(&map[*begin..]).unwrap_or_default();
                let shape = shape.clone().set_f(*fortran_order);
                match ArrayView::from_shape(shape, elements) {
                    Ok(view) => view,
                    Err(_) => unreachable_view(),
                }
            }
        }
    }

    /// Whether it lies in a file.
    pub fn is_mapped(&self) -> bool {
        matches!(self.memory, Memory::Mapped { .. })
    }
}

/// The file was cut short while it was mapped: there is nothing that could be shown.
#[cold]
fn unreachable_view<'a, A, D: Dimension>() -> ArrayView<'a, A, D> {
    panic!("a mapped array does not fit its map any more")
}

impl<A, D: Dimension> From<Array<A, D>> for MappedArray<A, D> {
    fn from(array: Array<A, D>) -> MappedArray<A, D> {
        MappedArray {
            memory: Memory::Owned(array),
        }
    }
}

impl<A: Element + fmt::Debug, D: Dimension> fmt::Debug for MappedArray<A, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

impl<A: Element, D: Dimension> Versioned for MappedArray<A, D> {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.array(array_of(self.view()));
    }
}

impl<A: Element, D: Dimension> Persister<MappedArray<A, D>> for NpyFile {
    fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }

    fn extension(&self) -> &str {
        ".npy"
    }

    fn name(&self) -> &str {
        NAME
    }

    fn save(&self, value: &MappedArray<A, D>, target: &mut Target<'_>) -> Result<Kept, Failure> {
        save(value.view(), target)
    }

    fn load(&self, stored: &Stored<'_>) -> Result<MappedArray<A, D>, Failure> {
        let Content::File(file) = stored.content() else {
            return Ok(load(stored)?.into());
        };
        let npy = Npy::open(file.try_clone()?, stored.name())?;
        let header = npy.header();
        let shape = check::<A, D>(header)?;
        if npy.data_size() == 0 {
            return Ok(load(stored)?.into());
        }
        // SAFETY: nobody of ours writes to a file in place; what others do to it while it is mapped
        // is told to the user.
        let map = unsafe { Mmap::map(file) }?;
        let begin = usize::try_from(header.data_offset)?;
        let elements = map.get(begin..).and_then(A::cast);
        if elements.map(<[A]>::len) != Some(count(header)?) {
            return Err("the elements do not lie as they should".into());
        }
        let fortran_order = header.fortran_order;
        Ok(MappedArray {
            memory: Memory::Mapped {
                map,
                begin,
                shape,
                fortran_order,
            },
        })
    }

    fn maps(&self) -> bool {
        true
    }
}
