//! What could not be seen never reads as a pass: every way of not seeing, through the real check.

use drift_core::capture::{self, Options, Parts, RuleSource};
use drift_core::check::{Outcome, Reference, Target, View};
use drift_core::source::{Errno, Faulty, MemoryVolume, Operation, Source};

use super::{Asked, DENIES_NOTHING, checked, memory, set, system};

fn section(section: &str) -> Asked<'_> {
    Asked { rules: DENIES_NOTHING, paths: "[]", section }
}

fn path(paths: &str) -> Asked<'_> {
    Asked { rules: DENIES_NOTHING, paths, section: "" }
}

/// Status and reason of the one policy.
fn ended(outcome: &Outcome) -> (&'static str, String) {
    let policy = &outcome.report.policies[0];
    (policy.status, policy.reason.clone().unwrap_or_default())
}

fn against_itself(target: &dyn Source, asked: Asked<'_>, rules: &str, parts: Parts) -> Outcome {
    let before = memory(system());
    let reference = Reference::Other(Target::Live(&before));
    checked(&Target::Live(target), &reference, set(&[asked]), rules, parts)
}

fn not_checked(target: &dyn Source, asked: Asked<'_>, rules: &str, why: &str) {
    let outcome = against_itself(target, asked, rules, Parts::ALL);
    let (status, reason) = ended(&outcome);
    assert_eq!(status, "notchecked", "{asked:?} {rules:?}: {reason}");
    assert!(reason.contains(why), "{asked:?}: {reason:?} says nothing of {why:?}");
}

fn passes(target: &dyn Source, asked: Asked<'_>, rules: &str) {
    let outcome = against_itself(target, asked, rules, Parts::ALL);
    assert_eq!(ended(&outcome), ("pass", String::new()), "{asked:?} {rules:?}");
}

const WHOLE: &str = "read-only /";

#[test]
fn what_is_all_there_passes() {
    for name in [
        "accounts",
        "accounts.password",
        "accounts.authorized_keys",
        "accounts.start_files",
        "settings",
        "lists.setuid",
        "lists.setgid",
        "lists.capabilities",
        "lists.world_writable",
        "lists.without_account",
        "lists.temporary_executables",
        "lists.devices",
        "changes",
        "baseline",
        "coverage",
        "problems",
        "target",
    ] {
        passes(&memory(system()), section(name), WHOLE);
    }
    for paths in ["[/etc/passwd]", "[/etc/none]", "['/etc/*']", "['/**/none']", "[/bin/sudo]"] {
        passes(&memory(system()), path(paths), WHOLE);
    }
}

#[test]
fn what_such_a_target_or_run_has_not() {
    let target = memory(system());
    not_checked(&target, section("image"), WHOLE, "the target is no image");
    not_checked(&target, section("packages"), WHOLE, "no package database was found");
    not_checked(&target, section("lists.unowned"), WHOLE, "no package database was found");
    let parts = Parts { entries: false, packages: true };
    for (asked, why) in [
        (section("lists.setuid"), "entries are left out"),
        (section("accounts"), "entries are left out"),
        (section("settings"), "entries are left out"),
        (section("changes"), "could not be compared"),
        (path("[/etc/passwd]"), "entries are left out"),
        (path("['/etc/*']"), "entries are left out"),
    ] {
        let (status, reason) = ended(&against_itself(&target, asked, WHOLE, parts));
        assert_eq!(status, "notchecked", "{asked:?}");
        assert!(reason.contains(why), "{reason}");
    }
    let outcome = checked(
        &Target::Live(&target),
        &Reference::PackageDatabase,
        set(&[section("baseline")]),
        WHOLE,
        Parts::ALL,
    );
    let (status, reason) = ended(&outcome);
    assert_eq!((status, reason.contains("there is no baseline")), ("notchecked", true), "{reason}");
}

