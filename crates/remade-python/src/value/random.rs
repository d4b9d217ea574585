//! Which state is a random generator in, and how is it put into another one?
//!
//! Those of `numpy.random` and `random.Random`, of the exact types. The state is written in one way
//! under every Python and numpy, so that equal states are equal keys, and as a text for the record
//! of a run, so that a reused result can leave the generator where the run left it. The sequence of
//! seeds that a generator can spawn children from is a part of the state, with their number.

use std::fmt::Write as _;

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::record::MAX_AFTER;
use remade::version::{Encoder, Tag};

use super::{Kind, Survey, Unversioned, Walk, kind, object};

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

/// Children beyond this many are not spawned again to repeat a run.
const MOST_SPAWNED: u64 = 100_000;

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

/// One number of the state, or a row of them.
#[derive(Clone, Debug, PartialEq)]
enum Number {
    None,
    Int(u128),
    Float(f64),
    Words(Vec<u64>),
}

/// The state of a generator, at one moment.
struct State {
    /// The type of the bit generator; empty for `random.Random`.
    bits: String,
    /// By name, in the order of the names.
    numbers: Vec<(String, Number)>,
    /// Where children come from, and how many came.
    seeds: Option<Seeds>,
}

/// One integer of any size, or a row of them; each little-endian, in two's complement.
enum Integers {
    One(Vec<u8>),
    Row(Vec<Vec<u8>>),
}

