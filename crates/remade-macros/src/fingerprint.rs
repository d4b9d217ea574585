//! What does this code say, without its layout?
//!
//! The tokens are encoded one by one, each with a tag and a length, and digested. Nothing of the
//! compiler's own way to print tokens comes into it, so that another compiler gives the same digest.
//! Whitespace and comments are no tokens. Left out besides: attributes of documentation, and a comma
//! before the end of a list, which a formatter puts there when it breaks lines.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use twox_hash::XxHash3_128;

/// The digest of the tokens.
pub(crate) fn of(tokens: TokenStream) -> u128 {
    let mut bytes = Vec::new();
    encode(&trees(tokens), None, &mut bytes);
    XxHash3_128::oneshot(&bytes)
}

/// Digests of parts together.
pub(crate) fn joined(parts: impl IntoIterator<Item = u128>) -> u128 {
    let bytes: Vec<u8> = parts.into_iter().flat_map(u128::to_be_bytes).collect();
    XxHash3_128::oneshot(&bytes)
}

fn trees(tokens: TokenStream) -> Vec<TokenTree> {
    without_documentation(tokens.into_iter().collect())
}

/// Leaves out `#[doc ...]` and `#![doc ...]`, which is what comments of documentation are.
fn without_documentation(trees: Vec<TokenTree>) -> Vec<TokenTree> {
    let mut kept = Vec::with_capacity(trees.len());
    let mut place = 0;
    while place < trees.len() {
        let is_punct = |at: usize, char| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == char);
        let group = place + 1 + usize::from(is_punct(place + 1, '!'));
        if is_punct(place, '#') && trees.get(group).is_some_and(is_documentation) {
            place = group + 1;
        } else {
            kept.push(trees[place].clone());
            place += 1;
        }
    }
    kept
}

fn is_documentation(tree: &TokenTree) -> bool {
    let TokenTree::Group(group) = tree else {
        return false;
    };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(name)) if name == "doc")
}

/// `before` is the token in front of the group that these stand in.
fn encode(trees: &[TokenTree], group: Option<(Delimiter, Option<&TokenTree>)>, out: &mut Vec<u8>) {
    let trees = match group {
        Some((delimiter, before)) => without_last_comma(trees, delimiter, before),
        None => trees,
    };
    for (place, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Group(inner) => {
                let before = place.checked_sub(1).map(|place| &trees[place]);
                out.push(match inner.delimiter() {
                    Delimiter::Parenthesis => b'(',
                    Delimiter::Brace => b'{',
                    Delimiter::Bracket => b'[',
                    Delimiter::None => b' ',
                });
                let inner_trees = self::trees(inner.stream());
                encode(&inner_trees, Some((inner.delimiter(), before)), out);
                out.push(b'.');
            }
            TokenTree::Ident(name) => text(b'i', &name.to_string(), out),
            TokenTree::Literal(literal) => text(b'l', &literal.to_string(), out),
            TokenTree::Punct(punct) => {
                let next = trees.get(place + 1);
                let joins = punct.spacing() == Spacing::Joint
                    && matches!(next, Some(TokenTree::Punct(next))
                        if is_operator(punct.as_char(), next.as_char()))
                    || punct.as_char() == '\'';
                out.push(if joins { b'j' } else { b'p' });
                out.extend_from_slice(punct.as_char().to_string().as_bytes());
            }
        }
    }
}

fn text(tag: u8, text: &str, out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&(text.len() as u64).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Whether two characters belong to one operator where nothing stands between them. In `x=-1` they
/// do not, so it is `x = -1`.
fn is_operator(first: char, second: char) -> bool {
    match second {
        '=' => "=!<>+-*/%^&|.".contains(first),
        '>' => "-=>".contains(first),
        '<' => first == '<',
        '&' | '|' | ':' | '.' => first == second,
        _ => false,
    }
}

/// `[a, b,]` is `[a, b]`, and `f(a,)` is `f(a)`; but `(a,)` is not `(a)`.
fn without_last_comma<'a>(
    trees: &'a [TokenTree],
    delimiter: Delimiter,
    before: Option<&TokenTree>,
) -> &'a [TokenTree] {
    let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ',');
    let Some((last, rest)) = trees.split_last() else {
        return trees;
    };
    let may_go = match delimiter {
        Delimiter::Brace | Delimiter::Bracket => true,
        Delimiter::Parenthesis => {
            rest.iter().any(is_comma)
                || matches!(before, Some(TokenTree::Ident(name)) if !is_keyword(&name.to_string()))
        }
        Delimiter::None => false,
    };
    if is_comma(last) && may_go {
        rest
    } else {
        trees
    }
}

/// Behind these, parentheses are no list of arguments.
fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "as" | "box"
            | "break"
            | "const"
            | "dyn"
            | "else"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "move"
            | "mut"
            | "ref"
            | "return"
            | "static"
            | "unsafe"
            | "where"
            | "while"
            | "yield"
    )
}

#[cfg(test)]
mod tests {
    use super::of;

    fn digest(text: &str) -> u128 {
        of(text.parse().unwrap())
    }

    #[test]
    fn layout_and_comments_do_not_count() {
        let code = "fn f(a: u32, b: &[f64]) -> f64 { let x=-1; g(a, b) + vec![1, 2] }";
        for same in [
            "fn f(a:u32,b:&[f64])->f64{let x = -1;g(a,b)+vec![1,2]}",
            "fn f(\n  a: u32,\n  b: &[f64],\n) -> f64 {\n let x = -1; // why\n g(\n a,\n b,\n) + vec![1, 2,] }",
            "/// Documentation.\nfn f(a: u32, /* of it */ b: &[f64]) -> f64 { let x=-1; g(a, b) + vec![1, 2] }",
        ] {
            assert_eq!(digest(same), digest(code), "{same}");
        }
    }

    #[test]
    fn what_means_something_else_counts() {
        let pairs = [
            ("f(a) b", "f(a b)"),
            ("(a,)", "(a)"),
            ("return (a,)", "return (a)"),
            ("a && b", "a & & b"),
            ("x -= 1", "x - =1"),
            ("1.0", "1.00"),
            ("\"a b\"", "\"a  b\""),
            ("ab", "a b"),
            ("'a", "'b"),
            ("'a'", "'b'"),
            ("#[cfg(a)] x", "x"),
            ("a::<b>(c)", "a::<b>[c]"),
            ("1 ..= 2", "1 .. 2"),
            ("a >>= 1", "a >> 1"),
        ];
        for (one, other) in pairs {
            assert_ne!(digest(one), digest(other), "{one} and {other}");
        }
    }

    #[test]
    fn a_digest_is_the_same_in_every_release() {
        assert_eq!(
            format!("{:032x}", digest("fn f(x: u32) -> u32 { x + 1 }")),
            "645ff9e3ce3da67bf346ce145762cd1c"
        );
    }
}