#[test]
fn a_root_without_accounts_is_no_merit() {
    let mut volume = MemoryVolume::new();
    volume.file(b"srv/data", b"1");
    let target = memory(volume);
    not_checked(&target, section("accounts"), WHOLE, "there is no /etc/passwd");
    not_checked(&target, section("lists.without_account"), WHOLE, "there is no /etc/passwd");
    passes(&target, section("settings"), WHOLE);
}

#[test]
fn what_a_rule_leaves_out() {
    let target = memory(system());
    let rules = "ignore /usr/bin\nignore /etc/shadow\nignore /root/.ssh";
    not_checked(&target, section("lists.setuid"), rules, "ignore /usr/bin");
    not_checked(&target, path("[/usr/bin/sudo]"), rules, "ignore /usr/bin");
    not_checked(&target, path("[/bin/sudo]"), rules, "ignore /usr/bin");
    not_checked(&target, path("['/usr/**']"), rules, "ignore /usr/bin");
    not_checked(&target, path("['/usr/bin/*']"), rules, "ignore /usr/bin");
    not_checked(&target, section("accounts.password"), rules, "ignore /etc/shadow");
    not_checked(&target, section("accounts.authorized_keys"), rules, "ignore /root/.ssh");
    // sshd runs ~/.ssh/rc.
    not_checked(&target, section("accounts.start_files"), rules, "ignore /root/.ssh");
    passes(&target, section("accounts"), rules);
    passes(&target, path("['/srv/*']"), rules);
    not_checked(&target, path("['/bin/s*']"), "ignore /usr/bin/sudo", "ignore /usr/bin/sudo");
    not_checked(&target, path("['/srv/*']"), "ignore strange", "ignore strange");
    passes(&target, path("['/srv/*']"), "ignore /nothing/here");
    passes(&target, section("lists.setuid"), "ignore /nothing/here");
    // The policy that asks for passwords is told by its text.
    let asked = Asked {
        rules: "deny contains {\"path\": name} if { some name, user in input.accounts.users\n \
                user.password == \"never\" }",
        ..section("")
    };
    not_checked(&target, asked, rules, "ignore /etc/shadow");
}

#[test]
fn what_a_mount_hides() {
    let mut volume = system();
    volume.mount(b"srv/net", "nfs4");
    volume.mount(b"proc", "proc");
    let target = memory(volume);
    not_checked(&target, section("lists.setuid"), WHOLE, "listed, first /srv/net");
    not_checked(&target, path("[/srv/net/x]"), WHOLE, "/srv/net: ");
    not_checked(&target, path("['/srv/**']"), WHOLE, "/srv/net: ");
    not_checked(&target, path("[/proc/version]"), WHOLE, "mounted on /proc (proc)");
    not_checked(&target, path("['/proc/*']"), WHOLE, "mounted on /proc (proc)");
    passes(&target, path("['/etc/**']"), WHOLE);
    // The kernel's own file systems hold no programs: they hide nothing from lists.
    let mut volume = system();
    volume.mount(b"proc", "proc");
    passes(&memory(volume), section("lists.setuid"), WHOLE);
}

