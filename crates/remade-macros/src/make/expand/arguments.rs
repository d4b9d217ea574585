//! As what does an argument count, and what stands for it in the name of a file?

use super::parameters::held;
use crate::code::at;
use crate::make::check::MadeFunction;
use crate::make::parse::Depend;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// Hands every argument that counts to whoever asks.
pub(super) fn encode(made: &MadeFunction) -> TokenStream {
    let generics = &made.function.sig.generics;
    let bounds = &generics.where_clause;
    let types = made.parameters.iter().map(held);
    let names: Vec<_> = made.parameters.iter().map(|one| &one.name).collect();
    let counting = made.parameters.iter().filter(|one| one.counts);
    let values = values(made);
    let each = counting.map(|parameter| {
        let name = &parameter.name;
        let text = name.unraw().to_string();
        let span = at(parameter.ty.span());
        match &parameter.borrowed {
            None => told(span, &text, &quote!(#name)),
            Some(_) => {
                let value = quote_spanned!(span=> ::remade::Given::value(#name));
                let by = by(span, &value);
                quote_spanned! {span=>
                    ::remade::__private::Arguments::borrowed(
                        __remade_to,
                        #text,
                        *#name,
                        (&&#by).__remade_plain(),
                        |__remade_walk| (&&&#by).__remade_version().__remade_encode(__remade_walk),
                        || (&&#by).__remade_short(),
                    );
                }
            }
        }
    });
    let ways = ways();
    quote! {
        #[allow(unused_imports, unused_parens, unused_variables)]
        fn __remade_arguments #generics (
            __remade_arguments: &(#(#types,)*),
            __remade_to: &mut ::remade::__private::Arguments<'_>,
        ) #bounds {
            #ways
            {
                let (#(#names,)*) = __remade_arguments;
                #(#each)*
            }
            #values
        }
    }
}

/// The values in `depends`. The parameters are not in scope here, as they are not where the
/// attribute stands.
fn values(made: &MadeFunction) -> TokenStream {
    let values = made.options.depends.iter().flatten().enumerate();
    let values = values.filter_map(|(place, depend)| match depend {
        Depend::Code(_) => None,
        Depend::Value(value) => {
            let text = format!("depends[{place}]");
            let span = at(value.span());
            let told = told(span, &text, &quote!(__remade_value));
            Some(quote_spanned! {span=>
                let __remade_value = &(#value);
                #told
            })
        }
    });
    quote!(#(#values)*)
}

/// Hands over what counts by its value, of which `value` is a borrow.
fn told(span: Span, text: &str, value: &TokenStream) -> TokenStream {
    let by = by(span, value);
    quote_spanned! {span=>
        ::remade::__private::Arguments::value(
            __remade_to,
            #text,
            |__remade_walk| (&&&#by).__remade_version().__remade_encode(__remade_walk),
            || (&&#by).__remade_short(),
        );
    }
}

fn by(span: Span, value: &TokenStream) -> TokenStream {
    quote_spanned!(span=> ::remade::__private::choose::By(#value))
}

/// Lets the compiler find the way of a type. The traits have no names here, so that none of them
/// stands before a name of the user's; and their methods have names that no trait of the user's has.
pub(super) fn ways() -> TokenStream {
    quote! {
        use ::remade::__private::choose::{
            ByDebug as _, ByDisplay as _, ByJson as _, ByKind as _, ByMoreThanItself as _,
            ByNoWord as _, ByNothing as _, BySerde as _, ByType as _, ByUnknown as _,
            ByVersioned as _, PlainlyByItself as _,
        };
    }
}

/// What stands for an argument in the name of a file.
pub(super) fn words(made: &MadeFunction) -> TokenStream {
    let generics = &made.function.sig.generics;
    let bounds = &generics.where_clause;
    let types = made.parameters.iter().map(held);
    let names: Vec<_> = made.parameters.iter().map(|one| &one.name).collect();
    let arms = made.parameters.iter().map(|parameter| {
        let name = &parameter.name;
        let text = name.unraw().to_string();
        match &parameter.borrowed {
            None => {
                let by = by(at(name.span()), &quote!(#name));
                quote!(#text => (&&#by).__remade_word())
            }
            Some(_) => {
                let by = by(at(name.span()), &quote!(::remade::Given::value(#name)));
                quote!(#text => (&&#by).__remade_word())
            }
        }
    });
    let ways = ways();
    quote! {
        #[allow(unused_imports, unused_variables)]
        fn __remade_word #generics (
            __remade_arguments: &(#(#types,)*),
            __remade_parameter: &::core::primitive::str,
        ) -> ::core::option::Option<::std::string::String> #bounds {
            #ways
            let (#(#names,)*) = __remade_arguments;
            match __remade_parameter {
                #(#arms,)*
                _ => ::core::option::Option::None,
            }
        }
    }
}
