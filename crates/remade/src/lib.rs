//! The engine of remade.
pub mod version;
