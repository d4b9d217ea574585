//! What is left of a function that cannot be made? Its name and its types, so that no second error
//! hides the first.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, Item, ItemFn, ReturnType};

pub(crate) fn expand(item: TokenStream, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Fn(function)) => {
            let function = harmless(function);
            quote!(#error #function)
        }
        Ok(_) => quote!(#error #item),
        Err(_) => error,
    }
}

fn harmless(mut function: ItemFn) -> ItemFn {
    // It is never run: it stands beside the error, and what calls the function still compiles.
    function.block = syn::parse_quote!({ ::core::unimplemented!() });
    function.attrs.clear();
    function
        .attrs
        .push(syn::parse_quote!(#[allow(unused, clippy::all)]));
    let has_self = matches!(function.sig.inputs.first(), Some(FnArg::Receiver(_)));
    let is_const = function.sig.constness.is_some();
    // An opaque type would have to be told by the body.
    let value: syn::Type = match &function.sig.output {
        ReturnType::Type(_, ty) if !quote!(#ty).to_string().contains("impl ") => (**ty).clone(),
        ReturnType::Type(..) => {
            function.sig.output = ReturnType::Default;
            return function;
        }
        ReturnType::Default => syn::parse_quote!(()),
    };
    if !has_self && !is_const {
        function.sig.output = syn::parse_quote! {
            -> ::core::result::Result<::remade::Made<#value>, ::remade::Error>
        };
    }
    function
}
