//! What is in a NIfTI file?

use std::path::Path;

use super::extension::{self, FLAG};
use super::header::Header;
use super::stream::{Input, Stream};
use super::{Container, Element, Malformed, NiftiError, container, convert, malformed, scale};

/// What of extensions is read at a time, so that none is believed to be longer than its file.
const PIECE: usize = 64 * 1024;

/// What is scaled at a time.
const BLOCK: usize = 256 * 1024;

/// A NIfTI file that is open, with its header and extensions read and checked.
///
/// The elements are read once, from the beginning to the end: a compressed file has no other way.
pub struct Nifti<'a> {
    header: Header,
    extensions: Vec<u8>,
    shape: Vec<u64>,
    element: Element,
    scaling: Option<(f64, f64)>,
    data_offset: u64,
    stream: Stream<'a>,
}

impl std::fmt::Debug for Nifti<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nifti")
            .field("path", &self.stream.path())
            .field("shape", &self.shape)
            .field("element", &self.element)
            .finish_non_exhaustive()
    }
}

impl<'a> Nifti<'a> {
    /// Reads the header. `image` are the bytes of a second file, where there is one: `.img`. The
    /// path says whether files are compressed; besides that, it is for errors only.
    ///
    /// # Errors
    ///
    /// [`NiftiError::Corrupt`] if this is not a whole NIfTI file, as far as its header tells, or if
    /// it is compressed and not named `.gz`, or the reverse. [`NiftiError::Unsupported`] for CIFTI
    /// files and element types of bits or of more than 64 bits a number.
    pub fn open(
        input: Input<'a>,
        image: Option<Input<'a>>,
        path: &Path,
    ) -> Result<Nifti<'a>, NiftiError> {
        let is_gzip = container(path).is_some_and(|(_, is_gzip)| is_gzip);
        let mut stream = Stream::open(input, path, is_gzip)?;
        let header = read_header(&mut stream)?;
        let is_pair = image.is_some();
        if header.is_pair() != is_pair {
            let (expected, found) = if is_pair {
                (
                    "the header of a pair of files (ni1)",
                    "that of one file (n+1)",
                )
            } else {
                (
                    "a header of one file (n+1)",
                    "that of a pair of files (ni1)",
                )
            };
            return Err(NiftiError::corrupt(path, 0, expected, found));
        }
        // Where the fields of a compressed file lie cannot be said: they are near its beginning.
        let corrupt = |source: Malformed| NiftiError::Corrupt {
            path: path.to_owned(),
            at: 0,
            source,
        };
        let unsupported = |source: Malformed| NiftiError::Unsupported {
            path: path.to_owned(),
            source,
        };
        let shape = header.shape().map_err(corrupt)?;
        let element = header.element().map_err(unsupported)?;
        let scaling = header.scaling().map_err(corrupt)?;
        let data_offset = header.data_offset().map_err(corrupt)?;
        let end = if is_pair { None } else { Some(data_offset) };
        let extensions = read_extensions(&mut stream, &header, end)?;
        if header.is_cifti() || extension::is_cifti(&extensions) {
            return Err(unsupported(malformed(
                "a NIfTI image of voxels",
                "a CIFTI file, whose elements mean nothing without its matrix",
            )));
        }
        if let Some(image) = image {
            stream.finish()?;
            stream = Stream::open(image, path, is_gzip)?;
        }
        stream.skip_to(data_offset)?;
        let nifti = Nifti {
            header,
            extensions,
            shape,
            element,
            scaling,
            data_offset,
            stream,
        };
        let most = nifti.stream.most();
        if nifti.data_size() > most {
            return Err(NiftiError::corrupt(
                path,
                nifti.stream.at(),
                format!(
                    "{} bytes for shape {:?} of {}-byte elements",
                    nifti.data_size(),
                    nifti.shape,
                    element.size()
                ),
                format!("at most {most}"),
            ));
        }
        Ok(nifti)
    }

    /// What the file says of its elements.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The extensions, as they stand in a little-endian file: size, code, content, one behind the
    /// other.
    pub fn extensions(&self) -> &[u8] {
        &self.extensions
    }

    /// The length of each dimension, x first.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// The element type.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Slope and intercept, if elements are not to be taken as they are.
    pub fn scaling(&self) -> Option<(f64, f64)> {
        self.scaling
    }

    /// Where the elements begin, in the uncompressed file.
    pub fn data_offset(&self) -> u64 {
        self.data_offset
    }

    /// How many bytes the elements take as they are stored: what [`Nifti::read_into`] needs.
    pub fn data_size(&self) -> u64 {
        self.shape.iter().product::<u64>() * self.element.size() as u64
    }

    /// How many numbers [`Nifti::read_scaled`] gives.
    pub fn numbers(&self) -> u64 {
        let parts = if self.element.is_complex() { 2 } else { 1 };
        self.shape.iter().product::<u64>() * parts
    }

    /// Fills the memory with the elements as they are stored, in native byte order, the first index
    /// fastest, and reads a compressed file to its end.
    ///
    /// # Errors
    ///
    /// [`NiftiError::Mismatch`] if the memory is not [`Nifti::data_size`] bytes long,
    /// [`NiftiError::Corrupt`] if the file ends early or a checksum is wrong. What is in the memory
    /// is worth nothing then.
    pub fn read_into(mut self, memory: &mut [u8]) -> Result<(), NiftiError> {
        self.check_memory(memory.len() as u64, self.data_size())?;
        self.stream.read(memory)?;
        self.turn(memory);
        self.stream.finish()
    }

    /// As [`Nifti::read_into`], the numbers that the elements stand for.
    pub fn read_scaled(mut self, memory: &mut [f64]) -> Result<(), NiftiError> {
        self.check_memory(memory.len() as u64, self.numbers())?;
        let scaling = self.scaling.unwrap_or((1.0, 0.0));
        let parts = if self.element.is_complex() { 2 } else { 1 };
        let size = self.element.size() / parts;
        let mut stored = vec![0; BLOCK.min(memory.len() * size)];
        for out in memory.chunks_mut(BLOCK / size) {
            let block = &mut stored[..out.len() * size];
            self.stream.read(block)?;
            self.turn(block);
            scale::scale(block, self.element, scaling, out);
        }
        self.stream.finish()
    }

    /// To native byte order.
    fn turn(&self, memory: &mut [u8]) {
        if self.header.is_big_endian() != cfg!(target_endian = "big") {
            convert::swap(memory, self.element.part());
        }
    }

    fn check_memory(&self, found: u64, expected: u64) -> Result<(), NiftiError> {
        if found == expected {
            return Ok(());
        }
        Err(NiftiError::mismatch(
            self.stream.path(),
            format!("memory for {expected}"),
            found.to_string(),
        ))
    }
}

