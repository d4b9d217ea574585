//! Which element types does a NIfTI file hold? (`datatype`, `bitpix`)

/// An element type that files are read and written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names say it
pub enum Element {
    U8,
    I16,
    I32,
    F32,
    C64,
    F64,
    Rgb,
    I8,
    U16,
    U32,
    I64,
    U64,
    C128,
    Rgba,
}

/// The type, its code in `datatype`, its size, the size of what a byte order applies to, and
/// numpy's name for it (without the order).
const ALL: [(Element, i64, usize, usize, &str); 14] = [
    (Element::U8, 2, 1, 1, "u1"),
    (Element::I16, 4, 2, 2, "i2"),
    (Element::I32, 8, 4, 4, "i4"),
    (Element::F32, 16, 4, 4, "f4"),
    (Element::C64, 32, 8, 4, "c8"),
    (Element::F64, 64, 8, 8, "f8"),
    (Element::Rgb, 128, 3, 1, "rgb"),
    (Element::I8, 256, 1, 1, "i1"),
    (Element::U16, 512, 2, 2, "u2"),
    (Element::U32, 768, 4, 4, "u4"),
    (Element::I64, 1024, 8, 8, "i8"),
    (Element::U64, 1280, 8, 8, "u8"),
    (Element::C128, 1792, 16, 8, "c16"),
    (Element::Rgba, 2304, 4, 1, "rgba"),
];

impl Element {
    /// Every one of them.
    pub fn all() -> impl Iterator<Item = Element> {
        ALL.iter().map(|row| row.0)
    }

    fn row(self) -> &'static (Element, i64, usize, usize, &'static str) {
        // Every variant stands in the table; a test walks it.
        ALL.iter().find(|row| row.0 == self).unwrap_or(&ALL[0])
    }

    /// From `datatype` of a header. `None` for bits (1) and for 128-bit floating-point numbers,
    /// which no two machines agree about.
    pub fn from_code(code: i64) -> Option<Element> {
        ALL.iter().find(|row| row.1 == code).map(|row| row.0)
    }

    /// From numpy's name without byte order: `f4`, `u1`; `rgb` and `rgba` for colours.
    ///
    /// ```
    /// use remade::persist::nifti::Element;
    ///
    /// assert_eq!(Element::from_name("i2"), Some(Element::I16));
    /// assert_eq!(Element::from_name("f16"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Element> {
        ALL.iter().find(|row| row.4 == name).map(|row| row.0)
    }

    /// The code in `datatype`.
    pub fn code(self) -> i64 {
        self.row().1
    }

    /// Bytes of one element; `bitpix` is eight times that.
    pub fn size(self) -> usize {
        self.row().2
    }

    /// Bytes of what a byte order applies to: half of a complex number.
    pub fn part(self) -> usize {
        self.row().3
    }

    /// numpy's name without byte order, or `rgb`, `rgba`.
    pub fn name(self) -> &'static str {
        self.row().4
    }

    /// Whether slope and intercept apply to it: colours are no measurements.
    pub fn is_number(self) -> bool {
        !matches!(self, Element::Rgb | Element::Rgba)
    }

    /// Whether it is a complex number.
    pub fn is_complex(self) -> bool {
        matches!(self, Element::C64 | Element::C128)
    }
}
