//! Where is the key that pickles are sealed with, and who may know it?
//!
//! It is made on first use, in the user's configuration folder and outside of every store: whoever
//! can write a store can not seal. `REMADE_KEY_FILE` names another one, which a group may share.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The variable that names another key file.
pub const VARIABLE: &str = "REMADE_KEY_FILE";

/// What pickles are sealed with.
pub struct Key {
    /// Tells keys apart, and tells nothing of the key.
    pub(super) id: u32,
    pub(super) bytes: [u8; 32],
}

impl std::fmt::Debug for Key {
    /// Never the key itself: it would end up in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:08x})", self.id)
    }
}

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoKey {
    /// There is no place for one: no home, or a file system that is full or read-only.
    Nowhere,
    /// There is one that must not be used, or the one that was asked for cannot be: why.
    Refused {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        why: String,
    },
}

impl NoKey {
    /// Whether a person is to hear of it now: of what they can mend, once in a process.
    pub fn is_news(&self) -> bool {
        static TOLD: AtomicBool = AtomicBool::new(false);
        matches!(self, NoKey::Refused { .. }) && !TOLD.swap(true, Ordering::Relaxed)
    }
}

/// Where keys are and who they are for.
struct Place {
    path: PathBuf,
    /// `REMADE_KEY_FILE` named it.
    named: bool,
}

/// The folder of the user's configuration of this program: `$XDG_CONFIG_HOME/remade`, or
/// `~/.config/remade`. None where there is no home.
pub fn folder() -> Option<PathBuf> {
    let absolute = |name| {
        let value = std::env::var_os(name).map(PathBuf::from);
        value.filter(|path| path.is_absolute())
    };
    let config = absolute("XDG_CONFIG_HOME").or_else(|| {
        let home = absolute("HOME").filter(|home| home.is_dir());
        home.map(|home| home.join(".config"))
    });
    config.map(|config| config.join("remade"))
}

fn place() -> Option<Place> {
    match std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
        Some(name) => Some(Place {
            path: std::path::absolute(PathBuf::from(name)).ok()?,
            named: true,
        }),
        None => Some(Place {
            path: folder()?.join("key"),
            named: false,
        }),
    }
}

/// The key, made if there is none yet. One question to the file system where it is known already:
/// a key that others may read by now is not used any more.
pub fn key() -> Result<Arc<Key>, NoKey> {
    let place = place().ok_or(NoKey::Nowhere)?;
    unix::key(&place)
}

/// What the error of making or reading a key means.
fn unavailable(place: &Place, doing: &str, error: &io::Error) -> NoKey {
    let is_no_place = matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotFound
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
    );
    if is_no_place && !place.named && doing == "made" {
        return NoKey::Nowhere;
    }
    NoKey::Refused {
        path: place.path.clone(),
        why: format!("it cannot be {doing}: {error}"),
    }
}

#[cfg(unix)]
mod unix {
    use super::{Key, NoKey, Place, unavailable};
    use crate::store::{commit, files, layout, trust};
    use std::fs::{File, Metadata, OpenOptions};
    use std::io::{self, Read, Write};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    /// A key file is 64 digits and a line break.
    const DIGITS: usize = 64;

    /// How long a key is waited for that another process is writing where there are no hard links.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// What would show that the file is another, or has other rights.
    type Look = (u64, u64, u64, i64, i64, u32, u32);

    fn look(metadata: &Metadata) -> Look {
        (
            metadata.dev(),
            metadata.ino(),
            metadata.len(),
            metadata.ctime(),
            metadata.ctime_nsec(),
            metadata.mode(),
            metadata.uid(),
        )
    }

    /// The key that was read last.
    static LAST: Mutex<Option<(PathBuf, Look, Arc<Key>)>> = Mutex::new(None);

    pub(super) fn key(place: &Place) -> Result<Arc<Key>, NoKey> {
        // After a fork nobody may ever give the table back: then the file is read.
        if let Ok(last) = LAST.try_lock()
            && let Some((path, seen, key)) = &*last
            && *path == place.path
            && std::fs::metadata(path).is_ok_and(|now| look(&now) == *seen)
        {
            return Ok(key.clone());
        }
        let (key, seen) = match read(place)? {
            Some(found) => found,
            None => {
                make(place).map_err(|error| unavailable(place, "made", &error))?;
                read(place)?.ok_or(NoKey::Nowhere)?
            }
        };
        let key = Arc::new(key);
        if let Ok(mut last) = LAST.try_lock() {
            *last = Some((place.path.clone(), seen, key.clone()));
        }
        Ok(key)
    }

