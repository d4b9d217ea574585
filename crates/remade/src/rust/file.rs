//! What is a file as an argument, or as a result?

use super::versioned::{Versioned, Walk};
use std::path::{Path, PathBuf};

/// A file, a folder or a pattern of files, as an argument: its path, relative to the project, and
/// its content count. The project is the folder that holds the store.
///
/// As a result it is a file that the function wrote by itself, the output of a command say: it is
/// recorded and checked like any result.
///
/// ```
/// use remade::{File, make};
///
/// #[make]
/// fn lines(file: &File) -> usize {
///     std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
/// }
/// # let folder = tempfile::tempdir().unwrap();
/// # std::env::set_current_dir(&folder).unwrap();
/// std::fs::write("data.csv", "1\n2\n").unwrap();
/// assert_eq!(lines(&File::new("data.csv"))?, 2);
/// std::fs::write("data.csv", "1\n2\n3\n").unwrap();
/// assert_eq!(lines(&File::new("data.csv"))?, 3);
/// # Ok::<(), remade::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct File {
    path: PathBuf,
}

impl File {
    /// From a path or a pattern such as `sub-*/scan.npy`. A relative one counts from the working
    /// directory of now.
    pub fn new(path: impl AsRef<Path>) -> File {
        let path = path.as_ref();
        File {
            // Where there is no working directory, whoever opens it finds out.
            path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
        }
    }

    /// The path or pattern.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for File {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

impl Versioned for File {
    fn encode(&self, walk: &mut Walk<'_>) {
        walk.file(&self.path);
    }
}
