//! What is in a `.npy` file?

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::header::{Header, PREFIX};
use super::{Element, NpyError};
use crate::persist::disk::read_exact_at;
use crate::version::Version;
use crate::version::array::ContentDigest;

/// What is read and digested at a time: it stays in the cache between the two.
const BLOCK: usize = 256 * 1024;

/// As much of a file as usually holds the whole header.
const FIRST_READ: usize = 256;

/// A `.npy` file that is open, with its header read and its length checked.
///
/// Everything is read from the descriptor that was checked, at positions, so that threads may share
/// it and a file that is replaced meanwhile does not matter.
#[derive(Debug)]
pub struct Npy {
    header: Header,
    element: Option<Element>,
    file: File,
    path: PathBuf,
    size: u64,
}

impl Npy {
    /// Reads the header. The path is for errors only.
    ///
    /// [`NpyError::Damaged`] if the header is not one, and, for plain element types, if the file is
    /// shorter or longer than its shape says.
    pub fn open(file: File, path: &Path) -> Result<Npy, NpyError> {
        let metadata = file.metadata().map_err(NpyError::io("read", path))?;
        if !metadata.is_file() {
            return Err(NpyError::damaged(path, "a file", "something else"));
        }
        let size = metadata.len();
        let header = read_header(&file, path, size)?;
        let element = header.element();
        let npy = Npy {
            element,
            header,
            file,
            path: path.to_owned(),
            size,
        };
        if let Some(element) = &npy.element {
            npy.check_size(element.size as u64)?;
        }
        Ok(npy)
    }

    /// What the file says of its elements.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The element type, if the engine knows it.
    pub fn element(&self) -> Option<&Element> {
        self.element.as_ref()
    }

    /// How many bytes the elements take, that is, what [`Npy::read_into`] needs.
    pub fn data_size(&self) -> u64 {
        self.size - self.header.data_offset
    }

    /// Fills the memory with the elements, in the order in which they lie in the file.
    ///
    /// [`NpyError::Mismatch`] if the memory is not [`Npy::data_size`] bytes long,
    /// [`NpyError::Damaged`] if the file has become shorter since it was opened.
    pub fn read_into(&self, memory: &mut [u8]) -> Result<(), NpyError> {
        self.check_memory(memory)?;
        self.read_at(memory, self.header.data_offset)
    }

    /// As [`Npy::read_into`], and the version of what was read: one pass over the file.
    pub fn read_into_with_version(&self, memory: &mut [u8]) -> Result<Option<Version>, NpyError> {
        let Some(element) = &self.element else {
            return self.read_into(memory).map(|()| None);
        };
        self.check_memory(memory)?;
        let mut digest = ContentDigest::new();
        let mut position = self.header.data_offset;
        for block in memory.chunks_mut(BLOCK) {
            self.read_at(block, position)?;
            digest.update(block);
            position += block.len() as u64;
        }
        Ok(Some(self.header.version_with(element, digest.finish())))
    }

    /// The version of the array in this file: the one that the live array has. `None` if the
    /// element type is not plain. Reads the whole file.
    pub fn version(&self) -> Result<Option<Version>, NpyError> {
        let Some(element) = &self.element else {
            return Ok(None);
        };
        let mut digest = ContentDigest::new();
        let mut position = self.header.data_offset;
        let mut buffer = vec![0; BLOCK.min(usize::try_from(self.data_size()).unwrap_or(BLOCK))];
        while position < self.size {
            let rest = usize::try_from(self.size - position).unwrap_or(BLOCK);
            let length = rest.min(buffer.len());
            let block = &mut buffer[..length];
            self.read_at(block, position)?;
            digest.update(block);
            position += block.len() as u64;
        }
        Ok(Some(self.header.version_with(element, digest.finish())))
    }

    fn check_size(&self, item_size: u64) -> Result<(), NpyError> {
        let expected = self
            .header
            .elements()
            .and_then(|elements| elements.checked_mul(item_size))
            .and_then(|bytes| bytes.checked_add(self.header.data_offset));
        if expected == Some(self.size) {
            return Ok(());
        }
        let expected = expected.map_or("more than can be".to_owned(), |bytes| bytes.to_string());
        Err(NpyError::damaged(
            &self.path,
            format!(
                "{expected} bytes for shape {:?} of {item_size}-byte elements",
                self.header.shape
            ),
            format!("{} bytes", self.size),
        ))
    }

    fn check_memory(&self, memory: &[u8]) -> Result<(), NpyError> {
        if memory.len() as u64 == self.data_size() {
            return Ok(());
        }
        Err(NpyError::mismatch(
            &self.path,
            format!("memory for {} bytes", self.data_size()),
            format!("{} bytes", memory.len()),
        ))
    }

    fn read_at(&self, memory: &mut [u8], position: u64) -> Result<(), NpyError> {
        read_exact_at(&self.file, memory, position).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                let found = self.file.metadata().map_or(0, |metadata| metadata.len());
                NpyError::damaged(
                    &self.path,
                    format!("{} bytes, as when it was opened", self.size),
                    format!("{found} bytes"),
                )
            } else {
                NpyError::io("read", &self.path)(error)
            }
        })
    }
}

/// Reads the header, and no more memory than the file has bytes.
fn read_header(file: &File, path: &Path, size: u64) -> Result<Header, NpyError> {
    let damaged = |source| NpyError::Damaged {
        path: path.to_owned(),
        source,
    };
    let in_file = |length: usize| usize::try_from(size).map_or(length, |size| size.min(length));

    let mut bytes = vec![0; in_file(FIRST_READ)];
    read_exact_at(file, &mut bytes, 0).map_err(NpyError::io("read", path))?;
    let length = Header::length(&bytes[..bytes.len().min(PREFIX)]).map_err(damaged)?;
    if length > bytes.len() {
        let read = bytes.len();
        bytes.resize(in_file(length), 0);
        read_exact_at(file, &mut bytes[read..], read as u64).map_err(NpyError::io("read", path))?;
    }
    Header::parse(&bytes).map_err(damaged)
}
