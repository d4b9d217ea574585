//! A made function in Rust runs only when its code or its arguments have changed, and says why.

#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, unreachable_pub)]

mod rust_face;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{Array1, Array2, ArrayView1};
use remade::{CallError, File, Made, NpyFile, Split, TextFile, Versioned, make};
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
fn what_a_made_function_returned_is_known_without_being_read() {
    thread_local! { static READ: Cell<usize> = const { Cell::new(0) }; }
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Heavy(Vec<f64>);
    impl Versioned for Heavy {
        fn encode(&self, walk: &mut remade::Walk<'_>) {
            READ.set(READ.get() + 1);
            self.0.encode(walk);
        }
    }
    #[make(depends = [])]
    fn first(length: usize) -> Heavy {
        Heavy(vec![0.5; length])
    }
    #[make(depends = [])]
    fn second(x: &Heavy) -> f64 {
        x.0.iter().sum()
    }
    let work = Workshop::new();
    for _ in 0..2 {
        let heavy = first(10).unwrap();
        assert_eq!(second(&heavy).unwrap(), 5.0);
    }
    assert_eq!((work.runs(), READ.get()), (2, 0));
    // What was taken out has no history: it is read.
    let plain = first(10).unwrap().into_inner();
    assert_eq!(second(&plain).unwrap(), 5.0);
    assert!(READ.get() > 0);
}

#[test]
fn an_array_is_the_same_argument_with_and_without_its_history() {
    #[make(output = NpyFile::new("wave.npy"), depends = [])]
    fn wave(length: usize) -> Array1<f64> {
        Array1::from_iter((0..length).map(|i| (i as f64).sin()))
    }
    #[make(depends = [])]
    fn power(x: &Array1<f64>) -> f64 {
        x.mapv(|v| v * v).sum()
    }
    #[make(depends = [])]
    fn owned(x: Array1<f64>) -> f64 {
        x.sum()
    }
    #[make(depends = [])]
    fn viewed(x: ArrayView1<'_, f64>) -> f64 {
        x.sum()
    }
    let work = Workshop::new();
    let made = wave(100).unwrap();
    power(&made).unwrap();
    assert_eq!(work.runs(), 2);
    let version = made.version().unwrap();
    assert_eq!(remade::version_of(&*made), Some(version));
    power(&*made).unwrap();
    power(&made.clone().into_inner()).unwrap();
    power(&wave(100).unwrap()).unwrap();
    assert_eq!(work.runs(), 0);
    // Every way to hand over the same elements is the same call; a copy with gaps is compact.
    owned((*made).clone()).unwrap();
    viewed(made.view()).unwrap();
    let mut wide = Array1::zeros(200);
    wide.slice_mut(ndarray::s![..;2]).assign(&*made);
    viewed(wide.slice(ndarray::s![..;2])).unwrap();
    owned(wide.slice(ndarray::s![..;2]).to_owned()).unwrap();
    assert_eq!(work.runs(), 2);
    wide[2] += 1.0;
    viewed(wide.slice(ndarray::s![..;2])).unwrap();
    assert_eq!(work.runs(), 1);
}

#[test]
fn equal_content_stops_a_change() {
    #[make(output = NpyFile::new("sign.npy"), depends = [])]
    fn sign(x: i64) -> Array1<f64> {
        Array1::from_elem(3, x.signum() as f64)
    }
    #[make(depends = [])]
    fn sum(x: &Array1<f64>) -> f64 {
        x.sum()
    }
    let work = Workshop::new();
    assert_eq!(sum(&sign(5).unwrap()).unwrap(), 3.0);
    assert_eq!(sum(&sign(7).unwrap()).unwrap(), 3.0);
    let told = work.told();
    let names: Vec<_> = told
        .runs
        .iter()
        .map(|run| run.0.rsplit('.').next().unwrap())
        .collect();
    assert_eq!(names, ["sign", "sum", "sign"]);
}

#[test]
fn an_edit_of_the_meaning_runs_and_an_edit_of_the_looks_does_not() {
    // The same name in the same module, as if a file had been edited between them.
    fn before() -> Made<i64> {
        #[make(name = "edited", depends = [])]
        fn edited(x: i64) -> i64 {
            x + 1
        }
        edited(1).unwrap()
    }
    fn with_other_looks() -> Made<i64> {
        /// With documentation.
        #[make(name = "edited", depends = [])]
        #[allow(unused)]
        fn edited(x: i64, // and a comment
        ) -> i64 {
            x + 1
        }
        edited(1).unwrap()
    }
    fn with_another_meaning() -> Made<i64> {
        #[make(name = "edited", depends = [])]
        fn edited(x: i64) -> i64 {
            x + 2
        }
        edited(1).unwrap()
    }
    let work = Workshop::new();
    assert_eq!(before(), 2);
    assert_eq!(work.runs(), 1);
    assert_eq!(with_other_looks(), 2);
    assert_eq!(work.runs(), 0);
    assert_eq!(with_another_meaning(), 3);
    assert_eq!(
        work.why(),
        "code changed: rust_calls_run_only_when_they_must.edited"
    );
}

