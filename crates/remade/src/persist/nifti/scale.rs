//! What do stored numbers mean, where the header has a slope? (`scl_slope`, `scl_inter`)

use super::Element;

/// The numbers that `stored` elements of native byte order stand for: `slope * x + inter`, in
/// binary64. Complex ones give two.
pub(super) fn scale(stored: &[u8], element: Element, (slope, inter): (f64, f64), out: &mut [f64]) {
    // Step by step and without what changes nothing, as nibabel computes it: to the last bit.
    let scaled = |number: f64| {
        let product = if slope == 1.0 { number } else { number * slope };
        if inter == 0.0 {
            product
        } else {
            product + inter
        }
    };
    macro_rules! each {
        ($type:ty) => {{
            const SIZE: usize = size_of::<$type>();
            for (out, bytes) in out.iter_mut().zip(stored.as_chunks::<SIZE>().0) {
                *out = scaled(<$type>::from_ne_bytes(*bytes) as f64);
            }
        }};
    }
    macro_rules! each_complex {
        ($type:ty) => {{
            const SIZE: usize = size_of::<$type>();
            for (index, (out, bytes)) in
                out.iter_mut().zip(stored.as_chunks::<SIZE>().0).enumerate()
            {
                let number = <$type>::from_ne_bytes(*bytes) as f64;
                // The intercept is a real number.
                let is_imaginary = index % 2 == 1;
                *out = match (is_imaginary, slope == 1.0) {
                    (false, _) => scaled(number),
                    (true, true) => number,
                    (true, false) => number * slope,
                };
            }
        }};
    }
    match element {
        Element::U8 | Element::Rgb | Element::Rgba => each!(u8),
        Element::I8 => each!(i8),
        Element::U16 => each!(u16),
        Element::I16 => each!(i16),
        Element::U32 => each!(u32),
        Element::I32 => each!(i32),
        Element::U64 => each!(u64),
        Element::I64 => each!(i64),
        Element::F32 => each!(f32),
        Element::F64 => each!(f64),
        Element::C64 => each_complex!(f32),
        Element::C128 => each_complex!(f64),
    }
}
