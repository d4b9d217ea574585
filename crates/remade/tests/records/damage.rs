//! What may happen to the text of a record.

use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub enum Damage {
    Truncate(usize),
    Flip(usize, u8),
    Put(usize, u8),
    Remove(usize, usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize),
    Zero(usize, usize),
    Swap(usize, usize),
    NextDigit(usize),
}

pub fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<usize>;
    prop_oneof![
        at().prop_map(Damage::Truncate),
        (at(), 0..8_u8).prop_map(|(place, bit)| Damage::Flip(place, 1 << bit)),
        (at(), any::<u8>()).prop_map(|(place, byte)| Damage::Put(place, byte)),
        (at(), 1..200_usize).prop_map(|(place, length)| Damage::Remove(place, length)),
        (at(), vec(any::<u8>(), 1..20)).prop_map(|(place, bytes)| Damage::Insert(place, bytes)),
        (at(), 1..200_usize).prop_map(|(place, length)| Damage::Repeat(place, length)),
        (at(), 1..600_usize).prop_map(|(place, length)| Damage::Zero(place, length)),
        (at(), at()).prop_map(|(one, other)| Damage::Swap(one, other)),
        at().prop_map(Damage::NextDigit),
    ]
}

pub fn apply(damage: &Damage, text: &mut Vec<u8>) {
    if text.is_empty() {
        return;
    }
    let size = text.len();
    let range = |place: usize, length: usize| place % size..(place % size + length).min(size);
    match damage {
        Damage::Truncate(place) => text.truncate(place % size),
        Damage::Flip(place, bit) => text[place % size] ^= bit,
        Damage::Put(place, byte) => text[place % size] = *byte,
        Damage::Remove(place, length) => drop(text.drain(range(*place, *length))),
        Damage::Insert(place, bytes) => {
            text.splice(place % size..place % size, bytes.iter().copied());
        }
        Damage::Repeat(place, length) => {
            let again = text[range(*place, *length)].to_vec();
            text.splice(place % size..place % size, again);
        }
        Damage::Zero(place, length) => text[range(*place, *length)].fill(0),
        Damage::Swap(one, other) => text.swap(one % size, other % size),
        Damage::NextDigit(place) => {
            let digits = |byte: &u8| byte.is_ascii_digit();
            let from = place % size;
            if let Some(found) = text[from..].iter().position(digits) {
                let digit = &mut text[from + found];
                *digit = if *digit == b'9' { b'0' } else { *digit + 1 };
            }
        }
    }
}
