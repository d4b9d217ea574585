//! How does a Rust program use the engine?
//!
//! [`make`](macro@crate::make) writes one call of [`call::call`] for each made function; everything
//! else is here. The files follow a call: the function and its options, its code, what it is given
//! and how that is told, the call itself, what is saved, and what the caller gets.

mod arguments;
mod call;
mod choose;
mod code;
mod errors;
mod file;
mod frame;
mod function;
mod given;
mod listen;
mod made;
mod options;
mod output;
pub mod persister;
mod short;
mod unmarked;
mod versioned;

pub use crate::make::Explanation;
pub use errors::{CallError, Error};
pub use file::File;
pub use function::Handle;
pub use given::{Borrowed, Given};
pub use listen::{Happening, Listening, listen};
pub use made::{History, Made, Split};
pub use output::Output;
pub use persister::Persister;
#[cfg(feature = "postcard")]
pub use persister::PostcardFile;
pub use persister::{BytesFile, JsonFile, TextFile};
#[cfg(feature = "ndarray")]
pub use persister::{MappedArray, NiftiFile, NpyFile};
pub use versioned::{Versioned, Walk, version_of};

/// What the macros write calls of. No part of the interface: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use super::arguments::Arguments;
    pub use super::call::{answer, call, check, explain, load};
    pub use super::code::{Code, Depend};
    pub use super::errors::Fallible;
    pub use super::function::{Function, Once};
    pub use super::options::Options;
    pub use super::output::With;
    pub use crate::store::prune::Keep;

    /// What is said of items that are not marked.
    pub mod unmarked {
        pub use super::super::unmarked::*;
    }

    /// How the way of a type is found by the compiler.
    pub mod choose {
        pub use super::super::choose::*;
    }
}
