//! How are bytes compressed, on all cores?
//!
//! One gzip member whose deflate stream is made of blocks that were compressed for themselves, each
//! ended by an empty stored block (a sync flush), so that they can stand one behind the other. Every
//! reader takes that for what it is: one stream. What is written depends on the bytes alone, not on
//! the time, the name, or how many threads there were.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use flate2::{Compress, Compression, FlushCompress, Status};

/// What is compressed at a time. Starting anew costs less than two thousandths of the size here,
/// and the threads end within the time of one block of each other.
const BLOCK: usize = 128 * 1024;

/// This level of zlib-rs makes files of the size that zlib's level 1 makes, which is what nibabel
/// takes, in half the time. (Level 1 of zlib-rs is faster still, and a quarter larger.)
const LEVEL: u32 = 2;

/// More threads than this wait for the one that writes.
const MOST_THREADS: usize = 8;

/// Blocks under way for each thread: none waits for its next one, and memory is bounded.
const AHEAD: usize = 4;

/// Magic, deflate, no flags, no time, fastest, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
/// The end of the stream: an empty block of fixed codes that says that it is the last.
const END: [u8; 2] = [3, 0];

/// A block on its way: its bytes, then what they were compressed to. Both are used again.
#[derive(Default)]
struct Block {
    plain: Vec<u8>,
    compressed: Vec<u8>,
}

/// A block for whichever thread is free, and where to give it back.
type Job = (Block, SyncSender<io::Result<Block>>);

/// A gzip file in the making.
pub(super) struct Gzip<W: Write> {
    out: W,
    jobs: SyncSender<Job>,
    /// One for each block that was handed out, in their order.
    done: VecDeque<Receiver<io::Result<Block>>>,
    /// How many may be handed out.
    ahead: usize,
    block: Block,
    spare: Vec<Block>,
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
        let ahead = AHEAD * threads;
        let (jobs, todo) = sync_channel(ahead);
        let todo = Arc::new(Mutex::new(todo));
        for thread in 0..threads {
            let todo = todo.clone();
            let started = std::thread::Builder::new().spawn_scoped(scope, move || work(&todo));
            match started {
                Err(error) if thread == 0 => return Err(error),
                Err(_) => break, // those that there are do it all
                Ok(_) => {}
            }
        }
        Ok(Gzip {
            out,
            jobs,
            done: VecDeque::with_capacity(ahead),
            ahead,
            block: Block::default(),
            spare: Vec::new(),
            checksum: crc32fast::Hasher::new(),
            size: 0,
        })
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.checksum.update(bytes);
        self.size = self.size.wrapping_add(bytes.len() as u32); // modulo 2^32, as gzip has it
        while !bytes.is_empty() {
            let block = &mut self.block.plain;
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - block.len()));
            block.extend_from_slice(now);
            bytes = later;
            if block.len() == BLOCK {
                self.hand_out()?;
            }
        }
        Ok(())
    }

    /// Writes what is left, and gives back what it was written to.
    pub(super) fn finish(mut self) -> io::Result<W> {
        if !self.block.plain.is_empty() {
            self.hand_out()?;
        }
        while let Some(first) = self.done.pop_front() {
            self.put(first.recv().map_err(|_| gone())??)?;
        }
        self.out.write_all(&END)?;
        self.out
            .write_all(&self.checksum.finalize().to_le_bytes())?;
        self.out.write_all(&self.size.to_le_bytes())?;
        Ok(self.out)
    }

    fn hand_out(&mut self) -> io::Result<()> {
        self.take_back()?;
        let next = self.spare.pop().unwrap_or_default();
        let block = std::mem::replace(&mut self.block, next);
        let (give, done) = sync_channel(1);
        self.jobs.send((block, give)).map_err(|_| gone())?;
        self.done.push_back(done);
        Ok(())
    }

    /// Writes what is compressed, in the order in which it was handed out; waits where too much is
    /// under way.
    fn take_back(&mut self) -> io::Result<()> {
        while let Some(first) = self.done.front() {
            let block = match first.try_recv() {
                Ok(block) => block?,
                Err(TryRecvError::Empty) if self.done.len() < self.ahead => return Ok(()),
                Err(_) => first.recv().map_err(|_| gone())??,
            };
            self.done.pop_front();
            self.put(block)?;
        }
        Ok(())
    }

    fn put(&mut self, mut block: Block) -> io::Result<()> {
        self.out.write_all(&block.compressed)?;
        block.plain.clear();
        block.compressed.clear();
        self.spare.push(block);
        Ok(())
    }
}

fn gone() -> io::Error {
    io::Error::other("a thread that compressed has ended early")
}

/// One thread: takes the next block until there are no more.
fn work(todo: &Mutex<Receiver<Job>>) {
    let mut stream = Compress::new(Compression::new(LEVEL), false);
    loop {
        let next = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((mut block, give)) = next else { return };
        let compressed = compress(&mut stream, &mut block);
        // Where nobody wants it any more, the others are wanted no more either.
        if give.send(compressed.map(|()| block)).is_err() {
            return;
        }
    }
}

/// The block as a part of a deflate stream that begins and ends at a whole byte.
fn compress(stream: &mut Compress, block: &mut Block) -> io::Result<()> {
    stream.reset();
    let Block { plain, compressed } = block;
    compressed.reserve(BLOCK + BLOCK / 64 + 64);
    loop {
        let taken = stream.total_in() as usize;
        let status = stream.compress_vec(&plain[taken..], compressed, FlushCompress::Sync);
        if !matches!(status, Ok(Status::Ok)) {
            return Err(io::Error::other(format!("deflate failed: {status:?}")));
        }
        // Room that is left says that nothing waits to be given.
        if stream.total_in() as usize == plain.len() && compressed.len() < compressed.capacity() {
            return Ok(());
        }
        compressed.reserve(plain.len() / 8 + 64);
    }
}
