//! How does a lineage look to a person?
//!
//! A tree, with two spaces for each level. What more than one run was given is shown in full where
//! it comes first, and by its number from there on.

use super::{Input, Lineage, Role, What};
use crate::record::{Argument, Record};
use std::fmt::{self, Write};
use std::path::Path;

/// Deeper than this a line says how deep it is, instead of being moved still further to the right.
const DEEPEST: usize = 40;

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.roots.is_empty() {
            return f.write_str("nothing is known of where this came from");
        }
        let uses = self.uses();
        let mut shown = vec![false; self.nodes.len()];
        let mut open: Vec<(usize, &Input)> =
            self.roots.iter().rev().map(|root| (0, root)).collect();
        let mut is_first = true;
        while let Some((depth, input)) = open.pop() {
            let node = &self.nodes[input.node];
            // The signature of the run says all of what a value can say.
            if matches!(node.what, What::Value { .. }) {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                f.write_char('\n')?;
            }
            indent(f, depth)?;
            self.head(f, input)?;
            let is_shared = uses[input.node] > 1 && matches!(node.what, What::Run { .. });
            if is_shared {
                write!(f, " #{}", input.node + 1)?;
            }
            let before = std::mem::replace(&mut shown[input.node], true);
            let What::Run {
                record,
                path,
                store,
            } = &node.what
            else {
                continue;
            };
            if before {
                f.write_str(", shown above")?;
                continue;
            }
            for fact in facts(record, path.is_some(), store) {
                f.write_char('\n')?;
                indent(f, depth + 1)?;
                f.write_str(&fact)?;
            }
            open.extend(node.inputs.iter().rev().map(|input| (depth + 1, input)));
        }
        Ok(())
    }
}

fn indent(f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
    write!(f, "{:1$}", "", 2 * depth.min(DEEPEST))?;
    if depth > DEEPEST {
        write!(f, "(level {depth}) ")?;
    }
    Ok(())
}

impl Lineage {
    /// How often each node is given to somebody.
    fn uses(&self) -> Vec<usize> {
        let mut uses = vec![0; self.nodes.len()];
        let inputs = self.nodes.iter().flat_map(|node| &node.inputs);
        inputs
            .chain(&self.roots)
            .for_each(|input| uses[input.node] += 1);
        uses
    }

    /// `image: [0] of pipeline.load(path=File('a.nii'))`
    fn head(&self, f: &mut fmt::Formatter<'_>, input: &Input) -> fmt::Result {
        match &input.role {
            Role::Asked(place) if place.is_empty() => {}
            Role::Asked(place) => write!(f, "{place}: ")?,
            Role::Argument { name, position } | Role::Implicit { name, position } => {
                write!(f, "{name}{position}: ")?;
            }
            Role::Read => f.write_str("read: ")?,
            Role::Called => f.write_str("called: ")?,
        }
        if !input.result.is_empty() {
            write!(f, "{} of ", input.result)?;
        }
        match &self.nodes[input.node].what {
            What::Run { record, .. } => f.write_str(&signature(record)),
            What::Forgotten {
                function, version, ..
            } => {
                write!(f, "{function}, whose record is no longer kept")?;
                match version {
                    Some(version) => write!(f, " (version {version})"),
                    None => Ok(()),
                }
            }
            What::File { path, .. } => write!(f, "file {}", self.shown(path)),
            What::Value { short, .. } => f.write_str(short),
        }
    }

    /// Relative to the project of the first root where it lies inside, as people know it.
    fn shown(&self, path: &Path) -> String {
        let root = self.roots.first().map(|root| &self.nodes[root.node].what);
        let project = match root {
            Some(What::Run { store, .. }) => store.parent(),
            _ => None,
        };
        let inside = project.and_then(|project| path.strip_prefix(project).ok());
        inside.unwrap_or(path).display().to_string()
    }
}

/// `pipeline.smooth(image=ndarray float32 (91, 109), fwhm=6)`
fn signature(record: &Record) -> String {
    let argument = |argument: &Argument| format!("{}={}", argument.name, argument.short);
    let arguments: Vec<String> = record.arguments.iter().map(argument).collect();
    format!("{}({})", record.function, arguments.join(", "))
}

/// What else is to be said of a run, a line each.
fn facts(record: &Record, is_kept: bool, store: &Path) -> Vec<String> {
    // Nobody reads the digits behind the seconds.
    let started = record.started.split('.').next().unwrap_or_default();
    let started = started.trim_end_matches('Z').replacen('T', " ", 1);
    let mut ran = format!("ran {started} UTC in {}", duration(record.seconds));
    let files = record.results.iter().filter_map(|result| {
        let file = result.file.as_ref().filter(|file| file.named)?;
        Some(file.path.as_str())
    });
    let written = record.written.iter().map(|file| file.path.as_str());
    let files: Vec<&str> = files.chain(written).collect();
    if !files.is_empty() {
        let _ = write!(ran, ", saved {}", files.join(", "));
    }
    let mut facts = vec![ran];
    let implicit: Vec<String> = record
        .implicit
        .iter()
        .filter(|input| !input.changed)
        .map(|input| format!("{} = {}", input.name, input.short))
        .collect();
    if !implicit.is_empty() {
        facts.push(format!("used {}", implicit.join(", ")));
    }
    facts.extend(record.accepted.iter().map(ToString::to_string));
    if !is_kept {
        facts.push(format!(
            "its record in {} was replaced since",
            store.display()
        ));
    }
    facts
}

/// Three digits are enough for people: `0.0123 s`, `81.2 s`, `3600 s`.
fn duration(seconds: f64) -> String {
    if seconds.is_nan() || seconds <= 0.0 {
        return "0 s".to_owned();
    }
    let digits = (2.0 - seconds.log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{seconds:.digits$} s")
}
