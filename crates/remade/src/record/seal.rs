//! How is a seal written down?

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Who wrote the file of a pickle: `<key id>:<digest>`, in hexadecimal digits. What it means, and
/// how it is made, is said in [`crate::store::seal`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Which key made it.
    pub(crate) key: u32,
    pub(crate) digest: [u8; 32],
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}:", self.key)?;
        self.digest
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seal({self})")
    }
}

/// The text is no seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseSealError;

impl fmt::Display for ParseSealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a seal: 8 hexadecimal digits, a colon, 64 more")
    }
}

impl std::error::Error for ParseSealError {}

impl FromStr for Seal {
    type Err = ParseSealError;

    fn from_str(text: &str) -> Result<Seal, ParseSealError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let (id, digits) = text.split_once(':').ok_or(ParseSealError)?;
        let is_well = id.len() == 8 && digits.len() == 64;
        if !is_well || !id.bytes().chain(digits.bytes()).all(is_digit) {
            return Err(ParseSealError);
        }
        let mut digest = [0; 32];
        for (byte, at) in digest.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| ParseSealError)?;
        }
        Ok(Seal {
            key: u32::from_str_radix(id, 16).map_err(|_| ParseSealError)?,
            digest,
        })
    }
}

impl Serialize for Seal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Seal, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
