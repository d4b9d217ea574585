//! Which paths match a pattern?
//!
//! The rules are those of Python's `glob.glob(pattern, recursive=True)`, but for two of them: a
//! folder that may not be listed is an error, not left out, and links to folders around themselves
//! are entered once.

use std::fs;
use std::path::{Path, PathBuf};

use super::content::is_absent;
use super::path::{has_magic, slashed};
use super::pattern::{Pattern, is_hidden};
use super::walk::{Trail, add_below, list};
use super::{Places, SourceError};

/// One step of a pattern.
enum Step {
    /// This name, whatever it is.
    Named(PathBuf),
    /// The names in a folder that match.
    Matching(Pattern),
    /// A folder and all folders below it; at the end of a pattern, all files too.
    Below,
    /// At the end only: a folder.
    Folder,
}

/// Every path that matches, and what lies below the folders that a name or a pattern of names
/// matched, in the order of their bytes.
pub(super) fn find(pattern: &Path) -> Result<Places, SourceError> {
    let (base, steps) = steps(pattern);
    let mut search = Search {
        places: Places::new(),
    };
    search.follow(&base, &Trail::default(), &steps)?;
    Ok(search.places)
}

/// The folder in front of all that is a pattern, and the steps from there.
fn steps(pattern: &Path) -> (PathBuf, Vec<Step>) {
    let mut base = PathBuf::new();
    let mut steps = Vec::new();
    for component in pattern.components() {
        let name = component.as_os_str();
        let bytes = name.as_encoded_bytes();
        if bytes == b"**" {
            if !matches!(steps.last(), Some(Step::Below)) {
                steps.push(Step::Below);
            }
        } else if has_magic(bytes) {
            steps.push(Step::Matching(Pattern::new(bytes)));
        } else if steps.is_empty() {
            base.push(name);
        } else {
            steps.push(Step::Named(PathBuf::from(name)));
        }
    }
    if pattern.as_os_str().as_encoded_bytes().ends_with(b"/") {
        steps.push(Step::Folder);
    }
    (base, steps)
}

struct Search {
    places: Places,
}

impl Search {
    fn follow(&mut self, path: &Path, trail: &Trail, steps: &[Step]) -> Result<(), SourceError> {
        match steps {
            [] => self.take(path),
            [Step::Named(name), rest @ ..] => {
                let path = path.join(name);
                match fs::symlink_metadata(&path) {
                    Ok(_) => self.follow(&path, trail, rest),
                    Err(error) if is_absent(&error) => Ok(()),
                    Err(error) => Err(SourceError::io("look up", &path)(error)),
                }
            }
            [Step::Matching(pattern), rest @ ..] => {
                for item in list(path)? {
                    if pattern.matches(&item.name) && (rest.is_empty() || item.may_be_folder) {
                        self.follow(&item.path, trail, rest)?;
                    }
                }
                Ok(())
            }
            [Step::Below, rest @ ..] => match trail.enter(path)? {
                Some((folder, trail)) => self.below(&folder, &trail, steps, rest),
                None => Ok(()),
            },
            [Step::Folder, ..] => match Trail::default().enter(path)? {
                Some(_) => self.take(path),
                None => Ok(()),
            },
        }
    }

    /// `**`: the folder itself, then every folder in it that is not hidden.
    fn below(
        &mut self,
        folder: &Path,
        trail: &Trail,
        steps: &[Step],
        rest: &[Step],
    ) -> Result<(), SourceError> {
        if matches!(rest, [] | [Step::Folder]) {
            self.places.insert(slashed(folder), folder.to_owned());
        } else {
            self.follow(folder, &Trail::default(), rest)?;
        }
        for item in list(folder)? {
            if is_hidden(&item.name) {
                continue;
            }
            if rest.is_empty() {
                self.places.insert(slashed(&item.path), item.path.clone());
            }
            if item.may_be_folder {
                self.follow(&item.path, trail, steps)?;
            }
        }
        Ok(())
    }

    /// A match: with all that lies below it, if it is a folder.
    fn take(&mut self, path: &Path) -> Result<(), SourceError> {
        self.places.insert(slashed(path), path.to_owned());
        add_below(path, &mut self.places)
    }
}
