//! What may be on a disk after the power went off?
//!
//! A [`Log`] is all that was done to the disk, with the data. A crash at any point of it leaves what
//! had been synced, and of the rest any part: files that are empty, cut, or full of zeros though
//! their size and time are right, and names that were made, moved or removed, or were not. Folders
//! lose names as files lose bytes. One rename is done or not done, never half.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, FileTimes};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use super::torture::Dice;
use remade::seam::{self, Disk, Operation};

/// The number of a file in the log.
type Id = usize;

#[derive(Debug, Clone)]
enum Event {
    Create(PathBuf, Id),
    Write(Id, Vec<u8>),
    SetTime(Id, SystemTime),
    Sync(Id),
    MakeFolder(PathBuf),
    SyncFolder(PathBuf),
    Rename(PathBuf, PathBuf, Id),
    Link(PathBuf, Id),
    Remove(PathBuf),
}

/// How much a file system keeps in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Names reach the disk in the order in which they were changed, as with a journal.
    OfNames,
    /// Nothing that was not synced is in any order.
    None,
}

/// All that was done below one folder.
pub struct Log {
    root: PathBuf,
    events: Vec<Event>,
    names: BTreeMap<PathBuf, Id>,
    /// The numbers that the files had.
    inodes: Vec<u64>,
}

impl Log {
    pub fn new(root: &Path) -> Rc<RefCell<Log>> {
        Rc::new(RefCell::new(Log {
            root: root.to_owned(),
            events: Vec::new(),
            names: BTreeMap::new(),
            inodes: Vec::new(),
        }))
    }

