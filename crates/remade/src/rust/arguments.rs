//! What was a call given, and which call is it?

use super::function::Function;
use super::given::Given;
use super::versioned::{Noted, Walk};
use crate::record::Argument;
use crate::source::SourceState;
use crate::version::Version;

/// Takes the arguments of a call, one behind the other.
pub struct Arguments<'a> {
    function: &'a Function,
    to: To<'a>,
}

enum To<'a> {
    /// One version for all.
    Key {
        walk: Walk<'a>,
        unversioned: Option<(String, String)>,
    },
    /// Each for a record.
    Each(Each),
}

/// The arguments, as a record keeps them.
#[derive(Default)]
pub(super) struct Each {
    pub(super) arguments: Vec<Argument>,
    pub(super) sources: Vec<SourceState>,
    /// Those that are files and nothing else.
    pub(super) files: Vec<String>,
    /// Those that are not what their history says.
    pub(super) ended: Vec<String>,
}

impl<'a> Arguments<'a> {
    pub(super) fn keyed(function: &'a Function) -> Arguments<'a> {
        Arguments {
            to: To::Key {
                walk: walk(function),
                unversioned: None,
            },
            function,
        }
    }

    pub(super) fn each(function: &'a Function) -> Arguments<'a> {
        Arguments {
            to: To::Each(Each::default()),
            function,
        }
    }

    /// The version of all; the parameter that has none, and why.
    pub(super) fn version(self) -> Result<Version, (String, String)> {
        match self.to {
            To::Key {
                unversioned: Some(unversioned),
                ..
            } => Err(unversioned),
            To::Key { walk, .. } => walk.finish().map_err(|why| (String::new(), why)),
            To::Each(_) => Ok(Version::of_bytes(&[])),
        }
    }

    pub(super) fn into_each(self) -> Each {
        match self.to {
            To::Each(each) => each,
            To::Key { .. } => Each::default(),
        }
    }

    /// An argument that counts by its value.
    pub fn value(
        &mut self,
        name: &'static str,
        encode: impl Fn(&mut Walk<'_>),
        short: impl FnOnce() -> String,
    ) {
        self.one(name, encode, short);
    }

    /// A borrowed argument. `plain`: it is one that everybody can tell by its value.
    pub fn borrowed<T: ?Sized>(
        &mut self,
        name: &'static str,
        given: Given<'_, T>,
        plain: bool,
        encode: impl Fn(&mut Walk<'_>),
        short: impl FnOnce() -> String,
    ) {
        let is_unknown = self.function.rerun_unknown && !plain && given.history().is_none();
        self.one(
            name,
            |walk| match is_unknown {
                true => walk.fail("it does not come from a made function"),
                false => walk.by_history(given.history(), &encode),
            },
            short,
        );
    }

    fn one(
        &mut self,
        name: &'static str,
        encode: impl Fn(&mut Walk<'_>),
        short: impl FnOnce() -> String,
    ) {
        match &mut self.to {
            To::Key { walk, unversioned } => {
                if unversioned.is_some() {
                    return;
                }
                let version = walk.apart(|walk| encode(walk));
                walk.version(version);
                if let Some(why) = walk.why() {
                    *unversioned = Some((name.to_owned(), why.to_owned()));
                }
            }
            To::Each(each) => {
                let mut walk = walk(self.function).noting();
                encode(&mut walk);
                let Noted {
                    origins,
                    sources,
                    ended,
                } = walk.noted();
                if walk.is_file() {
                    each.files.push(name.to_owned());
                }
                let ended = ended.into_iter();
                each.ended
                    .extend(ended.map(|function| format!("the argument {name} (of {function})")));
                each.sources.extend(sources);
                each.arguments.push(Argument {
                    name: name.to_owned(),
                    version: walk.finish().ok(),
                    short: short(),
                    origins,
                    after: None,
                });
            }
        }
    }
}

fn walk(function: &Function) -> Walk<'_> {
    let walk = Walk::new(Some(function.made.store()));
    match function.verify {
        true => walk.reading_all(),
        false => walk,
    }
}
