//! The Rust half of a pipeline in two languages: `tests/languages` has the other one.
//!
//!     pipeline write 5         makes wave.npy
//!     pipeline read scaled.npy sums up a file that Python made
//!     pipeline version         the versions of some arrays, as records have them

#![allow(clippy::print_stdout)] // a program that tells what it does

use ndarray::{Array1, Array2, ShapeBuilder, s};
use remade::{File, Happening, NpyFile, make, version_of};

#[make(output = NpyFile::new("wave.npy"), depends = [])]
fn wave(length: u32) -> Array1<f64> {
    (0..length).map(|i| f64::from(i) / 4.0).collect()
}

#[make(depends = [])]
fn bytes_in(file: &File) -> u64 {
    std::fs::metadata(file).map_or(0, |metadata| metadata.len())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _listening = remade::listen(|happening| {
        if let Happening::Call(event) = happening {
            println!(
                "{} {}",
                if event.ran { "ran" } else { "reused" },
                event.function
            );
        }
    });
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["write", length] => {
            let wave = wave(length.parse()?)?;
            println!("{}", wave.version().ok_or("it was not saved")?);
        }
        ["read", path] => println!("{}", bytes_in(&File::new(path))?),
        ["version"] => {
            let table = Array2::from_shape_fn((3, 4), |(i, j)| (10 * i + j) as i32);
            let turned = Array2::from_shape_fn((3, 4).f(), |(i, j)| (10 * i + j) as i32);
            let mut backwards = table.clone();
            backwards.invert_axis(ndarray::Axis(0));
            let versions = [
                version_of(&table),
                version_of(&turned),
                version_of(&table.t()),
                version_of(&table.slice(s![..;2, 1..])),
                version_of(&backwards),
                version_of(&[true, false][..]),
                version_of(&[1u8, 2, 3][..]),
                version_of(&Array1::<f64>::zeros(0)),
                version_of("text"),
                version_of(&-7),
                version_of(&0.1),
            ];
            for version in versions {
                println!("{}", version.ok_or("no version")?);
            }
        }
        _ => return Err("pipeline write <length> | read <file> | version".into()),
    }
    Ok(())
}
