//! Who wrote this pickle?
//!
//! A seal is a keyed digest (BLAKE3) over the bytes of a pickle and over all that its record says of
//! the call, but for where the file lies. Only who knows the key can make one, so a good seal means
//! that this user's programs (or those of a group that shares the key) saved these very bytes as
//! this part of the result of this very run. It can not be moved to another call, place or pickle.

use super::commit::{self, Located};
use super::key::{self, Key, NoKey};
use super::pickled::Pickled;
use super::{Store, files, layout, trust};
use crate::record::{Digest, Record, ResultFile, Seal};
use crate::stamp::Stamp;
use crate::version::Version;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Seals the pickles of a record that is complete but for what the commit says of the files.
/// `pickles` are in the order of its results, None for what is no pickle. Where there is no key,
/// they stay without: then they are loaded only where nobody else can write.
pub fn seal(record: &mut Record, pickles: &[Option<Pickled>]) -> Result<(), NoKey> {
    for result in &mut record.results {
        if let Some(file) = &mut result.file {
            file.seal = None;
        }
    }
    if pickles.iter().all(Option::is_none) {
        return Ok(());
    }
    seal_with(&*key::key()?, record, pickles);
    Ok(())
}

/// The same with this key.
pub fn seal_with(key: &Key, record: &mut Record, pickles: &[Option<Pickled>]) {
    let meaning = meaning(record);
    for (index, (result, pickled)) in record.results.iter_mut().zip(pickles).enumerate() {
        if let (Some(file), Some(pickled)) = (&mut result.file, pickled) {
            file.seal = Some(Seal::of(key, &meaning, index, pickled));
        }
    }
}

/// Why a pickle may not be loaded; None if it may. `file` is the open file that `pickled` was read
/// from, `path` its name, `place` the file of the record.
pub fn objection(
    record: &Record,
    place: &Path,
    index: usize,
    (file, path): (&File, &Path),
    pickled: &Pickled,
) -> io::Result<Option<String>> {
    let seal = record.results.get(index).and_then(seal_of);
    match (seal, key::key()) {
        (Some(seal), Ok(key)) => Ok(seal.objection(&key, record, index, pickled)),
        (_, key) => {
            // Who can write the record can choose the file.
            let who = match trust::distrust(file, path)? {
                Some(who) => Some(who),
                None => trust::distrust_way_to(place)?,
            };
            let no_key = match (seal, key) {
                (None, _) => "without a seal".to_owned(),
                (Some(_), Err(NoKey::Refused { path, why })) => {
                    format!(
                        "whose seal cannot be read, because of the key {} ({why})",
                        path.display()
                    )
                }
                (Some(_), _) => "whose seal cannot be read without a key".to_owned(),
            };
            Ok(who.map(|who| {
                format!(
                    "it is a pickle, which can run any code, {no_key}, and {who}: take that right \
                     away, or accept what is there with remade.trust"
                )
            }))
        }
    }
}

fn seal_of(result: &ResultFile) -> Option<Seal> {
    result.file.as_ref().and_then(|file| file.seal)
}

/// The pickles of a record whose seals are good, read from where they are now: they may be sealed
/// anew for a record that takes their results over.
pub fn proven(record: &Record, found: &[Option<PathBuf>]) -> Vec<Option<Pickled>> {
    let results = record.results.iter().zip(found).enumerate();
    let proven = |(index, (result, path)): (usize, (_, &Option<PathBuf>))| {
        let seal = seal_of(result)?;
        let file = files::open_regular(path.as_deref()?).ok()?;
        let (pickled, _) = Pickled::of_file(&file).ok()?;
        let key = key::key().ok()?;
        let objection = seal.objection(&key, record, index, &pickled);
        objection.is_none().then_some(pickled)
    };
    results.map(proven).collect()
}

/// The pickles of a record that are what it says, read once. `Err`: which are not, and why.
#[allow(clippy::type_complexity)]
pub(super) fn found(
    store: &Store,
    record: &Record,
    is_pickle: impl Fn(&ResultFile) -> bool,
) -> (Vec<Option<Pickled>>, Vec<(PathBuf, String)>) {
    let mut pickles = Vec::with_capacity(record.results.len());
    let mut skipped = Vec::new();
    for result in &record.results {
        let file = result.file.as_ref().filter(|_| is_pickle(result));
        let pickled = file.and_then(|file| {
            let read = || -> io::Result<Option<(Pickled, Version)>> {
                let Located::Here { path, .. } = commit::locate(store, file, false)? else {
                    return Ok(None);
                };
                let open = if file.named {
                    files::open_regular(&path)?
                } else {
                    files::open_own(&path)?
                };
                let before = Stamp::of_file(&open)?;
                let read = Pickled::of_file(&open)?;
                Ok((Stamp::of_file(&open)? == before).then_some(read))
            };
            let why = match read() {
                Ok(Some((pickled, content)))
                    if file.digest == Digest::Bytes && content == file.content =>
                {
                    return Some(pickled);
                }
                Ok(_) => "it is not there, or not what the record says".to_owned(),
                Err(error) => error.to_string(),
            };
            skipped.push((store.from_stored(&file.path), why));
            None
        });
        pickles.push(pickled);
    }
    (pickles, skipped)
}

impl Seal {
    fn of(key: &Key, meaning: &blake3::Hash, index: usize, pickled: &Pickled) -> Seal {
        let mut hasher = blake3::Hasher::new_keyed(&key.bytes);
        hasher.update(b"remade seal 1\0");
        hasher.update(meaning.as_bytes());
        hasher.update(&(index as u64).to_le_bytes());
        hasher.update(&pickled.size.to_le_bytes());
        hasher.update(pickled.hash.as_bytes());
        Seal {
            key: key.id,
            digest: *hasher.finalize().as_bytes(),
        }
    }

    /// Whether it is the one that this key gives for this part of the result of a record.
    pub fn is_good(&self, key: &Key, record: &Record, index: usize, pickled: &Pickled) -> bool {
        let right = Seal::of(key, &meaning(record), index, pickled);
        // This comparison takes the same time wherever the first difference is.
        self.key == key.id
            && blake3::Hash::from_bytes(self.digest) == blake3::Hash::from_bytes(right.digest)
    }

    fn objection(
        &self,
        key: &Key,
        record: &Record,
        index: usize,
        pickled: &Pickled,
    ) -> Option<String> {
        if self.is_good(key, record, index, pickled) {
            return None;
        }
        Some(if self.key == key.id {
            "it is a pickle, which can run any code, and its seal is broken: it, or the record that \
             names it, is not what was saved"
                .to_owned()
        } else {
            format!(
                "it is a pickle, which can run any code, and it was sealed with another key, {:08x} \
                 instead of {:08x}: name that key in {}, or accept what is there with remade.trust",
                self.key,
                key.id,
                key::VARIABLE
            )
        })
    }
}

/// All that a record says, but for what is learned of its files later and for where they lie: a
/// store can be moved and copied.
fn meaning(record: &Record) -> blake3::Hash {
    let mut bare = record.clone();
    bare.boot.clear();
    bare.synced = false;
    for file in bare.results.iter_mut().filter_map(|one| one.file.as_mut()) {
        file.path.clear();
        file.staged.clear();
        file.stamp = Stamp {
            size: file.stamp.size,
            mtime: 0,
            inode: 0,
        };
        file.seal = None;
    }
    let text = serde_json::to_vec(&bare);
    // A record is plain data, so this cannot fail; if it did, no seal would be good.
    blake3::hash(&text.unwrap_or_else(|_| layout::unique().to_string().into_bytes()))
}
