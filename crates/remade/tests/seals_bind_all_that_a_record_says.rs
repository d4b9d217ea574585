//! A seal is good for one key, one place, one run of one call and the very bytes; and it stays good
//! wherever the files are moved.

#![allow(clippy::unwrap_used)]

mod common;

use common::Function;
use proptest::prelude::*;
use remade::record::{Record, Seal};
use remade::store::files;
use remade::store::key::Key;
use remade::store::pickled::{PickleStream, Pickled};
use remade::store::prune::Keep;
use remade::store::seal::seal_with;
use remade::version::Version;
use std::fs;
use tempfile::tempdir;

/// A record of two results that the engine wrote.
fn record() -> Record {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::All);
    f.globals.borrow_mut().insert("settings.FWHM".to_owned(), 8);
    f.ask(&[common::Value::Rows(vec![vec![1], vec![2, 3]])])
        .call()
        .unwrap();
    let key = f.made.folder().keys().unwrap()[0];
    Record::from_json(&fs::read(f.made.folder().record(key)).unwrap()).unwrap()
}

fn sealed(key: &Key, record: &Record, pickles: &[Pickled]) -> (Record, Vec<Seal>) {
    let mut record = record.clone();
    let pickles: Vec<_> = pickles.iter().copied().map(Some).collect();
    seal_with(key, &mut record, &pickles);
    let files = record.results.iter().filter_map(|one| one.file.as_ref());
    let seals = files.map(|file| file.seal.unwrap()).collect();
    (record, seals)
}

#[test]
fn it_is_good_for_one_place_one_key_and_these_bytes() {
    let key = Key::of([7; 32]);
    let bytes = [b"one".to_vec(), b"two".to_vec()];
    let pickles: Vec<_> = bytes.iter().map(|bytes| Pickled::of_bytes(bytes)).collect();
    let (record, seals) = sealed(&key, &record(), &pickles);
    assert_eq!(seals.len(), 2);
    let mut other = [7; 32];
    other[31] ^= 1;
    for (index, seal) in seals.iter().enumerate() {
        for (place, pickled) in pickles.iter().enumerate() {
            let is_good = seal.is_good(&key, &record, index, pickled);
            assert_eq!(is_good, place == index);
        }
        assert!(!seal.is_good(&key, &record, 1 - index, &pickles[index]));
        assert!(!seal.is_good(&Key::of(other), &record, index, &pickles[index]));
    }
}

#[test]
fn it_does_not_depend_on_where_and_when_the_files_lie_there() {
    let key = Key::of([7; 32]);
    let pickles = [Pickled::of_bytes(b"one"), Pickled::of_bytes(b"two")];
    let (mut record, seals) = sealed(&key, &record(), &pickles);
    record.boot = "another".to_owned();
    record.synced = !record.synced;
    for file in record
        .results
        .iter_mut()
        .filter_map(|one| one.file.as_mut())
    {
        file.path = format!("elsewhere/{}", record.key);
        file.staged = ".remade-0-1-2".to_owned();
        file.stamp.mtime += 1;
        file.stamp.inode += 1;
        file.seal = None;
    }
    for (index, seal) in seals.iter().enumerate() {
        assert!(seal.is_good(&key, &record, index, &pickles[index]));
    }
}

/// Every number, text and truth in the JSON of a record, and each list, changed in turn.
#[test]
fn everything_else_that_a_record_says_counts() {
    let key = Key::of([7; 32]);
    let pickles = [Pickled::of_bytes(b"one"), Pickled::of_bytes(b"two")];
    let (record, seals) = sealed(&key, &record(), &pickles);
    let whole = serde_json::to_value(&record).unwrap();
    let mut places = Vec::new();
    leaves(&whole, &mut String::new(), &mut places);
    let is_left_out = |place: &str| {
        let end = place.rsplit('/').next().unwrap_or_default();
        let of_file = place.contains("/file/")
            && matches!(end, "path" | "staged" | "mtime" | "inode" | "seal");
        of_file || matches!(place, "/boot" | "/synced")
    };
    let mut changed = 0;
    for place in places {
        let mut json = whole.clone();
        let Some(leaf) = json.pointer_mut(&place) else {
            continue;
        };
        *leaf = match leaf {
            serde_json::Value::String(text) if text.len() == 32 => {
                let first = if text.starts_with('0') { "1" } else { "0" };
                format!("{first}{}", &text[1..]).into()
            }
            serde_json::Value::String(text) => format!("{text}x").into(),
            serde_json::Value::Bool(truth) => (!*truth).into(),
            serde_json::Value::Number(number) => match number.as_u64() {
                Some(number) => (number + 1).into(),
                None => 0.25.into(),
            },
            serde_json::Value::Array(items) => {
                items.pop();
                items.clone().into()
            }
            _ => continue,
        };
        // What is no record any more is refused before.
        let Ok(other) = serde_json::from_value::<Record>(json) else {
            continue;
        };
        if other.results.len() < 2 {
            continue;
        }
        for (index, seal) in seals.iter().enumerate() {
            let is_good = seal.is_good(&key, &other, index, &pickles[index]);
            assert_eq!(is_good, is_left_out(&place), "{place}");
        }
        changed += 1;
    }
    assert!(changed > 30, "{changed}");
}

