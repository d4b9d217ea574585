//! Records of earlier releases are read for ever.

use std::fs;
use std::path::Path;

use remade::call::CallKey;
use remade::make::Changed;
use remade::record::{
    Binary64, Digest, FORMAT, Implicit, Item, Kept, Locator, Nested, NestedCall, NeverFresh,
    Origin, Record, Shape, Short,
};
use remade::source::SourceState;
use remade::version::Version;
use tempfile::tempdir;

use crate::common::{Function, Value, bytes_of};

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
        code: None,
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
