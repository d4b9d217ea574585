//! What is in a gzip file, and is it whole?
//!
//! Members one behind the other are one stream; zeros behind the last are filling. The checksum and
//! the size of every member are checked.

use std::path::Path;

use flate2::{Decompress, FlushDecompress, Status};

use super::NiftiError;
use super::stream::Input;

/// What is read from the file at a time.
const BUFFER: usize = 128 * 1024;

/// Deflate makes at most this many bytes of one.
pub(super) const MOST_FROM_ONE: u64 = 1032;

const HAS_CHECKSUM: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;

/// A gzip file that is being read.
pub(super) struct Inflater<'a> {
    input: Input<'a>,
    size: u64,
    buffer: Vec<u8>,
    /// What of the buffer was not used yet.
    unread: std::ops::Range<usize>,
    /// Where in the file the end of the buffer lies.
    position: u64,
    stream: Decompress,
    state: State,
    checksum: crc32fast::Hasher,
    length: u32,
    is_first: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeMember,
    InMember,
    AtEnd,
}

impl<'a> Inflater<'a> {
    pub(super) fn new(input: Input<'a>, size: u64) -> Inflater<'a> {
        Inflater {
            input,
            size,
            buffer: Vec::new(),
            unread: 0..0,
            position: 0,
            stream: Decompress::new(false),
            state: State::BeforeMember,
            checksum: crc32fast::Hasher::new(),
            length: 0,
            is_first: true,
        }
    }

    /// The place in the file of the next byte that is used.
    pub(super) fn at(&self) -> u64 {
        self.position - self.unread.len() as u64
    }

    /// Fills the beginning of `memory`; 0 at the end of the file, which is then known to be whole.
    pub(super) fn read(&mut self, memory: &mut [u8], path: &Path) -> Result<usize, NiftiError> {
        while !memory.is_empty() && self.state != State::AtEnd {
            if self.state == State::BeforeMember {
                self.begin_member(path)?;
                continue;
            }
            self.fill(path)?;
            let (taken, given) = (self.stream.total_in(), self.stream.total_out());
            let input = &self.buffer[self.unread.clone()];
            let status = self
                .stream
                .decompress(input, memory, FlushDecompress::None)
                .map_err(|error| {
                    let found = format!("what is none: {error}");
                    NiftiError::corrupt(path, self.at(), "a deflate stream", found)
                })?;
            self.unread.start += (self.stream.total_in() - taken) as usize;
            let count = (self.stream.total_out() - given) as usize;
            self.checksum.update(&memory[..count]);
            self.length = self.length.wrapping_add(count as u32);
            if status == Status::StreamEnd {
                self.end_member(path)?;
            } else if count == 0 && self.unread.is_empty() && self.position == self.size {
                return Err(self.cut_short(path));
            } else if count == 0 && self.stream.total_in() == taken {
                return Err(NiftiError::corrupt(
                    path,
                    self.at(),
                    "a deflate stream",
                    "one that does not go on",
                ));
            }
            if count > 0 {
                return Ok(count);
            }
        }
        Ok(0)
    }

    fn begin_member(&mut self, path: &Path) -> Result<(), NiftiError> {
        if !self.is_first && self.skip_filling(path)? {
            self.state = State::AtEnd;
            return Ok(());
        }
        let begin = self.at();
        let mut checksum = crc32fast::Hasher::new();
        let mut head = [0; 10];
        for byte in &mut head {
            *byte = self.byte(path)?;
        }
        checksum.update(&head);
        let flags = head[3];
        if head[..3] != [0x1f, 0x8b, 8] || flags & 0xe0 != 0 {
            return Err(NiftiError::corrupt(
                path,
                begin,
                "a gzip member (1f 8b 08) or the end of the file",
                format!("\"{}\"", head[..4].escape_ascii()),
            ));
        }
        let mut next = |this: &mut Self| {
            let byte = this.byte(path)?;
            checksum.update(&[byte]);
            Ok::<u8, NiftiError>(byte)
        };
        if flags & HAS_EXTRA != 0 {
            let length = u16::from_le_bytes([next(self)?, next(self)?]);
            for _ in 0..length {
                next(self)?;
            }
        }
        for text in [HAS_NAME, HAS_COMMENT] {
            if flags & text != 0 {
                while next(self)? != 0 {}
            }
        }
        if flags & HAS_CHECKSUM != 0 {
            let expected = (checksum.finalize() & 0xffff) as u16;
            let found = u16::from_le_bytes([self.byte(path)?, self.byte(path)?]);
            if found != expected {
                return Err(NiftiError::corrupt(
                    path,
                    begin,
                    format!("a gzip header with the checksum {expected:04x}"),
                    format!("{found:04x}"),
                ));
            }
        }
        self.is_first = false;
        self.stream.reset(false);
        self.checksum = crc32fast::Hasher::new();
        self.length = 0;
        self.state = State::InMember;
        Ok(())
    }

    fn end_member(&mut self, path: &Path) -> Result<(), NiftiError> {
        let at = self.at();
        let mut numbers = [0; 8];
        for byte in &mut numbers {
            *byte = self.byte(path)?;
        }
        let [a, b, c, d, e, f, g, h] = numbers;
        let (found, length) = (
            u32::from_le_bytes([a, b, c, d]),
            u32::from_le_bytes([e, f, g, h]),
        );
        let expected = std::mem::take(&mut self.checksum).finalize();
        if (found, length) != (expected, self.length) {
            return Err(NiftiError::corrupt(
                path,
                at,
                format!("checksum {expected:08x} of {} bytes", self.length),
                format!("checksum {found:08x} of {length} bytes"),
            ));
        }
        self.state = State::BeforeMember;
        Ok(())
    }

    /// Whether nothing but zeros, or nothing at all, is left.
    fn skip_filling(&mut self, path: &Path) -> Result<bool, NiftiError> {
        let mut was_filled = false;
        loop {
            if self.unread.is_empty() && self.position == self.size {
                return Ok(true);
            }
            self.fill(path)?;
            let unread = &self.buffer[self.unread.clone()];
            match unread.iter().position(|byte| *byte != 0) {
                Some(0) if !was_filled => return Ok(false),
                Some(place) => {
                    let at = self.at() + place as u64;
                    let found = "something else behind the zeros";
                    return Err(NiftiError::corrupt(path, at, "the end of the file", found));
                }
                None => {
                    was_filled = true;
                    self.unread.start = self.unread.end;
                }
            }
        }
    }

    fn byte(&mut self, path: &Path) -> Result<u8, NiftiError> {
        self.fill(path)?;
        if self.unread.is_empty() {
            return Err(self.cut_short(path));
        }
        let byte = self.buffer[self.unread.start];
        self.unread.start += 1;
        Ok(byte)
    }

    /// Reads on if everything was used. Nothing comes at the end of the file.
    fn fill(&mut self, path: &Path) -> Result<(), NiftiError> {
        if !self.unread.is_empty() {
            return Ok(());
        }
        let left = usize::try_from(self.size - self.position).unwrap_or(usize::MAX);
        self.buffer.resize(BUFFER.min(left), 0);
        self.input.read_at(&mut self.buffer, self.position, path)?;
        self.position += self.buffer.len() as u64;
        self.unread = 0..self.buffer.len();
        Ok(())
    }

    fn cut_short(&self, path: &Path) -> NiftiError {
        let found = format!("the end of the file, of {} bytes", self.size);
        NiftiError::corrupt(path, self.at(), "the rest of a gzip member", found)
    }
}
