//! Why is this call fresh, or not?
//!
//! A call stops at the first reason that makes it stale. Here all of them are looked for, against
//! the record of this very call or, where there is none, the one that differs least. Nothing runs
//! and no result is loaded.

use super::{CodeText, Face, Known, Made, reuse, takeover};
use crate::call::CallKey;
use crate::decide::{self, Present, Reason};
use crate::diff;
use crate::make::Keyed;
use crate::record::{Accepted, Implicit, Record};
use crate::store::{layout, prune};
use crate::version::Version;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Records that are compared where there is none of this call: those that differ least are among
/// the newest.
const COMPARED: usize = 16;

/// A code text is a few kilobytes; larger ones were not written here.
const LARGEST_TEXT: u64 = 4 << 20;

/// Why a call is fresh or stale.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The function.
    pub function: String,
    /// The key of the call; None where an argument has no version.
    pub key: Option<CallKey>,
    /// Why it is stale, each reason. Empty: it is fresh.
    pub reasons: Vec<Reason>,
    /// What changed in the code, function by function.
    pub changes: Vec<CodeChange>,
    /// The record that the call was compared with: where it lies, and when its run began.
    pub compared: Option<Compared>,
    /// The functions and classes that the fingerprint covers, the function itself first.
    pub covers: Vec<CodeText>,
    /// The packages that it counts by name, with their versions where they tell them.
    pub packages: BTreeMap<String, String>,
    /// The mutable globals and closure values that are inputs.
    pub implicit: Vec<Implicit>,
    /// What could not be followed, and what of the implicit inputs is not compared, in sentences.
    pub not_followed: Vec<String>,
}

/// The record that a call was compared with.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The record.
    pub path: PathBuf,
    /// When its run began, as RFC 3339.
    pub started: String,
    /// How long that ran.
    pub seconds: f64,
    /// The files of its results.
    pub files: Vec<PathBuf>,
    /// Who kept it although something had changed, and why.
    pub accepted: Vec<Accepted>,
}

/// One function or class that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChange {
    /// Its name.
    pub name: String,
    /// Where it stands now; where it stood, if it is gone.
    pub file: Option<String>,
    /// The line where it begins.
    pub line: u32,
    /// The lines that changed, as a unified diff. Empty where the text is the same, or not known.
    pub diff: String,
    /// What its names refer to, where that changed: name, before, now.
    pub names: Vec<(String, Option<String>, Option<String>)>,
}

impl Explanation {
    /// Whether the stored result would be reused.
    pub fn is_fresh(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// Explains a call.
///
/// # Errors
///
/// Those of the face.
pub fn explain<F: Face>(made: &Made<F::Kept>, face: &mut F) -> Result<Explanation, F::Error> {
    let (key, mut reasons) = match face.key()? {
        Keyed::Known(key) => (Some(key), Vec::new()),
        Keyed::Unversioned { parameter, why } => {
            let reason = Reason::Unversioned {
                name: parameter,
                why,
            };
            (None, vec![reason])
        }
    };
    takeover::once(made, face)?;
    let present = face.present()?;
    let known = match key {
        Some(key) => {
            let (known, objections) = of_key(made, face, key)?;
            reasons.extend(objections);
            known
        }
        None => None,
    };
    let known = match known {
        Some(known) => Some(known),
        None => {
            let (known, differences) = nearest(made, face, &present, |_| false)?;
            let is_told = |reason: &Reason| match reason {
                Reason::ArgumentChanged { name, .. } => reasons.iter().any(
                    |told| matches!(told, Reason::Unversioned { name: other, .. } if other == name),
                ),
                Reason::NeverRan => !reasons.is_empty(),
                _ => false,
            };
            let differences: Vec<_> = differences.into_iter().filter(|r| !is_told(r)).collect();
            reasons.extend(differences);
            known
        }
    };
    let texts = face.code_texts();
    let environment = face.environment();
    let changes = match &known {
        Some(known) => changes(made, &known.record, &present, &texts),
        None => Vec::new(),
    };
    Ok(Explanation {
        function: made.name.clone(),
        key,
        reasons,
        changes,
        compared: known.map(|known| Compared {
            path: known.path().to_owned(),
            started: known.record.started.clone(),
            seconds: known.record.seconds,
            files: known.paths(),
            accepted: known.record.accepted.clone(),
        }),
        covers: texts.into_iter().map(|(_, text)| text).collect(),
        packages: environment.packages,
        implicit: face
            .implicit()?
            .into_iter()
            .map(|now| now.implicit)
            .collect(),
        not_followed: face.not_followed(),
    })
}

type KnownOf<F> = Arc<Known<<F as Face>::Kept>>;

/// A record, if there is one, and what stands against it.
type Judged<F> = (Option<KnownOf<F>>, Vec<Reason>);

/// The record of a key, with everything that stands against it.
fn of_key<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    key: CallKey,
) -> Result<Judged<F>, F::Error> {
    let mut reasons = Vec::new();
    let known = reuse::record_of(made, face, key, &mut reasons)?;
    if let Some(known) = &known {
        reasons.extend(objections(made, face, known)?);
    }
    Ok((known, reasons))
}

/// Everything but code and arguments that stands against a record.
pub(super) fn objections<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    known: &KnownOf<F>,
) -> Result<Vec<Reason>, F::Error> {
    let mut reasons = Vec::new();
    reuse::objections(made, face, known, &mut reasons, reuse::Look::All)?;
    if !known.is_as_recorded() {
        reuse::look_for_files(made, face, known.clone(), &mut reasons)?;
    }
    Ok(reasons)
}

