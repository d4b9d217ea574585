//! Different values never have the same bytes, and one value always has the same ones.
//!
//! The encoding is written down here a second time, plainly. The engine must agree with it: then
//! whatever holds for the plain one holds for the engine.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use remade::version::{Encoder, Tag, Version};

/// One thing to encode.
#[derive(Debug, Clone, PartialEq)]
enum Item {
    None,
    Bool(bool),
    /// Two's complement, sign extended by as many bytes as the second says; short ones go through
    /// `int` as well.
    Int(i128, usize),
    Float(u64),
    Complex(u64, u64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Item>),
    Tuple(Vec<Item>),
    Set(Vec<u128>),
    Named(String, Vec<Item>),
    Version(u128),
    Tagged(Vec<u8>),
}

fn encode(item: &Item, encoder: &mut Encoder) {
    match item {
        Item::None => encoder.tag(Tag::None),
        Item::Bool(truth) => encoder.boolean(*truth),
        Item::Int(number, more) => match i64::try_from(*number) {
            Ok(small) if *more == 0 => encoder.int(small),
            _ => {
                let mut bytes = number.to_le_bytes().to_vec();
                let fill = if *number < 0 { 0xff } else { 0 };
                bytes.extend(std::iter::repeat_n(fill, *more));
                encoder.big_int(&bytes);
            }
        },
        Item::Float(bits) => encoder.float(f64::from_bits(*bits)),
        Item::Complex(real, imaginary) => {
            encoder.complex(f64::from_bits(*real), f64::from_bits(*imaginary));
        }
        Item::Text(text) => encoder.text(text),
        Item::Bytes(bytes) => encoder.bytes(bytes),
        Item::List(items) => {
            encoder.begin(Tag::List, items.len());
            items.iter().for_each(|item| encode(item, encoder));
        }
        Item::Tuple(items) => {
            encoder.begin(Tag::Tuple, items.len());
            items.iter().for_each(|item| encode(item, encoder));
        }
        Item::Set(versions) => encoder.set(
            Tag::Set,
            versions.iter().map(|n| Version::from_u128(*n)).collect(),
        ),
        Item::Named(name, items) => {
            encoder.begin_named(Tag::Parts, name, items.len());
            items.iter().for_each(|item| encode(item, encoder));
        }
        Item::Version(number) => encoder.version(Tag::Version, Version::from_u128(*number)),
        Item::Tagged(bytes) => encoder.tagged(Tag::Dtype, bytes),
    }
}

fn length(length: usize, bytes: &mut Vec<u8>) {
    if length < 255 {
        bytes.push(length as u8);
    } else {
        bytes.push(255);
        bytes.extend((length as u64).to_le_bytes());
    }
}

fn blob(tag: u8, content: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(tag);
    length(content.len(), bytes);
    bytes.extend(content);
}

/// The same, plainly.
fn plain(item: &Item, bytes: &mut Vec<u8>) {
    match item {
        Item::None => bytes.push(1),
        Item::Bool(truth) => bytes.push(2 + u8::from(*truth)),
        Item::Int(number, _) => {
            // The fewest bytes that hold it.
            let all = number.to_le_bytes();
            let fits = |n: usize| match n {
                0 => *number == 0,
                16 => true,
                n => (-(1_i128 << (8 * n - 1))..(1_i128 << (8 * n - 1))).contains(number),
            };
            let fewest = (0..=16).find(|n| fits(*n)).unwrap();
            blob(4, &all[..fewest], bytes);
        }
        Item::Float(bits) => {
            bytes.push(5);
            bytes.extend(bits.to_le_bytes());
        }
        Item::Complex(real, imaginary) => {
            bytes.push(6);
            bytes.extend(real.to_le_bytes());
            bytes.extend(imaginary.to_le_bytes());
        }
        Item::Text(text) => blob(7, text.as_bytes(), bytes),
        Item::Bytes(content) => blob(8, content, bytes),
        Item::List(items) | Item::Tuple(items) => {
            bytes.push(if matches!(item, Item::List(_)) { 9 } else { 10 });
            length(items.len(), bytes);
            items.iter().for_each(|item| plain(item, bytes));
        }
        Item::Set(versions) => {
            let mut sorted = versions.clone();
            sorted.sort_unstable();
            bytes.push(12);
            length(sorted.len(), bytes);
            sorted
                .iter()
                .for_each(|version| bytes.extend(version.to_be_bytes()));
        }
        Item::Named(name, items) => {
            blob(17, name.as_bytes(), bytes);
            length(items.len(), bytes);
            items.iter().for_each(|item| plain(item, bytes));
        }
        Item::Version(number) => {
            bytes.push(23);
            bytes.extend(number.to_be_bytes());
        }
        Item::Tagged(content) => blob(16, content, bytes),
    }
}

fn versions(items: &[Item]) -> (Version, Vec<u8>) {
    let (mut encoder, mut bytes) = (Encoder::new(), Vec::new());
    for item in items {
        encode(item, &mut encoder);
        plain(item, &mut bytes);
    }
    (encoder.finish(), bytes)
}

/// What `Int` and `Set` may be written as is one value.
fn normal(item: &Item) -> Item {
    let all = |items: &[Item]| items.iter().map(normal).collect();
    match item {
        Item::Int(number, _) => Item::Int(*number, 0),
        Item::Set(versions) => {
            let mut sorted = versions.clone();
            sorted.sort_unstable();
            Item::Set(sorted)
        }
        Item::List(items) => Item::List(all(items)),
        Item::Tuple(items) => Item::Tuple(all(items)),
        Item::Named(name, items) => Item::Named(name.clone(), all(items)),
        other => other.clone(),
    }
}

