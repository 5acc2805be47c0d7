//! A configuration, and what it names, is refused when others may change it, whoever runs drift.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use drift_testkit::{command, need};

use crate::stage::{DRIFT, LIMIT, Space, Stage};

const NOBODY: u32 = 65534;

/// Runs `config show` in the stage's project, as root or as nobody.
fn shows(stage: &Stage, user: u32) -> command::Run {
    let home = stage.path("none");
    let script = format!(
        "cd {}; export HOME={home}; unset XDG_CONFIG_HOME; exec {} config show",
        stage.path("open/project"),
        stage.path("drift")
    );
    if user == 0 {
        return command::run_within(LIMIT, "bash", ["-c", &script]);
    }
    let all = ["--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", &script];
    command::run_within(LIMIT, "setpriv", all)
}

#[test]
fn modes_and_owners_for_root_and_for_nobody() {
    let (Some(()), Some(_)) = (need::root(), need::tool("setpriv")) else { return };
    let stage = Stage::new();
    stage.write("drift", std::fs::read(DRIFT).expect("the program"));
    let made = "chmod 755 $s $s/drift; mkdir -p $s/open/project; chmod 755 $s/open $s/open/project";
    let _made = stage.script(Space::Shared, made).expect(0);
    stage.write("open/project/drift.toml", "quiet = true\n");
    let (mut taken, mut refused) = (0, 0);
    for user in [0, NOBODY] {
        for owner in [0, NOBODY, 1000] {
            for file_mode in [0o600, 0o640, 0o644, 0o664, 0o646, 0o666] {
                for (directory_mode, directory_owner) in [
                    (0o755, 0),
                    (0o775, 0),
                    (0o757, 0),
                    (0o1777, 0),
                    (0o1757, 0),
                    (0o755, NOBODY),
                    (0o755, 1000),
                    (0o1777, 1000),
                ] {
                    let set = format!(
                        "chown {owner} $s/open/project/drift.toml
                         chmod {file_mode:o} $s/open/project/drift.toml
                         chown {directory_owner} $s/open/project
                         chmod {directory_mode:o} $s/open/project"
                    );
                    let _set = stage.script(Space::Shared, &set).expect(0);
                    let ours = |owner: u32| owner == 0 || owner == user;
                    let closed = directory_mode & 0o022 == 0 || directory_mode & 0o1000 != 0;
                    let safe =
                        ours(owner) && ours(directory_owner) && closed && file_mode & 0o022 == 0;
                    let readable = user == 0 || owner == user || file_mode & 0o004 != 0;
                    let run = shows(&stage, user);
                    let told = format!(
                        "user {user}: file {file_mode:o} of {owner}, directory {directory_mode:o} of \
                         {directory_owner}: {}",
                        run.error_text()
                    );
                    assert_eq!(run.code, Some(if safe && readable { 0 } else { 2 }), "{told}");
                    if safe {
                        taken += 1;
                        continue;
                    }
                    refused += 1;
                    // The path, the mode, the repair, and the way around.
                    let said = run.error_text();
                    let foreign = !ours(directory_owner) || (closed && !ours(owner));
                    let repair = if foreign { "chown root " } else { "chmod go-w " };
                    for part in
                        ["open/project", "mode ", "owner ", repair, "--no-config", "--config"]
                    {
                        assert!(said.contains(part), "{told}: no {part:?}");
                    }
                    assert!(!run.text().contains("quiet"), "{told}: it was read");
                }
            }
        }
    }
    println!("{taken} taken, {refused} refused");
}

