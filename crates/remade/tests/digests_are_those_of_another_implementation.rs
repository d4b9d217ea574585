//! The digest takes other instructions on other machines, and must not take another value: versions
//! are written in records. A second implementation, which knows only one way, gives the same.

use proptest::prelude::*;
use remade::version::Version;
use remade::version::array::ContentDigest;
use xxhash_rust::xxh3::xxh3_128;

fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn every_short_length_has_the_same_digest() {
    // The ways change at 16, 128 and 240 bytes, and from there with each stripe and each block.
    for length in 0..2200 {
        let bytes = bytes(length, length as u64);
        let expected = Version::from_u128(xxh3_128(&bytes));
        assert_eq!(Version::of_bytes(&bytes), expected, "{length} bytes");
        let mut digest = ContentDigest::new();
        bytes.chunks(7).for_each(|piece| digest.update(piece));
        assert_eq!(digest.finish(), expected, "{length} bytes, in pieces");
    }
}

proptest! {
    #[test]
    fn long_bytes_in_any_pieces_have_the_same_digest(
        length in 0usize..300_000, piece in 1usize..100_000, offset in 0usize..64, seed: u64
    ) {
        let bytes = bytes(offset + length, seed);
        let bytes = &bytes[offset..];
        let expected = Version::from_u128(xxh3_128(bytes));
        prop_assert_eq!(Version::of_bytes(bytes), expected);
        let mut digest = ContentDigest::new();
        bytes.chunks(piece).for_each(|piece| digest.update(piece));
        prop_assert_eq!(digest.finish(), expected);
        prop_assert_eq!(digest.finish(), expected); // asking changes nothing
    }
}

#[test]
fn bytes_that_are_digested_in_the_way_that_is_faster_here_have_the_same_digest() {
    // From 4 MiB on both ways are tried; groups of runs end at 8 MiB, runs at half a MiB.
    let all = bytes((17 << 20) + 5, 1);
    for length in [
        4 << 20,
        (4 << 20) + 1,
        8 << 20,
        (8 << 20) + (512 << 10) + 3,
        all.len(),
    ] {
        let bytes = &all[..length];
        let expected = Version::from_u128(xxh3_128(bytes));
        assert_eq!(Version::of_bytes(bytes), expected, "{length} bytes");
        let mut digest = ContentDigest::new();
        digest.update(&bytes[..11]);
        digest.update(&bytes[11..]);
        assert_eq!(digest.finish(), expected, "{length} bytes, in two pieces");
    }
}
