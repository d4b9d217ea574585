//! Which state of a value is this?
//!
//! A [`Version`] is 128 bits of XXH3 over a tagged canonical encoding. The encoding is the same in
//! every process, on every platform and in every release: it never contains an address, never
//! depends on the order of a hash table, and puts a tag and a length before everything, so that two
//! different values never have the same bytes.
//!
//! The numbers of the tags are written in records all over the world. A number is never reused.

pub mod array;
mod digest;
mod encoder;

use std::fmt;
use std::str::FromStr;

pub use encoder::Encoder;

/// The identity of one state of a value. Equal versions are interchangeable.
///
/// ```
/// use remade::version::{Encoder, Version};
///
/// let mut one = Encoder::new();
/// one.int(1);
/// let mut float = Encoder::new();
/// float.float(1.0);
/// assert_ne!(one.finish(), float.finish());
///
/// let version: Version = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
/// assert_eq!(version.to_string(), "000102030405060708090a0b0c0d0e0f");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(u128);

impl Version {
    /// The version of plain bytes, without a tag: use it for the content of a file, or for an
    /// encoding that is already canonical.
    pub fn of_bytes(bytes: &[u8]) -> Version {
        Version(digest::digest(bytes))
    }

    /// From the number that the digest gave.
    pub const fn from_u128(number: u128) -> Version {
        Version(number)
    }

    /// The sixteen bytes, most significant first, as in the text form.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The text form. A record has dozens of them, and the standard library's way is ten times as long.
    fn digits(self, digits: &mut [u8; 32]) -> &str {
        for (byte, pair) in self.to_bytes().iter().zip(digits.as_chunks_mut::<2>().0) {
            *pair = [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
        }
        std::str::from_utf8(digits).unwrap_or_default()
    }

    /// The number, for tables in memory.
    pub const fn to_u128(self) -> u128 {
        self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.digits(&mut [0; 32]))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({:032x})", self.0)
    }
}

/// The text was not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseVersionError;

impl fmt::Display for ParseVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version is 32 hexadecimal digits in lower case")
    }
}

impl std::error::Error for ParseVersionError {}

impl FromStr for Version {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Version, ParseVersionError> {
        if text.len() != 32 {
            return Err(ParseVersionError);
        }
        let mut number = 0;
        for digit in text.bytes() {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return Err(ParseVersionError),
            };
            number = (number << 4) | u128::from(value);
        }
        Ok(Version(number))
    }
}

impl serde::Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = [0; 32];
        serializer.serialize_str(self.digits(&mut digits))
    }
}

impl<'de> serde::Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What stands before every item of the encoding. Written numbers: never reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// The one value of no value.
    None = 1,
    /// False.
    False = 2,
    /// True.
    True = 3,
    /// An integer of any size: length, then two's complement, least significant byte first.
    Int = 4,
    /// A binary64 number: its eight bytes, so that -0.0 and 0.0, and NaNs of other bits, differ.
    Float = 5,
    /// Two binary64 numbers.
    Complex = 6,
    /// Text: length and UTF-8; a lone surrogate as its three WTF-8 bytes.
    Text = 7,
    /// Bytes: length, then the bytes.
    Bytes = 8,
    /// A list: number of items, items.
    List = 9,
    /// A tuple: number of items, items.
    Tuple = 10,
    /// A mapping in its own order: number of pairs, then key and value of each.
    Dict = 11,
    /// A mutable set: number of items, their versions in ascending order.
    Set = 12,
    /// An immutable set: number of items, their versions in ascending order.
    FrozenSet = 13,
    /// A scalar of a numpy type: the type's name, then the bytes.
    NumpyScalar = 14,
    /// An array: its version as [`mod@array`] defines it.
    Array = 15,
    /// An element type of numpy.
    Dtype = 16,
    /// A value of a named type that is told by parts: the name, number of parts, parts.
    Parts = 17,
    /// A function or class, by the version of its code.
    Code = 18,
    /// A function or class that is not the user's own, by its qualified name.
    Name = 19,
    /// An object by its class and state.
    Object = 20,
    /// The n-th object met earlier in the same encoding.
    Back = 21,
    /// A file system path, as text.
    Path = 22,
    /// A value by the version of something else: the tag says only that a version follows.
    Version = 23,
    /// A file, folder or pattern as input.
    File = 24,
    /// A view of an array that is known by history.
    View = 25,
    /// What a named persister gives back for a content.
    Persisted = 26,
    /// A name with its value: parameters, fields, names in code.
    Named = 27,
    /// Nothing there, where something might have been.
    Missing = 28,
    /// A data frame or column, by its buffers.
    Frame = 29,
    /// Elements that are objects, one by one.
    ObjectArray = 30,
}
