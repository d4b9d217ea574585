//! A record reads back as it was written. One that is damaged, truncated, foreign or newer is a
//! reason to run, never a wrong result and never a panic.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{Function, Value, bytes_of};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use remade::call::CallKey;
use remade::decide::Reason;
use remade::make::{self, Changed};
use remade::record::{
    Accepted, Argument, Binary64, Digest, FORMAT, FileState, Implicit, Item, Kept, Locator, Nested,
    NestedCall, NeverFresh, Origin, Record, ResultFile, Shape, Short, Unreadable,
};
use remade::source::SourceState;
use remade::stamp::Stamp;
use remade::store::prune::Keep;
use remade::version::Version;
use tempfile::tempdir;

// -- Any record --------------------------------------------------------------------------------------

fn version() -> impl Strategy<Value = Version> {
    any::<u128>().prop_map(Version::from_u128)
}

fn key() -> impl Strategy<Value = CallKey> {
    version().prop_map(|version| CallKey::parse(&version.to_string()).unwrap())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,8}", any::<String>(), Just("\"digest\": \"".to_owned())]
}

fn number() -> impl Strategy<Value = Binary64> {
    any::<u64>().prop_map(|bits| Binary64(f64::from_bits(bits)))
}

fn short() -> impl Strategy<Value = Short> {
    let leaf = prop_oneof![
        Just(Short::None),
        any::<bool>().prop_map(Short::Bool),
        any::<i64>().prop_map(Short::Int),
        "-?[1-9][0-9]{20,60}".prop_map(Short::BigInt),
        number().prop_map(Short::Float),
        (number(), number()).prop_map(|(real, imaginary)| Short::Complex(real, imaginary)),
        text().prop_map(Short::Text),
        "([0-9a-f]{2}){0,8}".prop_map(Short::Bytes),
        text().prop_map(Short::File),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Short::Tuple),
            vec(inner.clone(), 0..4).prop_map(Short::List),
            vec((inner.clone(), inner), 0..3).prop_map(Short::Dict),
        ]
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        short().prop_map(Shape::Short),
        (0..2_usize).prop_map(Shape::Result),
        Just(Shape::Constant),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Shape::List),
            vec(inner.clone(), 0..3).prop_map(Shape::Tuple),
            vec((text(), inner), 0..3).prop_map(Shape::Dict),
        ]
    })
}

fn source() -> impl Strategy<Value = SourceState> {
    (text(), version()).prop_map(|(path, version)| SourceState { path, version })
}

fn implicit() -> impl Strategy<Value = Implicit> {
    let locator = (text(), vec(text(), 0..3)).prop_map(|(module, path)| Locator { module, path });
    (
        text(),
        option::of(locator),
        option::of(version()),
        text(),
        any::<bool>(),
        vec(origin(), 0..2),
    )
        .prop_map(
            |(name, locator, version, short, changed, origins)| Implicit {
                name,
                locator,
                version,
                short,
                changed,
                origins,
            },
        )
}

fn nested() -> impl Strategy<Value = Nested> {
    (
        btree_map(text(), version(), 0..3),
        vec(source(), 0..3),
        vec(implicit(), 0..3),
        option::of(text()),
        vec(nested_call(), 0..3),
    )
        .prop_map(
            |(functions, sources, implicit, unversioned, calls)| Nested {
                functions,
                sources,
                implicit,
                unversioned,
                calls,
            },
        )
}

fn nested_call() -> impl Strategy<Value = NestedCall> {
    (text(), version(), text(), option::of(text())).prop_map(|(function, key, started, store)| {
        NestedCall {
            function,
            record: CallKey::unversioned(key),
            started,
            store,
        }
    })
}

fn origin() -> impl Strategy<Value = Origin> {
    (
        text(),
        text(),
        text(),
        text(),
        version(),
        text(),
        option::of(text()),
    )
        .prop_map(
            |(position, function, record, result, version, started, store)| Origin {
                position,
                function,
                record,
                result,
                version,
                started,
                store,
            },
        )
}

fn argument() -> impl Strategy<Value = Argument> {
    (
        text(),
        option::of(version()),
        text(),
        vec(origin(), 0..2),
        option::of(text()),
    )
        .prop_map(|(name, version, short, origins, after)| Argument {
            name,
            version,
            short,
            origins,
            after,
        })
}

