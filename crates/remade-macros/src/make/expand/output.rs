//! What keeps the result?

use super::arguments::ways;
use crate::code::at;
use crate::make::check::{MadeFunction, Returns};
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

pub(super) fn output(made: &MadeFunction, value: &TokenStream) -> TokenStream {
    match &made.options.output {
        Some(output) => {
            let wrapped = wrapped(output);
            quote_spanned! {at(output.span())=>
                fn __remade_output() -> impl ::remade::Output<#value> {
                    #wrapped
                }
            }
        }
        None => {
            let span = at(match &made.returns {
                Returns::Plain(ty) => ty.span(),
                Returns::Fallible { value, .. } => value.span(),
            });
            let ways = ways();
            quote_spanned! {span=>
                #[allow(unused_imports)]
                fn __remade_output() -> impl ::remade::Output<#value> {
                    #ways
                    (&&&::remade::__private::choose::Of::<#value>::new()).__remade_output().check()
                }
            }
        }
    }
}

/// A persister, or a tuple of what are persisters in the end.
fn wrapped(output: &syn::Expr) -> TokenStream {
    match output {
        syn::Expr::Group(group) => wrapped(&group.expr),
        syn::Expr::Tuple(tuple) => {
            let parts = tuple.elems.iter().map(wrapped);
            quote_spanned!(at(output.span())=> (#(#parts,)*))
        }
        persister => quote_spanned!(at(output.span())=> ::remade::__private::With(#persister)),
    }
}
