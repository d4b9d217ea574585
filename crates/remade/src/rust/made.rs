//! What does a caller of a made function get?

use super::versioned::{Versioned, Walk};
use crate::make::persisted;
use crate::record::{Item, Record, Shape};
use crate::store::Store;
use crate::version::Version;
use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

/// What a made function returned: the value, and where it came from.
///
/// It gives shared access only. So nobody can change the value and leave its history as it was: the
/// chain of trust is kept by the compiler. [`Made::into_inner`] is the way out; what comes out has no
/// history.
///
/// ```compile_fail,E0596
/// #[remade::make]
/// fn zeros(length: usize) -> Vec<f64> {
///     vec![0.0; length]
/// }
/// let mut zeros = zeros(3)?;
/// zeros.push(1.0); // cannot borrow as mutable
/// # Ok::<(), remade::Error>(())
/// ```
pub struct Made<T> {
    value: T,
    history: Option<History>,
}

/// Where a value came from.
#[derive(Debug, Clone)]
pub struct History {
    pub(super) record: Arc<Record>,
    pub(super) store: &'static Store,
    /// The place of the value in the result of the run: `""`, `[0]`.
    pub(super) position: String,
    pub(super) version: Version,
    /// What reading the value gives. None: that cannot be told.
    pub(super) content: Option<Version>,
}

impl<T> Made<T> {
    pub(super) fn new(value: T, history: Option<History>) -> Made<T> {
        Made { value, history }
    }

    /// The value. What is done to it from here on, made functions do not see; given to one, it
    /// counts by its content.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The version of the value. None: it was computed and could not be saved.
    pub fn version(&self) -> Option<Version> {
        self.history.as_ref().map(|history| history.version)
    }

    /// Where the value came from. None: it was computed and could not be saved.
    pub fn origin(&self) -> Option<&History> {
        self.history.as_ref()
    }
}

impl History {
    /// The function that returned it.
    pub fn function(&self) -> &str {
        &self.record.function
    }

    /// The record of the run.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// The version of the value.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Where the record lies.
    pub fn path(&self) -> PathBuf {
        crate::store::FunctionFolder::of(self.store.root(), &self.record.function)
            .record(self.record.key)
    }

    /// Where a walk back to the sources begins ([`crate::lineage::trace`]).
    pub fn start(&self) -> crate::lineage::Start {
        crate::lineage::Start {
            place: String::new(),
            record: self.record.clone(),
            store: self.store.root().to_owned(),
            position: self.position.clone(),
        }
    }

    /// The records and files that the value was made of.
    pub fn lineage(&self) -> crate::lineage::Lineage {
        crate::lineage::trace(vec![self.start()], crate::lineage::OnDisk)
    }

    /// What is known of the value at a place of a result that has this record.
    pub(super) fn of(
        record: Arc<Record>,
        store: &'static Store,
        position: String,
    ) -> Option<History> {
        let item = record.item_at(&position)?;
        Some(History {
            version: item.version,
            content: is_exact(&record, item).then_some(item.content),
            store,
            position,
            record,
        })
    }

    fn part(&self, index: usize) -> Option<History> {
        History::of(
            self.record.clone(),
            self.store,
            format!("{}[{index}]", self.position),
        )
    }
}

/// Whether reading the value gives the version that it has: what stands in the record does, and what
/// a persister gives back as it was. A tuple has no file, and its parts tell it.
fn is_exact(record: &Record, item: &Item) -> bool {
    match record.result_at(&item.position) {
        Some(result) => {
            let content = result.file.as_ref().map(|file| file.content);
            let by_file = content.map(|content| persisted(result.persister_version, content));
            item.version == item.content
                && item.version == result.version
                && by_file != Some(item.version)
                && result.persister != "remade.NiftiFile"
        }
        None => matches!(record.value, Shape::Short(_)),
    }
}

impl<T> Deref for Made<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> AsRef<T> for Made<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Made<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for Made<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: Clone> Clone for Made<T> {
    fn clone(&self) -> Made<T> {
        Made {
            value: self.value.clone(),
            history: self.history.clone(),
        }
    }
}

impl<T: PartialEq> PartialEq<T> for Made<T> {
    fn eq(&self, other: &T) -> bool {
        self.value == *other
    }
}

/// A result inside of an argument, such as `&[Made<T>]`, counts by its history.
impl<T: Versioned> Versioned for Made<T> {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.by_history(self.history.as_ref(), |walk| self.value.encode(walk));
    }
}

/// Takes a tuple apart, so that each part goes on with its own history.
///
/// ```
/// use remade::{Split, make};
///
/// #[make]
/// fn divide(a: i64, b: i64) -> (i64, i64) {
///     (a / b, a % b)
/// }
/// # let folder = tempfile::tempdir().unwrap();
/// # std::env::set_current_dir(&folder).unwrap();
/// let (quotient, rest) = divide(17, 5)?.split();
/// assert_eq!((*quotient, *rest), (3, 2));
/// # Ok::<(), remade::Error>(())
/// ```
pub trait Split {
    /// The parts.
    type Parts;
    /// Takes it apart.
    fn split(self) -> Self::Parts;
}

macro_rules! split {
    ($(($($part:ident $index:tt),+))+) => {$(
        impl<$($part),+> Split for Made<($($part,)+)> {
            type Parts = ($(Made<$part>,)+);

            fn split(self) -> Self::Parts {
                let history = self.history;
                let part = |index| history.as_ref().and_then(|history| history.part(index));
                ($(Made::new(self.value.$index, part($index)),)+)
            }
        }
    )+};
}

split! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
