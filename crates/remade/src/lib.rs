//! The engine of remade.
pub mod persist;
pub mod stamp;
pub mod version;
