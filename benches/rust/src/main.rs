//! How long does a fresh call take, against the disk cache of the crate `cached`?
//!
//!     cargo run --release --manifest-path benches/rust/Cargo.toml
//!
//! The contenders take turns in one process; told are medians, and ratios to remade.

use cached::stores::{DiskCache, DiskCacheBuilder};
use cached::IOCached;
use ndarray::{Array1, Ix1};
use remade::{MappedArray, NpyFile, make};
use std::hint::black_box;
use std::time::Instant;

/// 64 MB of numbers.
const LENGTH: usize = 8 << 20;

#[make(depends = [])]
fn scalar(x: u64) -> f64 {
    x as f64 / 3.0
}

#[make(output = NpyFile::new("read.npy"), depends = [])]
fn read(seed: u64) -> Array1<f64> {
    Array1::from_iter((0..LENGTH).map(|i| (i as u64 ^ seed) as f64))
}

#[make(output = NpyFile::new("mapped.npy"), depends = [])]
fn mapped(seed: u64) -> MappedArray<f64, Ix1> {
    Array1::from_iter((0..LENGTH).map(|i| (i as u64 ^ seed) as f64)).into()
}

#[make(depends = [])]
fn known(x: &Array1<f64>) -> f64 {
    x.sum()
}

type Contender<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// Medians of as many rounds, in turns.
fn measure(title: &str, rounds: usize, calls: usize, contenders: &mut [Contender<'_>]) {
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for round in 0..=rounds {
        for ((_, call), times) in contenders.iter_mut().zip(&mut times) {
            let began = Instant::now();
            for _ in 0..calls {
                call();
            }
            if round > 0 {
                times.push(began.elapsed().as_secs_f64() / calls as f64);
            }
        }
    }
    println!("{title}");
    let medians: Vec<f64> = times
        .iter_mut()
        .map(|times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        })
        .collect();
    for ((name, _), median) in contenders.iter().zip(&medians) {
        println!("  {name:34} {:>12.3} us {:>10.2} x", median * 1e6, median / medians[0]);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    std::env::set_current_dir(&folder)?;
    let scalars: DiskCache<u64, f64> = DiskCacheBuilder::new("scalars")
        .set_disk_directory(folder.path().join("cached"))
        .build()?;
    let arrays: DiskCache<u64, Vec<f64>> = DiskCacheBuilder::new("arrays")
        .set_disk_directory(folder.path().join("cached"))
        .build()?;
    scalars.cache_set(7, *scalar(7)?)?;
    let array = read(7)?;
    mapped(7)?;
    known(&array)?;
    arrays.cache_set(7, array.to_vec())?;

    let get = |x: u64| scalars.cache_get(&x).ok().flatten();
    let get_array = |x: u64| arrays.cache_get(&x).ok().flatten();
    measure(
        "fresh scalar call",
        31,
        2000,
        &mut [
            ("remade", Box::new(|| drop(black_box(scalar(black_box(7)))))),
            ("cached, disk", Box::new(|| drop(black_box(get(black_box(7)))))),
        ],
    );
    measure(
        "fresh call that gives 64 MB",
        7,
        1,
        &mut [
            ("remade, read", Box::new(|| drop(black_box(read(black_box(7)))))),
            ("remade, mapped", Box::new(|| drop(black_box(mapped(black_box(7)))))),
            ("cached, disk", Box::new(|| drop(black_box(get_array(black_box(7)))))),
        ],
    );
    measure(
        "fresh call on 64 MB that a made function returned",
        31,
        2000,
        &mut [("remade", Box::new(|| drop(black_box(known(black_box(&array))))))],
    );
    Ok(())
}
