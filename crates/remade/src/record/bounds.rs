//! How much may a record hold?
//!
//! A few megabytes of text can ask for a hundred times as much memory, or for a stack as deep as
//! they are long. So a record is looked over once, byte by byte, before anything is made of it.

/// No record that is written has more values than this: a number, a text, a list and a name count
/// one each.
pub(super) const MOST_VALUES: usize = 1 << 18;

/// Lists and mappings in one another. Results mirror `output=`, which nobody writes deeper.
pub(super) const DEEPEST: usize = 100;

/// What is too much in this text; None if nothing is. It need not be JSON.
pub(super) fn too_much(text: &[u8]) -> Option<String> {
    let mut depth = 0_usize;
    let mut values = 0_usize;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                // To the end of the text: what stands in it counts nothing.
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b'[' | b'{' => {
                depth += 1;
                values += 1;
                if depth > DEEPEST {
                    return Some(format!("more than {DEEPEST} lists in one another"));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if values > MOST_VALUES {
            return Some(format!("more than {MOST_VALUES} values"));
        }
    }
    None
}
