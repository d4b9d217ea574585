//! How are scattered elements brought together, fast, in a given order?
//!
//! Axes that continue each other become one, elements that touch become one run. Long runs are
//! handed on where they lie; short ones are copied side by side into a block that stays in the
//! first-level cache.

use super::{Element, Layout};

/// What is copied together before it is handed on: so little that it stays in the first-level cache
/// together with what it was copied from. Four times as much took half as long again.
const BLOCK: usize = 4 * 1024;
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
        let mut block = Block {
            bytes: vec![0; BLOCK],
            filled: 0,
            sink,
        };
        let (inner, outer) = match self.loops.split_last() {
            Some((&inner, outer)) => (inner, outer),
            None => ((1, 0), &[][..]),
        };
        let mut counters = vec![0usize; outer.len()];
        let mut place = first;
        loop {
            self.innermost(memory, place, inner, &mut block);
            // The odometer: the fastest of the outer loops steps, and carries.
            let mut axis = outer.len();
            loop {
                if axis == 0 {
                    block.hand_on();
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
        block: &mut Block<'_>,
    ) {
        let each = |block: &mut Block<'_>, start: usize, count: usize, step: usize| {
            let at = place.wrapping_add_signed(step as isize * stride) + start;
            block.append(&memory[at..at + count]);
        };
        match (self.spans, self.run) {
            (Some(spans), _) => {
                for step in 0..length {
                    for &(start, count) in spans {
                        each(block, start, count, step);
                    }
                }
            }
            (None, 1) => block.copy::<1>(memory, place, length, stride),
            (None, 2) => block.copy::<2>(memory, place, length, stride),
            (None, 4) => block.copy::<4>(memory, place, length, stride),
            (None, 8) => block.copy::<8>(memory, place, length, stride),
            (None, 16) => block.copy::<16>(memory, place, length, stride),
            (None, run) => (0..length).for_each(|step| each(block, 0, run, step)),
        }
    }
}

/// What is copied side by side until it is worth handing on.
struct Block<'a> {
    bytes: Vec<u8>,
    filled: usize,
    sink: &'a mut dyn FnMut(&[u8]),
}

impl Block<'_> {
    fn hand_on(&mut self) {
        (self.sink)(&self.bytes[..self.filled]);
        self.filled = 0;
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.filled + bytes.len() > BLOCK {
            self.hand_on();
        }
        if bytes.len() >= LONG_RUN {
            self.hand_on();
            (self.sink)(bytes);
            return;
        }
        self.bytes[self.filled..self.filled + bytes.len()].copy_from_slice(bytes);
        self.filled += bytes.len();
    }

    /// Copies `length` elements of a size known to the compiler.
    fn copy<const SIZE: usize>(
        &mut self,
        memory: &[u8],
        mut place: usize,
        mut length: usize,
        stride: isize,
    ) {
        while length > 0 {
            if self.filled + SIZE > BLOCK {
                self.hand_on();
            }
            let count = length.min((BLOCK - self.filled) / SIZE);
            let end = self.filled + count * SIZE;
            let (targets, _) = self.bytes[self.filled..end].as_chunks_mut::<SIZE>();
            let step = stride.unsigned_abs();
            if stride > 0 && step.is_multiple_of(SIZE) {
                let span = &memory[place..place + (count - 1) * step + SIZE];
                pick(targets, span.as_chunks::<SIZE>().0, step / SIZE);
            } else {
                for (number, target) in targets.iter_mut().enumerate() {
                    let at = place.wrapping_add_signed(number as isize * stride);
                    target.copy_from_slice(&memory[at..at + SIZE]);
                }
            }
            self.filled = end;
            place = place.wrapping_add_signed(count as isize * stride);
            length -= count;
        }
    }
}

/// Copies every `step`-th source. The commonest steps are known to the compiler, which then needs
/// no check per element and can take several at once.
fn pick<const SIZE: usize>(targets: &mut [[u8; SIZE]], sources: &[[u8; SIZE]], step: usize) {
    match step {
        2 => pick_every::<SIZE, 2>(targets, sources),
        3 => pick_every::<SIZE, 3>(targets, sources),
        4 => pick_every::<SIZE, 4>(targets, sources),
        _ => {
            for (target, source) in targets.iter_mut().zip(sources.iter().step_by(step)) {
                *target = *source;
            }
        }
    }
}

fn pick_every<const SIZE: usize, const STEP: usize>(
    targets: &mut [[u8; SIZE]],
    sources: &[[u8; SIZE]],
) {
    // Behind the last source there may be no memory for a whole group.
    let (groups, rest) = sources.as_chunks::<STEP>();
    for (target, group) in targets.iter_mut().zip(groups) {
        *target = group[0];
    }
    if let (Some(target), Some(source)) = (targets.get_mut(groups.len()), rest.first()) {
        *target = *source;
    }
}
