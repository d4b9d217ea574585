//! Which functions cannot be made, and why?

use super::parse::Options;
use crate::place::{is_associated, is_ours};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Error, FnArg, GenericParam, Ident, ItemFn, Pat, Result, ReturnType, Type};

/// A function that can be made.
pub(crate) struct MadeFunction {
    pub(crate) options: Options,
    pub(crate) function: ItemFn,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) returns: Returns,
}

/// A parameter.
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// What it is a borrow of.
    pub(crate) borrowed: Option<syn::TypeReference>,
    pub(crate) counts: bool,
}

/// What the function returns.
#[allow(clippy::large_enum_variant)] // there is one of them in an expansion
pub(crate) enum Returns {
    Plain(Type),
    /// `Result<T, E>`
    Fallible {
        whole: Type,
        value: Type,
        error: Type,
    },
}

/// Why a function has not both attributes.
pub(crate) const CODE_OF_MADE: &str =
    "a made function is named in depends as it is, without #[remade::code]";

const ASSOCIATED: &str = "a function in an `impl` or a `trait` cannot be made, since what can be \
                          asked of it has no place there: put it outside, and call it from here";

fn refuse<T>(span: impl Spanned, why: &str) -> Result<T> {
    Err(Error::new(span.span(), format!("remade: {why}")))
}

pub(crate) fn check(options: Options, function: ItemFn) -> Result<MadeFunction> {
    for attribute in &function.attrs {
        if is_ours(attribute, "make") {
            return refuse(
                attribute.path(),
                "`make` is given twice: put the options of both into one",
            );
        }
        if is_ours(attribute, "code") {
            return refuse(attribute.path(), CODE_OF_MADE);
        }
    }
    let signature = &function.sig;
    if let Some(FnArg::Receiver(receiver)) = signature.inputs.first() {
        return refuse(
            receiver.self_token,
            "a method cannot be made: make a function that takes what it needs of `self` as \
             parameters, and call it from the method",
        );
    }
    let bare = ItemFn {
        attrs: Vec::new(),
        ..function.clone()
    };
    if is_associated(&bare) {
        return refuse(&signature.ident, ASSOCIATED);
    }
    if let Some(word) = &signature.asyncness {
        return refuse(
            word,
            "an async function cannot be made, since its future may never run to its end: make the \
             function that computes, and await around its call",
        );
    }
    if let syn::Safety::Unsafe(word) = &signature.safety {
        return refuse(word, "an unsafe function cannot be made");
    }
    if let Some(word) = &signature.constness {
        return refuse(
            word,
            "a const function cannot be made: it would have to read files while it is compiled",
        );
    }
    if let Some(abi) = &signature.abi {
        return refuse(abi, "an extern function cannot be made");
    }
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            return refuse(
                parameter,
                "a generic function cannot be made, since results of different types would share one \
                 name: make a function of the types you need that calls it",
            );
        }
    }
    let mut parameters = Vec::new();
    for input in &signature.inputs {
        parameters.push(parameter(input)?);
    }
    for name in &options.ignore {
        match parameters.iter_mut().find(|one| one.name == *name) {
            Some(parameter) => parameter.counts = false,
            None => return refuse(name, &format!("there is no parameter `{name}` to ignore")),
        }
    }
    let returns = returns(&signature.output)?;
    Ok(MadeFunction {
        options,
        parameters,
        returns,
        function,
    })
}

fn parameter(input: &FnArg) -> Result<Parameter> {
    let FnArg::Typed(typed) = input else {
        return refuse(input, "a method cannot be made");
    };
    let name = match &*typed.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            pattern.ident.clone()
        }
        other => {
            return refuse(
                other,
                "a parameter of a made function needs a name, which its records tell: take it \
                 apart inside the function",
            );
        }
    };
    if let Some(word) = opaque(&typed.ty) {
        return refuse(
            word,
            "a generic function cannot be made, and `impl` makes it one: name the type",
        );
    }
    if let Some(word) = changed(&typed.ty) {
        return refuse(
            word,
            "a made function cannot change its argument, since a stored result could not repeat \
             that: take it by value and return it",
        );
    }
    let ty = bare(&typed.ty);
    let borrowed = match ty {
        Type::Reference(reference) => Some(reference.clone()),
        _ => None,
    };
    Ok(Parameter {
        name,
        ty: ty.clone(),
        borrowed,
        counts: true,
    })
}

fn returns(output: &ReturnType) -> Result<Returns> {
    let ty = match output {
        ReturnType::Default => return Ok(Returns::Plain(syn::parse_quote!(()))),
        ReturnType::Type(_, ty) => bare(ty),
    };
    if let Some(word) = opaque(ty) {
        return refuse(
            word,
            "a result is loaded from a file, so its type must have a name, which `impl` hides",
        );
    }
    if let Some(word) = borrow(ty) {
        return refuse(
            word,
            "a result is loaded from a file, so it cannot be borrowed: return it owned",
        );
    }
    Ok(match fallible(ty) {
        Some((value, error)) => Returns::Fallible {
            whole: ty.clone(),
            value,
            error,
        },
        None => Returns::Plain(ty.clone()),
    })
}

/// A type without what stands around it: parentheses, and the group that a macro of the user's puts
/// around a type that it was given.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(group) => bare(&group.elem),
        ty => ty,
    }
}

/// `Result<T, E>`, or an alias of that name.
fn fallible(ty: &Type) -> Option<(Type, Type)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != "Result" {
        return None;
    }
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Some(through_trait(ty));
    };
    let types: Vec<_> = arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            syn::GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        })
        .collect();
    match &types[..] {
        [value, error] => Some((value.clone(), error.clone())),
        _ => Some(through_trait(ty)),
    }
}

fn through_trait(ty: &Type) -> (Type, Type) {
    (
        syn::parse_quote!(<#ty as ::remade::__private::Fallible>::Value),
        syn::parse_quote!(<#ty as ::remade::__private::Fallible>::Error),
    )
}

/// The first `impl` in a type.
fn opaque(ty: &Type) -> Option<syn::Token![impl]> {
    struct Search(Option<syn::Token![impl]>);
    impl<'ast> Visit<'ast> for Search {
        fn visit_type_impl_trait(&mut self, found: &'ast syn::TypeImplTrait) {
            self.0.get_or_insert(found.impl_token);
        }
    }
    let mut search = Search(None);
    search.visit_type(ty);
    search.0
}

/// The first `mut` of a borrow in a type, at any depth.
fn changed(ty: &Type) -> Option<syn::Token![mut]> {
    struct Search(Option<syn::Token![mut]>);
    impl<'ast> Visit<'ast> for Search {
        fn visit_type_reference(&mut self, found: &'ast syn::TypeReference) {
            if let Some(word) = found.mutability {
                self.0.get_or_insert(word);
            }
            syn::visit::visit_type_reference(self, found);
        }
        // What a function is given when it is called is no part of the argument.
        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
        fn visit_parenthesized_generic_arguments(
            &mut self,
            _: &'ast syn::ParenthesizedGenericArguments,
        ) {
        }
    }
    let mut search = Search(None);
    search.visit_type(ty);
    search.0
}

/// The first borrow in a type, but for `'static` ones.
fn borrow(ty: &Type) -> Option<syn::Token![&]> {
    struct Search(Option<syn::Token![&]>);
    impl<'ast> Visit<'ast> for Search {
        fn visit_type_reference(&mut self, found: &'ast syn::TypeReference) {
            self.0.get_or_insert(found.and_token);
        }
        // What a function pointer takes and gives is no part of the result.
        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
    }
    let mut search = Search(None);
    search.visit_type(ty);
    search.0
}