/// Reads a header for its own sake: what [`Header`] and extensions a file has.
impl Nifti<'_> {
    /// The header and extensions of a file, whatever its elements are.
    ///
    /// # Errors
    ///
    /// As [`Nifti::open`], as far as the header goes.
    pub fn header_of(input: Input<'_>, path: &Path) -> Result<(Header, Vec<u8>), NiftiError> {
        let named = container(path);
        let is_gzip = named.is_some_and(|(_, is_gzip)| is_gzip);
        let mut stream = Stream::open(input, path, is_gzip)?;
        let header = read_header(&mut stream)?;
        let is_pair = matches!(named, Some((Container::Pair, _)));
        let end = if is_pair || header.is_pair() {
            None
        } else {
            let offset = header.data_offset();
            Some(offset.map_err(|source| NiftiError::Corrupt {
                path: path.to_owned(),
                at: 0,
                source,
            })?)
        };
        let extensions = read_extensions(&mut stream, &header, end)?;
        Ok((header, extensions))
    }
}

fn read_header(stream: &mut Stream<'_>) -> Result<Header, NiftiError> {
    let path = stream.path().to_owned();
    let mut bytes = vec![0; 4];
    stream.read(&mut bytes)?;
    if let Some((format, _)) = Header::sniff([bytes[0], bytes[1], bytes[2], bytes[3]]) {
        bytes.resize(format.size(), 0);
        stream.read(&mut bytes[4..])?;
    }
    Header::parse(&bytes).map_err(|(at, source)| NiftiError::Corrupt {
        at: stream.at_uncompressed(at),
        path,
        source,
    })
}

/// What stands between the header and `end`, or the end of the file.
fn read_extensions(
    stream: &mut Stream<'_>,
    header: &Header,
    end: Option<u64>,
) -> Result<Vec<u8>, NiftiError> {
    let begin = stream.position() + FLAG as u64;
    let mut flag = [0; FLAG];
    if stream.fill(&mut flag)? < FLAG {
        if end.is_none() {
            return Ok(Vec::new()); // a header and nothing more, as ANALYZE has it
        }
        return Err(stream.ended(FLAG as u64));
    }
    if flag[0] == 0 {
        return Ok(Vec::new());
    }
    let mut extensions = Vec::new();
    loop {
        let left = end.map_or(u64::MAX, |end| end.saturating_sub(stream.position()));
        let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let filled = extensions.len();
        extensions.resize(filled + length, 0);
        let count = stream.fill(&mut extensions[filled..])?;
        extensions.truncate(filled + count);
        if count < length {
            if end.is_some() {
                return Err(stream.ended(left - count as u64));
            }
            break;
        }
        if length as u64 == left {
            break;
        }
    }
    let normalised = extension::normalise(&mut extensions, header.is_big_endian());
    normalised.map_err(|(at, source)| NiftiError::Corrupt {
        path: stream.path().to_owned(),
        at: stream.at_uncompressed(begin + at),
        source,
    })?;
    Ok(extensions)
}
