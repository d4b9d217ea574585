//! Each option of a made function in Rust does what it says.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod rust_face;

use remade::{JsonFile, make};
use rust_face::Workshop;

#[test]
fn keep_says_how_many_results_are_kept() {
    #[make(depends = [])]
    fn last(x: u32) -> u32 {
        x
    }
    #[make(keep = 2, depends = [])]
    fn two(x: u32) -> u32 {
        x
    }
    #[make(keep = "all", depends = [])]
    fn all(x: u32) -> u32 {
        x
    }
    let work = Workshop::new();
    for _ in 0..2 {
        for x in 1..=3 {
            assert_eq!((*last(x).unwrap(), *two(x).unwrap()), (x, x));
            assert_eq!(*all(x).unwrap(), x);
        }
    }
    assert_eq!(work.runs(), 6 + 6 + 3);
    assert_eq!(*two(2).unwrap() + *two(3).unwrap(), 5);
    assert_eq!(work.runs(), 0);
}

#[test]
fn cachedir_is_the_folder_of_the_store() {
    #[make(cachedir = "results/store", depends = [])]
    fn f(x: u32) -> u32 {
        x
    }
    let work = Workshop::new();
    f(1).unwrap();
    assert!(work.path("results/store/CACHEDIR.TAG").is_file());
    assert!(!work.path("cache").exists());
    assert_eq!(
        f::handle().unwrap().cachedir(),
        work.path("results/store").canonicalize().unwrap()
    );
}

#[test]
fn name_is_what_it_is_known_by() {
    #[make(name = "other", depends = [])]
    fn f(x: u32) -> u32 {
        x
    }
    let _work = Workshop::new();
    f(1).unwrap();
    assert_eq!(f::handle().unwrap().name(), "rust_options_hold.other");
}

#[test]
fn ignored_parameters_do_not_matter_and_a_label_does() {
    #[make(ignore(verbose), depends = [])]
    fn f(x: u32, verbose: bool) -> u32 {
        x + u32::from(verbose)
    }
    #[make(name = "labelled", version = "1", depends = [])]
    fn one(x: u32) -> u32 {
        x
    }
    #[make(name = "labelled", version = "2", depends = [])]
    fn two(x: u32) -> u32 {
        x
    }
    let work = Workshop::new();
    assert_eq!((*f(1, false).unwrap(), *f(1, true).unwrap()), (1, 1));
    assert_eq!(work.runs(), 1);
    one(1).unwrap();
    two(1).unwrap();
    assert!(work.why().contains("version"), "{}", work.why());
    assert_eq!(work.runs(), 2);
}

#[test]
fn a_file_name_with_a_parameter_keeps_a_result_for_each() {
    #[make(output = JsonFile::new("out/f-{x}.json"), keep = "all", depends = [])]
    fn f(x: u32) -> Vec<u32> {
        vec![x; 3]
    }
    let work = Workshop::new();
    for _ in 0..2 {
        for x in 1..=2 {
            assert_eq!(*f(x).unwrap(), [x; 3]);
        }
    }
    assert_eq!(work.runs(), 2);
    assert!(work.path("out/f-1.json").is_file() && work.path("out/f-2.json").is_file());
}

#[test]
fn a_static_that_changes_counts_only_where_depends_looks_at_it() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static LIMIT: AtomicU32 = AtomicU32::new(1);
    // The executable stands for all that this one calls, and it is the same executable.
    #[make]
    fn blind(x: u32) -> u32 {
        x.min(LIMIT.load(Ordering::Relaxed))
    }
    #[make(depends = [LIMIT.load(Ordering::Relaxed)])]
    fn seeing(x: u32) -> u32 {
        x.min(LIMIT.load(Ordering::Relaxed))
    }
    let work = Workshop::new();
    assert_eq!((*blind(7).unwrap(), *seeing(7).unwrap()), (1, 1));
    LIMIT.store(5, Ordering::Relaxed);
    assert_eq!((*blind(7).unwrap(), *seeing(7).unwrap()), (1, 5));
    assert_eq!(work.why(), "argument depends[0] changed: from 1 to 5");
    assert_eq!(work.runs(), 3);
}
