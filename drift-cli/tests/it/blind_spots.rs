//! Ways in which a difference could have ended as "clean", each closed and kept closed.

use drift_testkit::command::Run;
use drift_testkit::need;

use crate::stage::{Space, Stage};

/// Makes the root a Debian one with a package that ships `usr/bin/tool`.
const DEBIAN: &str = r#"
    echo ID=debian >$s/root/etc/os-release
    mkdir -p $s/root/var/lib/dpkg/info $s/root/var/log $s/root/var/spool $s/root/tmp
    printf 'Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n' \
        >$s/root/var/lib/dpkg/status
    printf '/.\n/usr\n/usr/bin\n/usr/bin/tool\n' >$s/root/var/lib/dpkg/info/tool.list
    (cd $s/root; md5sum usr/bin/tool) >$s/root/var/lib/dpkg/info/tool.md5sums
    printf 'root:*:19000:0:99999:7:::\n' >$s/root/etc/shadow
"#;

fn debian() -> Stage {
    let stage = Stage::new();
    let _made = stage.script(Space::Shared, DEBIAN).expect(0);
    stage
}

fn script(stage: &Stage, text: &str) -> Run {
    stage.script(Space::Shared, text).expect(0)
}

/// What the older side cannot carry is as unobservable as what the newer one cannot.
#[test]
fn an_archive_as_baseline_is_no_excuse() {
    let (Some(_), Some(())) = (need::tool("setfattr"), need::root()) else { return };
    let stage = Stage::new();
    let _made = script(&stage, "tar -C $s/root --format=gnu -cf $s/root.tar .");
    let archive = format!("tar:{}", stage.path("root.tar"));
    let mut capture = stage.capture_arguments("root");
    capture[1] = archive;
    let _made = stage.drift(capture).expect(0);
    let _made = script(&stage, "setfattr -n user.note -v x $s/root/usr/bin/tool");
    let report = stage.report(&[]).expect(0);
    let unseen = report.document["coverage"]["not_observable"].to_string();
    assert!(unseen.contains("entries.xattr") && unseen.contains("mtime.nanoseconds"), "{unseen}");
    let report = stage.report(&["--require", "entries.xattr"]).expect(3);
    assert_eq!(report.reason(), "required-missing");
}

#[test]
fn packages_that_one_side_lacks_are_not_compared_in_silence() {
    let stage = debian();
    stage.capture("root", &["--only", "entries"]);
    let _report = stage.report(&[]).expect(3);
    let _report = stage.report(&["--only", "packages"]).expect(3);
    let _report = stage.report(&["--only", "entries"]).expect(0);
    // A rule that hides the database makes nothing look removed.
    stage.capture("root", &[]);
    stage.write("rules", "ignore /var/lib/dpkg\n");
    let report = stage.report(&["--rules", &stage.path("rules")]).expect(3);
    assert_eq!(
        report.document["summary"]["changes"]["by_cause"]["removed"],
        serde_json::Value::Null
    );
}

/// The target's own list of configuration files explains nothing against a seal.
#[test]
fn a_program_is_no_configuration_file_because_the_host_says_so() {
    let stage = debian();
    stage.capture("root", &[]);
    stage.write("root/usr/bin/tool", "#!/bin/sh\nevil\n");
    let status = "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\
                  Conffiles:\n /usr/bin/tool 00000000000000000000000000000000\n\n";
    stage.write("root/var/lib/dpkg/status", status);
    let report = stage.report(&["--fail-on", "high"]).expect(1);
    let changes = report.changes("/usr/bin/tool");
    assert_eq!(changes[0]["cause"], "modified-in-place");
}