/// What is unreadable, and who cannot pass for it.
#[test]
fn what_could_not_be_read() {
    let faulty = |operation, name: &[u8]| memory(Faulty::on(system(), operation, name, Errno::IO));
    for operation in [Operation::OpenDirectory, Operation::List] {
        let target = faulty(operation, b"srv");
        not_checked(&target, section("lists.setuid"), WHOLE, "1 directory could not be listed");
        not_checked(&target, path("[/srv/none]"), WHOLE, "/srv: ");
        not_checked(&target, path("['/srv/*']"), WHOLE, "/srv: ");
        not_checked(&target, section("changes"), WHOLE, "could not be compared");
        passes(&target, path("['/etc/*']"), WHOLE);
        passes(&target, section("accounts"), WHOLE);
    }
    let target = faulty(Operation::OpenDirectory, b"etc");
    not_checked(&target, section("accounts"), WHOLE, "/etc: ");
    not_checked(&target, section("accounts.password"), WHOLE, "/etc: ");
    not_checked(&target, section("settings"), WHOLE, "/etc: ");
    let target = faulty(Operation::OpenDirectory, b"root");
    not_checked(&target, section("accounts.authorized_keys"), WHOLE, "/root: ");
    not_checked(&target, section("accounts.start_files"), WHOLE, "/root: ");
    passes(&target, section("accounts"), WHOLE);
    for (name, asked) in [
        ("passwd", section("accounts")),
        ("passwd", section("lists.without_account")),
        ("group", section("accounts")),
        ("shadow", section("accounts.password")),
        ("ld.so.preload", section("settings")),
        ("sudo", path("[/usr/bin/sudo]")),
        ("sudo", path("[/bin/sudo]")),
        ("sudo", path("['/usr/bin/*']")),
    ] {
        not_checked(&faulty(Operation::Open, name.as_bytes()), asked, WHOLE, name);
    }
    let target = faulty(Operation::Xattrs, b"sudo");
    not_checked(&target, section("lists.capabilities"), WHOLE, "extended attributes of 1 file");
    passes(&target, section("lists.setuid"), WHOLE);
    let target = faulty(Operation::Stat, b"sudo");
    not_checked(&target, section("lists.setuid"), WHOLE, "1 object could not be examined");
    not_checked(&target, path("[/usr/bin/sudo]"), WHOLE, "/usr/bin/sudo: ");
}

#[test]
fn a_denial_is_never_hidden() {
    let target = memory(Faulty::on(system(), Operation::OpenDirectory, b"srv", Errno::IO));
    let asked = Asked {
        rules: "deny contains {\"path\": file.path} if { some file in input.lists.setuid }",
        paths: "[]",
        section: "lists.setuid",
    };
    assert_eq!(ended(&against_itself(&target, asked, WHOLE, Parts::ALL)).0, "fail");
}

/// A directory of the kernel hides no home but that of `sys`, and no form of a home hides what is in it.
#[test]
fn homes_that_nobody_saw() {
    let with = |home: &[u8]| {
        let mut volume = system();
        let line = [b"root:x:0:0::", home, b":/bin/sh\n"].concat();
        volume.file(b"etc/passwd", &line);
        volume.mount(b"dev", "devtmpfs");
        volume.mount(b"proc", "proc");
        memory(volume)
    };
    for home in ["/dev", "/dev/", "/nonexistent", ""] {
        passes(&with(home.as_bytes()), section("accounts.authorized_keys"), WHOLE);
        passes(&with(home.as_bytes()), section("accounts.start_files"), WHOLE);
    }
    for home in ["/dev/shm/x", "/proc/1/root", "dev/shm", "/srv/../dev/shm"] {
        let asked = section("accounts.authorized_keys");
        not_checked(&with(home.as_bytes()), asked, WHOLE, "");
        not_checked(&with(home.as_bytes()), section("accounts.start_files"), WHOLE, "");
    }
}

#[test]
fn accounts_of_nis_are_not_seen() {
    let mut volume = system();
    volume.file(b"etc/passwd", b"root:x:0:0::/root:/bin/sh\n+::::::\n");
    not_checked(&memory(volume), section("accounts"), WHOLE, "/etc/passwd:2 brings in accounts");
}

#[test]
fn an_account_file_that_is_no_file_or_too_large() {
    let mut volume = system();
    volume.remove(b"etc/passwd").directory(b"etc/passwd");
    not_checked(&memory(volume), section("accounts"), WHOLE, "of type directory");
    let mut volume = system();
    volume.file(b"etc/shadow", &vec![b'#'; (16 << 20) + 1]);
    not_checked(&memory(volume), section("accounts.password"), WHOLE, "larger than 16 MiB");
    let mut volume = system();
    volume.remove(b"etc/shadow");
    passes(&memory(volume), section("accounts.password"), WHOLE);
}

