//! Does a name match a pattern?
//!
//! The rules are those of Python's `fnmatch`: `*` is any text, `?` any one character, `[..]` one of
//! a set and `[!..]` one outside it; a bracket that is never closed is just a bracket; nothing can be
//! escaped but by a set of one. Case counts.

/// One component of a path, as a pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
    /// Python's rule: names with a dot in front match only a pattern with a dot in front.
    matches_hidden: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Any,
    One,
    This(u32),
    Set {
        ranges: Vec<(u32, u32)>,
        is_outside: bool,
    },
}

impl Pattern {
    pub(super) fn new(text: &[u8]) -> Pattern {
        let text_of_pattern = characters(text);
        let mut rest = text_of_pattern.as_slice();
        let mut parts = Vec::new();
        while let [first, tail @ ..] = rest {
            rest = tail;
            match char::from_u32(*first) {
                Some('*') => {
                    if !matches!(parts.last(), Some(Part::Any)) {
                        parts.push(Part::Any);
                    }
                }
                Some('?') => parts.push(Part::One),
                Some('[') => match set(rest) {
                    Some((set, tail)) => {
                        parts.push(set);
                        rest = tail;
                    }
                    None => parts.push(Part::This(*first)),
                },
                _ => parts.push(Part::This(*first)),
            }
        }
        Pattern {
            parts,
            matches_hidden: is_hidden(text),
        }
    }

    pub(super) fn matches(&self, name: &[u8]) -> bool {
        (self.matches_hidden || !is_hidden(name)) && matches(&self.parts, &characters(name))
    }
}

pub(super) fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".")
}

/// Goes back to the last star only, so the time is at most the product of both lengths.
fn matches(parts: &[Part], name: &[u32]) -> bool {
    let (mut part, mut at) = (0, 0);
    let mut last_star = None;
    while at < name.len() {
        match parts.get(part) {
            Some(Part::Any) => {
                last_star = Some((part, at));
                part += 1;
                continue;
            }
            Some(one) if one.matches(name[at]) => {
                part += 1;
                at += 1;
                continue;
            }
            _ => {}
        }
        let Some((star, began)) = last_star else {
            return false;
        };
        // The star takes one more character.
        last_star = Some((star, began + 1));
        part = star + 1;
        at = began + 1;
    }
    parts[part..].iter().all(|part| matches!(part, Part::Any))
}

impl Part {
    fn matches(&self, character: u32) -> bool {
        match self {
            Part::Any | Part::One => true,
            Part::This(this) => *this == character,
            Part::Set { ranges, is_outside } => {
                let is_in = |range: &(u32, u32)| range.0 <= character && character <= range.1;
                ranges.iter().any(is_in) != *is_outside
            }
        }
    }
}

/// The set that begins after a bracket, and what follows it. `None` if it is never closed.
fn set(text: &[u32]) -> Option<(Part, &[u32])> {
    let is_outside = text.first() == Some(&u32::from('!'));
    let text = &text[usize::from(is_outside)..];
    // A closing bracket that comes first is a member.
    let close = 1 + text
        .get(1..)?
        .iter()
        .position(|character| *character == u32::from(']'))?;
    let (mut members, rest) = (&text[..close], &text[close + 1..]);
    let mut ranges = Vec::new();
    while let [first, tail @ ..] = members {
        members = match tail {
            [dash, last, tail @ ..] if *dash == u32::from('-') => {
                ranges.push((*first, *last));
                tail
            }
            tail => {
                ranges.push((*first, *first));
                tail
            }
        };
    }
    Some((Part::Set { ranges, is_outside }, rest))
}

/// The characters of a name; a byte that is not UTF-8 is a lone surrogate, as in Python.
fn characters(name: &[u8]) -> Vec<u32> {
    let mut characters = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        characters.extend(chunk.valid().chars().map(u32::from));
        characters.extend(chunk.invalid().iter().map(|byte| 0xdc00 + u32::from(*byte)));
    }
    characters
}
