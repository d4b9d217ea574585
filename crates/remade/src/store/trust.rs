//! May this file be unpickled?
//!
//! Pickle is code. It is loaded only if nobody but the user, the user's private group and root can
//! have written it: neither the file nor, by replacing it, the folder it lies in.

use std::fs::File;
use std::io;
use std::path::Path;

/// Why a file may not be unpickled; None if it may. `file` is the open file, so that what was
/// checked is what is read.
#[cfg(unix)]
pub fn distrust(file: &File, path: &Path) -> io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    if let Some(who) = others(metadata.uid(), metadata.gid(), metadata.mode()) {
        return Ok(Some(format!("{who} can write the file")));
    }
    if let Some(parent) = path.parent() {
        let metadata = std::fs::metadata(parent)?;
        const STICKY: u32 = 0o1000;
        // In a sticky folder nobody can replace the file of another.
        if metadata.mode() & STICKY == 0
            && let Some(who) = others(metadata.uid(), metadata.gid(), metadata.mode())
        {
            return Ok(Some(format!("{who} can write its folder")));
        }
    }
    Ok(None)
}

/// Elsewhere the question cannot be asked this way.
#[cfg(not(unix))]
pub fn distrust(_: &File, _: &Path) -> io::Result<Option<String>> {
    Ok(None)
}

/// Who else can write a thing of this owner, group and mode.
#[cfg(unix)]
fn others(owner: u32, group: u32, mode: u32) -> Option<String> {
    let user = rustix::process::geteuid().as_raw();
    if owner != user && owner != 0 {
        return Some(format!("the user of number {owner}"));
    }
    if mode & 0o002 != 0 {
        return Some("everybody".to_owned());
    }
    if mode & 0o020 != 0 && group != 0 && !is_private(group, user) {
        return Some(format!("the group of number {group}"));
    }
    None
}

/// Whether a group has no member but the user: Debian and Red Hat give each user such a group.
#[cfg(unix)]
fn is_private(group: u32, user: u32) -> bool {
    let field = |line: &str, n: usize| line.split(':').nth(n).unwrap_or_default().to_owned();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let name = passwd
        .lines()
        .find(|line| field(line, 2) == user.to_string())
        .map(|line| field(line, 0));
    let entry = groups
        .lines()
        .find(|line| field(line, 2) == group.to_string());
    match (name, entry) {
        (Some(name), Some(entry)) => {
            let members = field(entry, 3);
            field(entry, 0) == name && (members.is_empty() || members == name)
        }
        // Users who are known to a directory service only: number and number must agree.
        _ => group == user,
    }
}