    /// The key in the file; None where there is no file.
    fn read(place: &Place) -> Result<Option<(Key, Look)>, NoKey> {
        let began = Instant::now();
        loop {
            let file = match files::open_regular(&place.path) {
                Ok(file) => file,
                Err(error) if commit::is_absent(&error) => return Ok(None),
                Err(error) => return Err(unavailable(place, "read", &error)),
            };
            let read = || -> io::Result<(Metadata, Vec<u8>)> {
                Ok((file.metadata()?, files::read_bounded(&file, 1024)?))
            };
            let (metadata, text) = read().map_err(|error| unavailable(place, "read", &error))?;
            if let Some(why) = objection(place, &metadata) {
                return Err(NoKey::Refused {
                    path: place.path.clone(),
                    why,
                });
            }
            if let Some(bytes) = parse(&text) {
                return Ok(Some((Key::of(bytes), look(&metadata))));
            }
            // Somebody may be in the middle of writing it.
            if text.len() > DIGITS || began.elapsed() > PATIENCE {
                return Err(NoKey::Refused {
                    path: place.path.clone(),
                    why: format!(
                        "it holds no key of {DIGITS} hexadecimal digits: remove it, and a new one \
                         is made"
                    ),
                });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn parse(text: &[u8]) -> Option<[u8; 32]> {
        let text = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
        if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..DIGITS).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(bytes)
    }

    /// Who else could know or replace the key, and what to do about it.
    fn objection(place: &Place, metadata: &Metadata) -> Option<String> {
        let path = place.path.display();
        let user = rustix::process::geteuid().as_raw();
        let mode = metadata.mode();
        let is_ours = metadata.uid() == user || metadata.uid() == 0;
        let is_shared = place.named && mode & 0o040 != 0;
        if !is_ours && !is_shared {
            return Some(format!(
                "it belongs to the user of number {}: remove it, or name another file in \
                 REMADE_KEY_FILE",
                metadata.uid()
            ));
        }
        let too_much = if place.named { 0o027 } else { 0o077 };
        if mode & too_much != 0 {
            let wanted = if place.named { "g-w,o-rwx" } else { "go-rwx" };
            return Some(format!(
                "others than its owner may read or write it: chmod {wanted} {path}"
            ));
        }
        let folder = place.path.parent()?;
        let who = trust::who_can_replace_in(folder)?;
        Some(format!("{who}, so the key may not be yours"))
    }

    /// Makes a new key, unless somebody else is faster.
    fn make(place: &Place) -> io::Result<()> {
        if let Some(folder) = place.path.parent().filter(|_| !place.named) {
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(true).mode(0o700).create(folder)?;
        }
        let mut bytes = [0; 32];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let staged = layout::staged(&place.path);
        let made = write_new(&staged, &digits).and_then(|()| {
            match files::link_new(&staged, &place.path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                // File systems without second names: readers wait until it is whole.
                Err(_) => match write_new(&place.path, &digits) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                    done => done,
                },
                Ok(()) => Ok(()),
            }
        });
        let _ = files::remove(&staged); // hidden, and no key of anybody's
        made
    }

    fn write_new(path: &Path, digits: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(format!("{digits}\n").as_bytes())?;
        file.sync_all()?;
        files::close(file)
    }

    impl Key {
        pub(super) fn of(bytes: [u8; 32]) -> Key {
            let id = blake3::derive_key("remade 2026 id of a key for seals", &bytes);
            Key {
                id: u32::from_be_bytes([id[0], id[1], id[2], id[3]]),
                bytes,
            }
        }
    }
}

/// Elsewhere it cannot be told who may read a file, so nothing is sealed.
#[cfg(not(unix))]
mod unix {
    pub(super) fn key(_: &super::Place) -> Result<std::sync::Arc<super::Key>, super::NoKey> {
        Err(super::NoKey::Nowhere)
    }
}