fn result() -> impl Strategy<Value = ResultFile> {
    let stamp = (any::<u64>(), any::<i64>(), any::<u64>()).prop_map(|(size, mtime, inode)| Stamp {
        size,
        mtime,
        inode,
    });
    let digest = prop_oneof![Just(Digest::Bytes), Just(Digest::Array)];
    let staged = r"\.remade-[^/\\\x00]{0,8}";
    let seal = "[0-9a-f]{8}:[0-9a-f]{64}".prop_map(|text| text.parse().unwrap());
    let path = r"[^\x00]{0,8}[a-z]";
    let seal = option::of(seal);
    let file = (path, any::<bool>(), staged, stamp, digest, version(), seal).prop_map(
        |(path, named, staged, stamp, digest, content, seal)| FileState {
            path,
            named,
            staged,
            stamp,
            digest,
            content,
            seal,
        },
    );
    (text(), text(), version(), version(), option::of(file)).prop_map(
        |(position, persister, persister_version, version, file)| ResultFile {
            position,
            persister,
            persister_version,
            version,
            file,
        },
    )
}

/// What the engine named begins with the key of its record.
fn placed(mut results: Vec<ResultFile>, key: CallKey) -> Vec<ResultFile> {
    let files = results.iter_mut().filter_map(|one| one.file.as_mut());
    for file in files.filter(|file| !file.named) {
        file.path = format!("cache/v1/f/{key}{}", file.path.replace('/', ""));
    }
    results
}

fn never_fresh() -> impl Strategy<Value = NeverFresh> {
    prop_oneof![
        text().prop_map(NeverFresh::Changed),
        (text(), text()).prop_map(|(name, why)| NeverFresh::Unversioned(name, why)),
        text().prop_map(NeverFresh::Nested),
        (text(), text()).prop_map(|(name, why)| NeverFresh::Random(name, why)),
    ]
}

fn accepted() -> impl Strategy<Value = Accepted> {
    (text(), text(), text(), vec(text(), 0..3)).prop_map(|(who, when, why, what)| Accepted {
        who,
        when,
        why,
        what,
    })
}

fn kept() -> impl Strategy<Value = Kept> {
    let number = option::of(number());
    (text(), version(), key(), text(), number).prop_map(
        |(by, cutoff, record, started, difference)| Kept {
            by,
            cutoff,
            record,
            started,
            difference,
        },
    )
}

fn record() -> impl Strategy<Value = Record> {
    let inputs = (
        vec(argument(), 0..3),
        vec(source(), 0..2),
        vec(implicit(), 0..2),
        nested(),
    );
    let outputs = (
        shape(),
        vec(result(), 2..4),
        vec(source(), 0..2),
        vec((text(), version(), version()), 0..2),
        option::of(never_fresh()),
    );
    let facts = (
        text(),
        0.0..1e9_f64,
        text(),
        any::<u32>(),
        btree_map(text(), text(), 0..3),
        text(),
        any::<(bool, bool)>(),
        (vec(accepted(), 0..2), option::of(kept())),
    );
    let code = (
        text(),
        key(),
        version(),
        option::of(text()),
        btree_map(text(), version(), 0..3),
        (option::of(text()), option::of(version())),
    );
    (code, inputs, outputs, facts).prop_map(
        |(
            (function, key, fingerprint, label, code, (was, given)),
            (arguments, sources, implicit, nested),
            (value, results, written, items, never_fresh),
            (
                started,
                seconds,
                host,
                pid,
                packages,
                boot,
                (synced, changed_returned),
                (accepted, kept),
            ),
        )| Record {
            format: FORMAT,
            function,
            key,
            fingerprint,
            label,
            code,
            was,
            given,
            arguments,
            sources,
            implicit,
            nested,
            value,
            results: placed(results, key),
            written,
            items: items
                .into_iter()
                .map(|(position, version, content)| Item {
                    position,
                    version,
                    content,
                })
                .collect(),
            never_fresh,
            changed_returned,
            accepted,
            kept,
            started,
            seconds,
            host: host.clone(),
            pid,
            language: host,
            packages,
            boot,
            synced,
        },
    )
}

