//! `drift init`: what it writes passes drift's own checks, and what it advises works as it stands.

use drift_testkit::need;

use crate::stage::{Space, Stage};

#[test]
fn the_next_three_commands_work() {
    let stage = Stage::new();
    let _made =
        stage.script(Space::Shared, "mkdir -m 755 $s/project; cp -a $s/root $s/project/ROOTFS");
    let said = stage.script(Space::Shared, "cd $s/project; umask 0; $drift init").success();
    let commands: Vec<&str> =
        said.lines().map(str::trim).filter(|line| line.starts_with("drift ")).collect();
    assert_eq!(commands.len(), 3, "{said}");
    for command in commands {
        let line = command.replacen("drift", "$drift", 1);
        let line = format!("cd $s/project; export XDG_STATE_HOME=$s/home HOME=$s/home; {line}");
        let line = if line.contains("capture") || line.contains("check") {
            // The state of root is the host's.
            format!("{line} --state $s/state")
        } else {
            line
        };
        let run = stage.script(Space::Shared, &line);
        assert_eq!(run.code, Some(0), "{line}: {}{}", run.text(), run.error_text());
    }
    let shown = stage.script(Space::Shared, "cd $s/project; $drift config show").success();
    assert!(shown.contains("golden.drift") && shown.contains("in force"), "{shown}");
}

/// Every line that is commented out is right as well.
#[test]
fn every_example_is_taken() {
    let stage = Stage::new();
    let line = "mkdir $s/project; cd $s/project; $drift init >/dev/null
        sed -i -e 's/^#\\([a-z]\\)/\\1/' -e '/^baselines/d' drift.toml
        sed -i -n 's/^# \\([a-z]* *\\/.*\\)/\\1/p' rules.drift; cat rules.drift >&2
        $drift rules explain /etc/app/token --no-config --rules rules.drift >&2
        $drift config show 2>/dev/null || true";
    let run = stage.script(Space::Shared, line);
    let rules = run.error_text();
    assert!(rules.contains("decided by  secret /etc/app/token"), "{rules}");
    let said = run.success();
    let unset: Vec<&str> = said.lines().filter(|line| line.ends_with(" default")).collect();
    assert!(unset.len() == 1 && unset[0].contains("baselines"), "keys are not set: {said}");
}

#[test]
fn nothing_is_overwritten() {
    let stage = Stage::new();
    for name in ["drift.toml", "rules.drift"] {
        let line = format!("rm -rf $s/p; mkdir $s/p; cd $s/p; echo mine >{name}; $drift init");
        let run = stage.script(Space::Shared, &line).expect(2);
        assert!(run.error_text().contains("already exists"), "{}", run.error_text());
        assert_eq!(stage.names("p"), [name], "the other is not written either");
        assert_eq!(stage.read(format!("p/{name}")), b"mine\n");
    }
}

/// What would be refused as soon as it is read is not written.
#[test]
fn a_directory_that_others_may_write_gets_nothing() {
    let stage = Stage::new();
    let run = stage.script(Space::Shared, "mkdir -m 777 $s/p; cd $s/p; $drift init").expect(2);
    assert!(run.error_text().contains("chmod go-w"), "{}", run.error_text());
    assert!(stage.names("p").is_empty());
}

#[test]
fn a_system_is_configured_in_etc() {
    let Some(()) = need::mount() else { return };
    let stage = Stage::new();
    let line = "mount -t tmpfs none /etc; umask 0; $drift init --system
        stat -c '%a %n' /etc/drift /etc/drift/*; cd /; export HOME=$s
        $drift config show 2>/dev/null || true";
    let said = stage.script(Space::Mounts, line).success();
    for part in [
        "755 /etc/drift\n",
        "644 /etc/drift/drift.toml\n",
        "644 /etc/drift/rules.drift\n",
        "/var/lib/drift/golden.drift",
        "/etc/drift/golden.pub.pem",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}
