//! File capabilities as packages write them, cap_from_text(3), brought into the one form that
//! drift shows, so that two ways to write the same set compare equal.

use crate::model::attribute::{CAPABILITY_NAMES, capability_text};

/// Bits of `VFS_CAP_REVISION_2` and `VFS_CAP_FLAGS_EFFECTIVE` in `linux/capability.h`.
const REVISION_2: u32 = 0x0200_0000;
const EFFECTIVE: u32 = 1;

/// The three sets of bits.
#[derive(Debug, Default)]
struct Sets {
    effective: u64,
    inheritable: u64,
    permitted: u64,
}

/// Returns the text in drift's form; the empty text for none, `None` for what is not understood.
pub(super) fn canonical(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let mut sets = Sets::default();
    for clause in text.split_ascii_whitespace() {
        apply(&mut sets, clause)?;
    }
    if sets.permitted | sets.inheritable | sets.effective == 0 {
        return Some(String::new());
    }
    let magic = REVISION_2 | if sets.effective == 0 { 0 } else { EFFECTIVE };
    let low = |set: u64| u32::try_from(set & u64::from(u32::MAX)).unwrap_or(0);
    let words = [
        magic,
        low(sets.permitted),
        low(sets.inheritable),
        low(sets.permitted >> 32),
        low(sets.inheritable >> 32),
    ];
    let raw: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    Some(capability_text(&raw))
}

/// Applies one clause: names, then operators each with letters of sets.
fn apply(sets: &mut Sets, clause: &str) -> Option<()> {
    let operator = clause.find(['=', '+', '-'])?;
    let (names, mut actions) = clause.split_at_checked(operator)?;
    let mut bits = 0u64;
    for name in names.split(',').filter(|_| !names.is_empty()) {
        bits |= bit(name)?;
    }
    // Of no name at all `=` means every capability.
    if names.is_empty() {
        bits = every();
    }
    while let Some(operator) = actions.chars().next() {
        let rest = actions.get(1..)?;
        let end = rest.find(['=', '+', '-']).unwrap_or(rest.len());
        let (letters, next) = rest.split_at_checked(end)?;
        let all = [&mut sets.effective, &mut sets.inheritable, &mut sets.permitted];
        if letters.chars().any(|letter| !"eip".contains(letter)) {
            return None;
        }
        for (set, letter) in all.into_iter().zip(['e', 'i', 'p']) {
            let named = letters.contains(letter);
            match operator {
                '=' if named => *set |= bits,
                '+' if named => *set |= bits,
                '-' if named => *set &= !bits,
                '=' => *set &= !bits,
                _ => {}
            }
        }
        actions = next;
    }
    Some(())
}

fn bit(name: &str) -> Option<u64> {
    if name.eq_ignore_ascii_case("all") {
        return Some(every());
    }
    let number = match name.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("cap_") => {
            let name = name.get(4..)?.to_ascii_lowercase();
            CAPABILITY_NAMES.iter().position(|known| **known == name)?
        }
        _ => name.parse().ok()?,
    };
    1u64.checked_shl(u32::try_from(number).ok()?)
}

fn every() -> u64 {
    let count = u32::try_from(CAPABILITY_NAMES.len()).unwrap_or(0);
    1u64.checked_shl(count).unwrap_or(0).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    /// What cap_to_text(3) of libcap 2.22 and of 2.66 write for the same sets.
    #[test]
    fn old_and_new_spellings_are_one() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(canonical(text.as_bytes()).as_deref(), expect, "{text}");
        };
        check("", Some(""));
        check("=", Some(""));
        check("= cap_net_raw+ep", Some("cap_net_raw=ep"));
        check("cap_net_raw=ep", Some("cap_net_raw=ep"));
        check("= cap_net_admin,cap_net_raw+ep", Some("cap_net_admin,cap_net_raw=ep"));
        check("cap_net_raw,cap_net_admin+ep", Some("cap_net_admin,cap_net_raw=ep"));
        check("cap_setuid=p cap_setgid=i", canonical(b"cap_setgid=i cap_setuid=p").as_deref());
        check("CAP_CHOWN=ep", Some("cap_chown=ep"));
        check("=ep cap_chown-ep", canonical(b"all=ep cap_chown=").as_deref());
        check("cap_none=ep", None);
        check("cap_chown", None);
        check("cap_chown=x", None);
        assert_eq!(canonical(b"\xff=ep"), None);
    }
}