/// Lengths around those where the encoding or the buffer has a seam.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![
        8 => 0..20_usize,
        1 => 250..260_usize,
        1 => 65_520..65_550_usize,
        1 => 131_060..131_080_usize,
    ]
}

fn items() -> impl Strategy<Value = Item> {
    let leaf = prop_oneof![
        Just(Item::None),
        any::<bool>().prop_map(Item::Bool),
        (any::<i128>(), 0..3_usize).prop_map(|(number, more)| Item::Int(number, more)),
        (-300..300_i128, 0..3_usize).prop_map(|(number, more)| Item::Int(number, more)),
        (0..127_u32, any::<bool>(), -1..=1_i128).prop_map(|(bit, negative, near)| {
            let power = 1_i128 << bit;
            Item::Int(
                (if negative { -power } else { power - 1 }).wrapping_add(near),
                0,
            )
        }),
        any::<u64>().prop_map(Item::Float),
        (any::<u64>(), any::<u64>()).prop_map(|(a, b)| Item::Complex(a, b)),
        ".{0,12}".prop_map(Item::Text),
        (lengths(), any::<u8>()).prop_map(|(length, byte)| Item::Bytes(vec![byte; length])),
        (lengths(), any::<u8>()).prop_map(|(length, byte)| Item::Tagged(vec![byte; length])),
        lengths().prop_map(|length| Item::Text("x".repeat(length))),
        proptest::collection::vec(any::<u128>(), 0..5).prop_map(Item::Set),
        (255..300_usize).prop_map(|length| Item::Set((0..length as u128).rev().collect())),
        any::<u128>().prop_map(Item::Version),
    ];
    leaf.prop_recursive(4, 60, 6, |inner| {
        let many = || proptest::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            many().prop_map(Item::List),
            many().prop_map(Item::Tuple),
            (".{0,6}", many()).prop_map(|(name, items)| Item::Named(name, items)),
        ]
    })
}

fn sequences() -> impl Strategy<Value = Vec<Item>> {
    proptest::collection::vec(items(), 0..6)
}

/// Small items of few values, so that two sequences often are nearly the same.
fn alike() -> impl Strategy<Value = Vec<Item>> {
    let leaf = prop_oneof![
        Just(Item::None),
        (0..2_i128).prop_map(|number| Item::Int(number, 0)),
        "[\u{0}-\u{9}]{0,3}".prop_map(Item::Text),
        proptest::collection::vec(0..12_u8, 0..4).prop_map(Item::Bytes),
    ];
    let item = leaf.prop_recursive(3, 12, 3, |inner| {
        let many = || proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![many().prop_map(Item::List), many().prop_map(Item::Tuple)]
    });
    proptest::collection::vec(item, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_engine_agrees_with_the_plain_encoding(items in sequences()) {
        let (version, bytes) = versions(&items);
        prop_assert_eq!(version, Version::of_bytes(&bytes));
    }

    #[test]
    fn sequences_have_the_same_bytes_only_if_they_are_the_same(one in alike(), other in alike()) {
        let same = one.iter().map(normal).eq(other.iter().map(normal));
        let (first, second) = (versions(&one), versions(&other));
        prop_assert_eq!(first.1 == second.1, same);
        prop_assert_eq!(first.0 == second.0, same);
    }

    #[test]
    fn no_sequence_of_items_begins_another_item(one in items(), other in items()) {
        // Prefix-free, so that nothing can be read in two ways.
        let (one_is, other_is) = (normal(&one), normal(&other));
        let (one, other) = (versions(&[one]).1, versions(&[other]).1);
        if one_is != other_is {
            prop_assert!(!one.starts_with(&other) && !other.starts_with(&one));
        }
    }

    #[test]
    fn a_number_has_one_encoding(number in any::<i64>(), more in 0..20_usize) {
        let mut one = Encoder::new();
        one.int(number);
        let mut bytes = number.to_le_bytes().to_vec();
        bytes.extend(std::iter::repeat_n(if number < 0 { 0xff } else { 0 }, more));
        let mut other = Encoder::new();
        other.big_int(&bytes);
        prop_assert_eq!(one.finish(), other.finish());
    }

    #[test]
    fn asking_and_clearing_change_nothing(first in sequences(), second in sequences()) {
        let mut encoder = Encoder::new();
        for item in &first {
            encode(item, &mut encoder);
            encoder.finish();
        }
        prop_assert_eq!(encoder.finish(), versions(&first).0);
        encoder.clear();
        second.iter().for_each(|item| encode(item, &mut encoder));
        prop_assert_eq!(encoder.finish(), versions(&second).0);
    }

    #[test]
    fn the_text_of_a_version_reads_back(number in any::<u128>(), text in "[0-9a-fA-F+ -]{30,34}") {
        let version = Version::from_u128(number);
        prop_assert_eq!(version.to_string().parse::<Version>(), Ok(version));
        if let Ok(version) = text.parse::<Version>() {
            prop_assert_eq!(version.to_string(), text);
        }
    }
}

#[test]
fn the_number_zero_has_no_bytes_and_no_bytes_are_zero() {
    let of = |bytes: &[u8]| {
        let mut encoder = Encoder::new();
        encoder.big_int(bytes);
        encoder.finish()
    };
    assert_eq!(of(&[]), of(&[0]));
    assert_eq!(of(&[]), of(&[0, 0, 0]));
    assert_ne!(of(&[]), of(&[0xff]));
    assert_eq!(of(&[0xff]), of(&[0xff, 0xff]));
    assert_ne!(of(&[0x80]), of(&[0x80, 0]));
    assert_ne!(of(&[0x7f]), of(&[0xff]));
}
