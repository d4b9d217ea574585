//! Which values are short enough to stand in the record itself, and how are they written?

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A value that stands in the record: exact, and plain to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Short {
    /// No value.
    None,
    /// Truth.
    Bool(bool),
    /// A whole number that fits a machine word.
    Int(i64),
    /// A whole number of any size, in decimal.
    BigInt(String),
    /// A binary64 number.
    Float(Binary64),
    /// Real and imaginary part.
    Complex(Binary64, Binary64),
    /// Text without lone surrogates.
    Text(String),
    /// Bytes, in hexadecimal.
    Bytes(String),
    /// A tuple.
    Tuple(Vec<Short>),
    /// A list.
    List(Vec<Short>),
    /// A mapping in its own order.
    Dict(Vec<(Short, Short)>),
    /// A file that the function wrote: its path.
    File(String),
}

/// A binary64 number that survives JSON bit for bit.
///
/// ```
/// use remade::record::Binary64;
/// assert_eq!(Binary64(-0.0).to_string(), "-0.0");
/// assert_eq!("1e-320".parse::<Binary64>().unwrap().0, 1e-320);
/// let nan = Binary64(f64::from_bits(0x7ff8_0000_0000_0001));
/// assert_eq!(nan.to_string(), "nan:7ff8000000000001");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Binary64(pub f64);

impl PartialEq for Binary64 {
    fn eq(&self, other: &Binary64) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl fmt::Display for Binary64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_nan() {
            write!(f, "nan:{:016x}", self.0.to_bits())
        } else {
            // The shortest text that reads back as the same number.
            write!(f, "{:?}", self.0)
        }
    }
}

/// The text is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseBinary64Error;

impl fmt::Display for ParseBinary64Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a number, `inf`, or `nan:` with 16 hexadecimal digits")
    }
}

impl FromStr for Binary64 {
    type Err = ParseBinary64Error;

    fn from_str(text: &str) -> Result<Binary64, ParseBinary64Error> {
        if let Some(bits) = text.strip_prefix("nan:") {
            let bits = u64::from_str_radix(bits, 16).map_err(|_| ParseBinary64Error)?;
            let number = f64::from_bits(bits);
            return if number.is_nan() {
                Ok(Binary64(number))
            } else {
                Err(ParseBinary64Error)
            };
        }
        match text.parse::<f64>() {
            Ok(number) if !number.is_nan() => Ok(Binary64(number)),
            _ => Err(ParseBinary64Error),
        }
    }
}

impl Serialize for Binary64 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Binary64 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Binary64, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
