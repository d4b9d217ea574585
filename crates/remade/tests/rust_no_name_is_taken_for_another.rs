//! What `#[make]` writes beside a function takes none of the user's names, and the user's names take
//! nothing from it: types, parameters, constants and methods may be called as they like.

#![cfg(feature = "ndarray")]
#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

mod rust_face;

use rust_face::Workshop;

/// Types that are named like the traits and types that find the way of a type, and like those of the
/// standard library and of the language.
#[allow(non_camel_case_types, clippy::too_many_arguments)]
mod types {
    use remade::Versioned;

    macro_rules! types {
        ($($function:ident: $($parameter:ident $name:ident),*;)*) => {
            $($(
                #[derive(Versioned, Clone, Copy, serde::Serialize, serde::Deserialize)]
                pub struct $name(pub i64);
            )*)*

            $(
                #[remade::make(depends = [])]
                fn $function(x: i64, $($parameter: $name),*) -> ($($name,)*) {
                    ($($name(x + $parameter.0),)*)
                }
            )*

            #[remade::make(depends = [])]
            fn lent($($($parameter: &$name,)*)*) -> i64 {
                0 $($(+ $parameter.0)*)*
            }

            pub fn sum() -> i64 {
                $(let ($($parameter,)*) = $function(1, $($name(1)),*).unwrap().into_inner();)*
                *lent($($(&$parameter,)*)*).unwrap()
            }
        };
    }

    types! {
        one: a By, b ByVersioned, c BySerde, d ByNothing, e ByDebug, f ByType, g ByDisplay,
            h ByNoWord, i ByKind, j ByJson, k ByUnknown, l PlainlyByItself;
        two: m ByMoreThanItself, n Plainly, o Kind, p Of, q Way, r Told, s Serialized, t Walk, u Made,
            v Given, w Borrowed, x0 Output;
        three: y Error, z CallError, a1 Handle, b1 Explanation, c1 Code, d1 Once, e1 Function,
            f1 Options, g1 Keep, h1 Arguments, i1 With, j1 Fallible;
        four: k1 Unmarked, l1 File, m1 PathBuf, n1 Infallible, o1 Vec, p1 Box, q1 String, r1 str,
            s1 bool, t1 usize, u1 u128, v1 Reached;
    }
}

#[test]
fn types_may_be_called_as_they_like() {
    let work = Workshop::new();
    assert_eq!(types::sum(), 48 * 2);
    assert_eq!(work.runs(), 5);
    assert_eq!(types::sum(), 48 * 2);
    assert_eq!(work.runs(), 0);
}

/// Parameters, lent and given, that are named like all that is bound in what the macro writes.
mod parameters {
    macro_rules! parameters {
        ($($name:ident)*) => {
            #[remade::make(output = remade::JsonFile::new("{walk}-{type}.json"), depends = ["text"])]
            #[allow(clippy::too_many_arguments)]
            fn given($($name: i64),*) -> Result<i64, String> {
                Ok(0 $(+ $name)*)
            }

            #[remade::make(depends = ["text"])]
            #[allow(clippy::too_many_arguments)]
            fn lent($($name: &i64),*) -> i64 {
                0 $(+ $name)*
            }

            pub fn sum() -> i64 {
                $(let $name = 1;)*
                *given($($name),*).unwrap() + *lent($(&$name),*).unwrap()
            }
        };
    }

    parameters! {
        arguments to walk value values forced answer parameter run by name output body given lent call
        check explain load handle clear core std remade r#type
    }
}

#[test]
fn parameters_may_be_called_as_they_like() {
    let work = Workshop::new();
    assert_eq!(parameters::sum(), 50);
    assert!(work.path("1-1.json").exists());
    assert_eq!(parameters::sum(), 50);
    assert_eq!(work.runs(), 2);
}

/// Constants cannot be shadowed by what is bound, and they are never meant by it.
#[allow(non_upper_case_globals)]
mod constants {
    const arguments: u8 = 1;
    const to: u8 = 2;
    const walk: u8 = 3;
    const value: u8 = 4;
    static forced: u8 = 5;
    static answer: u8 = 6;
    static parameter: u8 = 7;
    pub const FUNCTION: &str = "store";
    pub const CODE: u8 = 8;

