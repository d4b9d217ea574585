//! How does a Rust value become a file, and a file a value again?
//!
//! A [`Persister`] owns the format of one kind of value, never the place: it writes to a staged
//! file and reads from one that was found to be whole. Its laws are a suite of tests that any
//! implementation can pass: [`laws::check`].

mod bytes;
mod json;
pub mod laws;
#[cfg(feature = "ndarray")]
mod nifti;
#[cfg(feature = "ndarray")]
mod npy;
#[cfg(feature = "postcard")]
mod postcard;

use super::versioned::Walk;
use crate::make::Content;
use crate::record::Digest;
use crate::store::files;
use crate::version::array::ContentDigest;
use crate::version::{Encoder, Tag, Version};
use std::borrow::Cow;
use std::cell::Cell;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub use bytes::{BytesFile, TextFile};
pub use json::JsonFile;
#[cfg(feature = "ndarray")]
pub use nifti::NiftiFile;
#[cfg(feature = "ndarray")]
pub use npy::{Element, MappedArray, NpyFile};
#[cfg(feature = "postcard")]
pub use postcard::PostcardFile;

/// Why a value was not saved or loaded.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Saves values of one type to a file, and loads them.
///
/// ```
/// use remade::persister::{Failure, Kept, Persister, Stored, Target, laws};
/// use std::io::Write;
/// use std::path::{Path, PathBuf};
///
/// /// Numbers, one a line.
/// struct LinesFile(PathBuf);
///
/// impl Persister<Vec<i64>> for LinesFile {
///     fn path(&self) -> Option<&Path> {
///         Some(&self.0)
///     }
///
///     fn name(&self) -> &str {
///         "example.LinesFile"
///     }
///
///     fn save(&self, value: &Vec<i64>, target: &mut Target<'_>) -> Result<Kept, Failure> {
///         for number in value {
///             writeln!(target, "{number}")?;
///         }
///         Ok(Kept::AsWritten)
///     }
///
///     fn load(&self, stored: &Stored<'_>) -> Result<Vec<i64>, Failure> {
///         let text = String::from_utf8(stored.bytes()?.into_owned())?;
///         Ok(text.lines().map(str::parse).collect::<Result<_, _>>()?)
///     }
/// }
///
/// laws::check(&LinesFile("lines.txt".into()), &[vec![], vec![1, -2], vec![i64::MAX; 1000]]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot save a `{T}`",
    note = "name a persister for this type, or a tuple of them for a tuple, in `output = …`"
)]
pub trait Persister<T> {
    /// The name that the user gave, in which `{x}` stands for an argument. None: remade names the
    /// file.
    fn path(&self) -> Option<&Path>;

    /// What the name of a file ends with that remade names: `".npy"`. It may be empty.
    fn extension(&self) -> &str {
        ""
    }

    /// What records call it: the crate and the type.
    fn name(&self) -> &str;

    /// What else says how values are saved or loaded: a level of compression does not, if what
    /// comes back is the same; a format does.
    fn parameters(&self, walk: &mut Walk<'_>) {
        let _ = walk;
    }

    /// Writes the value to a new file.
    ///
    /// # Errors
    ///
    /// Any. The value is returned all the same, and a warning tells why it was not saved.
    fn save(&self, value: &T, target: &mut Target<'_>) -> Result<Kept, Failure>;

    /// Reads what was saved.
    ///
    /// # Errors
    ///
    /// If the file does not hold what it should. The function runs again then.
    fn load(&self, stored: &Stored<'_>) -> Result<T, Failure>;

    /// Whether the file stays open when its value was loaded.
    #[doc(hidden)]
    fn maps(&self) -> bool {
        false
    }
}

/// What a persister tells of a value that it saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kept {
    /// Values of equal files are equal: the version of the result is that of the persister and the
    /// bytes of the file.
    AsWritten,
    /// As before; and what is loaded is compared with this version, see
    /// [`Stored::expected`].
    Checked(Version),
    /// What is loaded is exactly what was saved, and this is its version: the one that the value has
    /// as an argument.
    Exactly(Version),
    /// The same, where the version is that of an array and was taken on the way.
    #[doc(hidden)]
    Array(Version),
    /// An image: the version of what is loaded where it is exact, the content however well it is
    /// compressed, and the digest of the file.
    #[doc(hidden)]
    Image {
        exact: Option<Version>,
        content: Version,
        file: Version,
    },
}

/// A new file that a value is written to. It gets its final name when all is written.
#[derive(Debug)]
pub struct Target<'a> {
    path: &'a Path,
    file: Option<fs::File>,
    digest: Option<ContentDigest>,
}

