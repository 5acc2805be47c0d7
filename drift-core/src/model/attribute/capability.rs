//! File capabilities, decoded from `security.capability`.
//!
//! The layout is `struct vfs_cap_data` and `vfs_ns_cap_data` of `linux/capability.h`; the text is
//! that of getcap(8), so that an administrator can read and repeat it.

use super::value::base64;
use super::{Attribute, EVERYWHERE, Value, decoded};
use crate::model::kind::{FileType, FileTypes};

/// Files alone: the kernel honours them at exec.
const FILES: FileTypes = FileTypes::of(&[FileType::File]);

pub(super) const CAPABILITY: Attribute = Attribute {
    name: "capability",
    meaning: "file capabilities in the form of getcap(8), from security.capability (capabilities(7))",
    types: FILES,
    compared: FILES,
    guarded: true,
    sources: EVERYWHERE,
    xattrs: &[b"security.capability"],
    get: |entry| {
        decoded(entry, b"security.capability", |raw| Value::Text(to_text(raw).into_bytes().into()))
    },
};

/// The names of `linux/capability.h`, by bit number.
const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

fn to_text(raw: &[u8]) -> String {
    decode(raw).unwrap_or_else(|| format!("malformed:{}", base64(raw)))
}

fn decode(raw: &[u8]) -> Option<String> {
    let mut words =
        raw.chunks_exact(4).filter_map(|word| word.try_into().ok()).map(u32::from_le_bytes);
    if !raw.len().is_multiple_of(4) {
        return None;
    }
    let magic = words.next()?;
    let (pairs, namespaced) = match magic >> 24 {
        1 => (1, false),
        2 => (2, false),
        3 => (2, true),
        _ => return None,
    };
    let (mut permitted, mut inheritable) = (0u64, 0u64);
    for pair in 0..pairs {
        permitted |= u64::from(words.next()?) << (32 * pair);
        inheritable |= u64::from(words.next()?) << (32 * pair);
    }
    let root = if namespaced { Some(words.next()?) } else { None };
    if words.next().is_some() {
        return None;
    }
    let effective = if magic & 1 == 1 { "e" } else { "" };
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for bit in 0..64 {
        let mut set = String::new();
        if permitted >> bit & 1 == 1 {
            set = format!("{effective}p");
        }
        if inheritable >> bit & 1 == 1 {
            set = format!(
                "{}i{}",
                if set.is_empty() { "" } else { effective },
                if set.is_empty() { "" } else { "p" }
            );
        }
        if set.is_empty() {
            continue;
        }
        let name = NAMES.get(bit).map_or_else(|| bit.to_string(), |name| format!("cap_{name}"));
        match groups.iter_mut().find(|(existing, _)| *existing == set) {
            Some((_, names)) => names.push(name),
            None => groups.push((set, vec![name])),
        }
    }
    let mut text: Vec<String> =
        groups.into_iter().map(|(set, names)| format!("{}={set}", names.join(","))).collect();
    if text.is_empty() {
        text.push("=".to_owned());
    }
    if let Some(root) = root {
        text.push(format!("[rootid={root}]"));
    }
    Some(text.join(" "))
}

/// Returns the value of `security.capability` for a text of cap_from_text(3), in revision 2; `None`
/// for no capabilities. A text that makes no sense gives a value that no kernel writes.
#[must_use]
pub fn capability_from_text(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return None;
    }
    let Some([effective, permitted, inheritable]) = sets(text) else { return Some(text.to_vec()) };
    let magic = 0x0200_0000_u32 | u32::from(effective != 0);
    let mut raw = magic.to_le_bytes().to_vec();
    for shift in [0, 32] {
        for set in [permitted, inheritable] {
            raw.extend_from_slice(&((set >> shift) as u32).to_le_bytes());
        }
    }
    Some(raw)
}

/// The sets that a text names: effective, permitted, inheritable.
fn sets(text: &[u8]) -> Option<[u64; 3]> {
    let mut sets = [0_u64; 3];
    for clause in std::str::from_utf8(text).ok()?.split_ascii_whitespace() {
        let operators = clause.find(['=', '+', '-'])?;
        let (names, mut rest) = clause.split_at(operators);
        let mask = names.split(',').try_fold(0, |mask, name| Some(mask | bit(name)?))?;
        while let Some(operator) = rest.chars().next() {
            let flags = rest.get(1..)?;
            let end = flags.find(['=', '+', '-']).unwrap_or(flags.len());
            let (these, next) = flags.split_at(end);
            for (set, letter) in sets.iter_mut().zip(['e', 'p', 'i']) {
                let named = these.contains(letter);
                match operator {
                    '=' => *set = if named { *set | mask } else { *set & !mask },
                    '+' if named => *set |= mask,
                    '-' if named => *set &= !mask,
                    _ => {}
                }
            }
            if these.contains(|letter| !['e', 'p', 'i'].contains(&letter)) {
                return None;
            }
            rest = next;
        }
    }
    Some(sets)
}

/// The bit of a capability by name, or all of them.
fn bit(name: &str) -> Option<u64> {
    if name.is_empty() || name.eq_ignore_ascii_case("all") {
        return Some((1 << NAMES.len()) - 1);
    }
    let name = name.strip_prefix("cap_").or_else(|| name.strip_prefix("CAP_")).unwrap_or(name);
    let at = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name));
    at.or_else(|| name.parse().ok().filter(|bit| *bit < 64)).map(|bit| 1 << bit)
}

#[cfg(test)]
mod tests {
    use super::{capability_from_text, to_text};

    /// What getcap(8) says gives the bytes that setcap(8) wrote, in each form that rpm uses.
    #[test]
    fn texts_give_what_setcap_writes() {
        let raw = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        for text in ["cap_net_raw=ep", "= cap_net_raw+ep", "cap_net_raw+p cap_net_raw+e"] {
            assert_eq!(capability_from_text(text.as_bytes()).as_deref(), Some(&raw[..]), "{text}");
        }
        let both = capability_from_text(b"cap_net_admin,cap_net_raw=p cap_chown+i").expect("some");
        assert_eq!(to_text(&both), "cap_chown=i cap_net_admin,cap_net_raw=p");
        assert_eq!(capability_from_text(b" "), None);
        assert_eq!(capability_from_text(b"cap_none=e").as_deref(), Some(&b"cap_none=e"[..]));
        assert_eq!(capability_from_text(b"nonsense").as_deref(), Some(&b"nonsense"[..]));
    }

    /// The bytes are what setcap(8) wrote, the texts what getcap(8) said of them.
    #[test]
    fn as_getcap_says() {
        let check = |raw: &[u8], expect: &str| assert_eq!(to_text(raw), expect);
        check(&[1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "cap_net_raw=ep");
        check(
            &[0, 0, 0, 2, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            "cap_net_bind_service=ip",
        );
        check(b"", "malformed:");
        check(b"abc", "malformed:YWJj");
    }
}
