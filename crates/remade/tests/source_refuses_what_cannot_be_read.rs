//! What cannot be read is an error that names it: never silently fewer files.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use remade::source::{Source, SourceError, SourceMemory};

fn error(path: &Path) -> SourceError {
    let project = path.parent().unwrap();
    Source::new(path)
        .version(project, &SourceMemory::new())
        .unwrap_err()
}

#[test]
fn pipes_sockets_and_devices_are_named_and_never_opened() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    // Opening this would wait for ever.
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for path in [
        pipe.clone(),
        folder.path().to_owned(),
        folder.path().join("p*"),
    ] {
        let SourceError::Special { path, found } = error(&path) else {
            panic!("{}", path.display());
        };
        assert!(path.ends_with("pipe"));
        assert_eq!(found, "a named pipe");
    }
    fs::remove_file(&pipe).unwrap();

    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    assert!(error(folder.path()).to_string().contains("a socket"));
    assert!(
        error(Path::new("/dev/null"))
            .to_string()
            .contains("a device")
    );
}

const TREE: &str = "REMADE_TEST_UNREADABLE_TREE";

/// Runs `unreadable_as_somebody_else` as a user who has no rights in the tree (root may read all).
#[test]
fn what_may_not_be_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().canonicalize().unwrap();
    let forbid = |name: &str, mode: u32| {
        fs::set_permissions(tree.join(name), Permissions::from_mode(mode)).unwrap();
    };
    for name in ["no-list", "no-search", "file"] {
        fs::create_dir(tree.join(name)).unwrap();
        fs::write(tree.join(name).join("a"), "one").unwrap();
    }
    forbid(".", 0o755);
    forbid("file", 0o755);
    forbid("no-list", 0o311); // may be searched, not listed
    forbid("no-search", 0o644); // may be listed, not searched
    forbid("file/a", 0o200);

    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "unreadable_as_somebody_else"])
        .env(TREE, &tree);
    if fs::metadata("/proc/self").is_ok_and(|metadata| is_root(&metadata)) {
        command.uid(65534).gid(65534);
    }
    let output = command.output().unwrap();
    for name in ["no-list", "no-search"] {
        forbid(name, 0o755);
    }
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

fn is_root(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == 0
}

#[test]
#[ignore = "run by what_may_not_be_read_is_an_error"]
fn unreadable_as_somebody_else() {
    let Some(tree) = std::env::var_os(TREE) else {
        return;
    };
    let tree = Path::new(&tree);
    for (name, culprit) in [
        ("file/a", "file/a"),
        ("file", "file/a"),
        ("file/*", "file/a"),
        ("no-list", "no-list"),
        ("no-list/*", "no-list"),
        ("no-*", "no-"),
        ("**/a", "no-"),
        ("*/a", "no-"),
        ("no-search", "no-search/a"),
        ("no-search/a", "no-search/a"),
        ("no-search/*", "no-search/"),
        ("no-s*/a", "no-search/a"),
        ("no-search/**", "no-search/"),
    ] {
        let source = Source::new(tree.join(name));
        let error = source.version(tree, &SourceMemory::new()).unwrap_err();
        let SourceError::Io { path, source, .. } = &error else {
            panic!("{name}: {error}");
        };
        assert_eq!(
            source.kind(),
            std::io::ErrorKind::PermissionDenied,
            "{name}"
        );
        assert!(
            path.strip_prefix(tree)
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with(culprit),
            "{name}: {error}"
        );
    }
    // What may be searched may be read by name.
    let source = Source::new(tree.join("no-list/a"));
    source.version(tree, &SourceMemory::new()).unwrap();
}
