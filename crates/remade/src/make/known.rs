//! Which records does this process know already, and are they still those on the disk?

use crate::call::CallKey;
use crate::decide::Reason;
use crate::record::{MAX_BYTES, Record, Unreadable};
use crate::stamp::{self, PreparedPath, Stamp};
use crate::store::watch::{Looks, SeenAt, Watch};
use crate::store::{FunctionFolder, Store, commit, files};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Files up to this size are kept in memory after a load.
const KEPT: u64 = 64 * 1024;

/// Records that are known in memory at most; then the table starts anew.
const MOST: usize = 4096;

/// A record, as it was read at one moment, with what makes using it cheap.
#[derive(Debug)]
pub struct Known<K> {
    /// What it says.
    pub record: Arc<Record>,
    /// What the face keeps with it.
    pub kept: K,
    pub(super) files: Vec<Option<KnownFile>>,
    written: Vec<PathBuf>,
    path: PreparedPath,
    stamp: Stamp,
    settled: bool,
    seen: SeenAt,
}

/// The file of one result.
#[derive(Debug)]
pub struct KnownFile {
    path: PreparedPath,
    stamp: Stamp,
    believed: bool,
    named: bool,
    doubted: bool,
    content: OnceLock<Arc<[u8]>>,
}

/// What [`KnownFile::open`] gives.
#[derive(Debug)]
pub enum Content {
    /// A small file, whole.
    Bytes(Arc<[u8]>),
    /// A large one, open, checked to be the one that the record means.
    File(std::fs::File),
}

impl<K: Default> Known<K> {
    /// `stamp` is that of the record's file, and whether it was settled when it was taken. Stamps
    /// that stand in a record were settled when they were written down; those that were not are to
    /// be [`doubted`](Known::doubt).
    pub(super) fn new(
        record: Record,
        path: PathBuf,
        (stamp, settled): (Stamp, bool),
        store: &Store,
    ) -> Known<K> {
        let now = stamp::now();
        let same_boot = record.synced || record.boot == crate::machine::boot();
        let known_files = record
            .results
            .iter()
            .map(|result| {
                result.file.as_ref().map(|file| KnownFile {
                    path: PreparedPath::new(store.from_stored(&file.path), file.named),
                    stamp: file.stamp,
                    named: file.named,
                    believed: same_boot && file.stamp.is_settled(now),
                    doubted: false,
                    content: OnceLock::new(),
                })
            })
            .collect();
        Known {
            kept: K::default(),
            files: known_files,
            written: record
                .written
                .iter()
                .map(|state| store.from_stored(&state.path))
                .collect(),
            path: PreparedPath::new(path, false),
            settled,
            stamp,
            seen: SeenAt::default(),
            record: Arc::new(record),
        }
    }
}

impl<K> Known<K> {
    /// The file of a result.
    pub fn file(&self, result: usize) -> Option<&KnownFile> {
        self.files.get(result).and_then(Option::as_ref)
    }

    /// The record's own file.
    pub fn path(&self) -> &Path {
        self.path.path()
    }

    /// The final names of all files, with those that the function wrote by itself.
    pub fn paths(&self) -> Vec<PathBuf> {
        let kept = self.files.iter().flatten().map(KnownFile::path);
        let written = self.written.iter().map(PathBuf::as_path);
        kept.chain(written).map(Path::to_owned).collect()
    }

    /// Of the record's file when it was read, and whether it was settled then.
    pub(super) fn stamp(&self) -> (Stamp, bool) {
        (self.stamp, self.settled)
    }

    /// The file of this result is looked at again whatever its stamp says.
    pub(super) fn doubt(&mut self, result: usize) {
        if let Some(Some(file)) = self.files.get_mut(result) {
            file.believed = false;
            file.doubted = true;
        }
    }

    /// Whether the stamp that stands here for the file of a result was taken too early.
    pub(super) fn is_doubted(&self, result: usize) -> bool {
        self.file(result).is_some_and(|file| file.doubted)
    }

    /// Whether the stamps of all files say that they are those that the record means.
    pub(super) fn is_as_recorded(&self) -> bool {
        let mut files = self.files.iter().flatten();
        self.record.written.is_empty() && files.all(KnownFile::is_as_recorded)
    }

    /// Whether files must be read once because the machine was started anew since.
    pub(super) fn must_reread(&self) -> bool {
        !self.record.synced && self.record.boot != crate::machine::boot()
    }
}

