//! What does a fresh call cost, beside the disk cache of the crate `cached`?
//!
//! That cache is kept by `redb` today, and was by `sled` until release 0.56. Either locks its files for
//! one process, and so answers from memory what no other can change.
//!
//! The contenders take turns, so that other work on the machine meets both, and the median of the
//! turns counts. Every value is compared with the one expected, and runs are counted: a contender that
//! computes where it had to reuse stops the program.

use std::hint::black_box;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use beside_cached_sled::Sled;
use cached::macros::concurrent_cached;
use cached::{RedbCache, RedbCacheError};
use ndarray::{Array1, Ix1};
use remade::{MappedArray, NpyFile, make};

/// Of 64 MB.
const LENGTH: usize = 8 << 20;
const TURNS: usize = 9;

static RUNS: AtomicUsize = AtomicUsize::new(0);

fn count_run() {
    RUNS.fetch_add(1, Ordering::Relaxed);
}

fn halved(n: u64) -> f64 {
    count_run();
    n as f64 / 2.0
}

fn ramp(n: u64) -> Array1<f64> {
    count_run();
    Array1::from_iter((0..LENGTH).map(|i| (i as u64 * n) as f64))
}

#[make(depends = [])]
fn made_scalar(n: u64) -> f64 {
    halved(n)
}

/// The same, of which every call looks at its record.
#[make(depends = [])]
fn looking_scalar(n: u64) -> f64 {
    halved(n)
}

#[make(depends = [], output = NpyFile::new("ramp.npy"))]
fn made_array(n: u64) -> Array1<f64> {
    ramp(n)
}

#[make(depends = [], output = NpyFile::new("mapped.npy"))]
fn made_map(n: u64) -> MappedArray<f64, Ix1> {
    ramp(n).into()
}

#[concurrent_cached(
    ty = "RedbCache<u64, f64>",
    create = r##"{ RedbCache::builder("scalar").disk_dir("redb").build().expect("a cache of redb") }"##
)]
fn cached_scalar(n: u64) -> Result<f64, RedbCacheError> {
    Ok(halved(n))
}

#[concurrent_cached(
    ty = "RedbCache<u64, Array1<f64>>",
    create = r##"{ RedbCache::builder("array").disk_dir("redb").build().expect("a cache of redb") }"##
)]
fn cached_array(n: u64) -> Result<Array1<f64>, RedbCacheError> {
    Ok(ramp(n))
}

static SLED_SCALAR: LazyLock<Sled<f64>> = LazyLock::new(|| Sled::new("scalar"));
static SLED_ARRAY: LazyLock<Sled<Array1<f64>>> = LazyLock::new(|| Sled::new("array"));

/// A contender: how many seconds so many calls of it took, each checked.
struct Contender<'a> {
    name: &'a str,
    seconds: Box<dyn Fn(usize) -> f64 + 'a>,
    turns: Vec<f64>,
}

impl<'a> Contender<'a> {
    /// Calls in this process.
    fn here(name: &'a str, call: impl Fn() + 'a) -> Contender<'a> {
        let seconds = move |calls| {
            let began = Instant::now();
            (0..calls).for_each(|_| call());
            began.elapsed().as_secs_f64()
        };
        Contender {
            name,
            seconds: Box::new(seconds),
            turns: Vec::new(),
        }
    }

    /// The first call of a new process, as that tells it.
    fn elsewhere(name: &'a str) -> Contender<'a> {
        let seconds = move |calls| (0..calls).map(|_| told_by_process(name)).sum();
        Contender {
            name,
            seconds: Box::new(seconds),
            turns: Vec::new(),
        }
    }
}

fn told_by_process(name: &str) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let told = Command::new(program)
        .arg(name)
        .output()
        .expect("to start it");
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    let told = String::from_utf8_lossy(&told.stdout);
    let (ran, seconds) = told.trim().split_once(' ').expect("two numbers");
    RUNS.fetch_add(ran.parse().expect("how often it ran"), Ordering::Relaxed);
    seconds.parse().expect("how many seconds it took")
}

/// What such a process does.
fn tell_first_call(name: &str) {
    let began = Instant::now();
    let value = match name {
        REMADE => *made_scalar(black_box(3)).expect("a value"),
        REDB => cached_scalar(black_box(3)).expect("a value"),
        _ => SLED_SCALAR.call(black_box(3), halved),
    };
    let took = began.elapsed().as_secs_f64();
    assert_eq!(value, 1.5);
    println!("{} {took}", RUNS.load(Ordering::Relaxed));
}

const REMADE: &str = "remade";
const LOOKING: &str = "remade, the 2nd to the 4,096th call";
const MAPPED: &str = "remade, mapped";
const REDB: &str = "cached 4.1, redb";
const SLED: &str = "cached 0.56, sled";

