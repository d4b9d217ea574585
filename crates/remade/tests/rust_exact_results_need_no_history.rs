//! A result that comes back exactly as it was is one argument, with its history and without it. One
//! of another form is an argument of its own by its history, and one by its content.

#![cfg(all(feature = "ndarray", feature = "postcard"))]
#![allow(clippy::unwrap_used, clippy::ptr_arg)]

mod rust_face;

use ndarray::{Array1, Ix1};
use remade::{BytesFile, JsonFile, MappedArray, NpyFile, PostcardFile, Versioned, make};
use rust_face::Workshop;

/// The runs of `$taker` when it is given what `$maker` returned in all three ways, twice.
macro_rules! runs {
    ($maker:path, $taker:path) => {{
        let work = Workshop::new();
        let mut runs = Vec::new();
        for _ in 0..2 {
            let made = $maker().unwrap();
            work.runs();
            $taker(&made).unwrap();
            runs.push(work.runs());
            $taker(&*made).unwrap();
            runs.push(work.runs());
            $taker(&made.into_inner()).unwrap();
            runs.push(work.runs());
        }
        runs
    }};
}

/// A function that returns a value, and one that takes it and has room for two results.
macro_rules! pair {
    ($name:ident: $ty:ty = $value:expr $(, output = $output:expr)?) => {
        mod $name {
            use super::*;
            #[make(depends = [] $(, output = $output)?)]
            pub(super) fn gives() -> $ty {
                $value
            }
            #[make(depends = [], keep = 2)]
            pub(super) fn takes(x: &$ty) -> usize {
                std::mem::size_of_val(x)
            }
        }
    };
}

#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Plain {
    a: f64,
}

#[derive(Versioned, serde::Serialize, serde::Deserialize)]
pub(crate) struct Told {
    a: f64,
}

pair!(number: f64 = 0.1);
pair!(option: Option<i64> = Some(3));
pair!(short_tuple: (i64, String) = (1, "one".to_owned()));
pair!(long_tuple: (i64, String) = (1, "one".repeat(1000)));
pair!(text: String = "text".to_owned());
pair!(long_text: String = "text".repeat(1000));
pair!(bytes: Vec<u8> = vec![1, 2], output = BytesFile::new("bytes.bin"));
pair!(row: Vec<f64> = vec![0.5; 3]);
pair!(array: Array1<f64> = Array1::zeros(3));
pair!(mapped: MappedArray<f64, Ix1> = Array1::zeros(3).into());

#[test]
fn what_comes_back_exactly_is_one_call() {
    let once = vec![1, 0, 0, 0, 0, 0];
    assert_eq!(runs!(number::gives, number::takes), once);
    assert_eq!(runs!(option::gives, option::takes), once);
    assert_eq!(runs!(short_tuple::gives, short_tuple::takes), once);
    assert_eq!(runs!(long_tuple::gives, long_tuple::takes), once);
    assert_eq!(runs!(text::gives, text::takes), once);
    assert_eq!(runs!(long_text::gives, long_text::takes), once);
    assert_eq!(runs!(bytes::gives, bytes::takes), once);
    assert_eq!(runs!(row::gives, row::takes), once);
    assert_eq!(runs!(array::gives, array::takes), once);
    assert_eq!(runs!(mapped::gives, mapped::takes), once);
}

pair!(by_serde: Plain = Plain { a: 0.5 });
pair!(by_fields: Told = Told { a: 0.5 });
pair!(texts: Vec<String> = vec!["a".to_owned()]);
pair!(mixed: (f64, Vec<f64>) = (1.0, vec![1.0]));
pair!(compact: Vec<i64> = vec![1], output = PostcardFile::new("compact"));
pair!(rows: (Vec<f64>, Vec<f64>) = (vec![1.0], vec![2.0]),
    output = (NpyFile::new("one.npy"), NpyFile::new("two.npy")));
pair!(json: i64 = 3, output = JsonFile::new("number.json"));

#[test]
fn what_is_kept_in_another_form_is_two_calls() {
    let twice = vec![1, 1, 0, 0, 0, 0];
    assert_eq!(runs!(by_serde::gives, by_serde::takes), twice);
    assert_eq!(runs!(by_fields::gives, by_fields::takes), twice);
    assert_eq!(runs!(texts::gives, texts::takes), twice);
    assert_eq!(runs!(mixed::gives, mixed::takes), twice);
    assert_eq!(runs!(compact::gives, compact::takes), twice);
    assert_eq!(runs!(rows::gives, rows::takes), twice);
    assert_eq!(runs!(json::gives, json::takes), twice);
}
