//! How does a person vouch for a store, in Python?

use pyo3::exceptions::{PyOSError, PyPermissionError, PyValueError};
use pyo3::prelude::*;
use remade::store::Store;
use remade::store::key::NoKey;
use remade::store::trust::Refused;
use remade::store::vouch::{self, NotVouched};
use std::path::PathBuf;

/// Records read, pickles sealed now, pickles sealed before, and what was left as it is: path, why.
type Told = (usize, usize, usize, Vec<(String, String)>);

/// Seals every pickle of the store in this absolute path.
#[pyfunction]
pub(crate) fn _vouch(py: Python<'_>, root: PathBuf) -> PyResult<Told> {
    let store = Store::at(root);
    match py.detach(|| vouch::vouch(&store)) {
        Ok(told) => {
            let skipped = told.skipped.into_iter();
            let skipped = skipped.map(|(path, why)| (path.to_string_lossy().into_owned(), why));
            Ok((told.records, told.sealed, told.already, skipped.collect()))
        }
        Err(NotVouched::NoStore) => Err(PyValueError::new_err(format!(
            "there is no store in {}: trust takes the folder that cachedir names",
            store.root().display()
        ))),
        Err(NotVouched::NoKey(NoKey::Refused { path, why })) => {
            Err(PyPermissionError::new_err(format!(
                "there is no key to seal with: the key {} is not used: {why}",
                path.display()
            )))
        }
        Err(NotVouched::NoKey(NoKey::Nowhere)) => Err(PyOSError::new_err(
            "there is no key to seal with, and no place to make one: set XDG_CONFIG_HOME or HOME to \
             a folder that can be written, or name a file in REMADE_KEY_FILE",
        )),
        Err(NotVouched::Io(path, error)) if Refused::is(&error) => Err(PyPermissionError::new_err(
            format!("the store {} is not used: {error}", path.display()),
        )),
        Err(NotVouched::Io(path, error)) => Err(crate::write::os_error(&error, &path)),
    }
}
