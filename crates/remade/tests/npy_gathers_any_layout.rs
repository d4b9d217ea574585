//! An array that lies in memory in any order is written in the order of the file.

#![allow(clippy::unwrap_used)]

use std::fs::File;

use proptest::prelude::*;
use remade::persist::npy::{Header, Npy, save};
use remade::version::array::{Element, Layout, version_in_file};

/// An array cut out of another: axes in any order, any step in either direction.
#[derive(Debug, Clone)]
struct Cut {
    itemsize: usize,
    shape: Vec<usize>,
    strides: Vec<isize>,
    memory: Vec<u8>,
    start: usize,
}

fn cuts() -> impl Strategy<Value = Cut> {
    let axis = (0..6_usize, 1..4_usize, any::<bool>());
    let itemsize = prop::sample::select(vec![1_usize, 2, 3, 4, 8, 16]);
    (prop::collection::vec(axis, 0..4), itemsize, any::<u64>()).prop_flat_map(
        |(axes, itemsize, seed)| {
            Just((0..axes.len()).collect::<Vec<_>>())
                .prop_shuffle()
                .prop_map(move |order| cut(&axes, &order, itemsize, seed))
        },
    )
}

fn cut(axes: &[(usize, usize, bool)], order: &[usize], itemsize: usize, seed: u64) -> Cut {
    let mut strides = vec![0; axes.len()];
    let mut next = itemsize;
    let mut start = 0;
    for &axis in order {
        let (length, step, is_reversed) = axes[axis];
        let stride = (next * step) as isize;
        strides[axis] = if is_reversed { -stride } else { stride };
        if is_reversed && length > 0 {
            start += next * step * (length - 1);
        }
        next *= (length * step).max(1);
    }
    Cut {
        itemsize,
        shape: axes.iter().map(|axis| axis.0).collect(),
        strides,
        memory: (0..next as u64)
            .map(|n| (n.wrapping_add(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
            .collect(),
        start,
    }
}

/// The elements one by one, the plainest way.
fn elements_in_order(cut: &Cut, is_fortran: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let count: usize = cut.shape.iter().product();
    for mut number in 0..count {
        let mut place = cut.start as isize;
        let mut axes: Vec<usize> = (0..cut.shape.len()).collect();
        if !is_fortran {
            axes.reverse();
        }
        for axis in axes {
            place += (number % cut.shape[axis]) as isize * cut.strides[axis];
            number /= cut.shape[axis];
        }
        bytes.extend_from_slice(&cut.memory[place as usize..place as usize + cut.itemsize]);
    }
    bytes
}

fn check(cut: &Cut) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let layout = Layout {
        shape: &cut.shape,
        strides: &cut.strides,
        itemsize: cut.itemsize,
    };
    let dtype = format!("|V{}", cut.itemsize);
    let descr = format!("'{dtype}'");
    let natural = Header::of(&descr, layout).unwrap();
    for is_fortran in [false, true] {
        let header = Header::new(&descr, is_fortran, &cut.shape).unwrap();
        let file = File::create(&path).unwrap();
        let version = save(&file, &path, &header, layout, &cut.memory, cut.start).unwrap();

        let npy = Npy::open(File::open(&path).unwrap(), &path).unwrap();
        let mut memory = vec![0; npy.data_size() as usize];
        assert_eq!(
            npy.read_into_with_version(&mut memory).unwrap(),
            Some(version)
        );
        assert_eq!(memory, elements_in_order(cut, is_fortran));
        if header == natural {
            let expected = version_in_file(&dtype, &cut.memory, cut.start, layout, &Element::Whole);
            assert_eq!(version, expected.unwrap());
        }
    }
}

proptest! {
    #[test]
    fn every_layout_is_written_in_the_order_of_the_file(cut in cuts()) {
        check(&cut);
    }
}

#[test]
fn arrays_of_many_blocks_are_written_whole() {
    // 9 and 18 MB: several blocks, whose last one is not full.
    let axes = [(3, 1, false), (1_000, 1, true), (750, 2, false)];
    for order in [[2, 1, 0], [0, 1, 2], [1, 2, 0], [0, 2, 1]] {
        check(&cut(&axes, &order, 4, 1));
    }
    // One row that is longer than a block.
    check(&cut(&[(2, 1, false), (1_500_000, 2, false)], &[1, 0], 4, 1));
}

#[test]
fn one_element_may_count_many_times() {
    // numpy.broadcast_to: strides of 0.
    check(&Cut {
        itemsize: 8,
        shape: vec![3, 1_000, 700],
        strides: vec![0, 8, 0],
        memory: (0..8_000).map(|n| (n % 251) as u8).collect(),
        start: 0,
    });
}
