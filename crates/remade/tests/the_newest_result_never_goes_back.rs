//! Who asks for the newest result again and again, while others write, is never given an older one than
//! before, not even where an older one is still whole because its writer died.

#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr)] // the numbers that were reached, for those who ask

mod common;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

use common::schedules::{Work, explore};
use common::torture;
use common::{Function, Value};
use remade::make;
use remade::seam::Operation;
use remade::store::prune::Keep;

thread_local! {
    static READS: Cell<bool> = const { Cell::new(false) };
}

/// A process that calls the function; each result takes the name of the one before.
fn process(folder: &Path, keep: Keep) -> Function {
    Function::keeping(folder, "module.f", keep)
        .named(folder.join("f.bin"))
        .body(|arguments| match arguments {
            [Value::Int(number)] => Ok(Value::Bytes(vec![*number as u8; 100])),
            _ => Err("one number".to_owned()),
        })
}

fn newest(folder: &Path) -> u8 {
    let f = process(folder, Keep::Last(1));
    match make::newest(&f.made, &mut f.ask(&[])).unwrap() {
        Ok(Value::Bytes(bytes)) => bytes[0],
        other => panic!("{other:?}"),
    }
}

/// One whose writer died before the last rename, and a newer one whose writer died before it could forget
/// the other.
fn scene(folder: &Path) {
    common::disk::empty(folder).unwrap();
    let f = process(folder, Keep::All);
    f.call(1);
    let file = f.record(1).results[0].file.clone().unwrap();
    let name: PathBuf = folder.join("f.bin");
    fs::rename(&name, name.with_file_name(file.staged)).unwrap();
    f.call(2);
    assert_eq!(newest(folder), 2);
}

#[test]
fn while_a_third_one_is_written_it_is_the_second_or_the_third() {
    let folder = torture::folder();
    let folder = folder.path().to_owned();
    let round = || -> Vec<Work> {
        scene(&folder);
        let (here, there) = (folder.clone(), folder.clone());
        let reader: Work = Box::new(move || {
            READS.set(true);
            let number = newest(&here);
            assert!(number >= 2, "{number} came back");
        });
        let writer: Work = Box::new(move || {
            process(&there, Keep::Last(1)).call(3);
        });
        vec![reader, writer]
    };
    // What the one can see, and what the other changes.
    let is_point = |operation: Operation<'_>| match operation {
        Operation::Rename(..) | Operation::Remove(_) => true,
        Operation::Look(_) | Operation::Open(_) | Operation::List(_) => READS.get(),
        _ => false,
    };
    let check = || assert_eq!(newest(&folder), 3);
    let (tried, is_all) = explore(is_point, torture::times(15_000).max(500), round, check);
    eprintln!("{tried} orders, all: {is_all}");
}
