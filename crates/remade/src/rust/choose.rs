//! Which way does the compiler find for a type?
//!
//! A macro knows the names of types and not what they can do. So it asks for a method through as
//! many borrows as there are ways: the compiler takes the first way whose bounds the type meets, and
//! one step less of borrowing is one way further down.
//!
//! The methods have long names because the compiler looks in all traits of the place where the macro
//! stands: one of the user's with a method `version` for every type would be as good as these.

#![allow(missing_docs)] // what the macros write is no part of the interface

use super::file::File;
#[cfg(feature = "ndarray")]
use super::output::chosen::Npy;
use super::output::chosen::{InRecord, Json, Text, Written};
use super::output::{Output, Unknown};
use super::short::InShort;
use super::versioned::{Versioned, Walk, encode_by_serde};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// A value that is to be told, shown, or named.
pub struct By<'a, T: ?Sized>(pub &'a T);

/// How a value is told by what it is: [`Versioned`] before serde.
pub trait ByVersioned<'a, T: ?Sized> {
    fn __remade_version(&self) -> Told<'a, T>;
}

impl<'a, T: Versioned + ?Sized> ByVersioned<'a, T> for &&By<'a, T> {
    fn __remade_version(&self) -> Told<'a, T> {
        Told(self.0)
    }
}

pub trait BySerde<'a, T: ?Sized> {
    fn __remade_version(&self) -> Serialized<'a, T>;
}

impl<'a, T: Serialize + ?Sized> BySerde<'a, T> for &By<'a, T> {
    fn __remade_version(&self) -> Serialized<'a, T> {
        Serialized(self.0)
    }
}

/// Neither: the error is about the one that one should derive.
pub trait ByNothing<'a, T: ?Sized> {
    fn __remade_version(&self) -> Told<'a, T>;
}

impl<'a, T: ?Sized> ByNothing<'a, T> for By<'a, T> {
    fn __remade_version(&self) -> Told<'a, T> {
        Told(self.0)
    }
}

pub struct Told<'a, T: ?Sized>(&'a T);

impl<T: ?Sized> Told<'_, T> {
    pub fn __remade_encode(&self, walk: &mut Walk<'_>)
    where
        T: Versioned,
    {
        self.0.encode(walk);
    }
}

pub struct Serialized<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Serialized<'_, T> {
    pub fn __remade_encode(&self, walk: &mut Walk<'_>) {
        encode_by_serde(self.0, walk);
    }
}

/// The longest short form.
const SHORT: usize = 100;

/// How a value looks to a person: in short, as `Debug` has it, or as its type.
pub trait ByDebug {
    fn __remade_short(&self) -> String;
}

impl<T: fmt::Debug + ?Sized> ByDebug for &By<'_, T> {
    fn __remade_short(&self) -> String {
        use fmt::Write;
        let mut cut = Cut(String::new());
        // An error says that it is long enough.
        let _ = write!(cut, "{:?}", self.0);
        cut.0
    }
}

pub trait ByType {
    fn __remade_short(&self) -> String;
}

impl<T: ?Sized> ByType for By<'_, T> {
    fn __remade_short(&self) -> String {
        std::any::type_name::<T>().to_owned()
    }
}

/// Takes no more than a person wants to see: a large array is not written out.
struct Cut(String);

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = SHORT.saturating_sub(self.0.chars().count());
        let fits: String = text.chars().take(room).collect();
        self.0.push_str(&fits);
        if fits.len() < text.len() {
            self.0.push('…');
            return Err(fmt::Error);
        }
        Ok(())
    }
}

/// What stands for a value in the name of a file.
pub trait ByDisplay {
    fn __remade_word(&self) -> Option<String>;
}

impl<T: fmt::Display + ?Sized> ByDisplay for &By<'_, T> {
    fn __remade_word(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

pub trait ByNoWord {
    fn __remade_word(&self) -> Option<String>;
}

impl<T: ?Sized> ByNoWord for By<'_, T> {
    fn __remade_word(&self) -> Option<String> {
        None
    }
}

