//! A file that is not a whole `.npy` file is an error that says what is wrong, and costs nothing.

#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout as Allocation, System};
use std::cell::Cell;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use remade::persist::npy::{Element, Header, Npy, NpyError, save};
use remade::version::array::Layout;

/// Counts what each thread allocates at most at a time.
struct Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, allocation: Allocation) -> *mut u8 {
        let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(allocation.size())));
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(allocation) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, allocation: Allocation) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(memory, allocation) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn golden(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/npy");
    folder.join(name).with_extension("npy")
}

fn open_bytes(bytes: &[u8]) -> Result<Npy, NpyError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    fs::write(&path, bytes).unwrap();
    Npy::open(File::open(&path).unwrap(), &path)
}

/// The path and the whole story.
fn damage(result: Result<Npy, NpyError>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, NpyError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("array.npy"));
    error.source().unwrap().to_string()
}

#[test]
fn every_truncated_file_is_an_error() {
    let whole = fs::read(golden("little-f8-c")).unwrap();
    assert_eq!(whole.len(), 128 + 48);
    for length in 0..whole.len() {
        let said = damage(open_bytes(&whole[..length]));
        if length >= 128 {
            assert!(said.contains("176 bytes") && said.contains(&format!("found {length} bytes")));
        }
    }
    open_bytes(&whole).unwrap();
}

#[test]
fn a_longer_file_is_an_error() {
    let mut longer = fs::read(golden("little-f8-c")).unwrap();
    longer.push(0);
    let said = damage(open_bytes(&longer));
    assert_eq!(
        said,
        "expected 176 bytes for shape [2, 3] of 8-byte elements, found 177 bytes"
    );
}

#[test]
fn a_file_that_is_cut_while_it_is_open_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    fs::copy(golden("little-f8-c"), &path).unwrap();
    let npy = Npy::open(File::open(&path).unwrap(), &path).unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(140)
        .unwrap();
    let mut memory = [0; 48];
    for error in [
        npy.read_into(&mut memory).unwrap_err(),
        npy.version().unwrap_err(),
    ] {
        let said = error.source().unwrap().to_string();
        assert_eq!(
            said,
            "expected 176 bytes, as when it was opened, found 140 bytes"
        );
    }
}

#[test]
fn memory_of_the_wrong_size_is_the_callers_mistake() {
    let path = golden("little-f8-c");
    let npy = Npy::open(File::open(&path).unwrap(), &path).unwrap();
    for size in [0, 47, 49] {
        let error = npy.read_into(&mut vec![0; size]).unwrap_err();
        assert!(matches!(error, NpyError::Mismatch { .. }));
        let said = error.source().unwrap().to_string();
        assert_eq!(
            said,
            format!("expected memory for 48 bytes, found {size} bytes")
        );
    }
}

#[test]
fn headers_that_numpy_would_refuse_are_refused() {
    let with = |text: &str| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        Header::parse(&bytes)
    };
    with("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}").unwrap();
    for text in [
        "",
        "{}",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'more': 1}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'shape': (4,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 3}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': [3]}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3.0,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (03,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}",
        "{'descr': f8, 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f8, 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)} x",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}}",
        "{'descr': '<f8' 'fortran_order': False 'shape': (3,)}",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (3,)}",
        "{'descr': [('a', '<f8'], 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': 'O8', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': [('a', [('b', '|O')])], 'fortran_order': False, 'shape': (3,)}",
        "{'descr': [('a', ('|O', (2,)))], 'fortran_order': False, 'shape': (3,)}",
    ] {
        assert!(with(text).is_err(), "{text}");
    }
    let deep = format!("{{'descr': {}", "[('a', ".repeat(9_000));
    assert!(with(&deep).is_err());
}

#[test]
fn a_header_that_could_not_be_read_is_not_written() {
    for descr in [
        "'|O'",
        "",
        "f8",
        "'<f8', 'x': 1",
        "'<f8",
        "'<f8' ",
        "[('a', '<f8')",
    ] {
        assert!(Header::new(descr, false, &[1]).is_err(), "{descr}");
    }
    assert!(Header::new("'<f8'", false, &[1; 65]).is_err());
    Header::new("'<f8'", false, &[1; 64]).unwrap();
}

