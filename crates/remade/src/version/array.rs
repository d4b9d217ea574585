//! What is the version of an array?
//!
//! Element type, shape, order in memory and elements. The elements are digested in the order in
//! which they lie in memory, because that is the fastest way to read them, and the order is part of
//! the version: a transposed array is another array. Gaps between the elements do not count, so
//! `a[::2]` has the version of its compact copy, and neither do the bytes of an element that no
//! field of it covers.
//!
//! The content digest is the digest of nothing but the element bytes, so whoever writes an array to
//! a file can take it on the way, with [`ContentDigest`].

use std::fmt;

use super::{Encoder, Tag, Version, digest};
use twox_hash::xxhash3_128::Hasher;

mod gather;

/// How the elements of an array lie in memory. Axes of length 1 may have any stride.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout<'a> {
    /// The number of elements along each axis.
    pub shape: &'a [usize],
    /// The bytes from one element to the next along each axis; negative runs backwards.
    pub strides: &'a [isize],
    /// The bytes of one element.
    pub itemsize: usize,
}

/// Which bytes of an element count: all but padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// Every byte.
    Whole,
    /// Start and length of each part that counts, ascending and disjoint.
    Spans(Vec<(usize, usize)>),
}

/// What a `.npy` file makes of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOrder {
    /// Written as it lies in memory, and comes back so.
    C,
    /// Written as it lies in memory with `fortran_order`, and comes back so.
    Fortran,
    /// Written in C order: what comes back lies otherwise in memory than what was given.
    Rewritten,
}

/// The layout reaches outside the memory that was given with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideError;

impl fmt::Display for OutsideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the layout of the array reaches outside its memory")
    }
}

impl std::error::Error for OutsideError {}

/// The axes in the order of memory, slowest first, and those that run backwards.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Order {
    axes: Vec<usize>,
    flipped: Vec<usize>,
}

impl Order {
    /// Every axis as it comes: what C order is, and what a file holds.
    fn of_c(shape: &[usize]) -> Order {
        Order {
            axes: (0..shape.len()).filter(|&axis| shape[axis] != 1).collect(),
            flipped: Vec::new(),
        }
    }

    fn of(layout: Layout<'_>) -> Order {
        let mut order = Order::of_c(layout.shape);
        if layout.is_empty() {
            return order; // nothing lies anywhere
        }
        let strides = layout.strides;
        order
            .axes
            .sort_by_key(|&axis| std::cmp::Reverse(strides[axis].unsigned_abs()));
        order.flipped = order
            .axes
            .iter()
            .copied()
            .filter(|&axis| strides[axis] < 0)
            .collect();
        order.flipped.sort_unstable();
        order
    }

    fn encode(&self, encoder: &mut Encoder) {
        for axes in [&self.axes, &self.flipped] {
            encoder.begin(Tag::Tuple, axes.len());
            for &axis in axes {
                encoder.int(axis as i64);
            }
        }
    }
}

impl Layout<'_> {
    /// Whether there is no element at all.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Whether the elements lie one behind the other, the last axis fastest.
    pub fn is_c_contiguous(&self) -> bool {
        self.is_compact((0..self.shape.len()).rev())
    }

    /// Whether the elements lie one behind the other, the first axis fastest.
    pub fn is_f_contiguous(&self) -> bool {
        self.is_compact(0..self.shape.len())
    }

    fn is_compact(&self, fastest_first: impl Iterator<Item = usize>) -> bool {
        if self.is_empty() {
            return true;
        }
        let mut expected = self.itemsize;
        for axis in fastest_first {
            if self.shape[axis] != 1 {
                if self.strides[axis] != expected as isize {
                    return false;
                }
                expected = expected.saturating_mul(self.shape[axis]);
            }
        }
        true
    }

    /// The lowest byte of any element and the end of the highest one, both from the first byte of
    /// the first element. `None` if that does not fit the address space.
    pub fn extent(&self) -> Option<(isize, isize)> {
        if self.is_empty() {
            return Some((0, 0));
        }
        let (mut low, mut high) = (0isize, isize::try_from(self.itemsize).ok()?);
        for (&length, &stride) in self.shape.iter().zip(self.strides) {
            let reach = isize::try_from(length - 1).ok()?.checked_mul(stride)?;
            if reach < 0 {
                low = low.checked_add(reach)?;
            } else {
                high = high.checked_add(reach)?;
            }
        }
        Some((low, high))
    }
}

/// What numpy's `save` makes of this layout, and so whether the loaded array lies like this one.
pub fn order_in_file(layout: Layout<'_>) -> FileOrder {
    if layout.is_c_contiguous() {
        FileOrder::C
    } else if layout.is_f_contiguous() {
        FileOrder::Fortran
    } else {
        FileOrder::Rewritten
    }
}

