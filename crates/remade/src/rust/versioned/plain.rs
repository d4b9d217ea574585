//! How are the types of the standard library told?

use super::{Plain, Versioned, Walk};
use crate::version::Tag;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{OsStr, OsString};
use std::marker::PhantomData;
use std::num::NonZero;
use std::ops::{Bound, Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Numbers: alone as what they are, many of them as an array.
macro_rules! numbers {
    ($($number:ty: |$value:ident, $walk:ident| $encode:expr;)*) => {$(
        impl Versioned for $number {
            fn encode(&self, $walk: &mut Walk<'_>) {
                let $value = *self;
                $encode
            }

            fn encode_all(items: &[$number], walk: &mut Walk<'_>) {
                walk.array(<$number as Plain>::version_of(items));
            }
        }
    )*};
}

numbers! {
    u8: |value, walk| walk.int(value.into());
    u16: |value, walk| walk.int(value.into());
    u32: |value, walk| walk.int(value.into());
    u64: |value, walk| walk.big_int(value.into());
    usize: |value, walk| walk.big_int(value as i128);
    i8: |value, walk| walk.int(value.into());
    i16: |value, walk| walk.int(value.into());
    i32: |value, walk| walk.int(value.into());
    i64: |value, walk| walk.int(value);
    isize: |value, walk| walk.int(value as i64);
    f32: |value, walk| {
        walk.check_finite(value.into());
        walk.encoder().begin_named(Tag::NumpyScalar, "<f4", 1);
        walk.bytes(&value.to_bits().to_le_bytes());
    };
    f64: |value, walk| walk.float(value);
    bool: |value, walk| walk.boolean(value);
}

impl Versioned for i128 {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.big_int(*self);
    }
}

impl Versioned for u128 {
    fn encode(&self, walk: &mut Walk<'_>) {
        let mut bytes = [0; 17]; // the last byte says that it is not negative
        bytes[..16].copy_from_slice(&self.to_le_bytes());
        walk.encoder().big_int(&bytes);
    }
}

impl Walk<'_> {
    fn big_int(&mut self, value: i128) {
        match i64::try_from(value) {
            Ok(short) => self.int(short),
            Err(_) => self.encoder().big_int(&value.to_le_bytes()),
        }
    }
}

macro_rules! not_zero {
    ($($number:ty),*) => {$(
        impl Versioned for NonZero<$number> {
            fn encode(&self, walk: &mut Walk<'_>) {
                self.get().encode(walk);
            }
        }
    )*};
}

not_zero!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

impl Versioned for () {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.nothing();
    }
}

impl Versioned for char {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.begin_named("char", 1);
        walk.int(u32::from(*self).into());
    }
}

impl Versioned for str {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.text(self);
    }
}

impl Versioned for String {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.text(self);
    }
}

impl Versioned for OsStr {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.begin_named("OsStr", 1);
        walk.bytes(self.as_encoded_bytes());
    }
}

impl Versioned for OsString {
    fn encode(&self, walk: &mut Walk<'_>) {
        self.as_os_str().encode(walk);
    }
}

/// The path, as text: what lies there does not count. That is what [`File`](crate::File) is for.
impl Versioned for Path {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.encoder().begin_named(Tag::Path, "Path", 1);
        walk.bytes(self.as_os_str().as_encoded_bytes());
    }
}

impl Versioned for PathBuf {
    fn encode(&self, walk: &mut Walk<'_>) {
        self.as_path().encode(walk);
    }
}

impl Versioned for Duration {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.begin_named("Duration", 1);
        let nanoseconds = i128::try_from(self.as_nanos()).unwrap_or(i128::MAX);
        walk.big_int(nanoseconds);
    }
}

impl Versioned for SystemTime {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.begin_named("SystemTime", 1);
        let nanoseconds = |duration: Duration| i128::try_from(duration.as_nanos());
        walk.big_int(match self.duration_since(UNIX_EPOCH) {
            Ok(after) => nanoseconds(after).unwrap_or(i128::MAX),
            Err(before) => -nanoseconds(before.duration()).unwrap_or(i128::MAX),
        });
    }
}

impl<T: ?Sized> Versioned for PhantomData<T> {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.nothing();
    }
}

/// What holds one value is that value.
macro_rules! transparent {
    ($($holder:ty),*) => {$(
        impl<T: Versioned + ?Sized> Versioned for $holder {
            fn encode(&self, walk: &mut Walk<'_>) {
                (**self).encode(walk);
            }
        }
    )*};
}

transparent!(&T, Box<T>, Rc<T>, Arc<T>);

impl<T: Versioned + ToOwned + ?Sized> Versioned for Cow<'_, T> {
    fn encode(&self, walk: &mut Walk<'_>) {
        (**self).encode(walk);
    }
}