/// Whether everybody can tell a value of this type by its value: text, numbers, files.
pub trait PlainlyByItself {
    fn __remade_plain(&self) -> bool;
}

impl<T: Plainly + ?Sized> PlainlyByItself for &By<'_, T> {
    fn __remade_plain(&self) -> bool {
        true
    }
}

pub trait ByMoreThanItself {
    fn __remade_plain(&self) -> bool;
}

impl<T: ?Sized> ByMoreThanItself for By<'_, T> {
    fn __remade_plain(&self) -> bool {
        false
    }
}

/// A type of which that is true.
pub trait Plainly {}

macro_rules! plainly {
    ($($ty:ty),*) => {$(impl Plainly for $ty {})*};
}

plainly!(
    str, String, Path, PathBuf, File, bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32,
    i64, i128, isize, f32, f64
);

/// A type whose values are to be kept.
pub struct Of<T>(PhantomData<T>);

impl<T> Of<T> {
    pub fn new() -> Of<T> {
        Of(PhantomData)
    }
}

impl<T> Default for Of<T> {
    fn default() -> Of<T> {
        Of::new()
    }
}

/// Values that have a way of their own: short ones, arrays, files.
pub trait ByKind<T> {
    type Output;
    fn __remade_output(&self) -> Way<T, Self::Output>;
}

/// The persister of a type that has one.
pub trait Kind: Sized {
    type Output: Output<Self> + Default;
}

impl<T: Kind> ByKind<T> for &&Of<T> {
    type Output = T::Output;

    fn __remade_output(&self) -> Way<T, T::Output> {
        Way(T::Output::default(), PhantomData)
    }
}

pub trait ByJson<T> {
    fn __remade_output(&self) -> Way<T, Json>;
}

impl<T: Serialize + DeserializeOwned> ByJson<T> for &Of<T> {
    fn __remade_output(&self) -> Way<T, Json> {
        Way(Json, PhantomData)
    }
}

pub trait ByUnknown<T> {
    fn __remade_output(&self) -> Way<T, Unknown>;
}

impl<T> ByUnknown<T> for Of<T> {
    fn __remade_output(&self) -> Way<T, Unknown> {
        Way(Unknown, PhantomData)
    }
}

/// The way that was found.
pub struct Way<T, O>(O, PhantomData<T>);

impl<T, O> Way<T, O> {
    pub fn check(self) -> O
    where
        O: Output<T>,
    {
        self.0
    }
}

macro_rules! in_record {
    ($($ty:ty),*) => {$(
        impl Kind for $ty {
            type Output = InRecord;
        }
    )*};
}

in_record!(
    (),
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64
);

impl Kind for String {
    type Output = Text;
}

impl<T: InShort> Kind for Option<T> {
    type Output = InRecord;
}

impl Kind for File {
    type Output = Written;
}

#[cfg(feature = "ndarray")]
mod arrays {
    use super::{Kind, Npy};
    use crate::rust::persister::{Element, MappedArray};
    use ndarray::{Array, Dimension};

    impl<A: Element, D: Dimension> Kind for Array<A, D> {
        type Output = Npy;
    }

    impl<A: Element, D: Dimension> Kind for MappedArray<A, D> {
        type Output = Npy;
    }

    impl<A: Element> Kind for Vec<A> {
        type Output = Npy;
    }
}

macro_rules! tuples {
    ($($($part:ident),+;)+) => {$(
        impl<$($part: InShort),+> Kind for ($($part,)+) {
            type Output = InRecord;
        }
    )+};
}

tuples! {
    A;
    A, B;
    A, B, C;
    A, B, C, D;
    A, B, C, D, E;
    A, B, C, D, E, F;
    A, B, C, D, E, F, G;
    A, B, C, D, E, F, G, H;
}
