//! What does every persister promise?
//!
//! 1. What is loaded is what was saved.
//! 2. Saving it again says the same of it; values that differ are told apart.
//! 3. There is one file, under the name that was given, and loading changes nothing.
//! 4. A file that was cut short is an error or another value, and never a panic.
//! 5. Name and parameters are the same each time.

use super::{Persister, Stored, Target, told, version_of};
use crate::make::Content;
use crate::store::files;
use crate::version::Version;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder that goes away with this.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("remade-laws-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let made = fs::create_dir(&path);
        assert!(made.is_ok(), "no folder {}: {made:?}", path.display());
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that fails tells that, not this.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Holds a persister against its laws, with values that differ from each other and equal themselves
/// (no NaN).
///
/// # Panics
///
/// If it breaks one, with the law and the value.
pub fn check<T: PartialEq + Debug>(persister: &impl Persister<T>, values: &[T]) {
    assert_eq!(
        version_of(persister),
        version_of(persister),
        "law 5: name and parameters are the same each time"
    );
    assert!(!persister.name().is_empty(), "law 5: it has a name");
    let mut versions: Vec<Version> = Vec::new();
    for value in values {
        let version = one(persister, value);
        let place = versions.iter().position(|other| *other == version);
        if let Some(place) = place {
            panic!("law 2: {:?} and {value:?} are told apart", values[place]);
        }
        versions.push(version);
    }
}

/// Every law that speaks of one value. Gives what it is told by.
fn one<T: PartialEq + Debug>(persister: &impl Persister<T>, value: &T) -> Version {
    let folder = Folder::new();
    let path = path_in(&folder.0, persister);
    let (version, expected) = save(persister, value, &path);
    assert_eq!(
        names(&folder.0),
        std::slice::from_ref(&path),
        "law 3: one file, under the name that was given, for {value:?}"
    );
    let bytes = read(&path);
    let loaded = load(persister, &path, expected);
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(why) => panic!("law 1: {value:?} is loaded: {why}"),
    };
    assert_eq!(&loaded, value, "law 1: what is loaded is what was saved");
    assert_eq!(
        read(&path),
        bytes,
        "law 3: loading changes nothing, for {value:?}"
    );
    assert_eq!(
        names(&folder.0),
        std::slice::from_ref(&path),
        "law 3: loading leaves nothing behind, for {value:?}"
    );
    let again = Folder::new();
    let (second, _) = save(persister, &loaded, &path_in(&again.0, persister));
    assert_eq!(
        second, version,
        "law 2: saving {value:?} again says the same of it"
    );
    for length in [0, bytes.len() / 2, bytes.len().saturating_sub(1)] {
        if length < bytes.len() {
            let cut = fs::write(&path, &bytes[..length]);
            assert!(cut.is_ok(), "{cut:?}");
            // Whatever it gives: that the file is not whole, the store has told by then.
            let _ = load(persister, &path, expected);
        }
    }
    version
}

fn path_in<T>(folder: &Path, persister: &impl Persister<T>) -> PathBuf {
    match persister.path().and_then(Path::file_name) {
        Some(name) => folder.join(name),
        None => folder.join(format!("value{}", persister.extension())),
    }
}

/// What it is told by, and what is expected of loading it.
fn save<T: Debug>(
    persister: &impl Persister<T>,
    value: &T,
    path: &Path,
) -> (Version, Option<Version>) {
    let mut target = Target::new(path);
    let kept = match persister.save(value, &mut target) {
        Ok(kept) => kept,
        Err(why) => panic!("law 1: {value:?} is saved: {why}"),
    };
    let digest = match target.close() {
        Ok(digest) => digest,
        Err(error) => panic!("{value:?}: {error}"),
    };
    let told = told(kept, digest);
    let by_file = || told.file.map(|(_, digest)| digest);
    let version = told.content.or(told.exact).or_else(by_file);
    let version = version.unwrap_or_else(|| Version::of_bytes(&read(path)));
    (version, told.expected)
}

fn load<T>(
    persister: &impl Persister<T>,
    path: &Path,
    expected: Option<Version>,
) -> Result<T, super::Failure> {
    let file = files::open_regular(path)?;
    persister.load(&Stored::new(path, Content::File(file), expected))
}

fn read(path: &Path) -> Vec<u8> {
    match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => panic!("law 3: {} is there: {error}", path.display()),
    }
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}