impl<T: Versioned> Versioned for Option<T> {
    fn encode(&self, walk: &mut Walk<'_>) {
        match self {
            None => walk.nothing(),
            Some(value) => {
                walk.begin_named("Some", 1);
                value.encode(walk);
            }
        }
    }
}

impl<T: Versioned, E: Versioned> Versioned for Result<T, E> {
    fn encode(&self, walk: &mut Walk<'_>) {
        match self {
            Ok(value) => {
                walk.begin_named("Ok", 1);
                value.encode(walk);
            }
            Err(error) => {
                walk.begin_named("Err", 1);
                error.encode(walk);
            }
        }
    }
}

impl<T: Versioned> Versioned for [T] {
    fn encode(&self, walk: &mut Walk<'_>) {
        T::encode_all(self, walk);
    }
}

impl<T: Versioned, const N: usize> Versioned for [T; N] {
    fn encode(&self, walk: &mut Walk<'_>) {
        T::encode_all(self, walk);
    }
}

impl<T: Versioned> Versioned for Vec<T> {
    fn encode(&self, walk: &mut Walk<'_>) {
        T::encode_all(self, walk);
    }
}

/// Items in an order of their own.
macro_rules! ordered {
    ($($list:ident),*) => {$(
        impl<T: Versioned> Versioned for $list<T> {
            fn encode(&self, walk: &mut Walk<'_>) {
                walk.list(self.len());
                for (index, item) in self.iter().enumerate() {
                    walk.at(index, |walk| item.encode(walk));
                }
            }
        }
    )*};
}

ordered!(VecDeque, LinkedList, BTreeSet);

/// Items in an order that says nothing: as a set, in which one may stand several times.
macro_rules! unordered {
    ($(($($more:ident)?) $set:ty, $tag:expr;)*) => {$(
        impl<T: Versioned, $($more)?> Versioned for $set {
            fn encode(&self, walk: &mut Walk<'_>) {
                let items = self.iter().map(|item| walk.apart(|walk| item.encode(walk)));
                let items = items.collect();
                walk.encoder().set($tag, items);
            }
        }
    )*};
}

unordered! {
    (S) HashSet<T, S>, Tag::Set;
    () BinaryHeap<T>, Tag::Set;
}

impl<K: Versioned, V: Versioned> Versioned for BTreeMap<K, V> {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.encoder().begin(Tag::Dict, self.len());
        for (key, value) in self {
            key.encode(walk);
            value.encode(walk);
        }
    }
}

impl<K: Versioned, V: Versioned, S> Versioned for HashMap<K, V, S> {
    fn encode(&self, walk: &mut Walk<'_>) {
        let pairs = self.iter().map(|(key, value)| {
            walk.apart(|walk| {
                walk.tuple(2);
                key.encode(walk);
                value.encode(walk);
            })
        });
        let pairs = pairs.collect();
        walk.begin_named("HashMap", 1);
        walk.encoder().set(Tag::Set, pairs);
    }
}

macro_rules! tuples {
    ($($number:literal: $($part:ident $index:tt),+;)+) => {$(
        impl<$($part: Versioned),+> Versioned for ($($part,)+) {
            fn encode(&self, walk: &mut Walk<'_>) {
                walk.tuple($number);
                $(walk.at($index, |walk| self.$index.encode(walk));)+
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

/// Ranges, by their ends.
macro_rules! ranges {
    ($($range:ident: $($end:ident)*;)*) => {$(
        impl<T: Versioned> Versioned for $range<T> {
            fn encode(&self, walk: &mut Walk<'_>) {
                walk.begin_named(stringify!($range), 0 $(+ { let _ = stringify!($end); 1 })*);
                $(self.$end.encode(walk);)*
            }
        }
    )*};
}

ranges! {
    Range: start end;
    RangeFrom: start;
    RangeTo: end;
    RangeToInclusive: end;
}

impl<T: Versioned> Versioned for RangeInclusive<T> {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.begin_named("RangeInclusive", 2);
        self.start().encode(walk);
        self.end().encode(walk);
    }
}

impl Versioned for RangeFull {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.begin_named("RangeFull", 0);
    }
}

impl<T: Versioned> Versioned for Bound<T> {
    fn encode(&self, walk: &mut Walk<'_>) {
        match self {
            Bound::Included(end) => {
                walk.begin_named("Included", 1);
                end.encode(walk);
            }
            Bound::Excluded(end) => {
                walk.begin_named("Excluded", 1);
                end.encode(walk);
            }
            Bound::Unbounded => walk.begin_named("Unbounded", 0),
        }
    }
}
