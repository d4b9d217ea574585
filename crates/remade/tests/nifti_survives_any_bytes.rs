//! Whatever the bytes of a NIfTI file are, reading them gives elements or an error: it never panics,
//! and never allocates what the size of the file does not justify.
//!
//! `REMADE_MUTATIONS=1000000 cargo test --release --test nifti_survives_any_bytes` tries as many
//! mutations; without the variable, a bounded number.

#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout as Allocation, System};
use std::cell::Cell;
use std::fs::File;
use std::path::Path;

use remade::persist::nifti::{Conversion, Element, Header, Image, Input, Nifti, NiftiError, save};
use remade::version::array::Layout;

/// Counts what each thread allocates at most at a time.
struct Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

fn note(size: usize) {
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
}

// SAFETY: every call is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, allocation: Allocation) -> *mut u8 {
        note(allocation.size());
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(allocation) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, allocation: Allocation) {
        // SAFETY: the caller keeps the contract.
        unsafe { System.dealloc(memory, allocation) }
    }

    unsafe fn realloc(&self, memory: *mut u8, allocation: Allocation, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: the caller keeps the contract.
        unsafe { System.realloc(memory, allocation, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Numbers as if at random, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

const EXTENSION: &[u8] = &[
    32, 0, 0, 0, 6, 0, 0, 0, b'a', b' ', b'c', b'o', b'm', b'm', b'e', b'n', b't', 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// Whole files of both formats, plain and compressed, with and without extensions.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let mut seeds = Vec::new();
    for name in ["a.nii", "a.nii.gz"] {
        for shape in [&[3_u64, 4, 5][..], &[2, 40_000]] {
            for extensions in [&[][..], EXTENSION] {
                let path = folder.path().join(name);
                let header = Header::new(shape, Element::I16).unwrap();
                let lengths: Vec<usize> = shape.iter().map(|length| *length as usize).collect();
                let mut strides = vec![2_isize];
                for length in &lengths[..lengths.len() - 1] {
                    strides.push(strides[strides.len() - 1] * *length as isize);
                }
                let layout = Layout {
                    shape: &lengths,
                    strides: &strides,
                    itemsize: 2,
                };
                let memory: Vec<u8> = (0..lengths.iter().product::<usize>() * 2)
                    .map(|number| (number * 7 % 251) as u8)
                    .collect();
                let file = File::create(&path).unwrap();
                let image = Image {
                    header,
                    extensions,
                    layout,
                    conversion: Conversion::Keep,
                    memory: &memory,
                    start: 0,
                };
                save(&file, &path, image).unwrap();
                seeds.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    seeds
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    const VALUES: [u8; 8] = [0, 1, 2, 0x7f, 0x80, 0xff, 0x1f, 0x8b];
    for _ in 0..=random.below(4) {
        // Most of what matters stands in the header.
        let reach = if random.below(4) == 0 {
            bytes.len()
        } else {
            bytes.len().min(600)
        };
        if reach == 0 {
            return;
        }
        let at = random.below(reach);
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = VALUES[random.below(VALUES.len())],
            2 => bytes[at] = random.next() as u8,
            3 => {
                let number = random.next().to_le_bytes();
                let end = bytes.len().min(at + [2, 4, 8][random.below(3)]);
                bytes[at..end].copy_from_slice(&number[..end - at]);
            }
            4 => bytes.truncate(at),
            _ => {
                let copied = bytes[at..bytes.len().min(at + random.below(64))].to_vec();
                bytes.splice(at..at, copied);
            }
        }
    }
}

/// Opens and reads as a face does: elements into memory of the size that the header says.
fn read(name: &str, bytes: &[u8]) -> Result<(), NiftiError> {
    let path = Path::new(name);
    let nifti = Nifti::open(Input::Bytes(bytes), None, path)?;
    let _ = nifti.header().affine();
    let size = usize::try_from(nifti.data_size()).unwrap();
    // Deflate makes at most 1032 bytes of one.
    assert!(size <= (bytes.len() + 65536) * 1032);
    if nifti.scaling().is_some() {
        let mut memory = vec![0.0; usize::try_from(nifti.numbers()).unwrap()];
        nifti.read_scaled(&mut memory)
    } else {
        let mut memory = vec![0; size];
        nifti.read_into(&mut memory)
    }
}

fn mutations() -> usize {
    match std::env::var("REMADE_MUTATIONS") {
        Ok(number) => number.parse().unwrap(),
        Err(_) => 20_000,
    }
}

#[test]
fn no_mutation_makes_a_panic_or_an_allocation_without_reason() {
    let seeds = seeds();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut whole, mut refused) = (0, 0);
    for _ in 0..mutations() {
        let (name, seed) = &seeds[random.below(seeds.len())];
        let mut bytes = seed.clone();
        mutate(&mut random, &mut bytes);
        LARGEST.set(0);
        match read(name, &bytes) {
            Ok(()) => whole += 1,
            Err(error) => {
                assert!(!matches!(error, NiftiError::Io { .. }), "{error:?}");
                refused += 1;
            }
        }
        // A plain file justifies eight bytes for one where it is scaled; a compressed one more.
        let most = match *name {
            "a.nii" => bytes.len() * 8 + (1 << 20),
            _ => (bytes.len() + 65536) * 1032 * 8,
        };
        assert!(
            LARGEST.get() <= most,
            "{} bytes for {}",
            LARGEST.get(),
            bytes.len()
        );
    }
    // Both sides are reached, or this shows nothing.
    assert!(whole > mutations() / 50, "{whole}");
    assert!(refused > mutations() / 50, "{refused}");
}

#[test]
fn what_is_refused_is_refused_before_memory_is_asked_for() {
    let header = Header::new(&[30_000, 30_000, 30_000], Element::C128).unwrap();
    let mut bytes = header.bytes().to_vec();
    bytes.resize(400, 0);
    LARGEST.set(0);
    let error = Nifti::open(Input::Bytes(&bytes), None, Path::new("a.nii")).unwrap_err();
    assert!(matches!(error, NiftiError::Corrupt { .. }), "{error:?}");
    assert!(LARGEST.get() < 10_000, "{}", LARGEST.get());
}
