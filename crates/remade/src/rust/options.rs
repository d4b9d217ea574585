//! What do the options of a made function say, and what holds where they say nothing?

#![allow(missing_docs)] // what the macros write is no part of the interface

use super::code::Code;
use super::errors::Error;
use crate::store::prune::Keep;
use std::path::PathBuf;

/// What the macro writes down of a function.
pub struct Options {
    pub module: &'static str,
    pub name: String,
    pub parameters: &'static [&'static str],
    pub cachedir: Option<PathBuf>,
    pub keep: Option<Keep>,
    pub verify: Option<bool>,
    pub rerun_unknown: Option<bool>,
    pub label: Option<String>,
    pub code: fn() -> &'static Code,
    pub language: &'static str,
}

/// The folder of a store that nobody named.
const CACHEDIR: &str = "cache";

impl Options {
    /// `module.name`: the names of Rust with the dots that the other language has.
    pub(super) fn known_as(&self) -> String {
        format!("{}.{}", self.module.replace("::", "."), self.name)
    }

    pub(super) fn cachedir(&self) -> PathBuf {
        let named = self.cachedir.clone();
        let named = named.or_else(|| std::env::var_os("REMADE_CACHEDIR").map(PathBuf::from));
        named.unwrap_or_else(|| PathBuf::from(CACHEDIR))
    }

    pub(super) fn keep(&self) -> Result<Keep, Error> {
        const EXPECTED: &str = "keep to be a number from 1 on, or \"all\"";
        if let Some(keep) = self.keep {
            return match keep {
                Keep::Last(0) => Err(self.wrong(EXPECTED, "0")),
                keep => Ok(keep),
            };
        }
        match variable("REMADE_KEEP").as_deref() {
            None => Ok(Keep::Last(1)),
            Some("all") => Ok(Keep::All),
            Some(text) => match text.parse() {
                Ok(number) if number > 0 => Ok(Keep::Last(number)),
                _ => Err(self.wrong(EXPECTED, &format!("REMADE_KEEP={text}"))),
            },
        }
    }

    pub(super) fn verify(&self) -> Result<bool, Error> {
        if let Some(verify) = self.verify {
            return Ok(verify);
        }
        let Some(text) = variable("REMADE_VERIFY") else {
            return Ok(false);
        };
        match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(self.wrong("REMADE_VERIFY to be 1 or 0", &text)),
        }
    }

    pub(super) fn rerun_unknown(&self) -> Result<bool, Error> {
        if let Some(rerun) = self.rerun_unknown {
            return Ok(rerun);
        }
        match variable("REMADE_UNKNOWN").as_deref() {
            None | Some("content") => Ok(false),
            Some("rerun") => Ok(true),
            Some(text) => Err(self.wrong("REMADE_UNKNOWN to be \"content\" or \"rerun\"", text)),
        }
    }

    fn wrong(&self, expected: &str, found: &str) -> Error {
        Error::Options {
            function: self.known_as(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}

/// An empty variable is none, as in the other language.
fn variable(name: &str) -> Option<String> {
    let text = std::env::var(name).ok()?;
    (!text.is_empty()).then_some(text)
}
