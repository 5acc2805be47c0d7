//! What policies see, and what they are told is missing.

mod glibc;
mod lacks;
mod reference;
mod schema;
mod values;

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{Parts, RuleSource, Run};
use drift_core::check::{Assessment, Occasion, Outcome, Reference, Request, Target, check};
use drift_core::judge::FailOn;
use drift_core::model::{Severity, SourceKind};
use drift_core::policy::{
    InProcess, Input, Origin, OriginKind, PolicyFile, PolicySet, SourceSet, digest, load,
};
use drift_core::source::{MemoryVolume, Source, Volume, Walked};
use serde_json::Value;

/// What no input makes true.
pub(crate) const DENIES_NOTHING: &str =
    "deny contains {\"path\": \"/x\"} if input.now == \"never\"";

/// One policy: its rules, the paths that it declares, and the sections that it looks at beyond those
/// that are found in its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) rules: &'a str,
    pub(crate) paths: &'a str,
    pub(crate) section: &'a str,
}

/// Loads policies `t/p0`, `t/p1`, ….
pub(crate) fn set(policies: &[Asked<'_>]) -> PolicySet {
    let file = |(at, asked): (usize, &Asked<'_>)| PolicyFile {
        name: format!("p{at}.rego"),
        text: format!(
            "# METADATA\n# title: Policy {at}\n# custom:\n#   id: t/p{at}\n#   severity: high\n\
             #   rationale: It is a test.\n#   remediation: Nothing.\n#   paths: {}\n\
             package drift.t.p{at}\n\n{}\n{}\n",
            asked.paths,
            asked.rules,
            looks_at(asked.paths)
        ),
    };
    let files: Vec<PolicyFile> = policies.iter().enumerate().map(file).collect();
    let origin = Origin {
        name: "test".to_owned(),
        kind: OriginKind::Directory,
        digest: digest(&files),
        signers: Vec::new(),
        lineage: None,
    };
    let mut set = load(vec![SourceSet { origin, files }]).unwrap();
    for (at, asked) in policies.iter().enumerate().filter(|(_, asked)| !asked.section.is_empty()) {
        let id = format!("t/p{at}");
        let policy = set.policies.iter_mut().find(|policy| policy.id.as_str() == id).unwrap();
        policy.sections.insert(asked.section.to_owned());
    }
    set
}

/// A rule for each declared path, so that the policy looks at what it declares.
fn looks_at(paths: &str) -> String {
    let paths = paths.trim_matches(['[', ']']).split(", ").map(|path| path.trim_matches('\''));
    let rule = |path: &str| {
        format!(
            "deny contains {{\"path\": \"{path}\"}} if input.files[\"{path}\"].state == \"no\"\n"
        )
    };
    paths.filter(|path| !path.is_empty()).map(rule).collect()
}

pub(crate) fn memory<V: Volume>(volume: V) -> Walked<V> {
    Walked::new(volume, SourceKind::Memory, "memory:").with_lease_wait(0)
}

/// Checks with these policies; nothing but the given rules is in force.
pub(crate) fn checked(
    target: &Target<'_>,
    reference: &Reference<'_>,
    set: PolicySet,
    rules: &str,
    parts: Parts,
) -> Outcome {
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let mut request = Request::new(parts, FailOn::At(Severity::Medium));
    request.rules = Some(RuleSource::Whole(rules.to_owned()));
    let evaluator = Arc::new(InProcess::default());
    request.assessment = Some(Assessment { set: Arc::new(set), evaluator, keep_input: true });
    check(target, reference, &request, &run, &occasion).unwrap()
}

/// The input of a check of a live target against another.
pub(crate) fn input(target: &dyn Source, before: &dyn Source, set: PolicySet) -> (Value, Input) {
    let reference = Reference::Other(Target::Live(before));
    let outcome = checked(&Target::Live(target), &reference, set, "read-only /", Parts::ALL);
    let input = *outcome.input.unwrap();
    (serde_json::to_value(&input.value).unwrap(), input)
}

/// A small system.
pub(crate) fn system() -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    volume.file(
        b"etc/passwd",
        b"root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n\
          ann:x:1000:1000:Ann:/home/ann:\nbob::1001:100::/home/bob:/bin/sh\n\
          gone:x:1002:100::/home/gone:/bin/sh\n",
    );
    volume.file(
        b"etc/group",
        b"root:x:0:\ndaemon:x:1:\nadm:x:4:ann,root\nusers:x:100:\nann:x:1000:\n",
    );
    volume.file(
        b"etc/shadow",
        b"root:*:19000:0:99999:7:::\ndaemon:!:19000:0:99999:7:::\nann:$y$hash:19700:0:99999:7:::\n",
    );
    volume.file(b"etc/ld.so.preload", b"# none\n/lib/evil.so\n");
    volume.file(b"root/.ssh/authorized_keys", b"ssh-ed25519 AAAA").mode(0o600);
    volume.file(b"root/.bashrc", b"1");
    volume.file(b"home/ann/.profile", b"1").owner(1000, 1000);
    volume.file(b"usr/bin/sudo", b"1").mode(0o4755);
    volume.file(b"usr/bin/wall", b"1").mode(0o2755);
    volume.symlink(b"bin", b"usr/bin");
    volume.directory(b"tmp").mode(0o1777);
    volume.directory(b"srv/open").mode(0o777);
    volume.file(b"srv/strange", b"1").owner(4711, 0);
    volume.file(b"tmp/run", b"1").mode(0o755);
    volume.char_device(b"srv/null", 1, 3);
    volume.char_device(b"srv/whiteout", 0, 0);
    volume.char_device(b"dev/null", 1, 3);
    volume
}

/// Runs a Python program over lines, and returns what it prints.
#[expect(clippy::disallowed_methods, reason = "the oracle is another program")]
pub(crate) fn python(python: &std::path::Path, program: &str, input: &[String]) -> String {
    let mut command = std::process::Command::new(python);
    command.args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.join("\n");
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the program failed");
    String::from_utf8(output.stdout).unwrap()
}
