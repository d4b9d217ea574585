//! What did a person make here?
//!
//! A result file that was changed by hand, or that no record explains, is never destroyed: before
//! a run would replace it, it gets a telling second name beside the first.

use super::{FunctionFolder, Store, commit, files, layout, prune};
use crate::record::{FileState, MAX_BYTES, Record};
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
    refuse_what_is_no_file(target)?;
    let stored = store.to_stored(target);
    // The usual case first: it is what the newest run left, and nothing need be read.
    if is_of_newest(folder, &stored, stamp)
        || coming.is_some_and(|file| same_content(file, stamp, target))
        || is_of_any(store, folder, target, stamp)?
    {
        return Ok(None);
    }
    second_name(target, stamp).map(Some)
}

/// Whether a record of this store means what lies there now, or once did.
pub(super) fn is_explained(
    store: &Store,
    folder: &FunctionFolder,
    target: &Path,
) -> io::Result<bool> {
    is_of_any(store, folder, target, Stamp::of_path_itself(target)?)
}

fn is_of_newest(folder: &FunctionFolder, stored: &str, stamp: Stamp) -> bool {
    let by_stamp = |file: &FileState| file.path == stored && file.stamp == stamp;
    prune::newest(folder).is_some_and(|record| results(&record).any(by_stamp))
}

fn is_of_any(
    store: &Store,
    folder: &FunctionFolder,
    target: &Path,
    stamp: Stamp,
) -> io::Result<bool> {
    let stored = store.to_stored(target);
    let is_this = |file: &FileState| explains(file, &stored, stamp, target);
    if records(folder).any(|record| results(&record).any(is_this)) || was_forgotten(folder, is_this)
    {
        return Ok(true);
    }
    // Another function of this store may have written it.
    for other in functions(store)? {
        if other.path() != folder.path()
            && (records(&other).any(|record| results(&record).any(is_this))
                || was_forgotten(&other, is_this))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A link, a folder or a device is not ours to replace.
pub(super) fn refuse_what_is_no_file(target: &Path) -> io::Result<()> {
    match files::look_itself(target) {
        Ok(found) if !found.is_file() => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "something that is not a regular file lies there; move it away or name another file",
        )),
        Err(error) if !commit::is_absent(&error) => Err(error),
        _ => Ok(()),
    }
}

/// The folders of all functions of a store, and what else lies there.
pub(crate) fn functions(store: &Store) -> io::Result<impl Iterator<Item = FunctionFolder> + use<>> {
    let folder = layout::format_folder(store.root());
    let names = files::names_own(&folder)?.into_iter();
    Ok(names.map(move |name| FunctionFolder::at(folder.join(name))))
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
pub(crate) fn records(folder: &FunctionFolder) -> impl Iterator<Item = Record> + use<> {
    let folder = folder.clone();
    folder
        .keys()
        .unwrap_or_default()
        .into_iter()
        .filter_map(move |key| files::read_small(&folder.record(key), MAX_BYTES).ok())
        .filter_map(|text| Record::from_json(&text).ok())
}

/// Links the file to a name that tells what it is. The first name stays, so that at no moment a
/// reader finds nothing; the commit's rename takes it.
fn second_name(target: &Path, stamp: Stamp) -> io::Result<PathBuf> {
    let moment = jiff::Timestamp::from_nanosecond(i128::from(stamp.mtime))
        .unwrap_or_default()
        .strftime("%Y%m%d-%H%M%S");
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // A dot at the beginning hides the file and begins no extension.
    let dot = name.char_indices().skip(1).find(|(_, c)| *c == '.');
    let (stem, extension) = name.split_at(dot.map_or(name.len(), |(place, _)| place));
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
            Err(_) if !files::exists(&aside) => {
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

/// Lines of `forgotten` for one path: more than one result is only on its way to the same name.
const LINES_OF_ONE_PATH: usize = 4;

/// Neither `forgotten` nor `last` is read where it is longer: half a million lines and more.
pub(super) const LONGEST_LIST: u64 = 64 << 20;

/// Where `forgotten` grows beyond this and every doubling of it, lines that say nothing go.
const TIDIED_FROM: u64 = 64 * 1024;

/// Notes, before a record is forgotten or replaced, the files that stay: they are still nobody's
/// but ours.
pub(super) fn note_forgotten(folder: &FunctionFolder, record: &Record) -> io::Result<()> {
    for file in results(record).filter(|file| file.named) {
        let line = serde_json::to_string(&Forgotten {
            path: file.path.clone(),
            stamp: file.stamp,
            content: file.content,
            digest: file.digest,
        })?;
        files::append_line(&folder.forgotten(), &line)?;
        let after = files::look_itself(&folder.forgotten())?.len();
        let before = after.saturating_sub(line.len() as u64 + 1);
        if after >= TIDIED_FROM && after.ilog2() != before.checked_ilog2().unwrap_or(0) {
            tidy(folder)?;
        }
    }
    Ok(())
}

/// Leaves the last lines of each path. A line that another process adds meanwhile may be lost; then
/// a file of ours is kept once as if it were a person's.
fn tidy(folder: &FunctionFolder) -> io::Result<()> {
    let text = forgotten(folder)?;
    let mut met = std::collections::HashMap::new();
    let mut kept: Vec<&str> = text
        .lines()
        .rev()
        .filter(|line| {
            serde_json::from_str::<Forgotten>(line).is_ok_and(|line| {
                let number: &mut usize = met.entry(line.path).or_default();
                *number += 1;
                *number <= LINES_OF_ONE_PATH
            })
        })
        .collect();
    kept.reverse();
    let text: String = kept.iter().flat_map(|line| [line, "\n"]).collect();
    files::replace(&folder.forgotten(), text.as_bytes(), false).map(drop)
}

fn forgotten(folder: &FunctionFolder) -> io::Result<String> {
    let text = files::read_small(&folder.forgotten(), LONGEST_LIST)?;
    String::from_utf8(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn was_forgotten(folder: &FunctionFolder, is_this: impl Fn(&FileState) -> bool) -> bool {
    let Ok(text) = forgotten(folder) else {
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
                seal: None,
            })
        })
}
