//! Where does everything lie?
//!
//! A [`Store`] is a cache directory and the handle to it. [`layout`] knows every path in it,
//! [`commit`] makes results visible in one step, [`durable`] says what is forced to the disk,
//! [`lock`] lets one caller run while the others wait, [`aside`] protects what a person made,
//! [`prune`] forgets, [`check`] compares records and files, [`trust`] tells who else can write here,
//! [`seal`] proves who wrote a pickle, with the user's [`key`], [`vouch`] seals what a person vouches
//! for, and [`files`] is the one seam through which all of them touch the file system.

pub mod aside;
pub mod check;
pub mod commit;
pub mod durable;
pub mod files;
pub mod key;
pub mod layout;
pub mod lock;
mod order;
pub mod pickled;
pub mod prune;
pub mod seal;
pub mod trust;
pub mod vouch;
#[doc(hidden)]
pub mod watch;

use crate::call::CallKey;
use crate::record::Record;
use crate::source::{self, SourceMemory, SourceState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

pub use durable::Durable;
pub use layout::FunctionFolder;

/// A cache directory.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    project: PathBuf,
    prepared: AtomicBool,
    warned: AtomicBool,
    sources: SourceMemory,
}

impl Store {
    /// The store in this absolute path. Nothing is read or made yet.
    pub fn at(root: PathBuf) -> Store {
        let project = root
            .parent()
            .map_or_else(|| root.clone(), Path::to_path_buf);
        let sources = SourceMemory::in_folder(layout::sources_folder(&root));
        Store {
            root,
            project,
            prepared: AtomicBool::new(false),
            warned: AtomicBool::new(false),
            sources,
        }
    }

    /// The cache directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that holds the cache directory. Paths inside it are written relative to it, so
    /// that the whole can be moved or copied.
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// What is known of input files.
    pub fn sources(&self) -> &SourceMemory {
        &self.sources
    }

    /// Whether an input file is as it was. One that cannot be looked at is not.
    pub fn is_still(&self, state: &SourceState) -> bool {
        state.still(&self.project, &self.sources).unwrap_or(false)
    }

    /// Makes what must be there before anything is written: the folders, `CACHEDIR.TAG` for
    /// backup programs, `.gitignore`, and an id of the store's own.
    pub fn prepare(&self) -> io::Result<()> {
        if self.prepared.load(Ordering::Relaxed) && files::is_folder(&self.root) {
            return Ok(());
        }
        layout::prepare(&self.root)?;
        for folder in layout::shared_folders(&self.root) {
            // Once for each process; the folders of functions are swept after each commit.
            let _ = prune::sweep(self, &folder);
        }
        self.prepared.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The same, with the folder of a function.
    pub fn prepare_for(&self, folder: &FunctionFolder) -> io::Result<()> {
        self.prepare()?;
        files::make_own_folder(folder.path())
    }

    /// Whether this store and the folder of a function may be used. Refused are a store that
    /// everybody can write or that belongs to somebody else, and folders in it that are links: see
    /// [`trust`]. `Ok(false)`: not all of it is there yet, so ask again.
    pub fn guard(&self, folder: &FunctionFolder) -> io::Result<bool> {
        trust::guard(&self.root, folder)
    }

    /// The files that the engine named lie beside their record, whatever folder the record tells: a
    /// store can be copied under another name, and a path that leads elsewhere was not written here.
    pub(crate) fn bring_home(&self, folder: &FunctionFolder, record: &mut Record) {
        let files = record
            .results
            .iter_mut()
            .filter_map(|one| one.file.as_mut());
        for file in files.filter(|file| !file.named) {
            if let Some(name) = Path::new(&file.path).file_name() {
                file.path = self.to_stored(&folder.path().join(name));
            }
        }
    }

    /// Whether this is the first time that someone asks: a store that cannot be used is told once.
    pub fn warn_once(&self) -> bool {
        !self.warned.swap(true, Ordering::Relaxed)
    }

    /// Whether somebody was told already that this store cannot be used.
    pub fn was_warned_of(&self) -> bool {
        self.warned.load(Ordering::Relaxed)
    }

    /// As records name a path: relative to the project where it lies inside.
    pub fn to_stored(&self, path: &Path) -> String {
        path.strip_prefix(&self.project)
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    }

    /// As the records of this store name another one; None for itself.
    pub fn name_of(&self, other: &Store) -> Option<String> {
        (self.root != other.root).then(|| source::relative_text(&other.root, &self.project))
    }

    /// The cache directory that [`Store::name_of`] named. None: no name that was ever written.
    pub fn root_of(&self, name: Option<&str>) -> Option<PathBuf> {
        match name {
            None => Some(self.root.clone()),
            Some(name) => source::from_text(name).map(|path| self.project.join(path)),
        }
    }

    /// The record of a call of this function, if there is one that can be read.
    pub fn record(&self, function: &str, key: CallKey) -> Option<Record> {
        let record = prune::read(&FunctionFolder::of(&self.root, function), key)?;
        (record.key == key && record.function == function).then_some(record)
    }

    /// The path that a record names.
    pub fn from_stored(&self, text: &str) -> PathBuf {
        // `join` takes an absolute path as it is.
        self.project.join(text)
    }
}