// -- What may happen to its text ---------------------------------------------------------------------

#[derive(Debug, Clone)]
enum Damage {
    Truncate(usize),
    Flip(usize, u8),
    Put(usize, u8),
    Remove(usize, usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize),
    Zero(usize, usize),
    Swap(usize, usize),
    NextDigit(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<usize>;
    prop_oneof![
        at().prop_map(Damage::Truncate),
        (at(), 0..8_u8).prop_map(|(place, bit)| Damage::Flip(place, 1 << bit)),
        (at(), any::<u8>()).prop_map(|(place, byte)| Damage::Put(place, byte)),
        (at(), 1..200_usize).prop_map(|(place, length)| Damage::Remove(place, length)),
        (at(), vec(any::<u8>(), 1..20)).prop_map(|(place, bytes)| Damage::Insert(place, bytes)),
        (at(), 1..200_usize).prop_map(|(place, length)| Damage::Repeat(place, length)),
        (at(), 1..600_usize).prop_map(|(place, length)| Damage::Zero(place, length)),
        (at(), at()).prop_map(|(one, other)| Damage::Swap(one, other)),
        at().prop_map(Damage::NextDigit),
    ]
}

fn apply(damage: &Damage, text: &mut Vec<u8>) {
    if text.is_empty() {
        return;
    }
    let size = text.len();
    let range = |place: usize, length: usize| place % size..(place % size + length).min(size);
    match damage {
        Damage::Truncate(place) => text.truncate(place % size),
        Damage::Flip(place, bit) => text[place % size] ^= bit,
        Damage::Put(place, byte) => text[place % size] = *byte,
        Damage::Remove(place, length) => drop(text.drain(range(*place, *length))),
        Damage::Insert(place, bytes) => {
            text.splice(place % size..place % size, bytes.iter().copied());
        }
        Damage::Repeat(place, length) => {
            let again = text[range(*place, *length)].to_vec();
            text.splice(place % size..place % size, again);
        }
        Damage::Zero(place, length) => text[range(*place, *length)].fill(0),
        Damage::Swap(one, other) => text.swap(one % size, other % size),
        Damage::NextDigit(place) => {
            let digits = |byte: &u8| byte.is_ascii_digit();
            let from = place % size;
            if let Some(found) = text[from..].iter().position(digits) {
                let digit = &mut text[from + found];
                *digit = if *digit == b'9' { b'0' } else { *digit + 1 };
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_record_reads_back_as_it_was_written(record in record()) {
        let text = record.to_json().unwrap();
        let read = Record::from_json(&text);
        prop_assert_eq!(read.as_ref(), Ok(&record));
        prop_assert_eq!(read.unwrap().to_json().unwrap(), text);
    }

    #[test]
    fn a_short_value_reads_back_bit_for_bit(short in short()) {
        let text = serde_json::to_string(&short).unwrap();
        prop_assert_eq!(serde_json::from_str::<Short>(&text).unwrap(), short);
    }

    #[test]
    fn a_number_reads_back_bit_for_bit(bits in any::<u64>(), text in "(nan:)?[-+0-9a-fine.]{0,20}") {
        let number = Binary64(f64::from_bits(bits));
        prop_assert_eq!(number.to_string().parse::<Binary64>(), Ok(number));
        let _ = text.parse::<Binary64>();
    }

    #[test]
    fn any_damaged_record_is_told_from_a_whole_one(record in record(), damages in vec(damage(), 1..4)) {
        let whole = record.to_json().unwrap();
        let mut text = whole.clone();
        damages.iter().for_each(|damage| apply(damage, &mut text));
        if text != whole {
            prop_assert!(Record::from_json(&text).is_err());
        }
    }

    #[test]
    fn rubbish_is_no_record(bytes in vec(any::<u8>(), 0..300), text in any::<String>()) {
        prop_assert!(Record::from_json(&bytes).is_err());
        prop_assert!(Record::from_json(text.as_bytes()).is_err());
    }
}

/// Records that the engine wrote.
fn real_records() -> Vec<Vec<u8>> {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::All);
    f.globals.borrow_mut().insert("settings.FWHM".to_owned(), 8);
    for value in [
        Value::Int(41),
        Value::Bytes(bytes_of(1, 1000)),
        Value::Rows(vec![vec![1], vec![2, 3]]),
    ] {
        f.ask(&[value]).call().unwrap();
    }
    *f.changes.borrow_mut() = vec![("x0".to_owned(), Changed::Lost)];
    f.call(5);
    let keys = f.made.folder().keys().unwrap().into_iter();
    keys.map(|key| fs::read(f.made.folder().record(key)).unwrap())
        .collect()
}

#[test]
fn twenty_thousand_damages_of_real_records_are_all_told() {
    use proptest::test_runner::{Config, TestRunner};
    let records = real_records();
    let mut runner = TestRunner::new(Config::with_cases(20_000));
    let cases = (0..records.len(), vec(damage(), 1..4));
    let told = runner.run(&cases, |(which, damages)| {
        let mut text = records[which].clone();
        damages.iter().for_each(|damage| apply(damage, &mut text));
        if text != records[which] {
            match Record::from_json(&text) {
                Err(Unreadable::Damaged(why)) => prop_assert!(!why.is_empty()),
                Err(Unreadable::Newer { found }) => prop_assert!(found > FORMAT),
                Ok(record) => prop_assert!(false, "believed: {record:?}"),
            }
        }
        Ok(())
    });
    told.unwrap();
}

// -- What a call makes of it -------------------------------------------------------------------------

fn with_file(folder: &Path) -> Function {
    Function::new(folder, "module.f").body(|x| match x[0] {
        Value::Int(number) => Ok(Value::Bytes(bytes_of(number, 10))),
        _ => Err(String::new()),
    })
}

/// Calls f(1) with this text as its record, in the process that knows the record and in the next.
fn call_with(text: &[u8]) -> Vec<Reason> {
    let folder = tempdir().unwrap();
    let f = with_file(folder.path());
    f.call(1);
    fs::write(f.record_path(1), text).unwrap();
    let g = with_file(folder.path());
    assert!(!make::check(&g.made, &mut g.ask(&[Value::Int(1)])).unwrap());
    let _ = make::newest(&g.made, &mut g.ask(&[])).unwrap();
    let (value, why) = g.call(1);
    assert_eq!(value, Value::Bytes(bytes_of(1, 10)));
    assert_eq!(f.call(1), (value, vec![]));
    why
}

fn whole() -> Vec<u8> {
    let folder = tempdir().unwrap();
    let f = with_file(folder.path());
    f.call(1);
    fs::read(f.record_path(1)).unwrap()
}

#[test]
fn a_damaged_record_is_the_reason_of_the_next_run() {
    let text = String::from_utf8(whole()).unwrap();
    for damaged in [
        String::new(),
        "{}".to_owned(),
        "null".to_owned(),
        "[".repeat(1_000_000),
        "{\"value\":".repeat(100_000),
        "\0".repeat(text.len()),
        "\u{feff}".to_owned() + &text,
        text[..text.len() / 2].to_owned(),
        text[..text.len() - 2].to_owned(),
        text.clone() + &text,
        text.clone() + " ",
        text.replace("\"seconds\"", "\"secs\""),
        text.replace("\"format\": 1", "\"format\": 0"),
        text.replace("\"format\": 1", "\"format\": -1"),
        text.replace("\"format\": 1", "\"format\": 1e400"),
        text.replace("\"result\": 0", "\"result\": 1"),
        text.replace("module.f", "module.g"),
        text.replace('\n', "\r\n"),
    ] {
        assert_ne!(damaged, text);
        let why = call_with(damaged.as_bytes());
        assert!(
            matches!(&why[..], [Reason::RecordDamaged { .. }]),
            "{why:?}"
        );
    }
}

#[test]
fn a_newer_record_is_the_reason_of_the_next_run() {
    let text = String::from_utf8(whole()).unwrap();
    for newer in [
        text.replace("\"format\": 1", "\"format\": 2"),
        "{\"format\": 77, \"nothing\": [\"that\", \"we\", \"know\"]}".to_owned(),
    ] {
        let why = call_with(newer.as_bytes());
        assert!(
            matches!(&why[..], [Reason::RecordNewer { found: 2 | 77 }]),
            "{why:?}"
        );
    }
}

#[test]
fn the_record_of_another_call_or_function_is_none_of_this_one() {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::All);
    let g = Function::new(folder.path(), "module.g");
    f.call(1);
    f.call(2);
    g.call(1);
    for foreign in [f.record_path(2), g.record_path(1)] {
        fs::copy(foreign, f.record_path(1)).unwrap();
        let h = f.elsewhere(folder.path(), Keep::All);
        let (value, why) = h.call(1);
        assert_eq!(value, Value::Int(1));
        assert!(
            matches!(&why[..], [Reason::RecordDamaged { .. }]),
            "{why:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn what_is_not_a_file_in_the_place_of_a_record_neither_blocks_nor_costs_a_value() {
    let folder = tempdir().unwrap();
    let f = Function::keeping(folder.path(), "module.f", Keep::All);
    f.call(1);
    for place in [f.record_path(1), f.record_path(2), f.made.folder().last()] {
        for make in ["mkfifo", "mkdir"] {
            let _ = fs::remove_file(&place);
            let made = std::process::Command::new(make).arg(&place).status();
            assert!(made.unwrap().success());
            let g = f.elsewhere(folder.path(), Keep::Last(3));
            for number in [1, 2, 3] {
                let mut asked = g.ask(&[Value::Int(number)]);
                assert_eq!(asked.call().unwrap(), Value::Int(number));
            }
            let _ = make::newest(&g.made, &mut g.ask(&[])).unwrap();
            let _ = fs::remove_dir(&place).or_else(|_| fs::remove_file(&place));
        }
    }
}

#[test]
fn a_record_too_large_to_be_read_is_not_written() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "module.f");
    f.call(1);
    let many: Vec<Value> = (0..200_000).map(Value::Int).collect();
    let mut asked = f.ask(&many);
    assert_eq!(asked.call().unwrap(), Value::Int(0));
    assert_eq!(
        asked.warnings.len(),
        1,
        "the value is not saved, and that is told"
    );
    assert_eq!(f.call(1), (Value::Int(1), vec![]));
}

// -- Records of earlier releases ---------------------------------------------------------------------

const GOLDEN: &str = "tests/golden/records";

/// Writes the golden records of this format; those that are committed stay for ever:
/// `cargo test -p remade --test records_are_read_exactly_or_not_at_all -- --ignored write`.
#[test]
#[ignore = "writes golden records"]
fn write_golden() {
    let folder = tempdir().unwrap();
    let f = Function::new(folder.path(), "pipeline.smooth");
    f.globals.borrow_mut().insert("settings.FWHM".to_owned(), 8);
    f.nested_functions
        .borrow_mut()
        .insert("pipeline.load".to_owned(), 1);
    *f.nested.borrow_mut() = Nested {
        functions: [("pipeline.load".to_owned(), Value::Int(1).version())].into(),
        sources: vec![SourceState {
            path: "sub-*/anat/*.nii.gz".to_owned(),
            version: Value::Int(2).version(),
        }],
        implicit: vec![Implicit {
            name: "settings.PATH".to_owned(),
            locator: Some(Locator {
                module: "settings".to_owned(),
                path: vec!["PATH".to_owned()],
            }),
            version: None,
            short: "\"größe\"".to_owned(),
            changed: true,
            origins: Vec::new(),
        }],
        unversioned: None,
        calls: vec![NestedCall {
            function: "pipeline.load".to_owned(),
            record: CallKey::unversioned(Value::Int(1).version()),
            started: "2026-01-02T03:04:05.678901234Z".to_owned(),
            store: Some("other/cache".to_owned()),
        }],
    };
    *f.changes.borrow_mut() = vec![("x0".to_owned(), Changed::Returned)];
    f.ask(&[Value::Rows(vec![bytes_of(1, 300), bytes_of(2, 70_000)])])
        .call()
        .unwrap();
    let key = f.made.folder().keys().unwrap().remove(0);
    let mut record = Record::from_json(&fs::read(f.made.folder().record(key)).unwrap()).unwrap();
    record.host = "machine".to_owned();
    record.boot = "00000000-0000-0000-0000-000000000000".to_owned();
    record
        .packages
        .insert("numpy".to_owned(), "2.3.1".to_owned());
    record.arguments[0].origins.push(Origin {
        position: "['mask']".to_owned(),
        function: "pipeline.load".to_owned(),
        record: key.to_string(),
        result: "[1]".to_owned(),
        version: Value::Int(3).version(),
        started: "2026-01-02T03:04:05.678901234Z".to_owned(),
        store: None,
    });
    record.items.push(Item {
        position: "[0]".to_owned(),
        version: Version::from_u128(1),
        content: Version::from_u128(2),
    });
    record.results[1].file.as_mut().unwrap().digest = Digest::Array;
    fs::create_dir_all(GOLDEN).unwrap();
    fs::write(
        Path::new(GOLDEN).join("1-rows.json"),
        record.to_json().unwrap(),
    )
    .unwrap();

    let mut kept = record.clone();
    kept.arguments[0].after =
        Some("numpy.random.BitGenerator bits=SFC64 state.state=[1,ff] spawned=2".to_owned());
    kept.never_fresh = Some(NeverFresh::Random("rng".to_owned(), "is lost".to_owned()));
    kept.kept = Some(Kept {
        by: "allclose(rtol=1e-09, atol=0.0)".to_owned(),
        cutoff: Version::from_u128(3),
        record: key,
        started: kept.started.clone(),
        difference: Some(Binary64(1e-12)),
    });
    fs::write(
        Path::new(GOLDEN).join("1-kept.json"),
        kept.to_json().unwrap(),
    )
    .unwrap();

    let one = Binary64(1.5);
    record.value = Shape::Dict(vec![
        (
            "rows".to_owned(),
            Shape::List(vec![Shape::Result(0), Shape::Constant]),
        ),
        (
            "short".to_owned(),
            Shape::Short(Short::Tuple(vec![
                Short::None,
                Short::Bool(true),
                Short::Int(i64::MIN),
                Short::BigInt("123456789012345678901234567890".to_owned()),
                Short::Float(Binary64(-0.0)),
                Short::Float(Binary64(f64::from_bits(0x7ff8_0000_0000_0001))),
                Short::Complex(one, Binary64(f64::INFINITY)),
                Short::Text("größe \u{1f642} \"\\\n".to_owned()),
                Short::Bytes("00ff".to_owned()),
                Short::Dict(vec![(Short::Int(1), Short::List(vec![]))]),
                Short::File("out/table.csv".to_owned()),
            ])),
        ),
    ]);
    record.never_fresh = Some(NeverFresh::Unversioned(
        "x0".to_owned(),
        "a lock".to_owned(),
    ));
    record.results[0].file = None;
    fs::write(
        Path::new(GOLDEN).join("1-short.json"),
        record.to_json().unwrap(),
    )
    .unwrap();
}

#[test]
fn golden_records_are_read_for_ever() {
    let mut read = 0;
    for entry in fs::read_dir(GOLDEN).unwrap() {
        let text = fs::read(entry.unwrap().path()).unwrap();
        let record = Record::from_json(&text).unwrap();
        assert_eq!(record.function, "pipeline.smooth");
        assert_eq!(record.nested.sources[0].path, "sub-*/anat/*.nii.gz");
        assert_eq!(record.packages["numpy"], "2.3.1");
        assert_eq!(record.results.len(), 2);
        if record.format == FORMAT {
            assert_eq!(record.to_json().unwrap(), text);
        }
        read += 1;
    }
    assert!(read >= 3);
    let text = fs::read(Path::new(GOLDEN).join("1-kept.json")).unwrap();
    let kept = Record::from_json(&text).unwrap();
    assert_eq!(kept.kept.unwrap().difference, Some(Binary64(1e-12)));
    assert!(
        kept.arguments[0]
            .after
            .as_ref()
            .unwrap()
            .ends_with("spawned=2")
    );
    let text = fs::read(Path::new(GOLDEN).join("1-short.json")).unwrap();
    let Shape::Dict(parts) = Record::from_json(&text).unwrap().value else {
        panic!("a mapping was written")
    };
    let Shape::Short(Short::Tuple(items)) = &parts[1].1 else {
        panic!("a tuple was written")
    };
    assert_eq!(items[2], Short::Int(i64::MIN));
    assert_eq!(items[4], Short::Float(Binary64(-0.0)));
    assert_eq!(items[7], Short::Text("größe \u{1f642} \"\\\n".to_owned()));
}
