//! Whose records are these, now that the function has another name?
//!
//! A function that was renamed, or moved to another module, starts without records. Where the face
//! tells which names it had, the records of those come over, once, before anything is computed anew.
//! They come with their results, and answer calls only under the rules that hold for every record.

use super::{CodeText, Face, Made, carry};
use crate::call::CallKey;
use crate::record::{Implicit, Record};
use crate::store::commit::{self, Located};
use crate::store::prune::{self, Keep};
use crate::store::{Durable, FunctionFolder, Store, aside, files, layout, seal};
use crate::version::Version;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// A code text is a few kilobytes; larger ones were not written here.
const LARGEST_TEXT: u64 = 4 << 20;

/// A name that a function had.
#[derive(Debug, Clone)]
pub struct Former {
    /// `module.qualname`, as it was.
    pub function: String,
    /// The module in that name, and the one that stands for it now.
    pub module: (String, String),
    /// What the fingerprint of the code of now was, or would have been, under that name.
    pub fingerprints: Vec<Version>,
    /// The name is a guess: only records of the very same code come over.
    pub same_code_only: bool,
}

/// Takes over the records of former names, if there are any and this function has none yet. Tells
/// whether any came.
pub(super) fn once<F: Face>(made: &Made<F::Kept>, face: &mut F) -> Result<bool, F::Error> {
    if made.took_over.swap(true, Ordering::Relaxed) {
        return Ok(false);
    }
    if made.folder.keys().is_ok_and(|keys| !keys.is_empty()) {
        return Ok(false);
    }
    let mut any = false;
    for former in face.former()? {
        if former.function == made.name {
            continue;
        }
        let folder = FunctionFolder::of(made.store.root(), &former.function);
        for record in newest_last(made, &folder) {
            if record.function != former.function {
                continue;
            }
            if let Some(renamed) = renamed(made, face, &record, &former)? {
                // What cannot be written now is computed anew.
                any |= move_over(made, &folder, &record, renamed, face.durable()).is_ok();
            }
        }
    }
    Ok(any)
}

fn newest_last<K: Default>(made: &Made<K>, folder: &FunctionFolder) -> Vec<Record> {
    let mut keys = prune::newest_first(folder).unwrap_or_default();
    if let Keep::Last(number) = made.keep {
        keys.truncate(number);
    }
    let records = keys.into_iter().rev();
    let read = |key| {
        let mut record = prune::read(folder, key).filter(|record| record.key == key)?;
        made.store.bring_home(folder, &mut record);
        Some(record)
    };
    records.filter_map(read).collect()
}

/// The record under the name of now. None: it cannot answer for that.
fn renamed<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    record: &Record,
    former: &Former,
) -> Result<Option<Record>, F::Error> {
    let is_same_code = former.fingerprints.contains(&record.fingerprint);
    if former.same_code_only && !is_same_code {
        return Ok(None);
    }
    let Some(given) = record.given else {
        return Ok(None);
    };
    let mut new = record.clone();
    if is_same_code {
        new.fingerprint = face.fingerprint();
    }
    new.key = CallKey::of(made.name_version, new.fingerprint, given);
    new.function.clone_from(&made.name);
    new.was = Some(former.function.clone());
    let now = |name: &str| in_module(name, &former.module);
    new.code = record
        .code
        .iter()
        .map(|(name, version)| (now(name).unwrap_or_else(|| name.clone()), *version))
        .collect();
    let present: Vec<String> = face
        .implicit()?
        .into_iter()
        .map(|now| now.implicit.name)
        .collect();
    for input in &mut new.implicit {
        if let Some(name) = now(&input.name).filter(|name| present.contains(name)) {
            input.name = name;
            relocate(input, &former.module);
        }
    }
    let mut functions = BTreeMap::new();
    for (name, version) in std::mem::take(&mut new.nested.functions) {
        let name = match now(&name) {
            Some(moved)
                if face.nested_function(&name)?.is_none()
                    && face.nested_function(&moved)?.is_some() =>
            {
                moved
            }
            _ => name,
        };
        functions.insert(name, version);
    }
    new.nested.functions = functions;
    for input in &mut new.nested.implicit {
        if face.nested_implicit(input)?.is_none() {
            let mut moved = input.clone();
            relocate(&mut moved, &former.module);
            if let Some(name) = now(&input.name)
                && face.nested_implicit(&moved)?.is_some()
            {
                *input = Implicit { name, ..moved };
            }
        }
    }
    Ok(Some(new))
}

/// The same name in the module of now.
fn in_module(name: &str, (old, new): &(String, String)) -> Option<String> {
    let rest = name.strip_prefix(old.as_str())?;
    rest.starts_with('.').then(|| format!("{new}{rest}"))
}

fn relocate(input: &mut Implicit, (old, new): &(String, String)) {
    if let Some(locator) = &mut input.locator
        && locator.module == *old
    {
        locator.module.clone_from(new);
    }
}

fn move_over<K: Default>(
    made: &Made<K>,
    folder: &FunctionFolder,
    record: &Record,
    renamed: Record,
    durable: Durable,
) -> io::Result<()> {
    let mut found = Vec::with_capacity(record.results.len());
    for result in &record.results {
        found.push(match &result.file {
            None => None,
            Some(file) => match commit::locate(&made.store, file, false)? {
                Located::Here { path, .. } => Some(path),
                // A file with a name of the user's may have been edited: that is told later.
                _ if file.named => None,
                _ => return Err(io::ErrorKind::NotFound.into()),
            },
        });
    }
    let mut renamed = renamed;
    let _ = seal::seal(&mut renamed, &seal::proven(record, &found));
    carry::carry(made, renamed, record.key, &found, durable)?;
    prune::forget(&made.store, folder, record.key)
}

/// Names of functions that are called `rest` in a script whose file is gone: it may have been renamed
/// to the script of now.
pub fn of_vanished_scripts(store: &Store, rest: &str, script: &str) -> Vec<String> {
    let mut names = Vec::new();
    for folder in aside::functions(store).into_iter().flatten() {
        // The folder's name tells enough to pass most by.
        let readable = folder
            .path()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let last = rest.rsplit('.').next().unwrap_or(rest);
        if last.is_ascii() && !last.starts_with('<') && !readable.contains(last) {
            continue;
        }
        let Some(record) = prune::newest(&folder) else {
            continue;
        };
        let module = record.function.strip_suffix(rest);
        let Some(module) = module.and_then(|module| module.strip_suffix('.')) else {
            continue;
        };
        if module != script && has_vanished(store, &record, module) {
            names.push(record.function);
        }
    }
    names
}

/// Whether the script of a record is not there any more: where its code stood, no file has its name.
fn has_vanished(store: &Store, record: &Record, script: &str) -> bool {
    let mut any = false;
    for version in record.code.values() {
        let text = layout::read_code(store.root(), *version, LARGEST_TEXT).ok();
        let text = text.and_then(|text| serde_json::from_slice::<CodeText>(&text).ok());
        let Some(file) = text.and_then(|text| text.file) else {
            continue;
        };
        // The text was written when the code first ran: the script may have been renamed since.
        let mut script = PathBuf::from(script).into_os_string();
        let file = store.from_stored(&file);
        if let Some(extension) = file.extension() {
            script.push(".");
            script.push(extension);
        }
        if files::exists(&file.with_file_name(script)) {
            return false;
        }
        any = true;
    }
    any
}
