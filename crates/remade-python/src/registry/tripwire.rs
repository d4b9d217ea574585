//! What would show, at next to no cost, that something was changed?
//!
//! A tripwire raises alarms and decides nothing: what it does not see is still found before any
//! run, when everything known is read in full.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::array::Element;
use twox_hash::XxHash3_64;

use crate::numpy::Array;
use crate::numpy::dtype::{self, Dtype};
use crate::value::kind::{self, Kind, PandasKind};

const LINE: usize = 64;
const LINES: usize = 8;

/// Of a few lines of memory at places that are always the same. The caller has checked that the
/// memory is there.
pub(super) fn of_region(start: usize, length: usize, dtype: &Dtype) -> u64 {
    if length == 0 {
        return 0;
    }
    // SAFETY: the caller has checked it, and holds the lock of the interpreter.
    let memory = unsafe { crate::numpy::Memory::between(start, start + length).bytes() };
    if let Element::Spans(spans) = &dtype.element {
        return of_elements(memory, dtype.itemsize, spans);
    }
    if length <= LINE * LINES {
        return XxHash3_64::oneshot(memory);
    }
    let mut sample = [0u8; LINE * LINES];
    for (number, line) in sample.as_chunks_mut::<LINE>().0.iter_mut().enumerate() {
        let place = match number {
            0 => 0,
            // From cache line to cache line, wherever the memory begins.
            _ => (spread(length + number) % (length - 2 * LINE) + LINE) & !(LINE - 1),
        };
        let place = place.saturating_sub(if number == 0 { 0 } else { start % LINE });
        line.copy_from_slice(&memory[place..place + LINE]);
    }
    XxHash3_64::oneshot(&sample)
}

/// The same for elements with padding: whole elements, padding left out.
fn of_elements(memory: &[u8], itemsize: usize, spans: &[(usize, usize)]) -> u64 {
    let count = memory.len() / itemsize;
    let mut sample = Vec::new();
    for number in 0..LINES.min(count) {
        let element = if count <= LINES {
            number
        } else {
            spread(count + number) % count
        };
        for &(first, length) in spans {
            let from = element * itemsize + first;
            sample.extend_from_slice(&memory[from..from + length.min(LINE)]);
        }
    }
    XxHash3_64::oneshot(&sample)
}

/// A number as if at random, always the same for the same one.
fn spread(number: usize) -> usize {
    let mut mixed = (number as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 1) as usize
}

/// Of an object: which objects its attributes are; of a frame: shape, labels, where its data lies,
/// and a few lines of that.
pub(super) fn of_object(object: &Bound<'_, PyAny>) -> u64 {
    let mut identities: Vec<usize> = Vec::new();
    // What cannot be asked has no tripwire.
    let _ = match kind::of(object) {
        Ok(Kind::Pandas(_)) => of_pandas(object, &mut identities),
        Ok(Kind::Polars(_)) => of_polars(object, &mut identities),
        Ok(Kind::Arrow(_)) => Ok(()),
        Ok(Kind::Image) => of_image(object, &mut identities),
        _ => of_attributes(object, &mut identities),
    };
    let bytes: Vec<u8> = identities
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    XxHash3_64::oneshot(&bytes)
}

fn of_attributes(object: &Bound<'_, PyAny>, identities: &mut Vec<usize>) -> PyResult<()> {
    if let Some(array) = Array::new(object) {
        identities.push(array.data());
        identities.extend(array.shape());
    }
    let Some(state) = object.getattr_opt(intern!(object.py(), "__dict__"))? else {
        return Ok(());
    };
    for (key, value) in state.cast::<PyDict>()?.iter() {
        identities.push(key.as_ptr() as usize);
        identities.push(value.as_ptr() as usize);
    }
    Ok(())
}

/// Elements, affine and header; not what an image keeps for itself when its elements are asked for.
fn of_image(object: &Bound<'_, PyAny>, identities: &mut Vec<usize>) -> PyResult<()> {
    let py = object.py();
    for name in [intern!(py, "_affine"), intern!(py, "_header")] {
        identities.push(object.getattr(name)?.as_ptr() as usize);
    }
    let elements = object.getattr(intern!(py, "_dataobj"))?;
    identities.push(elements.as_ptr() as usize);
    match Array::new(&elements) {
        Some(array) => of_block(array, identities),
        None => Ok(()),
    }
}

/// A few lines of an array that lies in one piece.
fn of_block(array: Array<'_, '_>, identities: &mut Vec<usize>) -> PyResult<()> {
    identities.push(array.data());
    let dtype = dtype::of_array(array)?;
    let size = array.shape().iter().product::<usize>() * dtype.itemsize;
    if let Some((start, end)) = array.span(dtype.itemsize)
        && !dtype.has_objects
        && end - start == size
    {
        identities.push(of_region(start, size, &dtype) as usize);
    }
    Ok(())
}

fn of_pandas(object: &Bound<'_, PyAny>, identities: &mut Vec<usize>) -> PyResult<()> {
    let py = object.py();
    identities.extend(
        object
            .getattr(intern!(py, "shape"))?
            .extract::<Vec<usize>>()?,
    );
    if kind::of(object)? == Kind::Pandas(PandasKind::Array) {
        return Ok(());
    }
    for axis in object.getattr(intern!(py, "axes"))?.try_iter()? {
        identities.push(axis?.as_ptr() as usize);
    }
    // The blocks behind a frame; where there are none to see, the rest has to do.
    let blocks = object
        .getattr(intern!(py, "_mgr"))?
        .getattr(intern!(py, "arrays"))?;
    for block in blocks.try_iter()? {
        let block = block?;
        let Some(array) = Array::new(&block) else {
            identities.push(block.as_ptr() as usize);
            continue;
        };
        of_block(array, identities)?;
    }
    Ok(())
}

fn of_polars(object: &Bound<'_, PyAny>, identities: &mut Vec<usize>) -> PyResult<()> {
    let py = object.py();
    identities.extend(
        object
            .getattr(intern!(py, "shape"))?
            .extract::<Vec<usize>>()?,
    );
    if let Some(names) = object.getattr_opt(intern!(py, "columns"))? {
        let names = names.repr()?;
        identities.push(XxHash3_64::oneshot(names.to_string_lossy().as_bytes()) as usize);
    }
    Ok(())
}
