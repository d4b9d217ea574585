//! What is the version of code that refers to itself?
//!
//! Everything reached is a node with a form of its own and named parts. The version is that of a
//! walk from the root: parts in the order of their names, each node once, and a number where one is
//! met again. So it does not matter which function of a cycle was met first elsewhere.

use pyo3::prelude::*;
use remade::version::{Encoder, Tag, Version};
use std::collections::BTreeMap;

/// What a name in a node refers to.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A constant.
    Value(Version),
    /// Something that is not the user's own, by name.
    Name(String),
    /// Another node.
    Node(usize),
    /// A member of an enumeration.
    Member(usize, String),
    /// A mutable value: its version is not part of the code.
    Implicit,
    /// Nothing has this name yet.
    Missing,
}

/// A function, class, module or wrapper.
pub(super) struct Node<'py> {
    pub(super) value: Bound<'py, PyAny>,
    pub(super) as_type: bool,
    pub(super) name: String,
    pub(super) form: Version,
    pub(super) parts: BTreeMap<String, Part>,
    /// Constants among the parts, in short, for people.
    pub(super) shown: BTreeMap<String, String>,
    /// Parts by the place they were found in, as some function may turn out to rebind it.
    pub(super) placed: Vec<(String, (usize, usize))>,
    /// Parts that were put on a function, by their place.
    pub(super) put: Vec<(String, (usize, usize))>,
    pub(super) reached: Option<Origin>,
}

/// Where a function or class is written.
#[derive(Default)]
pub(super) struct Origin {
    pub(super) file: Option<String>,
    pub(super) line: u32,
    pub(super) source: Option<String>,
    pub(super) normal: Option<String>,
}

impl Node<'_> {
    /// Its own version: what it refers to counts by name only.
    pub(super) fn own(&self) -> Version {
        let mut encoder = Encoder::new();
        encoder.version(Tag::Code, self.form);
        encoder.begin(Tag::Dict, self.parts.len());
        for (label, part) in &self.parts {
            encoder.text(label);
            match part {
                Part::Node(_) => encoder.begin_named(Tag::Parts, "code", 0),
                Part::Member(_, name) => encoder.begin_named(Tag::Name, name, 0),
                part => simple(part, &mut encoder),
            }
        }
        encoder.finish()
    }
}

/// What the names of a node refer to, for people.
pub(super) fn names(nodes: &[Node<'_>], node: &Node<'_>) -> BTreeMap<String, String> {
    let text = |(label, part): (&String, &Part)| {
        let text = match part {
            Part::Value(_) => node.shown.get(label)?.clone(),
            Part::Name(name) => name.clone(),
            Part::Node(index) => nodes[*index].name.clone(),
            Part::Member(index, name) => format!("{}.{name}", nodes[*index].name),
            Part::Implicit => "an implicit input".to_owned(),
            Part::Missing => return None,
        };
        (!text.is_empty()).then(|| (label.clone(), text))
    };
    node.parts.iter().filter_map(text).collect()
}

fn simple(part: &Part, encoder: &mut Encoder) {
    match part {
        Part::Value(version) => encoder.version(Tag::Version, *version),
        Part::Name(name) => encoder.begin_named(Tag::Name, name, 0),
        Part::Implicit => encoder.begin_named(Tag::Parts, "implicit", 0),
        Part::Missing => encoder.tag(Tag::Missing),
        Part::Node(_) | Part::Member(..) => {}
    }
}

/// The version of a node with everything it leads to.
pub(super) fn fingerprint(nodes: &[Node<'_>], root: &Part) -> Version {
    let mut encoder = Encoder::new();
    let mut met: Vec<Option<usize>> = vec![None; nodes.len()];
    let mut number = 0;
    // A stack of its own: a long chain of helpers must not overflow that of the thread.
    let mut stack: Vec<(Option<&str>, &Part)> = vec![(None, root)];
    while let Some((label, part)) = stack.pop() {
        if let Some(label) = label {
            encoder.text(label);
        }
        let index = match part {
            Part::Node(index) => *index,
            Part::Member(index, name) => {
                encoder.begin_named(Tag::Named, name, 1);
                *index
            }
            part => {
                simple(part, &mut encoder);
                continue;
            }
        };
        if let Some(before) = met[index] {
            encoder.begin(Tag::Back, before);
            continue;
        }
        met[index] = Some(number);
        number += 1;
        let node = &nodes[index];
        encoder.version(Tag::Code, node.form);
        encoder.begin(Tag::Dict, node.parts.len());
        stack.extend(
            node.parts
                .iter()
                .rev()
                .map(|(label, part)| (Some(label.as_str()), part)),
        );
    }
    encoder.finish()
}