/// The record that differs least from a call that has none of its own, and how it differs. Reasons
/// that are slight count for less.
pub(super) fn nearest<F: Face>(
    made: &Made<F::Kept>,
    face: &mut F,
    present: &Present,
    is_slight: fn(&Reason) -> bool,
) -> Result<Judged<F>, F::Error> {
    let weight = |reasons: &[Reason]| {
        let grave = reasons.iter().filter(|reason| !is_slight(reason)).count();
        (grave, reasons.len())
    };
    let mut best: Option<(KnownOf<F>, Vec<Reason>)> = None;
    let keys = prune::newest_first(&made.folder).unwrap_or_default();
    for key in keys.into_iter().take(COMPARED) {
        let Some(known) = reuse::record_of(made, face, key, &mut Vec::new())? else {
            continue;
        };
        let mut reasons = decide::difference(Some(&known.record), present);
        reasons.retain(|reason| *reason != Reason::Forgotten);
        let is_no_better =
            |(_, least): &(KnownOf<F>, Vec<Reason>)| weight(least) <= weight(&reasons);
        if best.as_ref().is_some_and(is_no_better) {
            continue;
        }
        let is_other_call = reasons.iter().any(is_of_argument);
        for reason in objections(made, face, &known)? {
            // Another call keeps its result in another file.
            if !(is_other_call && matches!(reason, Reason::AskedElsewhere { .. })) {
                reasons.push(reason);
            }
        }
        if reasons.is_empty() {
            reasons.push(Reason::Forgotten);
        }
        let is_better = |(_, least): &(KnownOf<F>, Vec<Reason>)| weight(&reasons) < weight(least);
        if best.as_ref().is_none_or(is_better) {
            best = Some((known, reasons));
        }
    }
    Ok(match best {
        Some((known, reasons)) => (Some(known), reasons),
        None => (None, vec![Reason::NeverRan]),
    })
}

fn is_of_argument(reason: &Reason) -> bool {
    matches!(reason, Reason::ArgumentChanged { .. })
}

