//! How are addresses hashed?

use std::hash::{BuildHasherDefault, Hasher};

/// A hash for addresses: they are distinct already and need only be spread.
#[derive(Default, Clone, Copy, Debug)]
pub struct AddressHasher(u64);

/// The way in which tables by address hash.
pub type ByAddress = BuildHasherDefault<AddressHasher>;

impl Hasher for AddressHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
