//! Each form over values that have it and values that do not.

use super::{AccountFiles, Form, FormError};
use crate::model::{Digest, Entry, FileType, Observed, PerHostValue};

fn file(mode: u16) -> Entry {
    Entry { mode: Observed::Is(mode), ..Entry::unobserved(FileType::File) }
}

fn link(target: &[u8]) -> Entry {
    Entry { link_target: Observed::Is(target.into()), ..Entry::unobserved(FileType::Symlink) }
}

fn judged(form: &str, entry: &Entry, bytes: Option<&[u8]>) -> PerHostValue {
    let form = Form::parse(form).unwrap();
    form.judge(entry, b"name", bytes, &AccountFiles::default()).value
}

#[test]
fn a_value_has_its_form_or_not() {
    let check = |form: &str, value: &[u8], expect: bool| {
        let is = judged(form, &file(0o644), Some(value)) == PerHostValue::Conforms;
        assert_eq!(is, expect, "{form} {value:?}");
    };
    check("matches:[0-9a-f]{32}", b"0123456789abcdef0123456789abcdef\n", true);
    check("matches:[0-9a-f]{32}", b"0123456789abcdef0123456789abcdef", true);
    check("matches:[0-9a-f]{32}", b"0123456789abcdef0123456789abcdef\n\n", false);
    check("matches:[0-9a-f]{32}", b"x0123456789abcdef0123456789abcdef\n", false);
    check("matches:[0-9a-f]{32}", b"uninitialized\n", false);
    check("matches:a|b", b"ab\n", false);
    check("matches:a\\ b", b"a b", true);
    check("matches:\\w+", "ü".as_bytes(), false);
    check("matches:[^a]", b"\xff", true);
    check("one-of:dev,prod\\,1,a\\ b", b"prod,1\n", true);
    check("one-of:dev,prod\\,1,a\\ b", b"a b\n", true);
    check("one-of:dev,prod", b"dev,prod\n", false);
    check("one-of:dev,", b"\n", true);
    check("present", b"anything\0", true);
}

#[test]
fn of_links_the_target_counts_and_of_directories_the_presence() {
    let directory = Entry::unobserved(FileType::Directory);
    let check = |form, entry: &Entry, expect| assert_eq!(judged(form, entry, None), expect);
    check("matches:/usr/share/zoneinfo/[A-Z].*", &link(b"/usr/share/zoneinfo/UTC"), CONFORMS);
    check("matches:/usr/share/zoneinfo/[A-Z].*", &link(b"/tmp/x"), PerHostValue::Violates);
    check("one-of:a,b", &link(b"b"), CONFORMS);
    check("present", &link(b"x"), CONFORMS);
    check("present", &directory, CONFORMS);
    check("new", &directory, CONFORMS);
    check("new:a", &link(b"a"), CONFORMS);
    check("new:a", &link(b"b"), PerHostValue::Violates);
    check("lines:x", &link(b"x"), PerHostValue::Violates);
    check("matches:.*", &directory, PerHostValue::Violates);
    check("present", &Entry::unobserved(FileType::Fifo), PerHostValue::Violates);
}

const CONFORMS: PerHostValue = PerHostValue::Conforms;

#[test]
fn no_form_speaks_for_what_gives_power_or_is_too_large() {
    for mode in [0o4755, 0o4644, 0o2644] {
        assert_eq!(judged("present", &file(mode), None), PerHostValue::Violates, "{mode:o}");
    }
    assert_eq!(judged("present", &file(0o600), None), CONFORMS);
    assert_eq!(judged("matches:.*", &file(0o600), None), PerHostValue::Violates);
    assert_eq!(judged("lines:.*", &file(0o600), None), PerHostValue::Violates);
}

#[test]
fn lines_that_match_are_left_out_and_every_other_counts() {
    let left = |bytes: &[u8]| judged("lines:127\\.0\\.1\\.1\\s.*", &file(0o644), Some(bytes));
    let sum = |bytes: &[u8]| PerHostValue::Left(Digest::sha256_of(bytes));
    assert_eq!(left(b"127.0.0.1 a\n127.0.1.1 web\n::1 b\n"), sum(b"127.0.0.1 a\n::1 b\n"));
    assert_eq!(left(b"127.0.0.1 a\n"), sum(b"127.0.0.1 a\n"));
    assert_eq!(left(b"127.0.0.1 a"), sum(b"127.0.0.1 a"));
    assert_eq!(left(b"#127.0.1.1 web\n"), sum(b"#127.0.1.1 web\n"));
    assert_eq!(left(b""), sum(b""));
}

const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/bash\n\
    games:x:5:60::/usr/games:/sbin/nologin\n\
    ann:x:1000:1000::/home/ann:/bin/bash\n\
    bob:x:1001:100::/home/bob:/bin/bash\n\
    eve:x:1002:0::/home/eve:/bin/bash\n\
    root:x:1003:1003::/:/bin/sh\n\
    open::1004:1000::/:/bin/sh\n\
    +nis:x:1005:1000::/:/bin/sh\n\
    oct:x:01006:1000::/:/bin/sh\n\
    far:x:60001:1000::/:/bin/sh\n\
    adm1:x:1007:1007::/:/bin/sh\n\
    ops1:x:1008:1016::/:/bin/sh\n\
    wheel:x:1009:1009::/:/bin/sh\n\
    carl:x:1010:1010::/:/bin/sh\n\
    twin:x:1013:1013::/:/bin/sh\n\
    twin2:x:1013:1014::/:/bin/sh\n\
    alias:x:1015:1015::/:/bin/sh\n";

