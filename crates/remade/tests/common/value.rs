//! What do the functions of tests take and return?

use remade::version::{Encoder, Tag, Version};

/// What functions take and return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Stands in the record.
    Int(i64),
    /// Has a file.
    Bytes(Vec<u8>),
    /// Has a file for each.
    Rows(Vec<Vec<u8>>),
}

impl Value {
    pub fn version(&self) -> Version {
        let mut encoder = Encoder::new();
        match self {
            Value::Int(number) => encoder.int(*number),
            Value::Bytes(bytes) => encoder.bytes(bytes),
            Value::Rows(rows) => {
                encoder.begin(Tag::Tuple, rows.len());
                rows.iter().for_each(|row| encoder.bytes(row));
            }
        }
        encoder.finish()
    }

    /// How far apart two numbers are, or two rows of bytes where they differ most.
    pub fn difference(&self, other: &Value) -> Option<i64> {
        match (self, other) {
            (Value::Int(one), Value::Int(two)) => Some((one - two).abs()),
            (Value::Bytes(one), Value::Bytes(two)) if one.len() == two.len() => {
                let pairs = one.iter().zip(two);
                let all = pairs.map(|(one, two)| (i64::from(*one) - i64::from(*two)).abs());
                Some(all.max().unwrap_or(0))
            }
            _ => None,
        }
    }
}

/// Bytes that tell their number.
pub fn bytes_of(number: i64, length: usize) -> Vec<u8> {
    (0..length).map(|i| (number + i as i64) as u8).collect()
}
