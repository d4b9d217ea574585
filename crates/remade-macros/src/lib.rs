//! The attributes of [remade](https://docs.rs/remade), which re-exports them. Use them from there.
//!
//! `#[make]` is three files: what may be written (`parse`), what is refused and why (`check`), and what
//! it becomes (`expand`). What it becomes is one call of a hidden function of `remade`.

mod code;
mod derive;
mod fingerprint;
mod make;
mod place;

use proc_macro::TokenStream;

/// Saves what a function returned, and runs it again only when its code or its arguments change.
///
/// ```
/// use remade::make;
///
/// #[make]
/// fn area(radius: f64) -> f64 {
///     std::f64::consts::PI * radius * radius
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # std::env::set_current_dir(&folder).unwrap();
/// let area = area(2.0)?; // a Made<f64>
/// assert!(*area > 12.5);
/// # Ok::<(), remade::Error>(())
/// ```
///
/// Callers get a `Result<Made<T>, remade::Error>`. [`Made`](../remade/struct.Made.html) gives shared
/// access to the value, and knows where it came from.
///
/// # Parameters
///
/// An owned parameter counts by its value. A borrowed one, `x: &Array1<f64>`, takes `&Array1<f64>`,
/// which counts by its content, and `&Made<Array1<f64>>`, which counts by its history: nothing is
/// read, whatever its size. How a type is told by its value says
/// [`Versioned`](../remade/trait.Versioned.html); what has no such way goes through serde.
///
/// # Results
///
/// One value, a tuple, or a `Result<T, E>`: then callers get a `Result<Made<T>, CallError<E>>`, an
/// error passes through, and nothing is recorded.
///
/// # Options
///
/// | option | meaning |
/// | --- | --- |
/// | `output = NpyFile::new("f.npy")` | What keeps the result: a persister, or a tuple of them for a tuple. `{x}` in a name stands for an argument. Without it: short values in the record, `.npy` for arrays and vectors of numbers, JSON for the rest |
/// | `cachedir = "cache"` | The folder of the store; by default the variable `REMADE_CACHEDIR`, or `"cache"`. Relative paths are resolved at the first use |
/// | `name = "smooth"` | Known as `module.smooth` instead of by the function's own name |
/// | `keep = 10`, `keep = "all"` | How many results are kept, of as many calls: 1 by default |
/// | `ignore(verbose)` | Parameters that do not matter |
/// | `verify` | Reads every argument in full at every call |
/// | `unknown = "rerun"` | A borrowed argument that no made function returned has no version: the function runs |
/// | `depends = [helper, module, "text"]` | What else matters: items marked with [`code`](macro@code), made functions, values, which are looked at in every call |
/// | `version = "2"` | A label that is part of the code |
///
/// # Code
///
/// The function's own tokens count; layout and comments do not. What it calls is covered by
/// `depends`. **Without `depends`, the digest of the running executable stands for all of it**: no edit
/// is missed, and every rebuild with other code runs the function again.
///
/// # Beside the function
///
/// A type of the same name has what else can be asked: `f::explain(…)` says why a call would run,
/// `f::check(…)` whether it would not, `f::call(…)` runs whatever is stored, `f::load()` gives the
/// newest result (`None`: nothing is stored), `f::clear()` forgets all, and `f::handle()` tells name, store and counts.
#[proc_macro_attribute]
pub fn make(options: TokenStream, item: TokenStream) -> TokenStream {
    make::make(options.into(), item.into()).into()
}

/// Lets the code of an item be named in `depends = [...]`.
///
/// On a function, a struct or enumeration without type parameters, a constant, a static, or a module
/// that is written in place. Items that it uses itself are named by
/// `#[code(depends = [...])]`; a module covers all that is written in it.
///
/// ```
/// use remade::{code, make};
///
/// #[code]
/// const OFFSET: f64 = 32.0;
///
/// #[code(depends = [OFFSET])]
/// fn fahrenheit(celsius: f64) -> f64 {
///     celsius * 1.8 + OFFSET
/// }
///
/// #[make(depends = [fahrenheit])]
/// fn report(celsius: f64) -> String {
///     format!("{:.1} °F", fahrenheit(celsius))
/// }
/// # let folder = tempfile::tempdir().unwrap();
/// # std::env::set_current_dir(&folder).unwrap();
/// assert_eq!(report(100.0)?.as_str(), "212.0 °F");
/// # Ok::<(), remade::Error>(())
/// ```
#[proc_macro_attribute]
pub fn code(options: TokenStream, item: TokenStream) -> TokenStream {
    code::code(options.into(), item.into()).into()
}

/// Tells a type by its name and all of its fields.
///
/// ```
/// use remade::Versioned;
///
/// #[derive(Versioned)]
/// enum Filter {
///     None,
///     Gauss { width: f64 },
/// }
/// ```
#[proc_macro_derive(Versioned)]
pub fn versioned(item: TokenStream) -> TokenStream {
    derive::versioned(item.into()).into()
}