impl KnownFile {
    /// The final name.
    pub fn path(&self) -> &Path {
        self.path.path()
    }

    /// One question to the file system: is it the file that the record means?
    fn is_as_recorded(&self) -> bool {
        self.believed && self.path.stamp().is_ok_and(|stamp| stamp == self.stamp)
    }

    /// Whether what lies at this path now is what the record means.
    pub fn is_at(&self, path: &Path) -> bool {
        commit::stamp_of(path, self.named).is_ok_and(|stamp| stamp == self.stamp)
    }

    /// A user may put links where results of theirs lie; in the store there are none.
    fn open_file(&self, path: &Path) -> io::Result<std::fs::File> {
        if self.named {
            files::open_regular(path)
        } else {
            files::open_own(path)
        }
    }

    /// Opens it where it is now, however small it is, to be mapped.
    pub fn open_mapped<E>(&self, path: &Path) -> io::Result<Result<Option<Content>, E>> {
        let file = self.open_file(path)?;
        let same = Stamp::of_file(&file)? == self.stamp;
        Ok(Ok(same.then_some(Content::File(file))))
    }

    /// Opens it where it is now, or gives the bytes kept since the last time. None: it is another
    /// file by now. `check` may refuse the open file.
    pub fn open<E>(
        &self,
        path: &Path,
        check: impl FnOnce(&std::fs::File) -> Result<(), E>,
    ) -> io::Result<Result<Option<Content>, E>> {
        self.open_with(path, check, |_, _| Ok(()))
    }

    /// The same, where `check` looks at the bytes: they are kept only if they pass. What is too large
    /// to be kept comes open, and whoever reads it has to check what was read.
    pub fn open_checked<E>(
        &self,
        path: &Path,
        check: impl FnOnce(&std::fs::File, &[u8]) -> Result<(), E>,
    ) -> io::Result<Result<Option<Content>, E>> {
        self.open_with(path, |_| Ok(()), check)
    }

    fn open_with<E>(
        &self,
        path: &Path,
        check: impl FnOnce(&std::fs::File) -> Result<(), E>,
        check_bytes: impl FnOnce(&std::fs::File, &[u8]) -> Result<(), E>,
    ) -> io::Result<Result<Option<Content>, E>> {
        if path == self.path()
            && let Some(bytes) = self.content.get()
        {
            return Ok(Ok(Some(Content::Bytes(bytes.clone()))));
        }
        let file = self.open_file(path)?;
        if Stamp::of_file(&file)? != self.stamp {
            return Ok(Ok(None));
        }
        if let Err(refusal) = check(&file) {
            return Ok(Err(refusal));
        }
        if self.stamp.size > KEPT {
            return Ok(Ok(Some(Content::File(file))));
        }
        let bytes: Arc<[u8]> = files::read_bounded(&file, KEPT)?.into();
        if let Err(refusal) = check_bytes(&file, &bytes) {
            return Ok(Err(refusal));
        }
        if self.believed && path == self.path() && bytes.len() as u64 == self.stamp.size {
            let _ = self.content.set(bytes.clone());
        }
        Ok(Ok(Some(Content::Bytes(bytes))))
    }
}

/// Call keys are digests already.
#[derive(Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }

    fn write_u128(&mut self, number: u128) {
        self.0 = number as u64;
    }
}

/// The records that this process knows of one function.
#[derive(Debug)]
pub(super) struct Memory<K> {
    table: Mutex<Table<K>>,
    looks: Looks,
}

#[derive(Debug)]
struct Table<K> {
    known: HashMap<CallKey, Arc<Known<K>>, BuildHasherDefault<KeyHasher>>,
    /// Over the folder where they lie.
    watch: Option<Arc<Watch>>,
}

impl<K> Default for Memory<K> {
    fn default() -> Memory<K> {
        Memory {
            table: Mutex::new(Table {
                known: HashMap::default(),
                watch: None,
            }),
            looks: Looks::default(),
        }
    }
}

/// Why there is no record.
pub(super) enum Absent {
    /// There is none.
    None,
    /// There is one that cannot be used.
    Unreadable(PathBuf, Unreadable),
    /// The store is not used: why.
    Refused(String),
}

