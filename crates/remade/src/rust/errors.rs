//! What may go wrong besides the function itself?

use crate::make::NoNewest;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A call could not be made at all. What goes wrong with a stored result is never an error: the
/// function runs. What goes wrong while a result is saved is told ([`listen`](crate::listen)), and
/// the value is returned.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Error {
    /// The options of a made function contradict each other, or a variable of the environment says
    /// what cannot be. The program, or the environment, must be changed.
    Options {
        /// The function.
        function: String,
        /// What may stand there.
        expected: String,
        /// What does.
        found: String,
    },
    /// The file system refused.
    Io {
        /// What was being done: "look up", "clear".
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// There is a last result, and `load` cannot load it: a person changed or removed its file, or it is
    /// damaged. A call runs the function again.
    Newest(NoNewest),
}

impl Error {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io {
            doing,
            path,
            source: Arc::new(source),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Options {
                function,
                expected,
                found,
            } => write!(f, "{function}: expected {expected}, found {found}"),
            Error::Io { doing, path, .. } => write!(f, "could not {doing} {}", path.display()),
            Error::Newest(none) => none.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Options { .. } | Error::Newest(_) => None,
            Error::Io { source, .. } => Some(source),
        }
    }
}

/// A call of a made function that returns a `Result` itself.
#[derive(Debug, Clone)]
pub enum CallError<E> {
    /// The function ran and returned this. Nothing was recorded.
    Function(E),
    /// The call could not be made.
    Remade(Error),
}

impl<E> CallError<E> {
    /// The function's own error, if it is one.
    pub fn into_function(self) -> Option<E> {
        match self {
            CallError::Function(error) => Some(error),
            CallError::Remade(_) => None,
        }
    }
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> CallError<E> {
        CallError::Remade(error)
    }
}

impl<E: fmt::Display> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Function(error) => error.fmt(f),
            CallError::Remade(error) => error.fmt(f),
        }
    }
}

/// For whatever can be shown: a function may fail with text, too. So what an error of the function
/// came from is asked of itself ([`CallError::into_function`]).
impl<E: fmt::Debug + fmt::Display> std::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CallError::Function(_) => None,
            CallError::Remade(error) => error.source(),
        }
    }
}

/// What callers of a made function fail with: an error of its own only where it has one.
#[doc(hidden)]
pub trait Answer<E>: Sized {
    fn from_call(error: CallError<E>) -> Self;
}

impl Answer<Infallible> for Error {
    fn from_call(error: CallError<Infallible>) -> Error {
        match error {
            CallError::Function(never) => match never {},
            CallError::Remade(error) => error,
        }
    }
}

impl<E> Answer<E> for CallError<E> {
    fn from_call(error: CallError<E>) -> CallError<E> {
        error
    }
}

/// The two types of a `Result`, whatever its alias is called.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a made function takes the type `{Self}` for a `Result` of the standard library, by its name",
    label = "not the `Result` of the standard library",
    note = "give it another name where the function returns it, such as `type Outcome = {Self};`"
)]
pub trait Fallible {
    type Value;
    type Error;
    fn into_result(self) -> Result<Self::Value, Self::Error>;
}

impl<T, E> Fallible for Result<T, E> {
    type Value = T;
    type Error = E;

    fn into_result(self) -> Result<T, E> {
        self
    }
}
