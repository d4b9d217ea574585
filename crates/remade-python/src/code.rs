//! What does the code of a function or class mean, and does it still mean that?
//!
//! The fingerprint is the version of the meaning: the syntax tree without layout, with what every
//! name in it refers to, however far that leads through the user's own code. It is worked out once;
//! each call then only compares pointers. `facts` says what one code object says, `walk` where its
//! names lead, `graph` what all of it together is worth, `guard` whether it still holds.

mod bytecode;
mod class;
mod compiled;
mod facts;
mod follow;
mod function;
mod generated;
mod graph;
mod guard;
mod kept;
mod kinds;
mod normal;
mod noted;
mod object;
mod opcodes;
mod own;
mod place;
mod put_on;
mod source;
mod ufunc;
mod walk;
mod wrapper;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyWeakrefMethods, PyWeakrefReference};
use remade::version::Version;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use guard::Guards;
pub(crate) use kept::{Gathering, Kept};
pub(crate) use kinds::is_passed_over;
use kinds::{Kinds, attribute};
pub(crate) use noted::note;
pub(crate) use place::{Implicit, locate};
pub(crate) use put_on::{Put, put_on_wrapper};
pub(crate) use ufunc::{GIVEN_TO_FROMPYFUNC, GIVEN_TO_VECTORIZE, called_by_ufunc, calls_python};
use walk::Walk;

/// Options that change what counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Packages that count as the user's own code.
    pub follow: Vec<String>,
}

/// What the code of one function or class means now, and how to see cheaply that this is still so.
pub(crate) struct Code {
    root_guards: Guards,
    body: Py<Body>,
}

/// What functions of the same code, defaults and globals share.
///
/// It leads back to the function in most cycles (a closure that calls itself), and is shared, so it is
/// an object of Python's: only then does the garbage collector see how often it is referred to.
#[pyclass(frozen, weakref, module = "remade._remade", name = "_Body")]
struct Body {
    root: Root,
    rules: Rules,
    as_type: bool,
    fingerprint: Version,
    guards: Guards,
    implicit: Vec<Implicit>,
    reached: Vec<Reached>,
    unfollowed: Vec<String>,
    packages: Vec<String>,
}

/// A function or class that the code reaches.
pub(crate) struct Reached {
    /// `module.qualname`; in a script only `qualname`.
    pub name: String,
    /// Its own version, without what it calls.
    pub fingerprint: Version,
    pub file: Option<String>,
    pub line: u32,
    pub source: Option<String>,
    /// The normal form. None: the compiled form counts, or it is a class.
    pub normal: Option<String>,
    /// What its names refer to, for people.
    pub names: BTreeMap<String, String>,
}

/// Whose code a body is.
enum Root {
    /// Of every function that one `def` made in one namespace with the same defaults: code, defaults,
    /// keyword defaults, globals. Nothing else belongs to these functions.
    Parts([Py<PyAny>; 4]),
    /// Of this object alone.
    Only(Py<PyAny>),
}

/// Bodies by the address of the code object or class. Weak: what nobody uses any more is forgotten,
/// and an address is believed only while the body that owns the object lives.
static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
type Known = HashMap<usize, Vec<Py<PyWeakrefReference>>>;

/// Entries at which dead ones are swept out.
const SWEEP: usize = 1024;

/// The code of a function or class, or of anything that wraps one.
pub(crate) fn of<'py>(object: &Bound<'py, PyAny>, rules: &Rules) -> PyResult<Code> {
    find(object, rules, false)
}

/// The fingerprint that a function would have if its `def` had this name.
pub(crate) fn fingerprint_as(
    object: &Bound<'_, PyAny>,
    rules: &Rules,
    name: &str,
) -> PyResult<Version> {
    let mut walk = Walk::new(object.py(), rules)?;
    walk.root_name = Some(name.to_owned());
    let part = walk.run(object, false)?;
    Ok(graph::fingerprint(&walk.nodes, &part))
}

/// The code of a class as the type of an instance: its made methods count where they are called.
pub(crate) fn of_type<'py>(class: &Bound<'py, PyAny>, rules: &Rules) -> PyResult<Code> {
    find(class, rules, true)
}

/// The name that stands for a function or class of others, if it is found where its name says: then it
/// counts by that, as it does in code. None: it is the user's own, or has no name of its own.
pub(crate) fn name_of_foreign(
    object: &Bound<'_, PyAny>,
    rules: &Rules,
) -> PyResult<Option<String>> {
    let py = object.py();
    let Some(module) = kinds::text(object, "__module__") else {
        return Ok(None);
    };
    if own::owns_name(py, &module, rules) {
        return Ok(None);
    }
    if let Some(globals) = attribute(object, "__globals__")
        && !globals
            .cast::<PyDict>()
            .is_ok_and(|globals| !own::owns_globals(globals, rules))
    {
        return Ok(None);
    }
    let Some(name) = kinds::text(object, "__qualname__") else {
        return Ok(None);
    };
    // As pickle does: what others have imported in the meantime must not tell.
    if let Err(error) = py.import(module.as_str()) {
        return kinds::passed_on(py, error).map(|_| None);
    }
    Ok(place::is_at(object, &module, &name).then(|| format!("{module}.{name}")))
}

