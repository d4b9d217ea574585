//! How is any object encoded, by its class and its state?

use crate::once::Once;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use remade::version::Tag;

use super::{Kind, Unversioned, Walk, array, code, container};

type Encoded = Result<(), Unversioned>;

/// `module.Class`, for messages and for classes that are not the user's.
pub(crate) fn qualified_name(class: &Bound<'_, PyType>) -> String {
    let py = class.py();
    let text = |name| {
        class
            .getattr(name)
            .and_then(|value| value.extract::<String>())
    };
    let name = text(intern!(py, "__qualname__")).unwrap_or_default();
    match text(intern!(py, "__module__")) {
        Ok(module) if module != "builtins" => format!("{module}.{name}"),
        _ => name,
    }
}

/// An object that can be known by history; otherwise `content` encodes it. A whole value is told
/// by the version of its content, as it is when it is known.
pub(super) fn with_history<'py>(
    walk: &mut Walk<'py>,
    value: &Bound<'py, PyAny>,
    by_value: bool,
    content: impl FnOnce(&mut Walk<'py>) -> Encoded,
) -> Encoded {
    if !walk.is_first_mutable(value) {
        return Ok(());
    }
    if walk.is_told_by_history(value)? {
        return Ok(());
    }
    if walk.rerun_unknown && !by_value && walk.survey.is_none() {
        return Err(array::unknown(value));
    }
    if walk.depth == 1 && walk.survey.is_none() {
        let version = walk.aside(content)?;
        walk.told(Tag::Version, version);
        return Ok(());
    }
    content(walk)
}

/// Any object that no other file of this folder knows.
pub(super) fn encode<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, kind: Kind) -> Encoded {
    let py = value.py();
    let class = value.get_type();
    if class.hasattr(intern!(py, "__remade_made__"))? {
        return code::made(walk, value);
    }
    let (by_value, frozen_set) = match kind {
        Kind::Object { by_value } => (by_value, None),
        Kind::SetSubclass(frozen) => (true, Some(frozen)),
        _ => (false, None),
    };
    with_history(walk, value, by_value, |walk| {
        if let Some(frozen) = frozen_set {
            walk.encoder.begin(Tag::Object, 3);
            code::class_of(walk, value)?;
            let tag = if frozen { Tag::FrozenSet } else { Tag::Set };
            container::items_of_set(walk, value, tag)?;
            return attributes(walk, value);
        }
        if kind == Kind::ArraySubclass {
            walk.encoder.begin(Tag::Object, 3);
            code::class_of(walk, value)?;
            array::part_of(walk, value)?;
            return attributes(walk, value);
        }
        if kind == Kind::Image {
            static STATE: Once<Py<PyAny>> = Once::new();
            let state = STATE
                .import(py, "remade._nifti", "image_state")
                .and_then(|state| state.call1((value,)))
                .map_err(|error| Unversioned::from_error(value, error))?;
            walk.encoder.begin(Tag::Object, 2);
            code::class_of(walk, value)?;
            return walk.item(&state);
        }
        if kind == Kind::ImageProxy {
            // Its state names a file, and what is in the file is what counts.
            if walk.survey.is_some() {
                return code::class_of(walk, value);
            }
            let elements = value
                .call_method0(intern!(py, "__array__"))
                .map_err(|error| Unversioned::from_error(value, error))?;
            walk.encoder.begin(Tag::Object, 2);
            code::class_of(walk, value)?;
            return walk.item(&elements);
        }
        reduced(walk, value)
    })
}

/// Everything in `__dict__` and in slots.
pub(super) fn attributes<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    match value.getattr_opt(intern!(py, "__dict__"))? {
        Some(held) if !held.is_empty().unwrap_or(true) => state(walk, &held, true)?,
        _ => walk.encoder.tag(Tag::Missing),
    }
    let names = slots(value)?;
    walk.encoder.begin(Tag::Tuple, names.len());
    for name in names {
        walk.item(name.as_any())?;
        match value.getattr_opt(&name)? {
            Some(item) => walk.part(&item, || format!(".{name}"))?,
            None => walk.encoder.tag(Tag::Missing),
        }
    }
    Ok(())
}

/// The names of the slots that its class and the bases of that have.
pub(crate) fn slots<'py>(value: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyString>>> {
    let py = value.py();
    let copyreg = py.import(intern!(py, "copyreg"))?;
    let names = copyreg
        .getattr(intern!(py, "_slotnames"))?
        .call1((value.get_type(),))?;
    names.extract()
}

