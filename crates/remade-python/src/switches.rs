//! Which switches are on for a function: those it names itself, and for the rest, the process's.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use remade::store::Durable;
use std::sync::atomic::{AtomicU8, Ordering};

const DEBUG: u8 = 1;
const RAISE_ERRORS: u8 = 2;
const RERUN_UNKNOWN: u8 = 4;
const VERIFY: u8 = 8;
const ALWAYS_DURABLE: u8 = 16;
const NEVER_DURABLE: u8 = 32;

/// What `configure` and the environment say.
static DEFAULTS: AtomicU8 = AtomicU8::new(0);

/// The switches that a function names itself.
pub(crate) struct Switches {
    named: u8,
    values: u8,
}

impl Switches {
    pub(crate) fn new(
        debug: Option<bool>,
        raise_errors: Option<bool>,
        rerun_unknown: Option<bool>,
        verify: Option<bool>,
        durable: Option<Durable>,
    ) -> Switches {
        let mut switches = Switches {
            named: 0,
            values: 0,
        };
        for (switch, value) in [
            (DEBUG, debug),
            (RAISE_ERRORS, raise_errors),
            (RERUN_UNKNOWN, rerun_unknown),
            (VERIFY, verify),
        ] {
            if let Some(value) = value {
                switches.named |= switch;
                switches.values |= if value { switch } else { 0 };
            }
        }
        if let Some(durable) = durable {
            switches.named |= ALWAYS_DURABLE | NEVER_DURABLE;
            switches.values |= match durable {
                Durable::Auto => 0,
                Durable::Always => ALWAYS_DURABLE,
                Durable::Never => NEVER_DURABLE,
            };
        }
        switches
    }

    /// As they are now. A call asks once, so that all of it goes by the same.
    #[inline]
    pub(crate) fn now(&self) -> On {
        On(self.values | DEFAULTS.load(Ordering::Relaxed) & !self.named)
    }
}

/// The switches that are on for one call.
#[derive(Clone, Copy)]
pub(crate) struct On(u8);

impl On {
    /// Told through the logger.
    pub(crate) fn debug(self) -> bool {
        self.0 & DEBUG != 0
    }

    /// What cannot be saved is an error.
    pub(crate) fn raise_errors(self) -> bool {
        self.0 & RAISE_ERRORS != 0
    }

    /// What no history knows runs.
    pub(crate) fn rerun_unknown(self) -> bool {
        self.0 & RERUN_UNKNOWN != 0
    }

    /// Every argument is read in full.
    pub(crate) fn verify(self) -> bool {
        self.0 & VERIFY != 0
    }

    /// What is forced to the disk.
    pub(crate) fn durable(self) -> Durable {
        match self.0 & (ALWAYS_DURABLE | NEVER_DURABLE) {
            ALWAYS_DURABLE => Durable::Always,
            NEVER_DURABLE => Durable::Never,
            _ => Durable::Auto,
        }
    }
}

/// Sets them for every function that does not name them itself, from its next call on.
#[pyfunction]
#[pyo3(signature = (*, debug, raise_errors, rerun_unknown, verify, durable))]
pub(crate) fn _set_defaults(
    debug: bool,
    raise_errors: bool,
    rerun_unknown: bool,
    verify: bool,
    durable: &str,
) -> PyResult<()> {
    let all = Switches::new(
        Some(debug),
        Some(raise_errors),
        Some(rerun_unknown),
        Some(verify),
        Some(durable_of(durable)?),
    );
    DEFAULTS.store(all.values, Ordering::Relaxed);
    Ok(())
}

/// What `durable=` says.
pub(crate) fn durable_of(text: &str) -> PyResult<Durable> {
    match text {
        "auto" => Ok(Durable::Auto),
        "always" => Ok(Durable::Always),
        "never" => Ok(Durable::Never),
        _ => Err(PyValueError::new_err(format!(
            "durable takes \"auto\", \"always\" or \"never\", not '{text}'"
        ))),
    }
}
