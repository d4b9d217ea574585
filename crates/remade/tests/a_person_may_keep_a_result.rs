//! What may be accepted is accepted, with who, when and why; everything else is refused and stays.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Function, Value, numbers_to_bytes};
use remade::decide::Reason;
use remade::make::{self, Acceptance, Explanation};
use remade::store::prune::Keep;
use tempfile::{TempDir, tempdir};

fn at(folder: &TempDir) -> Function {
    Function::keeping(folder.path(), "module.f", Keep::Last(1)).body(numbers_to_bytes(1000))
}

fn accept(f: &Function, number: i64) -> Acceptance {
    make::accept(
        &f.made,
        &mut f.ask(&[Value::Int(number)]),
        "ada",
        "it is the same",
    )
    .unwrap()
}

fn explain(f: &Function, number: i64) -> Explanation {
    make::explain(&f.made, &mut f.ask(&[Value::Int(number)])).unwrap()
}

fn refusal(accepted: Acceptance) -> Vec<Reason> {
    match accepted {
        Acceptance::Refused(reasons) => reasons,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_result_that_was_copied_is_accepted_as_it_is() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    let (value, _) = f.call(3);
    for path in f.result_paths(3) {
        let copy = path.with_extension("copy");
        remade::store::files::copy_new(&path, &copy).unwrap();
        remade::store::files::finish_path(&copy, false).unwrap();
        std::fs::rename(copy, path).unwrap();
    }
    f.code.borrow_mut().insert("helper".to_owned(), 2);
    assert!(matches!(accept(&f, 3), Acceptance::Kept(_)));
    assert_eq!(f.call(3), (value, vec![]));
}

#[test]
fn changed_code_keeps_the_result_in_every_process() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    let (value, _) = f.call(3);
    f.code.borrow_mut().insert("helper".to_owned(), 2);
    assert!(!explain(&f, 3).is_fresh());
    assert!(matches!(accept(&f, 3), Acceptance::Kept(_)));
    assert!(explain(&f, 3).is_fresh());
    assert_eq!(f.call(3), (value.clone(), vec![]));
    let other = f.elsewhere(folder.path(), Keep::Last(1));
    assert_eq!(other.call(3), (value, vec![]));
    assert_eq!((f.runs.get(), other.runs.get()), (1, 0));
    let accepted = &other.record(3).accepted[0];
    assert_eq!(
        (accepted.who.as_str(), accepted.why.as_str()),
        ("ada", "it is the same")
    );
    assert_eq!(accepted.what, ["code changed: helper"]);
    assert!(explain(&f, 3).to_string().contains("accepted by ada"));
}

#[test]
fn a_corrected_file_is_the_result_and_has_a_version_of_its_own() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("out.bin");
    let f = at(&folder).named(path.clone());
    f.call(3);
    let before = f.record(3).results[0].version;
    std::fs::write(&path, b"by hand").unwrap();
    assert_eq!(
        explain(&f, 3).reasons,
        [Reason::ResultChanged { path: path.clone() }]
    );
    assert!(matches!(accept(&f, 3), Acceptance::Kept(_)));
    assert_eq!(f.call(3), (Value::Bytes(b"by hand".to_vec()), vec![]));
    assert_ne!(f.record(3).results[0].version, before);
    assert_eq!(std::fs::read(&path).unwrap(), b"by hand");
}

#[test]
fn other_arguments_and_globals_are_refused() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    f.globals.borrow_mut().insert("FWHM".to_owned(), 6);
    f.call(3);
    let record = f.record(3);
    f.code.borrow_mut().insert("helper".to_owned(), 2);
    let reasons = refusal(accept(&f, 4));
    assert!(
        matches!(reasons[..], [Reason::ArgumentChanged { .. }]),
        "{reasons:?}"
    );
    f.globals.borrow_mut().insert("FWHM".to_owned(), 8);
    let reasons = refusal(accept(&f, 3));
    assert!(
        matches!(reasons[..], [Reason::ImplicitChanged { .. }]),
        "{reasons:?}"
    );
    f.code.borrow_mut().remove("helper");
    assert_eq!(f.record(3), record, "nothing was changed");
}

#[test]
fn what_was_never_computed_or_is_gone_is_refused() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    assert_eq!(refusal(accept(&f, 3)), [Reason::NeverRan]);
    f.call(3);
    std::fs::remove_file(&f.result_paths(3)[0]).unwrap();
    let reasons = refusal(accept(&f, 3));
    assert!(
        matches!(reasons[..], [Reason::ResultMissing { .. }]),
        "{reasons:?}"
    );
}

#[test]
fn what_cannot_be_loaded_is_refused() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    f.call(3);
    f.code.borrow_mut().insert("helper".to_owned(), 2);
    f.refuses_to_load.set(true);
    let reasons = refusal(accept(&f, 3));
    assert!(
        matches!(reasons[..], [Reason::Unloadable { .. }]),
        "{reasons:?}"
    );
}

#[test]
fn a_fresh_call_needs_nothing() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    f.call(3);
    let record = f.record(3);
    assert!(matches!(accept(&f, 3), Acceptance::Needless));
    assert_eq!(f.record(3), record);
}

#[test]
fn an_explanation_loads_and_runs_nothing() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    f.call(3);
    let loads = f.loads.get();
    for number in [3, 4] {
        explain(&f, number);
    }
    assert_eq!((f.runs.get(), f.loads.get()), (1, loads));
}

#[test]
fn the_nearest_record_is_compared() {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::All);
    for pair in [[1, 1], [2, 2], [3, 3]] {
        f.ask(&pair.map(Value::Int)).call().unwrap();
    }
    let mut asked = f.ask(&[Value::Int(1), Value::Int(5)]);
    let reasons = make::explain(&f.made, &mut asked).unwrap().reasons;
    assert!(
        matches!(&reasons[..], [Reason::ArgumentChanged { name, .. }] if name == "x1"),
        "{reasons:?}"
    );
}
