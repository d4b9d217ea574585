//! Which names did a function have before?

use pyo3::prelude::*;
use remade::make::{Former, of_vanished_scripts};

use crate::code;
use crate::function::Function;
use crate::prepared::{Prepared, labelled};

/// Those that `was=` tells and, in a script, those of scripts that are gone.
pub(crate) fn names(
    py: Python<'_>,
    function: &Function,
    prepared: &Prepared,
) -> PyResult<Vec<Former>> {
    let name = function.made.name();
    let module = function.module();
    let rest = name.strip_prefix(module).unwrap_or(name);
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let mut names = Vec::new();
    for was in function.was() {
        let old = match was.strip_suffix(rest).and_then(|old| old.strip_suffix('.')) {
            Some(old) => old,
            None => was.rsplit_once('.').map_or("", |(old, _)| old),
        };
        let mut fingerprints = vec![prepared.fingerprint];
        // What `def` called it is part of its code.
        let last = was.rsplit('.').next().unwrap_or(was);
        let code = code::fingerprint_as(function.callable(py), function.rules(), last)?;
        fingerprints.push(labelled(code, function.label()).finish());
        names.push(Former {
            function: was.clone(),
            module: (old.to_owned(), module.to_owned()),
            fingerprints,
            same_code_only: false,
        });
    }
    if is_of_script(py, function) {
        for was in of_vanished_scripts(function.made.store(), rest, module) {
            let old = was.strip_suffix(rest).unwrap_or(&was);
            let old = old.strip_suffix('.').unwrap_or(old).to_owned();
            names.push(Former {
                function: was,
                module: (old, module.to_owned()),
                fingerprints: vec![prepared.fingerprint],
                same_code_only: true,
            });
        }
    }
    Ok(names)
}

fn is_of_script(py: Python<'_>, function: &Function) -> bool {
    let module = function.callable(py).getattr("__module__");
    let module = module.and_then(|module| module.extract::<String>());
    module.is_ok_and(|module| module == "__main__" || module == "__mp_main__")
}
