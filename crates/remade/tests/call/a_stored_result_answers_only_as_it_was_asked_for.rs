//! A stored result answers only while it is whole, and where and how it is asked for.

use std::fs;
use std::path::PathBuf;

use remade::decide::Reason;
use remade::event::Warning;
use tempfile::tempdir;

use crate::common::{Output, Value, bytes_of};
use crate::with_file;

#[test]
fn a_result_that_is_gone_or_changed_is_named() {
    let folder = tempdir().unwrap();
    let f = with_file(&folder);
    let (value, _) = f.call(1);
    let path = f.result_paths(1).remove(0);

    fs::remove_file(&path).unwrap();
    assert_eq!(
        f.call(1),
        (
            value.clone(),
            vec![Reason::ResultMissing { path: path.clone() }]
        )
    );

    fs::write(&path, bytes_of(2, 1000)).unwrap(); // as long as it was
    assert_eq!(
        f.call(1),
        (
            value.clone(),
            vec![Reason::ResultChanged { path: path.clone() }]
        )
    );

    fs::write(&path, bytes_of(1, 999)).unwrap();
    assert_eq!(
        f.call(1),
        (
            value.clone(),
            vec![Reason::ResultChanged { path: path.clone() }]
        )
    );

    f.refuses_to_load.set(true);
    fs::write(&path, bytes_of(1, 1000)).unwrap(); // other stamp, same content: it is read again
    let mut asked = f.ask(&[Value::Int(1)]);
    assert_eq!(asked.call().unwrap(), value);
    assert!(
        matches!(&asked.why()[..], [Reason::Unloadable { why, .. }] if why == "not to be trusted")
    );
    assert!(matches!(&asked.warnings[..], [Warning::Unloadable { .. }]));
}

#[test]
fn a_folder_in_the_place_of_a_result_is_a_reason_and_costs_no_value() {
    let folder = tempdir().unwrap();
    let f = with_file(&folder);
    let (value, _) = f.call(1);
    let path = f.result_paths(1).remove(0);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let mut asked = f.ask(&[Value::Int(1)]);
    assert_eq!(asked.call().unwrap(), value);
    assert_eq!(asked.why().len(), 1);
    // The result is safe under its staged name.
    assert!(
        asked
            .warnings
            .iter()
            .any(|w| matches!(w, Warning::Unfinished { .. }))
    );
    assert_eq!(f.call(1), (value, vec![]));
}

#[test]
fn another_persister_or_place_is_named() {
    let folder = tempdir().unwrap();
    let f = with_file(&folder);
    f.call(1);
    f.persister.set(2);
    assert!(matches!(
        &f.call(1).1[..],
        [Reason::PersisterChanged { .. }]
    ));
    let named: PathBuf = folder.path().join("results/f.bin");
    *f.output.borrow_mut() = Output::Named(named.clone());
    assert!(
        matches!(&f.call(1).1[..], [Reason::AskedElsewhere { to, .. }] if to == "results/f.bin")
    );
    assert_eq!(fs::read(named).unwrap(), bytes_of(1, 1000));
}