/// In a directory of somebody else without a drift.toml there is nothing that could be obeyed.
#[test]
fn a_foreign_directory_without_a_file_is_no_matter() {
    let Some(()) = need::root() else { return };
    let stage = Stage::new();
    let _made = stage.script(Space::Shared, "mkdir $s/home; chown 1000 $s/home").expect(0);
    let line = "cd $s/home; unset XDG_CONFIG_HOME; export HOME=$s/home; $drift config show";
    let run = stage.script(Space::Shared, line);
    assert!(run.success().contains("(absent)"));
    // A link that leads nowhere yet is something: its owner decides where it leads.
    for place in ["", ".config/drift/"] {
        let linked = format!("mkdir -p $s/home/{place}; ln -s $s/later $s/home/{place}drift.toml");
        let run = stage.script(Space::Shared, &format!("{linked}; {line}")).expect(2);
        assert!(run.error_text().contains("owner 1000"), "{}", run.error_text());
        let _gone = stage.script(Space::Shared, &format!("rm $s/home/{place}drift.toml"));
    }
}

/// The way around: another file, which is looked at as well, or none.
#[test]
fn a_refused_file_can_be_left_out() {
    let stage = Stage::new();
    let _made = stage.script(Space::Shared, "mkdir $s/project $s/other; chmod 777 $s/project");
    stage.write("project/drift.toml", "format = \"json\"\n");
    stage.write("other/mine.toml", "format = \"paths\"\n");
    let run = |options: &str| {
        stage.script(Space::Shared, &format!("cd $s/project; $drift {options} config show"))
    };
    assert_eq!(run("").code, Some(2));
    assert!(run("--no-config").success().contains("none is read"));
    assert!(run("--config $s/other/mine.toml").success().contains("paths"));
    assert_eq!(run("--config $s/project/drift.toml").code, Some(2));
    assert_eq!(run("--config $s/absent.toml").code, Some(2));
    assert_eq!(run("--config $s/other").code, Some(2));
    assert_eq!(run("--no-config --config $s/other/mine.toml").code, Some(2));
    // What needs no configuration must not fail on one.
    assert_eq!(run("completions bash #").code, Some(0));
}

/// Keys and rules that a configuration names decide as much as the configuration itself.
#[test]
fn what_a_configuration_names_is_looked_at_too() {
    let stage = Stage::sealed();
    let _made = stage.script(
        Space::Shared,
        "mkdir $s/open; cp $s/golden.pub.pem $s/open; echo 'read-only /' >$s/open/rules",
    );
    stage.write("trust.toml", "[[key]]\nname = \"k\"\nfile = \"open/golden.pub.pem\"\n");
    let config = |trust: &str, more: &str| {
        let path = |name: &str| stage.path(name);
        stage.write(
            "drift.toml",
            format!(
                "target = \"dir:{}\"\nbaseline = \"golden.drift\"\nstate = \"state\"\ntrust = \"{trust}\"\n{more}",
                path("root")
            ),
        );
        stage.script(Space::Shared, "cd $s; $drift check --format json >/dev/null")
    };
    for (trust, more) in [
        ("open/golden.pub.pem", ""),
        ("trust.toml", ""),
        ("golden.pub.pem", "rules = \"open/rules\"\n"),
    ] {
        let _clean = config(trust, more).expect(0);
        stage.mode("open", 0o777);
        let run = config(trust, more).expect(2);
        assert!(run.error_text().contains("chmod go-w"), "{trust} {more}: {}", run.error_text());
        stage.mode("open", 0o755);
    }
    // A path that somebody types is that person's word.
    stage.mode("open", 0o777);
    stage.write("drift.toml", "");
    let typed = "cd $s; check --trust $s/open/golden.pub.pem >/dev/null";
    let _clean = stage.script(Space::Shared, typed).expect(0);
}

/// A link to the file is followed, and what it passes is looked at.
#[test]
fn a_linked_configuration_is_resolved() {
    let stage = Stage::new();
    let made = "mkdir $s/project $s/real; echo 'format = \"paths\"' >$s/real/d.toml
        ln -s ../real/d.toml $s/project/drift.toml";
    let _made = stage.script(Space::Shared, made).expect(0);
    let show = "cd $s/project; $drift config show";
    assert!(stage.script(Space::Shared, show).success().contains("paths"));
    stage.mode("real", 0o777);
    let run = stage.script(Space::Shared, show).expect(2);
    assert!(run.error_text().contains("/real (owner"), "{}", run.error_text());
}
