//! Whatever a function or file is called, its files lie in a folder of its own in the store.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::path::{Component, Path};

use common::{Function, Value};
use proptest::prelude::*;
use remade::store::{FunctionFolder, layout};
use tempfile::tempdir;

const HOSTILE: [&str; 26] = [
    "module.f",
    "module.F",
    "Module.f",
    "module_f",
    "module/f",
    "module\\f",
    "module.<lambda>",
    "module.f.<locals>.g",
    "",
    ".",
    "..",
    "...",
    "../../etc/passwd",
    "/etc/passwd",
    "code",
    "sources",
    "id",
    "a\0b",
    "a\nb",
    "naïve.größe",
    "nai\u{308}ve",
    "日本語",
    "🙂",
    "\u{202e}evil",
    "CON",
    "module.f ",
];

/// The one component below `v1`.
fn own_name(name: &str) -> String {
    let root = Path::new("/project/cache");
    let folder = FunctionFolder::of(root, name);
    let rest = folder
        .path()
        .strip_prefix(layout::format_folder(root))
        .unwrap();
    let parts: Vec<Component<'_>> = rest.components().collect();
    let [Component::Normal(part)] = parts[..] else {
        panic!("{name:?} lies in {rest:?}")
    };
    part.to_str().unwrap().to_owned()
}

fn assert_tame(own: &str) {
    assert!(own.len() <= 120, "{own}");
    assert!(!own.starts_with('.'), "{own}");
    assert!(
        own.chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)),
        "{own}"
    );
}

#[test]
fn hostile_names_have_tame_folders_that_differ() {
    let mut names: Vec<String> = HOSTILE.iter().map(|name| (*name).to_owned()).collect();
    names.push("x".repeat(10_000));
    names.push(format!("{}y", "x".repeat(10_000)));
    names.push("ä".repeat(10_000));
    let mut folders = BTreeSet::new();
    for name in &names {
        let own = own_name(name);
        assert_tame(&own);
        // Also where upper and lower case are one.
        folders.insert(own.to_lowercase());
    }
    assert_eq!(folders.len(), names.len());
}

#[test]
fn functions_of_hostile_names_work_side_by_side() {
    let folder = tempdir().unwrap();
    let names: Vec<String> = HOSTILE
        .iter()
        .map(|name| (*name).to_owned())
        .chain(["x".repeat(10_000)])
        .collect();
    for round in 0..2 {
        for (number, name) in (0..).zip(&names) {
            let f = Function::new(folder.path(), name)
                .body(move |_| Ok(Value::Rows(vec![vec![number as u8; 50]; 2])));
            let (value, why) = f.call(1);
            assert_eq!(value, Value::Rows(vec![vec![number as u8; 50]; 2]));
            assert_eq!(why.is_empty(), round == 1, "{name:?}");
        }
    }
    let outside: Vec<_> = common::names(folder.path());
    assert_eq!(outside, ["cache"]);
}

#[test]
fn files_of_hostile_names_can_be_staged_saved_and_loaded() {
    for name in [
        "f", ".f", "f.", "é.npy", "日本", "a b", "f.nii.gz", ".gz", "x\ny", "-rf", "*.bin",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([
        "x".repeat(200),
        format!("x.{}", "y".repeat(240)),
        "é".repeat(120),
    ]) {
        let folder = tempdir().unwrap();
        let path = folder.path().join("results").join(&name);
        let staged = layout::staged(&path);
        assert_eq!(staged.parent(), path.parent());
        let own = staged.file_name().unwrap().to_str().unwrap();
        assert!(layout::staged_by(own).is_some());
        let f = Function::new(folder.path(), "f")
            .named(path.clone())
            .body(|_| Ok(Value::Bytes(vec![1; 9])));
        assert_eq!(f.call(1).0, Value::Bytes(vec![1; 9]));
        assert_eq!(std::fs::read(&path).unwrap(), [1; 9], "{name:?}");
        assert_eq!(f.call(1).1, [], "{name:?}");
    }
}

#[test]
fn a_staged_file_has_the_extension_of_its_target() {
    for (target, extension) in [
        ("f.npy", ".npy"),
        ("f.nii.gz", ".nii.gz"),
        ("f.tar.zst", ".tar.zst"),
        ("f.gz", ".gz"),
        ("a.b.c", ".c"),
        (".hidden.npy", ".npy"),
    ] {
        let staged = layout::staged(Path::new(target));
        assert!(staged.to_str().unwrap().ends_with(extension), "{staged:?}");
    }
    for target in ["f", ".hidden"] {
        assert!(layout::staged(Path::new(target)).extension().is_none());
    }
}

#[test]
fn staged_names_are_never_given_twice() {
    let target = Path::new("f.npy");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(move || {
                (0..5000)
                    .map(|_| layout::staged(target))
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let all: BTreeSet<_> = threads
        .into_iter()
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    assert_eq!(all.len(), 20_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_name_has_a_tame_folder(one in any::<String>(), other in any::<String>()) {
        assert_tame(&own_name(&one));
        let differ = own_name(&one).to_lowercase() != own_name(&other).to_lowercase();
        prop_assert_eq!(differ, one != other);
    }
}
