//! A third face, as small as can be: what would another language have to write?
//!
//! Values are numbers, bytes, and rows of bytes with a file for each. Arguments, code, globals and
//! nested calls are what a test says they are, so that each question of the engine can be given any
//! answer. Runs are counted.

#![allow(dead_code, unused_imports, unreachable_pub, clippy::unwrap_used)]

mod asked;
pub mod disk;
mod face;
pub mod faults;
mod function;
mod kept;
mod left;
pub mod schedules;
pub mod torture;
mod value;

pub use asked::{Asked, OnPause};
pub use function::{Body, Function, Output, identity, numbers_to_bytes, store_in};
pub use left::{DEAD, as_if_dead, names, staged_in_vain, tree};
pub use value::{Value, bytes_of};