const GROUP: &[u8] =
    b"root:x:0:\nusers:x:100:ann,dora,bob\nsudo:x:27:adm1\nann:x:1000:\nbob:x:1001:\n\
    web:x:1012:\nwheel:x:1009:\nlxd:x:1011:carl\nadm1:x:1007:adm1\nalias:x:1017:alias\nalias2:x:1017:\ndocker:x:1016:\n";

fn left(name: &[u8], bytes: &[u8]) -> PerHostValue {
    let form = Form::parse("accounts:1000-59999,users").unwrap();
    let files = AccountFiles { passwd: Some(PASSWD), group: Some(GROUP) };
    form.judge(&file(0o644), name, Some(bytes), &files).value
}

/// Each line by itself: whether it is left out.
fn check(name: &str, line: &str, masked: bool) {
    let expect = if masked { "" } else { line };
    let found = left(name.as_bytes(), line.as_bytes());
    assert_eq!(found, PerHostValue::Left(Digest::sha256_of(expect.as_bytes())), "{name}: {line}");
}

#[test]
fn accounts_beyond_doubt_are_left_out_and_nothing_else() {
    for line in PASSWD.split_inclusive(|&byte| byte == b'\n') {
        let line = std::str::from_utf8(line).unwrap();
        check("passwd", line, line.starts_with("ann") || line.starts_with("bob"));
        check("passwd-", line, line.starts_with("ann") || line.starts_with("bob"));
    }
    check("shadow", "ann:$y$x:1:0:99999:7:::\n", true);
    check("shadow", "ann::1:0:99999:7:::\n", false);
    check("shadow", "root:$y$x:1:0:99999:7:::\n", false);
    check("shadow", "eve:$y$x:1:0:99999:7:::\n", false);
    check("shadow", "ann:x\n", false);
    check("group", "ann:x:1000:\n", true);
    // Who is in a group that stays has its rights, so his password is the image's matter.
    check("shadow", "adm1:$y$x:1:0:99999:7:::\n", false);
    check("shadow", "carl:$y$x:1:0:99999:7:::\n", false);
    check("group", "sudo:x:27:ann\n", false);
    check("group", "web:x:1012:\n", true);
    check("group", "web:x:1012:ann,bob\n", true);
    check("group", "web:x:1012:ann,games\n", false);
    check("group", "wheel:x:1009:\n", false);
    check("group", "bob:x:1001:bob\n", true);
    check("group", "bob:x:1001:ann\n", true);
    check("group", "bob:x:1001:eve\n", false);
    // Another's number is another's rights.
    check("group", "alias:x:1017:alias\n", false);
    check("group", "adm1:x:1007:adm1\n", true);
    check("gshadow", "ann:!::\n", true);
    check("gshadow", "sudo:*::ann\n", false);
    check("gshadow", "wheel:!::\n", false);
    check("subuid", "ann:100000:65536\n", true);
    check("subuid", "1000:100000:65536\n", true);
    check("subuid", "ann:0:65536\n", false);
    check("subgid", "root:100000:65536\n", false);
    check("subgid", "", true);
    assert_eq!(left(b"hosts", b""), PerHostValue::Violates);
}

#[test]
fn members_are_left_out_of_named_groups_alone() {
    let sum = |bytes: &[u8]| PerHostValue::Left(Digest::sha256_of(bytes));
    assert_eq!(left(b"group", b"users:x:100:ann,dora,bob\n"), sum(b"users:x:100:dora\n"));
    assert_eq!(left(b"group", b"users:x:100:ann\n"), sum(b"users:x:100:\n"));
    assert_eq!(left(b"group", b"users:x:100:\n"), sum(b"users:x:100:\n"));
    assert_eq!(left(b"group", b"users:x:100:eve\n"), sum(b"users:x:100:eve\n"));
    assert_eq!(left(b"gshadow", b"users:*::bob\n"), sum(b"users:*::\n"));
    // Administrators of a group are no members.
    assert_eq!(left(b"gshadow", b"users:*:bob:\n"), sum(b"users:*:bob:\n"));
}

#[test]
fn without_the_files_beside_nothing_is_left_out() {
    let form = Form::parse("accounts:1000-59999").unwrap();
    let line = b"ann:$y$x:1:0:99999:7:::\n";
    let found = form.judge(&file(0o644), b"shadow", Some(line), &AccountFiles::default());
    assert_eq!(found.value, PerHostValue::Left(Digest::sha256_of(line)));
}

#[test]
fn a_form_that_cannot_be_read_says_why() {
    let check = |form: &str, expect: &str| {
        let error: FormError = Form::parse(form).unwrap_err();
        assert!(error.to_string().contains(expect), "{form}: {error}");
    };
    check("matchs:x", "did you mean \"matches\"?");
    check("zzz", "unknown form \"zzz\"; forms are present, new[:REGEX], matches:REGEX");
    check("matches:", "write matches:REGEX");
    check("matches", "write matches:REGEX");
    check("present:", "has nothing after it");
    check("matches:a)|(b", "the expression cannot be read: unopened group");
    check("matches:(?P<", "the expression cannot be read");
    check("matches:(a{1000}){1000}", "too large");
    check("lines:(((((a{20}){20}){20}){20}){20})", "too large");
    check(&format!("matches:{}", "a".repeat(1025)), "too large");
    check(&format!("matches:{}a{}", "(".repeat(60), ")".repeat(60)), "cannot be read");
    for range in ["1000", "x-y", "2-1", "1000-59999,", "-1-5", "1000-59999999999"] {
        check(&format!("accounts:{range}"), "no range of numbers");
    }
}