struct Seeds {
    entropy: Option<Integers>,
    key: Integers,
    pool: u64,
    spawned: u64,
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
            let known = python_state(&self.generator, &mut numbers)?;
            return Ok(known.then(|| State {
                bits: String::new(),
                numbers,
                seeds: None,
            }));
        };
        if !flatten(&self.told(bits)?, "", &mut numbers)? {
            return Ok(None);
        }
        numbers.sort_by(|one, other| one.0.cmp(&other.0));
        let seeds = match &self.seeds {
            None => None,
            Some(seeds) => match Seeds::of(seeds)? {
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

/// The numbers of a `random.Random`. False: it has attributes that somebody gave it.
fn python_state(value: &Bound<'_, PyAny>, numbers: &mut Vec<(String, Number)>) -> PyResult<bool> {
    let py = value.py();
    let own = value.getattr(intern!(py, "__dict__"))?;
    if own.len()? > 1 {
        return Ok(false);
    }
    let state = value.call_method0(intern!(py, "getstate"))?;
    let state = state.cast::<PyTuple>()?;
    let (3, Ok(words)) = (state.len(), state.get_item(1)?.extract::<Vec<u64>>()) else {
        return Ok(false);
    };
    let Some(next) = number(&state.get_item(2)?)? else {
        return Ok(false);
    };
    let format = state.get_item(0)?.extract::<u128>()?;
    numbers.push(("format".to_owned(), Number::Int(format)));
    numbers.push(("gauss".to_owned(), next));
    numbers.push(("words".to_owned(), Number::Words(words)));
    Ok(true)
}

/// The numbers in a dict of numpy, and in the dicts in it. False: there is something else.
fn flatten(
    state: &Bound<'_, PyDict>,
    prefix: &str,
    numbers: &mut Vec<(String, Number)>,
) -> PyResult<bool> {
    for (key, value) in state.iter() {
        let Ok(key) = key.extract::<String>() else {
            return Ok(false);
        };
        if let Ok(inner) = value.cast::<PyDict>() {
            if !flatten(inner, &format!("{prefix}{key}."), numbers)? {
                return Ok(false);
            }
        } else if !value.is_instance_of::<PyString>() {
            let Some(number) = number(&value)? else {
                return Ok(false);
            };
            numbers.push((format!("{prefix}{key}"), number));
        }
    }
    Ok(true)
}

fn number(value: &Bound<'_, PyAny>) -> PyResult<Option<Number>> {
    let py = value.py();
    if value.is_none() {
        return Ok(Some(Number::None));
    }
    if let Ok(float) = value.cast::<PyFloat>() {
        return Ok(Some(Number::Float(float.value())));
    }
    if kind::of(value)? == Kind::Array {
        let items = value.call_method0(intern!(py, "tolist"))?;
        return Ok(items.extract::<Vec<u64>>().ok().map(Number::Words));
    }
    Ok(value.extract::<u128>().ok().map(Number::Int))
}

impl Seeds {
    /// None: it is no `SeedSequence` of numpy's own, or not of plain numbers.
    fn of(seeds: &Bound<'_, PyAny>) -> PyResult<Option<Seeds>> {
        let py = seeds.py();
        let class = kind::imported(py, "numpy.random");
        let class = class.and_then(|random| random.getattr("SeedSequence").ok());
        if !class.is_some_and(|class| class.is(seeds.get_type())) {
            return Ok(None);
        }
        let entropy = seeds.getattr(intern!(py, "entropy"))?;
        let entropy = match entropy.is_none() {
            true => None,
            false => match integers(&entropy)? {
                None => return Ok(None),
                known => known,
            },
        };
        let Some(key) = integers(&seeds.getattr(intern!(py, "spawn_key"))?)? else {
            return Ok(None);
        };
        Ok(Some(Seeds {
            entropy,
            key,
            pool: seeds.getattr(intern!(py, "pool_size"))?.extract()?,
            spawned: seeds
                .getattr(intern!(py, "n_children_spawned"))?
                .extract()?,
        }))
    }
}

fn integers(value: &Bound<'_, PyAny>) -> PyResult<Option<Integers>> {
    let py = value.py();
    if let Ok(number) = value.extract::<i64>() {
        return Ok(Some(Integers::One(number.to_le_bytes().to_vec())));
    }
    if let Ok(number) = value.cast::<PyInt>() {
        return Ok(Some(Integers::One(little_endian(number)?)));
    }
    let Ok(items) = value.try_iter() else {
        return Ok(None);
    };
    let mut all = Vec::new();
    for item in items {
        let item = item?;
        let number = match item.cast::<PyInt>() {
            Ok(number) => number.clone(),
            Err(_) => match item.call_method0(intern!(py, "__index__")) {
                Ok(number) => number.cast_into::<PyInt>()?,
                Err(_) => return Ok(None),
            },
        };
        all.push(little_endian(&number)?);
    }
    Ok(Some(Integers::Row(all)))
}

fn little_endian(number: &Bound<'_, PyInt>) -> PyResult<Vec<u8>> {
    let py = number.py();
    let bits: usize = number.call_method0(intern!(py, "bit_length"))?.extract()?;
    let signed = PyDict::new(py);
    signed.set_item("signed", true)?;
    number
        .call_method(
            intern!(py, "to_bytes"),
            (bits / 8 + 1, "little"),
            Some(&signed),
        )?
        .extract()
}

impl State {
    fn encode(&self, encoder: &mut Encoder) {
        encoder.begin(Tag::Tuple, 2 * self.numbers.len() + 2);
        encoder.text(&self.bits);
        for (name, number) in &self.numbers {
            encoder.text(name);
            match number {
                Number::None => encoder.tag(Tag::None),
                Number::Int(int) => {
                    // With room for the sign: it is never negative.
                    let mut bytes = [0; 17];
                    bytes[..16].copy_from_slice(&int.to_le_bytes());
                    encoder.big_int(&bytes);
                }
                Number::Float(float) => encoder.float(*float),
                Number::Words(words) => {
                    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                    encoder.bytes(&bytes);
                }
            }
        }
        let Some(seeds) = &self.seeds else {
            encoder.tag(Tag::Missing);
            return;
        };
        let row = |numbers: &Integers, encoder: &mut Encoder| match numbers {
            Integers::One(number) => encoder.big_int(number),
            Integers::Row(numbers) => {
                encoder.begin(Tag::Tuple, numbers.len());
                numbers.iter().for_each(|one| encoder.big_int(one));
            }
        };
        encoder.begin(Tag::Tuple, 4);
        match &seeds.entropy {
            None => encoder.tag(Tag::None),
            Some(entropy) => row(entropy, encoder),
        }
        row(&seeds.key, encoder);
        encoder.int(seeds.pool as i64);
        encoder.int(seeds.spawned as i64);
    }

    /// What a record says of it: everything but where the seeds came from, which no run changes.
    fn text(&self, kind: RandomKind) -> String {
        let mut text = kind.name().to_owned();
        if !self.bits.is_empty() {
            let _ = write!(text, " bits={}", self.bits);
        }
        for (name, number) in &self.numbers {
            let _ = match number {
                Number::None => write!(text, " {name}=none"),
                Number::Int(int) => write!(text, " {name}={int}"),
                Number::Float(float) => write!(text, " {name}=f{:016x}", float.to_bits()),
                Number::Words(words) => {
                    let words: Vec<String> = words.iter().map(|word| format!("{word:x}")).collect();
                    write!(text, " {name}=[{}]", words.join(","))
                }
            };
        }
        if let Some(seeds) = &self.seeds {
            let _ = write!(text, " spawned={}", seeds.spawned);
        }
        text
    }

    /// The numbers that a text tells, and the number of children; None where it is not the text of
    /// a generator like this one.
    fn parse(&self, kind: RandomKind, text: &str) -> Option<(Vec<Number>, u64)> {
        let rest = text.strip_prefix(kind.name())?;
        let mut words = rest.split_ascii_whitespace();
        if !self.bits.is_empty() && words.next()?.strip_prefix("bits=")? != self.bits {
            return None;
        }
        let mut numbers = Vec::with_capacity(self.numbers.len());
        for (name, now) in &self.numbers {
            let (told, value) = words.next()?.split_once('=')?;
            if told != name {
                return None;
            }
            let number = match now {
                Number::Words(now) => {
                    let inner = value.strip_prefix('[')?.strip_suffix(']')?;
                    let words = inner.split(',').map(|word| u64::from_str_radix(word, 16));
                    let words: Vec<u64> = words.collect::<Result<_, _>>().ok()?;
                    if words.len() != now.len() {
                        return None;
                    }
                    Number::Words(words)
                }
                _ if value == "none" => Number::None,
                _ => match value.strip_prefix('f') {
                    Some(bits) => {
                        Number::Float(f64::from_bits(u64::from_str_radix(bits, 16).ok()?))
                    }
                    None => Number::Int(value.parse().ok()?),
                },
            };
            if !is_possible(&self.bits, name, now, &number) {
                return None;
            }
            numbers.push(number);
        }
        let spawned = match &self.seeds {
            None => 0,
            Some(seeds) => {
                let spawned: u64 = words.next()?.strip_prefix("spawned=")?.parse().ok()?;
                let more = spawned.checked_sub(seeds.spawned)?;
                if more > MOST_SPAWNED {
                    return None;
                }
                more
            }
        };
        words.next().is_none().then_some((numbers, spawned))
    }
}

/// Whether a generator can have this number. A record may have been forged, and generators look up
/// numbers at the positions that they are given without asking whether there are any.
fn is_possible(bits: &str, name: &str, now: &Number, number: &Number) -> bool {
    const WORDS: u128 = 624;
    let word = u64::from(u32::MAX);
    if matches!(now, Number::Int(_)) && !matches!(number, Number::Int(_)) {
        return false;
    }
    match (name.rsplit('.').next().unwrap_or(name), number) {
        ("has_gauss" | "has_uint32", Number::Int(flag)) => *flag <= 1,
        ("uinteger", Number::Int(half)) => *half <= u128::from(word),
        ("pos", Number::Int(position)) => *position <= WORDS,
        ("buffer_pos", Number::Int(position)) => *position <= 4,
        (_, Number::Words(words)) if bits.is_empty() => {
            let position = words.last().copied().unwrap_or_default();
            u128::from(position) <= WORDS && words.iter().all(|one| *one <= word)
        }
        (_, Number::Words(words)) if bits == "MT19937" => words.iter().all(|one| *one <= word),
        // The format of `random.Random`.
        (_, Number::Int(format)) if bits.is_empty() => {
            matches!(now, Number::Int(now) if now == format)
        }
        _ => true,
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
            Some(seeds) => Seeds::of(seeds)?.map(|seeds| seeds.spawned),
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

/// A generator that is ready to be put into the state that a record tells.
pub(crate) struct Resumed<'py> {
    parts: Parts<'py>,
    /// What `setstate` and the like take.
    state: Bound<'py, PyAny>,
    spawn: u64,
}

impl<'py> Resumed<'py> {
    /// None: the text is not of a generator like this one, as it is now, or of none that there is.
    pub(crate) fn new(value: &Bound<'py, PyAny>, text: &str) -> PyResult<Option<Resumed<'py>>> {
        let (Kind::Random(kind), Some(parts)) = (kind::of(value)?, Parts::of(value)?) else {
            return Ok(None);
        };
        let Some(now) = parts.state()? else {
            return Ok(None);
        };
        let Some((numbers, spawn)) = now.parse(kind, text) else {
            return Ok(None);
        };
        let names = now.numbers.iter().map(|(name, _)| name.as_str());
        let state = match &parts.bits {
            None => python_tuple(value.py(), &numbers)?,
            Some(bits) => {
                let told = parts.told(bits)?;
                for (name, number) in names.zip(&numbers) {
                    put(&told, name, number)?;
                }
                told.into_any()
            }
        };
        Ok(Some(Resumed {
            parts,
            state,
            spawn,
        }))
    }

    /// Does it.
    pub(crate) fn set(self) -> PyResult<()> {
        let py = self.state.py();
        match &self.parts.bits {
            None => {
                let setstate = intern!(py, "setstate");
                self.parts.generator.call_method1(setstate, (self.state,))?;
            }
            Some(_) if self.parts.is_random_state() => {
                let set_state = intern!(py, "set_state");
                self.parts
                    .generator
                    .call_method1(set_state, (self.state,))?;
            }
            Some(bits) => bits.setattr(intern!(py, "state"), self.state)?,
        }
        if let (Some(seeds), 1..) = (&self.parts.seeds, self.spawn) {
            seeds.call_method1(intern!(py, "spawn"), (self.spawn,))?;
        }
        Ok(())
    }
}

fn python_tuple<'py>(py: Python<'py>, numbers: &[Number]) -> PyResult<Bound<'py, PyAny>> {
    let [Number::Int(format), next, Number::Words(words)] = numbers else {
        return Err(PyValueError::new_err("not the state of a random.Random"));
    };
    let words = PyTuple::new(py, words)?;
    let state = (*format, words, to_python(py, next)?);
    Ok(state.into_pyobject(py)?.into_any())
}

fn to_python<'py>(py: Python<'py>, number: &Number) -> PyResult<Bound<'py, PyAny>> {
    Ok(match number {
        Number::None => py.None().into_bound(py),
        Number::Int(int) => int.into_pyobject(py)?.into_any(),
        Number::Float(float) => float.into_pyobject(py)?.into_any(),
        Number::Words(words) => PyList::new(py, words)?.into_any(),
    })
}

/// Puts a number into a dict of numpy's, under a name as [`flatten`] gives it.
fn put(state: &Bound<'_, PyDict>, name: &str, number: &Number) -> PyResult<()> {
    let py = state.py();
    let missing = || PyValueError::new_err(format!("the state has no {name}"));
    let (inner, key) = match name.rsplit_once('.') {
        Some((outer, key)) => {
            let mut inner = state.clone();
            for one in outer.split('.') {
                let found = inner.get_item(one)?.ok_or_else(missing)?;
                inner = found.cast_into::<PyDict>()?;
            }
            (inner, key)
        }
        None => (state.clone(), name),
    };
    let value = to_python(py, number)?;
    match number {
        Number::Words(_) => {
            let array = inner.get_item(key)?.ok_or_else(missing)?;
            array.set_item(py.Ellipsis(), value)
        }
        _ => inner.set_item(key, value),
    }
}
