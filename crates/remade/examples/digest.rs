//! How fast is a version taken? `cargo run --release -p remade --example digest`
//!
//! Decision 0001 rests on it. One core, the best of many runs, for data that lies in a cache and
//! for data that lies in memory.

#![allow(clippy::print_stdout)]

use remade::version::Version;
use std::hint::black_box;
use std::time::Instant;

fn main() {
    for (size, times) in [(64 << 10, 20_000), (1 << 20, 1_000), (256 << 20, 8)] {
        let data: Vec<u8> = (0..size).map(|place: usize| (place * 31) as u8).collect();
        let mut best = f64::INFINITY;
        for _ in 0..times {
            let began = Instant::now();
            black_box(Version::of_bytes(black_box(&data)));
            best = best.min(began.elapsed().as_secs_f64());
        }
        let speed = size as f64 / best / 1e9;
        println!("{:>7} KiB: {speed:6.1} GB/s", size >> 10);
    }
}
