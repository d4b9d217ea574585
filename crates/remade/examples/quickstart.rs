//! Two functions, and what runs when: start it twice, then change something.
//!
//!     cargo run -p remade --example quickstart

#![allow(clippy::print_stdout)] // a program that tells what it does

use ndarray::{Array1, Array2};
use remade::{NpyFile, make};

#[make(output = NpyFile::new("hamming.npy"), depends = [])]
fn hamming(length: u32) -> Array1<f64> {
    println!("a long computation, with {length}");
    let step = 2.0 * std::f64::consts::PI / f64::from(length.max(2) - 1);
    (0..length)
        .map(|i| 0.54 - 0.46 * (step * f64::from(i)).cos())
        .collect()
}

#[make(output = NpyFile::new("vander.npy"), depends = [])]
fn vander(x: &Array1<f64>) -> Array2<f64> {
    println!("a second one, on {} numbers", x.len());
    let last = x.len().saturating_sub(1);
    Array2::from_shape_fn((x.len(), x.len()), |(i, j)| {
        x[i].powi(i32::try_from(last - j).unwrap_or(i32::MAX))
    })
}

fn main() -> Result<(), remade::Error> {
    let window = hamming(3)?;
    let matrix = vander(&window)?; // known by history: nothing is read
    println!("{:.4}", matrix[[0, 0]]);
    Ok(())
}
