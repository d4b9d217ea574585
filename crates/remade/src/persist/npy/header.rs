//! How does a `.npy` file begin?
//!
//! Eight bytes of magic and version, the length of the rest, and a Python dictionary with element
//! type, memory order and shape, filled up with spaces so that the elements begin at a multiple of
//! 64. Written exactly as `numpy.save` writes it.

use super::literal;
use super::{Element, Malformed};
use crate::version::Version;
use crate::version::array::{FileOrder, Layout, array_version, order_in_file};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Elements begin at a multiple of this, so that a memory map is aligned for any element type.
const ALIGNMENT: usize = 64;

/// numpy leaves room for the growing dimension to reach this many digits.
const GROWTH_DIGITS: usize = 21;

/// The longest header that is read or written. numpy itself reads no more than 10,000 characters
/// unless it is told that it may.
const MAXIMUM_LENGTH: usize = 1 << 20;

/// As many bytes as tell how long the header is ([`Header::length`]).
pub(super) const PREFIX: usize = 12;

/// What a `.npy` file says of its elements.
///
/// ```
/// use remade::persist::npy::Header;
///
/// let header = Header::new("'<f8'", false, &[2, 3]).unwrap();
/// assert_eq!(header.data_offset, 128);
/// let bytes = header.to_bytes().unwrap();
/// assert_eq!(Header::parse(&bytes).unwrap(), header);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The element type: a Python literal as it stands in the file. `'<f8'` with its quotes, or a
    /// list for a structured type.
    pub descr: String,
    /// Are the elements in Fortran order (first index fastest)?
    pub fortran_order: bool,
    /// The length of each dimension.
    pub shape: Vec<usize>,
    /// Where the elements begin in the file.
    pub data_offset: u64,
}

impl Header {
    /// The header that `numpy.save` would write. An error if it could not be read again.
    pub fn new(descr: &str, fortran_order: bool, shape: &[usize]) -> Result<Header, Malformed> {
        let mut header = Header {
            descr: descr.to_owned(),
            fortran_order,
            shape: shape.to_owned(),
            data_offset: 0,
        };
        let bytes = header.to_bytes()?;
        header.data_offset = bytes.len() as u64;
        match Header::parse(&bytes)? {
            same if same == header => Ok(header),
            other => Err(Malformed {
                expected: format!("one Python literal as element type, not {descr:?}"),
                found: format!("{:?}", other.descr),
            }),
        }
    }

    /// The header that `numpy.save` would write for an array that lies so in memory: Fortran order
    /// if that, and only that, is how it lies; else C order.
    pub fn of(descr: &str, layout: Layout<'_>) -> Result<Header, Malformed> {
        Header::new(
            descr,
            order_in_file(layout) == FileOrder::Fortran,
            layout.shape,
        )
    }

    /// Reads the header at the beginning of `bytes`. What follows it is not looked at.
    pub fn parse(bytes: &[u8]) -> Result<Header, Malformed> {
        let data_offset = Header::length(bytes)?;
        let Some(header) = bytes.get(..data_offset) else {
            return Err(Malformed {
                expected: format!("a header of {data_offset} bytes"),
                found: format!("{} bytes", bytes.len()),
            });
        };
        let (text, is_utf8) = match header[6] {
            1 => (&header[10..], false),
            2 => (&header[12..], false),
            _ => (&header[12..], true),
        };
        let text = if is_utf8 {
            std::str::from_utf8(text)
                .map_err(|error| Malformed {
                    expected: "a header in UTF-8".to_owned(),
                    found: error.to_string(),
                })?
                .to_owned()
        } else {
            text.iter().map(|byte| char::from(*byte)).collect()
        };

        let entries = literal::read(&text)?;
        if entries.has_objects {
            return Err(Malformed {
                expected: "elements that are not Python objects (these would be pickled)"
                    .to_owned(),
                found: entries.descr.to_owned(),
            });
        }
        Ok(Header {
            descr: entries.descr.to_owned(),
            fortran_order: entries.fortran_order,
            shape: entries.shape,
            data_offset: data_offset as u64,
        })
    }

