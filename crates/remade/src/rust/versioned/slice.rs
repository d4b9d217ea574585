//! What is the version of a row of numbers?

use crate::version::Version;
use crate::version::array::{Layout, array_version};

/// A number that lies in memory as it does in a `.npy` file.
pub trait Plain: bytemuck::NoUninit {
    /// numpy's name for it, on a machine of this byte order.
    const DTYPE: &'static str;

    /// The version of a row of them: that of a numpy array of one dimension.
    fn version_of(items: &[Self]) -> Version {
        let layout = Layout {
            shape: &[items.len()],
            strides: &[size_of::<Self>() as isize],
            itemsize: size_of::<Self>(),
        };
        let content = Version::of_bytes(bytemuck::cast_slice(items));
        array_version(Self::DTYPE, layout, content)
    }
}

macro_rules! plain {
    ($($number:ty: $little:literal $big:literal;)*) => {$(
        impl Plain for $number {
            const DTYPE: &'static str = if cfg!(target_endian = "big") { $big } else { $little };
        }
    )*};
}

plain! {
    u8: "|u1" "|u1";
    u16: "<u2" ">u2";
    u32: "<u4" ">u4";
    u64: "<u8" ">u8";
    i8: "|i1" "|i1";
    i16: "<i2" ">i2";
    i32: "<i4" ">i4";
    i64: "<i8" ">i8";
    f32: "<f4" ">f4";
    f64: "<f8" ">f8";
    bool: "|b1" "|b1";
}

#[cfg(target_pointer_width = "64")]
plain! {
    usize: "<u8" ">u8";
    isize: "<i8" ">i8";
}

#[cfg(target_pointer_width = "32")]
plain! {
    usize: "<u4" ">u4";
    isize: "<i4" ">i4";
}
