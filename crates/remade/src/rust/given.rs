//! How was a borrowed argument given: as a plain borrow, or as the result of a made function?

use super::made::{History, Made};
use std::path::{Path, PathBuf};

/// What a parameter `x: &T` of a made function takes.
///
/// `&T` counts by its content, `&Made<T>` by its history. Where `T` is a slice, `str` or `Path`, what
/// owns one does as well.
pub trait Borrowed<'a, T: ?Sized> {
    /// The borrow, with its history if it has one.
    fn given(self) -> Given<'a, T>;
}

/// A borrowed argument, with its history if it has one.
#[derive(Debug)]
pub struct Given<'a, T: ?Sized> {
    value: &'a T,
    history: Option<&'a History>,
}

impl<T: ?Sized> Clone for Given<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Given<'_, T> {}

impl<'a, T: ?Sized> Given<'a, T> {
    /// The argument itself.
    pub fn value(&self) -> &'a T {
        self.value
    }

    /// Where it came from, if a made function returned it.
    pub fn history(&self) -> Option<&'a History> {
        self.history
    }
}

impl<'a, T: ?Sized> Borrowed<'a, T> for &'a T {
    fn given(self) -> Given<'a, T> {
        Given {
            value: self,
            history: None,
        }
    }
}

impl<'a, T: ?Sized> Borrowed<'a, T> for Given<'a, T> {
    fn given(self) -> Given<'a, T> {
        self
    }
}

impl<'a, T> Borrowed<'a, T> for &'a Made<T> {
    fn given(self) -> Given<'a, T> {
        Given {
            value: self,
            history: self.origin(),
        }
    }
}

/// `$owner` can be given where a `$borrowed` is asked for.
macro_rules! owner {
    ($(($($generics:tt)*) $borrowed:ty, $owner:ty;)*) => {$(
        impl<'a, $($generics)*> Borrowed<'a, $borrowed> for &'a $owner {
            fn given(self) -> Given<'a, $borrowed> {
                Given { value: self, history: None }
            }
        }

        impl<'a, $($generics)*> Borrowed<'a, $borrowed> for &'a Made<$owner> {
            fn given(self) -> Given<'a, $borrowed> {
                Given { value: &**self, history: self.origin() }
            }
        }
    )*};
}

owner! {
    (T) [T], Vec<T>;
    (T, const N: usize) [T], [T; N];
    (T) [T], Box<[T]>;
    () str, String;
    () str, Box<str>;
    () Path, PathBuf;
}
