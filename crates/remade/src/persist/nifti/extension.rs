//! What stands between the header and the elements? (`extension`, `esize`, `ecode`)
//!
//! Extensions belong to other programs: each is kept byte for byte, its content never looked at.

use super::{Malformed, malformed};

/// Where header extensions begin: behind the header and four bytes whose first says whether there
/// are any.
pub(super) const FLAG: usize = 4;

/// Size and code of an extension.
const HEAD: usize = 8;

/// The CIFTI matrix, without which the elements mean nothing.
const CIFTI: i32 = 32;

/// Checks the extensions of a file, turns their sizes and codes to little-endian, and cuts off what
/// fills the space up to the elements.
///
/// # Errors
///
/// The place at which they are none, from their beginning, and why.
pub(super) fn normalise(bytes: &mut Vec<u8>, is_big_endian: bool) -> Result<(), (u64, Malformed)> {
    let mut at = 0;
    // Fewer bytes than the smallest extension has are filling.
    while bytes.len() - at >= 16 {
        let (mut size, mut code) = head(&bytes[at..]);
        if is_big_endian {
            (size, code) = (size.swap_bytes(), code.swap_bytes());
        }
        if bytes[at..].iter().all(|byte| *byte == 0) {
            break;
        }
        let length = usize::try_from(size)
            .ok()
            .filter(|size| (HEAD..=bytes.len() - at).contains(size));
        let Some(length) = length else {
            let expected = format!("an extension of 8 to {} bytes", bytes.len() - at);
            return Err((at as u64, malformed(expected, format!("{size} bytes"))));
        };
        bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        bytes[at + 4..at + HEAD].copy_from_slice(&code.to_le_bytes());
        at += length;
    }
    bytes.truncate(at);
    Ok(())
}

/// Whether one of these extensions is a CIFTI matrix.
pub(super) fn is_cifti(extensions: &[u8]) -> bool {
    let mut rest = extensions;
    while rest.len() >= HEAD {
        let (size, code) = head(rest);
        if code == CIFTI {
            return true;
        }
        let size = usize::try_from(size).unwrap_or(0).max(HEAD);
        rest = rest.get(size..).unwrap_or_default();
    }
    false
}

fn head(bytes: &[u8]) -> (i32, i32) {
    let number = |at: usize| {
        let mut four = [0; 4];
        four.copy_from_slice(&bytes[at..at + 4]);
        i32::from_le_bytes(four)
    };
    (number(0), number(4))
}