/// Prints the median seconds of a call of each, and the rows of the table.
fn measure(title: &str, calls: usize, mut contenders: Vec<Contender<'_>>) -> Vec<String> {
    for one in &contenders {
        (one.seconds)(1); // the first call runs
    }
    let before = RUNS.load(Ordering::Relaxed);
    for _ in 0..TURNS {
        for one in &mut contenders {
            let seconds = (one.seconds)(calls);
            one.turns.push(seconds / calls as f64);
        }
    }
    let ran = RUNS.load(Ordering::Relaxed) - before;
    assert_eq!(ran, 0, "{title}: {ran} calls ran that had to be reused");

    println!("\n{title:<44} {:>12} {:>14}", "median", "ratio");
    let (mut first, mut rows) = (0.0, Vec::new());
    for one in &mut contenders {
        one.turns.sort_by(f64::total_cmp);
        let median = one.turns[TURNS / 2];
        if one.name == REMADE {
            first = median;
        }
        let ratio = median / first;
        println!(
            "  {:<42} {:>9.2} us {ratio:>12.2} x",
            one.name,
            median * 1e6
        );
        if one.name == REDB || one.name == SLED {
            let verdict = if ratio > 1.0 { "reached" } else { "**missed**" };
            let row = format!(
                "| {title} | {} | ahead | {ratio:.3} x as fast | {verdict} |",
                one.name
            );
            rows.push(row);
        }
    }
    rows
}

/// Whether this process has asked the kernel for notes about a folder.
fn is_watched() -> bool {
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("the descriptors of this process");
    let leads_to_notes = |descriptor: std::io::Result<std::fs::DirEntry>| {
        let target = std::fs::read_link(descriptor.expect("a descriptor").path());
        target.is_ok_and(|target| target.to_string_lossy().contains("inotify"))
    };
    descriptors.into_iter().any(leads_to_notes)
}

fn is_ramp(length: usize, last: f64) {
    assert_eq!((length, last), (LENGTH, 3.0 * (LENGTH - 1) as f64));
}

fn main() {
    if let Some(name) = std::env::args().nth(1) {
        return tell_first_call(&name);
    }
    let folder = tempfile::tempdir().expect("a folder of our own");
    std::env::set_current_dir(&folder).expect("to go there");

    // First, because the others lock their files while a process has them open.
    let mut rows = measure(
        "first call of a process, u64 to f64",
        1,
        [REMADE, REDB, SLED].map(Contender::elsewhere).into(),
    );
    // From its 4,096th call on a function is watched; the other one never is.
    (0..5000).for_each(|_| assert_eq!(*made_scalar(black_box(3)).expect("a value"), 1.5));
    assert!(
        is_watched(),
        "no watch: this needs a folder on a local disk of Linux (TMPDIR)"
    );
    remade::store::watch::set_worth(u32::MAX);
    rows.extend(measure(
        "fresh call, u64 to f64",
        20_000,
        vec![
            Contender::here(REMADE, || {
                let value = made_scalar(black_box(3)).expect("a value");
                assert_eq!(*value, 1.5);
            }),
            Contender::here(LOOKING, || {
                let value = looking_scalar(black_box(3)).expect("a value");
                assert_eq!(*value, 1.5);
            }),
            Contender::here(REDB, || {
                let value = cached_scalar(black_box(3)).expect("a value");
                assert_eq!(value, 1.5);
            }),
            Contender::here(SLED, || {
                let value = SLED_SCALAR.call(black_box(3), halved);
                assert_eq!(value, 1.5);
            }),
            Contender::here("one fs::metadata", || {
                black_box(std::fs::metadata("cache/v1").expect("the store"));
            }),
        ],
    ));
    rows.extend(measure(
        "fresh call, an array of 64 MB",
        1,
        vec![
            Contender::here(REMADE, || {
                let value = made_array(black_box(3)).expect("a value");
                is_ramp(value.len(), value[LENGTH - 1]);
            }),
            Contender::here(MAPPED, || {
                let value = made_map(black_box(3)).expect("a value");
                let view = value.view();
                is_ramp(view.len(), view[LENGTH - 1]);
            }),
            Contender::here(REDB, || {
                let value = cached_array(black_box(3)).expect("a value");
                is_ramp(value.len(), value[LENGTH - 1]);
            }),
            Contender::here(SLED, || {
                let value = SLED_ARRAY.call(black_box(3), ramp);
                is_ramp(value.len(), value[LENGTH - 1]);
            }),
        ],
    ));
    println!("\n| work | against | to reach | measured | |\n| --- | --- | --- | --- | --- |");
    rows.iter().for_each(|row| println!("{row}"));
}
