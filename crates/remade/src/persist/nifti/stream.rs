//! Where do the bytes of a file come from: a file or memory, plain or compressed?

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::NiftiError;
use super::inflate::{Inflater, MOST_FROM_ONE};
use crate::persist::disk::read_exact_at;

/// What is inflated at a time: it stays in the cache until its checksum is taken.
const PIECE: usize = 256 * 1024;

/// The bytes of a file.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// All of them, in memory.
    Bytes(&'a [u8]),
    /// An open file, read at positions: its own position does not matter.
    File(&'a File),
}

impl Input<'_> {
    /// How many there are.
    pub(super) fn size(&self, path: &Path) -> Result<u64, NiftiError> {
        match self {
            Input::Bytes(bytes) => Ok(bytes.len() as u64),
            Input::File(file) => {
                let metadata = file.metadata().map_err(NiftiError::io("read", path))?;
                if !metadata.is_file() {
                    return Err(NiftiError::corrupt(path, 0, "a file", "something else"));
                }
                Ok(metadata.len())
            }
        }
    }

    pub(super) fn read_at(
        &self,
        memory: &mut [u8],
        position: u64,
        path: &Path,
    ) -> Result<(), NiftiError> {
        match self {
            Input::Bytes(bytes) => {
                let part = usize::try_from(position)
                    .ok()
                    .and_then(|from| bytes.get(from..)?.get(..memory.len()))
                    .ok_or_else(|| ended(path, position, bytes.len() as u64))?;
                memory.copy_from_slice(part);
                Ok(())
            }
            Input::File(file) => read_exact_at(file, memory, position).map_err(|error| {
                if error.kind() == io::ErrorKind::UnexpectedEof {
                    let size = file.metadata().map_or(0, |metadata| metadata.len());
                    return ended(path, position, size);
                }
                NiftiError::io("read", path)(error)
            }),
        }
    }
}

fn ended(path: &Path, position: u64, size: u64) -> NiftiError {
    let found = format!("the end of the file, of {size} bytes");
    NiftiError::corrupt(path, size, format!("bytes from {position} on"), found)
}

/// The uncompressed bytes of a file, from its beginning to its end.
pub(super) struct Stream<'a> {
    input: Input<'a>,
    path: PathBuf,
    size: u64,
    /// In the uncompressed bytes.
    position: u64,
    inflater: Option<Inflater<'a>>,
}

impl<'a> Stream<'a> {
    /// # Errors
    ///
    /// If the file is compressed and `is_gzip` says that it is not, or the reverse.
    pub(super) fn open(
        input: Input<'a>,
        path: &Path,
        is_gzip: bool,
    ) -> Result<Stream<'a>, NiftiError> {
        let size = input.size(path)?;
        let mut first = [0; 2];
        if size >= 2 {
            input.read_at(&mut first, 0, path)?;
        }
        if is_gzip != (first == [0x1f, 0x8b]) {
            let (expected, found) = if is_gzip {
                ("gzip content in a file named .gz", "none; rename it")
            } else {
                (
                    "plain content in a file not named .gz",
                    "gzip content; rename it",
                )
            };
            return Err(NiftiError::corrupt(path, 0, expected, found));
        }
        Ok(Stream {
            input,
            path: path.to_owned(),
            size,
            position: 0,
            inflater: is_gzip.then(|| Inflater::new(input, size)),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where in the uncompressed bytes.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Where in the file as it lies on the disk.
    pub(super) fn at(&self) -> u64 {
        match &self.inflater {
            Some(inflater) => inflater.at(),
            None => self.position,
        }
    }

    /// At most how many more bytes can come: what may be allocated for them.
    pub(super) fn most(&self) -> u64 {
        match &self.inflater {
            // What the decompressor holds back is less than its window and one code.
            Some(inflater) => (self.size - inflater.at() + 64 * 1024).saturating_mul(MOST_FROM_ONE),
            None => self.size.saturating_sub(self.position),
        }
    }

    /// Where a byte of the uncompressed bytes lies in the file; about where, if it is compressed.
    pub(super) fn at_uncompressed(&self, position: u64) -> u64 {
        match &self.inflater {
            Some(_) => 0,
            None => position,
        }
    }

    /// Fills the memory, or says that the file ends before.
    pub(super) fn read(&mut self, memory: &mut [u8]) -> Result<(), NiftiError> {
        match self.fill(memory)? {
            count if count == memory.len() => Ok(()),
            count => Err(self.ended((memory.len() - count) as u64)),
        }
    }

    /// The error that so many more bytes should have come.
    pub(super) fn ended(&self, missing: u64) -> NiftiError {
        let found = format!("the end of the file, of {} bytes", self.size);
        NiftiError::corrupt(
            &self.path,
            self.at(),
            format!("{missing} more bytes"),
            found,
        )
    }

    /// Fills as much of the memory as there are bytes.
    pub(super) fn fill(&mut self, memory: &mut [u8]) -> Result<usize, NiftiError> {
        let Some(inflater) = &mut self.inflater else {
            let left = usize::try_from(self.size.saturating_sub(self.position));
            let count = memory.len().min(left.unwrap_or(usize::MAX));
            self.input
                .read_at(&mut memory[..count], self.position, &self.path)?;
            self.position += count as u64;
            return Ok(count);
        };
        let mut filled = 0;
        while filled < memory.len() {
            let end = memory.len().min(filled + PIECE);
            let count = inflater.read(&mut memory[filled..end], &self.path)?;
            if count == 0 {
                break;
            }
            filled += count;
            self.position += count as u64;
        }
        Ok(filled)
    }

    /// Goes on to this place.
    pub(super) fn skip_to(&mut self, position: u64) -> Result<(), NiftiError> {
        if self.inflater.is_none() {
            if position > self.size {
                return Err(self.ended(position - self.position));
            }
            self.position = position;
            return Ok(());
        }
        let mut nowhere = [0; 4096];
        while self.position < position {
            let left = usize::try_from(position - self.position).unwrap_or(usize::MAX);
            self.read(&mut nowhere[..left.min(4096)])?;
        }
        Ok(())
    }

    /// Reads a compressed file to its end, so that every checksum is checked.
    pub(super) fn finish(&mut self) -> Result<(), NiftiError> {
        let mut nowhere = [0; 4096];
        if let Some(inflater) = &mut self.inflater {
            while inflater.read(&mut nowhere, &self.path)? > 0 {}
        }
        Ok(())
    }
}
