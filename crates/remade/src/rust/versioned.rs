//! How is a value told by what it is?

#[cfg(feature = "ndarray")]
mod array;
mod plain;
mod serde;
mod slice;

use super::made::History;
use crate::record::Origin;
use crate::source::SourceState;
use crate::store::Store;
use crate::version::{Encoder, Tag, Version};
use std::sync::Arc;

#[cfg(feature = "ndarray")]
pub(super) use array::array_of;
pub(super) use serde::encode as encode_by_serde;
pub(super) use slice::Plain;

/// A value that is told by what it is: equal versions mean that the one may stand for the other.
///
/// Numbers count by their bits, so `0.0` and `-0.0` differ. Hash maps and hash sets count by what is
/// in them, in whatever order they give it. Slices, vectors and arrays of numbers have the version
/// that a numpy array of the same type, shape, order and elements has.
///
/// Derive it: a type is its name and all of its fields. By hand, put in all that matters, each part
/// behind the other, and nothing that changes from process to process, such as an address.
///
/// What a value refers to through interior mutability (a `Cell`, a `Mutex`) is not looked at: such
/// types have no version. A type of another crate that is not here may go through serde: an argument
/// whose type implements `Serialize` and not `Versioned` counts by what it serializes. What it leaves
/// out (`#[serde(skip)]`) does not count then, and maps count in the order in which they are given.
///
/// ```
/// use remade::{Versioned, version_of};
///
/// #[derive(Versioned)]
/// struct Settings {
///     threshold: f64,
///     names: Vec<String>,
/// }
///
/// let settings = |threshold| Settings { threshold, names: vec!["left".to_owned()] };
/// assert_eq!(version_of(&settings(0.5)), version_of(&settings(0.5)));
/// assert_ne!(version_of(&settings(0.5)), version_of(&settings(0.6)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a made function: nothing tells its version",
    label = "no version",
    note = "derive `remade::Versioned` or `serde::Serialize` for it, or leave the parameter out with \
            `ignore(...)`"
)]
pub trait Versioned {
    /// Appends the value.
    fn encode(&self, walk: &mut Walk<'_>);

    /// Appends several, as a list. Numbers do it as arrays.
    #[doc(hidden)]
    fn encode_all(items: &[Self], walk: &mut Walk<'_>)
    where
        Self: Sized,
    {
        walk.list(items.len());
        for (index, item) in items.iter().enumerate() {
            walk.at(index, |walk| item.encode(walk));
        }
    }
}

/// The version of a value by what it is, where it has one. A [`File`](crate::File) has none here: its
/// path counts from the project of a store.
pub fn version_of<T: Versioned + ?Sized>(value: &T) -> Option<Version> {
    let mut walk = Walk::new(None);
    value.encode(&mut walk);
    walk.finish().ok()
}

/// Where a value tells what it is, part by part.
pub struct Walk<'a> {
    encoder: Encoder,
    /// Items appended to the encoder.
    items: usize,
    /// What the last item is told by alone.
    bare: Option<Version>,
    /// The last item is a file.
    is_file: bool,
    store: Option<&'a Arc<Store>>,
    why: Option<String>,
    /// Results count by their history.
    asks_history: bool,
    /// NaN and infinity are refused.
    only_finite: bool,
    /// Only a walk for a record has any, and all others are moved without room for it.
    noted: Option<Box<Noted>>,
    position: String,
}

/// What a walk met on its way.
#[derive(Default)]
pub(super) struct Noted {
    pub(super) origins: Vec<Origin>,
    pub(super) sources: Vec<SourceState>,
    /// Results that are not what their history says.
    pub(super) ended: Vec<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(store: Option<&'a Arc<Store>>) -> Walk<'a> {
        Walk {
            encoder: Encoder::roomy(),
            items: 0,
            bare: None,
            is_file: false,
            store,
            why: None,
            asks_history: true,
            only_finite: false,
            noted: None,
            position: String::new(),
        }
    }

    /// Reads everything, also what history knows.
    pub(super) fn reading_all(mut self) -> Walk<'a> {
        self.asks_history = false;
        self
    }

    /// For formats that have no other numbers.
    pub(super) fn finite(mut self) -> Walk<'a> {
        self.only_finite = true;
        self
    }

