//! How are bytes compressed, on all cores?
//!
//! One gzip member whose deflate stream is made of blocks that were compressed for themselves, each
//! ended by an empty stored block (a sync flush), so that they can stand one behind the other. Every
//! reader takes that for what it is: one stream. What is written depends on the bytes alone, not on
//! the time, the name, or how many threads there were.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

use flate2::{Compress, Compression, FlushCompress, Status};

/// What is compressed at a time. Starting anew costs less than a thousandth of the size here.
const BLOCK: usize = 512 * 1024;

/// This level of zlib-rs makes files of the size that zlib's level 1 makes, which is what nibabel
/// takes, in half the time. (Level 1 of zlib-rs is faster still, and a quarter larger.)
const LEVEL: u32 = 2;

/// More threads than this wait for the one that writes.
const MOST_THREADS: usize = 8;

/// Magic, deflate, no flags, no time, fastest, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
/// The end of the stream: an empty block of fixed codes that says that it is the last.
const END: [u8; 2] = [3, 0];

/// What one thread is given, and what it gives back: the block, to be used again, and its bytes.
struct Worker {
    jobs: Sender<Vec<u8>>,
    done: Receiver<io::Result<(Vec<u8>, Vec<u8>)>>,
}

/// A gzip file in the making.
pub(super) struct Gzip<W: Write> {
    out: W,
    workers: Vec<Worker>,
    /// Blocks handed out, and those that came back.
    handed: usize,
    written: usize,
    block: Vec<u8>,
    spare: Vec<Vec<u8>>,
    checksum: crc32fast::Hasher,
    size: u32,
}

impl<W: Write> Gzip<W> {
    /// Begins a file of about so many uncompressed bytes, with threads that end with the scope.
    ///
    /// They are made for each file: threads that are kept are gone after a fork.
    pub(super) fn begin<'scope>(
        mut out: W,
        total: u64,
        scope: &'scope Scope<'scope, '_>,
    ) -> io::Result<Gzip<W>> {
        out.write_all(&HEADER)?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let blocks = usize::try_from(total / BLOCK as u64).unwrap_or(usize::MAX);
        let threads = cores.min(MOST_THREADS).min(blocks + 1);
        let workers = (0..threads)
            .map(|_| Worker::start(scope))
            .collect::<io::Result<_>>()?;
        Ok(Gzip {
            out,
            workers,
            handed: 0,
            written: 0,
            block: Vec::with_capacity(BLOCK),
            spare: Vec::new(),
            checksum: crc32fast::Hasher::new(),
            size: 0,
        })
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.checksum.update(bytes);
        self.size = self.size.wrapping_add(bytes.len() as u32); // modulo 2^32, as gzip has it
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.block.len()));
            self.block.extend_from_slice(now);
            bytes = later;
            if self.block.len() == BLOCK {
                self.hand_out()?;
            }
        }
        Ok(())
    }

    /// Writes what is left, and gives back what it was written to.
    pub(super) fn finish(mut self) -> io::Result<W> {
        if !self.block.is_empty() {
            self.hand_out()?;
        }
        while self.written < self.handed {
            self.take_back()?;
        }
        self.out.write_all(&END)?;
        self.out
            .write_all(&self.checksum.finalize().to_le_bytes())?;
        self.out.write_all(&self.size.to_le_bytes())?;
        Ok(self.out)
    }

    fn hand_out(&mut self) -> io::Result<()> {
        // Two blocks for each thread: it never waits, and memory is bounded.
        if self.handed - self.written >= 2 * self.workers.len() {
            self.take_back()?;
        }
        let next = self
            .spare
            .pop()
            .unwrap_or_else(|| Vec::with_capacity(BLOCK));
        let block = std::mem::replace(&mut self.block, next);
        let worker = &self.workers[self.handed % self.workers.len()];
        worker.jobs.send(block).map_err(|_| gone())?;
        self.handed += 1;
        Ok(())
    }

    /// In the order in which they were handed out.
    fn take_back(&mut self) -> io::Result<()> {
        let worker = &self.workers[self.written % self.workers.len()];
        let (mut block, compressed) = worker.done.recv().map_err(|_| gone())??;
        self.out.write_all(&compressed)?;
        block.clear();
        self.spare.push(block);
        self.written += 1;
        Ok(())
    }
}

fn gone() -> io::Error {
    io::Error::other("a thread that compressed has ended early")
}

impl Worker {
    fn start<'scope>(scope: &'scope Scope<'scope, '_>) -> io::Result<Worker> {
        let (jobs, todo) = channel::<Vec<u8>>();
        let (give, done) = channel();
        let work = move || {
            let mut stream = Compress::new(Compression::new(LEVEL), false);
            for block in todo {
                let compressed = compress(&mut stream, &block);
                if give.send(compressed.map(|bytes| (block, bytes))).is_err() {
                    return; // nobody wants the rest
                }
            }
        };
        std::thread::Builder::new().spawn_scoped(scope, work)?;
        Ok(Worker { jobs, done })
    }
}

/// The block as a part of a deflate stream that begins and ends at a whole byte.
fn compress(stream: &mut Compress, block: &[u8]) -> io::Result<Vec<u8>> {
    stream.reset();
    let mut bytes = Vec::with_capacity(block.len() + block.len() / 64 + 64);
    loop {
        let taken = stream.total_in() as usize;
        let status = stream.compress_vec(&block[taken..], &mut bytes, FlushCompress::Sync);
        if !matches!(status, Ok(Status::Ok)) {
            return Err(io::Error::other(format!("deflate failed: {status:?}")));
        }
        // Room that is left says that nothing waits to be given.
        if stream.total_in() as usize == block.len() && bytes.len() < bytes.capacity() {
            return Ok(bytes);
        }
        bytes.reserve(block.len() / 8 + 64);
    }
}
