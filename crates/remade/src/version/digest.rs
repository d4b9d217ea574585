//! How are bytes digested as fast as memory gives them?
//!
//! XXH3 itself is faster than memory. But it works through what it has before it asks for more, and
//! so waits: on the machine of `docs/performance.md` it took 8 GB/s from memory where 11 were to be
//! had. So the processor is told some thousand bytes ahead what will be wanted.

use twox_hash::XxHash3_128;
use twox_hash::xxhash3_128::Hasher;

/// Below this size most data lies in a cache already.
const LONG: usize = 256 * 1024;

/// What is digested between two looks ahead.
const PIECE: usize = 4 * 1024;

/// How far ahead memory is asked for.
const AHEAD: usize = 16 * 1024;

/// XXH3-128 of all of these bytes.
pub(super) fn digest(bytes: &[u8]) -> u128 {
    if bytes.len() < LONG {
        return XxHash3_128::oneshot(bytes);
    }
    let mut hasher = Hasher::new();
    write(&mut hasher, bytes);
    hasher.finish_128()
}

/// Adds bytes to a digest that is taken in pieces.
pub(super) fn write(hasher: &mut Hasher, bytes: &[u8]) {
    if bytes.len() < LONG {
        return hasher.write(bytes);
    }
    for (number, piece) in bytes.chunks(PIECE).enumerate() {
        let ahead = number * PIECE + AHEAD;
        fetch(
            bytes
                .get(ahead..bytes.len().min(ahead + PIECE))
                .unwrap_or_default(),
        );
        hasher.write(piece);
    }
}

/// Asks for memory without waiting for it.
#[cfg(target_arch = "x86_64")]
fn fetch(bytes: &[u8]) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    for line in bytes.chunks(64) {
        // SAFETY: a hint, which reads nothing; and these bytes are there.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
}

/// Other processors see by themselves where this leads, or have no stable way to be told.
#[cfg(not(target_arch = "x86_64"))]
fn fetch(_: &[u8]) {}