/// What pickle would ask: the function that makes the object anew, its arguments, and the state.
pub(super) fn reduced<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>) -> Encoded {
    let py = value.py();
    let reduced = ask(value).map_err(|error| Unversioned::from_error(value, error))?;
    if let Ok(name) = reduced.cast::<PyString>() {
        return global(walk, value, name);
    }
    let wrong = || Unversioned::because(value, "its __reduce_ex__ gives no tuple of two to six");
    let parts = reduced.cast::<PyTuple>().map_err(|_| wrong())?;
    if !(2..=6).contains(&parts.len()) {
        return Err(wrong());
    }
    // Parts that are made for the asking could leave their address to the next: the walk holds on.
    walk.memo.meet(&reduced);
    walk.encoder.begin(Tag::Object, 6);
    code::class_of(walk, value)?;
    let class = value.get_type();
    let function = parts.get_item(0)?;
    if function.is(&class) {
        walk.encoder.tag(Tag::Missing);
    } else {
        walk.item(&function)?;
    }
    let arguments = parts.get_item(1)?;
    let arguments = arguments.cast::<PyTuple>().map_err(|_| wrong())?;
    walk.encoder.begin(Tag::Tuple, arguments.len());
    for argument in arguments.iter() {
        if argument.is(&class) {
            walk.encoder.tag(Tag::Missing); // its code is told already
        } else {
            walk.item(&argument)?;
        }
    }
    for index in [2, 5] {
        let part = parts
            .get_item(index)
            .unwrap_or_else(|_| py.None().into_bound(py));
        // Python 3.10 gives an empty dict where later ones give None.
        let empty = part
            .cast_exact::<PyDict>()
            .is_ok_and(|state| state.is_empty());
        if empty {
            walk.encoder.tag(Tag::None);
        } else {
            let are_attributes = index == 2 && !class.hasattr(intern!(py, "__setstate__"))?;
            state(walk, &part, are_attributes)?;
        }
    }
    for index in [3, 4] {
        match parts.get_item(index) {
            Ok(items) if !items.is_none() => sequence(walk, &items, index == 4)?,
            _ => walk.encoder.tag(Tag::Missing),
        }
    }
    Ok(())
}

/// The state: its dict, or that and one of slots, holds attributes where the class does not say what else to
/// do with it.
fn state<'py>(walk: &mut Walk<'py>, value: &Bound<'py, PyAny>, are_attributes: bool) -> Encoded {
    if !are_attributes {
        return walk.item(value);
    }
    let outside = walk.states.len();
    match value.cast_exact::<PyTuple>() {
        Ok(two) if two.len() == 2 => {
            // No positions in the pair: nobody ever sees it.
            let dicts = two.iter_borrowed().map(|one| one.as_ptr() as usize);
            walk.states.extend(dicts.chain([value.as_ptr() as usize]));
        }
        _ => walk.states.push(value.as_ptr() as usize),
    }
    let encoded = walk.item(value);
    walk.states.truncate(outside);
    encoded
}

/// Items of a subclass of list, or pairs of one of dict.
fn sequence<'py>(walk: &mut Walk<'py>, items: &Bound<'py, PyAny>, pairs: bool) -> Encoded {
    let items: Vec<Bound<'py, PyAny>> = items.try_iter()?.collect::<PyResult<_>>()?;
    walk.encoder
        .begin(if pairs { Tag::Dict } else { Tag::List }, items.len());
    for item in items {
        // Pairs are tuples, made for the asking: what is in them is met, they are not.
        match item.cast_exact::<PyTuple>() {
            Ok(pair) if pairs && pair.len() == 2 => {
                walk.item(&pair.get_item(0)?)?;
                walk.item(&pair.get_item(1)?)?;
            }
            _ => walk.item(&item)?,
        }
    }
    Ok(())
}

fn ask<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let copyreg = py.import(intern!(py, "copyreg"))?;
    let table = copyreg.getattr(intern!(py, "dispatch_table"))?;
    if let Some(reduce) = table.cast::<PyDict>()?.get_item(value.get_type())? {
        return reduce.call1((value,));
    }
    value.call_method1(intern!(py, "__reduce_ex__"), (4,))
}

/// An object that is found again by its name. What wraps a function counts as that function, too.
fn global<'py>(
    walk: &mut Walk<'py>,
    value: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> Encoded {
    let py = value.py();
    let module = value.getattr_opt(intern!(py, "__module__"))?;
    let wrapped = value.getattr_opt(intern!(py, "__wrapped__"))?;
    let put = match &wrapped {
        Some(_) => crate::code::put_on_wrapper(value),
        None => Vec::new(),
    };
    let count = 4 + usize::from(!put.is_empty());
    walk.encoder.begin_named(Tag::Parts, "global", count);
    // The class of a function that Cython made holds the version of Cython in its name.
    if value.hasattr(intern!(py, "__qualname__"))? {
        walk.encoder.tag(Tag::Missing);
    } else {
        code::class_of(walk, value)?;
    }
    match module {
        Some(module) if !module.is_instance_of::<PyType>() => walk.item(&module)?,
        _ => walk.encoder.tag(Tag::Missing),
    }
    walk.item(name.as_any())?;
    match wrapped {
        Some(plain) => walk.item(&plain)?,
        None => walk.encoder.tag(Tag::Missing),
    }
    if put.is_empty() {
        return Ok(());
    }
    code::put_on(walk, put)
}
