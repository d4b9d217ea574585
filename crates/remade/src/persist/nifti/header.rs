//! What does a NIfTI header say of the elements, and how is it made to say it?
//!
//! A header is kept as the bytes that it has in a little-endian file, so that what nobody asks for
//! (descriptions, timing, units) comes through as it was. `dim`, `datatype`, `bitpix`, `vox_offset`,
//! `scl_slope` and `scl_inter` follow the data.

use super::affine::{self, Affine};
use super::field::{self, Field, Kind};
use super::{Element, Malformed, malformed};

/// Which of the two headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// NIfTI-1.1: 348 bytes, dimensions up to 32767.
    One,
    /// NIfTI-2: 540 bytes, dimensions of 64 bits.
    Two,
}

impl Format {
    /// The bytes of its header.
    pub fn size(self) -> usize {
        match self {
            Format::One => 348,
            Format::Two => 540,
        }
    }

    fn magic(self) -> (&'static [u8], usize) {
        match self {
            Format::One => (b"n+1\0", 344),
            Format::Two => (b"n+2\0\r\n\x1a\n", 4),
        }
    }
}

/// The longest dimension of NIfTI-1.
const LONGEST: u64 = i16::MAX as u64;
/// The most dimensions of either.
const MOST: usize = 7;
/// Where NIfTI-1 keeps the place of the elements as a binary32 number, larger places lose digits.
const FARTHEST: u64 = 1 << 24;

/// A NIfTI header.
///
/// ```
/// use remade::persist::nifti::{Element, Format, Header};
///
/// let header = Header::new(&[2, 3, 40000], Element::F32).unwrap();
/// assert_eq!(header.format(), Format::Two); // a dimension above 32767
/// assert_eq!(header.shape().unwrap(), [2, 3, 40000]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    format: Format,
    bytes: Vec<u8>,
    is_big_endian: bool,
}

impl Header {
    /// A header for such elements, with voxels of length 1 and no transformation.
    ///
    /// # Errors
    ///
    /// As [`Header::describe`].
    pub fn new(shape: &[u64], element: Element) -> Result<Header, Malformed> {
        let mut header = Header::empty(Format::One);
        header.describe(shape, element)?;
        Ok(header)
    }

    fn empty(format: Format) -> Header {
        let mut header = Header {
            format,
            bytes: vec![0; format.size()],
            is_big_endian: false,
        };
        let (magic, at) = format.magic();
        header.bytes[at..at + magic.len()].copy_from_slice(magic);
        header.set_integer(field::SIZEOF_HDR, 0, format.size() as i64);
        for index in 0..8 {
            header.set_number(field::PIXDIM, index, 1.0);
        }
        header
    }

    /// Which header begins so? From its first four bytes, with its byte order (is it big-endian?).
    pub(super) fn sniff(first: [u8; 4]) -> Option<(Format, bool)> {
        let find = |size| match size {
            348 => Some(Format::One),
            540 => Some(Format::Two),
            _ => None,
        };
        match find(i32::from_le_bytes(first)) {
            Some(format) => Some((format, false)),
            None => find(i32::from_be_bytes(first)).map(|format| (format, true)),
        }
    }

    /// Reads a header of 348 or 540 bytes. What it says is not checked yet, but for the magic.
    ///
    /// # Errors
    ///
    /// If it is neither: [`Malformed`], with the byte at which that shows.
    pub fn parse(bytes: &[u8]) -> Result<Header, (u64, Malformed)> {
        let found = || bytes[..bytes.len().min(4)].escape_ascii().to_string();
        let first = bytes.first_chunk::<4>();
        let Some((format, is_big_endian)) = first.and_then(|first| Header::sniff(*first)) else {
            let expected = "a header that begins with its size, 348 or 540";
            return Err((0, malformed(expected, format!("\"{}\"", found()))));
        };
        let Some(bytes) = bytes.get(..format.size()) else {
            let expected = format!("a header of {} bytes", format.size());
            let found = format!("{} bytes", bytes.len());
            return Err((bytes.len() as u64, malformed(expected, found)));
        };
        let (single, at) = format.magic();
        let magic = &bytes[at..at + single.len()];
        let is_pair = magic[0] == b'n' && magic[1] == b'i' && magic[2..] == single[2..];
        if magic != single && !is_pair {
            return Err((
                at as u64,
                malformed(
                    format!("the magic \"{}\", or that of a pair", single.escape_ascii()),
                    format!("\"{}\" (ANALYZE 7.5 is not read)", magic.escape_ascii()),
                ),
            ));
        }
        let mut header = Header {
            format,
            bytes: bytes.to_vec(),
            is_big_endian,
        };
        if is_big_endian {
            header.turn();
        }
        Ok(header)
    }