#[test]
fn an_array_that_does_not_fit_its_memory_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let file = File::create(&path).unwrap();
    let header = Header::new("'<f8'", false, &[2, 3]).unwrap();
    let memory = [0; 48];
    for (shape, strides, itemsize, start) in [
        (&[2, 3][..], &[24, 8][..], 8, 1),
        (&[2, 3], &[24, 9], 8, 0),
        (&[2, 3], &[24, -8], 8, 0),
        (&[2, 3], &[isize::MAX, isize::MAX], 8, 0),
        (&[2, 3], &[isize::MIN, 8], 8, 0),
        (&[2, 3], &[8], 8, 0),
        (&[3, 2], &[16, 8], 8, 0),
        (&[2, 3], &[12, 4], 4, 0),
        (&[2, 3], &[24, 8], 8, usize::MAX),
    ] {
        let layout = Layout {
            shape,
            strides,
            itemsize,
        };
        let error = save(&file, &path, &header, layout, &memory, start).unwrap_err();
        assert!(
            matches!(error, NpyError::Mismatch { .. }),
            "{layout:?}: {error}"
        );
    }
    assert_eq!(file.metadata().unwrap().len(), 0);

    let huge = Header::new("'<f8'", false, &[1 << 40, 1 << 40]).unwrap();
    let layout = Layout {
        shape: &[1 << 40, 1 << 40],
        strides: &[0, 0],
        itemsize: 8,
    };
    save(&file, &path, &huge, layout, &memory, 0).unwrap_err();
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "little-f8-c",
        "big-U2-f",
        "little-M8-ns-c",
        "many-dimensions",
        "scalar",
    ]
    .into_iter()
    .chain([
        "structured/fields",
        "structured/greek",
        "structured/subarray",
    ])
    .chain(["odd/python2", "odd/lines", "odd/version3", "objects/field"])
    .map(|name| fs::read(golden(name)).unwrap())
    .collect()
}

/// What headers are made of, so that mutations get past the first check.
const WORDS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ",",
    "'",
    "\"",
    "\\",
    ":",
    "L",
    "u",
    " ",
    "\n",
    "True",
    "False",
    "descr",
    "shape",
    "fortran_order",
    "<f8",
    "|O",
    "99999999999999999999",
    "0",
    "-1",
    "\u{3b1}",
];

#[test]
fn no_mutation_of_a_header_panics_or_takes_memory() {
    let seeds = seeds();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let mut readable = 0;
    for _ in 0..100_000 {
        let mut bytes = seeds[next(seeds.len())].clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            match next(6) {
                0 => bytes[at] = next(256) as u8,
                1 => {
                    let at = at % 12;
                    bytes[at] = next(256) as u8;
                }
                2 => drop(bytes.remove(at)),
                3 => bytes.truncate(at.max(1)),
                4 => {
                    let word = WORDS[next(WORDS.len())].bytes();
                    drop(bytes.splice(at..at, word));
                }
                _ => {
                    let word = WORDS[next(WORDS.len())].bytes();
                    let end = (at + word.len()).min(bytes.len());
                    drop(bytes.splice(at..end, word));
                }
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
        LARGEST.set(0);
        if let Ok(header) = Header::parse(&bytes) {
            readable += 1;
            header.elements();
            header.element();
            // What is read can be written, and says the same.
            let again = Header::new(&header.descr, header.fortran_order, &header.shape).unwrap();
            assert_eq!(again.descr, header.descr);
            assert_eq!(again.shape, header.shape);
        }
        assert!(
            LARGEST.get() < 4_096 + 4 * bytes.len(),
            "{}",
            bytes.escape_ascii()
        );
    }
    assert!(readable > 10_000, "{readable}");
}

#[test]
fn a_header_length_beyond_the_file_takes_no_memory() {
    for length in [10_000_u32, 1 << 20, 1 << 30, u32::MAX] {
        let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
        bytes.extend(length.to_le_bytes());
        LARGEST.set(0);
        let opened = open_bytes(&bytes);
        assert!(LARGEST.get() < 16_384, "{}", LARGEST.get());
        damage(opened);
    }
}

fn descrs() -> impl Strategy<Value = String> {
    let order = prop::sample::select(vec!['<', '>']);
    let number = (
        order,
        prop::sample::select(vec!["i2", "u8", "f4", "c16", "M8[ns]", "U7"]),
    );
    let plain = number.prop_map(|(order, name)| format!("'{order}{name}'"));
    let field = ("[a-zA-Zα-ω' \\[\\](){},:]{0,12}", plain.clone(), 0..4_usize);
    let structured = prop::collection::vec(field, 1..80).prop_map(|fields| {
        let mut list = Vec::new();
        for (name, descr, times) in fields {
            let name = format!("\"{name}\"");
            list.push(match times {
                0 => format!("({name}, {descr})"),
                1 => format!("(({name}, 'title'), {descr})"),
                2 => format!("({name}, [('inner', {descr})])"),
                _ => format!("({name}, {descr}, (2, {times}))"),
            });
        }
        format!("[{}]", list.join(", "))
    });
    prop_oneof![plain, structured]
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        descr in descrs(),
        fortran_order: bool,
        shape in prop::collection::vec(any::<usize>(), 0..=64),
    ) {
        let header = Header::new(&descr, fortran_order, &shape).unwrap();
        prop_assert_eq!(header.data_offset % 64, 0);
        prop_assert_eq!(&header.descr, &descr);
        prop_assert_eq!(&header.shape, &shape);
        let bytes = header.to_bytes().unwrap();
        prop_assert_eq!(bytes.len() as u64, header.data_offset);
        prop_assert_eq!(Header::parse(&bytes).unwrap(), header);
    }

    #[test]
    fn no_text_is_an_element_type_by_accident(descr in "'[<>|][a-zA-Z?][0-9\\[\\]a-z]{0,6}'") {
        if let Some(element) = Element::plain(&descr) {
            prop_assert!(element.size > 0);
            prop_assert_eq!(Element::plain(&format!("'{}'", element.dtype)), Some(element));
        }
    }
}
