//! How does an array become a NIfTI file, and what is its version?

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::extension;
use super::gzip::Gzip;
use super::{Container, Conversion, Header, NiftiError, container};
use crate::persist::disk::{Growing, Known, WRITTEN, preallocate};
use crate::persist::gather::blocks;
use crate::version::array::{ContentDigest, Layout};
use crate::version::{Encoder, Tag, Version};

/// An array in memory, and how it is to stand in a file.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    /// Made to describe the array ([`Header::describe`]); where the elements begin is set when it is
    /// written.
    pub header: Header,
    /// Those of [`Nifti::extensions`](super::Nifti::extensions), or none.
    pub extensions: &'a [u8],
    /// Of the array in memory, its axes in the order of the header's, x first.
    pub layout: Layout<'a>,
    /// What becomes of an element on its way.
    pub conversion: Conversion,
    /// Where the elements lie.
    pub memory: &'a [u8],
    /// Where the first element begins in it.
    pub start: usize,
}

/// What is known of a file that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The digest of the elements as they stand in the file: the content of the array.
    pub elements: Version,
    /// The digest of header, extensions and elements, however well they were compressed.
    pub content: Version,
    /// The digest of the bytes of the file.
    pub file: Version,
}

/// Writes an array into a new, empty file, in one pass over the memory. Compressed, and so in how many
/// threads, is what is named `.gz`.
///
/// The result of the call is final: whoever closes the file should still check that, because some
/// network file systems tell of a full disk only then.
///
/// # Errors
///
/// [`NiftiError::Mismatch`] if header, layout, conversion and memory do not fit each other, if the
/// extensions are none, or if the path names no file of this kind; nothing was written then.
/// [`NiftiError::Io`] if the file could not be written.
///
/// ```
/// use remade::persist::nifti::{Conversion, Element, Header, Image, Input, Nifti, save};
/// use remade::version::array::Layout;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("two.nii.gz");
///
/// let header = Header::new(&[2], Element::U8).unwrap();
/// let image = Image {
///     header,
///     extensions: &[],
///     layout: Layout { shape: &[2], strides: &[1], itemsize: 1 },
///     conversion: Conversion::Keep,
///     memory: &[7, 8],
///     start: 0,
/// };
/// let file = std::fs::File::create_new(&path).unwrap();
/// save(&file, &path, image).unwrap();
///
/// let file = std::fs::File::open(&path).unwrap();
/// let nifti = Nifti::open(Input::File(&file), None, &path).unwrap();
/// let mut elements = [0; 2];
/// nifti.read_into(&mut elements).unwrap();
/// assert_eq!(elements, [7, 8]);
/// ```
pub fn save(file: &File, path: &Path, image: Image<'_>) -> Result<Written, NiftiError> {
    let mut digests = Digests::default();
    put(file, path, image, Some(&mut digests))?;
    Ok(Written {
        elements: digests.elements.finish(),
        content: digests.content.finish(),
        file: digests.file.finish(),
    })
}

/// As [`save`], for those who want no version: nothing is digested.
///
/// # Errors
///
/// Those of [`save`].
pub fn save_unversioned(file: &File, path: &Path, image: Image<'_>) -> Result<(), NiftiError> {
    put(file, path, image, None)
}

#[derive(Default)]
struct Digests {
    elements: ContentDigest,
    content: Encoder,
    file: ContentDigest,
}

