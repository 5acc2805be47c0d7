//! Built-in profiles: which one a system gets, and what the less usual ones say.

use drift_core::capture::{RuleSource, rules_for, systems};
use drift_core::model::{PerHostValue, SourceKind, TreePath};
use drift_core::rules::{AccountFiles, Class, PROFILES, Rule, RuleSet};
use drift_core::source::{MemoryVolume, Walked};

fn profile_of(release: &str) -> Vec<String> {
    let mut volume = MemoryVolume::new();
    volume.file(b"etc/os-release", release.as_bytes());
    let source = Walked::new(volume, SourceKind::Memory, "memory:");
    let detected = RuleSource::Layers { profiles: Vec::new(), texts: Vec::new() };
    rules_for(&detected, &systems(&source)).unwrap().1
}

#[test]
fn a_system_gets_its_own_profile_or_that_of_its_nearest_kin() {
    let check = |release: &str, expected: &[&str]| assert_eq!(profile_of(release), expected);
    check("ID=debian\n", &["debian"]);
    check("ID=ubuntu\nID_LIKE=debian\n", &["debian"]);
    check("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", &["debian"]);
    check("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", &["rhel"]);
    check("ID=\"amzn\"\nID_LIKE=\"fedora\"\n", &["rhel"]);
    check("ID=alpine\n", &["alpine"]);
    check("ID=postmarketos\nID_LIKE=alpine\n", &["alpine"]);
    check("ID=arch\n", &[]);
    check("ID=image\nID_LIKE=container\n", &[]);
    check("", &[]);
}

fn rules(profiles: &[&str]) -> RuleSet {
    let texts: Vec<(&str, &str)> = profiles
        .iter()
        .map(|name| PROFILES.iter().find(|profile| profile.name == *name).unwrap())
        .map(|profile| (profile.name, profile.text))
        .collect();
    RuleSet::parse(&texts).unwrap()
}

fn decides<'r>(rules: &'r RuleSet, path: &str) -> &'r Rule {
    rules.rule(rules.evaluate(&TreePath::parse(path.as_bytes()).unwrap(), false))
}

#[test]
fn an_image_is_held_to_its_content() {
    let rules = rules(&["debian", "image"]);
    let class = |path| decides(&rules, path).class;
    for path in
        ["etc/hostname", "home/ann/x", "etc/ssh/ssh_host_rsa_key", "var/log/syslog", "tmp/x"]
    {
        assert_eq!(class(path), Some(Class::ReadOnly), "{path}");
    }
    assert_eq!(class("var/cache/apt/x"), Some(Class::Dynamic));
    assert!(decides(&rules, "etc/machine-id").form.is_some());
    assert!(
        !decides(&rules, "usr/bin/x").attributes(drift_core::model::FileType::File).holds("mtime")
    );
}

#[test]
fn what_an_engine_puts_over_an_image_may_come_and_the_rest_may_not() {
    let rules = rules(&["debian", "container"]);
    for path in ["etc/hosts", "etc/hostname", "etc/resolv.conf", "run/x", "proc/x", "sys/x"] {
        assert!(decides(&rules, path).may_come_and_go(), "{path}");
    }
    assert!(decides(&rules, "dev/null").excludes());
    assert_eq!(decides(&rules, "etc/passwd").class, Some(Class::ExpectedPerHost));
    assert_eq!(decides(&rules, "etc/shells").class, Some(Class::ReadOnly));
}

/// What must stay compared by content in every profile of a system, whatever else it lets change.
#[test]
fn no_profile_opens_what_gives_power() {
    const KEPT: [&str; 17] = [
        "etc/sudoers.d/x",
        "etc/cron.d/x",
        "var/spool/cron/crontabs/root",
        "etc/ld.so.preload",
        "etc/ld.so.cache",
        "etc/pam.d/sshd",
        "etc/systemd/system/x.service",
        "etc/ssh/sshd_config",
        "etc/ssh/ssh_host_key_x/authorized",
        "root/.ssh/authorized_keys",
        "root/.bashrc",
        "etc/network/interfaces",
        "etc/udev/rules.d/x.rules",
        "usr/local/bin/x",
        "etc/ssl/certs/ca-certificates.crt",
        // What makes OpenSSL trust a certificate.
        "etc/ssl/certs/01234567.0",
        "etc/profile.d/x.sh",
    ];
    for name in ["debian", "rhel", "alpine"] {
        let rules = rules(&[name]);
        for path in KEPT {
            let rule = decides(&rules, path);
            let compared = rule.attributes(drift_core::model::FileType::File).holds("digest");
            assert!(compared, "{name}: {path}: {rule}");
        }
    }
}

/// ifupdown runs commands, reads further files and hands values to a shell.
#[test]
fn addresses_run_nothing() {
    let rules = rules(&["debian"]);
    let form = decides(&rules, "etc/network/interfaces.d/x").form.as_ref();
    let form = form.expect("addresses have a form");
    let judge = |text: &str| {
        let mut entry = drift_core::model::Entry::unobserved(drift_core::model::FileType::File);
        entry.mode = drift_core::model::Observed::Is(0o644);
        form.judge(&entry, b"x", Some(text.as_bytes()), &AccountFiles::default()).value
    };
    let fine =
        "# by hand \\\nauto ens3\n\niface ens3 inet static\n\taddress 10.0.0.2/24\n    mtu 1500\n";
    assert_eq!(judge(fine), PerHostValue::Conforms);
    for bad in [
        "auto\nsource /var/tmp/x\n",
        "auto ens3\n    up /bin/true\n",
        "iface ens3 inet static\n    mtu 1500; /bin/true\n",
        "iface ens3 inet static\n    mtu $(true)\n",
        "iface ens3 inet static\n    mtu 1500 \\\n",
    ] {
        assert_eq!(judge(bad), PerHostValue::Violates, "{bad}");
    }
}
