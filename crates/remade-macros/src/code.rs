//! `#[code]`, and the description of a piece of code that `#[make]` writes, too.

use crate::fingerprint;
use crate::make::{CODE_OF_MADE, Depend};
use crate::place::{is_associated, is_ours};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Ident, Item, Path, Result, Visibility};

pub(crate) fn code(options: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = parse(options).and_then(|depends| expand(&depends, item.clone()));
    expanded.unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote!(#error #item)
    })
}

/// Nothing, or `depends = [...]`.
fn parse(options: TokenStream) -> Result<Vec<Path>> {
    let parser = |input: ParseStream<'_>| {
        if input.is_empty() {
            return Ok(Vec::new());
        }
        let option: Ident = input.parse()?;
        if option != "depends" {
            return Err(Error::new(
                option.span(),
                format!("remade: code has no option `{option}`, only depends = [...]"),
            ));
        }
        input.parse::<syn::Token![=]>()?;
        let depends = crate::make::depends(input)?;
        input.parse::<Option<syn::Token![,]>>()?;
        let paths = depends.into_iter().map(|depend| match depend {
            Depend::Code(path) => Ok(path),
            Depend::Value(value) => Err(Error::new(
                value.span(),
                "remade: here depends names items; values stand in the depends of #[make]",
            )),
        });
        paths.collect()
    };
    syn::parse::Parser::parse2(parser, options)
}

fn expand(depends: &[Path], item: TokenStream) -> Result<TokenStream> {
    let parsed: Item = syn::parse2(item)?;
    let refuse = |what: &str| {
        let mut tokens = parsed.to_token_stream().into_iter();
        let span = tokens
            .next()
            .map_or_else(Span::call_site, |token| token.span());
        Err(Error::new(
            span,
            format!("remade: {what} cannot be named in depends: put it in a module and mark that"),
        ))
    };
    if let Some(error) = misplaced(&parsed) {
        return Err(error);
    }
    let generic = |generics: &syn::Generics| !generics.params.is_empty();
    let (name, visibility, attributes) = match &parsed {
        Item::Fn(item) => (&item.sig.ident, &item.vis, &item.attrs),
        Item::Const(item) => (&item.ident, &item.vis, &item.attrs),
        Item::Static(item) => (&item.ident, &item.vis, &item.attrs),
        Item::Struct(item) if !generic(&item.generics) => (&item.ident, &item.vis, &item.attrs),
        Item::Enum(item) if !generic(&item.generics) => (&item.ident, &item.vis, &item.attrs),
        Item::Mod(item) if item.content.is_some() => return module(depends, item),
        Item::Mod(_) => {
            return refuse("a module in a file of its own").map_err(|_| own_file(&parsed));
        }
        Item::Struct(_) | Item::Enum(_) => return refuse("a generic type"),
        Item::Trait(_) => return refuse("a trait"),
        Item::Impl(_) => return refuse("an impl block"),
        Item::Type(_) => return refuse("a type alias"),
        _ => return refuse("this item"),
    };
    let described = described(
        name,
        visibility,
        of_item(&parsed),
        &parsed.to_token_stream().to_string(),
        Some(&depends.iter().collect::<Vec<_>>()),
        Kind::Item,
    );
    let conditions = conditions(attributes);
    let holder = match &parsed {
        // A type has a place for it already.
        Item::Struct(_) | Item::Enum(_) => quote!(),
        _ => quote! {
            #(#conditions)*
            #[doc(hidden)]
            #[allow(non_camel_case_types, dead_code)]
            #visibility enum #name {}
        },
    };
    Ok(quote! {
        #parsed
        #holder
        #(#conditions)*
        #[allow(dead_code)]
        impl #name {
            #described
        }
    })
}

/// Where an item has another of our attributes, or stands where nothing can stand beside it.
fn misplaced(item: &Item) -> Option<Error> {
    let mut bare = item.clone();
    let (attributes, associable) = match &mut bare {
        Item::Fn(item) => (&mut item.attrs, Some(item.sig.ident.clone())),
        Item::Const(item) => (&mut item.attrs, Some(item.ident.clone())),
        Item::Static(item) => (&mut item.attrs, None),
        Item::Struct(item) => (&mut item.attrs, None),
        Item::Enum(item) => (&mut item.attrs, None),
        Item::Mod(item) => (&mut item.attrs, None),
        _ => return None,
    };
    let attributes = std::mem::take(attributes);
    let find = |name| attributes.iter().find(|one| is_ours(one, name));
    let error = |span: Span, why: &str| Some(Error::new(span, format!("remade: {why}")));
    if let Some(made) = find("make") {
        return error(made.path().span(), CODE_OF_MADE);
    }
    if let Some(code) = find("code") {
        return error(
            code.path().span(),
            "`code` is given twice: put what both name into one depends = [...]",
        );
    }
    let name = associable.filter(|_| is_associated(&bare))?;
    error(
        name.span(),
        "what stands in an `impl` or a `trait` cannot be named in depends: put it outside, or \
         all of it in a module, and mark that",
    )
}