/// What makes an account or a job is compared under the built-in profile.
#[test]
fn passwords_and_jobs_are_looked_at() {
    for edit in [
        "sed -i 's/[*]//' $s/root/etc/shadow",
        "mkdir -p $s/root/var/spool/cron/crontabs; echo '* * * * * x' >$s/root/var/spool/cron/crontabs/root",
        "cp /bin/true $s/root/tmp/s; chmod 4755 $s/root/tmp/s",
    ] {
        let stage = debian();
        stage.capture("root", &[]);
        let _report = stage.report(&[]).expect(0);
        let _made = script(&stage, edit);
        assert_eq!(stage.report(&[]).code, Some(1), "{edit}");
    }
}

/// A rule that lets content change does not speak for a setuid file that was there before.
#[test]
fn a_privileged_file_is_read_under_any_rule() {
    let stage = debian();
    let _made = script(&stage, "cp /bin/true $s/root/tmp/s; chmod 4755 $s/root/tmp/s");
    stage.capture("root", &[]);
    let _report = stage.report(&[]).expect(0);
    let _made = script(&stage, "cp /bin/false $s/root/tmp/s; chmod 4755 $s/root/tmp/s");
    let report = stage.report(&[]).expect(1);
    assert_eq!(report.changes("/tmp/s").len(), 1);
}

/// A baseline without the digest cannot vouch for the beginning of a file.
#[test]
fn a_rule_override_cannot_compare_what_was_never_kept() {
    let stage = Stage::new();
    stage.write("dynamic", "dynamic /etc/hosts\n");
    stage.write("growing", "growing /etc/hosts\n");
    stage.capture("root", &["--rules", &stage.path("dynamic")]);
    stage.write("root/etc/hosts", "x");
    let _report = stage.report(&["--rules", &stage.path("growing")]).expect(1);
    stage.write("root/etc/hosts", "127.0.0.1 a longer line than there was\n");
    let _report = stage.report(&["--rules", &stage.path("growing")]).expect(3);
}

/// Logs are renamed where they may come and go; out of such a place a move is a move.
#[test]
fn a_rotated_log_is_no_move() {
    let stage = debian();
    let _made = script(&stage, "echo line >$s/root/var/log/a.log");
    stage.capture("root", &[]);
    let _made = script(&stage, "mv $s/root/var/log/a.log $s/root/var/log/a.log.1");
    let _report = stage.report(&[]).expect(0);
    let _made = script(&stage, "mv $s/root/usr/bin/tool $s/root/usr/bin/tool2");
    let report = stage.report(&[]).expect(1);
    assert_eq!(report.changes("/usr/bin/tool2")[0]["moved_from"], "/usr/bin/tool");
}

/// `explain` answers for the object that a path leads to, and for where it was before.
#[test]
fn explain_finds_what_a_path_means() {
    let stage = Stage::new();
    let _made = script(&stage, "ln -s usr/bin $s/root/bin");
    stage.capture("root", &[]);
    let explain = |path: &str| {
        let target = format!("dir:{}", stage.path("root"));
        let (baseline, trust) = (stage.path("golden.drift"), stage.path("golden.pub.pem"));
        let state = stage.path("state");
        let all = ["--baseline", &baseline, "--trust", &trust, "--state", &state];
        stage.drift([["explain", path, &target].as_slice(), &all].concat())
    };
    let _clean = explain("/bin/tool").expect(0);
    let _made = script(&stage, "chmod 4755 $s/root/usr/bin/tool");
    let run = explain("/bin/tool").expect(1);
    assert!(run.text().contains("that is /usr/bin/tool"), "{}", run.text());
    let _made = script(
        &stage,
        "chmod 755 $s/root/usr/bin/tool; mv $s/root/usr/bin/tool $s/root/usr/bin/t2",
    );
    let run = explain("/usr/bin/tool").expect(1);
    assert!(run.text().contains("at /usr/bin/t2"), "{}", run.text());
    // Without a baseline and without packages there was nothing to compare with.
    let target = format!("dir:{}", stage.path("root"));
    let _run = stage.drift(["explain", "/usr/bin/t2", &target]).expect(3);
}

