//! A result that is taken apart, a type of one's own as an argument, and helpers whose code counts.
//!
//! Start it twice. Then give it the word `celsius`, or change `OFFSET`.
//!
//!     cargo run -p remade --example parts

#![allow(clippy::print_stdout)] // a program that tells what it does

use remade::{Split, Versioned, code, make};

/// A type of one's own is its name and all of its fields; here its code counts, too.
#[code]
#[derive(Versioned)]
enum Scale {
    Celsius,
    Fahrenheit,
}

#[code]
const OFFSET: f64 = 32.0;

#[code(depends = [OFFSET])]
fn celsius(fahrenheit: f64) -> f64 {
    (fahrenheit - OFFSET) / 1.8
}

#[make(depends = [celsius, Scale])]
fn extremes(readings: &[f64], scale: Scale) -> (f64, f64) {
    println!("looks at {} readings", readings.len());
    let mut sorted: Vec<f64> = match scale {
        Scale::Celsius => readings.to_vec(),
        Scale::Fahrenheit => readings.iter().map(|&reading| celsius(reading)).collect(),
    };
    sorted.sort_by(f64::total_cmp);
    (sorted[0], sorted[sorted.len() - 1])
}

#[make(depends = [])]
fn is_frost(temperature: &f64) -> bool {
    println!("looks at the lowest");
    *temperature < 0.0
}

fn main() -> Result<(), remade::Error> {
    let scale = match std::env::args().nth(1).as_deref() {
        Some("celsius") => Scale::Celsius,
        _ => Scale::Fahrenheit,
    };
    let (lowest, highest) = extremes(&[68.0, 14.0, 41.0], scale)?.split();
    let frost = is_frost(&lowest)?; // a part has a history of its own
    println!("{lowest:.1} to {highest:.1}, frost: {frost}");
    Ok(())
}
