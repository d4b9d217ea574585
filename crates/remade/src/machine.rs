//! Which machine and process is this?

use std::sync::OnceLock;

/// The machine's name in its network.
pub fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned()
    })
}

/// Eight digits that stand for the host in file names.
pub(crate) fn host_digits() -> &'static str {
    static DIGITS: OnceLock<String> = OnceLock::new();
    DIGITS.get_or_init(|| {
        let digest = crate::version::Version::of_bytes(host().as_bytes()).to_string();
        digest[..8].to_owned()
    })
}

/// What is different after each start of the machine: results that were not forced to the disk
/// are believed only within one boot. Where the system does not tell, it is different for each
/// process, so that nothing is believed wrongly.
pub fn boot() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    crate::seam::boot().unwrap_or_else(|| {
        BOOT.get_or_init(|| {
            std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .map(|text| text.trim().to_owned())
                .unwrap_or_else(|_| {
                    format!("process {} of {}", std::process::id(), crate::stamp::now())
                })
        })
    })
}

/// Whether a process of this machine still runs.
pub(crate) fn is_alive(process: u32) -> bool {
    let Some(pid) = i32::try_from(process)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    else {
        return false;
    };
    // A process of another user answers with a refusal: it lives.
    !crate::seam::is_dead(process)
        && !matches!(
            rustix::process::test_kill_process(pid),
            Err(rustix::io::Errno::SRCH)
        )
}
