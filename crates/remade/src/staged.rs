//! Which name does a file have before it is whole, and who writes it?

use crate::version::Version;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What marks the name of a staged file. It begins with a dot, so that globs pass it over, and it
/// carries the process, so that others can tell whether its writer still lives.
pub(crate) const STAGED: &str = ".remade-";

/// The name under which the file is written before it is whole: in the same folder, so that a
/// rename is enough, and with the same extension, for savers that look at it.
pub fn staged(target: &Path) -> PathBuf {
    let unique = unique().to_string();
    let mut name = OsString::from(format!(
        "{STAGED}{}-{}-{}",
        crate::machine::host_digits(),
        std::process::id(),
        &unique[..12]
    ));
    if let Some(extension) = full_extension(target) {
        name.push(extension);
    }
    target.with_file_name(name)
}

/// The host's digits and the process of a staged name.
pub fn staged_by(name: &str) -> Option<(&str, u32)> {
    let rest = name.strip_prefix(STAGED)?;
    let mut parts = rest.splitn(3, '-');
    let host = parts.next()?;
    let process = parts.next()?.parse().ok()?;
    parts.next()?;
    Some((host, process))
}

/// No extension that a saver looks at is longer, and a name has to fit into 255 bytes.
const LONGEST_EXTENSION: usize = 64;

/// From the dot of the last extension on; `.nii.gz` and the like count as one.
fn full_extension(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let compressed = [".gz", ".bz2", ".xz", ".zst"];
    let stem_end = compressed
        .iter()
        .find(|end| name.ends_with(**end))
        .map_or(name.len(), |end| name.len() - end.len());
    let dot = name[..stem_end]
        .rfind('.')
        .filter(|dot| *dot > 0 && name.len() - dot <= LONGEST_EXTENSION);
    match dot {
        Some(dot) => Some(name[dot..].to_owned()),
        None if stem_end < name.len() => Some(name[stem_end..].to_owned()),
        None => None,
    }
}

/// Digits that no other process and no other moment has.
pub(crate) fn unique() -> Version {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let mut seed = Vec::with_capacity(64);
    seed.extend_from_slice(&crate::stamp::now().to_le_bytes());
    seed.extend_from_slice(&std::process::id().to_le_bytes());
    seed.extend_from_slice(&COUNTER.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    seed.extend_from_slice(crate::machine::host().as_bytes());
    Version::of_bytes(&seed)
}
