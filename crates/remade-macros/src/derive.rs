//! `#[derive(Versioned)]`: which parts tell a value of this type?

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Result};

pub(crate) fn versioned(item: TokenStream) -> TokenStream {
    let expanded = syn::parse2::<DeriveInput>(item).and_then(|input| expand(&input));
    expanded.unwrap_or_else(|error| error.to_compile_error())
}

fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let text = name.to_string();
    let body = match &input.data {
        Data::Struct(data) => {
            let (pattern, parts, count) = fields(&data.fields);
            quote! {
                let Self #pattern = self;
                ::remade::Walk::begin_named(__remade_walk, #text, #count);
                #parts
            }
        }
        Data::Enum(data) if data.variants.is_empty() => quote!(match *self {}),
        Data::Enum(data) => {
            let arms = data.variants.iter().map(|variant| {
                let variant_name = &variant.ident;
                let text = format!("{text}::{variant_name}");
                let (pattern, parts, count) = fields(&variant.fields);
                quote! {
                    Self::#variant_name #pattern => {
                        ::remade::Walk::begin_named(__remade_walk, #text, #count);
                        #parts
                    }
                }
            });
            quote!(match self { #(#arms)* })
        }
        Data::Union(data) => {
            return Err(Error::new(
                data.union_token.span,
                "remade: nobody can tell which field of a union counts",
            ));
        }
    };
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter
            .bounds
            .push(syn::parse_quote!(::remade::Versioned));
    }
    let (generics, arguments, bounds) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::remade::Versioned for #name #arguments #bounds {
            #[allow(unused_variables)]
            fn encode(&self, __remade_walk: &mut ::remade::Walk<'_>) {
                #body
            }
        }
    })
}

/// How fields are bound, how each is told, and how many there are.
fn fields(fields: &Fields) -> (TokenStream, TokenStream, usize) {
    let bound = |place: usize| format_ident!("__remade_field_{place}");
    let parts = fields.iter().enumerate().map(|(place, field)| {
        let bound = bound(place);
        let name = match &field.ident {
            Some(name) => name.to_string(),
            None => place.to_string(),
        };
        quote! {
            ::remade::Walk::name(__remade_walk, #name);
            ::remade::Versioned::encode(#bound, __remade_walk);
        }
    });
    let parts = quote!(#(#parts)*);
    let count = fields.len();
    let pattern = match fields {
        Fields::Unit => quote!(),
        Fields::Unnamed(_) => {
            let names = (0..count).map(bound);
            quote!((#(#names),*))
        }
        Fields::Named(named) => {
            let pairs = named.named.iter().enumerate().map(|(place, field)| {
                let (name, bound) = (&field.ident, bound(place));
                quote!(#name: #bound)
            });
            quote!({ #(#pairs),* })
        }
    };
    (pattern, parts, count)
}
