//! What does the compiler say of an item that `depends` names, and that is not marked?
//!
//! The macros import all of this beside the item itself, under one name. An item that is marked has a
//! description of its own, which comes first; any other finds the one here, whose bound nothing meets.

#![allow(missing_docs)] // what the macros write is no part of the interface

use super::code::Code;

/// Stands where a name has no type: for functions, constants and statics.
#[allow(non_camel_case_types)]
pub enum __not_marked_with_remade_code {}

/// Of what has no description of its own.
pub trait Unmarked {
    fn __remade_code() -> &'static Code
    where
        Self: MarkedWithRemadeCode,
    {
        unreachable!("nothing meets the bound")
    }
}

impl<T: ?Sized> Unmarked for T {}

#[diagnostic::on_unimplemented(
    message = "an item that `depends` names is not marked with `#[remade::code]`",
    label = "not marked",
    note = "write `#[remade::code]` in front of this item, so that its code is seen"
)]
pub trait MarkedWithRemadeCode {}
