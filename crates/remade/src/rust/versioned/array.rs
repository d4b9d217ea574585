//! How is an array of `ndarray` told?

use super::{Plain, Versioned, Walk};
use crate::version::Version;
use crate::version::array::{Layout, array_version, memory_axes};
use ndarray::{ArrayBase, ArrayView, Axis, Data, Dimension};

impl<A: Plain, S: Data<Elem = A>, D: Dimension> Versioned for ArrayBase<S, D> {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.array(array_of(self.view()));
    }
}

/// The version that a numpy array of this type, shape, order in memory and elements has.
pub(in crate::rust) fn array_of<A: Plain, D: Dimension>(array: ArrayView<'_, A, D>) -> Version {
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
    let content = match array.as_slice_memory_order() {
        Some(elements) => Version::of_bytes(bytemuck::cast_slice(elements)),
        None => scattered(array.view().into_dyn(), layout),
    };
    array_version(A::DTYPE, layout, content)
}

/// The elements in the order in which they lie in memory, without the gaps between them.
fn scattered<A: Plain>(mut array: ArrayView<'_, A, ndarray::IxDyn>, layout: Layout<'_>) -> Version {
    let (by_memory, flipped) = memory_axes(layout);
    for axis in flipped {
        array.invert_axis(Axis(axis));
    }
    // Axes of one element may stand anywhere.
    let mut axes: Vec<usize> = (0..array.ndim())
        .filter(|axis| !by_memory.contains(axis))
        .collect();
    axes.extend(by_memory);
    let ordered = array.permuted_axes(axes);
    let mut digest = crate::version::array::ContentDigest::new();
    for row in ordered.rows() {
        match row.as_slice() {
            Some(elements) => digest.update(bytemuck::cast_slice(elements)),
            None => {
                let elements: Vec<A> = row.iter().copied().collect();
                digest.update(bytemuck::cast_slice(&elements));
            }
        }
    }
    digest.finish()
}
