//! What numpy writes is read, and what is written is what numpy writes, byte for byte.
//!
//! The files are under `golden/npy/`, with the script that made them.

#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::path::{Path, PathBuf};

use remade::persist::npy::{Header, Npy, NpyError, save};
use remade::version::array::{Element, Layout, array_version, content_digest};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/npy")
}

/// One line of `golden.txt`.
struct Array {
    path: PathBuf,
    shape: Vec<usize>,
    is_fortran: bool,
    dtype: String,
    data: Vec<u8>,
}

impl Array {
    fn all() -> Vec<Array> {
        let text = std::fs::read_to_string(golden().join("golden.txt")).unwrap();
        text.lines().map(Array::from_line).collect()
    }

    fn from_line(line: &str) -> Array {
        let parts: Vec<&str> = line.split(';').collect();
        let [name, shape, order, dtype, data] = parts[..] else {
            panic!("{line}");
        };
        Array {
            path: golden().join(name).with_extension("npy"),
            shape: shape
                .split_terminator(',')
                .map(|length| length.parse().unwrap())
                .collect(),
            is_fortran: order == "F",
            dtype: dtype.to_owned(),
            data: (0..data.len() / 2)
                .map(|n| u8::from_str_radix(&data[2 * n..2 * n + 2], 16).unwrap())
                .collect(),
        }
    }

    fn itemsize(&self) -> usize {
        Header::new(&format!("'{}'", self.dtype), false, &[])
            .unwrap()
            .element()
            .unwrap()
            .size
    }

    fn strides(&self) -> Vec<isize> {
        let mut strides = vec![0; self.shape.len()];
        let mut next = self.itemsize() as isize;
        let mut axes: Vec<usize> = (0..self.shape.len()).collect();
        if !self.is_fortran {
            axes.reverse();
        }
        for axis in axes {
            strides[axis] = next;
            next *= self.shape[axis] as isize;
        }
        strides
    }
}

fn open(path: &Path) -> Result<Npy, NpyError> {
    Npy::open(File::open(path).unwrap(), path)
}

#[test]
fn files_of_numpy_are_read() {
    let arrays = Array::all();
    assert!(arrays.len() > 80);
    for array in arrays {
        let npy = open(&array.path).unwrap();
        assert_eq!(npy.header().descr, format!("'{}'", array.dtype));
        assert_eq!(npy.header().shape, array.shape);
        assert_eq!(npy.header().fortran_order, array.is_fortran);
        let mut memory = vec![0; npy.data_size() as usize];
        npy.read_into(&mut memory).unwrap();
        assert_eq!(memory, array.data, "{}", array.path.display());
    }
}

#[test]
fn what_is_written_is_what_numpy_writes() {
    let folder = tempfile::tempdir().unwrap();
    for array in Array::all() {
        let strides = array.strides();
        let layout = Layout {
            shape: &array.shape,
            strides: &strides,
            itemsize: array.itemsize(),
        };
        let path = folder.path().join("array.npy");
        let file = File::create(&path).unwrap();
        let header = Header::of(&format!("'{}'", array.dtype), layout).unwrap();
        let version = save(&file, &path, &header, layout, &array.data, 0).unwrap();

        let (ours, theirs) = (
            std::fs::read(&path).unwrap(),
            std::fs::read(&array.path).unwrap(),
        );
        assert_eq!(ours, theirs, "{}", array.path.display());
        let content = content_digest(&array.data, 0, layout, &Element::Whole).unwrap();
        assert_eq!(version, array_version(&array.dtype, layout, content));
    }
}

#[test]
fn the_version_of_a_file_is_that_of_the_live_array() {
    for array in Array::all() {
        let strides = array.strides();
        let layout = Layout {
            shape: &array.shape,
            strides: &strides,
            itemsize: array.itemsize(),
        };
        let content = content_digest(&array.data, 0, layout, &Element::Whole).unwrap();
        let live = array_version(&array.dtype, layout, content);

        let npy = open(&array.path).unwrap();
        assert_eq!(
            npy.version().unwrap(),
            Some(live),
            "{}",
            array.path.display()
        );
        let mut memory = vec![0; npy.data_size() as usize];
        assert_eq!(npy.read_into_with_version(&mut memory).unwrap(), Some(live));
        assert_eq!(memory, array.data);
    }
}

#[test]
fn files_of_other_writers_and_of_python_2_are_read() {
    let data: Vec<u8> = (0..6).flat_map(|n| f64::from(n).to_le_bytes()).collect();
    for name in [
        "python2",
        "other-order",
        "lines",
        "version2",
        "version3",
        "unicode-prefix",
    ] {
        let npy = open(&golden().join("odd").join(name).with_extension("npy")).unwrap();
        assert_eq!(npy.header().shape, [2, 3], "{name}");
        let mut memory = vec![0; 48];
        npy.read_into(&mut memory).unwrap();
        assert_eq!(memory, data, "{name}");
    }
}

#[test]
fn structured_types_keep_their_header_and_leave_the_version_to_numpy() {
    let mut count = 0;
    for entry in std::fs::read_dir(golden().join("structured")).unwrap() {
        let path = entry.unwrap().path();
        let npy = open(&path).unwrap();
        assert_eq!(npy.version().unwrap(), None, "{}", path.display());
        assert_eq!(npy.element(), None);
        let header = npy.header();
        let bytes = std::fs::read(&path).unwrap();
        let again = Header::new(&header.descr, header.fortran_order, &header.shape).unwrap();
        assert!(
            bytes.starts_with(&again.to_bytes().unwrap()),
            "{}",
            path.display()
        );
        count += 1;
    }
    assert_eq!(count, 7);
}

#[test]
fn objects_are_refused_by_name() {
    for name in ["plain.npy", "field.npy"] {
        let error = open(&golden().join("objects").join(name)).unwrap_err();
        let NpyError::Damaged { path, source } = error else {
            panic!("{error}");
        };
        assert!(path.ends_with(name));
        assert!(source.to_string().contains("pickled"), "{source}");
    }
}