/// How the code of a record differs from that of now.
fn changes<K: Default>(
    made: &Made<K>,
    record: &Record,
    present: &Present,
    texts: &[(Version, CodeText)],
) -> Vec<CodeChange> {
    if record.fingerprint == present.fingerprint {
        return Vec::new(); // its functions may have other names, but no other code
    }
    let change = |(former, present_name): (Option<&str>, Option<&str>)| {
        let before = former
            .and_then(|name| record.code.get(name))
            .and_then(|version| stored(made, *version));
        let now = present_name.and_then(|name| present.code.get(name));
        let now = now.and_then(|version| {
            let mut texts = texts.iter();
            texts
                .find(|(other, _)| other == version)
                .map(|(_, text)| text)
        });
        let place = now.or(before.as_ref());
        let source = |text: Option<&CodeText>| text.and_then(|text| text.source.clone());
        let lines = diff::unified(
            (
                &place_of(before.as_ref(), &record.started),
                source(before.as_ref()),
            ),
            (&place_of(now, "now"), source(now)),
            before.as_ref().map_or(1, |text| text.line),
            now.map_or(1, |text| text.line),
        );
        CodeChange {
            file: place.and_then(|text| text.file.clone()),
            line: place.map_or(0, |text| text.line),
            diff: lines,
            names: changed_names(before.as_ref(), now),
            name: present_name.or(former).unwrap_or_default().to_owned(),
        }
    };
    let changed = decide::changed_code(&record.function, &record.code, &present.code);
    changed.into_iter().map(change).collect()
}

fn place_of(text: Option<&CodeText>, when: &str) -> String {
    match text.and_then(|text| text.file.as_ref()) {
        Some(file) => format!("{file}\t{when}"),
        None => format!("/dev/null\t{when}"),
    }
}

fn changed_names(
    before: Option<&CodeText>,
    now: Option<&CodeText>,
) -> Vec<(String, Option<String>, Option<String>)> {
    let (Some(before), Some(now)) = (before, now) else {
        return Vec::new(); // it came or went as a whole
    };
    let has_text = before.source.is_some() && now.source.is_some();
    let names = before.names.keys().chain(now.names.keys());
    let mut names: Vec<&String> = names.collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let of = |text: &CodeText| text.names.get(name).cloned();
            (name.clone(), of(before), of(now))
        })
        // A name that came or went shows in the text, where there is one.
        .filter(|(_, before, now)| {
            before != now && (!has_text || before.is_some() && now.is_some())
        })
        .collect()
}

/// The text that was stored with an earlier run.
fn stored<K: Default>(made: &Made<K>, version: Version) -> Option<CodeText> {
    let text = layout::read_code(made.store.root(), version, LARGEST_TEXT).ok()?;
    serde_json::from_slice(&text).ok()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_fresh() { "fresh" } else { "stale" };
        write!(f, "{}: {state}", self.function)?;
        for reason in &self.reasons {
            write!(f, "\n  {reason}")?;
        }
        for change in &self.changes {
            write!(f, "\n  {change}")?;
        }
        if let Some(compared) = &self.compared {
            let verb = if self.is_fresh() {
                "reuses"
            } else {
                "compared with"
            };
            write!(
                f,
                "\n  {verb} the run of {} ({:.3} s)",
                compared.started, compared.seconds
            )?;
            for file in &compared.files {
                write!(f, "\n    {}", file.display())?;
            }
            for accepted in &compared.accepted {
                write!(f, "\n    {accepted}")?;
            }
        }
        f.write_str("\n  covers")?;
        for text in &self.covers {
            write!(f, "\n    {text}")?;
        }
        for (name, version) in &self.packages {
            write!(f, "\n    {name} {version}, by name")?;
        }
        for input in &self.implicit {
            write!(
                f,
                "\n    {} = {}, an implicit input",
                input.name, input.short
            )?;
        }
        if !self.not_followed.is_empty() {
            f.write_str("\n  not followed")?;
            for sentence in &self.not_followed {
                write!(f, "\n    {sentence}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for CodeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(file) = &self.file {
            write!(f, " ({file}:{})", self.line)?;
        }
        let nothing = || "nothing".to_owned();
        for (name, before, now) in &self.names {
            let before = before.clone().unwrap_or_else(nothing);
            let now = now.clone().unwrap_or_else(nothing);
            write!(f, "\n    {name}: from {before} to {now}")?;
        }
        for line in self.diff.lines() {
            write!(f, "\n    {line}")?;
        }
        if self.names.is_empty() && self.diff.is_empty() {
            f.write_str("\n    its compiled form changed; there is no source to compare")?;
        }
        Ok(())
    }
}

impl fmt::Display for CodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.file {
            Some(file) => write!(f, " ({file}:{})", self.line),
            None => Ok(()),
        }
    }
}
