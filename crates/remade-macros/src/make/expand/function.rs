//! What is the function itself: its options, its code, and how it runs?

use super::kept;
use super::parameters::held;
use crate::code::{self, at};
use crate::fingerprint;
use crate::make::check::{MadeFunction, Returns};
use crate::make::parse::{Depend, Keep};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::FnArg;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// The one of its kind in the process.
pub(super) fn function_of(made: &MadeFunction) -> TokenStream {
    let name = &made.function.sig.ident;
    let options = &made.options;
    let text = name.unraw().to_string();
    let known_as = match &options.name {
        Some(name) => quote!(<::std::string::String as ::core::convert::From<_>>::from(#name)),
        None => quote!(<::std::string::String as ::core::convert::From<_>>::from(#text)),
    };
    let optional = |value: &Option<syn::Expr>, through: TokenStream| match value {
        Some(value) => quote!(::core::option::Option::Some(#through(#value))),
        None => quote!(::core::option::Option::None),
    };
    let cachedir = optional(
        &options.cachedir,
        quote!(<::std::path::PathBuf as ::core::convert::From<_>>::from),
    );
    let label = optional(
        &options.version,
        quote!(<::std::string::String as ::core::convert::From<_>>::from),
    );
    let verify = optional(&options.verify, quote!());
    let keep = match &options.keep {
        Some(Keep::Last(number)) => {
            quote!(::core::option::Option::Some(::remade::__private::Keep::Last(#number)))
        }
        Some(Keep::All) => quote!(::core::option::Option::Some(::remade::__private::Keep::All)),
        None => quote!(::core::option::Option::None),
    };
    let rerun_unknown = match options.rerun_unknown {
        Some(rerun) => quote!(::core::option::Option::Some(#rerun)),
        None => quote!(::core::option::Option::None),
    };
    let compiler = format!("rust {}", env!("REMADE_RUSTC"));
    let parameters = made
        .parameters
        .iter()
        .map(|one| one.name.unraw().to_string());
    quote! {
        fn __remade_function()
            -> ::core::result::Result<&'static ::remade::__private::Function, ::remade::Error>
        {
            static __REMADE_FUNCTION: ::remade::__private::Once = ::remade::__private::Once::new();
            ::remade::__private::Function::get(&__REMADE_FUNCTION, || ::remade::__private::Options {
                module: ::core::module_path!(),
                name: #known_as,
                parameters: &[#(#parameters),*],
                cachedir: #cachedir,
                keep: #keep,
                verify: #verify,
                rerun_unknown: #rerun_unknown,
                label: #label,
                code: #name::__remade_code,
                language: #compiler,
            })
        }
    }
}

/// The function as it was written, and how it is given its arguments.
pub(super) fn body(made: &MadeFunction, value: &TokenStream, error: &TokenStream) -> TokenStream {
    let function = &made.function;
    let generics = &function.sig.generics;
    let bounds = &generics.where_clause;
    let types = made.parameters.iter().map(held);
    let names: Vec<_> = made.parameters.iter().map(|one| &one.name).collect();
    let passed = made.parameters.iter().map(|parameter| {
        let name = &parameter.name;
        match &parameter.borrowed {
            None => quote!(#name),
            Some(_) => quote!(::remade::Given::value(&#name)),
        }
    });
    let inputs: Vec<&FnArg> = function.sig.inputs.iter().collect();
    let output = &function.sig.output;
    let block = &function.block;
    let plain = format_ident!("__remade_{}", function.sig.ident);
    let lints = kept(
        &function.attrs,
        &["allow", "expect", "warn", "deny", "inline", "cold"],
    );
    let run = quote!(#plain(#(#passed),*));
    let run = match &made.returns {
        Returns::Plain(_) => quote!(::core::result::Result::Ok(#run)),
        Returns::Fallible { whole, .. } => {
            let span = at(whole.span());
            quote_spanned!(span=> <#whole as ::remade::__private::Fallible>::into_result(#run))
        }
    };
    quote! {
        fn __remade_body #generics (
            __remade_arguments: (#(#types,)*),
        ) -> ::core::result::Result<#value, #error> #bounds {
            #(#lints)*
            fn #plain #generics (#(#inputs),*) #output #bounds #block
            let (#(#names,)*) = __remade_arguments;
            #run
        }
    }
}

pub(super) fn code_of(made: &MadeFunction) -> TokenStream {
    let function = &made.function;
    let signature = &function.sig;
    let block = &function.block;
    let digest = fingerprint::joined([
        fingerprint::of(signature.to_token_stream()),
        fingerprint::of(block.to_token_stream()),
    ]);
    let depends = made.options.depends.as_ref().map(|depends| {
        let paths = depends.iter().filter_map(|depend| match depend {
            Depend::Code(path) => Some(path),
            Depend::Value(_) => None,
        });
        paths.collect::<Vec<_>>()
    });
    code::described(
        &signature.ident,
        &function.vis,
        digest,
        &code::source(signature, block),
        depends.as_deref(),
        code::Kind::Made,
    )
}
