//! Which arrays are known, and which views of them?

use std::sync::{Arc, Mutex};

use pyo3::prelude::*;
use remade::registry::{Registry, Table};
use remade::version::array::{Element, FileOrder, Layout, order_in_file};
use remade::version::{Encoder, Tag, Version};

use super::tripwire;
use super::{ByObject, Known, Origin, Weak};
use crate::numpy::Array;
use crate::numpy::dtype::{self, Dtype};
use crate::value::kind::{self, Kind};

/// More views of one array than this are not known at once.
const MOST_REGIONS: usize = 1024;

/// A part of an array's memory that was returned by a made function.
pub(super) struct Region {
    /// The address of the first element, which is the lowest, because the layout is compact.
    pub(super) start: usize,
    pub(super) length: usize,
    pub(super) dtype: Arc<Dtype>,
    pub(super) shape: Vec<usize>,
    pub(super) strides: Vec<isize>,
    pub(super) version: Version,
    pub(super) content: Version,
    pub(super) origin: Arc<Origin>,
    pub(super) tripwire: Option<u64>,
}

impl Region {
    pub(super) fn layout(&self) -> Layout<'_> {
        Layout {
            shape: &self.shape,
            strides: &self.strides,
            itemsize: self.dtype.itemsize,
        }
    }

    fn is_of(&self, array: Array<'_, '_>, dtype: &Dtype) -> bool {
        self.start == array.data()
            && *self.shape == *array.shape()
            && (std::ptr::eq(&*self.dtype, dtype) || self.dtype.text == dtype.text)
            && self
                .strides
                .iter()
                .zip(array.strides())
                .zip(&self.shape)
                .all(|((mine, other), &length)| mine == other || length < 2)
    }

    pub(super) fn overlaps(&self, (low, high): (usize, usize)) -> bool {
        self.start < high && low < self.start + self.length
    }

    fn contains(&self, (low, high): (usize, usize)) -> bool {
        self.start <= low && high <= self.start + self.length
    }

    /// Whether the view shows nothing but bytes that count for the version of the region.
    fn shows_counted_bytes(&self, array: Array<'_, '_>, dtype: &Dtype) -> bool {
        if self.dtype.element == Element::Whole {
            return true;
        }
        let size = self.dtype.itemsize as isize;
        self.dtype.text == dtype.text
            && (array.data() as isize - self.start as isize) % size == 0
            && array.strides().iter().all(|stride| stride % size == 0)
    }
}

/// The regions of each owner of memory.
static OWNERS: ByObject<Vec<Arc<Region>>> = Registry::new(Mutex::new(Table::new()));

/// How many owners are known, the dead included that no sweep has found yet.
pub(super) fn count() -> usize {
    OWNERS.count()
}

/// The address range of the memory that an owner has now: it can be resized in place.
fn memory_of(root: &Bound<'_, PyAny>) -> PyResult<Option<(usize, usize)>> {
    let Some(root) = Array::new(root) else {
        return Ok(None);
    };
    Ok(root.span(dtype::of_array(root)?.itemsize))
}

/// What is known of this array. Constant cost.
pub(crate) fn find(array: Array<'_, '_>, dtype: &Dtype) -> Option<Known> {
    let root = array.root();
    let span = array.span(dtype.itemsize)?;
    let memory = memory_of(&root).ok()??;
    let (region, same) = OWNERS.find(root.as_unbound(), |regions| {
        let same = regions.iter().find(|region| region.is_of(array, dtype));
        if let Some(region) = same {
            return Some((region.clone(), true));
        }
        let around = regions
            .iter()
            .filter(|region| span.0 < span.1 && region.contains(span));
        let region = around.min_by_key(|region| region.length)?;
        let counted = region.shows_counted_bytes(array, dtype);
        counted.then(|| (region.clone(), false))
    })??;
    if memory.0 > region.start || memory.1 < region.start + region.length {
        return None; // the owner was resized, and the memory may be gone
    }
    let alarm = region.tripwire.is_some_and(|before| {
        before != tripwire::of_region(region.start, region.length, &region.dtype)
    });
    let (tag, version) = if same {
        (Tag::Array, region.version)
    } else {
        (Tag::View, view_version(&region, array, dtype))
    };
    Some(Known {
        tag,
        version,
        origin: region.origin.clone(),
        alarm,
        answers: true,
    })
}