/// A tmpfs below a file system of the kernel is told, and is a problem where no rule speaks of it.
#[test]
fn a_mount_below_one_of_the_kernels_is_told() {
    if need::mount().is_none() {
        return;
    }
    let stage = Stage::new();
    let _made = script(&stage, "mkdir $s/root/proc $s/root/dev");
    stage.capture("root", &[]);
    let check = "check --format json";
    let mounted =
        format!("mount -t proc p $s/root/proc; mount -t tmpfs x $s/root/proc/fs; {check}");
    let run = stage.script(Space::Mounts, &mounted).expect(3);
    assert!(run.text().contains("/proc/fs"), "{}", run.text());
    let quiet = format!("mount -t proc p $s/root/proc; {check}");
    let _run = stage.script(Space::Mounts, &quiet).expect(0);
    // The kernel's file system of another kind hides what was there.
    let wrong = format!("mount -t devpts d $s/root/dev; {check}");
    let run = stage.script(Space::Mounts, &wrong);
    assert!(matches!(run.code, Some(1 | 3)), "{}", run.text());
}

/// A line that lost its baseline, and reports that would land on what a run needs.
#[test]
fn commands_that_cannot_mean_what_they_say_are_refused() {
    let stage = Stage::sealed();
    let target = format!("dir:{}", stage.path("root"));
    let trust = stage.path("golden.pub.pem");
    let run = stage.drift(["check", &target, "--trust", &trust]).expect(2);
    assert!(run.error_text().contains("--baseline"), "{}", run.error_text());
    for file in ["golden.drift", "golden.pub.pem", "state/lineages.json"] {
        let _report = stage.check(&[]).expect(0);
        let before = stage.read(file);
        let output = format!("json={}", stage.path(file));
        let _run = stage.check(&["--output", &output]).expect(2);
        assert_eq!(stage.read(file), before, "{file}");
    }
    let (one, two) = (format!("json={}", stage.path("r")), format!("text={}", stage.path("r")));
    let _run = stage.check(&["--output", &one, "--output", &two]).expect(2);
    // An unsealed capture must not leave the old seal beside another file.
    let out = stage.path("golden.drift");
    let _run = stage.drift(["capture", &target, "--out", &out]).expect(2);
    let _report = stage.check(&[]).expect(0);
}

/// A file that merely has the name of a bundle is looked at.
#[test]
fn a_program_is_no_bundle_because_of_its_name() {
    let stage = Stage::new();
    let _made =
        script(&stage, "mkdir $s/root/b; cp $s/golden.key.pem $s/root/b; chmod 600 $s/root/b/*");
    let mut capture = stage.capture_arguments("root");
    let inside = stage.path("root/b/g.drift");
    let at = capture.iter().position(|argument| argument == "--out").map_or(0, |at| at + 1);
    capture[at].clone_from(&inside);
    let _made = stage.drift(&capture).expect(0);
    let mut check = stage.check_arguments("root");
    let at = check.iter().position(|argument| argument == "--baseline").map_or(0, |at| at + 1);
    check[at].clone_from(&inside);
    let _run = stage.drift(&check).expect(0);
    let _made = script(
        &stage,
        "cp /bin/true $s/root/b/g.drift.0123456789abcdef.sigstore.json; chmod 4755 $s/root/b/*.json",
    );
    let run = stage.drift(&check);
    assert_eq!(run.code, Some(1), "{}", run.text());
}

/// What only imposes an owner, or was left behind by a removed package, vouches for nothing.
#[test]
fn a_line_of_the_database_does_not_hide_a_program() {
    let stage = debian();
    let _made = script(
        &stage,
        "mkdir -p $s/root/usr/local/bin; cp /bin/true $s/root/usr/local/bin/evil
         chmod 4755 $s/root/usr/local/bin/evil
         echo 'root root 0755 /usr/local/bin/evil' >$s/root/var/lib/dpkg/statoverride",
    );
    let target = format!("dir:{}", stage.path("root"));
    let run = stage.drift(["check", &target]).expect(1);
    assert!(run.text().contains("/usr/local/bin/evil"), "{}", run.text());
}
