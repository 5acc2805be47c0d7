//! What is installed and scheduled: scripts, units and templates hold before anybody runs them.

use std::collections::BTreeMap;

use drift_testkit::{TempRoot, command, need};

use super::commands::{help, knows};
use super::repository::{File, files, none, read, root};

const DRIFT: &str = env!("CARGO_BIN_EXE_drift");

/// Tenths of the exposure that `systemd-analyze security` gives from 0 to 10. What keeps it from
/// being lower is what would give the unit a view of its own; the unit lists it.
const EXPOSURE: &str = "--threshold=35";

/// Settings by which a unit sees other files, mounts or owners than the host has.
const VIEW: &[&str] = &[
    "BindPaths",
    "BindReadOnlyPaths",
    "DynamicUser",
    "ExecPaths",
    "ExtensionDirectories",
    "ExtensionImages",
    "InaccessiblePaths",
    "LogNamespace",
    "MountAPIVFS",
    "MountFlags",
    "MountImages",
    "NoExecPaths",
    "PrivateDevices",
    "PrivateIPC",
    "PrivateMounts",
    "PrivateNetwork",
    "PrivateTmp",
    "PrivateUsers",
    "ProcSubset",
    "ProtectControlGroups",
    "ProtectHome",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "ProtectProc",
    "ProtectSystem",
    "ReadOnlyPaths",
    "ReadWritePaths",
    "RootDirectory",
    "RootImage",
    "TemporaryFileSystem",
    "User",
];

/// Returns the shell that the file names in its first line.
fn shell(file: &File) -> Option<&'static str> {
    let first = file.text.lines().next().filter(|line| line.starts_with("#!"))?;
    match first.rsplit(['/', ' ']).next()? {
        "sh" => Some("sh"),
        "bash" => Some("bash"),
        _ => None,
    }
}

#[test]
fn every_shell_script_is_sound() {
    let Some(shellcheck) = need::tool("shellcheck") else { return };
    let scripts: Vec<_> =
        files().into_iter().filter_map(|file| Some((shell(&file)?, file))).collect();
    let mut wrong = Vec::new();
    for (shell, file) in &scripts {
        let path = root().join(&file.path);
        let parsed = command::run(shell, ["-n".as_ref(), path.as_os_str()]);
        let warning: [&std::ffi::OsStr; 4] =
            ["--severity=warning".as_ref(), "--format=gcc".as_ref(), "--".as_ref(), path.as_ref()];
        let checked = command::run(&shellcheck, warning);
        if parsed.code != Some(0) || checked.code != Some(0) {
            wrong.push(format!("{}: {}{}", file.path, parsed.error_text(), checked.text()));
        }
    }
    none(&wrong, "mend the script, or disable the warning in place with its reason");
    assert!(scripts.len() >= 9, "{} scripts were found", scripts.len());
}

/// Returns a directory with the units, as they are when this build of drift is what they start.
fn units() -> TempRoot {
    let adapted = |path: &str| read(path).replace("/usr/bin/drift ", &format!("{DRIFT} "));
    TempRoot::new()
        .file("drift-check.service", adapted("deploy/systemd/drift-check.service"), 0o644)
        .file("drift-check.timer", adapted("deploy/systemd/drift-check.timer"), 0o644)
        .directory("drift-check.service.d", 0o755)
        .file(
            "drift-check.service.d/on-failure.conf",
            read("deploy/examples/on-failure.conf"),
            0o644,
        )
        .file("drift-failed@.service", read("deploy/examples/drift-failed@.service"), 0o644)
        .file("drift-failed@x.service", read("deploy/examples/drift-failed@.service"), 0o644)
}

#[test]
fn units_are_valid() {
    let Some(analyze) = need::tool("systemd-analyze") else { return };
    let units = units();
    for name in ["drift-check.service", "drift-check.timer", "drift-failed@x.service"] {
        let path = units.at(name);
        let run =
            command::run(&analyze, ["verify".as_ref(), "--man=no".as_ref(), path.as_os_str()]);
        // An unknown key is told on standard error and the exit code stays 0.
        let told = run.error_text();
        assert!(run.code == Some(0) && told.is_empty(), "{name}: {:?}: {told}", run.code);
    }
}

#[test]
fn the_service_is_as_confined_as_its_view_allows() {
    let Some(analyze) = need::tool("systemd-analyze") else { return };
    let units = units();
    let path = units.at("drift-check.service");
    let arguments: [&std::ffi::OsStr; 5] = [
        "security".as_ref(),
        "--offline=true".as_ref(),
        "--no-pager".as_ref(),
        EXPOSURE.as_ref(),
        path.as_ref(),
    ];
    let run = command::run(&analyze, arguments);
    assert_eq!(run.code, Some(0), "{}{}", run.text(), run.error_text());
}

