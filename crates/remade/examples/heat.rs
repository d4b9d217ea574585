//! A simulation in stages: a rod cools, its warmth has a spectrum, and the spectrum a summary.
//!
//! Start it twice: the second time nothing runs. Change `DIFFUSIVITY` and start it again: all three
//! stages run, since each is given what the one before returned. Change `summarise` alone: one runs.
//!
//!     cargo run -p remade --example heat

#![allow(clippy::print_stdout)] // a program that tells what it does

use ndarray::{Array1, Array2, Axis, Ix2};
use remade::{File, Happening, JsonFile, MappedArray, NpyFile, code, make};
use serde::{Deserialize, Serialize};

/// Square millimetres in a second.
#[code]
const DIFFUSIVITY: f64 = 97.0;

/// What a run of the simulation is given: a line of `rod.csv` for each quantity.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Rod {
    length: f64,
    points: usize,
    hot: f64,
    cold: f64,
}

/// Reads `name,value` lines.
#[make(depends = [])]
fn rod(file: &File) -> Result<Rod, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let value = |name: &str| -> Result<f64, String> {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.strip_prefix(','));
        let number = number.ok_or_else(|| format!("there is no {name}"))?;
        number
            .trim()
            .parse()
            .map_err(|_| format!("{name} is no number"))
    };
    Ok(Rod {
        length: value("length")?,
        points: value("points")? as usize,
        hot: value("hot")?,
        cold: value("cold")?,
    })
}

/// The temperature at each moment (rows) and point (columns): explicit steps of Fourier's equation.
#[make(output = NpyFile::new("temperature.npy"), depends = [DIFFUSIVITY])]
fn cool(rod: &Rod, moments: usize) -> MappedArray<f64, Ix2> {
    let width = rod.length / (rod.points.max(2) - 1) as f64;
    let step = 0.25 * width * width / DIFFUSIVITY;
    let mut now = Array1::from_elem(rod.points, rod.cold);
    now.slice_mut(ndarray::s![rod.points / 3..2 * rod.points / 3])
        .fill(rod.hot);
    let mut all = Array2::zeros((moments, rod.points));
    for mut row in all.rows_mut() {
        row.assign(&now);
        for _ in 0..200 {
            let before = now.clone();
            for i in 1..rod.points.saturating_sub(1) {
                let bend = before[i - 1] - 2.0 * before[i] + before[i + 1];
                now[i] += DIFFUSIVITY * step / (width * width) * bend;
            }
        }
    }
    all.into()
}

/// How strong each sine of the rod's length is in the last moment and the first.
#[make(output = NpyFile::new("spectrum.npy"), depends = [])]
fn spectrum(temperature: &MappedArray<f64, Ix2>, waves: usize) -> Array2<f64> {
    let temperature = temperature.view();
    let (moments, points) = temperature.dim();
    let mean = temperature.mean_axis(Axis(1)).unwrap_or_default();
    Array2::from_shape_fn((moments, waves), |(moment, wave)| {
        let row = temperature.row(moment);
        let sine = |i: usize| {
            let turn = std::f64::consts::PI * (wave + 1) as f64 / (points - 1) as f64;
            (turn * i as f64).sin()
        };
        let sum: f64 = (0..points).map(|i| (row[i] - mean[moment]) * sine(i)).sum();
        2.0 * sum / points as f64
    })
}

/// What is told of a simulation.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Summary {
    strongest: usize,
    left: f64,
}

#[make(output = JsonFile::new("summary.json"), depends = [])]
fn summarise(spectrum: &Array2<f64>) -> Summary {
    let strength = |moment: usize, wave: usize| spectrum[[moment, wave]].abs();
    let (moments, waves) = spectrum.dim();
    let by_strength =
        |one: &usize, other: &usize| strength(0, *one).total_cmp(&strength(0, *other));
    let strongest = (0..waves).max_by(by_strength).unwrap_or(0);
    Summary {
        strongest: strongest + 1,
        left: strength(moments - 1, strongest) / strength(0, strongest),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _listening = remade::listen(|happening| match happening {
        Happening::Call(event) if event.ran => {
            let reasons: Vec<_> = event.reasons.iter().map(ToString::to_string).collect();
            println!("ran    {}: {}", event.function, reasons.join("; "));
        }
        Happening::Call(event) => println!("reused {}", event.function),
        Happening::Warning(warning) => println!("{warning}"),
    });
    if !std::fs::exists("rod.csv")? {
        std::fs::write("rod.csv", "length,100\npoints,301\nhot,90\ncold,20\n")?;
    }
    let rod = rod(&File::new("rod.csv"))?;
    let temperature = cool(&rod, 50)?;
    let spectrum = spectrum(&temperature, 20)?;
    let summary = summarise(&spectrum)?;
    println!(
        "wave {} is the strongest; {:.1} % of it is left",
        summary.strongest,
        100.0 * summary.left
    );
    Ok(())
}
