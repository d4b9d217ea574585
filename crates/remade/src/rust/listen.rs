//! Who is told what happened?

use crate::event::{Event, Warning};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Something that a made function did, or that a person should know of.
#[derive(Debug, Clone, Copy)]
pub enum Happening<'a> {
    /// A call: reused, or run and why.
    Call(&'a Event),
    /// Something that a person should know although the call went on.
    Warning(&'a Warning),
}

type Listener = Arc<dyn Fn(Happening<'_>) + Send + Sync>;

static LISTENERS: RwLock<Vec<(u64, Listener)>> = RwLock::new(Vec::new());

/// Somebody listens as long as this lives.
#[derive(Debug)]
#[must_use = "dropping it ends the listening"]
pub struct Listening(u64);

/// Tells a listener what made functions of this process do, until the guard is dropped.
///
/// Where nobody listens, warnings go to the standard error, and calls are told to nobody.
///
/// ```
/// use remade::{Happening, make};
///
/// #[make]
/// fn half(x: u32) -> u32 {
///     x / 2
/// }
/// # let folder = tempfile::tempdir().unwrap();
/// # std::env::set_current_dir(&folder).unwrap();
/// let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
/// let count = runs.clone();
/// let listening = remade::listen(move |happening| {
///     if let Happening::Call(event) = happening {
///         count.fetch_add(usize::from(event.ran), std::sync::atomic::Ordering::Relaxed);
///     }
/// });
/// half(8)?;
/// half(8)?;
/// assert_eq!(runs.load(std::sync::atomic::Ordering::Relaxed), 1);
/// # Ok::<(), remade::Error>(())
/// ```
pub fn listen(listener: impl Fn(Happening<'_>) + Send + Sync + 'static) -> Listening {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut listeners = LISTENERS.write().unwrap_or_else(PoisonError::into_inner);
    listeners.push((number, Arc::new(listener)));
    Listening(number)
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut listeners = LISTENERS.write().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|(number, _)| *number != self.0);
    }
}

/// A listener may listen or stop listening: none is called under the lock.
fn listeners() -> Vec<Listener> {
    let listeners = LISTENERS.read().unwrap_or_else(PoisonError::into_inner);
    listeners.iter().map(|(_, one)| one.clone()).collect()
}

pub(super) fn anybody_listens() -> bool {
    let listeners = LISTENERS.read().unwrap_or_else(PoisonError::into_inner);
    !listeners.is_empty()
}

pub(super) fn tell(event: &Event) {
    for listener in listeners() {
        listener(Happening::Call(event));
    }
}

pub(super) fn warn(warning: &Warning) {
    let listeners = listeners();
    if listeners.is_empty() {
        // Whoever cannot be told is not told.
        let _ = writeln!(std::io::stderr(), "remade: {warning}");
    }
    for listener in listeners {
        listener(Happening::Warning(warning));
    }
}

/// An error with its sources, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
