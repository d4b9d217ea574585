//! What the macros refuse is refused by one error at the right place: one file for each rule in
//! `tests/refused`, named after it.

#![cfg(feature = "ndarray")]

#[test]
fn each_rule_by_one_error() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/refused/*.rs");
}
