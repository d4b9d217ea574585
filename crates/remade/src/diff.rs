//! How do two texts differ, line by line?

use similar::{ChangeTag, TextDiff};
use std::fmt::Write;

/// Lines shown around each change.
const CONTEXT: usize = 3;

/// A unified diff. A text that is missing is empty; two that are equal, or both missing, give
/// nothing. `first` and `second` say in which line of their files the texts begin, so that the
/// numbers are those an editor shows.
pub(crate) fn unified(
    (before_name, before): (&str, Option<String>),
    (now_name, now): (&str, Option<String>),
    first: u32,
    second: u32,
) -> String {
    if before == now {
        return String::new();
    }
    let (before, now) = (before.unwrap_or_default(), now.unwrap_or_default());
    let diff = TextDiff::from_lines(&before, &now);
    let mut text = format!("--- {before_name}\n+++ {now_name}\n");
    for group in diff.grouped_ops(CONTEXT) {
        let (Some(start), Some(end)) = (group.first(), group.last()) else {
            continue;
        };
        let (old, new) = (
            start.old_range().start..end.old_range().end,
            start.new_range().start..end.new_range().end,
        );
        let _ = writeln!(
            text,
            "@@ -{} +{} @@",
            range(&old, first),
            range(&new, second)
        );
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let mark = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            let line = change.value().trim_end_matches(['\n', '\r']);
            let _ = writeln!(text, "{mark}{line}");
        }
    }
    text
}

/// As `diff -u` writes a range: an empty one names the line before it.
fn range(lines: &std::ops::Range<usize>, first: u32) -> String {
    let begin = lines.start + first as usize;
    match lines.len() {
        0 => format!("{},0", begin.saturating_sub(1)),
        1 => format!("{begin}"),
        length => format!("{begin},{length}"),
    }
}
