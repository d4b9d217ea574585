//! What keeps which part of a result, and in which file?

pub(super) mod chosen;
mod place;

use super::function::Function;
use super::listen::chain;
use super::persister::{self, Persister, Stored, Target};
use crate::call::CallKey;
use crate::make::{Known, LoadFailure, NotSaved, SavedResult, persisted};
use crate::record::{Item, Shape};
use crate::source::SourceState;
use crate::store::commit::Staging;
use crate::version::{Encoder, Tag, Version};
use std::path::{Path, PathBuf};

pub(super) use place::{Place, Places, Slot};

/// What keeps a result: a persister, or a tuple of such for a tuple.
#[diagnostic::on_unimplemented(
    message = "nothing keeps a result of the type `{T}`",
    note = "name a persister in `output = …`, a tuple of them for a tuple; or derive \
            `serde::Serialize` and `serde::Deserialize`, and remade chooses one"
)]
pub trait Output<T> {
    /// The persisters, in order. None: the way was chosen by the type.
    #[doc(hidden)]
    fn slots(&self, slots: &mut Vec<Slot>);
    /// What records call those that may be chosen for a type.
    #[doc(hidden)]
    fn chosen(&self) -> Option<&'static [&'static str]> {
        None
    }
    #[doc(hidden)]
    fn save(&self, value: &T, saver: &mut Saver<'_>) -> Result<Shape, NotSaved<Never>>;
    #[doc(hidden)]
    fn load(&self, shape: &Shape, loader: &Loader<'_>) -> Result<T, LoadFailure<Never>>;
}

/// Saving and loading raise nothing of the language's own.
pub(super) type Never = std::convert::Infallible;

/// Where nothing keeps a type: only the error about it is ever seen.
#[derive(Debug, Default)]
pub struct Unknown;

/// What saving is done with.
pub struct Saver<'a> {
    pub(super) function: &'a Function,
    pub(super) key: CallKey,
    pub(super) places: &'a Places,
    pub(super) staging: &'a mut Staging,
    pub(super) results: Vec<SavedResult>,
    pub(super) written: Vec<SourceState>,
    pub(super) items: Vec<Item>,
    pub(super) position: String,
}

impl Saver<'_> {
    /// A part that a persister keeps.
    fn part<T>(
        &mut self,
        value: &T,
        persister: &(impl Persister<T> + ?Sized),
        version: Version,
    ) -> Result<Shape, NotSaved<Never>> {
        let index = self.results.len();
        let (target, named) = self.places.target(index, || {
            let mark = match self.places.number() {
                0 | 1 => String::new(),
                _ => format!(".{index}"),
            };
            let folder = self.function.made.folder();
            folder.result(self.key, &mark, persister.extension())
        });
        let failed = |why: String| NotSaved {
            path: Some(target.clone()),
            why,
            cause: None,
        };
        let io = |error: std::io::Error| failed(error.to_string());
        let staged = self.staging.stage(&target, named).map_err(io)?;
        let path = self.staging.path(staged).to_owned();
        let mut file = Target::new(&path);
        let kept = persister.save(value, &mut file);
        let kept = kept.map_err(|error| failed(chain(&*error)))?;
        let digest = file.close().map_err(io)?;
        let told = persister::told(kept, digest);
        let file_content = match told.file {
            Some(known) => known,
            None => {
                let file = crate::store::files::open_regular(&path).map_err(io)?;
                let digest = crate::store::files::digest(&file).map_err(io)?;
                (crate::record::Digest::Bytes, digest)
            }
        };
        let kept_version = told.exact.unwrap_or_else(|| {
            let content = told.content.unwrap_or(file_content.1);
            persisted(version, content)
        });
        self.item(kept_version, told.expected.unwrap_or(kept_version));
        self.results.push(SavedResult {
            position: self.position.clone(),
            persister: persister.name().to_owned(),
            persister_version: version,
            version: Some(kept_version),
            file: Some(staged),
            pickled: None,
            content: Some(file_content),
        });
        Ok(Shape::Result(index))
    }

    /// What history will know of the part at this place.
    fn item(&mut self, version: Version, content: Version) {
        self.items.push(Item {
            position: self.position.clone(),
            version,
            content,
            code: None, // what of it counts, its function knows
        });
    }

    /// The parts of a tuple, and the whole, which is known by them.
    fn at<T>(&mut self, index: usize, save: impl FnOnce(&mut Saver<'_>) -> T) -> T {
        let length = self.position.len();
        self.position.push_str(&format!("[{index}]"));
        let saved = save(self);
        self.position.truncate(length);
        saved
    }
}

/// What loading is done with.
pub struct Loader<'a> {
    pub(super) function: &'a Function,
    pub(super) known: &'a Known<()>,
    pub(super) paths: &'a [Option<&'a Path>],
}

