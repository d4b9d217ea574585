//! Has the kernel left a note?
//!
//! There is one queue for a process, for the folders of all functions that are worth it. To ask whether a
//! note waits in it takes nothing out: so threads do not wait for each other, and only whoever finds notes
//! reads them, as the one who does.

use super::Moment;
use super::bell::Bell;
use super::home::Home;
use crate::seam::{Operation, ask};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use std::io;
use std::mem::MaybeUninit;
use std::num::NonZeroU64;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// After these another folder may lie where the watched one did; and a full queue has dropped notes.
const ENDS: ReadFlags = ReadFlags::MOVE_SELF
    .union(ReadFlags::DELETE_SELF)
    .union(ReadFlags::UNMOUNT)
    .union(ReadFlags::IGNORED)
    .union(ReadFlags::QUEUE_OVERFLOW);

/// The one of this process.
static CURRENT: Mutex<Weak<Queue>> = Mutex::new(Weak::new());

/// The moments of a queue are counted from here; each has room for more changes than there will be.
static BEGINNINGS: AtomicU64 = AtomicU64::new(0);
const ROOM: u64 = 1 << 40;

/// Notes about changes in some folders.
#[derive(Debug)]
pub(super) struct Queue {
    notes: OwnedFd,
    bell: Bell,
    home: Home,
    /// The moment. It is odd while somebody has taken notes out of the queue and not yet told.
    moment: AtomicU64,
    reader: Mutex<()>,
    over: AtomicBool,
}

impl Queue {
    /// The queue of this process. None: there is none to be had now.
    pub(super) fn of_this_process() -> Option<Arc<Queue>> {
        // Never waits: in the child of a fork nobody may ever give it back.
        let mut current = CURRENT.try_lock().ok()?;
        if let Some(queue) = current.upgrade().filter(|queue| !queue.is_over()) {
            return Some(queue);
        }
        let queue = Arc::new(Queue::new().ok()?);
        *current = Arc::downgrade(&queue);
        Some(queue)
    }

    fn new() -> io::Result<Queue> {
        let beginning = BEGINNINGS.fetch_add(ROOM, Ordering::Relaxed);
        let notes = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        Ok(Queue {
            home: Home::new()?,
            bell: Bell::on(&notes)?,
            notes,
            moment: AtomicU64::new(beginning + 2),
            reader: Mutex::default(),
            over: AtomicBool::new(false),
        })
    }

    /// Asks for notes about this very folder, whatever its name leads to by now.
    pub(super) fn add(&self, folder: &OwnedFd, changes: WatchFlags) -> io::Result<()> {
        let itself = format!("/proc/self/fd/{}", folder.as_raw_fd());
        let flags = changes | WatchFlags::ONLYDIR | WatchFlags::MASK_ADD;
        inotify::add_watch(&self.notes, itself, flags)?;
        Ok(())
    }

    /// This moment. None: look for yourself.
    #[inline]
    pub(super) fn moment(&self) -> Option<Moment> {
        // Once more after notes were read. Where they keep coming, a look is the better way.
        for _ in 0..2 {
            if self.is_over() {
                return None;
            }
            let before = self.moment.load(Ordering::SeqCst);
            ask(Operation::Notes).ok()?;
            if self.bell.rings(&self.notes).ok()? {
                self.read();
                continue;
            }
            ask(Operation::Notes).ok()?;
            // The queue was empty, and nobody was carrying notes away from it at that time.
            let is_whole = before.is_multiple_of(2) && self.moment.load(Ordering::SeqCst) == before;
            return NonZeroU64::new(before).filter(|_| is_whole).map(Moment);
        }
        None
    }

    /// Whether it never answers again: it told of something that ends it, or this is another process.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst) || !self.home.is_here()
    }

    /// Takes the notes out, unless somebody else does. What they say of records is not looked at:
    /// everything known is looked at once more.
    #[cold]
    fn read(&self) {
        let Ok(_turn) = self.reader.try_lock() else {
            return;
        };
        self.moment.fetch_add(1, Ordering::SeqCst);
        let _ = ask(Operation::Notes);
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut notes = Reader::new(&self.notes, &mut buffer);
        loop {
            match notes.next() {
                Ok(note) if note.events().intersects(ENDS) => {
                    self.over.store(true, Ordering::SeqCst);
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(_) => {
                    self.over.store(true, Ordering::SeqCst);
                    break;
                }
            }
        }
        let _ = ask(Operation::Notes);
        self.moment.fetch_add(1, Ordering::SeqCst);
    }
}