/// The name of a module of others.
pub(crate) fn name_of_foreign_module(module: &Bound<'_, PyAny>, rules: &Rules) -> Option<String> {
    let name = kinds::text(module, "__name__").unwrap_or_default();
    (!own::owns_module(module, rules)).then_some(name)
}

/// Is this class the user's own?
pub(crate) fn is_own_class(class: &Bound<'_, PyAny>, rules: &Rules) -> bool {
    let module = kinds::text(class, "__module__").unwrap_or_default();
    module != "builtins" && own::owns_name(class.py(), &module, rules)
}

/// Is this an instance of a class of the user's own?
pub(crate) fn is_of_own_class(value: &Bound<'_, PyAny>, rules: &Rules) -> bool {
    is_own_class(value.get_type().as_any(), rules)
}

/// Name and lines of the notebook cell or doctest that defines a function, so that it can travel.
/// None: its file is on disk.
pub(crate) fn pseudo_file(function: &Bound<'_, PyAny>) -> PyResult<Option<(String, Vec<String>)>> {
    match bytecode::code_of(function) {
        Some(code) => source::pseudo_file(&code),
        None => Ok(None),
    }
}

impl Code {
    /// The version of the code with all that it reaches.
    pub(crate) fn fingerprint(&self) -> Version {
        self.body.get().fingerprint
    }

    /// Is everything still the object it was? Compares pointers, and runs nothing.
    pub(crate) fn is_current(&self, py: Python<'_>) -> bool {
        self.root_guards.hold(py) && self.body.get().guards.hold(py)
    }

    /// For the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.root_guards.traverse(visit)?;
        visit.call(&self.body)
    }

    /// Mutable values reached through globals and closures, by name.
    pub(crate) fn implicit(&self) -> &[Implicit] {
        &self.body.get().implicit
    }

    /// Every function and class reached, itself first.
    pub(crate) fn reached(&self) -> &[Reached] {
        &self.body.get().reached
    }

    /// What could not be followed, as sentences.
    pub(crate) fn unfollowed(&self) -> &[String] {
        &self.body.get().unfollowed
    }

    /// Packages of others that were reached by name.
    pub(crate) fn packages(&self) -> &[String] {
        &self.body.get().packages
    }
}

fn find(object: &Bound<'_, PyAny>, rules: &Rules, as_type: bool) -> PyResult<Code> {
    let mut object = object.clone();
    while walk::is_made(&object)
        && let Some(wrapped) = attribute(&object, "__wrapped__")
    {
        object = wrapped;
    }
    let py = object.py();
    let key = match bytecode::code_of(&object) {
        Some(code) => code.as_ptr() as usize,
        None => object.as_ptr() as usize,
    };
    let root = Root::of(&object)?;
    let known: Vec<Py<PyWeakrefReference>> = {
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = known.as_ref().and_then(|known| known.get(&key));
        of_key
            .map(|all| all.iter().map(|one| one.clone_ref(py)).collect())
            .unwrap_or_default()
    };
    for body in known {
        let Some(body) = body.bind(py).upgrade() else {
            continue;
        };
        let body = body.cast_into::<Body>()?;
        let found = body.get();
        if found.rules == *rules
            && found.as_type == as_type
            && found.root == root
            && found.guards.hold(py)
        {
            let mut root_guards = Guards::default();
            if object.get_type().is(&Kinds::get(py)?.function) {
                root_guards.function(&object)?;
                root_guards.length(object.getattr("__dict__")?.cast::<PyDict>()?);
            }
            root_guards.finish();
            let body = body.unbind();
            return Ok(Code { root_guards, body });
        }
    }
    let code = follow(&object, root, rules, as_type)?;
    remember(key, code.body.bind(py))?;
    if as_type {
        kept::met(&object, &code.body);
    }
    Ok(code)
}

#[pymethods]
impl Body {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.root {
            Root::Parts(parts) => parts.iter().try_for_each(|part| visit.call(part))?,
            Root::Only(object) => visit.call(object)?,
        }
        self.guards.traverse(&visit)?;
        self.implicit
            .iter()
            .try_for_each(|input| input.traverse(&visit))
    }
}

impl Root {
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Root> {
        let plain = object.get_type().is(&Kinds::get(object.py())?.function)
            && object.getattr("__closure__")?.is_none()
            && object.getattr("__dict__")?.cast::<PyDict>()?.is_empty();
        if !plain {
            return Ok(Root::Only(object.clone().unbind()));
        }
        let [code, defaults, keyword_defaults] = guard::function_parts(object)?;
        let globals = object.getattr("__globals__")?.unbind();
        Ok(Root::Parts([code, defaults, keyword_defaults, globals]))
    }
}

impl PartialEq for Root {
    fn eq(&self, other: &Root) -> bool {
        match (self, other) {
            (Root::Parts(one), Root::Parts(other)) => {
                one.iter().zip(other).all(|(one, other)| one.is(other))
            }
            (Root::Only(one), Root::Only(other)) => one.is(other),
            _ => false,
        }
    }
}