    /// How many bytes the header has in all, from its first twelve.
    pub(super) fn length(prefix: &[u8]) -> Result<usize, Malformed> {
        if prefix.len() < 10 || !prefix.starts_with(MAGIC) {
            let found = &prefix[..prefix.len().min(MAGIC.len())];
            return Err(Malformed {
                expected: r#"the bytes "\x93NUMPY" and a version"#.to_owned(),
                found: format!("\"{}\"", found.escape_ascii()),
            });
        }
        let length = match (prefix[6], prefix[7], prefix.get(8..12)) {
            (1, 0, _) => 10 + usize::from(u16::from_le_bytes([prefix[8], prefix[9]])),
            (2 | 3, 0, Some(&[a, b, c, d])) => {
                (u32::from_le_bytes([a, b, c, d]) as usize).saturating_add(12)
            }
            (major, minor, _) => {
                return Err(Malformed {
                    expected: "format 1.0, 2.0 or 3.0".to_owned(),
                    found: format!("{major}.{minor}, {} bytes", prefix.len()),
                });
            }
        };
        if length > MAXIMUM_LENGTH {
            return Err(Malformed {
                expected: format!("a header of at most {MAXIMUM_LENGTH} bytes"),
                found: format!("{length} bytes"),
            });
        }
        Ok(length)
    }

    /// The bytes of the header: version 1.0 where it fits, 2.0 if it is longer than 65,535 bytes,
    /// 3.0 if the names of fields need UTF-8.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Malformed> {
        let shape = match self.shape.as_slice() {
            [] => "()".to_owned(),
            [only] => format!("({only},)"),
            several => {
                let lengths: Vec<String> = several.iter().map(usize::to_string).collect();
                format!("({})", lengths.join(", "))
            }
        };
        let growing = if self.fortran_order {
            self.shape.last()
        } else {
            self.shape.first()
        };
        let room = growing.map_or(0, |length| {
            GROWTH_DIGITS.saturating_sub(length.to_string().len())
        });
        let text = format!(
            "{{'descr': {}, 'fortran_order': {}, 'shape': {shape}, }}{}",
            self.descr,
            if self.fortran_order { "True" } else { "False" },
            " ".repeat(room),
        );

        let latin1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        let (major, text) = match latin1 {
            Some(text) if padded(10, text.len()) <= 10 + usize::from(u16::MAX) => (1, text),
            Some(text) => (2, text),
            None => (3, text.into_bytes()),
        };
        let prefix = if major == 1 { 10 } else { 12 };
        let total = padded(prefix, text.len());
        if total > MAXIMUM_LENGTH {
            return Err(Malformed {
                expected: format!("a header of at most {MAXIMUM_LENGTH} bytes"),
                found: format!("{total} bytes"),
            });
        }

        let mut bytes = Vec::with_capacity(total);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[major, 0]);
        let length = (total - prefix) as u32; // at most MAXIMUM_LENGTH
        bytes.extend_from_slice(&length.to_le_bytes()[..prefix - 8]);
        bytes.extend_from_slice(&text);
        bytes.resize(total - 1, b' ');
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The element type, if the engine knows it.
    pub fn element(&self) -> Option<Element> {
        Element::plain(&self.descr)
    }

    /// The version of the array that a file with this header and these elements holds.
    pub(super) fn version_with(&self, element: &Element, content: Version) -> Version {
        // The strides that numpy gives the loaded array. Where they overflow there are no elements,
        // and then they have no say.
        let mut strides = vec![0; self.shape.len()];
        let mut next = element.size as isize;
        for place in 0..strides.len() {
            let axis = if self.fortran_order {
                place
            } else {
                strides.len() - 1 - place
            };
            strides[axis] = next;
            next = next.saturating_mul(self.shape[axis] as isize);
        }
        let layout = Layout {
            shape: &self.shape,
            strides: &strides,
            itemsize: element.size,
        };
        array_version(&element.dtype, layout, content)
    }

    /// How many elements there are; `None` if no memory could hold them.
    pub fn elements(&self) -> Option<u64> {
        // A dimension of no length leaves nothing, however long the others are.
        if self.shape.contains(&0) {
            return Some(0);
        }
        self.shape
            .iter()
            .try_fold(1_u64, |product, length| product.checked_mul(*length as u64))
    }
}

/// The length of a header with at least one byte, the final line end, after its text.
fn padded(prefix: usize, text: usize) -> usize {
    (prefix + text + 1 + ALIGNMENT) / ALIGNMENT * ALIGNMENT
}