fn own_file(item: &Item) -> Error {
    Error::new(
        item.span(),
        "remade: what stands in another file is not seen here: give its text as a value, as in \
         #[make(depends = [include_str!(\"helpers.rs\")])]",
    )
}

/// A module holds its own description.
fn module(depends: &[Path], item: &syn::ItemMod) -> Result<TokenStream> {
    let mut item = item.clone();
    let digest = of_item(&Item::Mod(item.clone()));
    let source = item.to_token_stream().to_string();
    // They were written beside the module, not in it.
    let outside: Vec<Path> = depends.iter().map(from_inside).collect();
    let public = Visibility::Public(syn::token::Pub::default());
    let described = described(
        &item.ident,
        &public,
        digest,
        &source,
        Some(&outside.iter().collect::<Vec<_>>()),
        Kind::Module,
    );
    if let Some((_, items)) = &mut item.content {
        items.push(Item::Verbatim(described));
    }
    Ok(item.into_token_stream())
}

fn from_inside(path: &Path) -> Path {
    let first = path
        .segments
        .first()
        .map(|segment| segment.ident.to_string());
    let is_rooted = path.leading_colon.is_some() || first.as_deref() == Some("crate");
    match first.as_deref() {
        _ if is_rooted => path.clone(),
        Some("self") => {
            let rest = path.segments.iter().skip(1);
            syn::parse_quote!(super #(::#rest)*)
        }
        _ => syn::parse_quote!(super::#path),
    }
}

/// Attributes that say whether there is an item at all.
fn conditions(attributes: &[Attribute]) -> Vec<&Attribute> {
    let is_condition = |attribute: &&Attribute| attribute.path().is_ident("cfg");
    attributes.iter().filter(is_condition).collect()
}

/// What an item says: attributes count, since they may change its meaning. Of a function neither its own
/// visibility does, nor what changes its looks alone.
fn of_item(item: &Item) -> u128 {
    let mut item = item.clone();
    if let Item::Fn(item) = &mut item {
        item.vis = Visibility::Inherited;
        item.attrs.retain(|one| !is_of_looks(one));
    }
    fingerprint::of(item.to_token_stream())
}

fn is_of_looks(attribute: &Attribute) -> bool {
    [
        "inline", "cold", "must_use", "allow", "expect", "warn", "deny",
    ]
    .iter()
    .any(|name| attribute.path().is_ident(name))
}

/// The source as it was written, as far as the compiler tells it.
pub(crate) fn source(signature: &syn::Signature, block: &syn::Block) -> String {
    let body = block.brace_token.span.join().source_text();
    let body = body.unwrap_or_else(|| block.to_token_stream().to_string());
    format!("{} {body}", signature.to_token_stream())
}

/// For what we write about something of the user's: errors point there, and names are ours. The span
/// itself would not do, since a macro of the user's may have written the one and not the other.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// What describes an item that `depends` names.
///
/// A function that is not marked has no place where a description could be, and the compiler would
/// say that it is no module. So the path is given a name of ours first, for which there is a type
/// that stands behind everything else that may have the name; and whatever has no description is
/// refused by a trait, which says what to do.
fn depend(path: &Path) -> TokenStream {
    let name = path
        .segments
        .last()
        .map(|last| last.ident.unraw().to_string());
    quote_spanned! {at(path.span())=> ::remade::__private::Depend {
        name: #name,
        code: {
            #[allow(unused_imports)]
            use #path as __not_marked_with_remade_code;
            #[allow(unused_imports)]
            use ::remade::__private::unmarked::*;
            __not_marked_with_remade_code::__remade_code
        },
    }}
}

/// What a piece of code is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Made,
    Item,
    Module,
}

/// The hidden function that describes a piece of code. `depends`: None where the executable stands
/// for all that it calls.
pub(crate) fn described(
    name: &Ident,
    visibility: &Visibility,
    digest: u128,
    source: &str,
    depends: Option<&[&Path]>,
    kind: Kind,
) -> TokenStream {
    let text = name.unraw().to_string();
    let is_module = kind == Kind::Module;
    let depends = match depends {
        None => quote!(::core::option::Option::None),
        Some(paths) => {
            let paths = paths.iter().map(|path| depend(path));
            quote!(::core::option::Option::Some(&[#(#paths),*]))
        }
    };
    let prepare = match kind {
        Kind::Made => quote!(::core::option::Option::Some(|| {
            let _ = #name::__remade_function();
        })),
        Kind::Item | Kind::Module => quote!(::core::option::Option::None),
    };
    quote! {
        #[doc(hidden)]
        #[allow(dead_code)]
        #visibility fn __remade_code() -> &'static ::remade::__private::Code {
            static __REMADE_CODE: ::remade::__private::Code = ::remade::__private::Code {
                module: ::core::module_path!(),
                name: #text,
                digest: #digest,
                file: ::core::file!(),
                line: ::core::line!(),
                source: #source,
                is_module: #is_module,
                depends: #depends,
                prepare: #prepare,
            };
            &__REMADE_CODE
        }
    }
}
