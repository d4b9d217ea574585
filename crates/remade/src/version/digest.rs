//! How are bytes digested as fast as memory gives them?
//!
//! XXH3 itself is faster than memory. On some processors it works through what it has before it asks
//! for more, and so waits, unless they are told some thousand bytes ahead what will be wanted; others
//! see that by themselves, and are held up by being told. Which kind this one is shows in the doing:
//! both ways are timed on the data itself, and the faster one goes on.

use std::time::{Duration, Instant};
use twox_hash::XxHash3_128;
use twox_hash::xxhash3_128::Hasher;

/// Below this size most data lies in a cache already.
const LONG: usize = 4 << 20;

/// What is digested in one way, and timed.
const RUN: usize = 512 << 10;

/// After so many runs both ways are tried anew: a disturbance of the machine is soon forgotten.
const RUNS: usize = 16;

/// What is digested between two looks ahead.
const PIECE: usize = 4 << 10;

/// How far ahead memory is asked for.
const AHEAD: usize = 16 << 10;

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
    for group in bytes.chunks(RUN * RUNS) {
        let mut runs = group.chunks(RUN);
        let mut timed = |way: fn(&mut Hasher, &[u8])| {
            let began = Instant::now();
            way(hasher, runs.next().unwrap_or_default());
            began.elapsed()
        };
        let [told, untold]: [Duration; 2] = [timed(telling_ahead), timed(as_it_comes)];
        let faster = if told < untold {
            telling_ahead
        } else {
            as_it_comes
        };
        runs.for_each(|run| faster(hasher, run));
    }
}

fn as_it_comes(hasher: &mut Hasher, bytes: &[u8]) {
    hasher.write(bytes);
}

fn telling_ahead(hasher: &mut Hasher, bytes: &[u8]) {
    for (number, piece) in bytes.chunks(PIECE).enumerate() {
        let ahead = number * PIECE + AHEAD;
        let end = bytes.len().min(ahead + PIECE);
        fetch(bytes.get(ahead..end).unwrap_or_default());
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
