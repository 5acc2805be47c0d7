//! "The application adds, never alters its base."

use drift_core::baseline::effective_root;
use drift_core::check::Reference;
use drift_core::judge::Status;
use drift_core::model::{Cause, Severity};
use drift_core::rules::RuleSet;

use super::stage::{Golden, Scene, capture, checked, checked_with, golden, image, told};

const RULES: &str = "dynamic /var/lib/state\ngrowing /var/log\nignore /tmp\n";

fn base() -> Scene {
    Scene::default()
        .file("/bin/sh", "shell", 0)
        .file("/etc/passwd", "root", 0)
        .file("/etc/motd", "hello", 0)
        .file("/var/lib/state/status", "1", 0)
        .file("/var/log/dpkg.log", "1", 0)
        .system()
}

/// The parts of an image alone, as a build puts them into directories of their own.
fn runtime() -> Scene {
    Scene::default().file("/usr/bin/python", "python", None)
}

fn application() -> Scene {
    Scene::default().file("/srv/app/main", "app", None)
}

/// What runs: everything together.
fn together() -> Scene {
    base().file("/usr/bin/python", "python", 1).file("/srv/app/main", "app", 2)
}

fn sealed(scene: &Scene, identity: &str) -> Golden {
    golden(scene, RULES, identity)
}

#[test]
fn three_that_only_add_are_clean_and_equal_what_runs() {
    let (base, runtime) = (sealed(&base(), "base"), sealed(&runtime(), "runtime"));
    let application = sealed(&application(), "app");
    let outcome = checked(&together(), &[&base, &runtime, &application]);
    assert_eq!(told(&outcome), [""; 0]);
    assert_eq!(outcome.verdict.status(), Status::Clean, "{:?}", outcome.report.problems);
    let reference = &outcome.report.baseline;
    let composed: Vec<(&str, &str, u64)> = reference
        .composed_of
        .iter()
        .map(|one| (one.file.as_str(), one.identity.as_str(), one.sequence))
        .collect();
    let expect =
        [("base.drift", "base", 7), ("runtime.drift", "runtime", 7), ("app.drift", "app", 7)];
    assert_eq!(composed, expect);
    assert_eq!((reference.kind, reference.verified), ("sealed", true));
    assert_eq!(reference.identity.as_deref(), Some("app"));
    // The union compares as the whole does.
    assert_eq!(reference.effective_root, outcome.report.target.effective_root);
    let whole = capture(&together(), RULES);
    let rules = RuleSet::from_text(&whole.snapshot.rules).unwrap();
    let root = effective_root(&mut whole.snapshot.tree.cursor(), &rules, &[]).unwrap();
    assert_eq!(reference.effective_root, Some(root.to_string()));
}

#[test]
fn one_baseline_is_the_same_alone_and_in_a_list() {
    let base = sealed(&base(), "base");
    let target = together();
    let alone = checked_with(&target, &Reference::Sealed(base.sealed()));
    let listed = checked(&target, &[&base]);
    assert_eq!(told(&alone), told(&listed));
    assert!(listed.report.baseline.composed_of.is_empty());
}

#[test]
fn a_change_of_the_target_names_the_baseline_that_it_is_of() {
    let (base, application) = (sealed(&base(), "base"), sealed(&application(), "app"));
    let target = base_and_app().mode("/bin/sh", 0o755).without("/srv/app/main");
    let outcome = checked(&target, &[&base, &application]);
    assert_eq!(
        told(&outcome),
        ["modified /bin/sh: mode (of base)", "removed /srv/app/main (of app)"]
    );
    assert!(outcome.report.changes.iter().all(|change| change.altered_by.is_none()));
    assert_eq!(outcome.report.summary.recommendation, "replace");
}

fn base_and_app() -> Scene {
    base().file("/srv/app/main", "app", None)
}

