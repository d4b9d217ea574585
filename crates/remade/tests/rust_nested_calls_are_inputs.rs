//! What a run draws through made functions called inside is an input of it.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used)]

mod rust_face;

use remade::{File, make};
use rust_face::Workshop;

#[test]
fn a_file_read_by_a_nested_call_counts() {
    #[make(depends = [])]
    fn read(file: &File) -> String {
        std::fs::read_to_string(file).unwrap()
    }
    #[make(depends = [read])]
    fn outer() -> usize {
        read(&File::new("data.txt")).unwrap().len()
    }
    let work = Workshop::new();
    std::fs::write("data.txt", "abc").unwrap();
    assert_eq!(outer().unwrap(), 3);
    assert_eq!(outer().unwrap(), 3);
    assert_eq!(work.runs(), 2);
    std::fs::write("data.txt", "abcd").unwrap();
    assert_eq!(outer().unwrap(), 4);
    assert_eq!(work.why(), "file data.txt changed");
    let record = outer().unwrap().origin().unwrap().record().clone();
    assert_eq!(record.nested.calls.len(), 1);
}

#[test]
fn a_nested_call_on_another_thread_counts() {
    #[make(depends = [])]
    fn read(file: &File) -> String {
        std::fs::read_to_string(file).unwrap()
    }
    #[make(depends = [read])]
    fn outer() -> usize {
        let read = || read(&File::new("data.txt")).unwrap().len();
        std::thread::scope(|scope| scope.spawn(read).join().unwrap())
    }
    let work = Workshop::new();
    std::fs::write("data.txt", "abc").unwrap();
    assert_eq!(outer().unwrap(), 3);
    std::fs::write("data.txt", "abcd").unwrap();
    assert_eq!(outer().unwrap(), 4);
    assert_eq!(work.runs(), 4);
}

#[test]
fn what_is_stored_just_now_is_an_input_that_no_record_names() {
    #[make(depends = [])]
    fn base(n: u8) -> u8 {
        n
    }
    #[make(depends = [base])]
    fn newest() -> u8 {
        *base::load().unwrap().unwrap()
    }
    #[make(depends = [base])]
    fn is_stored(n: u8) -> bool {
        base::check(n).unwrap()
    }
    #[make(depends = [base])]
    fn is_fresh(n: u8) -> bool {
        base::explain(n).unwrap().is_fresh()
    }
    #[make(depends = [base])]
    fn ran() -> u64 {
        base::handle().unwrap().counts().1
    }
    let work = Workshop::new();
    for n in [1, 2] {
        base(n).unwrap();
        assert_eq!(newest().unwrap(), n);
        assert_eq!(is_stored(1).unwrap(), n == 1);
        assert_eq!(is_fresh(1).unwrap(), n == 1);
        assert_eq!(ran().unwrap(), u64::from(n));
    }
    assert_eq!(work.runs(), 10);
    newest().unwrap();
    assert!(work.why().contains("base::load"), "{}", work.why());
}

#[test]
fn a_function_may_call_itself() {
    #[make(depends = [], keep = "all")]
    fn factorial(n: u64) -> u64 {
        match n {
            0 => 1,
            n => n * *factorial(n - 1).unwrap(),
        }
    }
    let work = Workshop::new();
    assert_eq!(factorial(5).unwrap(), 120);
    assert_eq!(work.runs(), 6);
    assert_eq!(factorial(6).unwrap(), 720);
    assert_eq!(work.runs(), 1);
}

#[test]
fn one_runs_while_others_wait() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[make(depends = [])]
    fn slow(x: u8) -> u8 {
        RUNS.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(std::time::Duration::from_millis(200));
        x
    }
    let _work = Workshop::new();
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(|| *slow(7).unwrap())).collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), 7);
        }
    });
    assert_eq!(RUNS.load(Ordering::Relaxed), 1);
}

#[test]
fn a_panic_leaves_no_lock_and_no_record() {
    #[make(depends = [])]
    fn falls(x: bool) -> u8 {
        assert!(std::fs::exists("allowed").unwrap() || !x);
        1
    }
    let work = Workshop::new();
    let fallen = std::panic::catch_unwind(|| falls(true).map(|made| *made));
    assert!(fallen.is_err());
    std::fs::write("allowed", "").unwrap();
    assert_eq!(falls(true).unwrap(), 1);
    assert_eq!(work.runs(), 1);
}
