//! A record reads back as it was written. One that is damaged, truncated, foreign or newer is a
//! reason to run, never a wrong result and never a panic.

#![allow(clippy::unwrap_used, unreachable_pub)]

#[path = "records/any.rs"]
mod any;
mod common;
#[path = "records/damage.rs"]
mod damage;
#[path = "records/records_of_earlier_releases_are_read_for_ever.rs"]
mod records_of_earlier_releases_are_read_for_ever;
#[path = "records/what_is_no_record_is_a_reason_to_run.rs"]
mod what_is_no_record_is_a_reason_to_run;

use std::fs;

use any::{record, short};
use common::{Function, Value, bytes_of};
use damage::{apply, damage};
use proptest::collection::vec;
use proptest::prelude::*;
use remade::make::Changed;
use remade::record::{Binary64, FORMAT, Record, Short, Unreadable};
use remade::store::prune::Keep;
use tempfile::tempdir;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_record_reads_back_as_it_was_written(record in record()) {
        let text = record.to_json().unwrap();
        let read = Record::from_json(&text);
        prop_assert_eq!(read.as_ref(), Ok(&record));
        prop_assert_eq!(read.unwrap().to_json().unwrap(), text);
    }

    #[test]
    fn a_short_value_reads_back_bit_for_bit(short in short()) {
        let text = serde_json::to_string(&short).unwrap();
        prop_assert_eq!(serde_json::from_str::<Short>(&text).unwrap(), short);
    }

    #[test]
    fn a_number_reads_back_bit_for_bit(bits in any::<u64>(), text in "(nan:)?[-+0-9a-fine.]{0,20}") {
        let number = Binary64(f64::from_bits(bits));
        prop_assert_eq!(number.to_string().parse::<Binary64>(), Ok(number));
        let _ = text.parse::<Binary64>();
    }

    #[test]
    fn any_damaged_record_is_told_from_a_whole_one(record in record(), damages in vec(damage(), 1..4)) {
        let whole = record.to_json().unwrap();
        let mut text = whole.clone();
        damages.iter().for_each(|damage| apply(damage, &mut text));
        if text != whole {
            prop_assert!(Record::from_json(&text).is_err());
        }
    }

    #[test]
    fn rubbish_is_no_record(bytes in vec(any::<u8>(), 0..300), text in any::<String>()) {
        prop_assert!(Record::from_json(&bytes).is_err());
        prop_assert!(Record::from_json(text.as_bytes()).is_err());
    }
}

/// Records that the engine wrote.
fn real_records() -> Vec<Vec<u8>> {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::All);
    f.globals.borrow_mut().insert("settings.FWHM".to_owned(), 8);
    for value in [
        Value::Int(41),
        Value::Bytes(bytes_of(1, 1000)),
        Value::Rows(vec![vec![1], vec![2, 3]]),
    ] {
        f.ask(&[value]).call().unwrap();
    }
    *f.changes.borrow_mut() = vec![("x0".to_owned(), Changed::Lost)];
    f.call(5);
    let keys = f.made.folder().keys().unwrap().into_iter();
    keys.map(|key| fs::read(f.made.folder().record(key)).unwrap())
        .collect()
}

#[test]
fn twenty_thousand_damages_of_real_records_are_all_told() {
    use proptest::test_runner::{Config, TestRunner};
    let records = real_records();
    let mut runner = TestRunner::new(Config::with_cases(20_000));
    let cases = (0..records.len(), vec(damage(), 1..4));
    let told = runner.run(&cases, |(which, damages)| {
        let mut text = records[which].clone();
        damages.iter().for_each(|damage| apply(damage, &mut text));
        if text != records[which] {
            match Record::from_json(&text) {
                Err(Unreadable::Damaged(why)) => prop_assert!(!why.is_empty()),
                Err(Unreadable::Newer { found }) => prop_assert!(found > FORMAT),
                Ok(record) => prop_assert!(false, "believed: {record:?}"),
            }
        }
        Ok(())
    });
    told.unwrap();
}