    #[derive(remade::Versioned)]
    pub struct Pair {
        pub walk: u8,
        pub to: u8,
    }

    #[remade::make(cachedir = FUNCTION, output = remade::JsonFile::new("sum-{x}.json"), depends = [CODE + value])]
    pub fn sum(x: u8, pair: &Pair) -> std::result::Result<u8, std::num::ParseIntError> {
        let parsed: u8 = "1".parse()?;
        let constants = arguments + to + walk + value + forced + answer + parameter;
        Ok(constants + x + pair.walk + pair.to + parsed)
    }
}

#[test]
fn constants_may_be_called_as_they_like() {
    let work = Workshop::new();
    let pair = constants::Pair { walk: 1, to: 1 };
    assert_eq!(constants::sum(1, &pair).unwrap(), 32);
    assert!(constants::sum::check(1, &pair).unwrap());
    assert!(work.path("store/CACHEDIR.TAG").exists());
}

/// Methods for every type, which the compiler would find beside those of the same name.
mod methods {
    macro_rules! by_borrow {
        ($($name:ident)*) => {
            pub trait ByBorrow {
                $(fn $name(&self) -> u8 {
                    1
                })*
            }
            impl<T: ?Sized> ByBorrow for T {}
        };
    }

    macro_rules! by_value {
        ($($name:ident)*) => {
            pub trait ByValue: Sized {
                $(fn $name(self) -> u8 {
                    1
                })*
            }
            impl<T> ByValue for T {}
        };
    }

    by_borrow! { version short word output name encode }
    by_value! { value encode borrowed given check clear into_result }

    #[derive(remade::Versioned, serde::Serialize, serde::Deserialize)]
    pub struct Scale {
        pub by: f64,
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Shift(pub f64);

    #[remade::make(depends = ["text"])]
    pub fn scale(x: &[f64], scale: &Scale, shift: Shift) -> Result<Scale, String> {
        let sum: f64 = x.iter().sum();
        Ok(Scale {
            by: sum * scale.by + shift.0,
        })
    }
}

#[test]
fn methods_may_be_called_as_they_like() {
    let work = Workshop::new();
    let scale = |by| methods::scale(&[1.0, 2.0], &methods::Scale { by }, methods::Shift(1.0));
    assert_eq!(scale(2.0).unwrap().by, 7.0);
    assert_eq!(scale(2.0).unwrap().by, 7.0);
    assert_eq!(scale(3.0).unwrap().by, 10.0);
    assert_eq!(work.runs(), 2);
    methods::scale::clear().unwrap();
}

/// Modules, functions and types that stand before those of the standard library; and no prelude.
mod names {
    #![no_implicit_prelude]

    mod std {}
    mod core {}
    mod alloc {}

    #[derive(::remade::Versioned, ::serde::Serialize, ::serde::Deserialize)]
    pub enum Option {
        None,
        Some(i64),
    }

    #[derive(::remade::Versioned)]
    pub enum Outcome {
        Ok { walk: u8 },
        Err(u8, u8),
    }

    pub struct Some;
    pub struct Ok;
    pub struct Err;
    pub fn drop() {}

    #[::remade::code]
    pub const OFFSET: i64 = 3;

    #[::remade::code(depends = [OFFSET])]
    pub fn helper(x: i64) -> i64 {
        x + OFFSET
    }

    #[::remade::make(keep = 2, verify, unknown = "rerun", version = "1", name = "known",
        ignore(loud), depends = [helper, "text"])]
    pub fn shifted(x: i64, of: &Outcome, loud: bool) -> Option {
        let of = match of {
            Outcome::Ok { walk } => *walk,
            Outcome::Err(one, other) => one + other,
        };
        match loud && of == 0 {
            true => Option::None,
            false => Option::Some(helper(x)),
        }
    }

    #[::remade::make(depends = [shifted])]
    pub fn failing(x: i64) -> ::std::result::Result<i64, ::std::string::String> {
        ::std::result::Result::Ok(x)
    }
}

