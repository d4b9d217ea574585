//! How does a value become a file, and a file a value again?
//!
//! One module for each format that the engine writes and reads itself. A format knows nothing of
//! places: it is given an open file, and a path only to name it in errors.

pub mod npy;
