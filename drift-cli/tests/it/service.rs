//! `deploy/systemd/drift-check.service` allows every system call that a check makes.
//!
//! No systemd runs here: strace says what is called, systemd-analyze what the groups of the filter
//! hold, and the filter is read from the unit itself.

#![expect(clippy::disallowed_methods, reason = "the unit is a file of the repository")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use drift_testkit::{command, need};

use crate::stage::{DRIFT, Stage};

/// Returns the calls of a group and of the groups in it; a call is its own group.
fn expanded(analyze: &Path, name: &str) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    let mut pending = vec![name.to_owned()];
    while let Some(name) = pending.pop() {
        if !name.starts_with('@') {
            calls.insert(name);
            continue;
        }
        let listed = command::run(analyze, ["syscall-filter", "--no-pager", &name]).success();
        let members = listed.lines().skip(1).map(str::trim);
        pending.extend(members.filter(|line| !line.starts_with('#')).map(str::to_owned));
    }
    calls
}

/// Returns what the filter of the unit lets through: the first line allows, those with `~` deny.
fn allowed(analyze: &Path, unit: &str) -> BTreeSet<String> {
    let mut allowed = expanded(analyze, "@default");
    for filter in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        let denies = filter.starts_with('~');
        for name in filter.trim_start_matches('~').split_whitespace() {
            for call in expanded(analyze, name) {
                if denies {
                    allowed.remove(&call)
                } else {
                    allowed.insert(call)
                };
            }
        }
    }
    allowed
}

/// Returns the calls of a run that strace wrote down.
fn made(trace: &str) -> BTreeSet<String> {
    let names = trace.lines().filter_map(|line| {
        let call = line.split_once(' ').map_or(line, |(_, call)| call).trim_start();
        let name = call.strip_prefix("<... ").unwrap_or(call);
        let end = name.find(|byte: char| !byte.is_ascii_alphanumeric() && byte != '_')?;
        Some(name[..end].to_owned()).filter(|name| !name.is_empty())
    });
    names.collect()
}

#[test]
fn every_call_of_a_check_is_allowed() {
    let Some(analyze) = need::tool("systemd-analyze") else { return };
    let Some(strace) = need::tool("strace") else { return };
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/systemd/drift-check.service");
    let unit = fs::read_to_string(unit).expect("because the unit is in the repository");
    let allowed = allowed(&analyze, &unit);
    // A check in a test meets nothing that fs-verity seals.
    assert!(allowed.contains("ioctl"), "FS_IOC_MEASURE_VERITY is refused");
    for forbidden in ["mount", "chown", "setxattr", "mknod", "bpf", "sethostname", "setns"] {
        assert!(!allowed.contains(forbidden), "{forbidden} is allowed");
    }
    assert!(unit.contains("\nRestrictNamespaces=yes\n"), "unshare(2) could make namespaces");

    let stage = Stage::sealed();
    let fill = "mkfifo \"$s/root/pipe\"; ln -s hosts \"$s/root/etc/link\"\n";
    let _filled = stage.script(crate::stage::Space::Shared, fill).success();
    let json = format!("json={}", stage.path("report.json"));
    let trace = stage.path("trace");
    let mut all = vec!["-f", "-qq", "-o", &trace, DRIFT];
    let arguments = stage.check_arguments("root");
    all.extend(arguments.iter().map(String::as_str));
    // Policies of the operator's are evaluated in a process of their own.
    let new = ["policy", "new", "site/none", "--out", &stage.path("p")];
    let _written = stage.drift(new).expect(0);
    let p = stage.path("p");
    all.extend(["--output", &json, "--quiet", "--policy", &p]);
    let _drift = command::run(strace, all).expect(1);

    let made = made(&String::from_utf8_lossy(&stage.read("trace")));
    assert!(
        made.contains("openat2") && made.contains("execve") && made.contains("renameat"),
        "not a trace: {made:?}"
    );
    let refused: Vec<_> = made.difference(&allowed).collect();
    assert!(refused.is_empty(), "the service would be refused {refused:?}");
    println!("{} different system calls, {} allowed", made.len(), allowed.len());
}
