//! A made function in Rust runs only when its code or its arguments have changed, and says why.

#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, unreachable_pub)]

#[path = "rust_calls/a_result_is_known_by_its_history.rs"]
mod a_result_is_known_by_its_history;
#[path = "rust_calls/code_counts_by_its_meaning.rs"]
mod code_counts_by_its_meaning;
mod rust_face;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::Array2;
use remade::{BytesFile, CallError, File, NpyFile, Split, TextFile, make};
use rust_face::Workshop;

#[test]
fn a_second_call_runs_nothing_and_gives_the_same() {
    #[make(depends = [])]
    fn scalar(x: u32) -> f64 {
        f64::from(x) / 3.0
    }
    let work = Workshop::new();
    for _ in 0..3 {
        assert_eq!(scalar(2).unwrap(), 2.0 / 3.0);
    }
    assert_eq!(work.runs(), 1);
    assert!(scalar::check(2).unwrap());
    assert!(!scalar::check(3).unwrap());
    assert_eq!(scalar(3).unwrap(), 1.0);
    assert_eq!(work.why(), "argument x changed: from 2 to 3");
    assert_eq!(scalar::handle().unwrap().counts(), (2, 2));
    assert_eq!(
        scalar::handle().unwrap().name(),
        "rust_calls_run_only_when_they_must.scalar"
    );
}

#[test]
fn an_error_passes_through_and_nothing_is_recorded() {
    #[make(depends = [])]
    fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
        text.parse()
    }
    let work = Workshop::new();
    for _ in 0..2 {
        let error = parse("x").unwrap_err();
        assert!(matches!(error, CallError::Function(_)), "{error:?}");
        assert_eq!(error.to_string(), "invalid digit found in string");
    }
    assert!(parse::load().unwrap().is_none());
    assert_eq!(parse("12").unwrap(), 12);
    assert_eq!(parse("12").unwrap(), 12);
    assert_eq!(work.runs(), 1); // the two that failed have no event
}

#[test]
fn a_file_counts_by_its_content() {
    #[make(depends = [])]
    fn lines(file: &File) -> usize {
        std::fs::read_to_string(file).unwrap().lines().count()
    }
    let work = Workshop::new();
    std::fs::write("data.csv", "1\n2\n").unwrap();
    assert_eq!(lines(&File::new("data.csv")).unwrap(), 2);
    std::fs::write("data.csv", "1\n2\n").unwrap();
    assert_eq!(lines(&File::new(work.path("data.csv"))).unwrap(), 2);
    assert_eq!(work.runs(), 1);
    std::fs::write("data.csv", "1\n2\n3\n").unwrap();
    assert_eq!(lines(&File::new("data.csv")).unwrap(), 3);
    assert_eq!(work.why(), "file data.csv changed");
}

#[test]
fn a_file_that_the_function_wrote_is_a_result() {
    #[make(depends = [])]
    fn render(text: &str) -> File {
        std::fs::write("page.html", text).unwrap();
        File::new("page.html")
    }
    let work = Workshop::new();
    let file = render("a").unwrap();
    assert_eq!(std::fs::read_to_string(&*file).unwrap(), "a");
    render("a").unwrap();
    assert_eq!(work.runs(), 1);
    std::fs::write("page.html", "by hand").unwrap();
    render("a").unwrap();
    assert!(
        work.why().contains("result changed on disk"),
        "{}",
        work.why()
    );
}

#[test]
fn tuples_are_kept_by_a_persister_for_each_part() {
    #[make(output = (NpyFile::new("values.npy"), TextFile::new("note.txt")), depends = [])]
    fn both(x: f64) -> (Array2<f64>, String) {
        (Array2::from_elem((2, 2), x), format!("of {x}"))
    }
    #[make(depends = [])]
    fn sum(x: &Array2<f64>) -> f64 {
        x.sum()
    }
    let work = Workshop::new();
    let (values, note) = both(1.5).unwrap().split();
    assert_eq!((*sum(&values).unwrap(), note.as_str()), (6.0, "of 1.5"));
    let (values, note) = both(1.5).unwrap().split();
    assert_eq!(*sum(&values).unwrap(), 6.0);
    assert_eq!((note.as_str(), work.runs()), ("of 1.5", 2));
    assert_eq!(values.version(), remade::version_of(&*values));
    assert_eq!(note.version(), remade::version_of(&*note));
    assert_eq!(std::fs::read_to_string("note.txt").unwrap(), "of 1.5");
}