    /// To the other byte order.
    fn turn(&mut self) {
        for one in field::ALL {
            if let Some((kind, at)) = one.place(self.format) {
                let size = kind.size();
                for part in self.bytes[at..at + one.count * size].chunks_exact_mut(size) {
                    part.reverse();
                }
            }
        }
    }

    /// NIfTI-1 or NIfTI-2.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether the file that it was read from is big-endian. What is written never is.
    pub fn is_big_endian(&self) -> bool {
        self.is_big_endian
    }

    /// Whether its elements lie in a file of their own.
    pub fn is_pair(&self) -> bool {
        self.bytes[self.format.magic().1 + 1] == b'i'
    }

    /// The bytes that it has in a little-endian file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The length of each dimension, x first.
    ///
    /// # Errors
    ///
    /// If there are not one to seven of them, each at least 1, with fewer elements in all than an
    /// address space has bytes.
    pub fn shape(&self) -> Result<Vec<u64>, Malformed> {
        let dimensions = self.integer(field::DIM, 0);
        let count = usize::try_from(dimensions).unwrap_or(0);
        if !(1..=MOST).contains(&count) {
            return Err(malformed(
                "dim[0], the number of dimensions, from 1 to 7",
                dimensions.to_string(),
            ));
        }
        let mut shape: Vec<i64> = (1..=count)
            .map(|index| self.integer(field::DIM, index))
            .collect();
        // FreeSurfer keeps vectors in NIfTI-1 that are too long for it.
        if self.format == Format::One && count >= 3 {
            match shape[..3] {
                [-1, 1, 1] => shape[0] = self.integer(field::GLMIN, 0),
                [27307, 1, 6] => shape[..3].copy_from_slice(&[163_842, 1, 1]),
                _ => {}
            }
        }
        let lengths: Option<Vec<u64>> = shape
            .iter()
            .map(|length| u64::try_from(*length).ok().filter(|length| *length > 0))
            .collect();
        lengths
            .filter(|lengths| elements(lengths).is_some())
            .ok_or_else(|| {
                malformed(
                    "dimensions of at least 1, with less than 2^63 bytes in all",
                    format!("dim {shape:?}"),
                )
            })
    }

    /// The element type.
    ///
    /// # Errors
    ///
    /// If `datatype` is none that is read here.
    pub fn element(&self) -> Result<Element, Malformed> {
        let code = self.integer(field::DATATYPE, 0);
        Element::from_code(code).ok_or_else(|| {
            let name = match code {
                1 => " (single bits)",
                1536 => " (floating-point numbers of 128 bits)",
                2048 => " (complex numbers of 256 bits)",
                _ => "",
            };
            malformed(
                "a datatype of whole bytes and at most 64 bits a number",
                format!("datatype {code}{name}"),
            )
        })
    }

    /// Where the elements begin, in their file.
    ///
    /// # Errors
    ///
    /// If `vox_offset` is no such place.
    pub fn data_offset(&self) -> Result<u64, Malformed> {
        let least = if self.is_pair() {
            0
        } else {
            self.format.size() as u64 + 4
        };
        let number = self.number(field::VOX_OFFSET, 0);
        let offset = match self.format {
            Format::Two => u64::try_from(self.integer(field::VOX_OFFSET, 0)).ok(),
            Format::One => {
                (number >= 0.0 && number.fract() == 0.0 && number < 9e18).then_some(number as u64)
            }
        };
        offset.filter(|offset| *offset >= least).ok_or_else(|| {
            malformed(
                format!("vox_offset, a whole number of at least {least}"),
                number.to_string(),
            )
        })
    }

