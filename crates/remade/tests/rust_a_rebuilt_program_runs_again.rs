//! A program that was built anew with other code runs again what stands for all that it calls.
//!
//! The program is this test: it starts copies of itself, and a copy with one more byte at its end is
//! a program with other code, as far as anybody can tell from outside.

#![allow(clippy::unwrap_used)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use remade::make;

/// Says to a copy that it is one, and where it is to leave what it saw.
const ANSWER: &str = "REMADE_TEST_ANSWER";

/// What a program may call that nobody named.
fn helper(x: u32) -> u32 {
    x + 1
}

#[make]
fn all_of_the_program(x: u32) -> u32 {
    helper(x)
}

#[make(depends = [])]
fn nothing_but_itself(x: u32) -> u32 {
    x * 2
}

/// What the program does; only the copies do.
#[test]
fn program() {
    let Some(answer) = std::env::var_os(ANSWER) else {
        return;
    };
    for x in [1, 2] {
        assert_eq!(*all_of_the_program(x).unwrap(), x + 1);
        assert_eq!(*nothing_but_itself(x).unwrap(), x * 2);
    }
    let runs = [
        all_of_the_program::handle().unwrap().counts().1,
        nothing_but_itself::handle().unwrap().counts().1,
    ];
    fs::write(answer, format!("{runs:?}")).unwrap();
}

/// How often each function ran in the next process of a program.
fn runs(program: &Path, folder: &Path, variables: &[(&str, &str)]) -> String {
    let answer = folder.join("answer");
    let done = Command::new(program)
        .args(["--exact", "program"])
        .current_dir(folder)
        .env_remove("REMADE_CACHEDIR")
        .env("REMADE_KEEP", "all")
        .env(ANSWER, &answer)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    fs::read_to_string(answer).unwrap()
}

#[test]
fn what_depends_on_the_whole_program_runs_again_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let program = folder.join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    assert_eq!(runs(&program, folder, &[]), "[2, 2]");
    assert_eq!(runs(&program, folder, &[]), "[0, 0]");

    let rebuilt = folder.join("rebuilt");
    fs::copy(&program, &rebuilt).unwrap();
    let mut end = OpenOptions::new().append(true).open(&rebuilt).unwrap();
    end.write_all(b"\0").unwrap();
    drop(end);
    fs::rename(&rebuilt, &program).unwrap();
    assert_eq!(runs(&program, folder, &[]), "[2, 0]");
    assert_eq!(runs(&program, folder, &[]), "[0, 0]");
}

#[test]
fn a_program_is_its_content_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (program, moved) = (folder.join("program"), folder.join("moved"));
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    assert_eq!(runs(&program, folder, &[]), "[2, 2]");
    fs::rename(&program, &moved).unwrap();
    assert_eq!(runs(&moved, folder, &[]), "[0, 0]");
}

#[test]
fn variables_say_what_a_function_leaves_open() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let program = std::env::current_exe().unwrap();
    // The last result alone, of two calls.
    let last = [("REMADE_KEEP", "1")];
    assert_eq!(runs(&program, folder, &last), "[2, 2]");
    assert_eq!(runs(&program, folder, &last), "[2, 2]");
    let elsewhere = [("REMADE_CACHEDIR", "elsewhere")];
    assert_eq!(runs(&program, folder, &elsewhere), "[2, 2]");
    assert_eq!(runs(&program, folder, &elsewhere), "[0, 0]");
    assert!(folder.join("elsewhere/v1").is_dir());
}
