//! A call in two halves, with the run between them, is one call.

use remade::make::{self, Opened};
use tempfile::tempdir;

use crate::common::{Value, bytes_of};
use crate::{at, with_file};

#[test]
fn a_call_in_two_halves_is_the_same_call() {
    let folder = tempdir().unwrap();
    let f = with_file(&folder);
    let mut asked = f.ask(&[Value::Int(1)]);
    let Opened::Stale(running) = asked.open() else {
        panic!("it never ran")
    };
    let mut second = f.ask(&[Value::Int(1)]);
    assert!(matches!(second.open(), Opened::Busy));
    let value = Value::Bytes(bytes_of(1, 1000));
    let finished = make::finish(&f.made, &mut asked, *running, value.clone());
    assert_eq!(finished.unwrap(), value);
    assert!(matches!(second.open(), Opened::Fresh(found) if found == value));
}

#[test]
fn a_half_that_is_given_up_gives_up_its_lock() {
    let folder = tempdir().unwrap();
    let f = at(&folder);
    let opened = f.ask(&[Value::Int(1)]).open();
    assert!(matches!(f.ask(&[Value::Int(1)]).open(), Opened::Busy));
    drop(opened);
    assert!(matches!(f.ask(&[Value::Int(1)]).open(), Opened::Stale(_)));
}
