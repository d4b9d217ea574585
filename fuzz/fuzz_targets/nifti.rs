//! Whatever is in a NIfTI file: reading it gives its elements or an error.
#![cfg_attr(feature = "fuzzer", no_main)]

use remade::persist::nifti::{Input, Nifti};
use std::path::Path;

/// What a program would ask memory for, if the file justified it.
const MOST: u64 = 64 << 20;

/// Under both names: what is compressed is told by the name as well as by the bytes.
fn try_out(bytes: &[u8]) {
    for name in ["a.nii", "a.nii.gz"] {
        let Ok(nifti) = Nifti::open(Input::Bytes(bytes), None, Path::new(name)) else {
            continue;
        };
        if nifti.data_size() <= MOST {
            let mut elements = vec![0; nifti.data_size() as usize];
            let _ = nifti.read_into(&mut elements);
        }
    }
}

#[cfg(feature = "fuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| try_out(bytes));

#[cfg(not(feature = "fuzzer"))]
fn main() {
    for path in std::env::args_os().skip(1) {
        try_out(&std::fs::read(path).expect("a file to read"));
    }
}
