//! What is a made function, in Rust?

use super::code::Reached;
use super::errors::Error;
use super::frame::Callers;
use super::options::Options;
use crate::event::Warning;
use crate::make::Made;
use crate::store::Store;
use crate::store::prune::Keep;
use crate::version::Version;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Where the macro keeps the one of its kind.
pub type Once = OnceLock<Result<Function, Error>>;

/// A made function.
pub struct Function {
    pub(super) made: Made<()>,
    pub(super) options: Options,
    pub(super) reached: Reached,
    pub(super) verify: bool,
    pub(super) rerun_unknown: bool,
    /// Relative names of results count from here.
    base: PathBuf,
    /// What was told once for all calls.
    told: Mutex<HashSet<String>>,
}

/// The stores of this process, so that functions of one folder share what is known of files.
static STORES: Mutex<Vec<Arc<Store>>> = Mutex::new(Vec::new());

/// What functions are, by name.
static KNOWN: OnceLock<Mutex<HashMap<String, Version>>> = OnceLock::new();

fn known() -> std::sync::MutexGuard<'static, HashMap<String, Version>> {
    let known = KNOWN.get_or_init(Mutex::default);
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the made function of this name is, if it was used in this process.
pub(super) fn identity_of(name: &str) -> Option<Version> {
    known().get(name).copied()
}

fn store_at(root: PathBuf) -> Arc<Store> {
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = stores.iter().find(|store| store.root() == root) {
        return store.clone();
    }
    let store = Arc::new(Store::at(root));
    stores.push(store.clone());
    store
}

impl Function {
    /// The made function, which is prepared when it is used first.
    pub fn get(
        once: &'static Once,
        options: impl FnOnce() -> Options,
    ) -> Result<&'static Function, Error> {
        match once.get_or_init(|| Function::prepare(options())) {
            Ok(function) => Ok(function),
            Err(error) => Err(error.clone()),
        }
    }

    fn prepare(options: Options) -> Result<Function, Error> {
        let base = std::env::current_dir().map_err(Error::io("look up", Path::new(".")))?;
        let cachedir = options.cachedir();
        let root = std::path::absolute(&cachedir).map_err(Error::io("look up", &cachedir))?;
        let store = store_at(root);
        let reached = Reached::from((options.code)(), &store);
        let name = options.known_as();
        known().insert(name.clone(), reached.fingerprint);
        Ok(Function {
            made: Made::new(name, store, options.keep()?),
            verify: options.verify()?,
            rerun_unknown: options.rerun_unknown()?,
            reached,
            options,
            base,
            told: Mutex::default(),
        })
    }

    pub(super) fn name(&self) -> &str {
        self.made.name()
    }

    pub(super) fn fingerprint(&self) -> Version {
        self.reached.fingerprint
    }

    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    /// Whether several results are to be kept, which asks for several file names.
    pub(super) fn keeps_several(&self) -> bool {
        !matches!(self.made.keep(), Keep::Last(1))
    }

    /// What is true of every call of a function is told once.
    pub(super) fn is_news(&self, warning: &Warning) -> bool {
        let Warning::Unversioned { parameter, .. } = warning else {
            return true;
        };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(parameter.clone())
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name())
            .field("store", &self.made.store().root())
            .finish_non_exhaustive()
    }
}

/// What a made function tells of itself: `f::handle()`.
#[derive(Debug, Clone, Copy)]
pub struct Handle(&'static Function);

impl Handle {
    #[doc(hidden)]
    pub fn of(function: &'static Function) -> Handle {
        Handle(function)
    }

    /// `module.name`, as its records have it.
    pub fn name(&self) -> &'static str {
        self.0.made.name()
    }

    /// The folder of the store.
    pub fn cachedir(&self) -> &'static Path {
        self.0.made.store().root()
    }

    /// Where its records lie.
    pub fn folder(&self) -> &'static Path {
        self.0.made.folder().path()
    }

    /// The version of its code.
    pub fn fingerprint(&self) -> Version {
        self.0.reached.fingerprint
    }

    /// Calls that were answered from the store in this process, and runs.
    pub fn counts(&self) -> (u64, u64) {
        Callers::of(self.0).note_look(self.0, "counts");
        self.0.made.counts()
    }

    /// Forgets every result. Files that you named stay.
    ///
    /// # Errors
    ///
    /// If records cannot be removed.
    pub fn clear(&self) -> Result<(), Error> {
        let cleared = self.0.made.clear();
        cleared.map_err(Error::io("clear", self.0.made.folder().path()))
    }
}