/// Accounts that a rule judges by their form are read once, for the digest, the form and policies.
#[test]
fn every_class_lets_accounts_be_read() {
    for class in [
        "read-only /etc",
        "dynamic /etc",
        "secret /etc",
        "growing /etc",
        "expected-per-host accounts:1000-59999,users /etc/passwd\n\
         expected-per-host accounts:1000-59999,users /etc/group\n\
         expected-per-host accounts:1000-59999,users /etc/shadow",
    ] {
        let asked = Asked {
            rules: "deny contains {\"path\": \"/etc/shadow\"} if {\n \
                    input.accounts.users.ann.password == \"set\"\n \
                    input.accounts.users.ann.groups[0] == \"adm\"\n \
                    count(input.settings.ld_so_preload.libraries) == 1 }",
            ..section("accounts")
        };
        let outcome = against_itself(&memory(system()), asked, class, Parts::ALL);
        assert_eq!(ended(&outcome).0, "fail", "{class}");
    }
}

#[test]
fn a_stored_snapshot_has_entries_and_no_content() {
    let (pool, cancel) =
        (drift_core::bounds::Pool::new(1).unwrap(), drift_core::bounds::Cancel::new());
    let run = capture::Run {
        pool: &pool,
        cancel: &cancel,
        observer: &drift_core::bounds::Silent,
        artifacts: &[],
    };
    let options = Options {
        rules: RuleSource::Whole(WHOLE.to_owned()),
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    let captured = capture::capture(&memory(system()), &options, &run).unwrap();
    let bytes = drift_core::baseline::encode(&captured.snapshot).unwrap().bytes;
    let snapshot = drift_core::baseline::UnverifiedSnapshot::decode(bytes.into()).unwrap();
    let view = View::of_unverified(&snapshot);
    let before = memory(system());
    let ask = |asked: Asked<'_>| {
        let reference = Reference::Other(Target::Live(&before));
        checked(&Target::Stored(&view), &reference, set(&[asked]), WHOLE, Parts::ALL)
    };
    for (asked, why) in [
        (section("accounts"), "holds no content of /etc/passwd"),
        (section("accounts.password"), "holds no content of /etc/shadow"),
        (section("settings"), "holds no content of /etc/ld.so.preload"),
        (section("lists.unowned"), "does not tell who owns what"),
    ] {
        let (status, reason) = ended(&ask(asked));
        assert_eq!((status, reason.contains(why)), ("notchecked", true), "{reason}");
    }
    let asked = Asked {
        rules: "deny contains {\"path\": file.path} if { some file in input.lists.setuid }\n\
                deny contains {\"path\": \"/bin/sudo\"} if { \
                input.files[\"/bin/sudo\"].mode == \"4755\" }",
        paths: "[/bin/sudo]",
        section: "lists.setuid",
    };
    let outcome = ask(asked);
    let evidence = &outcome.report.policies[0].evidence;
    let paths: Vec<_> = evidence.iter().filter_map(|one| one.path.as_deref()).collect();
    assert_eq!(paths, ["/bin/sudo", "/usr/bin/sudo"]);
}

/// An archive carries file capabilities in records of PAX alone, and directories only where it says so.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test writes an archive on its own")]
fn what_an_archive_does_not_say() {
    let root = drift_testkit::TempRoot::new();
    let opened = |name: &str, members: &[Vec<u8>]| {
        let path = root.at(name);
        std::fs::write(&path, crate::image::layout::archive(members)).unwrap();
        let selection = drift_core::source::Selection::default();
        drift_core::source::open(&format!("tar:{}", path.display()), &selection).unwrap()
    };
    let member = crate::image::layout::member;
    let described = [member("./", b'5', "", b""), member("a", b'0', "", b"1")];
    let archive = opened("described.tar", &described);
    not_checked(&*archive, section("lists.capabilities"), WHOLE, "carries no file capabilities");
    passes(&*archive, section("lists.setuid"), WHOLE);
    let archive = opened("implied.tar", &[described[0].clone(), member("d/a", b'0', "", b"1")]);
    not_checked(&*archive, section("lists.world_writable"), WHOLE, "/d");
}
