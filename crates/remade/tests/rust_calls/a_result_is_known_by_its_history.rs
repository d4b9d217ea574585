//! What a made function returned is known by its history, and by its content where that is lost.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

use ndarray::{Array1, ArrayView1};
use remade::{NpyFile, Versioned, make};

use crate::rust_face::Workshop;

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
