//! Changes of shape: another type, names that come, go and move.
#![expect(clippy::print_stderr, reason = "the number of cases is part of what the test shows")]

use drift_core::model::FileType;
use drift_core::source::MemoryVolume;
use drift_testkit::need;

use super::scene::{
    TYPES, difference, everything, memory, put, put_real, real, real_stage, settle, stage, told,
};

/// Compares two volumes under `read-only` and under every attribute; both must say the same.
fn check(before: impl Fn() -> MemoryVolume, after: impl Fn() -> MemoryVolume, expected: &[&str]) {
    for rules in [String::new(), everything()] {
        let comparison = difference(&memory(before(), &rules), &memory(after(), &rules));
        assert_eq!(told(&comparison), expected, "under {rules:?}");
        assert_eq!(comparison.not_compared, 0);
    }
}

/// A base that is changed by one step.
fn check_step(step: impl Fn(&mut MemoryVolume), expected: &[&str]) {
    let stepped = || {
        let mut volume = furnished();
        step(&mut volume);
        volume
    };
    check(furnished, stepped, expected);
}

fn furnished() -> MemoryVolume {
    let mut volume = stage(FileType::File);
    volume.file(b"etc/one", b"1");
    volume.file(b"etc/two", b"2");
    volume.file(b"etc/empty", b"");
    volume.file(b"lib/x/deep/file", b"deep");
    volume.symlink(b"lib/x/link", b"deep/file");
    volume.fifo(b"lib/x/fifo");
    volume.directory(b"lib/x/void");
    volume
}

#[test]
fn every_type_becomes_every_other_and_is_counted_once() {
    let mut cases = 0;
    let root = need::root();
    for before in TYPES {
        for after in TYPES.into_iter().filter(|after| *after != before) {
            check(|| stage(before), || stage(after), &["modified /d/subject: type"]);
            cases += 1;
            if root.is_some() {
                let place = real_stage(before);
                let first = real(place.path(), "");
                let place = settle(put_real(place.remove("d/subject"), after, "d/subject"));
                let told = told(&difference(&first, &real(place.path(), "")));
                assert_eq!(told, ["modified /d/subject: type"], "{before} to {after}");
                cases += 1;
            }
        }
    }
    eprintln!("detection: {cases} changes of type");
    assert!(cases >= 42);
}

#[test]
fn a_directory_that_becomes_a_file_loses_what_was_in_it() {
    check_step(
        |volume| {
            volume.remove(b"etc").file(b"etc", b"now a file");
        },
        &["modified /etc: type", "removed /etc/empty", "removed /etc/one", "removed /etc/two"],
    );
}

#[test]
fn each_type_comes_and_goes_once() {
    for file_type in TYPES {
        let with = || {
            let mut volume = furnished();
            put(&mut volume, file_type, b"etc/new").xattr(b"user.only-here", b"1");
            volume
        };
        check(furnished, with, &["added /etc/new"]);
        check(with, furnished, &["removed /etc/new"]);
    }
}

#[test]
fn a_renamed_file_and_link_are_one_change_each() {
    check_step(
        |volume| {
            volume.remove(b"etc/one").file(b"usr/one", b"1");
        },
        &["added /usr", "moved /usr/one from /etc/one"],
    );
    check_step(
        |volume| {
            volume.remove(b"lib/x/link").symlink(b"lib/x/renamed", b"deep/file");
        },
        &["moved /lib/x/renamed from /lib/x/link"],
    );
}

/// Empty files are too alike to say which became which.
#[test]
fn an_empty_file_is_not_known_again() {
    check_step(
        |volume| {
            volume.remove(b"etc/empty").file(b"etc/void", b"");
        },
        &["removed /etc/empty", "added /etc/void"],
    );
}

/// Two copies came where one went: which one moved is not known, so nothing is called moved.
#[test]
fn of_two_copies_none_is_called_moved() {
    check_step(
        |volume| {
            volume.remove(b"etc/one").file(b"etc/one-a", b"1");
            volume.file(b"etc/one-b", b"1");
        },
        &["removed /etc/one", "added /etc/one-a", "added /etc/one-b"],
    );
}