fn leaves(value: &serde_json::Value, at: &mut String, places: &mut Vec<String>) {
    let children: Vec<(String, &serde_json::Value)> = match value {
        serde_json::Value::Object(fields) => fields
            .iter()
            .map(|(name, one)| (name.clone(), one))
            .collect(),
        serde_json::Value::Array(items) => {
            if !items.is_empty() {
                places.push(at.clone());
            }
            let items = items.iter().enumerate();
            items.map(|(index, one)| (index.to_string(), one)).collect()
        }
        _ => {
            places.push(at.clone());
            return;
        }
    };
    for (name, child) in children {
        let length = at.len();
        at.push('/');
        at.push_str(&name.replace('~', "~0").replace('/', "~1"));
        leaves(child, at, places);
        at.truncate(length);
    }
}

proptest! {
    #[test]
    fn every_bit_of_a_pickle_counts(bytes in proptest::collection::vec(any::<u8>(), 1..5000), place: usize, bit in 0..8_u8) {
        let mut other = bytes.clone();
        let at = place % bytes.len();
        other[at] ^= 1 << bit;
        prop_assert_ne!(Pickled::of_bytes(&bytes), Pickled::of_bytes(&other));
        prop_assert_ne!(Pickled::of_bytes(&bytes), Pickled::of_bytes(&bytes[..bytes.len() - 1]));
    }

    #[test]
    fn read_in_pieces_it_is_the_same(size in 0..700_000_usize) {
        let bytes: Vec<u8> = (0..size).map(|at| ((at * 31) >> 3) as u8).collect();
        let folder = tempdir().unwrap();
        let path = folder.path().join("f.pkl");
        fs::write(&path, &bytes).unwrap();
        let mut memory = vec![0; size];
        let read = Pickled::read(&fs::File::open(&path).unwrap(), &mut memory).unwrap();
        let (whole, content) = Pickled::of_file(&fs::File::open(&path).unwrap()).unwrap();
        prop_assert_eq!(read, Pickled::of_bytes(&bytes));
        prop_assert_eq!(whole, read);
        prop_assert_eq!(content, remade::version::Version::of_bytes(&bytes));
        prop_assert_eq!(memory, bytes);
    }

    #[test]
    fn its_text_reads_back_and_nothing_else_does(text in "[0-9a-f]{8}:[0-9a-f]{64}", other in ".{0,80}") {
        prop_assert_eq!(text.parse::<Seal>().unwrap().to_string(), text.clone());
        if let Ok(seal) = other.parse::<Seal>() {
            prop_assert_eq!(seal.to_string(), other);
        }
        prop_assert!(text.to_uppercase().parse::<Seal>().is_err() || text.to_uppercase() == text);
    }
}

/// The recipe of docs/format.md, once and for ever: a later release that writes a record in another
/// way would call every seal broken.
#[test]
fn the_seal_of_the_record_in_the_manual_is_this_one() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format.md"));
    let page = page.unwrap();
    let (_, rest) = page.split_once("```json\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let record = Record::from_json(text.as_bytes()).unwrap();
    let (_, seals) = sealed(&Key::of([7; 32]), &record, &[Pickled::of_bytes(b"N.")]);
    assert_eq!(
        seals[0].to_string(),
        "992276af:b89c385b43eef66502403e08314fc3e0fb8f25d3f7125515b1afe46ba01df7ce"
    );
}

#[test]
fn a_pickle_that_is_written_while_it_is_made_is_known_as_the_whole_is() {
    let folder = tempfile::tempdir().unwrap();
    // Shorter than a block, as long as one or two, and beyond the place that a file is given ahead.
    for length in [0, 5, 1 << 20, (1 << 20) + 1, 2 << 20, (9 << 20) + 7] {
        for piece in [3 << 20, 64 << 10, 70_001] {
            let bytes: Vec<u8> = (0..length).map(|i| ((i * 7) >> 3) as u8).collect();
            let path = folder.path().join("pickle");
            let mut stream = PickleStream::new(fs::File::create(&path).unwrap());
            for piece in bytes.chunks(piece) {
                stream.write(piece).unwrap();
            }
            let (file, pickled, version) = stream.finish().unwrap();
            files::close(file).unwrap();
            assert_eq!(
                pickled,
                Pickled::of_bytes(&bytes),
                "{length} bytes by {piece}"
            );
            assert_eq!(
                version,
                Version::of_bytes(&bytes),
                "{length} bytes by {piece}"
            );
            assert!(
                fs::read(&path).unwrap() == bytes,
                "{length} bytes by {piece}"
            );
        }
    }
}
