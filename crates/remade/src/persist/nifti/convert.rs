//! What becomes of an element whose type or byte order a file does not have?

/// How elements are changed on their way into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Not at all.
    Keep,
    /// The bytes of each number (or half of a complex number) are turned round.
    Swap,
    /// Truth values become 0 and 1.
    Truth,
    /// Numbers of 16 bits become numbers of 32, which hold all of them.
    Half,
    /// The same, of the other byte order.
    SwappedHalf,
}

impl Conversion {
    /// How many bytes an element has in memory that has `size` of them in the file.
    pub(super) fn size_in_memory(self, size: usize) -> usize {
        match self {
            Conversion::Half | Conversion::SwappedHalf => size / 2,
            _ => size,
        }
    }

    /// Converts what stands in the buffer from `from` on.
    pub(super) fn apply(self, buffer: &mut Vec<u8>, from: usize, part: usize) {
        match self {
            Conversion::Keep => {}
            Conversion::Swap => swap(&mut buffer[from..], part),
            Conversion::Truth => {
                for byte in &mut buffer[from..] {
                    *byte = u8::from(*byte != 0);
                }
            }
            Conversion::Half | Conversion::SwappedHalf => {
                let halves = buffer.split_off(from);
                buffer.reserve(halves.len() * 2);
                for half in halves.as_chunks::<2>().0 {
                    let bits = if self == Conversion::Half {
                        u16::from_le_bytes(*half)
                    } else {
                        u16::from_be_bytes(*half)
                    };
                    buffer.extend_from_slice(&single(bits).to_le_bytes());
                }
            }
        }
    }
}

/// Turns the bytes of each part round.
pub(super) fn swap(memory: &mut [u8], part: usize) {
    fn turn<const SIZE: usize>(memory: &mut [u8]) {
        for bytes in memory.as_chunks_mut::<SIZE>().0 {
            bytes.reverse();
        }
    }
    match part {
        2 => turn::<2>(memory),
        4 => turn::<4>(memory),
        8 => turn::<8>(memory),
        _ => {}
    }
}

/// The bits of the binary32 number that a binary16 number is. NaNs keep their sign and payload.
fn single(half: u16) -> u32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10) & 0x1f;
    let fraction = u32::from(half) & 0x3ff;
    match (exponent, fraction) {
        (0, 0) => sign,
        (0, _) => {
            // Below the normal numbers of 16 bits, among those of 32.
            let shift = fraction.leading_zeros() - 21;
            let fraction = (fraction << shift) & 0x3ff;
            sign | ((113 - shift) << 23) | (fraction << 13)
        }
        (31, _) => sign | (0xff << 23) | (fraction << 13),
        _ => sign | ((exponent + 112) << 23) | (fraction << 13),
    }
}
