//! Which state is a random generator in, and how is it put into another one?
//!
//! Those of `numpy.random` and `random.Random`, of the exact types. The state is written in one way
//! under every Python and numpy, so that equal states are equal keys, and as a text for the record
//! of a run, so that a reused result can leave the generator where the run left it. The sequence of
//! seeds that a generator can spawn children from is a part of the state, with their number.

mod read;
mod resume;
mod state;

use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use remade::record::MAX_AFTER;
use remade::version::Tag;

use super::{Kind, Survey, Unversioned, Walk, kind, object};
pub(crate) use resume::Resumed;
use state::{MOST_SPAWNED, State};

/// What holds the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RandomKind {
    /// `numpy.random.Generator`, over a bit generator.
    Generator,
    /// `numpy.random.RandomState`, over a bit generator, with a number of its own.
    RandomState,
    /// A bit generator of numpy.
    Bits,
    /// `random.Random`
    Random,
}

/// Bit generators whose state is known field by field.
const BITS: [&str; 5] = ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"];

pub(super) fn of_class(class: &Bound<'_, PyType>) -> Option<Kind> {
    let py = class.py();
    let is = |module: &str, name: &str| {
        kind::imported(py, module)
            .and_then(|module| module.getattr(name).ok())
            .is_some_and(|named| named.is(class))
    };
    if is("random", "Random") {
        return Some(Kind::Random(RandomKind::Random));
    }
    if is("random", "SystemRandom") {
        return Some(Kind::Never(
            "it draws from the operating system and has no state",
        ));
    }
    if is("numpy.random", "Generator") {
        return Some(Kind::Random(RandomKind::Generator));
    }
    if is("numpy.random", "RandomState") {
        return Some(Kind::Random(RandomKind::RandomState));
    }
    let bits = BITS.iter().any(|name| is("numpy.random", name));
    bits.then_some(Kind::Random(RandomKind::Bits))
}

/// The objects that one generator consists of: who shares one of them shares the state.
struct Parts<'py> {
    generator: Bound<'py, PyAny>,
    bits: Option<Bound<'py, PyAny>>,
    seeds: Option<Bound<'py, PyAny>>,
}

impl<'py> Parts<'py> {
    /// None for what is no generator, or is one of another make.
    fn of(value: &Bound<'py, PyAny>) -> PyResult<Option<Parts<'py>>> {
        let py = value.py();
        let Kind::Random(random) = kind::of(value)? else {
            return Ok(None);
        };
        let bits = match random {
            RandomKind::Random => None,
            RandomKind::Bits => Some(value.clone()),
            RandomKind::Generator => Some(value.getattr(intern!(py, "bit_generator"))?),
            RandomKind::RandomState => Some(value.getattr(intern!(py, "_bit_generator"))?),
        };
        let seeds = match &bits {
            None => None,
            Some(bits) if kind::of(bits)? != Kind::Random(RandomKind::Bits) => return Ok(None),
            Some(bits) => {
                // The public name came with numpy 1.25.
                let seeds = match bits.getattr_opt(intern!(py, "seed_seq"))? {
                    None => bits.getattr_opt(intern!(py, "_seed_seq"))?,
                    found => found,
                };
                seeds.filter(|seeds| !seeds.is_none())
            }
        };
        Ok(Some(Parts {
            generator: value.clone(),
            bits,
            seeds,
        }))
    }

    fn objects(&self) -> impl Iterator<Item = &Bound<'py, PyAny>> {
        let parts = [&self.bits, &self.seeds].into_iter().flatten();
        std::iter::once(&self.generator).chain(parts)
    }

    fn is_random_state(&self) -> bool {
        matches!(
            kind::of(&self.generator),
            Ok(Kind::Random(RandomKind::RandomState))
        )
    }

    /// What numpy tells of the state: a dict of its own each time.
    fn told(&self, bits: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let py = bits.py();
        let told = if self.is_random_state() {
            self.generator
                .call_method1(intern!(py, "get_state"), (false,))?
        } else {
            bits.getattr(intern!(py, "state"))?
        };
        Ok(told.cast_into::<PyDict>()?)
    }

