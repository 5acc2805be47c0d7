//! One run of the program over something that a script made, and how policies end in it; where
//! regopy is there, another engine must say the same of the same input.
//!
//! What a script finds when it starts, in the directory of the stage:
//!
//! * `root/` with `etc/hosts` and `usr/bin/tool`, owned by whoever runs the tests, and the key pair
//!   `golden.key.pem`, `golden.pub.pem`.
//! * `golden [ARG]...` captures `root/` into `golden.drift` and seals it as `web` at [`SEALED`].
//! * `check [ARG]...` checks with [`Scene::packs`] at [`NOW`] and writes the report; with
//!   `sealed` as its first word, `dir:root` against `golden.drift`. It comes last.
//! * `packaged NAME VERSION FILE...` writes a package database of dpkg with one more package in it.
//! * `image NAME ROOT [ARG]...` makes the layout `NAME:latest` of one layer with umoci, and gives
//!   the ARGs to `umoci config`.

use std::path::Path;

use drift_core::policy::Status;
use drift_testkit::command::{self, Run};
use drift_testkit::need;
use serde_json::Value;

use crate::stage::{Report, Space, Stage};

/// When baselines are sealed.
const SEALED: &str = "2026-01-01T00:00:00Z";

/// When checks run, unless a scene says otherwise: one day later.
const NOW: &str = "2026-01-02T00:00:00Z";

/// What a scene needs of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// To run as root: owners, setuid of others, device nodes.
    Root,
    /// A tool on PATH.
    Tool(&'static str),
}

/// One run, and how policies end in it.
#[derive(Debug)]
pub(super) struct Scene {
    /// What is special about it, unique.
    pub(super) name: &'static str,
    /// The packs that are evaluated.
    pub(super) packs: &'static [&'static str],
    /// What the machine must be able to do.
    pub(super) needs: &'static [Need],
    /// Makes the target and runs `check`.
    pub(super) script: &'static str,
    /// How policies end; those that are not named may end as they like, but not in error.
    pub(super) ends: &'static [End],
}

/// How one policy ends.
#[derive(Debug)]
pub(super) struct End {
    /// Its id.
    pub(super) policy: &'static str,
    /// Its status.
    pub(super) status: Status,
    /// All its evidence in order, one line each, as [`line`] writes it.
    pub(super) evidence: &'static [&'static str],
    /// What its reason must contain.
    pub(super) reason: &'static str,
}

/// The policy saw everything and denies nothing.
pub(super) const fn pass(policy: &'static str) -> End {
    End { policy, status: Status::Pass, evidence: &[], reason: "" }
}

