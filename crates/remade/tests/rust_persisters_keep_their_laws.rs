//! Every persister of the Rust face keeps the laws of persisters, and what it keeps comes back in a
//! call.

#![cfg(all(feature = "ndarray", feature = "postcard"))]
#![allow(clippy::unwrap_used, unreachable_pub)]

mod rust_face;

use ndarray::{Array, Array1, Array2, Array3, ArrayD, Ix1, IxDyn, ShapeBuilder};
use remade::persister::{Element, laws};
use remade::{BytesFile, JsonFile, MappedArray, NiftiFile, NpyFile, PostcardFile, TextFile, make};
use rust_face::Workshop;
use serde::{Deserialize, Serialize};

#[test]
fn text_and_bytes() {
    let texts = ["", "a", "ä\0\n", &"x".repeat(100_000)].map(str::to_owned);
    laws::check(&TextFile::default(), &texts);
    laws::check(&TextFile::new("note.md"), &texts);
    laws::check(&BytesFile::default(), &texts.map(String::into_bytes));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fit {
    name: String,
    values: Vec<f64>,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    Weighted { by: Option<u64> },
}

fn fits() -> Vec<Fit> {
    let fit = |name: &str, values: &[f64], kind| Fit {
        name: name.to_owned(),
        values: values.to_vec(),
        kind,
    };
    vec![
        fit("", &[], Kind::Plain),
        fit(
            "a",
            &[0.1, -0.0, 1e300, f64::MIN_POSITIVE],
            Kind::Weighted { by: None },
        ),
        fit(
            "a",
            &[0.1, 0.0, 1e300],
            Kind::Weighted { by: Some(u64::MAX) },
        ),
    ]
}

#[test]
fn what_serde_knows() {
    laws::check(&JsonFile::default(), &fits());
    laws::check(&PostcardFile::new("fit.postcard"), &fits());
}

fn arrays<A: Element + PartialEq + std::fmt::Debug>(elements: [A; 3]) {
    let rows: Vec<Array1<A>> = (0..3)
        .map(|n| elements[..=n].iter().copied().collect())
        .collect();
    laws::check(&NpyFile::default(), &rows);
    let table = Array2::from_shape_fn((3, 2), |(i, j)| elements[(i * 2 + j) % 3]);
    let turned = Array2::from_shape_fn((3, 2).f(), |(i, j)| elements[(i + j) % 3]);
    laws::check(&NpyFile::new("table.npy"), &[table, turned]);
    let vectors: Vec<Vec<A>> = rows.iter().map(|row| row.to_vec()).collect();
    laws::check(&NpyFile::default(), &vectors);
}

#[test]
fn arrays_of_every_element() {
    arrays([0u8, 1, u8::MAX]);
    arrays([0u16, 1, u16::MAX]);
    arrays([0u32, 1, u32::MAX]);
    arrays([0u64, 1, u64::MAX]);
    arrays([0usize, 1, usize::MAX]);
    arrays([i8::MIN, 0, i8::MAX]);
    arrays([i16::MIN, 0, i16::MAX]);
    arrays([i32::MIN, 0, i32::MAX]);
    arrays([i64::MIN, 0, i64::MAX]);
    arrays([isize::MIN, 0, isize::MAX]);
    arrays([f32::MIN, -0.5, f32::INFINITY]);
    arrays([f64::MIN, -0.5, f64::INFINITY]);
    arrays([false, true, false]);
}

#[test]
fn arrays_of_every_shape() {
    let shapes: [&[usize]; 6] = [&[], &[0], &[3], &[2, 0, 4], &[2, 3, 4], &[1, 1, 2, 1]];
    let values: Vec<ArrayD<f32>> = shapes
        .iter()
        .map(|shape| {
            let mut next = 0.0;
            Array::from_shape_simple_fn(IxDyn(shape), || {
                next += 0.5;
                next
            })
        })
        .collect();
    laws::check(&NpyFile::default(), &values);
    let volumes: Vec<Array3<i16>> = (1..4)
        .map(|n| Array3::from_shape_fn((n, 2, 3).f(), |(i, j, k)| (100 * i + 10 * j + k) as i16))
        .collect();
    laws::check(&NiftiFile::new("volume.nii"), &volumes);
    laws::check(&NiftiFile::new("volume.nii.gz"), &volumes);
    let other: Vec<Array3<i16>> = volumes
        .iter()
        .map(|one| one.as_standard_layout().into_owned())
        .collect();
    laws::check(&NiftiFile::new("volume.nii"), &other);
}

#[test]
fn a_map_is_the_array_that_was_saved() {
    #[make(output = NpyFile::new("map.npy"), depends = [])]
    fn map(length: usize) -> MappedArray<f64, Ix1> {
        Array1::from_iter((0..length).map(|i| i as f64)).into()
    }
    let work = Workshop::new();
    let (first, second) = (map(20_000).unwrap(), map(20_000).unwrap());
    assert_eq!(
        (first.is_mapped(), second.is_mapped(), work.runs()),
        (false, true, 1)
    );
    assert_eq!(first.view(), second.view());
    assert_eq!(first.version(), remade::version_of(&*second));
    // A new result takes the name; the map keeps the old one.
    map(10).unwrap();
    assert_eq!(second.view().len(), 20_000);
    assert_eq!(second.view()[19_999], 19_999.0);
}

#[test]
fn a_struct_without_a_persister_has_a_file_all_the_same() {
    #[make(depends = [])]
    fn fit(name: &str, nan: bool) -> Fit {
        let mut fit = fits().remove(1);
        fit.name = name.to_owned();
        if nan {
            fit.values.push(f64::NAN);
        }
        fit
    }
    let work = Workshop::new();
    assert_eq!(
        fit("a", false).unwrap().into_inner(),
        fit("a", false).unwrap().into_inner()
    );
    assert_eq!(work.runs(), 1);
    // JSON has no NaN.
    fit("a", true).unwrap();
    let again = fit("a", true).unwrap();
    assert!(again.values[4].is_nan());
    assert_eq!(work.runs(), 1);
    assert!(work.told().warnings.is_empty());
}

#[test]
fn what_cannot_be_saved_is_returned_with_a_warning() {
    #[make(output = JsonFile::new("bad.json"), depends = [])]
    fn bad(x: f64) -> Vec<f64> {
        vec![x]
    }
    let work = Workshop::new();
    let value = bad(f64::NAN).unwrap();
    assert!(value[0].is_nan() && value.version().is_none());
    let warning = work.told().warnings.remove(0);
    assert!(
        warning.contains("bad.json") && warning.contains("PostcardFile"),
        "{warning}"
    );
    assert!(!std::fs::exists("bad.json").unwrap());
    assert_eq!(*bad(1.5).unwrap(), [1.5]);
}

#[test]
fn a_type_whose_fields_changed_is_not_taken_for_the_old_one() {
    // Two modules for a file before and after an edit: postcard tells neither from the other.
    mod before {
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        pub struct Range {
            pub low: i64,
            pub high: i64,
        }
    }
    mod after {
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        pub struct Range {
            pub high: i64,
            pub low: i64,
        }
    }
    macro_rules! range {
        ($function:ident, $module:ident) => {
            fn $function() -> (i64, i64) {
                use $module::Range;
                #[make(output = PostcardFile::new("range.postcard"), name = "range", depends = [])]
                fn range() -> Range {
                    Range { low: 1, high: 9 }
                }
                let range = range().unwrap();
                (range.low, range.high)
            }
        };
    }
    range!(early, before);
    range!(late, after);
    let work = Workshop::new();
    assert_eq!((early(), work.runs()), ((1, 9), 1));
    assert_eq!((early(), work.runs()), ((1, 9), 0));
    assert_eq!(late(), (1, 9));
    assert!(work.why().contains("another by now"), "{}", work.why());
}
