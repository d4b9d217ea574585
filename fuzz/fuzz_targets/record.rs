//! Whatever is in a record: nobody panics, and what is read is written again as it was read.
#![cfg_attr(feature = "fuzzer", no_main)]

use remade::record::Record;
use remade::version::Version;

/// As they are, and behind a digest that is right.
fn try_out(bytes: &[u8]) {
    let mut whole = bytes.to_vec();
    let digest = Version::of_bytes(bytes);
    whole.extend_from_slice(format!(",\n  \"digest\": \"{digest}\"\n}}\n").as_bytes());
    for text in [bytes, &whole] {
        if let Ok(record) = Record::from_json(text) {
            let again = record.to_json().expect("what was read can be written");
            assert_eq!(Record::from_json(&again), Ok(record));
        }
    }
}

#[cfg(feature = "fuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| try_out(bytes));

#[cfg(not(feature = "fuzzer"))]
fn main() {
    for path in std::env::args_os().skip(1) {
        try_out(&std::fs::read(path).expect("a file to read"));
    }
}
