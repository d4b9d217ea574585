//! The engine of remade: saves what a function returned, and runs it again only when it must.
//!
//! It knows nothing of any language's values. A face (the Python package, or a Rust macro)
//! implements [`make::Face`]; [`make::call`] is the call from top to bottom, and
//! [`lineage`] walks from a result back to its sources. Dependencies point
//! down only: faces → [`make`] → [`decide`], [`call`], [`store`] → [`record`], [`persist`] →
//! [`version`].

pub mod call;
pub mod decide;
mod diff;
pub mod event;
pub mod lineage;
pub mod machine;
pub mod make;
pub mod persist;
pub mod record;
pub mod source;
pub mod stamp;
pub mod store;
pub mod version;

#[cfg(feature = "macros")]
mod rust;

#[cfg(feature = "macros")]
pub use remade_macros::{Versioned, code, make};
#[cfg(feature = "macros")]
pub use rust::*;
