//! A call takes a record that is damaged, foreign, newer or no file at all for a reason to run, and
//! names it.

use std::fs;
use std::path::Path;

use remade::decide::Reason;
use remade::make;
use remade::store::prune::Keep;
use tempfile::tempdir;

use crate::common::{Function, Value, bytes_of, numbers_to_bytes};

fn with_file(folder: &Path) -> Function {
    Function::new(folder, "module.f").body(numbers_to_bytes(10))
}

/// Calls f(1) with this text as its record, in the process that knows the record and in the next.
fn call_with(text: &[u8]) -> Vec<Reason> {
    let folder = tempdir().unwrap();
    let f = with_file(folder.path());
    f.call(1);
    fs::write(f.record_path(1), text).unwrap();
    let g = with_file(folder.path());
    assert!(!make::check(&g.made, &mut g.ask(&[Value::Int(1)])).unwrap());
    let newest = make::newest(&g.made, &mut g.ask(&[])).unwrap();
    let (value, why) = g.call(1);
    assert_eq!(newest.unwrap_err().reasons, why);
    assert_eq!(value, Value::Bytes(bytes_of(1, 10)));
    assert_eq!(f.call(1), (value, vec![]));
    why
}

fn whole() -> Vec<u8> {
    let folder = tempdir().unwrap();
    let f = with_file(folder.path());
    f.call(1);
    fs::read(f.record_path(1)).unwrap()
}

#[test]
fn a_damaged_record_is_the_reason_of_the_next_run() {
    let text = String::from_utf8(whole()).unwrap();
    for damaged in [
        String::new(),
        "{}".to_owned(),
        "null".to_owned(),
        "[".repeat(1_000_000),
        "{\"value\":".repeat(100_000),
        "\0".repeat(text.len()),
        "\u{feff}".to_owned() + &text,
        text[..text.len() / 2].to_owned(),
        text[..text.len() - 2].to_owned(),
        text.clone() + &text,
        text.clone() + " ",
        text.replace("\"seconds\"", "\"secs\""),
        text.replace("\"format\": 1", "\"format\": 0"),
        text.replace("\"format\": 1", "\"format\": -1"),
        text.replace("\"format\": 1", "\"format\": 1e400"),
        text.replace("\"result\": 0", "\"result\": 1"),
        text.replace("module.f", "module.g"),
        text.replace('\n', "\r\n"),
    ] {
        assert_ne!(damaged, text);
        let why = call_with(damaged.as_bytes());
        assert!(
            matches!(&why[..], [Reason::RecordDamaged { .. }]),
            "{why:?}"
        );
    }
}

#[test]
fn a_newer_record_is_the_reason_of_the_next_run() {
    let text = String::from_utf8(whole()).unwrap();
    for newer in [
        text.replace("\"format\": 1", "\"format\": 2"),
        "{\"format\": 77, \"nothing\": [\"that\", \"we\", \"know\"]}".to_owned(),
    ] {
        let why = call_with(newer.as_bytes());
        assert!(
            matches!(&why[..], [Reason::RecordNewer { found: 2 | 77 }]),
            "{why:?}"
        );
    }
}

#[test]
fn the_record_of_another_call_or_function_is_none_of_this_one() {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::All);
    let g = Function::new(folder.path(), "module.g");
    f.call(1);
    f.call(2);
    g.call(1);
    for foreign in [f.record_path(2), g.record_path(1)] {
        fs::copy(foreign, f.record_path(1)).unwrap();
        let h = f.elsewhere(folder.path(), Keep::All);
        let (value, why) = h.call(1);
        assert_eq!(value, Value::Int(1));
        assert!(
            matches!(&why[..], [Reason::RecordDamaged { .. }]),
            "{why:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_is_not_a_file_in_the_place_of_a_record_neither_blocks_nor_costs_a_value() {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::All);
    f.call(1);
    for place in [f.record_path(1), f.record_path(2), f.made.folder().last()] {
        for make in ["mkfifo", "mkdir"] {
            let _ = fs::remove_file(&place);
            let made = std::process::Command::new(make).arg(&place).status();
            assert!(made.unwrap().success());
            let g = f.elsewhere(folder.path(), Keep::Last(3));
            for number in [1, 2, 3] {
                let mut asked = g.ask(&[Value::Int(number)]);
                assert_eq!(asked.call().unwrap(), Value::Int(number));
            }
            let _ = make::newest(&g.made, &mut g.ask(&[])).unwrap();
            let _ = fs::remove_dir(&place).or_else(|_| fs::remove_file(&place));
        }
    }
}

#[test]
fn a_record_too_large_to_be_read_is_not_written() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    f.call(1);
    let many: Vec<Value> = (0..200_000).map(Value::Int).collect();
    let mut asked = f.ask(&many);
    assert_eq!(asked.call().unwrap(), Value::Int(0));
    assert_eq!(
        asked.warnings.len(),
        1,
        "the value is not saved, and that is told"
    );
    assert_eq!(f.call(1), (Value::Int(1), vec![]));
}
