//! Which files are a store's own, and no input of anything?
//!
//! A function that was given the folder of a whole project would otherwise read the store in it, and
//! change it by running: it could never be fresh. Files of the user's that lie in a cache directory
//! count like any others.

use std::io::Read;
use std::path::Path;

/// What `CACHEDIR.TAG` says in a store.
pub(crate) const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # This directory holds results that remade saved; it can be deleted at any time.\n\
    # About cache directory tags see https://bford.info/cachedir/\n";

/// The names that a store has in its folder, besides that of its format.
pub(crate) const TAG_FILE: &str = "CACHEDIR.TAG";
pub(crate) const IGNORE_FILE: &str = ".gitignore";

/// Whether this folder is a store: it carries the tag, in the words of this library.
pub(super) fn is_store(folder: &Path) -> bool {
    let mut text = Vec::with_capacity(TAG.len());
    // A pipe of that name would block.
    let opened = super::content::open(&folder.join(TAG_FILE));
    opened.is_ok_and(|file| {
        let read = file.take(TAG.len() as u64 + 1).read_to_end(&mut text);
        read.is_ok() && text == TAG.as_bytes()
    })
}

/// Whether an entry of a store is the store's own: the tag, or the folder of a format (`v1`).
pub(super) fn is_own(name: &[u8]) -> bool {
    let is_format = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    name == TAG_FILE.as_bytes()
        || name == IGNORE_FILE.as_bytes()
        || name.strip_prefix(b"v").is_some_and(is_format)
}