#[test]
fn what_depends_names_counts_down_to_the_last_item() {
    // Each pair stands for a file before and after an edit.
    mod one {
        #[remade::code]
        pub const OFFSET: i64 = 1;
        #[remade::code(depends = [OFFSET])]
        pub fn helper(x: i64) -> i64 {
            x + OFFSET
        }
        #[remade::code]
        pub mod tools {
            pub fn twice(x: i64) -> i64 {
                2 * x
            }
        }
    }
    mod two {
        #[remade::code]
        pub const OFFSET: i64 = 2;
        #[remade::code(depends = [OFFSET])]
        pub fn helper(x: i64) -> i64 {
            x + OFFSET
        }
    }
    fn constant(edited: bool) -> i64 {
        #[make(depends = [one::helper])]
        fn before(x: i64) -> i64 {
            one::helper(x)
        }
        #[make(depends = [two::helper])]
        fn after(x: i64) -> i64 {
            two::helper(x)
        }
        match edited {
            false => *before(1).unwrap(),
            true => *after(1).unwrap(),
        }
    }
    let work = Workshop::new();
    assert_eq!((constant(false), constant(true)), (2, 3));
    assert_eq!((constant(false), constant(true)), (2, 3));
    assert_eq!(work.runs(), 2);
    // The functions have names of their own here; what they stand for is told apart by code alone.
    #[make(depends = [one::helper, one::tools], name = "a")]
    fn a(x: i64) -> i64 {
        one::tools::twice(one::helper(x))
    }
    #[make(depends = [two::helper, one::tools], name = "a")]
    fn b(x: i64) -> i64 {
        one::tools::twice(one::helper(x))
    }
    let print = |handle: remade::Handle| handle.fingerprint();
    assert_ne!(print(a::handle().unwrap()), print(b::handle().unwrap()));
    a(1).unwrap();
    b(1).unwrap();
    let why = work.why();
    assert!(
        why.contains("one.helper") && why.contains("two.OFFSET"),
        "{why}"
    );
}

#[test]
fn without_depends_the_executable_stands_for_all() {
    #[make]
    fn whole(x: u8) -> u8 {
        x
    }
    let work = Workshop::new();
    whole(1).unwrap();
    whole(1).unwrap();
    assert_eq!(work.runs(), 1);
    let told = whole::explain(1).unwrap();
    assert!(told.is_fresh());
    assert!(
        told.to_string().contains("the executable stands for all"),
        "{told}"
    );
    let record = whole(1).unwrap().origin().unwrap().record().clone();
    assert!(record.code.contains_key("the executable"));
    assert!(
        record.language.starts_with("rust 1."),
        "{}",
        record.language
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

#[test]
fn unknown_rerun_knows_histories_only() {
    #[make(unknown = "rerun", depends = [])]
    fn strict(x: &[f64], name: &str) -> f64 {
        x.iter().sum::<f64>() + name.len() as f64
    }
    #[make(depends = [])]
    fn numbers() -> Vec<f64> {
        vec![1.0, 2.0]
    }
    let work = Workshop::new();
    let made = numbers().unwrap();
    for _ in 0..2 {
        strict(&made, "a").unwrap();
    }
    assert_eq!(work.runs(), 2);
    for _ in 0..2 {
        strict(&[1.0, 2.0], "a").unwrap();
    }
    assert_eq!(work.runs(), 2);
    assert!(work.told().warnings.is_empty());
}

#[test]
fn verify_reads_what_interior_mutability_has_changed() {
    use std::sync::atomic::AtomicI64;
    #[derive(Debug)]
    struct Sneaky(AtomicI64);
    impl Versioned for Sneaky {
        fn encode(&self, walk: &mut remade::Walk<'_>) {
            walk.int(self.0.load(Ordering::Relaxed));
        }
    }
    struct SneakyFile;
    impl remade::Persister<Sneaky> for SneakyFile {
        fn path(&self) -> Option<&std::path::Path> {
            Some(std::path::Path::new("sneaky.txt"))
        }
        fn name(&self) -> &str {
            "test.SneakyFile"
        }
        fn save(
            &self,
            value: &Sneaky,
            target: &mut remade::persister::Target<'_>,
        ) -> Result<remade::persister::Kept, remade::persister::Failure> {
            use std::io::Write;
            write!(target, "{}", value.0.load(Ordering::Relaxed))?;
            let version = remade::version_of(value).unwrap();
            Ok(remade::persister::Kept::Exactly(version))
        }
        fn load(
            &self,
            stored: &remade::persister::Stored<'_>,
        ) -> Result<Sneaky, remade::persister::Failure> {
            let text = String::from_utf8(stored.bytes()?.into_owned())?;
            Ok(Sneaky(text.parse::<i64>()?.into()))
        }
    }
    #[make(output = SneakyFile, depends = [])]
    fn sneaky(x: i64) -> Sneaky {
        Sneaky(x.into())
    }
    #[make(depends = [])]
    fn trusting(x: &Sneaky) -> i64 {
        x.0.load(Ordering::Relaxed)
    }
    #[make(verify, depends = [])]
    fn careful(x: &Sneaky) -> i64 {
        x.0.load(Ordering::Relaxed)
    }
    let work = Workshop::new();
    let made = sneaky(1).unwrap();
    assert_eq!(
        (*trusting(&made).unwrap(), *careful(&made).unwrap()),
        (1, 1)
    );
    careful(&made).unwrap();
    assert_eq!(work.runs(), 3);
    made.0.store(2, Ordering::Relaxed);
    assert_eq!(
        (*trusting(&made).unwrap(), *careful(&made).unwrap()),
        (1, 2)
    );
    assert!(work.told().warnings[0].contains("was changed outside"));
}
