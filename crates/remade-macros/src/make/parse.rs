//! What may be written in `#[make(...)]`, and on what?

use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, Ident, ItemFn, Lit, Result, Token};

/// The options, as they were written.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) output: Option<Expr>,
    pub(crate) cachedir: Option<Expr>,
    pub(crate) name: Option<Expr>,
    pub(crate) keep: Option<Keep>,
    pub(crate) ignore: Vec<Ident>,
    pub(crate) verify: Option<Expr>,
    pub(crate) rerun_unknown: Option<bool>,
    pub(crate) depends: Option<Vec<Depend>>,
    pub(crate) version: Option<Expr>,
}

/// How many results are kept.
pub(crate) enum Keep {
    Last(Expr),
    All,
}

/// What else matters.
pub(crate) enum Depend {
    /// The code of an item.
    Code(syn::Path),
    /// A value.
    Value(Expr),
}

const KNOWN: &str = "output = …, cachedir = …, name = …, keep = …, ignore(…), verify, \
                     unknown = …, depends = […], version = …";

pub(crate) fn options(tokens: TokenStream) -> Result<Options> {
    let parser = |input: ParseStream<'_>| {
        let mut options = Options::default();
        let mut given: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let option: Ident = input.parse()?;
            if given.contains(&option) {
                return Err(Error::new(
                    option.span(),
                    format!("remade: `{option}` is given twice"),
                ));
            }
            one(&option, input, &mut options)?;
            given.push(option);
            if input.is_empty() {
                break;
            }
            input.parse::<Token![,]>()?;
        }
        Ok(options)
    };
    syn::parse::Parser::parse2(parser, tokens)
}

fn one(option: &Ident, input: ParseStream<'_>, options: &mut Options) -> Result<()> {
    match option.to_string().as_str() {
        "output" => options.output = Some(value(input)?),
        "cachedir" => options.cachedir = Some(value(input)?),
        "name" => options.name = Some(value(input)?),
        "keep" => options.keep = Some(keep(value(input)?)?),
        "ignore" => {
            let names;
            syn::parenthesized!(names in input);
            let names = Punctuated::<Ident, Token![,]>::parse_terminated(&names)?;
            options.ignore = names.into_iter().collect();
        }
        "verify" => {
            options.verify = Some(match input.peek(Token![=]) {
                true => value(input)?,
                false => syn::parse_quote!(true),
            });
        }
        "unknown" => options.rerun_unknown = Some(unknown(&value(input)?)?),
        "depends" => {
            input.parse::<Token![=]>()?;
            options.depends = Some(depends(input)?);
        }
        "version" => options.version = Some(value(input)?),
        _ => {
            return Err(Error::new(
                option.span(),
                format!("remade: there is no option `{option}`; the options are {KNOWN}"),
            ));
        }
    }
    Ok(())
}

fn value(input: ParseStream<'_>) -> Result<Expr> {
    input.parse::<Token![=]>()?;
    Ok(bare(input.parse()?))
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn keep(value: Expr) -> Result<Keep> {
    let refuse = |span: Span| Error::new(span, "remade: keep takes a number from 1 on, or \"all\"");
    match (&value, text(&value)) {
        (_, Some(word)) if word == "all" => Ok(Keep::All),
        (_, Some(_)) => Err(refuse(value.span())),
        (Expr::Lit(literal), _) => match &literal.lit {
            Lit::Int(number) if number.base10_parse::<usize>().is_ok_and(|n| n > 0) => {
                Ok(Keep::Last(value))
            }
            _ => Err(refuse(value.span())),
        },
        _ => Ok(Keep::Last(value)),
    }
}

fn unknown(value: &Expr) -> Result<bool> {
    match text(value).as_deref() {
        Some("rerun") => Ok(true),
        Some("content") => Ok(false),
        _ => Err(Error::new(
            value.span(),
            "remade: unknown takes \"content\" or \"rerun\"",
        )),
    }
}

/// The list behind `depends =`.
pub(crate) fn depends(input: ParseStream<'_>) -> Result<Vec<Depend>> {
    let list;
    if !input.peek(syn::token::Bracket) {
        return Err(input.error("remade: depends takes a list such as `depends = [helper]`"));
    }
    syn::bracketed!(list in input);
    let all = Punctuated::<Depend, Token![,]>::parse_terminated(&list)?;
    Ok(all.into_iter().collect())
}

impl Parse for Depend {
    fn parse(input: ParseStream<'_>) -> Result<Depend> {
        Ok(match bare(input.parse()?) {
            Expr::Path(path) if path.qself.is_none() => Depend::Code(path.path),
            value => Depend::Value(value),
        })
    }
}

/// An expression without the group that a macro of the user's puts around one that it was given.
fn bare(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => bare(*group.expr),
        value => value,
    }
}

pub(crate) fn function(item: TokenStream) -> Result<ItemFn> {
    match syn::parse2::<syn::Item>(item)? {
        syn::Item::Fn(function) => Ok(function),
        other => Err(Error::new(
            first(&other),
            "remade: make is for functions; for the code of another item there is #[remade::code]",
        )),
    }
}

/// The first token of an item: errors on the whole would hide the rest.
fn first(item: &syn::Item) -> Span {
    use quote::ToTokens;
    let mut tokens = item.to_token_stream().into_iter();
    tokens
        .next()
        .map_or_else(Span::call_site, |token| token.span())
}
