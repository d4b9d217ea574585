//! What does a made function become?
//!
//! The function itself, which hands its arguments to one hidden function of the crate; and a type of
//! the same name without values, whose associated functions are what else can be asked.

use super::check::{MadeFunction, Parameter, Returns};
use super::parse::{Depend, Keep};
use crate::{code, fingerprint};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
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
    let load = "The newest result, whatever the function was called with.";
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
                -> ::core::result::Result<bool, ::remade::Error> #bounds
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
                #name::handle()?.clear()
            }

            #[doc = #handle]
            #visibility fn handle() -> ::core::result::Result<::remade::Handle, ::remade::Error> {
                ::core::result::Result::Ok(::remade::Handle::of(#name::__remade_function()?))
            }

            fn __remade_call #generics (forced: bool, arguments: #types) -> #callers #bounds {
                let answer = ::remade::__private::call(
                    #name::__remade_function()?,
                    forced,
                    arguments,
                    #name::__remade_arguments,
                    #name::__remade_word,
                    #name::__remade_body,
                    #name::__remade_output(),
                );
                ::remade::__private::answer(answer)
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
                quote_spanned!(inner.span()=> #name: impl ::remade::Borrowed<#lifetime, #inner>)
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
    let text = name.to_string();
    let text = text.trim_start_matches("r#");
    let known_as = match &options.name {
        Some(name) => quote!(::std::string::String::from(#name)),
        None => quote!(::std::string::String::from(#text)),
    };
    let optional = |value: &Option<syn::Expr>, through: TokenStream| match value {
        Some(value) => quote!(::core::option::Option::Some(#through(#value))),
        None => quote!(::core::option::Option::None),
    };
    let cachedir = optional(&options.cachedir, quote!(::std::path::PathBuf::from));
    let label = optional(&options.version, quote!(::std::string::String::from));
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
    let parameters = made.parameters.iter().map(|one| one.name.to_string());
    quote! {
        fn __remade_function()
            -> ::core::result::Result<&'static ::remade::__private::Function, ::remade::Error>
        {
            static FUNCTION: ::remade::__private::Once = ::remade::__private::Once::new();
            ::remade::__private::Function::get(&FUNCTION, || ::remade::__private::Options {
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
    let each = counting.map(|parameter| {
        let name = &parameter.name;
        let text = name.to_string();
        let span = parameter.ty.span();
        match &parameter.borrowed {
            None => quote_spanned! {span=>
                to.value(
                    #text,
                    |walk| (&&&By(#name)).version().encode(walk),
                    || (&&By(#name)).short(),
                );
            },
            Some(reference) => {
                let plain = is_plain(&reference.elem);
                quote_spanned! {span=>
                to.borrowed(
                    #text,
                    *#name,
                    #plain,
                    |walk| (&&&By(#name.value())).version().encode(walk),
                    || (&&By(#name.value())).short(),
                );
                }
            }
        }
    });
    let values = made.options.depends.iter().flatten().enumerate();
    let values = values.filter_map(|(place, depend)| match depend {
        Depend::Code(_) => None,
        Depend::Value(value) => {
            let text = format!("depends[{place}]");
            Some(quote_spanned! {value.span()=>
                let value = &#value;
                to.value(
                    #text,
                    |walk| (&&&By(value)).version().encode(walk),
                    || (&&By(value)).short(),
                );
            })
        }
    });
    quote! {
        #[allow(unused_imports, unused_variables)]
        fn __remade_arguments #generics (
            arguments: &(#(#types,)*),
            to: &mut ::remade::__private::Arguments<'_>,
        ) #bounds {
            use ::remade::__private::choose::*;
            let (#(#names,)*) = arguments;
            #(#each)*
            #(#values)*
        }
    }
}

/// Whether everybody can tell a value of this type by its value: text, numbers, files.
fn is_plain(ty: &syn::Type) -> bool {
    const PLAIN: [&str; 18] = [
        "str", "String", "Path", "PathBuf", "File", "bool", "char", "u8", "u16", "u32", "u64",
        "i8", "i16", "i32", "i64", "usize", "f32", "f64",
    ];
    let syn::Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| PLAIN.iter().any(|name| last.ident == name))
}

/// What stands for an argument in the name of a file.
fn words(made: &MadeFunction) -> TokenStream {
    let generics = &made.function.sig.generics;
    let bounds = &generics.where_clause;
    let types = made.parameters.iter().map(held);
    let names: Vec<_> = made.parameters.iter().map(|one| &one.name).collect();
    let arms = made.parameters.iter().map(|parameter| {
        let name = &parameter.name;
        let text = name.to_string();
        match &parameter.borrowed {
            None => quote!(#text => (&&By(#name)).word()),
            Some(_) => quote!(#text => (&&By(#name.value())).word()),
        }
    });
    quote! {
        #[allow(unused_imports, unused_variables)]
        fn __remade_word #generics (
            arguments: &(#(#types,)*),
            parameter: &str,
        ) -> ::core::option::Option<::std::string::String> #bounds {
            use ::remade::__private::choose::*;
            let (#(#names,)*) = arguments;
            match parameter {
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
            Some(_) => quote!(#name.value()),
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
            quote!({ let run: #whole = #run; run })
        }
    };
    quote! {
        fn __remade_body #generics (
            arguments: (#(#types,)*),
        ) -> ::core::result::Result<#value, #error> #bounds {
            #(#lints)*
            fn #plain #generics (#(#inputs),*) #output #bounds #block
            let (#(#names,)*) = arguments;
            #run
        }
    }
}

fn output(made: &MadeFunction, value: &TokenStream) -> TokenStream {
    match &made.options.output {
        Some(output) => {
            let wrapped = wrapped(output);
            quote_spanned! {output.span()=>
                fn __remade_output() -> impl ::remade::Output<#value> {
                    #wrapped
                }
            }
        }
        None => {
            let span = match &made.returns {
                Returns::Plain(ty) => ty.span(),
                Returns::Fallible { value, .. } => value.span(),
            };
            quote_spanned! {span=>
                #[allow(unused_imports)]
                fn __remade_output() -> impl ::remade::Output<#value> {
                    use ::remade::__private::choose::*;
                    (&&&Of::<#value>::new()).output().check()
                }
            }
        }
    }
}

/// A persister, or a tuple of what are persisters in the end.
fn wrapped(output: &syn::Expr) -> TokenStream {
    match output {
        syn::Expr::Tuple(tuple) => {
            let parts = tuple.elems.iter().map(wrapped);
            quote_spanned!(output.span()=> (#(#parts,)*))
        }
        persister => quote_spanned!(output.span()=> ::remade::__private::With(#persister)),
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
        true,
    )
}