impl Absent {
    /// What that says against reuse; nothing where there is no record.
    pub(super) fn reason(self, store: &Store) -> Option<Reason> {
        match self {
            Absent::None => None,
            Absent::Refused(why) => Some(Reason::StoreRefused {
                path: store.root().to_owned(),
                why,
            }),
            Absent::Unreadable(path, Unreadable::Damaged(why)) => {
                Some(Reason::RecordDamaged { path, why })
            }
            Absent::Unreadable(_, Unreadable::Newer { found }) => {
                Some(Reason::RecordNewer { found })
            }
        }
    }
}

impl<K: Default> Memory<K> {
    pub(super) fn clear(&self) {
        let known = std::mem::take(&mut self.lock().known);
        drop(known); // not under the lock: these may be many values of a face
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Table<K>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record of a key as it is on the disk now. If it is known already, that is one question to the
    /// system, and a look or two more where something was changed in its folder.
    pub(super) fn find(
        &self,
        key: CallKey,
        path: impl FnOnce() -> Result<PathBuf, Absent>,
        store: &Store,
    ) -> Result<Arc<Known<K>>, Absent> {
        let (known, watch) = {
            let table = self.lock();
            (table.known.get(&key).cloned(), table.watch.clone())
        };
        let path = match known {
            Some(known) => {
                // Before the look: what changes from here on leaves a note.
                let moment = watch.as_ref().and_then(|watch| watch.moment());
                if moment.is_some_and(|moment| known.seen.is(moment)) {
                    return Ok(known);
                }
                match known.path.stamp() {
                    Ok(stamp) if stamp == known.stamp && known.settled => {
                        match (watch, moment) {
                            (Some(watch), Some(moment)) if watch.is_in_place(moment) => {
                                known.seen.set(moment);
                            }
                            (watch, _) => self.consider_a_watch(known.path(), watch),
                        }
                        return Ok(known);
                    }
                    Ok(_) => {}
                    Err(_) => {
                        self.lock().known.remove(&key);
                        return Err(Absent::None);
                    }
                }
                known.path().to_owned()
            }
            None => path()?,
        };
        let (mut record, stamp) = read(&path)?;
        if let Some(folder) = path.parent() {
            store.bring_home(&FunctionFolder::at(folder.to_owned()), &mut record);
        }
        let known = Arc::new(Known::new(record, path, stamp, store));
        self.insert(key, known.clone());
        Ok(known)
    }

    /// After a look that would not have been needed.
    fn consider_a_watch(&self, record: &Path, watch: Option<Arc<Watch>>) {
        match watch {
            None => {
                if self.looks.are_worth_a_watch()
                    && let Some(new) = record.parent().and_then(Watch::over)
                {
                    let before = self.lock().watch.replace(new);
                    drop(before); // of another thread that was as quick
                }
            }
            Some(watch) if watch.is_over() => {
                self.looks.begin_again();
                let ended = self.lock().watch.take_if(|one| Arc::ptr_eq(one, &watch));
                drop(ended);
            }
            Some(_) => {} // somebody reads the notes at this moment
        }
    }

    pub(super) fn insert(&self, key: CallKey, known: Arc<Known<K>>) {
        let mut table = self.lock();
        if table.known.len() >= MOST {
            // What drops here may be many values of a face: not under the lock.
            let old = std::mem::take(&mut table.known);
            table.known.insert(key, known);
            drop(table);
            drop(old);
        } else {
            table.known.insert(key, known);
        }
    }
}

/// Reads a record with the stamp of the file that was read, and whether that is settled.
pub(super) fn read(path: &Path) -> Result<(Record, (Stamp, bool)), Absent> {
    let damaged = |why: String| Absent::Unreadable(path.to_owned(), Unreadable::Damaged(why));
    let read = || -> io::Result<(Vec<u8>, (Stamp, bool))> {
        let file = files::open_own(path)?;
        let taken_at = stamp::now();
        let stamp = Stamp::of_file(&file)?;
        let text = files::read_bounded(&file, MAX_BYTES)?;
        Ok((text, (stamp, stamp.is_settled(taken_at))))
    };
    match read() {
        Ok((text, stamp)) => match Record::from_json(&text) {
            Ok(record) => Ok((record, stamp)),
            Err(unreadable) => Err(Absent::Unreadable(path.to_owned(), unreadable)),
        },
        Err(error) if commit::is_absent(&error) => Err(Absent::None),
        Err(error) => Err(damaged(error.to_string())),
    }
}