    pub(super) fn noting(mut self) -> Walk<'a> {
        self.noted = Some(Box::default());
        self
    }

    pub(super) fn noted(&mut self) -> Noted {
        *self.noted.take().unwrap_or_default()
    }

    /// The version of all that was appended; why there is none, where that is so.
    pub(super) fn finish(&self) -> Result<Version, String> {
        match &self.why {
            None => Ok(self.told()),
            Some(why) => Err(why.clone()),
        }
    }

    pub(super) fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    /// The value has no version, and why: its function runs every time.
    pub fn fail(&mut self, why: impl Into<String>) {
        self.why.get_or_insert_with(|| why.into());
    }

    /// Truth.
    pub fn boolean(&mut self, value: bool) {
        self.encoder().boolean(value);
    }

    /// A whole number.
    pub fn int(&mut self, value: i64) {
        self.encoder().int(value);
    }

    /// A number, by its bits.
    pub fn float(&mut self, value: f64) {
        self.check_finite(value);
        self.encoder().float(value);
    }

    /// Text.
    pub fn text(&mut self, value: &str) {
        self.encoder().text(value);
    }

    /// Bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.encoder().bytes(value);
    }

    /// Nothing there, where something might have been.
    pub fn nothing(&mut self) {
        self.encoder().tag(Tag::None);
    }

    /// Begins a list. Its items follow.
    pub fn list(&mut self, items: usize) {
        self.encoder().begin(Tag::List, items);
    }

    /// Begins a tuple. Its items follow.
    pub fn tuple(&mut self, items: usize) {
        self.encoder().begin(Tag::Tuple, items);
    }

    /// Begins a value of a named type. Its parts follow, each behind its [`Walk::name`].
    pub fn begin_named(&mut self, name: &str, parts: usize) {
        self.encoder().begin_named(Tag::Parts, name, parts);
    }

    /// The name of the part that follows.
    pub fn name(&mut self, name: &str) {
        self.encoder().tagged(Tag::Named, name.as_bytes());
    }

    /// Something that is told by its version.
    pub fn version(&mut self, version: Version) {
        self.encoder().version(Tag::Version, version);
    }

    pub(super) fn encoder(&mut self) -> &mut Encoder {
        self.items += 1;
        self.bare = None;
        self.is_file = false;
        &mut self.encoder
    }

    /// An array, by its version: the one that it has everywhere.
    pub(super) fn array(&mut self, version: Version) {
        self.encoder().version(Tag::Array, version);
        self.bare = Some(version);
    }

    fn check_finite(&mut self, value: f64) {
        if self.only_finite && !value.is_finite() {
            self.fail(format!(
                "{value} has no form in JSON; PostcardFile has one for it"
            ));
        }
    }

    fn known(&mut self, version: Version) {
        self.version(version);
        self.bare = Some(version);
    }

    /// Whether a file was appended, and nothing else.
    pub(super) fn is_file(&self) -> bool {
        self.is_file && self.items == 1
    }

    /// The version of all that was appended: its own if it is an array.
    fn told(&self) -> Version {
        match self.bare {
            Some(version) if self.items == 1 => version,
            _ => self.encoder.finish(),
        }
    }

    /// The version of a part by itself. It is not appended.
    pub(super) fn apart(&mut self, encode: impl FnOnce(&mut Walk<'_>)) -> Version {
        let encoder = std::mem::replace(&mut self.encoder, Encoder::roomy());
        let (items, bare) = (self.items, self.bare.take());
        self.items = 0;
        encode(self);
        let version = self.told();
        self.encoder = encoder;
        (self.items, self.bare) = (items, bare);
        version
    }

    /// What follows lies at this place of what was begun.
    pub(super) fn at(&mut self, index: usize, encode: impl FnOnce(&mut Walk<'_>)) {
        if self.noted.is_none() {
            return encode(self);
        }
        let length = self.position.len();
        self.position.push_str(&format!("[{index}]"));
        encode(self);
        self.position.truncate(length);
    }

    /// A result of a made function. What it is known by is the version that reading it gives, so
    /// that it is the same call with and without a history.
    pub(super) fn by_history(
        &mut self,
        history: Option<&History>,
        by_content: impl FnOnce(&mut Walk<'_>),
    ) {
        let Some(history) = history else {
            if self.items == 0 {
                return by_content(self); // the whole is known by just that
            }
            let content = self.apart(by_content);
            return self.version(content);
        };
        if !self.asks_history {
            let content = self.apart(by_content);
            if history.content.is_some_and(|before| before != content) {
                let function = history.function().to_owned();
                if let Some(noted) = &mut self.noted {
                    noted.ended.push(function);
                }
                return self.known(content);
            }
        }
        self.known(history.version);
        if let (Some(noted), Some(store)) = (&mut self.noted, self.store) {
            noted.origins.push(Origin {
                position: self.position.clone(),
                function: history.record.function.clone(),
                record: history.record.key.to_string(),
                result: history.position.clone(),
                version: history.version,
                started: history.record.started.clone(),
                store: store.name_of(history.store),
            });
        }
    }

    /// A file, by its path and content.
    pub(super) fn file(&mut self, path: &std::path::Path) {
        let Some(store) = self.store else {
            return self.fail("no store says where it lies");
        };
        let source = crate::source::Source::new(path);
        match source.version(store.project(), store.sources()) {
            Ok(found) => {
                let state = found.state();
                self.encoder().version(Tag::File, state.version);
                self.is_file = true;
                if let Some(noted) = &mut self.noted {
                    noted.sources.push(state);
                }
            }
            Err(error) => self.fail(super::listen::chain(&error)),
        }
    }
}
