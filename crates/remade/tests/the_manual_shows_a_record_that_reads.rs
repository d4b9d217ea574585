//! The record in `docs/format.md` is one: whoever writes a reader from that page can try it on that.

#![allow(clippy::unwrap_used)]

use remade::call::CallKey;
use remade::record::Record;
use remade::version::{Encoder, Version};

fn shown() -> String {
    let page = std::fs::read_to_string("../../docs/format.md").unwrap();
    let block = page.split("```json\n").nth(1).unwrap();
    block.split("```").next().unwrap().to_owned()
}

#[test]
fn it_is_exactly_what_would_be_written() {
    let shown = shown();
    let record = Record::from_json(shown.as_bytes());
    let fields = shown.split(",\n  \"digest\": \"").collect::<Vec<_>>();
    let digest = Version::of_bytes(fields[..fields.len() - 1].join("").as_bytes());
    assert!(
        record.is_ok(),
        "{record:?}: the last line is to be {digest}"
    );
    let written = record.unwrap().to_json().unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), shown);
}

#[test]
fn any_other_digit_makes_it_damaged() {
    let shown = shown();
    for digit in shown.match_indices('7').map(|(place, _)| place) {
        let mut changed = shown.clone();
        changed.replace_range(digit..=digit, "6");
        assert!(Record::from_json(changed.as_bytes()).is_err());
    }
}

#[test]
fn its_versions_are_those_of_what_it_shows() {
    let record = Record::from_json(shown().as_bytes()).unwrap();
    let of_integer = |number: i64| {
        let mut encoder = Encoder::new();
        encoder.int(number);
        encoder.finish()
    };
    assert_eq!(record.arguments[1].short, "10");
    assert_eq!(record.arguments[1].version, Some(of_integer(10)));
    let origin = &record.arguments[0].origins[0];
    assert_eq!(Some(origin.version), record.arguments[0].version);
    assert!(CallKey::parse(&origin.record).is_some());
    let page = std::fs::read_to_string("../../docs/format.md").unwrap();
    let name = Version::of_bytes(record.function.as_bytes()).to_string();
    assert!(page.contains(&format!("{}-{}/", record.function, &name[..16])));
    let file = record.results[0].file.as_ref().unwrap();
    assert!(file.staged.contains(&format!("-{}-", record.pid)));
    assert_eq!(file.content, record.results[0].version);
}