    /// Slope and intercept, if elements are not to be taken as they are. A slope of 0 or one that is
    /// no finite number means that they are; so do slope 1 and intercept 0.
    ///
    /// # Errors
    ///
    /// If there is a slope, and the intercept is no finite number.
    pub fn scaling(&self) -> Result<Option<(f64, f64)>, Malformed> {
        let slope = self.number(field::SCL_SLOPE, 0);
        let inter = self.number(field::SCL_INTER, 0);
        if slope == 0.0 || !slope.is_finite() {
            return Ok(None);
        }
        if !inter.is_finite() {
            return Err(malformed(
                format!("a finite scl_inter beside scl_slope {slope}"),
                inter.to_string(),
            ));
        }
        let is_number = self.element().is_ok_and(Element::is_number);
        Ok((is_number && (slope, inter) != (1.0, 0.0)).then_some((slope, inter)))
    }

    /// `intent_code`: what the elements mean.
    pub fn intent(&self) -> i64 {
        self.integer(field::INTENT_CODE, 0)
    }

    /// Whether this is the header of a CIFTI file, whose elements mean nothing without its matrix.
    pub fn is_cifti(&self) -> bool {
        self.format == Format::Two && (3000..3100).contains(&self.intent())
    }

    /// From voxels to millimetres: `srow` where `sform_code` is not 0, else the quaternion where
    /// `qform_code` is not 0, else the lengths of the voxels, from the middle of the image.
    ///
    /// # Errors
    ///
    /// If the fields it is to be taken from make no such matrix.
    pub fn affine(&self) -> Result<Affine, Malformed> {
        affine::best(self)
    }

    /// Makes it the header of such elements: `dim`, `datatype`, `bitpix`, with slope 1 and intercept
    /// 0, in one file and little-endian. It becomes a NIfTI-2 header where that is needed.
    ///
    /// # Errors
    ///
    /// If there are not one to seven dimensions, each at least 1.
    pub fn describe(&mut self, shape: &[u64], element: Element) -> Result<(), Malformed> {
        if !(1..=MOST).contains(&shape.len()) {
            return Err(malformed(
                "one to seven dimensions",
                format!("{} of them", shape.len()),
            ));
        }
        if shape.contains(&0) || elements(shape).is_none() {
            let expected = "dimensions of at least 1, with less than 2^63 bytes in all";
            return Err(malformed(expected, format!("shape {shape:?}")));
        }
        // Those three mean a vector of 163842 in NIfTI-1.
        let is_taken = shape.len() >= 3 && shape[..3] == [27307, 1, 6];
        if shape.iter().any(|length| *length > LONGEST) || is_taken {
            self.grow();
        }
        let (magic, at) = self.format.magic();
        self.bytes[at..at + magic.len()].copy_from_slice(magic);
        self.is_big_endian = false;
        self.set_integer(field::DIM, 0, shape.len() as i64);
        for index in 1..8 {
            let length = shape.get(index - 1).copied().unwrap_or(1);
            self.set_integer(field::DIM, index, length as i64);
        }
        self.set_integer(field::DATATYPE, 0, element.code());
        self.set_integer(field::BITPIX, 0, element.size() as i64 * 8);
        self.set_number(field::SCL_SLOPE, 0, 1.0);
        self.set_number(field::SCL_INTER, 0, 0.0);
        self.place_elements(0)?;
        Ok(())
    }

    /// Sets `vox_offset` behind this many bytes of extensions, and gives it.
    pub(super) fn place_elements(&mut self, extensions: u64) -> Result<u64, Malformed> {
        let offset = |format: Format| {
            (format.size() as u64 + 4)
                .checked_add(extensions)
                .and_then(|offset| offset.checked_next_multiple_of(16))
                .filter(|offset| i64::try_from(*offset).is_ok())
                .ok_or_else(|| malformed("extensions below 2^63 bytes", extensions.to_string()))
        };
        if offset(self.format)? > FARTHEST {
            self.grow();
        }
        let offset = offset(self.format)?;
        match self.format {
            Format::One => self.set_number(field::VOX_OFFSET, 0, offset as f64),
            Format::Two => self.set_integer(field::VOX_OFFSET, 0, offset as i64),
        }
        Ok(offset)
    }

