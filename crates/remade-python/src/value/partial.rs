//! What counts of a value that has no version as a whole?
//!
//! A service with a lock, a table of settings that holds a module: the code of its class and every part
//! that has a version still count, so that an edit of either is seen. What has none is noted, and told.
//! Objects of others count whole or by the name of their class: a progress bar or a connection holds the
//! time and the address at which it was made, and what uses it would run in every process.

use pyo3::prelude::*;
use pyo3::types::PyModule;
use remade::version::Tag;

use super::{Kind, Unversioned, Walk, bases, code, items, object};
use crate::code as follow;

type Encoded = Result<(), Unversioned>;

/// A part that is not compared.
#[derive(Debug)]
pub(crate) struct Gap {
    /// Where in the value it is; empty for the whole.
    pub(crate) position: String,
    pub(crate) why: String,
    /// Nothing a result could depend on: a lock, a logger.
    pub(crate) is_tool: bool,
    /// What can be told of it counts all the same: the code of its class, its attributes, its items.
    pub(crate) rest_counts: bool,
}

/// One part of such a value, or the whole of it.
pub(super) fn encode<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, kind: Kind) -> Encoded {
    let own = follow::is_of_own_class(value, walk.own());
    let encoded = match kind {
        Kind::Tuple
        | Kind::List
        | Kind::Dict
        | Kind::Set
        | Kind::FrozenSet
        | Kind::MappingProxy
        | Kind::Method
        | Kind::Function
        | Kind::Class
        | Kind::EnumMember
        | Kind::ContextVariable
        | Kind::WeakReference
        | Kind::WeakContainer => walk.composite(value, kind),
        Kind::SetSubclass(_) | Kind::ArraySubclass if own => walk.composite(value, kind),
        Kind::Object { .. } if is_container(value) => walk.composite(value, kind),
        Kind::Object { .. } | Kind::Never(_) if own => {
            object::with_history(walk, value, true, |walk| own_object(walk, value))
        }
        Kind::Never(_) if value.is_instance_of::<PyModule>() => code::module(walk, value),
        _ => whole(walk, value, kind),
    };
    match encoded {
        Err(Unversioned::NoVersion { why, .. }) => unversioned(walk, value, own, why),
        encoded => encoded,
    }
}

/// Is it of a class of Python's own that does nothing but hold what it is given?
fn is_container(value: &Bound<'_, PyAny>) -> bool {
    const HOLDING: [&str; 8] = [
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "collections.Counter",
        "collections.ChainMap",
        "collections.UserDict",
        "types.SimpleNamespace",
        "argparse.Namespace",
    ];
    HOLDING.contains(&object::qualified_name(&value.get_type()).as_str())
}

/// By its version as always, or not at all.
fn whole<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, kind: Kind) -> Encoded {
    let gaps = walk.gaps.take();
    let met = walk.memo.len();
    let version = walk.aside(|walk| walk.composite(value, kind));
    walk.gaps = gaps;
    match version {
        Ok(version) => {
            walk.encoder.version(Tag::Version, version);
            Ok(())
        }
        Err(unversioned) => {
            walk.memo.truncate(met);
            Err(unversioned)
        }
    }
}

/// The code of its class and what it holds.
fn own_object<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    walk.encoder.begin_named(Tag::Parts, "in part", 2);
    if follow::is_passed_over(value) {
        code::class_of(walk, value)?;
        return bases::beyond(walk, value);
    }
    match object::reduced(walk, value) {
        Err(Unversioned::NoVersion { why, .. }) => {
            // It refuses to be pickled, or is more than its attributes.
            let is_tool = false;
            note(walk, why, is_tool, true);
            code::class_of(walk, value)?;
            object::attributes(walk, value)?;
            items::of(walk, value)
        }
        encoded => encoded,
    }
}

/// Only what it is an instance of.
fn unversioned<'py>(
    walk: &mut Walk<'py>,
    value: &Bound<'py, PyAny>,
    own: bool,
    why: String,
) -> Encoded {
    let is_tool = !own && follow::is_passed_over(value);
    note(walk, why, is_tool, false);
    walk.encoder.begin_named(Tag::Parts, "without version", 1);
    if own {
        match code::class_of(walk, value) {
            Err(Unversioned::NoVersion { .. }) => {}
            encoded => return encoded,
        }
    }
    let name = object::qualified_name(&value.get_type());
    walk.encoder.tagged(Tag::Name, name.as_bytes());
    Ok(())
}

pub(super) fn note(walk: &mut Walk<'_>, why: String, is_tool: bool, rest_counts: bool) {
    let position = walk.position.clone();
    if let Some(gaps) = &mut walk.gaps
        && !gaps.iter().any(|gap| gap.position == position)
    {
        gaps.push(Gap {
            position,
            why,
            is_tool,
            rest_counts,
        });
    }
}
