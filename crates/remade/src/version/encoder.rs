//! How does a value become bytes?

use super::{Tag, Version};
use twox_hash::xxhash3_128::Hasher;

/// What is held back before the digest takes it in. Small values never leave this buffer, so they
/// are digested in one call.
const HELD: usize = 64 * 1024;

/// What the arguments of most calls take.
#[cfg(feature = "macros")]
const SMALL: usize = 128;

/// Builds the canonical encoding of one value and digests it.
///
/// Every method appends one whole item. Containers are begun with their number of items, and the
/// items follow; nothing is closed, because the number says where a container ends.
///
/// ```
/// use remade::version::{Encoder, Tag};
///
/// let mut list = Encoder::new();
/// list.begin(Tag::List, 2);
/// list.text("x");
/// list.int(-7);
/// let version = list.finish();
/// assert_eq!(list.finish(), version); // asking does not change it
/// ```
#[derive(Default)]
pub struct Encoder {
    held: Vec<u8>,
    digest: Option<Box<Hasher>>,
}

impl Encoder {
    /// An encoding without items.
    pub fn new() -> Encoder {
        Encoder::default()
    }

    /// The same with room for a small value, so that its bytes are not moved while they come.
    #[cfg(feature = "macros")]
    pub(crate) fn roomy() -> Encoder {
        Encoder {
            held: Vec::with_capacity(SMALL),
            digest: None,
        }
    }

    /// Forgets all items and keeps the memory.
    pub fn clear(&mut self) {
        self.held.clear();
        self.digest = None;
    }

    /// The version of all items so far.
    pub fn finish(&self) -> Version {
        match &self.digest {
            None => Version::of_bytes(&self.held),
            Some(digest) => {
                let mut digest = digest.clone();
                digest.write(&self.held);
                Version::from_u128(digest.finish_128())
            }
        }
    }

    /// A tag without content: [`Tag::None`], [`Tag::Missing`].
    #[inline]
    pub fn tag(&mut self, tag: Tag) {
        self.held.push(tag as u8);
    }

    /// Truth.
    #[inline]
    pub fn boolean(&mut self, value: bool) {
        self.tag(if value { Tag::True } else { Tag::False });
    }

    /// An integer that fits a machine word. The same number through [`Encoder::big_int`] has the
    /// same encoding.
    #[inline]
    pub fn int(&mut self, value: i64) {
        // As many bytes as the number and its sign need; none for 0.
        let bits = 64 - (value ^ (value >> 63)).leading_zeros() as usize;
        let length = if value == 0 { 0 } else { bits / 8 + 1 };
        let mut bytes = [0; 10];
        (bytes[0], bytes[1]) = (Tag::Int as u8, length as u8);
        bytes[2..].copy_from_slice(&value.to_le_bytes());
        self.held.extend_from_slice(&bytes[..2 + length]);
        self.spill();
    }

    /// An integer of any size: two's complement, least significant byte first, sign extended as far
    /// as the caller likes.
    pub fn big_int(&mut self, little_endian: &[u8]) {
        let negative = little_endian.last().is_some_and(|byte| byte & 0x80 != 0);
        let fill = if negative { 0xff } else { 0 };
        let mut length = little_endian.len();
        while length > 1
            && little_endian[length - 1] == fill
            && (little_endian[length - 2] & 0x80 != 0) == negative
        {
            length -= 1;
        }
        if length == 1 && little_endian[0] == 0 {
            length = 0;
        }
        self.tag(Tag::Int);
        self.length(length);
        self.held.extend_from_slice(&little_endian[..length]);
        self.spill();
    }

    /// A binary64 number.
    #[inline]
    pub fn float(&mut self, value: f64) {
        self.tag(Tag::Float);
        self.held.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    /// A complex number.
    pub fn complex(&mut self, real: f64, imaginary: f64) {
        self.tag(Tag::Complex);
        self.held.extend_from_slice(&real.to_bits().to_le_bytes());
        self.held
            .extend_from_slice(&imaginary.to_bits().to_le_bytes());
    }

    /// Text.
    #[inline]
    pub fn text(&mut self, value: &str) {
        self.wtf8_text(value.as_bytes());
    }

    /// Text that may hold lone surrogates, each as its three WTF-8 bytes (Python's
    /// `"surrogatepass"`). Text without surrogates has the same encoding as through
    /// [`Encoder::text`].
    #[inline]
    pub fn wtf8_text(&mut self, value: &[u8]) {
        self.tag(Tag::Text);
        self.blob(value);
    }

    /// Bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.tag(Tag::Bytes);
        self.blob(value);
    }

    /// Opens a container, or anything else that has a number of parts. The parts follow.
    #[inline]
    pub fn begin(&mut self, tag: Tag, parts: usize) {
        self.tag(tag);
        self.length(parts);
        self.spill();
    }

    /// Opens a value of a named type. Its parts follow.
    pub fn begin_named(&mut self, tag: Tag, name: &str, parts: usize) {
        self.tag(tag);
        self.blob(name.as_bytes());
        self.length(parts);
    }

    /// Something that is told by its version: an array, code, a persisted content.
    #[inline]
    pub fn version(&mut self, tag: Tag, version: Version) {
        self.tag(tag);
        self.held.extend_from_slice(&version.to_bytes());
    }

    /// A set, by the versions of its items in any order.
    pub fn set(&mut self, tag: Tag, mut items: Vec<Version>) {
        items.sort_unstable();
        self.begin(tag, items.len());
        for item in items {
            self.held.extend_from_slice(&item.to_bytes());
            self.spill();
        }
    }

    /// A tagged blob: tag, length, bytes.
    pub fn tagged(&mut self, tag: Tag, value: &[u8]) {
        self.tag(tag);
        self.blob(value);
    }

    #[inline]
    fn length(&mut self, length: usize) {
        // A short length is one byte: most are, and the hot path digests fewer bytes.
        match u8::try_from(length) {
            Ok(short) if short < 255 => self.held.push(short),
            _ => {
                self.held.push(255);
                self.held.extend_from_slice(&(length as u64).to_le_bytes());
            }
        }
    }

    #[inline]
    fn blob(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        if bytes.len() < HELD {
            self.held.extend_from_slice(bytes);
            self.spill();
        } else {
            self.flush();
            self.digest
                .get_or_insert_with(|| Box::new(Hasher::new()))
                .write(bytes);
        }
    }

    #[inline]
    fn spill(&mut self) {
        if self.held.len() >= HELD {
            self.flush();
        }
    }

    #[cold]
    fn flush(&mut self) {
        self.digest
            .get_or_insert_with(|| Box::new(Hasher::new()))
            .write(&self.held);
        self.held.clear();
    }
}
