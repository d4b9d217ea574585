//! What is known of the bytes of a pickle once they were read or written?
//!
//! Their version, as of any file, and the digest that a [seal](super::seal) is made of. Both are taken
//! in the one pass in which the bytes come or go.

use crate::persist::disk::{self, Growing, WRITTEN};
use crate::version::Version;
use crate::version::array::ContentDigest;
use std::fs::File;
use std::io::{self, Read, Write};

/// Blocks of this size are digested while they are still in the cache of the processor.
const BLOCK: usize = 256 * 1024;

/// All bytes of a pickle, digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pickled {
    pub(super) size: u64,
    pub(super) hash: blake3::Hash,
}

impl Pickled {
    /// Of bytes in memory.
    pub fn of_bytes(bytes: &[u8]) -> Pickled {
        Pickled {
            size: bytes.len() as u64,
            hash: blake3::hash(bytes),
        }
    }

    /// Fills the memory from a file, and digests what is then in the memory: what is unpickled from
    /// there is what was verified, whatever happens to the file.
    pub fn read(mut file: &File, memory: &mut [u8]) -> io::Result<Pickled> {
        let mut hasher = blake3::Hasher::new();
        for block in memory.chunks_mut(BLOCK) {
            file.read_exact(block)?;
            hasher.update(block);
        }
        Ok(Pickled {
            size: memory.len() as u64,
            hash: hasher.finalize(),
        })
    }

    /// Of a file, with the version of its bytes, in one pass.
    pub fn of_file(mut file: &File) -> io::Result<(Pickled, Version)> {
        let mut digests = Digests::default();
        let mut block = vec![0; BLOCK];
        loop {
            match file.read(&mut block) {
                Ok(0) => return Ok(digests.finish()),
                Ok(read) => digests.update(&block[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Both digests, of bytes that come one after another.
#[derive(Debug, Default)]
struct Digests {
    content: ContentDigest,
    pickle: blake3::Hasher,
}

impl Digests {
    fn update(&mut self, bytes: &[u8]) {
        for block in bytes.chunks(BLOCK) {
            self.content.update(block);
            self.pickle.update(block);
        }
    }

    fn finish(&self) -> (Pickled, Version) {
        let pickled = Pickled {
            size: self.pickle.count(),
            hash: self.pickle.finalize(),
        };
        (pickled, self.content.finish())
    }
}

/// A pickle that is written while it is made, so that it never lies in memory as a whole.
#[derive(Debug)]
pub struct PickleStream {
    file: Growing<File>,
    /// What was not written yet.
    block: Vec<u8>,
    digests: Digests,
}

impl PickleStream {
    /// Into a new, empty file.
    pub fn new(file: File) -> PickleStream {
        PickleStream {
            file: Growing::new(file, u64::MAX),
            block: Vec::new(),
            digests: Digests::default(),
        }
    }

    /// Whether so many bytes more would be kept in memory for now, and not be written.
    pub fn has_room(&self, length: usize) -> bool {
        self.block.len() + length <= WRITTEN
    }

    /// Whether nothing was written yet.
    pub fn is_short(&self) -> bool {
        self.file.is_empty()
    }

    /// The next bytes of the pickle.
    ///
    /// # Errors
    ///
    /// What the system says of the file; then the pickle is of no use.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.has_room(bytes.len()) {
            self.block.extend_from_slice(bytes);
            return Ok(());
        }
        let block = std::mem::take(&mut self.block);
        self.put(&block)?;
        self.block = block;
        self.block.clear();
        if self.has_room(bytes.len()) {
            self.block.extend_from_slice(bytes);
            return Ok(());
        }
        self.put(bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digests.update(bytes);
        self.file.write_all(bytes)
    }

    /// Writes what is left, and tells what was written. The file is given back, so that it is closed
    /// by somebody who asks what closing it found.
    ///
    /// # Errors
    ///
    /// As for [`write`](PickleStream::write).
    pub fn finish(mut self) -> io::Result<(File, Pickled, Version)> {
        let block = std::mem::take(&mut self.block);
        let file = if self.is_short() {
            // One block needs no place ahead.
            self.digests.update(&block);
            let file = self.file.finish();
            disk::write(&file, &block)?;
            file
        } else {
            self.put(&block)?;
            self.file.finish()
        };
        let (pickled, version) = self.digests.finish();
        Ok((file, pickled, version))
    }
}