#[test]
fn hash_maps_count_by_what_is_in_them() {
    #[make(depends = [])]
    fn total(weights: &HashMap<String, f64>, chosen: HashSet<u32>) -> f64 {
        weights.values().sum::<f64>() + chosen.len() as f64
    }
    let work = Workshop::new();
    let weights = |order: &[u32]| -> HashMap<String, f64> {
        order
            .iter()
            .map(|n| (n.to_string(), f64::from(*n)))
            .collect()
    };
    for order in [[1, 2, 3, 4, 5], [5, 3, 1, 2, 4], [2, 4, 5, 1, 3]] {
        let total = total(&weights(&order), order.into_iter().collect()).unwrap();
        assert_eq!(total, 20.0);
    }
    assert_eq!(work.runs(), 1);
}

#[test]
fn what_has_no_version_runs_every_time_and_is_told_once() {
    struct Broken;
    impl serde::Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it is a lock"))
        }
    }
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[make(depends = [])]
    fn odd(_broken: Broken) -> usize {
        RUNS.fetch_add(1, Ordering::Relaxed)
    }
    let work = Workshop::new();
    for run in 0..3 {
        assert_eq!(odd(Broken).unwrap(), run);
    }
    let told = work.told();
    assert_eq!(told.warnings.len(), 1, "{:?}", told.warnings);
    assert!(
        told.warnings[0].contains("it is a lock"),
        "{}",
        told.warnings[0]
    );
}

#[test]
fn load_tells_why_the_last_result_cannot_be_loaded_and_gives_no_older_one() {
    #[make(output = BytesFile::new("bytes-{x}.bin"), keep = "all", depends = [])]
    fn bytes(x: u8) -> Vec<u8> {
        vec![x; 3]
    }
    let work = Workshop::new();
    for x in [1, 2] {
        bytes(x).unwrap();
    }
    std::fs::write("bytes-2.bin", "by hand").unwrap();
    let error = bytes::load().unwrap_err();
    assert!(matches!(error, remade::Error::Newest(_)), "{error:?}");
    let text = error.to_string();
    for part in [".bytes cannot", "bytes-2.bin", "changed", "call it"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(*bytes(2).unwrap(), [2; 3]);
    assert_eq!(*bytes::load().unwrap().unwrap(), [2; 3]);
    assert_eq!(work.runs(), 3);
    std::fs::remove_file("bytes-2.bin").unwrap();
    assert!(
        bytes::load()
            .unwrap_err()
            .to_string()
            .contains("bytes-2.bin")
    );
    bytes::clear().unwrap();
    assert!(bytes::load().unwrap().is_none());
}

#[test]
fn call_runs_whatever_is_stored_and_clear_forgets() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[make(output = NpyFile::new("kept-{x}.npy"), keep = "all", depends = [])]
    fn counted(x: u8) -> Vec<u64> {
        vec![u64::from(x), RUNS.fetch_add(1, Ordering::Relaxed) as u64]
    }
    let _work = Workshop::new();
    assert_eq!(*counted(1).unwrap(), [1, 0]);
    assert_eq!(*counted(2).unwrap(), [2, 1]);
    assert_eq!(*counted(1).unwrap(), [1, 0]);
    assert_eq!(*counted::call(1).unwrap(), [1, 2]);
    assert_eq!(*counted::load().unwrap().unwrap(), [1, 2]);
    counted::clear().unwrap();
    assert!(!counted::check(1).unwrap());
    assert!(
        std::fs::exists("kept-1.npy").unwrap(),
        "what the user named stays"
    );
}

#[test]
fn ignored_parameters_and_labels() {
    #[make(ignore(verbose), depends = [])]
    fn quiet(x: i32, verbose: bool) -> i32 {
        assert!(verbose);
        x
    }
    #[make(version = "2", name = "quiet", ignore(verbose), depends = [])]
    fn labelled(x: i32, verbose: bool) -> i32 {
        assert!(verbose);
        x
    }
    let work = Workshop::new();
    quiet(1, true).unwrap();
    quiet(1, false).unwrap();
    assert_eq!(work.runs(), 1);
    labelled(1, true).unwrap();
    assert!(work.why().contains("version= changed"), "{}", work.why());
}