#[test]
fn the_service_sees_what_the_host_has() {
    let service = read("deploy/systemd/drift-check.service");
    let set: Vec<_> = service.lines().filter_map(|line| line.split_once('=')).collect();
    assert!(set.iter().any(|(key, _)| *key == "ExecStart"), "no setting was found");
    let blinding = set.iter().filter(|(key, _)| VIEW.contains(key));
    let blinding: Vec<_> = blinding.map(|(key, value)| format!("{key}={value}")).collect();
    none(&blinding, "leave the setting out: drift would see something else than the host");
}

#[test]
fn templates_fit_their_schemas() {
    let Some(python) = need::python_module("check_jsonschema") else { return };
    for (schema, path) in [
        ("vendor.github-actions", "deploy/gate/github/action.yml"),
        ("vendor.github-workflows", "deploy/gate/github/example-workflow.yml"),
        ("vendor.gitlab-ci", "deploy/gate/gitlab/drift.gitlab-ci.yml"),
        ("vendor.gitlab-ci", "deploy/gate/gitlab/example.gitlab-ci.yml"),
    ] {
        // GitLab's schema says nothing about the keys of a job whose name begins with a dot.
        let copy =
            TempRoot::new().file("t.yml", read(path).replace("\n.drift-", "\ndrift-"), 0o644);
        let path = copy.at("t.yml");
        let arguments: [&std::ffi::OsStr; 5] = [
            "-m".as_ref(),
            "check_jsonschema".as_ref(),
            "--builtin-schema".as_ref(),
            schema.as_ref(),
            path.as_ref(),
        ];
        let run = command::run(&python, arguments);
        assert_eq!(run.code, Some(0), "{}: {}{}", path.display(), run.text(), run.error_text());
    }
}

#[test]
fn the_package_has_one_version() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = ")).expect("one");
    let changelog = read("deploy/debian/changelog");
    let expect = format!("golden-drift ({}-", version.trim_matches('"'));
    assert!(changelog.starts_with(&expect), "begin deploy/debian/changelog with {expect}1)");
}

/// Returns the calls of drift and of the gate in a script, unit, table of cron or document, each as
/// its words; lines that end with a backslash go on.
fn calls(text: &str) -> Vec<Vec<String>> {
    const ENDS: &[&str] = &["|", "||", "&&", ";", "#", ">", "\u{2026}", "}"];
    let whole = text.replace("\\\n", " ").replace(['"', '\'', '`'], " ");
    let mut found = Vec::new();
    for line in whole.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            let name = word.rsplit(['/', '=', '$']).next().unwrap_or_default();
            let rest = words.get(at + 1..).unwrap_or_default();
            let is_call = match name {
                "drift" => rest.first().is_some_and(|verb| verb.chars().all(char::is_alphabetic)),
                "drift-gate" => rest.iter().any(|word| word.starts_with("--")),
                _ => false,
            };
            if is_call {
                let until = rest.iter().take_while(|word| !ENDS.contains(word));
                found.push([name].into_iter().chain(until.copied()).map(str::to_owned).collect());
            }
        }
    }
    found
}

#[test]
fn every_option_in_what_is_deployed_exists() {
    let gate = read("deploy/gate/drift-gate");
    let (mut known, mut wrong, mut seen) = (BTreeMap::new(), Vec::new(), 0);
    let is_checked = |file: &File| {
        let documents = ["docs/deploy.md", "docs/gate.md", "README.md"];
        file.path.starts_with("deploy/") && !file.path.starts_with("deploy/debian/")
            || documents.contains(&file.path.as_str())
    };
    for file in files().into_iter().filter(is_checked) {
        for call in calls(&file.text) {
            let [program, words @ ..] = call.as_slice() else { continue };
            let is_gate = program == "drift-gate";
            let verb = if is_gate { vec!["check".to_owned()] } else { words.to_vec() };
            // A sentence may begin with the name of the program.
            let Some(help) = help(&verb, &mut known) else { continue };
            seen += 1;
            let options = words.iter().filter(|word| word.starts_with("--") && word.len() > 2);
            let name = |option: &str| option.split(['=', ']', ',']).next().map(str::to_owned);
            for option in options.filter_map(|option| name(option)) {
                let is_own = is_gate && gate.contains(&format!("{option}=*)"));
                if !is_own && !knows(&help, &option) {
                    wrong.push(format!("{}: {option} in {}", file.path, call.join(" ")));
                }
            }
        }
    }
    none(&wrong, "correct the option");
    assert!(seen >= 8, "{seen} calls were found");
}

#[test]
fn calls_are_found_in_every_form() {
    let text = "ExecStart=/usr/bin/drift check --a\n\"$drift\" man --out \"$made\" \\\n  --b | x --c\n\
                17 3 * * * root nice drift check --d\ndrift captures files\ndrift-gate --e i\n";
    let expect: &[&[&str]] = &[
        &["drift", "check", "--a"],
        &["drift", "man", "--out", "made", "--b"],
        &["drift", "check", "--d"],
        &["drift", "captures", "files"],
        &["drift-gate", "--e", "i"],
    ];
    let found = calls(&text.replace("$made", "made"));
    assert_eq!(found, expect);
}
