//! What does a made function become?
//!
//! The function itself, which hands its arguments to one hidden function of the crate; and a type of
//! the same name without values, whose associated functions are what else can be asked.
//!
//! All of it stands among the user's own names. So whatever is used here is named from the root of
//! its crate, and whatever is bound here has a name that begins with `__remade_`: a hygienic span
//! would keep bindings apart, but neither from constants of the same name nor methods from traits.

use super::check::{MadeFunction, Parameter, Returns};
use super::parse::{Depend, Keep};
use crate::code::at;
use crate::{code, fingerprint};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Attribute, FnArg, Lifetime};

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

/// The parameters as callers give them, and the generics of what takes them so: in `impl …` every
/// lifetime needs a name.
fn taken_all(made: &MadeFunction) -> (Vec<TokenStream>, syn::Generics) {
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
fn given(parameter: &Parameter) -> TokenStream {
    let name = &parameter.name;
    match &parameter.borrowed {
        None => quote!(#name),
        Some(_) => quote!(::remade::Borrowed::given(#name)),
    }
}

/// The type as which it is handed on.
fn held(parameter: &Parameter) -> TokenStream {
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

/// The one of its kind in the process.
fn function_of(made: &MadeFunction) -> TokenStream {
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

/// Hands every argument that counts to whoever asks.
fn encode(made: &MadeFunction) -> TokenStream {
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
fn ways() -> TokenStream {
    quote! {
        use ::remade::__private::choose::{
            ByDebug as _, ByDisplay as _, ByJson as _, ByKind as _, ByMoreThanItself as _,
            ByNoWord as _, ByNothing as _, BySerde as _, ByType as _, ByUnknown as _,
            ByVersioned as _, PlainlyByItself as _,
        };
    }
}

/// What stands for an argument in the name of a file.
fn words(made: &MadeFunction) -> TokenStream {
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

/// The function as it was written, and how it is given its arguments.
fn body(made: &MadeFunction, value: &TokenStream, error: &TokenStream) -> TokenStream {
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

fn output(made: &MadeFunction, value: &TokenStream) -> TokenStream {
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

fn code_of(made: &MadeFunction) -> TokenStream {
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
