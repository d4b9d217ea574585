//! Which Rust values stand in the record itself?

use super::versioned::Versioned;
use crate::record::{Binary64, Short};

/// Bytes of one value; a longer one has a file.
pub(super) const MOST: usize = 1024;

/// Whether a value is short enough for a record.
pub(super) fn is_short(short: &Short) -> bool {
    fn size(short: &Short) -> usize {
        1 + match short {
            Short::Text(text) | Short::BigInt(text) => text.len(),
            Short::List(parts) | Short::Tuple(parts) => parts.iter().map(size).sum(),
            _ => 0,
        }
    }
    size(short) <= MOST
}

/// A value that is exact in a record.
pub trait InShort: Versioned + Sized {
    /// As it stands there.
    fn to_short(&self) -> Short;
    /// None: the record holds something else.
    fn from_short(short: &Short) -> Option<Self>;
}

macro_rules! whole {
    ($($number:ty),*) => {$(
        impl InShort for $number {
            fn to_short(&self) -> Short {
                match i64::try_from(*self) {
                    Ok(number) => Short::Int(number),
                    Err(_) => Short::BigInt(self.to_string()),
                }
            }

            fn from_short(short: &Short) -> Option<$number> {
                match short {
                    Short::Int(number) => <$number>::try_from(*number).ok(),
                    Short::BigInt(text) => text.parse().ok(),
                    _ => None,
                }
            }
        }
    )*};
}

whole!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

impl InShort for f64 {
    fn to_short(&self) -> Short {
        Short::Float(Binary64(*self))
    }

    fn from_short(short: &Short) -> Option<f64> {
        match short {
            Short::Float(number) => Some(number.0),
            _ => None,
        }
    }
}

impl InShort for f32 {
    fn to_short(&self) -> Short {
        let wide = f64::from(*self);
        // Some processors change a NaN when they widen it.
        match self.is_nan() {
            true => Short::Tuple(vec![Short::Int(self.to_bits().into())]),
            false => Short::Float(Binary64(wide)),
        }
    }

    fn from_short(short: &Short) -> Option<f32> {
        match short {
            Short::Float(number) => {
                let narrow = number.0 as f32;
                (f64::from(narrow).to_bits() == number.0.to_bits()).then_some(narrow)
            }
            Short::Tuple(bits) => match &bits[..] {
                [Short::Int(bits)] => u32::try_from(*bits).ok().map(f32::from_bits),
                _ => None,
            },
            _ => None,
        }
    }
}

impl InShort for bool {
    fn to_short(&self) -> Short {
        Short::Bool(*self)
    }

    fn from_short(short: &Short) -> Option<bool> {
        match short {
            Short::Bool(truth) => Some(*truth),
            _ => None,
        }
    }
}

impl InShort for char {
    fn to_short(&self) -> Short {
        Short::Text(self.to_string())
    }

    fn from_short(short: &Short) -> Option<char> {
        match short {
            Short::Text(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl InShort for String {
    fn to_short(&self) -> Short {
        Short::Text(self.clone())
    }

    fn from_short(short: &Short) -> Option<String> {
        match short {
            Short::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl InShort for () {
    fn to_short(&self) -> Short {
        Short::None
    }

    fn from_short(short: &Short) -> Option<()> {
        matches!(short, Short::None).then_some(())
    }
}

/// The value stands in a list of its own, so that something can be told from nothing at any depth.
impl<T: InShort> InShort for Option<T> {
    fn to_short(&self) -> Short {
        match self {
            None => Short::None,
            Some(value) => Short::List(vec![value.to_short()]),
        }
    }

    fn from_short(short: &Short) -> Option<Option<T>> {
        match short {
            Short::None => Some(None),
            Short::List(one) => match &one[..] {
                [value] => T::from_short(value).map(Some),
                _ => None,
            },
            _ => None,
        }
    }
}

macro_rules! tuples {
    ($($number:literal: $($part:ident $index:tt),+;)+) => {$(
        impl<$($part: InShort),+> InShort for ($($part,)+) {
            fn to_short(&self) -> Short {
                Short::Tuple(vec![$(self.$index.to_short()),+])
            }

            fn from_short(short: &Short) -> Option<($($part,)+)> {
                match short {
                    Short::Tuple(parts) if parts.len() == $number => {
                        Some(($($part::from_short(&parts[$index])?,)+))
                    }
                    _ => None,
                }
            }
        }
    )+};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}
