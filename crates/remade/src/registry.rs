//! What is known of an object for as long as it lives?
//!
//! Objects are known by identity, through their address and a weak reference: addresses are used
//! again, so what stands at one is believed only while its reference still means the very object
//! that is asked for. Nothing is done when an object dies; the dead are swept while new ones come in.
//!
//! Whatever is no longer needed is let go when the lock is free again: that may run code of others,
//! which may ask the registry.

mod address;

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::sync::{Mutex, PoisonError};

pub use address::{AddressHasher, ByAddress};

/// A reference that keeps nothing alive, and is only asked what it means.
pub trait Weak {
    /// Whoever has a reference to one keeps it alive.
    type Object;

    /// Where the object lies: no two lie at one address at the same time.
    fn address(object: &Self::Object) -> usize;

    /// The address of the object that this was made for, while that lives. Asked under the lock: it
    /// runs no code of others, and lets nothing go.
    fn target(&self) -> Option<usize>;
}

/// What keeps others out. A trait, so that tests can put a lock in that tries every order.
pub trait Lock {
    /// What is behind it.
    type Guarded;

    /// Does something while nobody else can.
    fn with<R>(&self, action: impl FnOnce(&mut Self::Guarded) -> R) -> R;
}

impl<T> Lock for Mutex<T> {
    type Guarded = T;

    #[inline]
    fn with<R>(&self, action: impl FnOnce(&mut T) -> R) -> R {
        action(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One table for all threads. What it is given to do under its lock runs no code of others.
pub struct Registry<L>(L);

impl<L> Registry<L> {
    /// A registry of what is in the table behind this lock.
    pub const fn new(lock: L) -> Registry<L> {
        Registry(lock)
    }
}

impl<W: Weak, T, L: Lock<Guarded = Table<W, T>>> Registry<L> {
    /// Looks at what is known of this object. Constant cost.
    #[inline]
    pub fn find<R>(&self, object: &W::Object, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.0.with(|table| table.get(object).map(look))
    }

    /// From now on this is known of the object. Where something was known already, `merge` puts the
    /// new to it, and gives back what of both is not needed any more.
    pub fn remember(
        &self,
        object: &W::Object,
        weak: W,
        new: T,
        merge: impl FnOnce(&mut T, T) -> T,
    ) {
        let discarded = self.0.with(|table| {
            let swept = table.sweep();
            let replaced = table.put(object, Entry { weak, known: new }, merge);
            (swept, replaced)
        });
        drop(discarded); // with the lock free
    }

    /// Ends all that is known of the object.
    pub fn forget(&self, object: &W::Object) {
        let discarded = self
            .0
            .with(|table| table.by_address.remove(&W::address(object)));
        drop(discarded); // with the lock free
    }

    /// Ends the part of what is known that `take` takes out, and all where that leaves it empty.
    pub fn forget_part(
        &self,
        object: &W::Object,
        take: impl FnOnce(&mut T) -> T,
        is_empty: impl FnOnce(&T) -> bool,
    ) {
        let discarded = self.0.with(|table| {
            let Occupied(mut found) = table.by_address.entry(W::address(object)) else {
                return None;
            };
            if !found.get().means(object) {
                return None;
            }
            let known = &mut found.get_mut().known;
            let taken = take(known);
            let emptied = is_empty(known).then(|| found.remove());
            Some((taken, emptied))
        });
        drop(discarded); // with the lock free
    }

    /// What `get` makes of the references, where it makes something of them.
    pub fn living<R>(&self, get: impl FnMut(&W) -> Option<R>) -> Vec<R> {
        self.0.with(|table| {
            let weak = table.by_address.values().map(|entry| &entry.weak);
            weak.filter_map(get).collect()
        })
    }

    /// How many are known, the dead included that no sweep has found yet.
    pub fn count(&self) -> usize {
        self.0.with(|table| table.by_address.len())
    }
}

/// What is known of objects, by their address.
pub struct Table<W, T> {
    by_address: HashMap<usize, Entry<W, T>, ByAddress>,
    sweep_at: usize,
    least: usize,
}

struct Entry<W, T> {
    weak: W,
    known: T,
}

impl<W: Weak, T> Entry<W, T> {
    #[inline]
    fn means(&self, object: &W::Object) -> bool {
        self.weak.target() == Some(W::address(object))
    }
}

impl<W, T> Table<W, T> {
    /// An empty one.
    pub const fn new() -> Table<W, T> {
        Table::sweeping_from(64)
    }

    /// An empty one that looks for the dead only when at least so many are known.
    pub const fn sweeping_from(least: usize) -> Table<W, T> {
        Table {
            by_address: HashMap::with_hasher(ByAddress::new()),
            sweep_at: least,
            least,
        }
    }
}

impl<W, T> Default for Table<W, T> {
    fn default() -> Table<W, T> {
        Table::new()
    }
}

impl<W: Weak, T> Table<W, T> {
    #[inline]
    fn get(&self, object: &W::Object) -> Option<&T> {
        let entry = self.by_address.get(&W::address(object))?;
        entry.means(object).then_some(&entry.known)
    }

    /// Gives back what is not needed any more.
    fn put(
        &mut self,
        object: &W::Object,
        new: Entry<W, T>,
        merge: impl FnOnce(&mut T, T) -> T,
    ) -> Option<Entry<W, T>> {
        match self.by_address.entry(W::address(object)) {
            Vacant(place) => {
                place.insert(new);
                None
            }
            Occupied(mut found) if found.get().means(object) => Some(Entry {
                weak: new.weak,
                known: merge(&mut found.get_mut().known, new.known),
            }),
            Occupied(mut dead) => Some(dead.insert(new)),
        }
    }

    /// Takes out the dead, when there may be as many as the living.
    fn sweep(&mut self) -> Vec<Entry<W, T>> {
        if self.by_address.len() < self.sweep_at {
            return Vec::new();
        }
        let dead = self
            .by_address
            .extract_if(|_, entry| entry.weak.target().is_none())
            .map(|(_, entry)| entry)
            .collect();
        self.sweep_at = self.least.max(self.by_address.len() * 2);
        dead
    }
}