#[test]
fn an_altered_file_is_a_finding_and_the_later_one_is_expected() {
    let base = sealed(&base(), "base");
    let altering = application().file("/etc/passwd", "root app", None).mode("/etc", 0o777);
    let application = sealed(&altering, "app");
    let target = base_and_app().file("/etc/passwd", "root app", None).mode("/etc", 0o777);
    let outcome = checked(&target, &[&base, &application]);
    assert_eq!(
        told(&outcome),
        [
            "modified /etc: mode (app alters base)",
            "modified /etc/passwd: digest,size (app alters base)"
        ]
    );
    assert_eq!(outcome.verdict.status(), Status::Findings);
    for change in &outcome.report.changes {
        assert_eq!((change.cause, change.severity), (Cause::ModifiedInPlace, Severity::High));
        let (by, of) = (change.altered_by.as_ref().unwrap(), change.baseline_of.as_ref().unwrap());
        assert_eq!((by.file.as_str(), of.file.as_str()), ("app.drift", "base.drift"));
    }
    // Replacing the target would not help.
    assert_eq!(outcome.report.summary.recommendation, "review");
    // The target with the base's own file differs from the reference, and the alteration stays.
    let outcome = checked(&base_and_app().mode("/etc", 0o777), &[&base, &application]);
    assert_eq!(
        told(&outcome),
        [
            "modified /etc: mode (app alters base)",
            "modified /etc/passwd: digest,size (of app)",
            "modified /etc/passwd: digest,size (app alters base)"
        ]
    );
    let mut ids: Vec<&str> = outcome.report.changes.iter().map(|one| one.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn what_a_later_whole_root_lacks_is_removed_and_what_a_part_lacks_is_not() {
    let base_golden = sealed(&base(), "base");
    let whole = base_and_app().without("/etc/motd");
    let outcome = checked(&whole, &[&base_golden, &sealed(&whole, "app")]);
    assert_eq!(told(&outcome), ["removed /etc/motd (app alters base)"]);
    // The same files without an os-release are a part.
    let part = whole.clone().without("/etc/os-release");
    let outcome = checked(&base_and_app(), &[&base_golden, &sealed(&part, "app")]);
    assert_eq!(told(&outcome), [""; 0]);
    // What the later one's rules never looked at is not gone either.
    let blind = golden(&whole, &format!("{RULES}ignore /etc/motd\n"), "app");
    let runtime = sealed(&runtime(), "runtime");
    let outcome = checked(&together(), &[&base_golden, &blind, &runtime]);
    assert_eq!(told(&outcome), [""; 0]);
}

#[test]
fn a_file_in_place_of_a_directory_hides_what_was_below() {
    let base =
        sealed(&base().file("/opt/tool/a", "a", None).file("/opt/tool/b/c", "c", None), "base");
    let application = sealed(&Scene::default().file("/opt/tool", "now a file", None), "app");
    let target = self::base().file("/opt/tool", "now a file", None);
    let outcome = checked(&target, &[&base, &application]);
    assert_eq!(
        told(&outcome),
        [
            "modified /opt/tool: type (app alters base)",
            "removed /opt/tool/a (app alters base)",
            "removed /opt/tool/b (app alters base)",
            "removed /opt/tool/b/c (app alters base)",
        ]
    );
}

#[test]
fn what_the_rules_let_change_is_no_finding() {
    let base = sealed(&base().file("/tmp/x", "1", None), "base");
    let later = self::base()
        .file("/var/lib/state/status", "2", None)
        .file("/var/lib/state/status-old", "1", None)
        .file("/var/log/dpkg.log", "1 and more", None)
        .file("/tmp/x", "2", None);
    let outcome = checked(&later, &[&base, &sealed(&later, "app")]);
    assert_eq!(told(&outcome), [""; 0]);
    assert_eq!(outcome.verdict.status(), Status::Clean, "{:?}", outcome.report.problems);
    let notes = outcome.report.notes.join("\n");
    assert!(notes.contains("1 files that may grow"), "{notes}");
    // Without the log, gone by the rules; its new owner, which the rules do compare, is one.
    let gone = later.without("/var/log/dpkg.log").mode("/var/lib/state/status", 0o666);
    let outcome = checked(&gone, &[&base, &sealed(&gone, "app")]);
    assert_eq!(told(&outcome), ["modified /var/lib/state/status: mode (app alters base)"]);
}

#[test]
fn each_of_three_alters_what_is_below_it() {
    let base = sealed(&base(), "base");
    let motd = |text: &str| Scene::default().file("/etc/motd", text, None);
    let (runtime, application) = (sealed(&motd("1"), "runtime"), sealed(&motd("22"), "app"));
    let target = self::base().file("/etc/motd", "22", None);
    let outcome = checked(&target, &[&base, &runtime, &application]);
    let mut told = told(&outcome);
    told.sort();
    assert_eq!(
        told,
        [
            "modified /etc/motd: digest,size (app alters runtime)",
            "modified /etc/motd: digest,size (runtime alters base)",
        ]
    );
}

#[test]
fn layers_are_those_of_the_baseline_that_an_entry_is_of() {
    let base_image = image(&["ADD debian.tar /", "RUN apt-get update"]);
    let app_image = image(&["ADD debian.tar /", "COPY app /srv/app", "RUN passwd"]);
    let base = sealed(&base().with_image(base_image), "base");
    let later = base_and_app()
        .file("/srv/app/main", "app", 1)
        .file("/etc/passwd", "root app", 2)
        .with_image(app_image);
    let outcome = checked(&later.clone().without("/bin/sh"), &[&base, &sealed(&later, "app")]);
    let layers: Vec<_> = outcome
        .report
        .changes
        .iter()
        .map(|change| {
            let layer = change.layer.as_ref().unwrap();
            (change.path.as_str(), layer.of, layer.index, layer.created_by.as_deref().unwrap())
        })
        .collect();
    assert_eq!(
        layers,
        [
            ("/bin/sh", "baseline", 0, "ADD debian.tar /"),
            ("/etc/passwd", "baseline", 2, "RUN passwd"),
        ]
    );
    let of: Vec<_> = outcome
        .report
        .changes
        .iter()
        .map(|one| one.baseline_of.clone().unwrap().identity)
        .collect();
    // The last whole root has /bin/sh as well, and wins.
    assert_eq!(of, ["app", "base"]);
}

#[test]
fn a_later_one_cannot_loosen_what_an_earlier_one_sealed() {
    let base_golden = sealed(&base(), "base");
    let loose = |scene: &Scene, more: &str| golden(scene, &format!("{RULES}{more}\n"), "app");
    let target = base_and_app().file("/bin/sh", "evil!", None);
    for more in ["dynamic /**", "ignore /bin", "secret /bin/sh", "attributes=mode /bin/sh"] {
        let outcome = checked(&target, &[&base_golden, &loose(&application(), more)]);
        assert_eq!(outcome.verdict.status(), Status::Incomplete, "{more}: {:?}", told(&outcome));
        let reasons: Vec<&str> =
            outcome.report.problems.iter().map(|problem| problem.reason.as_str()).collect();
        let [reason] = reasons[..] else { panic!("{more}: {reasons:?}") };
        assert!(reason.starts_with("the rules of app compare less of "), "{reason}");
        assert!(reason.contains(" entries of base than its own rules, such as /"), "{reason}");
    }
    // The application alters what it says may change: the base did not say so.
    let altering = application().mode("/srv", 0o755).file("/etc/motd", "pwned", None);
    let target = base_and_app().file("/etc/motd", "pwned", None);
    let outcome = checked(&target, &[&base_golden, &loose(&altering, "dynamic /etc/motd +digest")]);
    assert_eq!(told(&outcome), ["modified /etc/motd: digest (app alters base)"]);
    // A whole root that lacks what only its own rules let go.
    let whole = base_and_app().without("/etc/motd");
    let outcome = checked(&whole, &[&base_golden, &loose(&whole, "dynamic /etc/motd")]);
    assert_eq!(told(&outcome), ["removed /etc/motd (app alters base)"]);
    // Its own directories are its own.
    let outcome =
        checked(&base_and_app(), &[&base_golden, &loose(&application(), "dynamic /srv/app")]);
    assert_eq!((outcome.verdict.status(), told(&outcome)), (Status::Clean, Vec::new()));
}