    /// Does `work` and notes what it does.
    pub fn record<T>(this: &Rc<RefCell<Log>>, work: impl FnOnce() -> T) -> T {
        let log = this.clone();
        let note = move |operation: Operation<'_>| {
            log.borrow_mut().note(operation);
            Ok(())
        };
        seam::watch(note, work)
    }

    pub fn len(&self) -> usize {
        self.events.len()
    }

    fn note(&mut self, operation: Operation<'_>) {
        let event = match operation {
            Operation::Create(path) => self.create(path),
            Operation::Append(path) if !self.names.contains_key(path) => self.create(path),
            Operation::Write(file, bytes) => {
                let id = self.id_of(file);
                id.map(|id| Event::Write(id, bytes.to_owned()))
            }
            Operation::SetTime(file, time) => self.id_of(file).map(|id| Event::SetTime(id, time)),
            Operation::Sync(file) => self.id_of(file).map(Event::Sync),
            Operation::MakeFolder(path) => Some(Event::MakeFolder(path.to_owned())),
            Operation::SyncFolder(path) => Some(Event::SyncFolder(path.to_owned())),
            Operation::Rename(from, to) => self.names.remove(from).map(|id| {
                self.names.insert(to.to_owned(), id);
                Event::Rename(from.to_owned(), to.to_owned(), id)
            }),
            Operation::Link(from, to) if !self.names.contains_key(to) => {
                self.names.get(from).copied().map(|id| {
                    self.names.insert(to.to_owned(), id);
                    Event::Link(to.to_owned(), id)
                })
            }
            Operation::Remove(path) => {
                let removed = self.names.remove(path);
                removed.map(|_| Event::Remove(path.to_owned()))
            }
            _ => None,
        };
        self.events.extend(event);
    }

    fn create(&mut self, path: &Path) -> Option<Event> {
        let id = self.inodes.len();
        self.inodes.push(0);
        self.names.insert(path.to_owned(), id);
        Some(Event::Create(path.to_owned(), id))
    }

    fn id_of(&mut self, file: &File) -> Option<Id> {
        let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
        let id = *self.names.get(&path)?;
        self.inodes[id] = file.metadata().unwrap().ino();
        Some(id)
    }

    /// Puts into an empty folder what a crash after so many events may leave. Tells what a process
    /// that looks there should take it for.
    pub fn crash(&self, after: usize, order: Order, dice: &mut Dice, folder: &Path) -> Disk {
        let names = self.names_left(after, order, dice);
        let mut disk = Disk {
            boot: "another start of the machine",
            dead: std::process::id(),
            inodes: HashMap::new(),
        };
        let mut made: HashMap<Id, PathBuf> = HashMap::new();
        // Often all arrived, or nearly all: what is torn everywhere is never believed.
        let torn = dice.below(5);
        for (path, id) in &names {
            let path = folder.join(path.strip_prefix(&self.root).unwrap());
            let Some(id) = id else {
                fs::create_dir(&path).unwrap();
                continue;
            };
            if let Some(first) = made.get(id) {
                fs::hard_link(first, &path).unwrap();
                continue;
            }
            let (data, time) = self.content_left(*id, after, dice.below(5) < torn, dice);
            fs::write(&path, &data).unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            if let Some(time) = time {
                file.set_times(FileTimes::new().set_modified(time)).unwrap();
            }
            let inode = file.metadata().unwrap().ino();
            disk.inodes.insert(inode, self.inodes[*id]);
            made.insert(*id, path);
        }
        disk
    }

    /// Names, in an order in which folders come before what is in them; None for a folder.
    fn names_left(
        &self,
        after: usize,
        order: Order,
        dice: &mut Dice,
    ) -> BTreeMap<PathBuf, Option<Id>> {
        let events = &self.events[..after];
        // What is certain: all changes in a folder before the last time it was synced.
        let mut synced: HashMap<&Path, usize> = HashMap::new();
        for (place, event) in events.iter().enumerate() {
            if let Event::SyncFolder(path) = event {
                synced.insert(path, place);
            }
        }
        let is_certain = |place: usize, path: &Path| {
            let folder = path.parent().unwrap();
            synced.get(folder).is_some_and(|synced| *synced > place)
        };
        let last_certain = events
            .iter()
            .enumerate()
            .filter(|(place, event)| name_of(event).is_some_and(|path| is_certain(*place, path)))
            .map(|(place, _)| place + 1)
            .max()
            .unwrap_or(0);
        let until = last_certain + dice.below(after - last_certain + 1);
        let one_in = 1 + dice.below(6);
        let mut left: BTreeMap<PathBuf, Option<Id>> = BTreeMap::new();
        for (place, event) in events.iter().enumerate() {
            let Some(path) = name_of(event) else { continue };
            let is_done = match order {
                Order::OfNames => place < until,
                Order::None => is_certain(place, path) || !dice.chance(one_in),
            };
            if !is_done {
                continue;
            }
            match event {
                Event::Create(path, id) | Event::Link(path, id) => {
                    left.insert(path.clone(), Some(*id));
                }
                Event::MakeFolder(path) => {
                    left.insert(path.clone(), None);
                }
                Event::Rename(from, to, id) => {
                    left.remove(from);
                    left.insert(to.clone(), Some(*id));
                }
                Event::Remove(path) => {
                    left.remove(path);
                }
                Event::Write(..) | Event::SetTime(..) | Event::Sync(_) | Event::SyncFolder(_) => {}
            }
        }
        // What lies in a folder that has lost its own name is lost with it.
        let folders = left.clone();
        let has_way = |path: &Path| {
            let above = path.ancestors().skip(1);
            let mut above = above.take_while(|path| **path != self.root);
            above.all(|path| folders.get(path) == Some(&None))
        };
        left.retain(|path, _| has_way(path));
        left
    }

    fn content_left(
        &self,
        id: Id,
        after: usize,
        is_torn: bool,
        dice: &mut Dice,
    ) -> (Vec<u8>, Option<SystemTime>) {
        let mut now = (Vec::new(), None);
        let mut synced = now.clone();
        let mut is_synced = false;
        for event in &self.events[..after] {
            match event {
                Event::Write(one, bytes) if *one == id => {
                    now.0.extend_from_slice(bytes);
                    is_synced = false;
                }
                Event::SetTime(one, time) if *one == id => {
                    now.1 = Some(*time);
                    is_synced = false;
                }
                Event::Sync(one) if *one == id => {
                    synced = now.clone();
                    is_synced = true;
                }
                _ => {}
            }
        }
        if is_synced || !is_torn {
            return now;
        }
        let (mut data, mut time) = now;
        // What was synced stays: only what was written behind it may be torn.
        let first = synced.0.len();
        match dice.below(6) {
            0 => {}
            1 => data.truncate(first),
            2 => data.truncate(first + dice.below(data.len() - first + 1)),
            3 => data[first..].fill(0),
            4 => {
                let from = first + dice.below(data.len() - first + 1);
                data[from..].fill(0);
            }
            _ => {
                // One page never arrived.
                let pages = (data.len() - first).div_ceil(512).max(1);
                let from = first + 512 * dice.below(pages);
                let to = (from + 512).min(data.len());
                data[from.min(to)..to].fill(0);
            }
        }
        if dice.chance(4) {
            time = synced.1;
        }
        (data, time)
    }
}

fn name_of(event: &Event) -> Option<&Path> {
    match event {
        Event::Create(path, _)
        | Event::MakeFolder(path)
        | Event::Rename(_, path, _)
        | Event::Link(path, _)
        | Event::Remove(path) => Some(path),
        Event::Write(..) | Event::SetTime(..) | Event::Sync(_) | Event::SyncFolder(_) => None,
    }
}

/// Empties a folder.
pub fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
