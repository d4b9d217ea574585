//! A record that was changed in any way is damaged, or gives what it gave before.
//!
//! Two kinds of mutation. What falls on a record by itself (bits that flip, cuts, insertions, pages
//! of zeros, pieces of other records) does not know of the digest in its last line: such a record
//! must be found damaged, or be the record as it was. What knows of it (a program, or a person who
//! follows the manual) writes the digest anew, so that the parser behind it is reached: then no bytes
//! may make it panic, and a call may give nothing but its right value or, where the *value itself*
//! was rewritten, that value: without a key, nothing tells a record that was written so from one
//! that a run left.

#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stderr)] // the numbers that were reached, for those who ask

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::torture::{self, Dice};
use common::{Function, Value, bytes_of};
use remade::record::{Record, Unreadable};
use remade::version::Version;

/// Real records: one whose value stands in it, one with a file, and the golden ones.
fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let numbers = Function::new(folder, "module.number");
    numbers.call(7);
    let rows = Function::new(folder, "module.rows")
        .body(|_| Ok(Value::Rows(vec![bytes_of(1, 500), bytes_of(2, 9000)])));
    rows.globals.borrow_mut().insert("setting".to_owned(), 3);
    rows.call(1);
    let mut all: Vec<PathBuf> = vec![numbers.record_path(7), rows.record_path(1)];
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/records");
    let entries = fs::read_dir(golden).unwrap();
    all.extend(entries.map(|entry| entry.unwrap().path()));
    let texts: Vec<Vec<u8>> = all.iter().map(|path| fs::read(path).unwrap()).collect();
    texts
        .into_iter()
        .filter(|text| Record::from_json(text).is_ok())
        .collect()
}

/// What happens to files.
fn mutated(text: &[u8], others: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(text.len() + 1);
        let end = (at + 1 + dice.below(64)).min(text.len());
        match dice.below(13) {
            10.. => digit(&mut text, dice),
            0 if at < text.len() => text[at] ^= 1 << dice.below(8),
            1 => text.truncate(at),
            2 => text.insert(at, dice.below(256) as u8),
            3 if at < end => drop(text.drain(at..end)),
            4 => text[at..end].fill(0),
            5 => {
                let piece = text[at..end].to_vec();
                let to = dice.below(text.len() + 1);
                text.splice(to..to, piece);
            }
            6 => {
                let other = &others[dice.below(others.len())];
                let from = dice.below(other.len());
                let to = (from + dice.below(200)).min(other.len());
                text.splice(at..end, other[from..to].iter().copied());
            }
            7 => swap_lines(&mut text, dice),
            8 => nasty(&mut text, dice),
            _ if at < text.len() => {
                const MARKS: &[u8] = br#"0123456789{}[]\",:-.eE nulltruefalse"#;
                text[at] = MARKS[dice.below(MARKS.len())];
            }

            _ => {}
        }
        if text.is_empty() {
            break;
        }
    }
    text
}

fn swap_lines(text: &mut Vec<u8>, dice: &mut Dice) {
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let (one, two) = (dice.below(lines.len()), dice.below(lines.len()));
    match dice.below(3) {
        0 => lines.swap(one, two),
        1 => lines[one] = lines[two],
        _ => drop(lines.remove(one)),
    }
    *text = lines.join(&b'\n');
}

/// A digit becomes another one: what is read is still a record.
fn digit(text: &mut [u8], dice: &mut Dice) {
    for _ in 0..100 {
        let at = dice.below(text.len());
        if text[at].is_ascii_hexdigit() && !text[at].is_ascii_uppercase() {
            text[at] = b"0123456789abcdef"[dice.below(16)];
            return;
        }
    }
}

/// A value of a field becomes one that parsers stumble over.
fn nasty(text: &mut Vec<u8>, dice: &mut Dice) {
    let colons: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b':').collect();
    if colons.is_empty() {
        return;
    }
    let from = colons[dice.below(colons.len())] + 1;
    let length = text[from..].iter().position(|byte| *byte == b'\n');
    let mut to = from + length.unwrap_or(0);
    if to > from && text[to - 1] == b',' {
        to -= 1;
    }
    let deep = "[".repeat(100_000);
    let values = [
        " -1",
        " 1e999",
        " 18446744073709551616",
        " -9223372036854775809",
        " null",
        " {}",
        " []",
        " \"\\ud800\"",
        " \"../../../../etc/passwd\"",
        " {\"result\": 99999}",
        " {\"list\": [{\"result\": 0}]}",
        " NaN",
        " \"0\"",
        " true",
        &deep,
    ];
    text.splice(from..to, values[dice.below(values.len())].bytes());
}

