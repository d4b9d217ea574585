//! What did a person make here?
//!
//! A result file that was changed by hand, or that no record explains, is never destroyed: before
//! a run would replace it, it gets a telling second name beside the first.

use super::{FunctionFolder, Store, commit, files, layout, prune};
use crate::record::{FileState, Record};
use crate::stamp::Stamp;
use crate::version::Version;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// If what lies at `target` is a person's, gives it another name and tells which. `coming` is what
/// is about to be put there: where that is the same content, nothing would be lost.
pub(super) fn protect(
    store: &Store,
    folder: &FunctionFolder,
    target: &Path,
    coming: Option<&FileState>,
) -> io::Result<Option<PathBuf>> {
    let stamp = match Stamp::of_path_itself(target) {
        Ok(stamp) => stamp,
        Err(error) if commit::is_absent(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    if !std::fs::symlink_metadata(target)?.is_file() {
        // A link, a folder or a device is not ours to replace.
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "something that is not a regular file lies there; move it away or name another file",
        ));
    }
    let stored = store.to_stored(target);
    // The usual case first: it is what the newest run left, and nothing need be read.
    let by_stamp = |file: &FileState| file.path == stored && file.stamp == stamp;
    if prune::newest(folder).is_some_and(|record| results(&record).any(by_stamp)) {
        return Ok(None);
    }
    let is_this = |file: &FileState| explains(file, &stored, stamp, target);
    if coming.is_some_and(|file| same_content(file, stamp, target)) {
        return Ok(None);
    }
    if records(folder).any(|record| results(&record).any(is_this)) || was_forgotten(folder, is_this)
    {
        return Ok(None);
    }
    // Another function of this store may have written it.
    for name in files::names(&layout::format_folder(store.root()))? {
        let other = FunctionFolder::at(layout::format_folder(store.root()).join(name));
        if other.path() != folder.path()
            && (records(&other).any(|record| results(&record).any(is_this))
                || was_forgotten(&other, is_this))
        {
            return Ok(None);
        }
    }
    second_name(target, stamp).map(Some)
}

fn explains(file: &FileState, stored: &str, stamp: Stamp, target: &Path) -> bool {
    file.path == stored && (file.stamp == stamp || same_content(file, stamp, target))
}

fn same_content(file: &FileState, stamp: Stamp, target: &Path) -> bool {
    file.stamp.size == stamp.size
        && commit::content_of(target, file.digest).is_ok_and(|content| content == file.content)
}

fn results(record: &Record) -> impl Iterator<Item = &FileState> {
    record
        .results
        .iter()
        .filter_map(|result| result.file.as_ref())
}

/// The records of a function that can be read; the others explain nothing.
fn records(folder: &FunctionFolder) -> impl Iterator<Item = Record> + use<> {
    let folder = folder.clone();
    folder
        .keys()
        .unwrap_or_default()
        .into_iter()
        .filter_map(move |key| std::fs::read(folder.record(key)).ok())
        .filter_map(|text| Record::from_json(&text).ok())
}

/// Links the file to a name that tells what it is. The first name stays, so that at no moment a
/// reader finds nothing; the commit's rename takes it.
fn second_name(target: &Path, stamp: Stamp) -> io::Result<PathBuf> {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(stamp.mtime))
        .unwrap_or_default()
        .strftime("%Y%m%d-%H%M%S");
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let (stem, extension) = match name[1..].find('.') {
        Some(dot) => name.split_at(dot + 1),
        None => (name.as_ref(), ""),
    };
    for attempt in 0..1000 {
        let number = match attempt {
            0 => String::new(),
            n => format!("-{n}"),
        };
        let aside = target.with_file_name(format!("{stem}.by-hand-{moment}{number}{extension}"));
        match files::link_new(target, &aside) {
            Ok(()) => return Ok(aside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // File systems without second names: the rename leaves a moment without the file.
            Err(_) if !aside.exists() => {
                return files::rename(target, &aside).map(|()| aside);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        "a thousand versions changed by hand lie there; move some away",
    ))
}

/// A file with a name of the user's that a forgotten record explained: one line of `forgotten`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Forgotten {
    path: String,
    stamp: Stamp,
    content: Version,
    digest: crate::record::Digest,
}

/// Notes, before a record is forgotten, the files that stay: they are still nobody's but ours.
pub(super) fn note_forgotten(folder: &FunctionFolder, record: &Record) -> io::Result<()> {
    for file in results(record).filter(|file| file.named) {
        let line = serde_json::to_string(&Forgotten {
            path: file.path.clone(),
            stamp: file.stamp,
            content: file.content,
            digest: file.digest,
        })?;
        files::append_line(&folder.forgotten(), &line)?;
    }
    Ok(())
}

fn was_forgotten(folder: &FunctionFolder, is_this: impl Fn(&FileState) -> bool) -> bool {
    let Ok(text) = std::fs::read_to_string(folder.forgotten()) else {
        return false;
    };
    text.lines()
        .rev()
        .filter_map(|line| serde_json::from_str::<Forgotten>(line).ok())
        .any(|line| {
            is_this(&FileState {
                path: line.path,
                named: true,
                staged: String::new(),
                stamp: line.stamp,
                digest: line.digest,
                content: line.content,
            })
        })
}
