//! Objects that die, and whose addresses are used again at once; weak references to them; and a
//! registry of what is known of them, behind a lock that a scheduler watches.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak as Unowned};

use remade::registry::{Lock, Registry, Table, Weak};

/// Where does a new object lie?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// Where one lay that died; the last one first, as in most heaps.
    UsedAgain,
    /// Where none ever lay.
    New,
}

/// Where objects lie. Its lock is not watched: it is held for no longer than a look takes.
pub(crate) struct Heap {
    places: Mutex<Places>,
    addresses: Addresses,
}

impl Heap {
    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap()
    }
}

#[derive(Default)]
struct Places {
    /// Addresses of the living, by their number.
    living: BTreeMap<usize, usize>,
    free: Vec<usize>,
    born: usize,
    most: usize,
}

/// An object. It lives for as long as somebody holds it.
pub(crate) struct Object {
    address: usize,
    number: usize,
    heap: Arc<Heap>,
}

impl Object {
    fn born_in(heap: &Arc<Heap>) -> Object {
        let mut places = heap.places();
        let number = places.born;
        // An address as high as the number was given to no other one.
        let address = places.free.pop().unwrap_or(number);
        places.born += 1;
        places.living.insert(number, address);
        places.most = places.most.max(places.living.len());
        Object {
            address,
            number,
            heap: heap.clone(),
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        let mut places = self.heap.places();
        places.living.remove(&self.number);
        if self.heap.addresses == Addresses::UsedAgain {
            places.free.push(self.address);
        }
    }
}

/// Asks the registry when it is let go, as code of others may.
struct Asks(Unowned<World>);

impl Drop for Asks {
    fn drop(&mut self) {
        // What failed already must not fail again while it unwinds.
        if !std::thread::panicking()
            && let Some(world) = self.0.upgrade()
        {
            world.registry.count();
        }
    }
}

pub(crate) struct Reference {
    number: usize,
    heap: Arc<Heap>,
    _asks: Asks,
}

impl Weak for Reference {
    type Object = Object;

    fn address(object: &Object) -> usize {
        object.address
    }

    fn target(&self) -> Option<usize> {
        self.heap.places().living.get(&self.number).copied()
    }
}

/// Something that is known of an object.
pub(crate) struct Part {
    number: usize,
    version: usize,
    _asks: Asks,
}

type Known = Table<Reference, Vec<Part>>;

pub(crate) struct Watched(shuttle::sync::Mutex<Known>);

impl Lock for Watched {
    type Guarded = Known;

    fn with<R>(&self, action: impl FnOnce(&mut Known) -> R) -> R {
        action(&mut self.0.lock().unwrap())
    }
}

/// A heap, and what is known of the objects in it.
pub(crate) struct World {
    heap: Arc<Heap>,
    registry: Registry<Watched>,
}

impl World {
    pub(crate) fn new(addresses: Addresses) -> Arc<World> {
        let places = Mutex::default();
        let table = Table::sweeping_from(1);
        Arc::new(World {
            heap: Arc::new(Heap { places, addresses }),
            registry: Registry::new(Watched(shuttle::sync::Mutex::new(table))),
        })
    }

    /// The table has room for the living and as many dead, and one at least.
    pub(crate) fn stays_small(&self) {
        let most = self.heap.places().most;
        assert!(self.registry.count() <= most * 2, "the dead are not swept");
    }

    /// How many objects are known and alive.
    pub(crate) fn living(&self) -> usize {
        self.registry.living(Reference::target).len()
    }
}

/// An object that is held, and what must be known of it.
pub(crate) struct Held {
    world: Arc<World>,
    object: Object,
    expected: Mutex<Vec<usize>>,
}

/// More than this is not known of one object.
const MOST_PARTS: usize = 2;

impl Held {
    pub(crate) fn new(world: &Arc<World>) -> Held {
        Held {
            world: world.clone(),
            object: Object::born_in(&world.heap),
            expected: Mutex::default(),
        }
    }

    pub(crate) fn is_known(&self) -> bool {
        !self.expected.lock().unwrap().is_empty()
    }

    /// This version, too.
    pub(crate) fn remember(&self, version: usize) {
        let asks = || Asks(Arc::downgrade(&self.world));
        let number = self.object.number;
        let reference = Reference {
            number,
            heap: self.world.heap.clone(),
            _asks: asks(),
        };
        let part = Part {
            number,
            version,
            _asks: asks(),
        };
        let merge = |known: &mut Vec<Part>, mut new: Vec<Part>| {
            assert!(known.iter().all(|part| part.number == number));
            known.append(&mut new);
            let surplus = known.len().saturating_sub(MOST_PARTS);
            new.extend(known.drain(..surplus));
            new
        };
        let registry = &self.world.registry;
        registry.remember(&self.object, reference, vec![part], merge);
        let mut expected = self.expected.lock().unwrap();
        expected.push(version);
        if expected.len() > MOST_PARTS {
            expected.remove(0);
        }
    }

    /// Exactly what was remembered of this very object is known.
    pub(crate) fn find(&self) {
        let look = |parts: &Vec<Part>| -> Vec<_> {
            let told = |part: &Part| (part.number, part.version);
            parts.iter().map(told).collect()
        };
        let found = self.world.registry.find(&self.object, look);
        let expected = self.expected.lock().unwrap();
        let told = |&version| (self.object.number, version);
        let expected: Vec<_> = expected.iter().map(told).collect();
        assert_eq!(found, (!expected.is_empty()).then_some(expected));
    }

    pub(crate) fn forget(&self) {
        self.world.registry.forget(&self.object);
        self.expected.lock().unwrap().clear();
    }

    /// No longer what came last.
    pub(crate) fn forget_last(&self) {
        let number = self.object.number;
        let last = |parts: &mut Vec<Part>| {
            assert!(parts.iter().all(|part| part.number == number));
            parts.pop().into_iter().collect()
        };
        let registry = &self.world.registry;
        registry.forget_part(&self.object, last, Vec::is_empty);
        self.expected.lock().unwrap().pop();
    }
}