/// The policy denies this: `PATH[:LINE] [(PACKAGE)] | OBSERVED | EXPECTED`; `…` stands for what
/// differs from run to run.
pub(super) const fn fail(policy: &'static str, evidence: &'static [&'static str]) -> End {
    End { policy, status: Status::Fail, evidence, reason: "denial" }
}

/// The policy cannot be checked, for a reason with these words.
pub(super) const fn not_checked(policy: &'static str, reason: &'static str) -> End {
    End { policy, status: Status::NotChecked, evidence: &[], reason }
}

/// The policy is not about this, for a reason with these words.
pub(super) const fn not_applicable(policy: &'static str, reason: &'static str) -> End {
    End { policy, status: Status::NotApplicable, evidence: &[], reason }
}

/// The functions that scripts call. `$packs` and the times are set before it.
const FUNCTIONS: &str = r#"
umask 022
cd "$s"
golden() {
    "$drift" capture dir:root --out golden.drift --sign golden.key.pem --identity web \
        --state state --now "$sealed" --no-config "$@" >/dev/null 2>&1
}
check() {
    local target=()
    if [ "${1-}" = sealed ]; then
        shift
        target=(dir:root --baseline golden.drift --trust golden.pub.pem)
    fi
    local status=0
    "$drift" check "${target[@]}" $packs --state state --now "$now" --no-config \
        --format json "$@" >report.json || status=$?
    cat report.json
    [ "$status" -ne 2 ] && [ "$status" -le 3 ]
    if [ "$oracle" ]; then
        local chosen=() previous= word
        for word; do
            if [ "$previous" = --param ]; then chosen+=(--param "$word"); fi
            previous=$word
        done
        "$drift" policy list ${packs//--policy/} "${chosen[@]}" --no-config --format json >catalogue.json
        "$drift" policy input "${target[@]}" $packs --state state --now "$now" --no-config "$@" >seen.json
    fi
}
packaged() {
    local name=$1 version=$2 file directory
    shift 2
    mkdir -p root/var/lib/dpkg/info
    printf 'Package: %s\nStatus: install ok installed\nMaintainer: none\nArchitecture: all\nVersion: %s\nDescription: none\n\n' \
        "$name" "$version" >>root/var/lib/dpkg/status
    printf '/.\n' >"root/var/lib/dpkg/info/$name.list"
    : >"root/var/lib/dpkg/info/$name.md5sums"
    for file; do
        for ((directory = ${#file}; directory > 0; directory--)); do
            if [ "${file:directory:1}" = / ]; then
                printf '/%s\n' "${file:0:directory}" >>"root/var/lib/dpkg/info/$name.list"
            fi
        done
        printf '/%s\n' "$file" >>"root/var/lib/dpkg/info/$name.list"
        (cd root && md5sum "$file") >>"root/var/lib/dpkg/info/$name.md5sums"
    done
}
image() {
    local name=$1 root=$2
    shift 2
    umoci init --layout "$name" >/dev/null
    umoci new --image "$name:latest" >/dev/null
    umoci insert --image "$name:latest" "$root" / >/dev/null
    if [ $# -gt 0 ]; then umoci config --image "$name:latest" "$@" >/dev/null; fi
    umoci gc --layout "$name" >/dev/null
}
"#;

/// Runs scenes; fails with everything that is not as they say.
#[track_caller]
pub(super) fn play(scenes: &[Scene]) {
    let oracle = need::python_module("regopy");
    let wrong: Vec<String> =
        scenes.iter().flat_map(|scene| differences(scene, oracle.as_deref())).collect();
    assert!(
        wrong.is_empty(),
        "{} things are not as the scenes say:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    println!("{} scenes", scenes.len());
}

/// Runs one scene and returns what is not as it says. What the machine lacks is a recorded skip.
fn differences(scene: &Scene, oracle: Option<&Path>) -> Vec<String> {
    let able = |need: &Need| match need {
        Need::Root => need::root().is_some(),
        Need::Tool(name) => need::tool(name).is_some(),
    };
    if !scene.needs.iter().all(able) {
        return Vec::new();
    }
    let stage = Stage::new();
    let run = perform(&stage, scene, oracle.is_some());
    if run.code != Some(0) {
        return vec![format!(
            "{}: the script ended with {:?}: {}",
            scene.name,
            run.code,
            run.error_text()
        )];
    }
    let report = Report::of(&run);
    let mut wrong: Vec<String> = Vec::new();
    for policy in report.all("/policies") {
        if ["error", "unknown"].iter().any(|status| policy["status"] == *status) {
            wrong.push(format!("{}: {}: {}", policy["id"], policy["status"], policy["reason"]));
        }
    }
    wrong.extend(scene.ends.iter().filter_map(|end| difference(end, &report)));
    wrong.extend(oracle.and_then(|python| disagreement(python, &stage)));
    wrong.into_iter().map(|text| format!("{}: {text}", scene.name)).collect()
}

fn perform(stage: &Stage, scene: &Scene, oracle: bool) -> Run {
    let packs: String =
        scene.packs.iter().map(|name| format!("--policy builtin:{name} ")).collect();
    let oracle = if oracle { "yes" } else { "" };
    let head = format!("packs='{packs}'\noracle={oracle}\nsealed={SEALED}\nnow={NOW}\n");
    stage.script(Space::Shared, &format!("{head}{FUNCTIONS}{}", scene.script))
}

/// Asks another engine the same, on the input that the program prints, and returns what it says
/// else.
fn disagreement(python: &Path, stage: &Stage) -> Option<String> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let [program, policies] =
        [".ci/policy-oracle", "policies"].map(|name| repository.join(name).into_os_string());
    let [report, seen, catalogue] =
        ["report.json", "seen.json", "catalogue.json"].map(|name| stage.path(name).into());
    let all = [program, "compare".into(), report, seen, catalogue, policies];
    let run = command::run(python, all);
    (run.code != Some(0)).then(|| format!("rego-cpp: {}{}", run.text(), run.error_text()))
}

fn difference(end: &End, report: &Report) -> Option<String> {
    let Some(found) = report.all("/policies").find(|policy| policy["id"] == end.policy) else {
        return Some(format!("{}: it is not in the report", end.policy));
    };
    let status = found["status"].as_str().unwrap_or_default();
    let reason = found["reason"].as_str().unwrap_or_default();
    let lines: Vec<String> = found["evidence"].as_array().into_iter().flatten().map(line).collect();
    let alike = lines.len() == end.evidence.len()
        && lines.iter().zip(end.evidence).all(|(line, expected)| is_alike(line, expected));
    let same = status == end.status.name() && reason.contains(end.reason) && alike;
    (!same).then(|| {
        format!(
            "{}: {status} ({reason})\n    {}\n  instead of {} ({})\n    {}",
            end.policy,
            lines.join("\n    "),
            end.status,
            end.reason,
            end.evidence.join("\n    ")
        )
    })
}

/// Whether a line is as expected, with anything in the place of a `…`.
fn is_alike(line: &str, expected: &str) -> bool {
    match expected.split_once('…') {
        None => line == expected,
        Some((start, end)) => {
            line.len() >= start.len() + end.len() && line.starts_with(start) && line.ends_with(end)
        }
    }
}

/// Writes one evidence: `PATH[:LINE] [(PACKAGE)] | OBSERVED | EXPECTED`; the message is left out.
fn line(evidence: &Value) -> String {
    let text = |name: &str| evidence[name].as_str().unwrap_or_default().to_owned();
    let mut what = text("path");
    if let Some(line) = evidence["line"].as_u64() {
        what.push_str(&format!(":{line}"));
    }
    if evidence["package"].is_string() {
        what.push_str(&format!(" ({})", text("package")));
    }
    let line = format!("{what} | {} | {}", text("observed"), text("expected"));
    line.trim().to_owned()
}
