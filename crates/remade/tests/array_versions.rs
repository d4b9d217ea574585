//! An array version depends on element type, shape, order and elements, and on nothing else.

#![allow(clippy::unwrap_used)] // helpers of tests are not tests to clippy
use proptest::prelude::*;
use remade::version::Version;
use remade::version::array::{
    ContentDigest, Element, FileOrder, Layout, array_version, content_digest, order_in_file,
    version_in_file,
};

/// An array inside memory, as numpy would make it by permuting, slicing and flipping axes.
#[derive(Debug, Clone)]
struct Sample {
    memory: Vec<u8>,
    start: usize,
    shape: Vec<usize>,
    strides: Vec<isize>,
    itemsize: usize,
    spans: Option<Vec<(usize, usize)>>,
}

impl Sample {
    fn layout(&self) -> Layout<'_> {
        Layout {
            shape: &self.shape,
            strides: &self.strides,
            itemsize: self.itemsize,
        }
    }

    fn element(&self) -> Element {
        self.spans.clone().map_or(Element::Whole, Element::Spans)
    }

    fn content(&self) -> Version {
        content_digest(&self.memory, self.start, self.layout(), &self.element()).unwrap()
    }

    /// The slow way: every index in turn.
    fn naive(&self, order: &[usize], flip: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let count: usize = self.shape.iter().product();
        for mut number in 0..count {
            let mut place = self.start as isize;
            for &axis in order.iter().rev() {
                let mut index = number % self.shape[axis];
                number /= self.shape[axis];
                if flip && self.strides[axis] < 0 {
                    index = self.shape[axis] - 1 - index;
                }
                place += index as isize * self.strides[axis];
            }
            let item = &self.memory[place as usize..place as usize + self.itemsize];
            match &self.spans {
                None => bytes.extend_from_slice(item),
                Some(spans) => {
                    for &(first, length) in spans {
                        bytes.extend_from_slice(&item[first..first + length]);
                    }
                }
            }
        }
        bytes
    }

    fn memory_order(&self) -> Vec<usize> {
        let mut axes: Vec<usize> = (0..self.shape.len()).collect();
        axes.retain(|&axis| self.shape[axis] != 1);
        axes.sort_by_key(|&axis| std::cmp::Reverse(self.strides[axis].unsigned_abs()));
        axes
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    let axis = (0usize..6, 1usize..4, any::<bool>());
    let itemsize = prop_oneof![
        Just(1usize),
        Just(2),
        Just(4),
        Just(8),
        Just(16),
        3usize..40,
        Just(2500)
    ];
    let axes = prop::collection::vec(axis, 0..5);
    (axes, itemsize, any::<u64>(), any::<bool>())
        .prop_flat_map(|parts| {
            let order: Vec<usize> = (0..parts.0.len()).collect();
            (Just(parts), Just(order).prop_shuffle())
        })
        .prop_map(|((axes, itemsize, seed, padded), order)| {
            // A full array in C order of the shuffled axes, then steps and flips.
            let mut strides = vec![0isize; axes.len()];
            let mut size = itemsize;
            for &axis in order.iter().rev() {
                strides[axis] = size as isize;
                size *= (axes[axis].0 * axes[axis].1).max(1);
            }
            let mut start = 0isize;
            for (stride, &(length, step, flip)) in strides.iter_mut().zip(&axes) {
                *stride *= step as isize;
                if flip && length > 0 {
                    start += (length as isize - 1) * *stride;
                    *stride = -*stride;
                }
            }
            let mut state = seed | 1;
            let memory = (0..size)
                .map(|_| {
                    state = state
                        .wrapping_mul(6364136223846793005)
                        .wrapping_add(1442695);
                    (state >> 56) as u8
                })
                .collect();
            Sample {
                memory,
                start: start as usize,
                shape: axes.iter().map(|&(length, _, _)| length).collect(),
                strides,
                itemsize,
                spans: (padded && itemsize > 2).then(|| vec![(0, 1), (2, itemsize - 2)]),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn elements_are_digested_in_the_order_of_memory(sample in sample()) {
        let slow = Version::of_bytes(&sample.naive(&sample.memory_order(), true));
        prop_assert_eq!(sample.content(), slow);
    }

    #[test]
    fn a_file_gives_the_version_that_was_foretold(sample in sample()) {
        let foretold = version_in_file(
            "x", &sample.memory, sample.start, sample.layout(), &sample.element(),
        ).unwrap();
        // What comes back from the file: compact, in C order or in Fortran order.
        let order_kept = order_in_file(sample.layout());
        let mut order: Vec<usize> = (0..sample.shape.len()).collect();
        if order_kept == FileOrder::Fortran {
            order.reverse();
        }
        let memory = Sample { spans: None, ..sample.clone() }.naive(&order, false);
        let mut strides = vec![0isize; sample.shape.len()];
        let mut size = sample.itemsize as isize;
        for &axis in order.iter().rev() {
            strides[axis] = size;
            size *= sample.shape[axis] as isize;
        }
        let loaded = Sample { memory, start: 0, strides, ..sample.clone() };
        prop_assert_eq!(foretold, array_version("x", loaded.layout(), loaded.content()));
        if order_kept != FileOrder::Rewritten {
            prop_assert_eq!(foretold, array_version("x", sample.layout(), sample.content()));
        }
    }

    #[test]
    fn a_layout_outside_its_memory_is_refused(sample in sample(), cut in 1usize..64) {
        let (_, high) = sample.layout().extent().unwrap();
        let end = (sample.start as isize + high) as usize;
        if let Some(short) = end.checked_sub(cut) && !sample.layout().is_empty() {
            let memory = &sample.memory[..short];
            let digest = content_digest(memory, sample.start, sample.layout(), &sample.element());
            prop_assert!(digest.is_err());
        }
    }
}

fn bytes() -> Vec<u8> {
    (0..48).collect()
}

fn version(shape: &[usize], strides: &[isize], start: usize) -> Version {
    let layout = Layout {
        shape,
        strides,
        itemsize: 8,
    };
    let content = content_digest(&bytes(), start, layout, &Element::Whole).unwrap();
    array_version("<i8", layout, content)
}

#[test]
fn shape_order_and_direction_count() {
    let all = [
        version(&[6], &[8], 0),
        version(&[2, 3], &[24, 8], 0),
        version(&[3, 2], &[16, 8], 0),
        version(&[2, 3], &[8, 16], 0),
        version(&[6], &[-8], 40),
        version(&[6, 1], &[8, 8], 0),
        version(&[3], &[16], 0),
    ];
    for (index, one) in all.iter().enumerate() {
        for other in &all[..index] {
            assert_ne!(one, other);
        }
    }
}

#[test]
fn gaps_and_strides_of_single_axes_do_not_count() {
    let all = bytes();
    let compact: Vec<u8> = [&all[0..8], &all[16..24], &all[32..40]].concat();
    let layout = Layout {
        shape: &[3],
        strides: &[8],
        itemsize: 8,
    };
    let content = content_digest(&compact, 0, layout, &Element::Whole).unwrap();
    assert_eq!(
        version(&[3], &[16], 0),
        array_version("<i8", layout, content)
    );
    assert_eq!(
        version(&[6, 1], &[8, 8], 0),
        version(&[6, 1], &[8, -999], 0)
    );
}

#[test]
fn the_written_versions_stay() {
    // Records all over the world hold these. A change here is a change of the format.
    let c_order = version(&[2, 3], &[24, 8], 0);
    let fortran = version(&[2, 3], &[8, 16], 0);
    assert_eq!(c_order.to_string(), "971694f3f56b322fb575f8ae758d51a6");
    assert_eq!(fortran.to_string(), "d80d4531e65095ec7b72df831bb8e6dd");
}

#[test]
fn streaming_gives_the_digest_of_the_whole() {
    let mut digest = ContentDigest::new();
    for chunk in bytes().chunks(5) {
        digest.update(chunk);
    }
    assert_eq!(digest.finish(), Version::of_bytes(&bytes()));
}
