//! The engine of remade.
pub mod persist;
pub mod source;
pub mod stamp;
pub mod version;