#[test]
fn a_moved_file_with_other_permissions_is_no_move() {
    check_step(
        |volume| {
            volume.remove(b"etc/one").file(b"etc/uno", b"1").mode(0o4755);
        },
        &["removed /etc/one", "added /etc/uno"],
    );
}

#[test]
fn two_siblings_that_swap_names_are_two_changes() {
    check_step(
        |volume| {
            volume.file(b"etc/one", b"2");
            volume.file(b"etc/two", b"1");
        },
        &["modified /etc/one: digest", "modified /etc/two: digest"],
    );
}

#[test]
fn a_directory_moves_with_what_is_in_it() {
    let moved = || {
        let mut volume = furnished();
        volume.remove(b"lib/x");
        volume.file(b"lib/y/deep/file", b"deep");
        volume.symlink(b"lib/y/link", b"deep/file");
        volume.fifo(b"lib/y/fifo");
        volume.directory(b"lib/y/void");
        volume
    };
    check(
        furnished,
        moved,
        &[
            // Pipes and empty directories cannot be told apart, so they come and go.
            "removed /lib/x/fifo",
            "removed /lib/x/void",
            "moved /lib/y from /lib/x",
            "moved /lib/y/deep from /lib/x/deep",
            "moved /lib/y/deep/file from /lib/x/deep/file",
            "added /lib/y/fifo",
            "moved /lib/y/link from /lib/x/link",
            "added /lib/y/void",
        ],
    );
}

#[test]
fn a_second_name_is_one_more_entry_and_the_count_of_the_first() {
    check_step(
        |volume| {
            volume.hard_link(b"etc/one", b"etc/three");
        },
        &["modified /etc/one: nlink,hardlinks", "added /etc/three"],
    );
}

/// Sorted by name bytes within a directory, `-` before `/`: the order of the walk is not that of
/// whole paths, and the merge-join must not stumble over it.
#[test]
fn names_around_the_slash_do_not_confuse_the_join() {
    let build = |extra: Option<&[u8]>| {
        let mut volume = MemoryVolume::new();
        for path in [&b"a/x"[..], b"a-b", b"a.b", b"a0/x", b"a/b/c", b"a/b-c", b"\xff", b"a\n/x"] {
            volume.file(path, path);
        }
        if let Some(path) = extra {
            volume.file(path, b"new");
        }
        volume
    };
    for name in ["a-a", "a/b!", "a/b/", "a!/z", "a/b/c-", "z", "!", "a/b/b"] {
        let name = name.trim_end_matches('/').to_owned() + "+";
        let expected = format!("added /{name}");
        let comparison =
            difference(&memory(build(None), ""), &memory(build(Some(name.as_bytes())), ""));
        let told: Vec<String> =
            told(&comparison).into_iter().filter(|line| line != "added /a!").collect();
        assert_eq!(told, [expected]);
    }
}

/// What the kernel does along the way: chown(2) takes setuid and capabilities from a program, and
/// the mask of an ACL stands in the permission bits of the group.
#[test]
fn what_the_kernel_changes_along_is_told_too() {
    if need::root().is_none() {
        return;
    }
    let net_raw = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let check = |root: &drift_testkit::TempRoot, before: &_, expected: &str| {
        let expected = [format!("modified /d/subject: {expected}")];
        assert_eq!(told(&difference(before, &real(root.path(), ""))), expected);
    };
    let root = real_stage(FileType::File).mode("d/subject", 0o4755);
    let root = root.xattr("d/subject", "security.capability", &net_raw);
    let before = real(root.path(), "");
    check(&root.owner("d/subject", 7, 0), &before, "mode,uid,capability");

    let root = real_stage(FileType::File);
    let before = real(root.path(), "");
    let mut acl = vec![2, 0, 0, 0];
    for (tag, permissions, id) in
        [(1, 6, u32::MAX), (2, 6, 1000), (4, 4, u32::MAX), (16, 6, u32::MAX), (32, 4, u32::MAX)]
    {
        acl.extend([tag, 0, permissions, 0]);
        acl.extend(u32::to_le_bytes(id));
    }
    let root = root.xattr("d/subject", "system.posix_acl_access", &acl);
    check(&root, &before, "mode,acl");
}
