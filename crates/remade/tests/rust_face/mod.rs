//! What the tests of the Rust face share: a folder to work in, and what was told meanwhile.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use remade::{Happening, Listening};

/// One test at a time has the working directory, which made functions look up when they are used
/// first; each test has functions of its own.
static WORK: Mutex<()> = Mutex::new(());

/// What was told.
#[derive(Default)]
pub struct Told {
    pub runs: Vec<(String, Vec<String>)>,
    pub reuses: Vec<String>,
    pub warnings: Vec<String>,
}

/// A folder that is the working directory of a test.
pub struct Workshop {
    pub folder: tempfile::TempDir,
    told: Arc<Mutex<Told>>,
    _listening: Listening,
    before: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Workshop {
    pub fn new() -> Workshop {
        let alone = WORK.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let before = std::env::current_dir().unwrap_or_else(|_| std::env::temp_dir());
        std::env::set_current_dir(folder.path()).unwrap();
        let told = Arc::new(Mutex::new(Told::default()));
        let to = told.clone();
        let listening = remade::listen(move |happening| {
            let mut told = to.lock().unwrap();
            match happening {
                Happening::Call(event) if event.ran => {
                    let reasons = event.reasons.iter().map(ToString::to_string).collect();
                    told.runs.push((event.function.clone(), reasons));
                }
                Happening::Call(event) => told.reuses.push(event.function.clone()),
                Happening::Warning(warning) => told.warnings.push(warning.to_string()),
            }
        });
        Workshop {
            folder,
            told,
            _listening: listening,
            before,
            _alone: alone,
        }
    }

    pub fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// The runs since the last question.
    pub fn runs(&self) -> usize {
        std::mem::take(&mut self.told().runs).len()
    }

    /// Why the last run ran.
    pub fn why(&self) -> String {
        self.told().runs.last().unwrap().1.join("; ")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = std::env::set_current_dir(&self.before);
    }
}
