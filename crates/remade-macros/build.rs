//! Which compiler is this? Records say so.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=RUSTC");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(compiler).arg("--version").output();
    // "rustc 1.89.0 (29483883e 2025-08-04)"
    let version = told.ok().and_then(|told| {
        let text = String::from_utf8(told.stdout).ok()?;
        text.split_whitespace().nth(1).map(str::to_owned)
    });
    let version = version.unwrap_or_else(|| "of an unknown version".to_owned());
    println!("cargo:rustc-env=REMADE_RUSTC={version}");
}