impl<'a> Target<'a> {
    pub(super) fn new(path: &'a Path) -> Target<'a> {
        Target {
            path,
            file: None,
            digest: None,
        }
    }

    /// Where it lies, for those that write by name. The name has the extension of the final one; the
    /// file is not there yet.
    pub fn path(&self) -> &Path {
        self.path
    }

    /// The open file, for those that take the digest of it by themselves.
    pub(super) fn file(&mut self) -> io::Result<&fs::File> {
        if self.file.is_none() {
            self.file = Some(files::create_new(self.path)?);
        }
        self.file
            .as_ref()
            .ok_or_else(|| io::Error::other("no file"))
    }

    /// Closes the file, and gives the digest of what was written to it here.
    pub(super) fn close(self) -> io::Result<Option<Version>> {
        match self.file {
            Some(file) => files::close(file)?,
            None if self.path.exists() => {}
            // Nothing was written: that is an empty file.
            None => files::close(files::create_new(self.path)?)?,
        }
        Ok(self.digest.map(|digest| digest.finish()))
    }
}

impl Write for Target<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = (&mut self.file()?).write(bytes)?;
        let digest = self.digest.get_or_insert_with(ContentDigest::new);
        digest.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that holds a value.
#[derive(Debug)]
pub struct Stored<'a> {
    path: &'a Path,
    content: Content,
    expected: Option<Version>,
    by_path: Cell<bool>,
}

impl<'a> Stored<'a> {
    pub(super) fn new(path: &'a Path, content: Content, expected: Option<Version>) -> Stored<'a> {
        Stored {
            path,
            content,
            expected,
            by_path: Cell::new(false),
        }
    }

    /// Where it lies, for those that read by name.
    pub fn path(&self) -> &Path {
        self.by_path.set(true);
        self.path
    }

    /// Its name, for messages.
    pub(super) fn name(&self) -> &Path {
        self.path
    }

    /// Whether it was read by name, so that it must be looked at again.
    pub(super) fn was_read_by_path(&self) -> bool {
        self.by_path.get()
    }

    /// All of it.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn bytes(&self) -> io::Result<Cow<'_, [u8]>> {
        match &self.content {
            Content::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Content::File(file) => {
                let size = usize::try_from(file.metadata()?.len()).unwrap_or(0);
                let mut bytes = Vec::with_capacity(size);
                (&mut &*file).read_to_end(&mut bytes)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// What [`Kept::Checked`] said when the value was saved.
    pub fn expected(&self) -> Option<Version> {
        self.expected
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }
}

/// The version of a persister: its name, and what it says of itself.
pub(super) fn version_of<T>(persister: &(impl Persister<T> + ?Sized)) -> Version {
    let mut walk = Walk::new(None);
    persister.parameters(&mut walk);
    let parameters = walk.apart(|walk| persister.parameters(walk));
    let mut encoder = Encoder::new();
    encoder.begin_named(Tag::Persisted, persister.name(), 1);
    encoder.version(Tag::Version, parameters);
    encoder.finish()
}

/// What a persister told, as the engine keeps it.
pub(super) struct Told {
    /// The version of what is loaded, where that is exact.
    pub(super) exact: Option<Version>,
    /// What a result that is not exact is told by, besides its persister; None: by its file.
    pub(super) content: Option<Version>,
    /// What is expected of loading it.
    pub(super) expected: Option<Version>,
    /// The digest of the file; None: it has to be read.
    pub(super) file: Option<(Digest, Version)>,
}

/// `digest`: of what was written through [`Target`].
pub(super) fn told(kept: Kept, digest: Option<Version>) -> Told {
    let mut told = Told {
        exact: None,
        content: None,
        expected: None,
        file: digest.map(|digest| (Digest::Bytes, digest)),
    };
    match kept {
        Kept::AsWritten => {}
        Kept::Checked(expected) => told.expected = Some(expected),
        Kept::Exactly(version) => told.exact = Some(version),
        Kept::Array(version) => {
            told.exact = Some(version);
            told.file = Some((Digest::Array, version));
        }
        Kept::Image {
            exact,
            content,
            file,
        } => {
            told.exact = exact;
            told.content = Some(content);
            told.file = Some((Digest::Bytes, file));
        }
    }
    told
}

/// A name that a user gave, as it was given.
pub(super) fn named(path: impl Into<PathBuf>) -> Option<PathBuf> {
    Some(path.into())
}
