//! Which errors may an operation of the file system answer with, and how is it made to?

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::rc::Rc;

use remade::seam::{self, Operation};
use rustix::io::Errno;

/// What an operation may answer when it fails.
pub fn errors_of(operation: Operation<'_>) -> &'static [Errno] {
    use Operation as O;
    const FULL: [Errno; 5] = [
        Errno::NOSPC,
        Errno::DQUOT,
        Errno::IO,
        Errno::ROFS,
        Errno::ACCESS,
    ];
    match operation {
        O::Look(_) => &[Errno::IO, Errno::ACCESS, Errno::STALE],
        O::LookAt(_) => &[Errno::IO, Errno::STALE],
        O::List(_) => &[Errno::IO, Errno::ACCESS, Errno::MFILE, Errno::STALE],
        O::Open(_) => &[
            Errno::IO,
            Errno::ACCESS,
            Errno::MFILE,
            Errno::NFILE,
            Errno::NOENT,
            Errno::INTR,
            Errno::STALE,
        ],
        O::Read(_) => &[Errno::IO, Errno::STALE],
        O::MakeFolder(_) => &FULL,
        O::Create(_) | O::Append(_) => &[
            Errno::NOSPC,
            Errno::DQUOT,
            Errno::IO,
            Errno::ROFS,
            Errno::ACCESS,
            Errno::MFILE,
            Errno::INTR,
            Errno::NOENT,
            Errno::STALE,
        ],
        O::Write(..) => &[Errno::NOSPC, Errno::DQUOT, Errno::IO, Errno::FBIG],
        O::Allocate(..) => &[Errno::NOSPC, Errno::DQUOT],
        O::Trim(..) => &[Errno::IO, Errno::NOSPC],
        O::SetTime(..) => &[Errno::IO, Errno::PERM, Errno::ROFS],
        O::Sync(_) => &[Errno::IO, Errno::NOSPC, Errno::DQUOT],
        O::SyncFolder(_) => &[Errno::IO, Errno::NOSPC, Errno::ACCESS, Errno::INVAL],
        O::Close(_) => &[Errno::IO, Errno::NOSPC, Errno::DQUOT, Errno::INTR],
        O::Rename(..) => &[
            Errno::NOSPC,
            Errno::DQUOT,
            Errno::IO,
            Errno::ROFS,
            Errno::ACCESS,
            Errno::XDEV,
            Errno::BUSY,
            Errno::NOENT,
            Errno::STALE,
        ],
        O::Link(..) => &[
            Errno::NOSPC,
            Errno::IO,
            Errno::PERM,
            Errno::MLINK,
            Errno::XDEV,
            Errno::OPNOTSUPP,
        ],
        O::Remove(_) | O::RemoveFolder(_) => &[Errno::IO, Errno::ACCESS, Errno::BUSY, Errno::ROFS],
        O::OpenLock(_) => &[
            Errno::NOSPC,
            Errno::IO,
            Errno::ROFS,
            Errno::ACCESS,
            Errno::MFILE,
            Errno::NOENT,
        ],
        O::Lock(_) => &[Errno::NOLCK, Errno::INTR, Errno::IO, Errno::OPNOTSUPP],
        O::Unlock(_) => &[Errno::IO],
        O::Notes => &[Errno::NOMEM],
    }
}

/// Which operations fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// From which on, counted from 0.
    pub at: usize,
    pub error: Errno,
    /// And all after it that can answer so.
    pub for_ever: bool,
}

/// All that can go wrong while `work` is done: it is done once to see.
pub fn faults_of(work: impl FnOnce()) -> Vec<Fault> {
    let met = Rc::new(RefCell::new(Vec::new()));
    let seen = met.clone();
    let note = move |operation: Operation<'_>| {
        seen.borrow_mut().push(errors_of(operation));
        Ok(())
    };
    seam::watch(note, work);
    let met = met.borrow();
    met.iter()
        .enumerate()
        .flat_map(|(at, errors)| errors.iter().map(move |error| (at, *error)))
        .flat_map(|(at, error)| {
            [false, true].map(|for_ever| Fault {
                at,
                error,
                for_ever,
            })
        })
        .collect()
}

/// More operations than any call has.
const MOST: usize = 100_000;

/// Does `work` on such a disk. Tells whether anything failed.
pub fn with_fault<T>(fault: Fault, work: impl FnOnce() -> T) -> (T, bool) {
    let failed = Rc::new(Cell::new(false));
    let (told, count) = (failed.clone(), Cell::new(0));
    let fail = move |operation: Operation<'_>| {
        let at = count.replace(count.get() + 1);
        assert!(at < MOST, "it goes on and on");
        let is_hit = if fault.for_ever {
            at >= fault.at && errors_of(operation).contains(&fault.error)
        } else {
            at == fault.at
        };
        if !is_hit {
            return Ok(());
        }
        told.set(true);
        if let Operation::Write(mut file, bytes) = operation {
            // A disk is full in the middle.
            let _ = file.write_all(&bytes[..bytes.len() / 2]);
        }
        Err(io::Error::from(fault.error))
    };
    let done = seam::watch(fail, work);
    (done, failed.get())
}
