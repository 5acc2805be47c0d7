//! What this process may see.

use rustix::fs::{Mode, OFlags};

use crate::source::volume::Errno;

use super::retry;

/// The inode of the first user namespace (`PROC_USER_INIT_INO` of linux/proc_ns.h). Being privileged
/// in any other does not count for `trusted.*`.
const FIRST_USER_NAMESPACE: u64 = 0xEFFF_FFFD;

/// `CAP_SYS_ADMIN` of capabilities(7).
const SYS_ADMIN: u32 = 21;

/// Returns whether extended attributes `trusted.*` can be seen: to others the kernel says that there
/// are none (xattr(7)). False where that cannot be found out.
pub(in crate::source) fn sees_trusted_attributes() -> bool {
    let namespace = retry(|| rustix::fs::stat("/proc/self/ns/user"));
    let is_first = namespace.is_ok_and(|namespace| namespace.st_ino == FIRST_USER_NAMESPACE);
    is_first && status().is_ok_and(|status| may_administer(&status))
}

fn status() -> Result<Vec<u8>, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = retry(|| rustix::fs::open("/proc/self/status", flags, Mode::empty()))?;
    let mut text = vec![0; 16 << 10];
    let count = retry(|| rustix::io::read(&file, &mut *text))?;
    text.truncate(count);
    Ok(text)
}

/// Reads `CapEff:` of proc_pid_status(5).
fn may_administer(status: &[u8]) -> bool {
    let line = status.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"CapEff:"));
    let digits = line.and_then(|line| std::str::from_utf8(line).ok()).map(str::trim);
    digits
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .is_some_and(|held| held & (1 << SYS_ADMIN) != 0)
}

#[cfg(test)]
mod tests {
    use super::may_administer;

    #[test]
    fn the_capability_is_bit_21_of_the_effective_set() {
        assert!(may_administer(b"Name:\tx\nCapPrm:\t0\nCapEff:\t000001ffffffffff\n"));
        assert!(may_administer(b"CapEff:\t0000000000200000\n"));
        assert!(!may_administer(b"CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffdfffff\n"));
        assert!(!may_administer(b""));
    }
}
