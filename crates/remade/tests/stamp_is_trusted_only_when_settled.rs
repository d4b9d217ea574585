//! A stamp is believed only if no write can hide behind the clock.

#![allow(clippy::unwrap_used)]

use std::fs::{self, File, FileTimes};
use std::time::{Duration, UNIX_EPOCH};

use remade::stamp::{Stamp, now};

const MILLISECOND: i64 = 1_000_000;

fn written(mtime: i64) -> Stamp {
    Stamp {
        size: 1,
        mtime,
        inode: 1,
    }
}

#[test]
fn two_ticks_must_have_passed_since_the_last_write() {
    let written_at = 1_700_000_000_123_456_789;
    let stamp = written(written_at);
    assert!(!stamp.is_settled(written_at));
    assert!(!stamp.is_settled(written_at + 20 * MILLISECOND));
    assert!(stamp.is_settled(written_at + 20 * MILLISECOND + 1));
}

#[test]
fn a_time_in_the_future_settles_nothing() {
    assert!(!written(now() + 3_600_000 * MILLISECOND + 1).is_settled(now()));
    assert!(!written(i64::MAX).is_settled(i64::MAX));
    assert!(!written(i64::MIN).is_settled(i64::MIN));
}

#[test]
fn whole_seconds_may_come_from_a_coarse_clock() {
    let stamp = written(1_700_000_000_000_000_000);
    assert!(!stamp.is_settled(stamp.mtime + 3_900 * MILLISECOND));
    assert!(stamp.is_settled(stamp.mtime + 4_000 * MILLISECOND + 1));
}

#[test]
fn a_stamp_tells_size_time_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "12345").unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    let time = UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
    file.set_times(FileTimes::new().set_modified(time)).unwrap();

    let stamp = Stamp::of_file(&file).unwrap();
    assert_eq!((stamp.size, stamp.mtime), (5, 1_700_000_000_123_456_789));
    assert_eq!(Stamp::of_path(&path).unwrap(), stamp);
    fs::rename(&path, folder.path().join("renamed")).unwrap();
    assert_eq!(Stamp::of_file(&file).unwrap(), stamp);

    #[cfg(unix)]
    {
        fs::copy(folder.path().join("renamed"), &path).unwrap();
        assert_ne!(Stamp::of_path(&path).unwrap().inode, stamp.inode);
        std::os::unix::fs::symlink("renamed", folder.path().join("link")).unwrap();
        assert_eq!(Stamp::of_path(&folder.path().join("link")).unwrap(), stamp);
        assert_ne!(
            Stamp::of_path_itself(&folder.path().join("link")).unwrap(),
            stamp
        );
    }
}

#[test]
fn a_stamp_is_kept_as_numbers() {
    let stamp = Stamp {
        size: u64::MAX,
        mtime: -1,
        inode: 7,
    };
    let text = serde_json::to_string(&stamp).unwrap();
    assert_eq!(
        text,
        r#"{"size":18446744073709551615,"mtime":-1,"inode":7}"#
    );
    assert_eq!(serde_json::from_str::<Stamp>(&text).unwrap(), stamp);
}