    /// None: there is something in it that is not known here.
    fn state(&self) -> PyResult<Option<State>> {
        let mut numbers = Vec::with_capacity(8);
        let Some(bits) = &self.bits else {
            let known = read::python_state(&self.generator, &mut numbers)?;
            return Ok(known.then(|| State {
                bits: String::new(),
                numbers,
                seeds: None,
            }));
        };
        if !read::flatten(&self.told(bits)?, "", &mut numbers)? {
            return Ok(None);
        }
        numbers.sort_by(|one, other| one.0.cmp(&other.0));
        let seeds = match &self.seeds {
            None => None,
            Some(seeds) => match read::seeds(seeds)? {
                None => return Ok(None),
                known => known,
            },
        };
        Ok(Some(State {
            bits: bits.get_type().name()?.to_string(),
            numbers,
            seeds,
        }))
    }
}

impl RandomKind {
    fn name(self) -> &'static str {
        match self {
            RandomKind::Generator => "numpy.random.Generator",
            RandomKind::RandomState => "numpy.random.RandomState",
            RandomKind::Bits => "numpy.random.BitGenerator",
            RandomKind::Random => "random.Random",
        }
    }
}

/// By its state alone: history knows an object, and this one is another after each draw.
pub(super) fn encode<'py>(
    walk: &mut Walk<'py>,
    value: &Bound<'py, PyAny>,
    kind: RandomKind,
) -> Result<(), Unversioned> {
    let Some(parts) = Parts::of(value)? else {
        return object::encode(walk, value, Kind::Object { by_value: false });
    };
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    walk.encoder.begin_named(Tag::Parts, kind.name(), 3);
    // Two generators over one bit generator, or one sequence of seeds, are no two generators.
    for part in [&parts.bits, &parts.seeds] {
        let is_first = match part {
            Some(part) if !part.is(value) => walk.is_first_mutable(part),
            _ => true,
        };
        if is_first {
            walk.encoder.tag(Tag::None);
        }
    }
    if walk.survey.is_some() {
        return Ok(());
    }
    match parts.state()? {
        Some(state) => {
            state.encode(&mut walk.encoder);
            Ok(())
        }
        None => {
            let why = "its state or its seeds are not those of the generators that remade knows";
            Err(Unversioned::because(value, why))
        }
    }
}

/// The generator of an argument, before the run.
pub(crate) struct Kept {
    objects: Vec<Py<PyAny>>,
    spawned: Option<u64>,
}

impl Kept {
    /// None for what is no generator, or is one of another make.
    pub(crate) fn of(value: &Bound<'_, PyAny>) -> PyResult<Option<Kept>> {
        let Some(parts) = Parts::of(value)? else {
            return Ok(None);
        };
        let spawned = match &parts.seeds {
            Some(seeds) => read::seeds(seeds)?.map(|seeds| seeds.spawned),
            None => None,
        };
        let objects = parts.objects().map(|one| one.clone().unbind()).collect();
        Ok(Some(Kept { objects, spawned }))
    }

    /// For the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let mut objects = self.objects.iter();
        objects.try_for_each(|object| visit.call(object))
    }

    /// Where the run left it: the text for the record. The error says why no reuse can leave it
    /// there as well.
    pub(crate) fn after(&self, py: Python<'_>) -> PyResult<Result<String, &'static str>> {
        let generator = self.objects[0].bind(py);
        let Kind::Random(kind) = kind::of(generator)? else {
            return Ok(Err("is of another class after the run"));
        };
        let now = match Parts::of(generator)? {
            Some(now) if now.objects().map(Bound::as_ptr).eq(self.pointers()) => now,
            _ => {
                return Ok(Err(
                    "got another bit generator or sequence of seeds by the run",
                ));
            }
        };
        let Some(state) = now.state()? else {
            return Ok(Err("is in a state that cannot be written down"));
        };
        if let (Some(seeds), Some(before)) = (&state.seeds, self.spawned)
            && seeds.spawned.saturating_sub(before) > MOST_SPAWNED
        {
            return Ok(Err("spawned more than 100000 children"));
        }
        let text = state.text(kind);
        Ok(if text.len() <= MAX_AFTER {
            Ok(text)
        } else {
            Err("is in a state that is too long to be written down")
        })
    }

    /// Whether it, or something that it shares its state with, is among the objects of a survey.
    pub(crate) fn is_reached(&self, survey: &Survey<'_>) -> bool {
        let mut pointers = self.pointers();
        survey.unseen || pointers.any(|one| survey.met.contains(&(one as usize)))
    }

    fn pointers(&self) -> impl Iterator<Item = *mut ffi::PyObject> {
        self.objects.iter().map(Py::as_ptr)
    }
}
