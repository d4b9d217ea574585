//! The Python face of remade: translation between Python's objects and the engine, and nothing
//! else. `function` is the decorated object, `face` one call of it, `value` and `registry` tell
//! versions, `code` fingerprints, `save` and `load` keep results.

mod accept;
mod arrays;
mod binder;
mod check;
mod code;
mod depends;
mod errors;
mod events;
mod explain;
mod face;
mod files;
mod former;
mod frame;
mod function;
mod lineage;
mod load;
mod nifti;
mod numpy;
mod once;
mod output;
mod prepared;
mod registry;
mod save;
mod short;
mod switches;
mod timing;
mod value;
mod vouch;
mod write;

use pyo3::prelude::*;

/// The child of a fork closes the locks that it inherited.
#[pyfunction]
fn _after_fork_in_child() {
    remade::store::lock::after_fork_in_child();
}

/// For tests: how long a caller that holds a key waits for another one, in seconds.
#[pyfunction]
fn _set_patience(seconds: f64) {
    remade::make::set_patience(std::time::Duration::from_secs_f64(seconds.max(0.0)));
}

/// For tests: how many looks at the records of a function are worth a watch.
#[pyfunction]
fn _set_watch_worth(looks: u32) {
    remade::store::watch::set_worth(looks);
}

/// The compiled part of the package `remade`.
#[pymodule]
fn _remade(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<function::MadeFunction>()?;
    module.add_class::<function::BoundMade>()?;
    module.add("RemadeWarning", py.get_type::<errors::RemadeWarning>())?;
    module.add("SaveError", py.get_type::<errors::SaveError>())?;
    module.add(
        "CorruptFileError",
        py.get_type::<errors::CorruptFileError>(),
    )?;
    module.add_function(wrap_pyfunction!(nifti::save_nifti, module)?)?;
    module.add_function(wrap_pyfunction!(nifti::load_nifti, module)?)?;
    module.add_function(wrap_pyfunction!(nifti::nifti_header, module)?)?;
    module.add_function(wrap_pyfunction!(nifti::nifti_template, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::save_npy, module)?)?;
    module.add_function(wrap_pyfunction!(arrays::load_npy, module)?)?;
    module.add_function(wrap_pyfunction!(write::replace_file, module)?)?;
    module.add_function(wrap_pyfunction!(vouch::_vouch, module)?)?;
    module.add_function(wrap_pyfunction!(events::add_listener, module)?)?;
    module.add_function(wrap_pyfunction!(events::remove_listener, module)?)?;
    module.add_function(wrap_pyfunction!(_after_fork_in_child, module)?)?;
    module.add_function(wrap_pyfunction!(_set_patience, module)?)?;
    module.add_function(wrap_pyfunction!(_set_watch_worth, module)?)?;
    module.add_function(wrap_pyfunction!(check::_check, module)?)?;
    module.add_function(wrap_pyfunction!(code::_fingerprint, module)?)?;
    module.add_function(wrap_pyfunction!(code::_normal, module)?)?;
    module.add_function(wrap_pyfunction!(switches::_set_defaults, module)?)?;
    module.add_function(wrap_pyfunction!(function::_made_functions, module)?)?;
    module.add_class::<code::Held>()?;
    lineage::add_to(module)?;
    timing::add_to(module)?;
    registry::testing::add_to(module)
}
