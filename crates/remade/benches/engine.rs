//! What do the parts of a call cost in the engine, without a language around them?
//!
//! `make bench` runs them; `cargo bench -p remade -- fresh` runs those whose name has that in it.

#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Function, Value, bytes_of};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use remade::make::check;
use remade::record::Record;
use remade::version::array::{Element, Layout, content_digest};
use remade::version::{Encoder, Tag, Version};
use std::hint::black_box;
use std::time::Duration;

fn digest(c: &mut Criterion) {
    let mut group = c.benchmark_group("digest");
    for size in [3usize, 48, 1 << 10, 1 << 16, 1 << 20, 64 << 20] {
        let bytes = bytes_of(1, size);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(format!("{size} bytes"), |b| {
            b.iter(|| Version::of_bytes(black_box(&bytes)));
        });
    }
    // Every second element of 8 bytes.
    let bytes = bytes_of(1, 16 << 20);
    let layout = Layout {
        shape: &[1 << 20],
        strides: &[16],
        itemsize: 8,
    };
    group.throughput(Throughput::Bytes(8 << 20));
    group.bench_function("8 MB, strided", |b| {
        b.iter(|| content_digest(black_box(&bytes), 0, layout, &Element::Whole).unwrap());
    });
    group.finish();
}

fn encoder(c: &mut Criterion) {
    let mut encoder = Encoder::new();
    c.bench_function("encode eight arguments", |b| {
        b.iter(|| {
            encoder.clear();
            encoder.int(black_box(12));
            encoder.float(0.25);
            encoder.text("sub-01");
            encoder.boolean(true);
            encoder.begin(Tag::List, 2);
            encoder.int(1);
            encoder.int(70_000);
            encoder.begin(Tag::Dict, 1);
            encoder.text("method");
            encoder.text("linear");
            encoder.tag(Tag::None);
            encoder.bytes(b"0123456789");
            encoder.finish()
        });
    });
}

fn record(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let function = Function::new(folder.path(), "module.f");
    function.call(7);
    let record = function.record(7);
    let text = record.to_json().unwrap();
    c.bench_function("read a record", |b| {
        b.iter(|| Record::from_json(black_box(&text)).unwrap());
    });
    c.bench_function("write a record", |b| {
        b.iter(|| black_box(&record).to_json().unwrap());
    });
}

fn calls(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let short = Function::new(folder.path(), "module.short");
    let large = Function::new(folder.path(), "module.large").body(|x| match x[0] {
        Value::Int(number) => Ok(Value::Bytes(bytes_of(number, 10_000))),
        _ => Err("numbers only".to_owned()),
    });
    short.call(7);
    large.call(7);
    std::thread::sleep(Duration::from_millis(60)); // until the stamps are believed
    let arguments = [Value::Int(7)];
    for (name, function) in [("in the record", &short), ("in a file", &large)] {
        function.call(7);
        c.bench_function(&format!("fresh, a result {name}"), |b| {
            b.iter_batched(
                || function.ask(&arguments),
                |mut asked| check(&function.made, &mut asked).unwrap(),
                BatchSize::SmallInput,
            );
        });
    }
    let record = short.record_path(7);
    c.bench_function("one fs::metadata", |b| {
        b.iter(|| std::fs::metadata(black_box(&record)).unwrap());
    });
    let mut number = 1000;
    c.bench_function("stale, run and committed", |b| {
        b.iter(|| {
            number += 1;
            short.call(number)
        });
    });
}

criterion_group! {
    name = engine;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .without_plots();
    targets = digest, encoder, record, calls
}
criterion_main!(engine);