/// Appends shape and order in memory to an encoding, for arrays whose elements are encoded one by
/// one.
pub fn encode_geometry(layout: Layout<'_>, encoder: &mut Encoder) {
    encode_shape(layout.shape, encoder);
    Order::of(layout).encode(encoder);
}

/// The axes in the order of memory, slowest first and without those of length 1, and those that
/// run backwards.
pub fn memory_axes(layout: Layout<'_>) -> (Vec<usize>, Vec<usize>) {
    let order = Order::of(layout);
    (order.axes, order.flipped)
}

fn encode_shape(shape: &[usize], encoder: &mut Encoder) {
    encoder.begin(Tag::Tuple, shape.len());
    for &length in shape {
        encoder.int(length as i64);
    }
}

/// Digests element bytes as they are written. Gives what [`content_digest`] gives for the same
/// elements.
///
/// ```
/// use remade::version::Version;
/// use remade::version::array::ContentDigest;
///
/// let mut digest = ContentDigest::new();
/// digest.update(b"one");
/// digest.update(b"two");
/// assert_eq!(digest.finish(), Version::of_bytes(b"onetwo"));
/// ```
#[derive(Clone)]
pub struct ContentDigest(Hasher);

impl fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentDigest")
    }
}

impl Default for ContentDigest {
    fn default() -> ContentDigest {
        ContentDigest::new()
    }
}

impl ContentDigest {
    /// A digest of no bytes yet.
    pub fn new() -> ContentDigest {
        ContentDigest(Hasher::new())
    }

    /// The next element bytes, padding left out.
    pub fn update(&mut self, bytes: &[u8]) {
        digest::write(&mut self.0, bytes);
    }

    /// The digest of all bytes so far.
    pub fn finish(&self) -> Version {
        Version::from_u128(self.0.finish_128())
    }
}

/// The digest of the elements in the order in which they lie in `memory`, where the first element
/// begins at `start`.
///
/// # Errors
///
/// If the layout reaches outside `memory`.
pub fn content_digest(
    memory: &[u8],
    start: usize,
    layout: Layout<'_>,
    element: &Element,
) -> Result<Version, OutsideError> {
    digest_in(memory, start, layout, element, &Order::of(layout))
}

/// The version of the array with this element type, layout and content digest.
pub fn array_version(dtype: &str, layout: Layout<'_>, content: Version) -> Version {
    version_in(dtype, layout.shape, &Order::of(layout), content)
}

/// The version that the array will have once it is loaded from a `.npy` file.
///
/// # Errors
///
/// If the layout reaches outside `memory`.
pub fn version_in_file(
    dtype: &str,
    memory: &[u8],
    start: usize,
    layout: Layout<'_>,
    element: &Element,
) -> Result<Version, OutsideError> {
    let order = match order_in_file(layout) {
        FileOrder::C | FileOrder::Fortran => Order::of(layout),
        FileOrder::Rewritten => Order::of_c(layout.shape),
    };
    let content = digest_in(memory, start, layout, element, &order)?;
    Ok(version_in(dtype, layout.shape, &order, content))
}

fn version_in(dtype: &str, shape: &[usize], order: &Order, content: Version) -> Version {
    let mut encoder = Encoder::new();
    encoder.begin(Tag::Array, 4);
    encoder.text(dtype);
    encode_shape(shape, &mut encoder);
    order.encode(&mut encoder);
    encoder.version(Tag::Version, content);
    encoder.finish()
}

fn digest_in(
    memory: &[u8],
    start: usize,
    layout: Layout<'_>,
    element: &Element,
    order: &Order,
) -> Result<Version, OutsideError> {
    let spans_fit = match element {
        Element::Whole => true,
        Element::Spans(spans) => spans
            .iter()
            .all(|&(first, length)| first + length <= layout.itemsize),
    };
    let (low, high) = layout.extent().ok_or(OutsideError)?;
    let inside = |offset| {
        start
            .checked_add_signed(offset)
            .is_some_and(|end| end <= memory.len())
    };
    if !spans_fit || layout.shape.len() != layout.strides.len() || !inside(low) || !inside(high) {
        return Err(OutsideError);
    }
    if layout.is_empty() || layout.itemsize == 0 {
        return Ok(Version::of_bytes(&[]));
    }
    let (first, walk) = gather::Gather::plan(layout, element, &order.axes, &order.flipped);
    let first = start.checked_add_signed(first).ok_or(OutsideError)?;
    if let Some(length) = walk.one_run() {
        return Ok(Version::of_bytes(&memory[first..first + length]));
    }
    let mut digest = ContentDigest::new();
    walk.run(memory, first, &mut |bytes| digest.update(bytes));
    Ok(digest.finish())
}
