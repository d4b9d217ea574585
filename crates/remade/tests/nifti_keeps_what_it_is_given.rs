//! A NIfTI file gives back the elements, header and extensions that were written, at any layout.

#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::Read;
use std::path::Path;

use proptest::prelude::*;
use remade::persist::nifti::{
    Container, Conversion, Element, Format, Header, Image, Input, Nifti, NiftiError, Written,
    container, pair, save,
};
use remade::version::Version;
use remade::version::array::Layout;

const EXTENSION: &[u8] = &[16, 0, 0, 0, 6, 0, 0, 0, b'n', b'o', b't', b'e', 0, 0, 0, 0];

/// Strides of an array whose axes lie in this order in memory, fastest first.
fn strides(shape: &[usize], order: &[usize], size: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut next = size as isize;
    for axis in order {
        strides[*axis] = next;
        next *= shape[*axis] as isize;
    }
    strides
}

/// The elements in the order of a file: x fastest.
fn in_file_order(memory: &[u8], shape: &[usize], strides: &[isize], size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..shape.iter().product::<usize>() {
        let mut rest = number;
        let mut at = 0;
        for (length, stride) in shape.iter().zip(strides) {
            at += (rest % length) as isize * stride;
            rest /= length;
        }
        bytes.extend_from_slice(&memory[at as usize..at as usize + size]);
    }
    bytes
}

fn write(
    path: &Path,
    header: Header,
    extensions: &[u8],
    layout: Layout<'_>,
    memory: &[u8],
) -> Written {
    let file = File::create(path).unwrap();
    let image = Image {
        header,
        extensions,
        layout,
        conversion: Conversion::Keep,
        memory,
        start: 0,
    };
    save(&file, path, image).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn elements_of_any_layout_come_back(
        shape in prop::collection::vec(1_usize..9, 1..=5),
        number in 0_usize..14,
        seed in any::<u8>(),
        shuffled in Just(vec![0_usize, 1, 2, 3, 4]).prop_shuffle(),
        is_gzip in any::<bool>(),
    ) {
        let element = Element::all().nth(number).unwrap();
        let size = element.size();
        let order: Vec<usize> = shuffled.into_iter().filter(|axis| *axis < shape.len()).collect();
        let strides = strides(&shape, &order, size);
        let memory: Vec<u8> = (0..shape.iter().product::<usize>() * size)
            .map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(if is_gzip { "a.nii.gz" } else { "a.nii" });
        let lengths: Vec<u64> = shape.iter().map(|length| *length as u64).collect();
        let header = Header::new(&lengths, element).unwrap();
        let layout = Layout { shape: &shape, strides: &strides, itemsize: size };
        let written = write(&path, header, EXTENSION, layout, &memory);
        let expected = in_file_order(&memory, &shape, &strides, size);
        prop_assert_eq!(written.elements, Version::of_bytes(&expected));
        prop_assert_eq!(written.file, Version::of_bytes(&std::fs::read(&path).unwrap()));

        let file = File::open(&path).unwrap();
        let nifti = Nifti::open(Input::File(&file), None, &path).unwrap();
        prop_assert_eq!(nifti.shape(), &lengths[..]);
        prop_assert_eq!(nifti.element(), element);
        prop_assert_eq!(nifti.extensions(), EXTENSION);
        let mut found = vec![0; expected.len()];
        nifti.read_into(&mut found).unwrap();
        prop_assert_eq!(found, expected);
    }
}

/// Several blocks for several threads, and a last one that is not full.
#[test]
fn a_large_array_is_one_gzip_member_that_anyone_inflates() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii.gz");
    let shape = [1_000_003];
    let memory: Vec<u8> = (0..shape[0] * 4)
        .map(|at| ((at * at) >> 5) as u8 & 0x3f)
        .collect();
    let layout = Layout {
        shape: &shape,
        strides: &[4],
        itemsize: 4,
    };
    let header = Header::new(&[shape[0] as u64], Element::F32).unwrap();
    let first = write(&path, header.clone(), &[], layout, &memory);
    let compressed = std::fs::read(&path).unwrap();
    let mut bytes = Vec::new();
    let mut one_member = flate2::read::GzDecoder::new(&compressed[..]);
    one_member.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len(), 544 + memory.len()); // above 32767: NIfTI-2
    assert!(bytes.ends_with(&memory));
    assert_eq!(write(&path, header, &[], layout, &memory), first);
    assert_eq!(std::fs::read(&path).unwrap(), compressed);
}

#[test]
fn names_say_what_a_file_is() {
    assert_eq!(
        container(Path::new("x/A.NII.GZ")),
        Some((Container::Single, true))
    );
    assert_eq!(
        container(Path::new("a.hdr.gz")),
        Some((Container::Pair, true))
    );
    assert_eq!(container(Path::new("nii")), None);
    let (header, image) = pair(Path::new("x/a.b.img.gz")).unwrap();
    assert_eq!(
        (header.as_path(), image.as_path()),
        (Path::new("x/a.b.hdr.gz"), Path::new("x/a.b.img.gz"))
    );
    let (header, image) = pair(Path::new("A.HDR")).unwrap();
    assert_eq!(
        (header.as_path(), image.as_path()),
        (Path::new("A.HDR"), Path::new("A.IMG"))
    );
    assert_eq!(pair(Path::new("a.nii")), None);
}

#[test]
fn a_header_that_does_not_fit_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    let header = Header::new(&[2, 3], Element::I16).unwrap();
    let layout = Layout {
        shape: &[2, 3],
        strides: &[2, 4],
        itemsize: 2,
    };
    let other = Layout {
        shape: &[3, 2],
        ..layout
    };
    let wide = Layout {
        itemsize: 4,
        ..layout
    };
    let file = File::create(&path).unwrap();
    let try_save = |path: &Path, extensions: &[u8], layout, memory: &[u8]| {
        let image = Image {
            header: header.clone(),
            extensions,
            layout,
            conversion: Conversion::Keep,
            memory,
            start: 0,
        };
        save(&file, path, image)
    };
    for refused in [
        try_save(&path, &[], layout, &[0; 11]),
        try_save(&path, &[], other, &[0; 12]),
        try_save(&path, &[], wide, &[0; 24]),
        try_save(&path, &[5; 16], layout, &[0; 12]),
        try_save(Path::new("a.img"), &[], layout, &[0; 12]),
        try_save(Path::new("a.npy"), &[], layout, &[0; 12]),
    ] {
        assert!(
            matches!(refused, Err(NiftiError::Mismatch { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(file.metadata().unwrap().len(), 0);
    assert!(Header::new(&[], Element::U8).is_err());
    assert!(Header::new(&[1; 8], Element::U8).is_err());
    assert!(Header::new(&[2, 0], Element::U8).is_err());
    assert!(Header::new(&[u64::MAX, 2], Element::U8).is_err());
}

#[test]
fn a_header_grows_with_all_that_it_says() {
    let mut header = Header::new(&[2, 3, 4], Element::F32).unwrap();
    let affine = [
        [0.0, -2.0, 0.0, 7.5],
        [3.0, 0.0, 0.0, -1.25],
        [0.0, 0.0, 4.0, 0.5],
        [0.0, 0.0, 0.0, 1.0],
    ];
    header.set_affine(&affine).unwrap();
    assert_eq!(
        (header.format(), header.affine().unwrap()),
        (Format::One, affine)
    );
    header.describe(&[40_000], Element::U8).unwrap();
    assert_eq!(
        (header.format(), header.affine().unwrap()),
        (Format::Two, affine)
    );
    assert_eq!(Header::parse(header.bytes()).unwrap(), header);
}
