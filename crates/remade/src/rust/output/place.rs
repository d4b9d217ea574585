//! In which file does each part of a result lie?

use crate::rust::errors::Error;
use crate::rust::function::Function;
use crate::version::Version;
use std::path::{Component, Path, PathBuf};

/// A persister, as far as places go.
#[derive(Debug, Clone)]
pub struct Slot {
    pub(in crate::rust) name: String,
    pub(in crate::rust) version: Version,
    /// The name that the user gave; `{x}` stands for an argument.
    pub(in crate::rust) path: Option<PathBuf>,
}

/// The place of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rust) enum Place {
    /// The user named it.
    Named(PathBuf),
    /// remade names it.
    Chosen,
}

/// The places of all parts, in the order of `output`. Empty where the type chooses.
#[derive(Debug, Default)]
pub(in crate::rust) struct Places {
    places: Vec<Place>,
}

impl Places {
    /// For the arguments of one call.
    pub(in crate::rust) fn new(
        function: &Function,
        slots: &[Slot],
        word: impl Fn(&str) -> Option<String>,
    ) -> Result<Places, Error> {
        let mut places = Vec::with_capacity(slots.len());
        for slot in slots {
            let place = match &slot.path {
                Some(path) => Place::Named(filled(function, path, &word)?),
                None => Place::Chosen,
            };
            if place != Place::Chosen && places.contains(&place) {
                return Err(wrong(
                    function,
                    "a file of its own for each part of the result",
                    &slot
                        .path
                        .as_deref()
                        .unwrap_or(Path::new(""))
                        .display()
                        .to_string(),
                ));
            }
            places.push(place);
        }
        Ok(Places { places })
    }

    pub(in crate::rust) fn number(&self) -> usize {
        self.places.len()
    }

    pub(in crate::rust) fn get(&self, index: usize) -> Option<&Place> {
        self.places.get(index)
    }

    /// Where a part goes, and whether the user named it.
    pub(super) fn target(&self, index: usize, chosen: impl FnOnce() -> PathBuf) -> (PathBuf, bool) {
        match self.places.get(index) {
            Some(Place::Named(path)) => (path.clone(), true),
            _ => (chosen(), false),
        }
    }
}

fn wrong(function: &Function, expected: &str, found: &str) -> Error {
    Error::Options {
        function: function.name().to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}

/// The name with the arguments in it. `{{` and `}}` stand for the braces themselves.
fn filled(
    function: &Function,
    path: &Path,
    word: &impl Fn(&str) -> Option<String>,
) -> Result<PathBuf, Error> {
    let text = path.to_str();
    let Some(text) = text.filter(|text| text.contains(['{', '}'])) else {
        if function.keeps_several() {
            return Err(wrong(
                function,
                "a file name that differs per call, such as \"out/f-{x}.npy\", where several \
                 results are kept",
                &path.display().to_string(),
            ));
        }
        return absolute(function, path);
    };
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        filled.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        let behind = &rest[at + 1..];
        if let Some(behind) = behind.strip_prefix(brace) {
            filled.push_str(brace);
            rest = behind;
            continue;
        }
        let Some((name, behind)) = behind.split_once('}').filter(|_| brace == "{") else {
            return Err(wrong(
                function,
                "braces around the name of a parameter",
                text,
            ));
        };
        if !function.options.parameters.contains(&name) {
            let known = function.options.parameters.join(", ");
            let expected = format!("the name of a parameter in braces ({known})");
            return Err(wrong(function, &expected, text));
        }
        filled.push_str(&one(function, name, word(name), text)?);
        rest = behind;
    }
    filled.push_str(rest);
    absolute(function, Path::new(&filled))
}

/// What stands for one argument: it may not lead to another folder.
fn one(
    function: &Function,
    parameter: &str,
    word: Option<String>,
    text: &str,
) -> Result<String, Error> {
    let Some(word) = word else {
        let expected = format!("{{{parameter}}} to stand for something that can be displayed");
        return Err(wrong(function, &expected, text));
    };
    let mut components = Path::new(&word).components();
    let is_name = matches!(
        (components.next(), components.next()),
        (Some(Component::Normal(_)), None)
    );
    if !is_name || word.contains(['/', '\\', '\0']) {
        let expected = format!("{{{parameter}}} to stand for a part of a file name");
        return Err(wrong(function, &expected, &format!("{word:?}")));
    }
    Ok(word)
}

/// Relative names count from where the function was used first.
fn absolute(function: &Function, path: &Path) -> Result<PathBuf, Error> {
    let path = function.base().join(path);
    std::path::absolute(&path).map_err(Error::io("look up", &path))
}
