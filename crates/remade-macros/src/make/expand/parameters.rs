//! As what are the parameters given, and as what are they handed on?

use crate::code::at;
use crate::make::check::{MadeFunction, Parameter};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Lifetime;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;

/// The parameters as callers give them, and the generics of what takes them so: in `impl …` every
/// lifetime needs a name.
pub(super) fn taken_all(made: &MadeFunction) -> (Vec<TokenStream>, syn::Generics) {
    let mut names = Names(Vec::new());
    let mut taken = Vec::new();
    for parameter in &made.parameters {
        let name = &parameter.name;
        taken.push(match &parameter.borrowed {
            None => {
                let ty = &parameter.ty;
                quote!(#name: #ty)
            }
            Some(reference) => {
                let mut reference = reference.clone();
                names.visit_type_reference_mut(&mut reference);
                let (lifetime, inner) = parts(&reference);
                quote_spanned!(at(inner.span())=> #name: impl ::remade::Borrowed<#lifetime, #inner>)
            }
        });
    }
    let mut generics = made.function.sig.generics.clone();
    let added = names.0.into_iter().map(syn::LifetimeParam::new);
    let added = added.map(syn::GenericParam::Lifetime);
    generics.params = added.chain(generics.params).collect();
    (taken, generics)
}

/// Gives lifetimes without names some.
struct Names(Vec<Lifetime>);

impl Names {
    fn next(&mut self, span: proc_macro2::Span) -> Lifetime {
        let name = Lifetime::new(&format!("'remade_{}", self.0.len()), span);
        self.0.push(name.clone());
        name
    }
}

impl VisitMut for Names {
    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.next(reference.and_token.span));
        }
        syn::visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.next(lifetime.span());
        }
    }

    // These have lifetimes of their own.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}
}

/// As it is handed on.
pub(super) fn given(parameter: &Parameter) -> TokenStream {
    let name = &parameter.name;
    match &parameter.borrowed {
        None => quote!(#name),
        Some(_) => quote!(::remade::Borrowed::given(#name)),
    }
}

/// The type as which it is handed on.
pub(super) fn held(parameter: &Parameter) -> TokenStream {
    match &parameter.borrowed {
        None => parameter.ty.to_token_stream(),
        Some(reference) => {
            let (lifetime, inner) = parts(reference);
            quote!(::remade::Given<#lifetime, #inner>)
        }
    }
}

fn parts(reference: &syn::TypeReference) -> (TokenStream, &syn::Type) {
    let lifetime = match &reference.lifetime {
        Some(lifetime) => quote!(#lifetime),
        None => quote!('_),
    };
    (lifetime, &reference.elem)
}
