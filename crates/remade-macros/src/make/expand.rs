//! What does a made function become?
//!
//! The function itself, which hands its arguments to one hidden function of the crate; and a type of
//! the same name without values, whose associated functions are what else can be asked.
//!
//! All of it stands among the user's own names. So whatever is used here is named from the root of
//! its crate, and whatever is bound here has a name that begins with `__remade_`: a hygienic span
//! would keep bindings apart, but neither from constants of the same name nor methods from traits.

mod arguments;
mod function;
mod output;
mod parameters;

use super::check::{MadeFunction, Returns};
use arguments::{encode, words};
use function::{body, code_of, function_of};
use output::output;
use parameters::{given, held, taken_all};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

pub(crate) fn expand(made: &MadeFunction) -> TokenStream {
    let signature = &made.function.sig;
    let visibility = &made.function.vis;
    let name = &signature.ident;
    let attributes = &made.function.attrs;
    let conditions = kept(attributes, &["cfg"]);
    let lints = kept(attributes, &["allow", "expect", "warn", "deny"]);
    let generics = &signature.generics;
    let bounds = &generics.where_clause;
    let (value, error, callers) = types(&made.returns);

    let (taken, takes) = taken_all(made);
    let given: Vec<_> = made.parameters.iter().map(given).collect();
    let held: Vec<_> = made.parameters.iter().map(held).collect();
    let arguments = quote!((#(#given,)*));
    let types = quote!((#(#held,)*));

    let function = function_of(made);
    let encode = encode(made);
    let words = words(made);
    let body = body(made, &value, &error);
    let output = output(made, &value);
    let code = code_of(made);
    let about = format!(
        "What else can be asked of the made function [`{name}()`]: why a call would run, whether it \
         would, and where its results lie."
    );
    let explain = "Why a call would run, or why not. Nothing runs.";
    let check = "Whether a call would be answered from the store. Nothing runs.";
    let call = "Runs the function, whatever is stored, and stores what it returns.";
    let load = "The newest result, whatever the function was called with. `None`: nothing is stored. \
                An error: there is one, and it cannot be loaded; no older one takes its place.";
    let clear = "Forgets every result. Files that you named stay.";
    let handle = "Name, store and counts.";

    quote! {
        #(#attributes)*
        #visibility fn #name #takes (#(#taken),*) -> #callers #bounds {
            #name::__remade_call(false, #arguments)
        }

        #(#conditions)*
        #[doc = #about]
        #[allow(non_camel_case_types, dead_code, clippy::all)]
        #visibility enum #name {}

        #(#conditions)*
        #(#lints)*
        #[allow(dead_code, clippy::all)]
        impl #name {
            #[doc = #explain]
            #visibility fn explain #takes (#(#taken),*)
                -> ::core::result::Result<::remade::Explanation, ::remade::Error> #bounds
            {
                ::remade::__private::explain(
                    #name::__remade_function()?,
                    #arguments,
                    #name::__remade_arguments,
                    #name::__remade_word,
                    #name::__remade_output(),
                )
            }

            #[doc = #check]
            #visibility fn check #takes (#(#taken),*)
                -> ::core::result::Result<::core::primitive::bool, ::remade::Error> #bounds
            {
                ::remade::__private::check(
                    #name::__remade_function()?,
                    #arguments,
                    #name::__remade_arguments,
                    #name::__remade_word,
                    #name::__remade_output(),
                )
            }

            #[doc = #call]
            #visibility fn call #takes (#(#taken),*) -> #callers #bounds {
                #name::__remade_call(true, #arguments)
            }

            #[doc = #load]
            #visibility fn load()
                -> ::core::result::Result<::core::option::Option<::remade::Made<#value>>, ::remade::Error>
            {
                ::remade::__private::load(#name::__remade_function()?, #name::__remade_output())
            }

            #[doc = #clear]
            #visibility fn clear() -> ::core::result::Result<(), ::remade::Error> {
                ::remade::Handle::clear(&#name::handle()?)
            }

            #[doc = #handle]
            #visibility fn handle() -> ::core::result::Result<::remade::Handle, ::remade::Error> {
                ::core::result::Result::Ok(::remade::Handle::of(#name::__remade_function()?))
            }

            fn __remade_call #generics (
                __remade_forced: ::core::primitive::bool,
                __remade_arguments: #types,
            ) -> #callers #bounds {
                let __remade_answer = ::remade::__private::call(
                    #name::__remade_function()?,
                    __remade_forced,
                    __remade_arguments,
                    #name::__remade_arguments,
                    #name::__remade_word,
                    #name::__remade_body,
                    #name::__remade_output(),
                );
                ::remade::__private::answer(__remade_answer)
            }

            #function
            #encode
            #words
            #body
            #output
            #code
        }
    }
}

fn kept<'a>(attributes: &'a [Attribute], names: &[&str]) -> Vec<&'a Attribute> {
    let is_kept = |attribute: &&Attribute| names.iter().any(|name| attribute.path().is_ident(name));
    attributes.iter().filter(is_kept).collect()
}

/// What the function gives, what it may fail with, and what callers get.
fn types(returns: &Returns) -> (TokenStream, TokenStream, TokenStream) {
    match returns {
        Returns::Plain(value) => (
            quote!(#value),
            quote!(::core::convert::Infallible),
            quote!(::core::result::Result<::remade::Made<#value>, ::remade::Error>),
        ),
        Returns::Fallible { value, error, .. } => (
            quote!(#value),
            quote!(#error),
            quote!(::core::result::Result<::remade::Made<#value>, ::remade::CallError<#error>>),
        ),
    }
}
