//! In which order do elements leave memory for a file?
//!
//! Block by block, in the order of the file. Each block is copied before anyone looks at it: what is
//! digested is then what is written, even where another thread writes into the array meanwhile.

use crate::version::array::Layout;

/// What is copied and digested at a time where memory is contiguous: it stays in the cache.
const PIECE: usize = 64 * 1024;

/// The same where elements lie scattered: enough that what is fetched with an element (its cache
/// line, its page) serves its neighbours in the same block too.
const BLOCK: usize = 4 * 1024 * 1024;

/// One dimension of what is copied at a time.
#[derive(Clone, Copy)]
struct Dimension {
    length: usize,
    from: isize,
    to: usize,
}

/// Appends every block to `buffer`, in C order of the layout, and calls `take` after each, which
/// empties the buffer when it likes. The caller has checked that the layout, from `start`, lies in `memory`.
pub(super) fn blocks<E>(
    layout: Layout<'_>,
    memory: &[u8],
    start: usize,
    buffer: &mut Vec<u8>,
    mut take: impl FnMut(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    if layout.is_empty() {
        return Ok(());
    }
    if layout.is_c_contiguous() {
        let size = layout.shape.iter().product::<usize>() * layout.itemsize;
        let all = &memory[start..start + size];
        for piece in all.chunks(PIECE) {
            buffer.extend_from_slice(piece);
            take(buffer)?;
        }
        return Ok(());
    }
    scattered_blocks(layout, memory, start, buffer, take)
}

/// A block is a range of one dimension, for one index of each dimension before it, with all of the
/// dimensions behind it.
fn scattered_blocks<E>(
    layout: Layout<'_>,
    memory: &[u8],
    start: usize,
    buffer: &mut Vec<u8>,
    mut take: impl FnMut(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let dimensions = layout.shape.len();
    let mut split = dimensions - 1;
    let mut row = layout.itemsize; // bytes of one index of the split dimension
    while split > 0 && row * layout.shape[split] <= BLOCK {
        row *= layout.shape[split];
        split -= 1;
    }
    let step = (BLOCK / row).clamp(1, layout.shape[split]);

    let mut index = vec![0; split + 1]; // of the block's first element, as far as the split
    loop {
        let length = step.min(layout.shape[split] - index[split]);
        let from = index
            .iter()
            .zip(layout.strides)
            .fold(start as isize, |sum, (index, stride)| {
                sum + *index as isize * stride
            });
        let mut inner: Vec<Dimension> = Vec::with_capacity(dimensions - split);
        let mut to = row;
        for dimension in split..dimensions {
            if dimension > split {
                to /= layout.shape[dimension];
            }
            inner.push(Dimension {
                length: if dimension == split {
                    length
                } else {
                    layout.shape[dimension]
                },
                from: layout.strides[dimension],
                to,
            });
        }
        // Read memory in the order it lies in: the scattered side is then the buffer, in the cache.
        inner.sort_by_key(|dimension| std::cmp::Reverse(dimension.from.unsigned_abs()));
        let filled = buffer.len();
        buffer.resize(filled + length * row, 0);
        copy(
            &inner,
            layout.itemsize,
            memory,
            from,
            &mut buffer[filled..],
            0,
        );
        take(buffer)?;

        // The next index, as an odometer counts.
        index[split] += length;
        let mut dimension = split;
        while index[dimension] == layout.shape[dimension] {
            if dimension == 0 {
                return Ok(());
            }
            index[dimension] = 0;
            dimension -= 1;
            index[dimension] += 1;
        }
    }
}

fn copy(
    dimensions: &[Dimension],
    item_size: usize,
    memory: &[u8],
    from: isize,
    block: &mut [u8],
    to: usize,
) {
    match dimensions {
        [] => copy_element(item_size, memory, from, block, to),
        [last] => match item_size {
            1 => copy_line::<1>(*last, memory, from, block, to),
            2 => copy_line::<2>(*last, memory, from, block, to),
            4 => copy_line::<4>(*last, memory, from, block, to),
            8 => copy_line::<8>(*last, memory, from, block, to),
            16 => copy_line::<16>(*last, memory, from, block, to),
            _ => {
                for index in 0..last.length {
                    let from = from + index as isize * last.from;
                    copy_element(item_size, memory, from, block, to + index * last.to);
                }
            }
        },
        [first, rest @ ..] => {
            for index in 0..first.length {
                let from = from + index as isize * first.from;
                copy(rest, item_size, memory, from, block, to + index * first.to);
            }
        }
    }
}

fn copy_line<const SIZE: usize>(
    line: Dimension,
    memory: &[u8],
    from: isize,
    block: &mut [u8],
    to: usize,
) {
    if line.from == SIZE as isize && line.to == SIZE {
        return copy_element(SIZE * line.length, memory, from, block, to);
    }
    for index in 0..line.length {
        let from = from + index as isize * line.from;
        copy_element(SIZE, memory, from, block, to + index * line.to);
    }
}

#[inline]
fn copy_element(size: usize, memory: &[u8], from: isize, block: &mut [u8], to: usize) {
    // The layout lies in `memory`, so `from` is never below 0.
    let from = from as usize;
    block[to..to + size].copy_from_slice(&memory[from..from + size]);
}
