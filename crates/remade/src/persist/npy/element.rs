//! Which element types does the engine know by itself?
//!
//! The plain ones: a fixed number of bytes that all count, without fields, objects or padding. For
//! these alone a version can be told from the bytes of a file. What is not on the list is numpy's.

/// A plain element type.
///
/// ```
/// use remade::persist::npy::Element;
///
/// let element = Element::plain("'<U5'").unwrap();
/// assert_eq!((element.dtype.as_str(), element.size), ("<U5", 20));
/// assert_eq!(Element::plain("[('x', '<f8')]"), None); // structured: numpy's
/// assert_eq!(Element::plain("'<f16'"), None); // has padding
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The name as numpy's `dtype.str` gives it: `<f8`, `|b1`, `<M8[ns]`.
    pub dtype: String,
    /// Bytes of one element.
    pub size: usize,
}

impl Element {
    /// From the Python literal in a header. `None` for what is not plain, and for unusual spellings.
    pub fn plain(descr: &str) -> Option<Element> {
        let quote = descr.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let name = descr.strip_prefix(quote)?.strip_suffix(quote)?;
        let order = name
            .chars()
            .next()
            .filter(|c| matches!(c, '<' | '>' | '|'))?;
        let kind = name.chars().nth(1).filter(char::is_ascii)?;
        let rest = &name[2..];

        let size = match kind {
            'b' => number(rest).filter(|size| *size == 1)?,
            'i' | 'u' => number(rest).filter(|size| [1, 2, 4, 8].contains(size))?,
            'f' => number(rest).filter(|size| [2, 4, 8].contains(size))?,
            'c' => number(rest).filter(|size| [8, 16].contains(size))?,
            'S' | 'V' => number(rest)?,
            'U' => number(rest)?.checked_mul(4)?,
            'M' | 'm' => time(rest)?,
            _ => return None,
        };
        let has_order = size > 1 && !matches!(kind, 'S' | 'V');
        match (has_order, order) {
            (true, '|') => None,
            (true, _) => Some(Element {
                dtype: name.to_owned(),
                size,
            }),
            // Others write '<u1' too. numpy reads it and says '|u1'.
            (false, _) => Some(Element {
                dtype: format!("|{kind}{rest}"),
                size,
            }),
        }
    }
}

/// A number above 0, as numpy writes it: without sign, leading zeros or anything else.
fn number(text: &str) -> Option<usize> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    // numpy's own limit of an element's size is that of a C int.
    let number: i32 = text.parse().ok().filter(|_| is_number)?;
    usize::try_from(number).ok()
}

/// The rest of `M8`, `M8[ns]`, `m8[25s]`.
fn time(rest: &str) -> Option<usize> {
    let unit = match rest {
        "8" => return Some(8),
        _ => rest.strip_prefix("8[")?.strip_suffix(']')?,
    };
    let name = unit.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = &unit[..unit.len() - name.len()];
    let is_count = count.is_empty() || number(count).is_some_and(|count| count > 1);
    let is_unit = matches!(
        name,
        "Y" | "M" | "W" | "D" | "h" | "m" | "s" | "ms" | "us" | "ns" | "ps" | "fs" | "as"
    );
    (is_count && is_unit).then_some(8)
}