fn remember(key: usize, body: &Bound<'_, Body>) -> PyResult<()> {
    let py = body.py();
    let reference = PyWeakrefReference::new(body.as_any())?.unbind();
    let is_dead = |one: &Py<PyWeakrefReference>| one.bind(py).upgrade().is_none();
    let mut dead = Vec::new();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known_now = known.get_or_insert_default();
    if known_now.len() >= SWEEP && known_now.len().is_power_of_two() {
        dead.extend(known_now.extract_if(|_, all| all.iter().all(is_dead)));
    }
    let all = known_now.entry(key).or_default();
    let (gone, mut live): (Vec<_>, Vec<_>) = all.drain(..).partition(is_dead);
    live.push(reference);
    *all = live;
    drop(known);
    drop((dead, gone)); // not under the lock
    Ok(())
}

fn follow(object: &Bound<'_, PyAny>, root: Root, rules: &Rules, as_type: bool) -> PyResult<Code> {
    let py = object.py();
    let mut walk = Walk::new(py, rules)?;
    let part = walk.run(object, as_type)?;
    let fingerprint = graph::fingerprint(&walk.nodes, &part);
    let mut reached = Vec::new();
    for place in 0..walk.nodes.len() {
        let origin = walk.nodes[place].reached.take();
        let node = &walk.nodes[place];
        if let Some(origin) = origin {
            reached.push(Reached {
                names: graph::names(&walk.nodes, node),
                fingerprint: node.own(),
                name: node.name.clone(),
                file: origin.file,
                line: origin.line,
                source: origin.source,
                normal: origin.normal,
            });
        }
    }
    Ok(Code {
        root_guards: walk.root_guards,
        body: Py::new(
            py,
            Body {
                root,
                rules: rules.clone(),
                as_type,
                fingerprint,
                guards: walk.guards,
                implicit: walk.implicit,
                reached,
                unfollowed: walk.unfollowed.into_iter().collect(),
                packages: walk.packages.into_iter().collect(),
            },
        )?,
    })
}

/// Everything that is known of an object's code, as plain data: for tests and for a closer look.
#[pyfunction]
#[pyo3(signature = (object, follow = Vec::new(), as_type = false))]
pub(crate) fn _fingerprint<'py>(
    object: &Bound<'py, PyAny>,
    follow: Vec<String>,
    as_type: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let py = object.py();
    let rules = Rules { follow };
    let code = if as_type {
        of_type(object, &rules)?
    } else {
        of(object, &rules)?
    };
    let answer = PyDict::new(py);
    answer.set_item("fingerprint", code.fingerprint().to_string())?;
    let mut reached = Vec::new();
    for one in code.reached() {
        let item = PyDict::new(py);
        item.set_item("name", &one.name)?;
        item.set_item("fingerprint", one.fingerprint.to_string())?;
        item.set_item("file", &one.file)?;
        item.set_item("line", one.line)?;
        item.set_item("source", &one.source)?;
        item.set_item("normal", &one.normal)?;
        reached.push(item);
    }
    answer.set_item("reached", reached)?;
    let mut implicit = Vec::new();
    for one in code.implicit() {
        let value = one.get(py).unwrap_or_else(|| py.None().into_bound(py));
        let found = one
            .locator
            .as_ref()
            .and_then(|(module, path)| locate(py, module, path));
        let items = [
            one.name.clone().into_pyobject(py)?.into_any(),
            one.read.into_pyobject(py)?.to_owned().into_any(),
            value.clone(),
            found
                .is_some_and(|found| found.is(&value))
                .into_pyobject(py)?
                .to_owned()
                .into_any(),
        ];
        implicit.push(PyTuple::new(py, items)?);
    }
    answer.set_item("implicit", implicit)?;
    answer.set_item("unfollowed", code.unfollowed())?;
    answer.set_item("packages", code.packages())?;
    answer.set_item("pseudo_file", pseudo_file(object)?)?;
    answer.set_item("code", Py::new(py, Held { code })?)?;
    Ok(answer)
}

/// The normal form of a node of a syntax tree.
#[pyfunction]
pub(crate) fn _normal(node: &Bound<'_, PyAny>) -> PyResult<String> {
    normal::Normalizer::default().normal(node, &mut |_| false)
}

/// A code that Python keeps, to ask again whether it is current.
#[pyclass(frozen, module = "remade._remade", name = "_Code")]
pub(crate) struct Held {
    code: Code,
}

#[pymethods]
impl Held {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.code.traverse(&visit)
    }

    fn is_current(&self, py: Python<'_>) -> bool {
        self.code.is_current(py)
    }

    /// Nanoseconds that one check takes.
    fn time(&self, py: Python<'_>, times: u32) -> f64 {
        let start = std::time::Instant::now();
        for _ in 0..times {
            std::hint::black_box(self.code.is_current(py));
        }
        start.elapsed().as_nanos() as f64 / f64::from(times.max(1))
    }
}
