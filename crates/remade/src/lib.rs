//! Saves what a function returned, and runs it again only when its code or its arguments have changed.
//!
//! ```
//! use ndarray::{Array1, Array2};
//! use remade::{NpyFile, make};
//!
//! #[make(output = NpyFile::new("window.npy"))]
//! fn window(length: u32) -> Array1<f64> {
//!     (0..length).map(|i| f64::from(i) / f64::from(length)).collect()
//! }
//!
//! #[make(output = NpyFile::new("outer.npy"))]
//! fn outer(x: &Array1<f64>) -> Array2<f64> {
//!     Array2::from_shape_fn((x.len(), x.len()), |(i, j)| x[i] * x[j])
//! }
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # std::env::set_current_dir(&folder).unwrap();
//! let a = window(100)?; // a Made<Array1<f64>>: an array, with its version and origin
//! let b = outer(&a)?; // known by history: nothing is read
//! assert_eq!(b[[50, 50]], 0.25);
//!
//! // In this process and in every later one, the results come from the files.
//! assert!(outer::check(&window(100)?)?);
//! # Ok::<(), remade::Error>(())
//! ```
//!
//! # Made functions
//!
//! [`make`](macro@make) is the attribute, and tells its options. A made function gives a [`Made`] value,
//! which can be read and not changed: so what it came from stays true. An argument is told by its
//! [`Versioned`] value, or through serde; a borrowed one, also by its history. [`File`] is a file as
//! input. Results are kept by a [`Persister`]: [`NpyFile`], [`NiftiFile`], [`JsonFile`],
//! [`PostcardFile`], [`TextFile`], [`BytesFile`], or one of your own. [`listen`] hears of every call and
//! warning. The store is the one of the Python package of the same name, which reads what is written
//! here.
//!
//! # What is seen, and what is not
//!
//! The tokens of the function count; layout and comments do not. What it calls counts by
//! `depends = [...]`, whose items are marked with [`code`](macro@code). Without `depends` the running
//! executable stands for all of it: every rebuild with other code runs the function again.
//!
//! Not seen are: what `depends` does not name, where there is one; a static whose value changes while
//! the program runs, with `depends` or without; what is behind a `Cell` or a `Mutex` of an argument that
//! is known by history (`verify` reads it); what `#[serde(skip)]` leaves out of an
//! argument that counts by serde; the environment, the clock, the working directory, the state of
//! random generators, and files that a function opens by a name of its own.
//!
//! # Features
//!
//! `macros`: all of the above. `ndarray`: arrays, [`NpyFile`], [`NiftiFile`], [`MappedArray`].
//! `postcard`: [`PostcardFile`]. All are on by default.
//!
//! # The engine
//!
//! The modules are the engine under both faces. It knows nothing of any language's values. A face (the
//! Python package, or `#[make]`) implements [`make::Face`]; [`make::call`] is the call from top to
//! bottom, and [`lineage`] walks from a result back to its sources. Dependencies point down only:
//! faces → [`mod@make`] → [`decide`], [`call`], [`store`] → [`record`], [`persist`] → [`version`].

pub mod call;
pub mod decide;
mod diff;
pub mod event;
pub mod lineage;
pub mod machine;
pub mod make;
pub mod persist;
pub mod record;
pub mod registry;
#[cfg(feature = "seam")]
pub mod seam;
#[cfg(not(feature = "seam"))]
mod seam;
pub mod source;
mod staged;
pub mod stamp;
pub mod store;
pub mod version;

#[cfg(feature = "macros")]
mod rust;

#[cfg(feature = "macros")]
pub use remade_macros::{Versioned, code, make};
#[cfg(feature = "macros")]
pub use rust::*;