    /// The same in NIfTI-2. What only NIfTI-1 has are fields without a meaning.
    fn grow(&mut self) {
        if self.format == Format::Two {
            return;
        }
        let mut grown = Header::empty(Format::Two);
        for one in field::ALL {
            let (Some((from, at)), Some((to, place))) =
                (one.place(Format::One), one.place(Format::Two))
            else {
                continue;
            };
            if (from, to) == (Kind::Bytes, Kind::Bytes) {
                grown.bytes[place..place + one.count]
                    .copy_from_slice(&self.bytes[at..at + one.count]);
                continue;
            }
            for index in 0..one.count {
                match from {
                    Kind::F32 => grown.set_number(one, index, self.number(one, index)),
                    _ => grown.set_integer(one, index, self.integer(one, index)),
                }
            }
        }
        grown.set_integer(field::SIZEOF_HDR, 0, Format::Two.size() as i64);
        *self = grown;
    }

    /// Sets `srow` with `sform_code` 2 (aligned), `qform_code` 0, and the lengths of the voxels,
    /// as nibabel does for a new image.
    ///
    /// # Errors
    ///
    /// If a number is not finite, or not in the precision of this format, or if the last row is not
    /// 0, 0, 0, 1.
    pub fn set_affine(&mut self, affine: &Affine) -> Result<(), Malformed> {
        affine::set(self, affine)
    }

    /// What is the same for every image of this space: the header without what follows the data.
    pub fn template(&self) -> Header {
        let mut header = self.clone();
        // Cannot be refused: one dimension of length 1.
        let _ = header.describe(&[1], Element::U8);
        header
    }

    pub(super) fn integer(&self, field: Field, index: usize) -> i64 {
        let Some((kind, at)) = field.place(self.format) else {
            return 0;
        };
        let at = at + index * kind.size();
        let bytes = &self.bytes[at..at + kind.size()];
        match kind {
            Kind::Bytes => i64::from(bytes[0]),
            Kind::I16 => i64::from(i16::from_le_bytes(sized(bytes))),
            Kind::I32 => i64::from(i32::from_le_bytes(sized(bytes))),
            Kind::I64 => i64::from_le_bytes(sized(bytes)),
            Kind::F32 | Kind::F64 => self.number(field, index) as i64,
        }
    }

    pub(super) fn number(&self, field: Field, index: usize) -> f64 {
        let Some((kind, at)) = field.place(self.format) else {
            return 0.0;
        };
        let at = at + index * kind.size();
        let bytes = &self.bytes[at..at + kind.size()];
        match kind {
            Kind::F32 => f64::from(f32::from_le_bytes(sized(bytes))),
            Kind::F64 => f64::from_le_bytes(sized(bytes)),
            _ => self.integer(field, index) as f64,
        }
    }

    pub(super) fn set_integer(&mut self, field: Field, index: usize, value: i64) {
        let Some((kind, at)) = field.place(self.format) else {
            return;
        };
        let at = at + index * kind.size();
        let place = &mut self.bytes[at..at + kind.size()];
        // Callers give what fits; the fields of NIfTI-2 are wider than those of NIfTI-1.
        match kind {
            Kind::F32 | Kind::F64 => self.set_number(field, index, value as f64),
            _ => place.copy_from_slice(&value.to_le_bytes()[..kind.size()]),
        }
    }

    pub(super) fn set_number(&mut self, field: Field, index: usize, value: f64) {
        let Some((kind, at)) = field.place(self.format) else {
            return;
        };
        let at = at + index * kind.size();
        let place = &mut self.bytes[at..at + kind.size()];
        match kind {
            Kind::F32 => place.copy_from_slice(&(value as f32).to_le_bytes()),
            Kind::F64 => place.copy_from_slice(&value.to_le_bytes()),
            _ => {}
        }
    }
}

/// How many elements there are, if no type makes them more bytes than there can be.
fn elements(shape: &[u64]) -> Option<u64> {
    let count = shape
        .iter()
        .try_fold(1_u64, |product, length| product.checked_mul(*length))?;
    let bytes = count.checked_mul(16)?;
    isize::try_from(bytes).ok().map(|_| count)
}

/// Bytes whose number is known from the kind of the field.
fn sized<const SIZE: usize>(bytes: &[u8]) -> [u8; SIZE] {
    let mut all = [0; SIZE];
    all.copy_from_slice(bytes);
    all
}