/// The version of a view: that of the region, and where in it the view looks.
fn view_version(region: &Region, array: Array<'_, '_>, dtype: &Dtype) -> Version {
    let mut encoder = Encoder::new();
    encoder.version(Tag::View, region.version);
    encoder.text(&dtype.text);
    encoder.begin(Tag::Tuple, array.shape().len());
    for (&length, &stride) in array.shape().iter().zip(array.strides()) {
        encoder.int(length as i64);
        encoder.int(if length > 1 { stride as i64 } else { 0 });
    }
    encoder.int((array.data() - region.start) as i64);
    encoder.finish()
}

/// Whether a file gives this array back as it is, so that it can be known by history in the next
/// process as in this one.
pub(super) fn comes_back(array: Array<'_, '_>, dtype: &Dtype) -> bool {
    !dtype.has_objects
        && dtype.survives_file
        && order_in_file(array.layout(dtype.itemsize)) != FileOrder::Rewritten
}

/// Whether the value was an array that is known through its memory (then it is known now, if it
/// can be).
pub(super) fn remember(
    object: &Bound<'_, PyAny>,
    version: Version,
    content: Version,
    origin: &Arc<Origin>,
) -> PyResult<bool> {
    if kind::of(object)? != Kind::Array {
        return Ok(false);
    }
    let Some(array) = Array::new(object) else {
        return Ok(false);
    };
    let dtype = dtype::of_array(array)?;
    if dtype.has_objects {
        return Ok(false);
    }
    let root = array.root();
    let (Some(span), Some(memory)) = (array.span(dtype.itemsize), memory_of(&root)?) else {
        return Ok(true);
    };
    if !comes_back(array, &dtype) || span.0 < memory.0 || span.1 > memory.1 {
        return Ok(true);
    }
    let Some(weak) = Weak::to(&root) else {
        return Ok(true);
    };
    // A map that was opened for reading cannot be changed through any view of it.
    let is_fixed =
        Array::new(&root).is_some_and(|root| !root.is_writeable() && root.has_foreign_base());
    let tripwire = (!is_fixed).then(|| tripwire::of_region(span.0, span.1 - span.0, &dtype));
    let region = Arc::new(Region {
        start: span.0,
        length: span.1 - span.0,
        shape: array.shape().to_vec(),
        strides: array.strides().to_vec(),
        dtype: dtype.clone(),
        version,
        content,
        origin: origin.clone(),
        tripwire,
    });
    let merge = |known: &mut Vec<Arc<Region>>, mut new: Vec<Arc<Region>>| {
        let same = |known: &mut Arc<Region>| known.is_of(array, &dtype);
        let mut surplus: Vec<_> = known.extract_if(.., same).collect();
        known.append(&mut new);
        if known.len() > MOST_REGIONS {
            surplus.push(known.remove(0));
        }
        surplus
    };
    OWNERS.remember(root.as_unbound(), weak, vec![region], merge);
    Ok(true)
}

/// The regions of this array's owner that share memory with it, or with the region by which it is
/// known, as long as the owner still has that memory.
pub(super) fn regions_under(
    array: Array<'_, '_>,
    root: &Bound<'_, PyAny>,
) -> PyResult<Vec<Arc<Region>>> {
    let dtype = dtype::of_array(array)?;
    let Some(mut span) = array.span(dtype.itemsize) else {
        return Ok(Vec::new());
    };
    let found = OWNERS.find(root.as_unbound(), |regions| {
        for region in regions {
            if region.contains(span) {
                span = (
                    span.0.min(region.start),
                    span.1.max(region.start + region.length),
                );
            }
        }
        let under = |region: &&Arc<Region>| region.overlaps(span) || region.is_of(array, &dtype);
        regions.iter().filter(under).cloned().collect()
    });
    Ok(found.unwrap_or_default())
}

/// Whether the owner still has the memory of the region.
pub(super) fn is_inside(region: &Region, root: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(memory_of(root)?
        .is_some_and(|(low, high)| low <= region.start && region.start + region.length <= high))
}

/// Ends the history of one region.
pub(super) fn forget_region(root: &Bound<'_, PyAny>, region: &Arc<Region>) {
    let take = |regions: &mut Vec<Arc<Region>>| {
        let same = |known: &mut Arc<Region>| Arc::ptr_eq(known, region);
        regions.extract_if(.., same).collect()
    };
    OWNERS.forget_part(root.as_unbound(), take, Vec::is_empty);
}

/// Ends the history of every region that shares memory with the array.
pub(super) fn forget(array: Array<'_, '_>) -> PyResult<()> {
    let root = array.root();
    for region in regions_under(array, &root)? {
        forget_region(&root, &region);
    }
    Ok(())
}