/// The same with a last line that is right.
fn redigested(text: &[u8]) -> Vec<u8> {
    let mark = b",\n  \"digest\": \"";
    let end = text.windows(mark.len()).rposition(|window| window == mark);
    let fields = &text[..end.unwrap_or(text.len())];
    let digest = Version::of_bytes(fields);
    let mut whole = fields.to_vec();
    whole.extend_from_slice(format!(",\n  \"digest\": \"{digest}\"\n}}\n").as_bytes());
    whole
}

#[test]
fn a_record_that_something_fell_on_is_damaged_or_as_it_was() {
    let folder = torture::folder();
    let corpus = corpus(folder.path());
    let mut dice = Dice::new(1);
    let mut as_before = 0;
    let records: Vec<Record> = corpus
        .iter()
        .map(|text| Record::from_json(text).unwrap())
        .collect();
    for _ in 0..torture::times(700_000) {
        let which = dice.below(corpus.len());
        let text = mutated(&corpus[which], &corpus, &mut dice);
        match Record::from_json(&text) {
            Ok(record) => {
                // A piece of another may be that other, whole.
                assert!(record == records[which] || records.contains(&record));
                as_before += 1;
            }
            Err(Unreadable::Damaged(_) | Unreadable::Newer { .. }) => {}
        }
    }
    eprintln!("{as_before} were as they were");
}

#[test]
fn a_record_with_a_digest_of_its_own_is_read_strictly_and_never_panics() {
    let folder = torture::folder();
    let corpus = corpus(folder.path());
    let mut dice = Dice::new(2);
    let mut read = 0;
    for _ in 0..torture::times(250_000) {
        let which = dice.below(corpus.len());
        let text = redigested(&mutated(&corpus[which], &corpus, &mut dice));
        if let Ok(record) = Record::from_json(&text) {
            read += 1;
            // What is read is what is written again: nothing was guessed.
            let again = record.to_json().unwrap();
            assert_eq!(Record::from_json(&again).as_ref(), Ok(&record));
        }
    }
    assert!(read > 0);
    eprintln!("{read} reached the engine");
}

#[test]
fn a_call_gives_its_right_value_whatever_is_in_its_record() {
    let folder = torture::folder();
    let folder = folder.path();
    let corpus = corpus(folder);
    let mut dice = Dice::new(3);
    let number = || Function::new(folder, "module.number");
    let rows_of = || vec![bytes_of(1, 500), bytes_of(2, 9000)];
    let rows = || {
        let f = Function::new(folder, "module.rows").body(move |_| Ok(Value::Rows(rows_of())));
        f.globals.borrow_mut().insert("setting".to_owned(), 3);
        f
    };
    let paths = [number().record_path(7), rows().record_path(1)];
    let right = [Value::Int(7), Value::Rows(rows_of())];
    let files: HashMap<PathBuf, Vec<u8>> = common::tree(folder).into_iter().collect();
    let (mut hits, mut rewritten) = (0, 0);
    for _ in 0..torture::times(50_000) {
        let which = dice.below(2);
        let mut text = mutated(&corpus[which], &corpus, &mut dice);
        if !dice.chance(3) {
            text = redigested(&text);
        }
        fs::write(&paths[which], &text).unwrap();
        let f = [number(), rows()].into_iter().nth(which).unwrap();
        let argument = Value::Int(if which == 0 { 7 } else { 1 });
        let value = f.ask(&[argument]).call().unwrap();
        if f.runs.get() == 0 {
            hits += 1;
        }
        if value != right[which] {
            assert_eq!(f.runs.get(), 0, "a run returns what it returns");
            assert!(
                says(&text, &value, &files),
                "{value:?} is nowhere in the record"
            );
            rewritten += 1;
        }
        // The files as they were, should a run have written others.
        if f.runs.get() > 0 {
            for (path, content) in &files {
                fs::write(path, content).unwrap();
            }
        }
    }
    eprintln!("{hits} answered, {rewritten} of them with a value that was rewritten");
}

/// Whether a record that can be read says that this is the value, in so many words: the number
/// itself, or the files that make it.
fn says(text: &[u8], value: &Value, files: &HashMap<PathBuf, Vec<u8>>) -> bool {
    use remade::record::{Shape, Short};
    let Ok(record) = Record::from_json(text) else {
        return false;
    };
    match (&record.value, value) {
        (Shape::Short(Short::Int(said)), Value::Int(number)) => said == number,
        (Shape::Tuple(parts), Value::Rows(rows)) => {
            let is_there = |row| files.values().any(|content| content == row);
            parts.len() == rows.len() && rows.iter().all(is_there)
        }
        (Shape::Result(_), Value::Bytes(_)) => true,
        _ => false,
    }
}
