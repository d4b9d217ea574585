//! Where does a voxel lie in space? (`sform_code`, `srow`, `qform_code`, `quatern`, `qoffset`, `pixdim`)

use super::field;
use super::header::Header;
use super::{Malformed, malformed};

/// From the indices of a voxel to millimetres: rows of a matrix of 4 by 4.
pub type Affine = [[f64; 4]; 4];

/// How far the length of a quaternion may be off, in the precision of NIfTI-1.
const SLACK: f64 = 3.0 * f32::EPSILON as f64;

pub(super) fn best(header: &Header) -> Result<Affine, Malformed> {
    if header.integer(field::SFORM_CODE, 0) != 0 {
        Ok(from_rows(header))
    } else if header.integer(field::QFORM_CODE, 0) != 0 {
        from_quaternion(header)
    } else {
        from_lengths(header)
    }
}

fn from_rows(header: &Header) -> Affine {
    let mut affine = [[0.0; 4]; 4];
    affine[3][3] = 1.0;
    for (row, line) in affine.iter_mut().take(3).enumerate() {
        for (column, number) in line.iter_mut().enumerate() {
            *number = header.number(field::SROW, row * 4 + column);
        }
    }
    affine
}

fn from_quaternion(header: &Header) -> Result<Affine, Malformed> {
    let [b, c, d] = [0, 1, 2].map(|index| header.number(field::QUATERN, index));
    let rest = 1.0 - (b * b + c * c + d * d);
    // What is neither 1 nor -1 counts as 1 (the standard says so of 0).
    let handedness = if header.number(field::PIXDIM, 0) == -1.0 {
        -1.0
    } else {
        1.0
    };
    let lengths = [1, 2, 3].map(|index| length(header, index));
    if rest.is_nan() || rest < -SLACK {
        return Err(malformed(
            "quatern_b, quatern_c, quatern_d of a rotation",
            format!("{b}, {c}, {d}"),
        ));
    }
    let a = rest.max(0.0).sqrt();
    let scale = 2.0 / (a * a + b * b + c * c + d * d);
    let rotation = [
        [
            1.0 - (c * c + d * d) * scale,
            (b * c - a * d) * scale,
            (b * d + a * c) * scale,
        ],
        [
            (b * c + a * d) * scale,
            1.0 - (b * b + d * d) * scale,
            (c * d - a * b) * scale,
        ],
        [
            (b * d - a * c) * scale,
            (c * d + a * b) * scale,
            1.0 - (b * b + c * c) * scale,
        ],
    ];
    let lengths = [lengths[0], lengths[1], lengths[2] * handedness];
    let mut affine = [[0.0; 4]; 4];
    affine[3][3] = 1.0;
    for row in 0..3 {
        for column in 0..3 {
            affine[row][column] = rotation[row][column] * lengths[column];
        }
        affine[row][3] = header.number(field::QOFFSET, row);
    }
    Ok(affine)
}

/// The length of a voxel; as nibabel reads it, without a sign, and 1 where it says nothing.
fn length(header: &Header, index: usize) -> f64 {
    match header.number(field::PIXDIM, index).abs() {
        0.0 => 1.0,
        length => length,
    }
}

/// ANALYZE's way, x reversed: what nibabel takes where no code says anything.
fn from_lengths(header: &Header) -> Result<Affine, Malformed> {
    let shape = header.shape()?;
    let mut affine = [[0.0; 4]; 4];
    affine[3][3] = 1.0;
    for (axis, row) in affine.iter_mut().enumerate().take(3) {
        let count = shape.get(axis).copied().unwrap_or(1);
        let size = if axis < shape.len() {
            length(header, axis + 1)
        } else {
            1.0
        };
        let size = if axis == 0 { -size } else { size };
        row[axis] = size;
        row[3] = -size * (count as f64 - 1.0) / 2.0;
    }
    Ok(affine)
}

pub(super) fn set(header: &mut Header, affine: &Affine) -> Result<(), Malformed> {
    let shown = || format!("{affine:?}");
    // A header of NIfTI-1 holds binary32.
    let fits = |number: &f64| number.is_finite() && (*number as f32).is_finite();
    if !affine.iter().flatten().all(fits) {
        return Err(malformed("an affine of finite numbers", shown()));
    }
    if affine[3] != [0.0, 0.0, 0.0, 1.0] {
        return Err(malformed("an affine whose last row is 0, 0, 0, 1", shown()));
    }
    for (index, number) in affine.iter().take(3).flatten().enumerate() {
        header.set_number(field::SROW, index, *number);
    }
    header.set_integer(field::SFORM_CODE, 0, 2);
    header.set_integer(field::QFORM_CODE, 0, 0);
    header.set_number(field::PIXDIM, 0, 1.0);
    for column in 0..3 {
        let rows = affine.iter().take(3);
        let length = rows.map(|row| row[column].powi(2)).sum::<f64>();
        header.set_number(field::PIXDIM, column + 1, length.sqrt());
    }
    Ok(())
}
