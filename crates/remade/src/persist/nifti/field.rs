//! Where does each field of a header lie, in NIfTI-1 and in NIfTI-2?

use super::header::Format;

/// What a field is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bytes,
    I16,
    I32,
    I64,
    F32,
    F64,
}

impl Kind {
    pub(super) fn size(self) -> usize {
        match self {
            Kind::Bytes => 1,
            Kind::I16 => 2,
            Kind::I32 | Kind::F32 => 4,
            Kind::I64 | Kind::F64 => 8,
        }
    }
}

/// A field: how often it stands there, and its kind and place in each format that has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) count: usize,
    one: Option<(Kind, usize)>,
    two: Option<(Kind, usize)>,
}

impl Field {
    pub(super) fn place(&self, format: Format) -> Option<(Kind, usize)> {
        match format {
            Format::One => self.one,
            Format::Two => self.two,
        }
    }
}

const fn field(count: usize, one: (Kind, usize), two: (Kind, usize)) -> Field {
    Field {
        count,
        one: Some(one),
        two: Some(two),
    }
}

/// A field that is left from ANALYZE 7.5, without meaning in NIfTI.
const fn old(count: usize, one: (Kind, usize)) -> Field {
    Field {
        count,
        one: Some(one),
        two: None,
    }
}

use Kind::{Bytes, F32, F64, I16, I32, I64};

pub(super) const SIZEOF_HDR: Field = field(1, (I32, 0), (I32, 0));
pub(super) const DIM: Field = field(8, (I16, 40), (I64, 16));
pub(super) const INTENT_CODE: Field = field(1, (I16, 68), (I32, 504));
pub(super) const DATATYPE: Field = field(1, (I16, 70), (I16, 12));
pub(super) const BITPIX: Field = field(1, (I16, 72), (I16, 14));
pub(super) const PIXDIM: Field = field(8, (F32, 76), (F64, 104));
pub(super) const VOX_OFFSET: Field = field(1, (F32, 108), (I64, 168));
pub(super) const SCL_SLOPE: Field = field(1, (F32, 112), (F64, 176));
pub(super) const SCL_INTER: Field = field(1, (F32, 116), (F64, 184));
/// The length of a vector that is too long for `dim`, in files of FreeSurfer.
pub(super) const GLMIN: Field = old(1, (I32, 144));
pub(super) const QFORM_CODE: Field = field(1, (I16, 252), (I32, 344));
pub(super) const SFORM_CODE: Field = field(1, (I16, 254), (I32, 348));
pub(super) const QUATERN: Field = field(3, (F32, 256), (F64, 352));
pub(super) const QOFFSET: Field = field(3, (F32, 268), (F64, 376));
pub(super) const SROW: Field = field(12, (F32, 280), (F64, 400));

/// Every field whose bytes have an order or that moves between the formats. `magic` is not among
/// them: it says which format it is.
pub(super) const ALL: [Field; 36] = [
    SIZEOF_HDR,
    DIM,
    INTENT_CODE,
    DATATYPE,
    BITPIX,
    PIXDIM,
    VOX_OFFSET,
    SCL_SLOPE,
    SCL_INTER,
    GLMIN,
    QFORM_CODE,
    SFORM_CODE,
    QUATERN,
    QOFFSET,
    SROW,
    old(10, (Bytes, 4)),                   // data_type
    old(18, (Bytes, 14)),                  // db_name
    old(1, (I32, 32)),                     // extents
    old(1, (I16, 36)),                     // session_error
    old(1, (Bytes, 38)),                   // regular
    field(1, (Bytes, 39), (Bytes, 524)),   // dim_info
    field(3, (F32, 56), (F64, 80)),        // intent_p1, intent_p2, intent_p3
    field(1, (I16, 74), (I64, 224)),       // slice_start
    field(1, (I16, 120), (I64, 232)),      // slice_end
    field(1, (Bytes, 122), (I32, 496)),    // slice_code
    field(1, (Bytes, 123), (I32, 500)),    // xyzt_units
    field(1, (F32, 124), (F64, 192)),      // cal_max
    field(1, (F32, 128), (F64, 200)),      // cal_min
    field(1, (F32, 132), (F64, 208)),      // slice_duration
    field(1, (F32, 136), (F64, 216)),      // toffset
    old(1, (I32, 140)),                    // glmax
    field(80, (Bytes, 148), (Bytes, 240)), // descrip
    field(24, (Bytes, 228), (Bytes, 320)), // aux_file
    field(16, (Bytes, 328), (Bytes, 508)), // intent_name
    old(4, (Bytes, 344)),                  // magic of NIfTI-1
    Field {
        count: 8,
        one: None,
        two: Some((Bytes, 4)), // magic of NIfTI-2
    },
];
