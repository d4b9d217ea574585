//! How is a path written down, so that it means the same when the project has moved?

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::SourceError;
use super::content::is_absent;

/// Characters that make a path a pattern.
const MAGIC: &[u8] = b"*?[";

/// Does the path have the form of a pattern?
pub(super) fn is_pattern(path: &Path) -> bool {
    has_magic(path.as_os_str().as_encoded_bytes())
}

pub(super) fn has_magic(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| MAGIC.contains(byte))
}

/// The absolute path, with `..` resolved as the system would: where the folder before it is a link,
/// its parent is that of the link's target. A trailing `/` stays.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, SourceError> {
    let absolute = std::path::absolute(path).map_err(SourceError::io("look up", path))?;
    let mut resolved = PathBuf::new();
    let mut is_in_pattern = false;
    for component in absolute.components() {
        is_in_pattern |= has_magic(component.as_os_str().as_encoded_bytes());
        match component {
            // What the folder is depends on what matches, so the pattern keeps the step up.
            Component::ParentDir if !is_in_pattern => {
                step_up(&mut resolved)?;
            }
            component => resolved.push(component),
        }
    }
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        resolved.push(""); // to a pattern it means: folders only
    }
    Ok(resolved)
}

fn step_up(path: &mut PathBuf) -> Result<(), SourceError> {
    let mut is_unresolved = path.ends_with("..");
    if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink()) {
        match fs::canonicalize(&path) {
            Ok(target) => *path = target,
            // Above nothing there is nothing: the step stays, and whoever opens it finds out.
            Err(error) if is_absent(&error) => is_unresolved = true,
            Err(error) => return Err(SourceError::io("look up", path)(error)),
        }
    }
    if is_unresolved {
        path.push("..");
    } else {
        path.pop();
    }
    Ok(())
}

/// The path below the folder, or the whole absolute path where it lies elsewhere. `.` for the folder
/// itself.
pub(crate) fn relative_text(path: &Path, folder: &Path) -> String {
    // The project may have been given in a roundabout way.
    let inside = path.strip_prefix(folder).map(Path::to_owned).or_else(|_| {
        let folder = resolve(folder).unwrap_or_else(|_| folder.to_owned());
        path.strip_prefix(folder).map(Path::to_owned)
    });
    let (path, is_inside) = match &inside {
        Ok(inside) => (inside.as_path(), true),
        Err(_) => (path, false),
    };
    let bytes = slashed(path);
    if is_inside && bytes.is_empty() {
        return ".".to_owned();
    }
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let digits = error.as_bytes().iter().map(|byte| format!("{byte:02x}"));
            format!("\0{}", digits.collect::<String>())
        }
    }
}

/// The path that [`relative_text`] wrote down.
pub(crate) fn from_text(text: &str) -> Option<PathBuf> {
    let Some(digits) = text.strip_prefix('\0') else {
        return Some(PathBuf::from(text));
    };
    if !digits.is_ascii() {
        return None;
    }
    let bytes = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect::<Option<Vec<u8>>>()?;
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
    }
    #[cfg(not(unix))]
    {
        let _ = bytes;
        None
    }
}

/// The bytes of the path, `/` between its components on every platform. Also the order of files.
pub(super) fn slashed(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if std::path::MAIN_SEPARATOR == '/' {
        return bytes.to_vec();
    }
    bytes
        .iter()
        .map(|byte| if *byte == b'\\' { b'/' } else { *byte })
        .collect()
}
