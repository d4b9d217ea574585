//! How does a value become files, and files a value again?

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use remade::call::CallKey;
use remade::make::{Content, Known, LoadFailure, NotSaved, Saved, SavedResult};
use remade::record::{Shape, Short};
use remade::store::commit::Staging;
use remade::store::files;

use super::function::Function;
use super::value::Value;

pub(super) fn save(
    function: &Function,
    key: CallKey,
    value: &Value,
    staging: &mut Staging,
) -> Result<Saved, NotSaved<String>> {
    let mut part = |bytes: &[u8], index, of| save_part(function, bytes, index, of, key, staging);
    let (value, results) = match value {
        Value::Int(number) => (Shape::Short(Short::Int(*number)), Vec::new()),
        Value::Bytes(bytes) => (Shape::Result(0), vec![part(bytes, 0, 1)?]),
        Value::Rows(rows) => (
            Shape::Tuple((0..rows.len()).map(Shape::Result).collect()),
            rows.iter()
                .enumerate()
                .map(|(index, row)| part(row, index, rows.len()))
                .collect::<Result<_, _>>()?,
        ),
    };
    Ok(Saved {
        value,
        results,
        written: Vec::new(),
        items: Vec::new(),
    })
}

fn save_part(
    function: &Function,
    bytes: &[u8],
    index: usize,
    of: usize,
    key: CallKey,
    staging: &mut Staging,
) -> Result<SavedResult, NotSaved<String>> {
    let (target, named) = function.target(key, index, of);
    let failed = |error: io::Error| NotSaved {
        path: Some(target.clone()),
        why: error.to_string(),
        cause: None,
    };
    let staged = staging.stage(&target, named).map_err(failed)?;
    let file = files::create_new(staging.path(staged)).map_err(failed)?;
    files::write(&file, bytes).map_err(failed)?;
    files::close(file).map_err(failed)?;
    if function.fails_to_save.get() {
        return Err(failed(io::Error::other("told to fail")));
    }
    Ok(SavedResult {
        position: format!("[{index}]"),
        persister: "Bytes".to_owned(),
        persister_version: function.persister_version(),
        version: None,
        file: Some(staged),
        content: None,
        pickled: None,
    })
}

pub(super) fn load(
    function: &Function,
    known: &Known<()>,
    paths: &[Option<&Path>],
) -> Result<Value, LoadFailure<String>> {
    let part = |index: usize| load_part(function, known, paths, index);
    let strange = |shape: &Shape| LoadFailure::Unloadable {
        path: known.path().to_owned(),
        why: format!("nobody wrote {shape:?}"),
    };
    match &known.record.value {
        Shape::Short(Short::Int(number)) => Ok(Value::Int(*number)),
        Shape::Result(index) => part(*index).map(Value::Bytes),
        Shape::Tuple(parts) => parts
            .iter()
            .map(|shape| match shape {
                Shape::Result(index) => part(*index),
                other => Err(strange(other)),
            })
            .collect::<Result<_, _>>()
            .map(Value::Rows),
        other => Err(strange(other)),
    }
}

fn load_part(
    function: &Function,
    known: &Known<()>,
    paths: &[Option<&Path>],
    index: usize,
) -> Result<Vec<u8>, LoadFailure<String>> {
    let nowhere = || LoadFailure::Unloadable {
        path: known.path().to_owned(),
        why: "it names no file".to_owned(),
    };
    let path = paths.get(index).copied().flatten().ok_or_else(nowhere)?;
    let file = known.file(index).ok_or_else(nowhere)?;
    let refuses = function.refuses_to_load.get();
    let check = |_: &fs::File| {
        if refuses {
            Err("not to be trusted".to_owned())
        } else {
            Ok(())
        }
    };
    let unloadable = |why: String| LoadFailure::Unloadable {
        path: path.to_owned(),
        why,
    };
    match file.open(path, check) {
        Ok(Ok(Some(Content::Bytes(bytes)))) => Ok(bytes.to_vec()),
        Ok(Ok(Some(Content::File(mut file)))) => {
            let mut bytes = Vec::new();
            let read = file.read_to_end(&mut bytes);
            read.map_err(|error| unloadable(error.to_string()))?;
            Ok(bytes)
        }
        Ok(Ok(None)) => Err(LoadFailure::Replaced),
        Ok(Err(why)) => Err(unloadable(why)),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(LoadFailure::Replaced),
        Err(error) => Err(unloadable(error.to_string())),
    }
}
