//! `#[make]`, from its tokens to the tokens it becomes.

mod check;
mod expand;
mod fallback;
mod parse;

use proc_macro2::TokenStream;

pub(crate) use check::CODE_OF_MADE;
pub(crate) use parse::{Depend, depends};

pub(crate) fn make(options: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = parse::options(options)
        .and_then(|options| Ok((options, parse::function(item.clone())?)))
        .and_then(|(options, function)| check::check(options, function));
    match parsed {
        Ok(made) => expand::expand(&made),
        Err(error) => fallback::expand(item, &error),
    }
}
