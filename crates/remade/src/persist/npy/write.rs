//! How does an array become a `.npy` file, and what is its version?

use std::fs::File;
use std::path::Path;

use super::{Header, NpyError};
use crate::persist::disk::{WRITTEN, preallocate, write};
use crate::persist::gather::blocks;
use crate::version::Version;
use crate::version::array::{ContentDigest, Layout};

/// Writes an array into a new, empty file and gives the version that it has in this file, in one
/// pass over the memory. That is the version of the live array too, unless the elements lie in
/// memory in an order that no file keeps.
///
/// The first element begins at `start` of `memory`. The elements are written in the order that the
/// header names ([`Header::of`] takes numpy's choice), whatever their order in memory. Scattered
/// elements are gathered in blocks of 4 MB; more memory is never needed.
///
/// The result of the call is final: whoever closes the file should still check that, because some
/// network file systems tell of a full disk only then.
///
/// # Errors
///
/// [`NpyError::Mismatch`] if header, layout and memory do not fit each other, or if the element type
/// is not plain; nothing was written then. [`NpyError::Io`] if the file could not be written.
///
/// ```
/// use remade::persist::npy::{Header, Npy, save};
/// use remade::version::array::Layout;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("two.npy");
///
/// let layout = Layout { shape: &[2], strides: &[1], itemsize: 1 };
/// let header = Header::of("'|u1'", layout).unwrap();
/// let file = std::fs::File::create_new(&path).unwrap();
/// let version = save(&file, &path, &header, layout, &[7, 8], 0).unwrap();
///
/// let npy = Npy::open(std::fs::File::open(&path).unwrap(), &path).unwrap();
/// assert_eq!(npy.version().unwrap(), Some(version));
/// ```
pub fn save(
    file: &File,
    path: &Path,
    header: &Header,
    layout: Layout<'_>,
    memory: &[u8],
    start: usize,
) -> Result<Version, NpyError> {
    let element = header.element().ok_or_else(|| {
        let expected = "an element type of numbers, times, text or bytes";
        NpyError::mismatch(path, expected, &*header.descr)
    })?;
    let data = check(path, header, element.size, layout, memory, start)?;
    let mut buffer = header.to_bytes().map_err(|source| NpyError::Mismatch {
        path: path.to_owned(),
        source,
    })?;
    preallocate(file, buffer.len() as u64 + data).map_err(NpyError::io("write", path))?;

    let (mut shape, mut strides) = (layout.shape.to_vec(), layout.strides.to_vec());
    if header.fortran_order {
        shape.reverse();
        strides.reverse();
    }
    let ordered = Layout {
        shape: &shape,
        strides: &strides,
        itemsize: layout.itemsize,
    };
    let mut digest = ContentDigest::new();
    let mut digested = buffer.len(); // the header is not
    blocks(ordered, memory, start, &mut buffer, |buffer| {
        digest.update(&buffer[digested..]);
        if buffer.len() >= WRITTEN {
            write(file, buffer)?;
            buffer.clear();
        }
        digested = buffer.len();
        Ok(())
    })
    .and_then(|()| write(file, &buffer))
    .map_err(NpyError::io("write", path))?;
    Ok(header.version_with(&element, digest.finish()))
}

/// Do header, layout and memory belong together? Gives the number of bytes of all elements.
fn check(
    path: &Path,
    header: &Header,
    size: usize,
    layout: Layout<'_>,
    memory: &[u8],
    start: usize,
) -> Result<u64, NpyError> {
    if size != layout.itemsize
        || header.shape != layout.shape
        || layout.shape.len() != layout.strides.len()
    {
        let expected = format!("shape {:?} of {size}-byte elements", header.shape);
        return Err(NpyError::mismatch(path, expected, format!("{layout:?}")));
    }
    let is_inside = |offset| {
        let place = start.checked_add_signed(offset);
        place.is_some_and(|place| place <= memory.len())
    };
    let data = header
        .elements()
        .and_then(|elements| elements.checked_mul(size as u64))
        .filter(|bytes| isize::try_from(*bytes).is_ok());
    match (layout.extent(), data) {
        (Some((low, high)), Some(data)) if is_inside(low) && is_inside(high) => Ok(data),
        (extent, _) => Err(NpyError::mismatch(
            path,
            format!("memory for {layout:?}, which reaches over {extent:?} from byte {start}"),
            format!("{} bytes", memory.len()),
        )),
    }
}
