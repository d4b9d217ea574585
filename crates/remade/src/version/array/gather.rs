//! How are scattered elements brought together, fast, in a given order?
//!
//! Axes that continue each other become one, elements that touch become one run. Long runs are
//! handed on where they lie; short ones are copied side by side into a block that stays in the
//! first-level cache.

use super::{Element, Layout};

/// What is copied together before it is handed on.
const BLOCK: usize = 16 * 1024;
/// From here on a run is handed on where it lies.
const LONG_RUN: usize = 2 * 1024;

/// A walk over elements: loops around one run of bytes or one element with padding.
pub(super) struct Gather<'a> {
    /// Length and stride of each loop, outermost first.
    loops: Vec<(usize, isize)>,
    /// The bytes that are read at each step of the innermost loop.
    run: usize,
    /// Which of those count, when not all.
    spans: Option<&'a [(usize, usize)]>,
}

impl<'a> Gather<'a> {
    /// The walk over the given axes, slowest first, with the `flipped` ones backwards, and where it
    /// begins, in bytes from the first element.
    pub(super) fn plan(
        layout: Layout<'_>,
        element: &'a Element,
        axes: &[usize],
        flipped: &[usize],
    ) -> (isize, Gather<'a>) {
        let mut first = 0isize;
        let mut loops: Vec<(usize, isize)> = Vec::with_capacity(axes.len());
        for &axis in axes {
            let (length, mut stride) = (layout.shape[axis], layout.strides[axis]);
            if flipped.contains(&axis) {
                first += (length as isize - 1) * stride;
                stride = -stride;
            }
            match loops.last_mut() {
                Some((outer, step)) if *step == stride * length as isize => {
                    *outer *= length;
                    *step = stride;
                }
                _ => loops.push((length, stride)),
            }
        }
        let mut run = layout.itemsize;
        let spans = match element {
            Element::Whole => None,
            Element::Spans(spans) => Some(spans.as_slice()),
        };
        if spans.is_none()
            && let Some(&(length, stride)) = loops.last()
            && stride == run as isize
        {
            run *= length;
            loops.pop();
        }
        (first, Gather { loops, run, spans })
    }

    /// The length of the only run, if there is only one and all of it counts.
    pub(super) fn one_run(&self) -> Option<usize> {
        (self.loops.is_empty() && self.spans.is_none()).then_some(self.run)
    }

    /// Hands on all bytes that count. The caller has checked that the layout lies in `memory`.
    pub(super) fn run(&self, memory: &[u8], first: usize, sink: &mut dyn FnMut(&[u8])) {
        let mut block = Vec::with_capacity(BLOCK + LONG_RUN);
        let (inner, outer) = match self.loops.split_last() {
            Some((&inner, outer)) => (inner, outer),
            None => ((1, 0), &[][..]),
        };
        let mut counters = vec![0usize; outer.len()];
        let mut place = first;
        loop {
            self.innermost(memory, place, inner, &mut block, sink);
            // The odometer: the fastest of the outer loops steps, and carries.
            let mut axis = outer.len();
            loop {
                if axis == 0 {
                    sink(&block);
                    return;
                }
                axis -= 1;
                let (length, stride) = outer[axis];
                counters[axis] += 1;
                if counters[axis] < length {
                    place = place.wrapping_add_signed(stride);
                    break;
                }
                counters[axis] = 0;
                place = place.wrapping_add_signed(-(stride * (length as isize - 1)));
            }
        }
    }

    fn innermost(
        &self,
        memory: &[u8],
        place: usize,
        (length, stride): (usize, isize),
        block: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]),
    ) {
        if let Some(spans) = self.spans {
            for step in 0..length {
                let at = place.wrapping_add_signed(step as isize * stride);
                for &(start, count) in spans {
                    append(&memory[at + start..at + start + count], block, sink);
                }
            }
            return;
        }
        match self.run {
            1 => copy::<1>(memory, place, length, stride, block, sink),
            2 => copy::<2>(memory, place, length, stride, block, sink),
            4 => copy::<4>(memory, place, length, stride, block, sink),
            8 => copy::<8>(memory, place, length, stride, block, sink),
            16 => copy::<16>(memory, place, length, stride, block, sink),
            run => {
                for step in 0..length {
                    let at = place.wrapping_add_signed(step as isize * stride);
                    append(&memory[at..at + run], block, sink);
                }
            }
        }
    }
}

fn append(bytes: &[u8], block: &mut Vec<u8>, sink: &mut dyn FnMut(&[u8])) {
    if bytes.len() >= LONG_RUN {
        sink(block);
        block.clear();
        sink(bytes);
        return;
    }
    block.extend_from_slice(bytes);
    if block.len() >= BLOCK {
        sink(block);
        block.clear();
    }
}

/// Copies `length` elements of a size known to the compiler.
fn copy<const SIZE: usize>(
    memory: &[u8],
    mut place: usize,
    mut length: usize,
    stride: isize,
    block: &mut Vec<u8>,
    sink: &mut dyn FnMut(&[u8]),
) {
    while length > 0 {
        let count = length.min((BLOCK.saturating_sub(block.len()) / SIZE).max(1));
        let filled = block.len();
        block.resize(filled + count * SIZE, 0);
        let (targets, _) = block[filled..].as_chunks_mut::<SIZE>();
        let step = stride.unsigned_abs();
        if stride >= SIZE as isize {
            // The chunks tell the compiler what lies inside, which saves a check per element.
            for (target, source) in targets.iter_mut().zip(memory[place..].chunks(step)) {
                target.copy_from_slice(&source[..SIZE]);
            }
        } else {
            for (number, target) in targets.iter_mut().enumerate() {
                let at = place.wrapping_add_signed(number as isize * stride);
                target.copy_from_slice(&memory[at..at + SIZE]);
            }
        }
        place = place.wrapping_add_signed(count as isize * stride);
        length -= count;
        if block.len() >= BLOCK {
            sink(block);
            block.clear();
        }
    }
}
