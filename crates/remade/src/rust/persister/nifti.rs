//! How is an array of `ndarray` kept as a brain image?

use super::{Element, Failure, Kept, Persister, Stored, Target, named};
use crate::make::Content;
use crate::persist::nifti::{self, Affine, Conversion, Header, Input, Nifti};
use crate::rust::Walk;
use crate::version::array::{Layout, array_version};
use ndarray::{Array, Dimension, ShapeBuilder};
use std::path::{Path, PathBuf};

/// An array as a NIfTI file, `.nii` or `.nii.gz`, that every viewer opens. The first index is x.
///
/// Elements are written as they are, never scaled or narrowed. A file has the first index fastest, so
/// what is loaded lies in Fortran order; an array that lies so comes back exactly as it was.
#[derive(Debug, Clone)]
pub struct NiftiFile {
    path: Option<PathBuf>,
    affine: Option<Affine>,
}

impl NiftiFile {
    /// In the file of this name, which ends with `.nii` or `.nii.gz`.
    pub fn new(path: impl Into<PathBuf>) -> NiftiFile {
        NiftiFile {
            path: named(path),
            affine: None,
        }
    }

    /// With the matrix that leads from the indices of a voxel to millimetres.
    pub fn affine(mut self, affine: [[f64; 4]; 4]) -> NiftiFile {
        self.affine = Some(affine);
        self
    }
}

/// numpy's name of an element, without its byte order.
fn element<A: Element>() -> Result<nifti::Element, Failure> {
    let name = &A::DTYPE[1..];
    nifti::Element::from_name(name)
        .ok_or_else(|| format!("a NIfTI file holds no elements of the type {name}").into())
}

impl<A: Element, D: Dimension> Persister<Array<A, D>> for NiftiFile {
    fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    fn extension(&self) -> &str {
        ".nii.gz"
    }

    fn name(&self) -> &str {
        "remade.NiftiFile"
    }

    fn parameters(&self, walk: &mut Walk<'_>) {
        match &self.affine {
            None => walk.nothing(),
            Some(affine) => affine
                .iter()
                .flatten()
                .for_each(|number| walk.float(*number)),
        }
    }

    fn save(&self, value: &Array<A, D>, target: &mut Target<'_>) -> Result<Kept, Failure> {
        let standard;
        let mut array = value.view();
        if array.as_slice_memory_order().is_none() {
            standard = array.as_standard_layout().into_owned();
            array = standard.view();
        }
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
        let elements = array.as_slice_memory_order().unwrap_or_default();
        // Where an axis runs backwards, the first element is not the first in memory.
        let (low, _) = layout
            .extent()
            .ok_or("the array is larger than the address space")?;
        let shape: Vec<u64> = array.shape().iter().map(|length| *length as u64).collect();
        let mut header = Header::new(&shape, element::<A>()?)?;
        if let Some(affine) = &self.affine {
            header.set_affine(affine)?;
        }
        let path = target.path().to_owned();
        let image = nifti::Image {
            header,
            extensions: &[],
            layout,
            conversion: Conversion::Keep,
            memory: bytemuck::cast_slice(elements),
            start: low.unsigned_abs(),
        };
        let written = nifti::save(target.file()?, &path, image)?;
        let comes_back = value.view().reversed_axes().is_standard_layout();
        let exact = comes_back.then(|| array_version(A::DTYPE, layout, written.elements));
        Ok(Kept::Image {
            exact,
            content: written.content,
            file: written.file,
        })
    }

    fn load(&self, stored: &Stored<'_>) -> Result<Array<A, D>, Failure> {
        let input = match stored.content() {
            Content::Bytes(bytes) => Input::Bytes(bytes),
            Content::File(file) => Input::File(file),
        };
        let image = Nifti::open(input, None, stored.name())?;
        if image.element() != element::<A>()? {
            let (expected, found) = (A::DTYPE, image.element().name());
            return Err(format!("expected elements {expected}, found {found}").into());
        }
        let lengths = image.shape().iter().map(|length| usize::try_from(*length));
        let lengths: Vec<usize> = lengths.collect::<Result<_, _>>()?;
        if D::NDIM.is_some_and(|number| number != lengths.len()) {
            return Err(format!("expected another number of dimensions than {lengths:?}").into());
        }
        let mut shape = D::zeros(lengths.len());
        shape.slice_mut().copy_from_slice(&lengths);
        let count = lengths.iter().product();
        let elements = A::read(count, |memory| Ok(image.read_into(memory)?))?;
        Ok(Array::from_shape_vec(shape.f(), elements)?)
    }
}
