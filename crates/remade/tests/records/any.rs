//! Any record at all.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use remade::call::CallKey;
use remade::record::{
    Accepted, Argument, Binary64, Digest, FORMAT, FileState, Implicit, Item, Kept, Locator, Nested,
    NestedCall, NeverFresh, Origin, Record, ResultFile, Shape, Short,
};
use remade::source::SourceState;
use remade::stamp::Stamp;
use remade::version::Version;

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

pub fn short() -> impl Strategy<Value = Short> {
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

pub fn record() -> impl Strategy<Value = Record> {
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
        vec((text(), version(), version(), option::of(version())), 0..2),
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
                .map(|(position, version, content, code)| Item {
                    position,
                    version,
                    content,
                    code,
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