#[test]
fn names_of_the_standard_library_may_be_taken() {
    let work = Workshop::new();
    let of = names::Outcome::Err(1, 2);
    assert!(matches!(
        *names::shifted(4, &of, true).unwrap(),
        names::Option::Some(7)
    ));
    assert_eq!(names::failing(1).unwrap(), 1);
    assert_eq!(names::failing(1).unwrap(), 1);
    assert_eq!(work.runs(), 2);
    // No made function returned `of`.
    assert!(!names::shifted::check(4, &of, true).unwrap());
}

/// What stands in the attribute means what it means where the attribute stands.
mod options {
    use std::sync::atomic::{AtomicU32, Ordering};

    pub static LIMIT: AtomicU32 = AtomicU32::new(1);

    fn limit() -> u32 {
        LIMIT.load(Ordering::Relaxed)
    }

    #[remade::make(depends = [limit()])]
    pub fn most(limit: u32) -> u32 {
        limit.min(self::limit())
    }
}

#[test]
fn a_value_in_depends_knows_no_parameters() {
    let work = Workshop::new();
    assert_eq!(options::most(7).unwrap(), 1);
    assert_eq!(options::most(7).unwrap(), 1);
    options::LIMIT.store(5, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(options::most(7).unwrap(), 5);
    assert_eq!(work.why(), "argument depends[0] changed: from 1 to 5");
    assert_eq!(work.runs(), 2);
}

/// A macro of the user's may write the function, and give it types and options that it was given.
#[allow(unused_parens)]
mod written {
    macro_rules! written {
        ($name:ident, $lent:ty, $gives:ty, $helper:path, $output:expr, $keep:expr, $word:literal) => {
            #[remade::make(output = $output, keep = $keep, version = $word, depends = [$helper, $word])]
            pub fn $name(x: $lent, y: (f64)) -> $gives {
                Ok($helper(x.parse()?) * y)
            }
        };
    }

    #[remade::code]
    pub fn double(x: f64) -> f64 {
        2.0 * x
    }

    #[remade::make(depends = [])]
    pub fn text(x: u8) -> String {
        x.to_string().repeat(2000)
    }

    written!(
        scaled,
        &str,
        Result<f64, std::num::ParseFloatError>,
        self::double,
        remade::JsonFile::new("scaled.json"),
        1,
        "2"
    );
}

#[test]
fn what_a_macro_writes_is_made_as_what_a_person_writes() {
    let work = Workshop::new();
    assert_eq!(written::scaled("1.5", 2.0).unwrap(), 6.0);
    assert_eq!(written::scaled("1.5", 2.0).unwrap(), 6.0);
    assert_eq!(work.runs(), 1);
    // It is lent, so that a result of a made function is known by its history.
    let text = written::text(0).unwrap();
    assert_eq!(written::scaled(&text, 2.0).unwrap(), 0.0);
    // It is fallible: an error is no result.
    for _ in 0..2 {
        let failed = written::scaled("x", 1.0).unwrap_err();
        assert!(failed.into_function().is_some());
    }
    assert_eq!(work.runs(), 2);
    assert!(!written::scaled::check("x", 1.0).unwrap());
}

/// With `unknown = "rerun"` text, numbers and files count by their value, and types that are called
/// like them do not.
mod unknown {
    #[derive(remade::Versioned)]
    pub struct File(pub u8);

    pub type Length = f64;

    #[remade::make(unknown = "rerun", depends = [])]
    pub fn of_file(x: &File) -> u8 {
        x.0
    }

    #[remade::make(unknown = "rerun", depends = [])]
    pub fn of_length(x: &Length) -> f64 {
        *x
    }
}

#[test]
fn a_type_is_not_told_by_its_name() {
    let work = Workshop::new();
    for _ in 0..2 {
        assert_eq!(unknown::of_file(&unknown::File(1)).unwrap(), 1);
    }
    assert_eq!(work.runs(), 2);
    for _ in 0..2 {
        assert_eq!(unknown::of_length(&1.5).unwrap(), 1.5);
    }
    assert_eq!(work.runs(), 1);
}
