//! What is the version of a Python value?
//!
//! A [`Walk`] goes through a value once and appends its canonical encoding. Each kind of value has
//! its own file: constants and their parts, containers, arrays, frames, code, and at last any
//! object by its class and state. The registry is asked first for what it may know by history.

mod array;
mod arrow;
mod bases;
mod code;
mod constant;
mod container;
mod frame;
mod items;
pub(crate) mod kind;
pub(crate) mod memo;
mod object;
mod partial;
pub(crate) mod random;
mod reference;
mod short;
mod vectorized;

use std::collections::HashSet;
use std::sync::Arc;

use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use remade::source::SourceState;
use remade::store::Store;
use remade::version::{Encoder, Tag, Version};

use crate::code::Rules;
use crate::registry::{self, Known, Origin};
pub(crate) use array::region_content;
pub(crate) use arrow::extension_classes;
pub(crate) use code::own as own_code;
pub(crate) use constant::{encode_constant, is_quick};
pub(crate) use frame::polars_has_objects;
pub(crate) use kind::{Kind, imported};
use memo::Memo;
pub(crate) use object::{qualified_name, slots};
pub(crate) use partial::Gap;
pub(crate) use short::short_form;

/// One pass over values for one purpose.
pub(crate) struct Walk<'py> {
    /// What has been encoded so far.
    pub encoder: Encoder,
    /// Whether the registry answers for what it knows.
    pub history: bool,
    /// Whether an array, frame or object without history is without version.
    pub rerun_unknown: bool,
    /// Where files are known, and what their paths are relative to.
    pub store: Option<Arc<Store>>,
    /// Tripwires that went off.
    pub alarms: Vec<Alarm>,
    /// Where what is known by history came from, by position in the argument; when asked for.
    pub origins: Option<Vec<(String, Arc<Origin>)>>,
    /// The files met; when asked for.
    pub sources: Option<Vec<SourceState>>,
    /// What counts as the user's own code.
    pub rules: Option<Arc<Rules>>,
    /// The parts without version, where the others are to count all the same.
    pub gaps: Option<Vec<Gap>>,
    memo: Memo<'py>,
    depth: usize,
    sets: usize,
    budget: usize,
    position: String,
    survey: Option<Box<Survey<'py>>>,
    bare: Option<Version>,
    /// The dicts, by address, that hold the attributes of the objects that the walk is in.
    states: Vec<usize>,
}

/// Something known by history that was changed behind its back.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    pub description: String,
    pub position: String,
    #[expect(dead_code, reason = "read by the report of a call")]
    pub origin: Arc<Origin>,
}

/// What a walk gathers that looks for things instead of versions.
#[derive(Default)]
pub(crate) struct Survey<'py> {
    /// Everything known by history, and the object by which it was found.
    pub(crate) known: Vec<(Known, Bound<'py, PyAny>)>,
    /// Address ranges of writeable arrays.
    pub(crate) memory: Vec<(usize, usize)>,
    /// Whether one mutable thing was met twice.
    pub(crate) met_twice: bool,
    /// The addresses of the mutable things that were met. The walk keeps them alive.
    pub(crate) met: HashSet<usize>,
    /// Whether there was something that nobody can look into.
    pub(crate) unseen: bool,
    /// Functions and classes of the user's own code, each once.
    pub(crate) code: Vec<Bound<'py, PyAny>>,
}

/// Why a value has no version.
#[derive(Debug)]
pub(crate) enum Unversioned {
    /// There can be none.
    NoVersion { type_name: String, why: String },
    /// Something else went wrong on the way: an interrupt, no memory.
    Raised(PyErr),
}

impl Unversioned {
    pub(crate) fn because(value: &Bound<'_, PyAny>, why: impl Into<String>) -> Unversioned {
        Unversioned::NoVersion {
            type_name: object::qualified_name(&value.get_type()),
            why: why.into(),
        }
    }

    /// An error of somebody's method means that this value has no version; an interrupt does not.
    pub(crate) fn from_error(value: &Bound<'_, PyAny>, error: PyErr) -> Unversioned {
        if error.is_instance_of::<PyException>(value.py()) {
            Unversioned::because(value, error.to_string())
        } else {
            Unversioned::Raised(error)
        }
    }
}

impl From<PyErr> for Unversioned {
    fn from(error: PyErr) -> Unversioned {
        Unversioned::Raised(error)
    }
}

impl From<Unversioned> for PyErr {
    fn from(unversioned: Unversioned) -> PyErr {
        match unversioned {
            Unversioned::NoVersion { type_name, why } => {
                PyTypeError::new_err(format!("a {type_name} has no version: {why}"))
            }
            Unversioned::Raised(error) => error,
        }
    }
}

impl Default for Walk<'_> {
    fn default() -> Self {
        Walk {
            encoder: Encoder::new(),
            history: false,
            rerun_unknown: false,
            store: None,
            alarms: Vec::new(),
            origins: None,
            sources: None,
            rules: None,
            gaps: None,
            memo: Memo::default(),
            depth: 0,
            sets: 0,
            budget: 0,
            position: String::new(),
            survey: None,
            bare: None,
            states: Vec::new(),
        }
    }
}

