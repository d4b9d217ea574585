//! Does a note wait in the queue?
//!
//! `epoll` answers that in half the time of a question to the queue itself: it keeps a list of what
//! has something to tell, which the kernel fills in the same breath as the queue, and only looks whether
//! it is empty. But while one thread is being told, another may be told nothing although a note waits: the
//! list is empty for a moment in between. So one thread at a time asks `epoll`, and whoever comes
//! meanwhile asks the queue. Nobody waits.

use crate::seam::{Operation, ask};
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::ioctl_fionread;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};

/// Rings as long as a note waits.
#[derive(Debug)]
pub(super) struct Bell {
    list: OwnedFd,
    is_asked: AtomicBool,
}

const AT_ONCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};

impl Bell {
    pub(super) fn on(notes: &OwnedFd) -> io::Result<Bell> {
        let list = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&list, notes, EventData::new_u64(0), EventFlags::IN)?;
        Ok(Bell {
            list,
            is_asked: AtomicBool::new(false),
        })
    }

    #[inline]
    pub(super) fn rings(&self, notes: &OwnedFd) -> io::Result<bool> {
        if self.is_asked.swap(true, Ordering::Acquire) {
            return Ok(ioctl_fionread(notes)? > 0);
        }
        let asked = ask(Operation::Notes).and_then(|()| {
            let mut found = [MaybeUninit::uninit()];
            let (found, _) = epoll::wait(&self.list, &mut found, Some(&AT_ONCE))?;
            Ok(!found.is_empty())
        });
        self.is_asked.store(false, Ordering::Release);
        asked
    }
}
