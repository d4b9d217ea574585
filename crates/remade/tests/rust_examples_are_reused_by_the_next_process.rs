//! The examples run what they must in the first process and nothing in the second.

#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiled example; cargo builds them beside the tests, unless it was asked for one test only.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap().parent().unwrap();
    let path = folder.join("examples").join(name);
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--offline",
            "--package",
            "remade",
            "--example",
            name,
        ])
        .args(match folder.ends_with("release") {
            true => &["--release"][..],
            false => &[],
        })
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(
        built.unwrap().success() && path.exists(),
        "{}",
        path.display()
    );
    path
}

fn run(example: &Path, folder: &Path) -> String {
    let mut command = Command::new(example);
    command.current_dir(folder).env_remove("REMADE_CACHEDIR");
    let done = command.output().unwrap();
    let errors = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{errors}");
    assert_eq!(errors, "");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn quickstart() {
    let folder = tempfile::tempdir().unwrap();
    let program = example("quickstart");
    let first = run(&program, folder.path());
    assert_eq!(
        first,
        "a long computation, with 3\na second one, on 3 numbers\n0.0064\n"
    );
    assert_eq!(run(&program, folder.path()), "0.0064\n");
}

#[test]
fn parts() {
    let folder = tempfile::tempdir().unwrap();
    let program = example("parts");
    let told = "-10.0 to 20.0, frost: true\n";
    let first = run(&program, folder.path());
    assert_eq!(
        first,
        format!("looks at 3 readings\nlooks at the lowest\n{told}")
    );
    assert_eq!(run(&program, folder.path()), told);
}

#[test]
fn heat() {
    let folder = tempfile::tempdir().unwrap();
    let program = example("heat");
    let stages = ["rod", "cool", "spectrum", "summarise"];
    let first = run(&program, folder.path());
    for stage in stages {
        assert!(
            first.contains(&format!("ran    heat.{stage}: never ran")),
            "{first}"
        );
    }
    let second = run(&program, folder.path());
    for stage in stages {
        assert!(
            second.contains(&format!("reused heat.{stage}\n")),
            "{second}"
        );
    }
    assert_eq!(first.lines().last(), second.lines().last());
    // A comment in the data is another file and the same rod.
    let data = std::fs::read_to_string(folder.path().join("rod.csv")).unwrap();
    std::fs::write(folder.path().join("rod.csv"), format!("# a rod\n{data}")).unwrap();
    let third = run(&program, folder.path());
    assert!(
        third.contains("ran    heat.rod: file rod.csv changed"),
        "{third}"
    );
    assert!(third.contains("reused heat.cool\n"), "{third}");
    // A damaged result runs its stage again, and no other: the content is the same.
    std::fs::write(folder.path().join("spectrum.npy"), "damaged").unwrap();
    let fourth = run(&program, folder.path());
    assert!(
        fourth.contains("ran    heat.spectrum: result changed on disk"),
        "{fourth}"
    );
    assert!(fourth.contains("reused heat.summarise\n"), "{fourth}");
}