impl<'py> Walk<'py> {
    /// A walk that asks the registry first, as for the arguments of a call.
    pub(crate) fn by_history() -> Walk<'py> {
        Walk {
            history: true,
            ..Walk::default()
        }
    }

    /// A walk that looks for what is known by history and for things met twice, and reads no
    /// elements.
    pub(crate) fn surveying(history: bool) -> Walk<'py> {
        Walk {
            history,
            survey: Some(Box::default()),
            ..Walk::default()
        }
    }

    pub(crate) fn survey(&self) -> Option<&Survey<'py>> {
        self.survey.as_deref()
    }

    pub(crate) fn into_survey(self) -> Survey<'py> {
        self.survey.map_or_else(Survey::default, |survey| *survey)
    }

    /// As [`Walk::encode`], but what has no version leaves a gap, and the rest counts.
    pub(crate) fn encode_in_part(
        &mut self,
        value: &Bound<'py, PyAny>,
    ) -> Result<Vec<Gap>, Unversioned> {
        self.gaps = Some(Vec::new());
        let encoded = self.encode(value);
        let gaps = self.gaps.take().unwrap_or_default();
        encoded.map(|()| gaps)
    }

    /// What counts as the user's own code.
    fn own(&self) -> &Rules {
        const NONE: &Rules = &Rules { follow: Vec::new() };
        self.rules.as_deref().unwrap_or(NONE)
    }

    /// Ready for the next value; keeps settings and memory.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.encoder.clear();
        self.memo.clear();
        if !self.alarms.is_empty() {
            self.alarms.clear();
        }
        if let Some(origins) = &mut self.origins {
            origins.clear();
        }
        if let Some(sources) = &mut self.sources {
            sources.clear();
        }
    }

    /// Appends the encoding of one value. Positions of back-references count from this value.
    #[inline]
    pub(crate) fn encode(&mut self, value: &Bound<'py, PyAny>) -> Result<(), Unversioned> {
        if self.depth > 0 {
            return self.item(value); // called from within, by the code of files and functions
        }
        if constant::encode_quick(value, &mut self.encoder)? {
            self.bare = None;
            return Ok(());
        }
        if self.survey.is_none() {
            self.memo.clear();
        }
        self.position.clear();
        (self.sets, self.budget, self.bare) = (0, 0, None);
        self.states.clear();
        let encoded = self.other(value);
        self.depth = 0;
        encoded
    }

    #[inline]
    fn item(&mut self, value: &Bound<'py, PyAny>) -> Result<(), Unversioned> {
        if constant::encode_quick(value, &mut self.encoder)? {
            return Ok(());
        }
        self.other(value)
    }

    /// Anything that has parts, or that needs a look at its type.
    fn other(&mut self, value: &Bound<'py, PyAny>) -> Result<(), Unversioned> {
        let kind = kind::of(value)?;
        if constant::encode_scalar_of(value, kind, &mut self.encoder)? {
            return Ok(());
        }
        if self.depth >= constant::MOST_NESTED {
            let why = format!("nested more than {} levels deep", constant::MOST_NESTED);
            return Err(Unversioned::because(value, why));
        }
        self.depth += 1;
        let encoded = match &self.gaps {
            None => self.composite(value, kind),
            Some(_) => partial::encode(self, value, kind),
        };
        self.depth -= 1;
        match (encoded, &mut self.survey) {
            (Err(Unversioned::NoVersion { .. }), Some(survey)) => {
                survey.unseen = true;
                Ok(())
            }
            (encoded, _) => encoded,
        }
    }

    fn composite(&mut self, value: &Bound<'py, PyAny>, kind: Kind) -> Result<(), Unversioned> {
        match kind {
            Kind::Tuple => container::tuple(self, value),
            Kind::List => container::list(self, value),
            Kind::Dict => container::dict(self, value),
            Kind::Set => container::set(self, value, Tag::Set),
            Kind::FrozenSet => container::set(self, value, Tag::FrozenSet),
            Kind::ByteArray => container::bytearray(self, value),
            Kind::MappingProxy => container::mapping_proxy(self, value),
            Kind::Range | Kind::Slice | Kind::Reduced(_) | Kind::Fraction | Kind::Uuid => {
                let parts = constant::parts(value, kind)
                    .map_err(|error| Unversioned::from_error(value, error))?;
                container::parts(self, parts)
            }
            Kind::Array => array::encode(self, value),
            Kind::NumpyVoid => array::void(self, value),
            Kind::MaskedArray => array::masked(self, value),
            Kind::EnumMember => code::enum_member(self, value),
            Kind::Function | Kind::Class => code::encode(self, value),
            Kind::Method => code::method(self, value),
            Kind::File => crate::files::encode(value, self),
            Kind::Pandas(_) | Kind::Polars(_) | Kind::Arrow(_) => frame::encode(self, value, kind),
            Kind::Random(random) => random::encode(self, value, random),
            Kind::ContextVariable => reference::context_variable(self, value),
            Kind::WeakReference => reference::weak_reference(self, value),
            Kind::WeakContainer => reference::weak_container(self, value),
            Kind::Vectorized => vectorized::vectorized(self, value),
            Kind::Ufunc => vectorized::ufunc(self, value, kind),
            Kind::Never(why) => Err(Unversioned::because(value, why)),
            // All others are scalars, which came before.
            _ => object::encode(self, value, kind),
        }
    }

    /// Whether the value is met for the first time; otherwise a back-reference is written.
    #[inline]
    fn is_first(&mut self, value: &Bound<'py, PyAny>) -> bool {
        match self.memo.meet(value) {
            None => true,
            Some(position) => {
                self.encoder.begin(Tag::Back, position);
                false
            }
        }
    }

    /// [`Walk::is_first`] for what can change: a survey notes if it is met again.
    #[inline]
    fn is_first_mutable(&mut self, value: &Bound<'py, PyAny>) -> bool {
        let first = self.is_first(value);
        if let Some(survey) = &mut self.survey {
            survey.met_twice |= !first;
            survey.met.insert(value.as_ptr() as usize);
        }
        first
    }

    /// One part, of which the position is noted while origins are asked for.
    fn part(
        &mut self,
        value: &Bound<'py, PyAny>,
        name: impl FnOnce() -> String,
    ) -> Result<(), Unversioned> {
        if constant::encode_quick(value, &mut self.encoder)? {
            return Ok(());
        }
        if self.origins.is_none() && !self.history && self.gaps.is_none() {
            return self.other(value);
        }
        let length = self.position.len();
        self.position.push_str(&name());
        let encoded = self.other(value);
        self.position.truncate(length);
        encoded
    }

    /// Whether it is the state of an object that the walk is in: then it has no position of its own, and
    /// its keys are names of attributes.
    #[inline]
    fn is_state(&self, value: &Bound<'py, PyAny>) -> bool {
        !self.states.is_empty() && self.states.contains(&(value.as_ptr() as usize))
    }

    /// Notes code of the user's own, for those who ask for it.
    fn note_code(&mut self, code: &Bound<'py, PyAny>) {
        if let Some(survey) = &mut self.survey
            && !survey.code.iter().any(|known| known.is(code))
        {
            survey.code.push(code.clone());
        }
    }

    /// Whether history tells the version of an object. Where that came from is noted all the same.
    fn is_told_by_history(&mut self, value: &Bound<'py, PyAny>) -> Result<bool, Unversioned> {
        if !self.history {
            return Ok(false);
        }
        let asks_for_origins_alone = self.survey.is_some() && self.origins.is_some();
        let known = match asks_for_origins_alone {
            true => registry::trace_object(value),
            false => registry::find_object(value, self.rules.as_ref())?,
        };
        let Some(known) = known else { return Ok(false) };
        self.note(value, &known);
        if asks_for_origins_alone {
            return Ok(true); // what is in it came with it
        }
        if self.survey.is_some() || !known.answers {
            return Ok(false);
        }
        self.told(known.tag, known.version);
        Ok(true)
    }

    /// Notes where a known value came from, and the alarm if it was changed.
    fn note(&mut self, value: &Bound<'py, PyAny>, known: &Known) {
        if !known.answers {
            // It is read, so nothing that was changed is missed; but is it still what was returned?
            if let Some(origins) = &mut self.origins
                && !known.alarm
            {
                origins.push((self.position.clone(), known.origin.clone()));
            }
            return;
        }
        if known.alarm {
            self.alarms.push(Alarm {
                description: format!(
                    "{} returned by {}{}",
                    short_form(value),
                    known.origin.function(),
                    known.origin.position,
                ),
                position: self.position.clone(),
                origin: known.origin.clone(),
            });
        }
        if let Some(origins) = &mut self.origins {
            origins.push((self.position.clone(), known.origin.clone()));
        }
        if let Some(survey) = &mut self.survey {
            survey.known.push((known.clone(), value.clone()));
        }
    }

    /// Something told by its version alone. If it is the whole value, that is the version of it.
    #[inline]
    fn told(&mut self, tag: Tag, version: Version) {
        if self.depth == 1 {
            self.bare = Some(version);
        }
        self.encoder.version(tag, version);
    }

    /// The version of the value that was just encoded: its own if it is an array, a frame or an
    /// object, else that of the encoding.
    pub(crate) fn version(&self) -> Version {
        self.bare.unwrap_or_else(|| self.encoder.finish())
    }

    /// Encodes on the side, and gives the version of just that.
    fn aside(
        &mut self,
        encode: impl FnOnce(&mut Walk<'py>) -> Result<(), Unversioned>,
    ) -> Result<Version, Unversioned> {
        let outer = std::mem::take(&mut self.encoder);
        self.depth += 1; // what is told in there is not the whole value
        let encoded = encode(self);
        self.depth -= 1;
        let inner = std::mem::replace(&mut self.encoder, outer);
        encoded.map(|()| inner.finish())
    }
}