impl Loader<'_> {
    fn part<T>(
        &self,
        shape: &Shape,
        persister: &(impl Persister<T> + ?Sized),
        version: Version,
    ) -> Result<T, LoadFailure<Never>> {
        let Shape::Result(index) = shape else {
            return Err(self.differs());
        };
        let found = self.paths.get(*index).copied().flatten();
        let result = self.known.record.results.get(*index);
        let (Some(path), Some(file), Some(result)) = (found, self.known.file(*index), result)
        else {
            return Err(self.differs());
        };
        if result.persister_version != version {
            return Err(self.differs());
        }
        let unloadable = |why: String| LoadFailure::Unloadable {
            path: file.path().to_owned(),
            why,
        };
        let content = match persister.maps() {
            true => file.open_mapped::<Never>(path),
            false => file.open::<Never>(path, |_| Ok(())),
        };
        let content = match content {
            Ok(Ok(Some(content))) => content,
            Ok(Ok(None)) => return Err(LoadFailure::Replaced),
            Ok(Err(never)) => match never {},
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(LoadFailure::Replaced);
            }
            Err(error) => return Err(unloadable(error.to_string())),
        };
        let item = self.known.record.item_at(&result.position);
        let expected = item.filter(|item| item.version != item.content);
        let stored = Stored::new(path, content, expected.map(|item| item.content));
        let loaded = persister.load(&stored);
        if stored.was_read_by_path() && !file.is_at(path) {
            return Err(LoadFailure::Replaced);
        }
        loaded.map_err(|error| unloadable(chain(&*error)))
    }

    /// Whether this persister kept the part.
    #[cfg(feature = "postcard")]
    fn is_kept_by(&self, shape: &Shape, name: &str) -> bool {
        let Shape::Result(index) = shape else {
            return false;
        };
        let result = self.known.record.results.get(*index);
        result.is_some_and(|result| result.persister == name)
    }

    fn differs(&self) -> LoadFailure<Never> {
        LoadFailure::Unloadable {
            path: self.known.path().to_owned(),
            why: "the record and output= differ in structure".to_owned(),
        }
    }
}

/// A persister that the user named.
#[derive(Debug)]
pub struct With<P>(pub P);

impl<T, P: Persister<T>> Output<T> for With<P> {
    fn slots(&self, slots: &mut Vec<Slot>) {
        slots.push(Slot {
            name: self.0.name().to_owned(),
            version: persister::version_of(&self.0),
            path: self.0.path().map(PathBuf::from),
        });
    }

    fn save(&self, value: &T, saver: &mut Saver<'_>) -> Result<Shape, NotSaved<Never>> {
        saver.part(value, &self.0, persister::version_of(&self.0))
    }

    fn load(&self, shape: &Shape, loader: &Loader<'_>) -> Result<T, LoadFailure<Never>> {
        loader.part(shape, &self.0, persister::version_of(&self.0))
    }
}

macro_rules! tuples {
    ($($number:literal: $($output:ident $part:ident $index:tt),+;)+) => {$(
        impl<$($part, $output: Output<$part>),+> Output<($($part,)+)> for ($($output,)+) {
            fn slots(&self, slots: &mut Vec<Slot>) {
                $(self.$index.slots(slots);)+
            }

            fn save(
                &self,
                value: &($($part,)+),
                saver: &mut Saver<'_>,
            ) -> Result<Shape, NotSaved<Never>> {
                let begin = saver.items.len();
                let parts = vec![
                    $(saver.at($index, |saver| self.$index.save(&value.$index, saver))?),+
                ];
                saver.whole(begin, $number);
                Ok(Shape::Tuple(parts))
            }

            fn load(
                &self,
                shape: &Shape,
                loader: &Loader<'_>,
            ) -> Result<($($part,)+), LoadFailure<Never>> {
                match shape {
                    Shape::Tuple(parts) if parts.len() == $number => {
                        Ok(($(self.$index.load(&parts[$index], loader)?,)+))
                    }
                    _ => Err(loader.differs()),
                }
            }
        }
    )+};
}

tuples! {
    2: P A 0, Q B 1;
    3: P A 0, Q B 1, R C 2;
    4: P A 0, Q B 1, R C 2, S D 3;
    5: P A 0, Q B 1, R C 2, S D 3, T E 4;
    6: P A 0, Q B 1, R C 2, S D 3, T E 4, U F 5;
    7: P A 0, Q B 1, R C 2, S D 3, T E 4, U F 5, V G 6;
    8: P A 0, Q B 1, R C 2, S D 3, T E 4, U F 5, V G 6, W H 7;
}

impl Saver<'_> {
    /// A tuple is known by its parts, which were saved from this item on.
    fn whole(&mut self, begin: usize, parts: usize) {
        let place = self.position.clone();
        let is_part = |item: &&Item| {
            let rest = item.position.strip_prefix(place.as_str());
            rest.is_some_and(|rest| rest.matches('[').count() == 1)
        };
        let told = |of: fn(&Item) -> Version| {
            let mut encoder = Encoder::new();
            encoder.begin(Tag::Tuple, parts);
            for item in self.items[begin..].iter().filter(is_part) {
                encoder.version(Tag::Version, of(item));
            }
            encoder.finish()
        };
        let (version, content) = (told(|item| item.version), told(|item| item.content));
        self.item(version, content);
    }
}
