//! A function runs again when the meaning of its code has changed, and not when its looks have.

use remade::{Made, make};

use crate::rust_face::Workshop;

#[test]
fn an_edit_of_the_meaning_runs_and_an_edit_of_the_looks_does_not() {
    // The same name in the same module, as if a file had been edited between them.
    fn before() -> Made<i64> {
        #[make(name = "edited", depends = [])]
        fn edited(x: i64) -> i64 {
            x + 1
        }
        edited(1).unwrap()
    }
    fn with_other_looks() -> Made<i64> {
        /// With documentation.
        #[make(name = "edited", depends = [])]
        #[allow(unused)]
        fn edited(x: i64, // and a comment
        ) -> i64 {
            x + 1
        }
        edited(1).unwrap()
    }
    fn with_another_meaning() -> Made<i64> {
        #[make(name = "edited", depends = [])]
        fn edited(x: i64) -> i64 {
            x + 2
        }
        edited(1).unwrap()
    }
    let work = Workshop::new();
    assert_eq!(before(), 2);
    assert_eq!(work.runs(), 1);
    assert_eq!(with_other_looks(), 2);
    assert_eq!(work.runs(), 0);
    assert_eq!(with_another_meaning(), 3);
    assert_eq!(
        work.why(),
        "code changed: rust_calls_run_only_when_they_must.code_counts_by_its_meaning.edited"
    );
}

#[test]
fn what_depends_names_counts_down_to_the_last_item() {
    // Each pair stands for a file before and after an edit.
    mod one {
        #[remade::code]
        pub const OFFSET: i64 = 1;
        #[remade::code(depends = [OFFSET])]
        pub fn helper(x: i64) -> i64 {
            x + OFFSET
        }
        #[remade::code]
        pub mod tools {
            pub fn twice(x: i64) -> i64 {
                2 * x
            }
        }
    }
    mod two {
        #[remade::code]
        pub const OFFSET: i64 = 2;
        #[remade::code(depends = [OFFSET])]
        pub fn helper(x: i64) -> i64 {
            x + OFFSET
        }
    }
    fn constant(edited: bool) -> i64 {
        #[make(depends = [one::helper])]
        fn before(x: i64) -> i64 {
            one::helper(x)
        }
        #[make(depends = [two::helper])]
        fn after(x: i64) -> i64 {
            two::helper(x)
        }
        match edited {
            false => *before(1).unwrap(),
            true => *after(1).unwrap(),
        }
    }
    let work = Workshop::new();
    assert_eq!((constant(false), constant(true)), (2, 3));
    assert_eq!((constant(false), constant(true)), (2, 3));
    assert_eq!(work.runs(), 2);
    // The functions have names of their own here; what they stand for is told apart by code alone.
    #[make(depends = [one::helper, one::tools], name = "a")]
    fn a(x: i64) -> i64 {
        one::tools::twice(one::helper(x))
    }
    #[make(depends = [two::helper, one::tools], name = "a")]
    fn b(x: i64) -> i64 {
        one::tools::twice(one::helper(x))
    }
    let print = |handle: remade::Handle| handle.fingerprint();
    assert_ne!(print(a::handle().unwrap()), print(b::handle().unwrap()));
    a(1).unwrap();
    b(1).unwrap();
    let why = work.why();
    assert!(
        why.contains("one.helper") && why.contains("two.OFFSET"),
        "{why}"
    );
}

#[remade::code]
mod kernels {
    pub fn twice(x: i64) -> i64 {
        2 * x
    }
}
mod tools {
    pub(super) use super::kernels::*;

    pub(super) fn half(x: i64) -> i64 {
        x / 2
    }
}

#[test]
fn a_module_that_re_exports_a_marked_one_is_not_taken_for_it() {
    use kernels as renamed;
    #[make(depends = [kernels])]
    fn marked(x: i64) -> i64 {
        kernels::twice(x)
    }
    #[make(depends = [tools])]
    fn unmarked(x: i64) -> i64 {
        tools::twice(tools::half(x))
    }
    #[make(depends = [renamed])]
    fn otherwise_named(x: i64) -> i64 {
        renamed::twice(x)
    }
    let _work = Workshop::new();
    assert_eq!(*unmarked(4).unwrap(), 4);
    // What else is in it is seen in the executable alone.
    assert_eq!(marked::explain(4).unwrap().not_followed, [""; 0]);
    for (explained, name) in [
        (unmarked::explain(4).unwrap(), "tools"),
        (otherwise_named::explain(4).unwrap(), "renamed"),
    ] {
        let [told] = &explained.not_followed[..] else {
            panic!("{:?}", explained.not_followed)
        };
        for part in [name, "kernels", "the executable stands for it"] {
            assert!(told.contains(part), "{told}");
        }
    }
}

#[test]
fn without_depends_the_executable_stands_for_all() {
    #[make]
    fn whole(x: u8) -> u8 {
        x
    }
    let work = Workshop::new();
    whole(1).unwrap();
    whole(1).unwrap();
    assert_eq!(work.runs(), 1);
    let told = whole::explain(1).unwrap();
    assert!(told.is_fresh());
    assert!(
        told.to_string().contains("the executable stands for all"),
        "{told}"
    );
    let record = whole(1).unwrap().origin().unwrap().record().clone();
    assert!(record.code.contains_key("the executable"));
    assert!(
        record.language.starts_with("rust 1."),
        "{}",
        record.language
    );
}