fn put(
    file: &File,
    path: &Path,
    image: Image<'_>,
    digests: Option<&mut Digests>,
) -> Result<(), NiftiError> {
    let Image {
        mut header,
        extensions,
        layout,
        conversion,
        memory,
        start,
    } = image;
    let mismatch = |source| NiftiError::Mismatch {
        path: path.to_owned(),
        source,
    };
    let Some((Container::Single, is_gzip)) = container(path) else {
        let expected = "a file named .nii or .nii.gz";
        return Err(NiftiError::mismatch(
            path,
            expected,
            path.display().to_string(),
        ));
    };
    let mut checked = extensions.to_vec();
    extension::normalise(&mut checked, false).map_err(|(_, source)| mismatch(source))?;
    if header.is_cifti() || extension::is_cifti(extensions) {
        let found = "the header of a CIFTI file, whose matrix belongs to another array";
        return Err(NiftiError::mismatch(path, "a header of an image", found));
    }
    let element = header.element().map_err(mismatch)?;
    let data = check(path, &header, layout, conversion, memory, start)?;
    let offset = header
        .place_elements(extensions.len() as u64)
        .map_err(mismatch)?;
    let mut head = header.bytes().to_vec();
    head.extend_from_slice(&[u8::from(!extensions.is_empty()), 0, 0, 0]);
    head.extend_from_slice(extensions);
    head.resize(usize::try_from(offset).unwrap_or(head.len()), 0);

    let (mut element_digest, content, file_digest) = match digests {
        Some(digests) => (
            Some(&mut digests.elements),
            Some(&mut digests.content),
            Some(&mut digests.file),
        ),
        None => (None, None, None),
    };
    let head_digest = content.as_ref().map(|_| Version::of_bytes(&head));

    // A file has the first index fastest: C order of the axes backwards.
    let shape: Vec<usize> = layout.shape.iter().rev().copied().collect();
    let strides: Vec<isize> = layout.strides.iter().rev().copied().collect();
    let ordered = Layout {
        shape: &shape,
        strides: &strides,
        itemsize: layout.itemsize,
    };
    let part = element.part();
    let mut elements =
        |buffer: &mut Vec<u8>, take: &mut dyn FnMut(&mut Vec<u8>) -> io::Result<()>| {
            let mut converted = buffer.len(); // the header is not
            blocks(ordered, memory, start, buffer, |buffer| {
                conversion.apply(buffer, converted, part);
                if let Some(digest) = &mut element_digest {
                    digest.update(&buffer[converted..]);
                }
                take(buffer)?;
                converted = buffer.len();
                Ok::<(), io::Error>(())
            })
        };
    let written = if is_gzip {
        std::thread::scope(|scope| {
            let out = Digested {
                file: Growing::new(file, data + offset),
                digest: file_digest,
            };
            let mut gzip = Gzip::begin(out, data + offset, scope)?;
            gzip.write(&head)?;
            elements(&mut Vec::new(), &mut |buffer| {
                gzip.write(buffer)?;
                buffer.clear();
                Ok(())
            })?;
            gzip.finish()?.file.finish();
            Ok(())
        })
    } else {
        let mut out = Digested {
            file: Known(file),
            digest: file_digest,
        };
        preallocate(file, data + offset).and_then(|()| {
            elements(&mut head, &mut |buffer| {
                if buffer.len() >= WRITTEN {
                    out.write_all(buffer)?;
                    buffer.clear();
                }
                Ok(())
            })?;
            out.write_all(&head)
        })
    };
    written.map_err(NiftiError::io("write", path))?;
    if let (Some(content), Some(head), Some(elements)) = (content, head_digest, element_digest) {
        content.version(Tag::Version, head);
        content.version(Tag::Version, elements.finish());
    }
    Ok(())
}

/// A file whose bytes are digested on their way.
struct Digested<'a, W> {
    file: W,
    digest: Option<&'a mut ContentDigest>,
}

impl<W: Write> Write for Digested<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        if let Some(digest) = &mut self.digest {
            digest.update(&bytes[..count]);
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Do header, layout and memory belong together? Gives the number of bytes of all elements.
fn check(
    path: &Path,
    header: &Header,
    layout: Layout<'_>,
    conversion: Conversion,
    memory: &[u8],
    start: usize,
) -> Result<u64, NiftiError> {
    let mismatch = |source| NiftiError::Mismatch {
        path: path.to_owned(),
        source,
    };
    let shape = header.shape().map_err(mismatch)?;
    let size = header.element().map_err(mismatch)?.size();
    let is_shape = layout.shape.len() == shape.len()
        && layout.strides.len() == shape.len()
        && layout
            .shape
            .iter()
            .zip(&shape)
            .all(|(one, other)| *one as u64 == *other);
    if !is_shape || conversion.size_in_memory(size) != layout.itemsize {
        let expected = format!("shape {shape:?} of {size}-byte elements");
        return Err(NiftiError::mismatch(path, expected, format!("{layout:?}")));
    }
    let is_inside = |offset| {
        let place = start.checked_add_signed(offset);
        place.is_some_and(|place| place <= memory.len())
    };
    match layout.extent() {
        Some((low, high)) if is_inside(low) && is_inside(high) => {
            Ok(shape.iter().product::<u64>() * size as u64)
        }
        extent => Err(NiftiError::mismatch(
            path,
            format!("memory for {layout:?}, which reaches over {extent:?} from byte {start}"),
            format!("{} bytes", memory.len()),
        )),
    }
}
