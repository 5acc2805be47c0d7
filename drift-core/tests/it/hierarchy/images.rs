//! What an image says, in reports and as changes.

use drift_core::check::{Reference, Target, View};
use drift_core::judge::Status;
use drift_core::model::{HistoryStep, Image, ImageSecret, Severity};
use drift_core::report::document::Change;

use super::stage::{Scene, capture, checked, checked_with, golden, image, required, told};

const COMMANDS: [&str; 3] = ["ADD rootfs.tar /", "RUN apt-get install nginx", "COPY site /srv"];

fn web() -> Scene {
    Scene::default()
        .file("/bin/sh", "shell", 0)
        .file("/usr/sbin/nginx", "nginx", 1)
        .file("/srv/index.html", "hello", 2)
        .with_image(image(&COMMANDS))
}

fn layers(changes: &[Change]) -> Vec<String> {
    let of = |change: &Change| match &change.layer {
        Some(layer) => {
            let command = layer.created_by.as_deref().unwrap_or("nothing");
            format!("{} {}: {} {} {command}", change.kind, change.path, layer.of, layer.index)
        }
        None => format!("{} {}", change.kind, change.path),
    };
    changes.iter().map(of).collect()
}

#[test]
fn a_change_names_the_layer_that_it_came_or_went_with() {
    let golden = golden(&web(), "", "web");
    let mut commands = COMMANDS.to_vec();
    commands.push("RUN touch");
    let changed = web()
        .file("/usr/sbin/nginx", "other", 3)
        .file("/usr/sbin/new", "new", 3)
        .without("/srv/index.html")
        .with_image(image(&commands));
    let outcome = checked(&changed, &[&golden]);
    assert_eq!(
        layers(&outcome.report.changes),
        [
            "removed /srv/index.html: baseline 2 COPY site /srv",
            "added /usr/sbin/new: target 3 RUN touch",
            "modified /usr/sbin/nginx: target 3 RUN touch",
        ]
    );
    // A running instance has no layers; the image that it is of has.
    let mut running = web().file("/bin/sh", "other", None);
    running.image = None;
    let outcome = checked(&running, &[&golden]);
    let expect = ["modified /bin/sh: baseline 0 ADD rootfs.tar /"];
    assert_eq!(layers(&outcome.report.changes), expect);
    assert!(outcome.report.coverage.not_observable.contains(&"image".to_owned()));
    assert_eq!(outcome.report.target.identity.image_digest, None);
}

#[test]
fn what_the_image_says_is_in_the_report_of_both_sides() {
    let mut said = image(&COMMANDS);
    said.config.user = Some("app".to_owned());
    said.config.labels = vec![("vendor".to_owned(), "example".to_owned())];
    said.history = vec![HistoryStep { created: None, created_by: None, layer: Some(1) }];
    said.annotations = vec![("a".to_owned(), "b".to_owned())];
    said.secrets = vec![ImageSecret {
        location: "config.env.KEY".to_owned(),
        kind: "named-like-a-secret".into(),
    }];
    let target = web().with_image(said);
    let outcome = checked(&target, &[&golden(&target, "", "web")]);
    assert_eq!(outcome.verdict.status(), Status::Clean);
    let report = serde_json::to_value(&outcome.report).unwrap();
    assert_eq!(report["target"]["image"], report["baseline"]["image"]);
    let shown = &report["target"]["image"];
    assert_eq!(shown["config"]["labels"]["vendor"], "example");
    assert_eq!(shown["annotations"]["a"], "b");
    assert_eq!(shown["history"][0]["layer"], 1);
    assert_eq!(shown["layers"][2]["created_by"], COMMANDS[2]);
    let secret = serde_json::json!({"location": "config.env.KEY", "kind": "named-like-a-secret"});
    assert_eq!(shown["secrets"][0], secret);
    let digest = format!("sha256:{}", "a".repeat(64));
    assert_eq!(report["target"]["identity"]["image_digest"], digest);
    assert!(!outcome.report.coverage.not_observable.contains(&"image".to_owned()));
}

#[test]
fn an_image_that_is_required_and_not_there_is_incomplete() {
    let mut plain = web();
    plain.image = None;
    for (before, after, expect) in [
        (web(), web(), Status::Clean),
        (web(), plain.clone(), Status::Incomplete),
        (plain.clone(), web(), Status::Incomplete),
        (plain.clone(), plain.clone(), Status::Incomplete),
    ] {
        let golden = golden(&before, "", "web");
        let outcome = required(&after, &Reference::Sealed(golden.sealed()), &["image"]);
        assert_eq!(outcome.verdict.status(), expect);
        let missing = outcome.report.coverage.not_observable.contains(&"image".to_owned());
        assert_eq!(missing, expect == Status::Incomplete);
    }
    // Nobody asks: two roots that are no images lack nothing.
    let outcome = checked(&plain, &[&golden(&plain, "", "web")]);
    assert!(!outcome.report.coverage.not_observable.contains(&"image".to_owned()));
}

#[test]
fn another_configuration_is_a_finding_of_its_own() {
    let golden = golden(&web(), "", "web");
    let check = |change: &dyn Fn(&mut Image), expect: &[(&str, Severity)]| {
        let mut target = web();
        change(target.image.as_mut().unwrap());
        let outcome = checked(&target, &[&golden]);
        let found: Vec<(String, Severity)> = outcome
            .report
            .changes
            .iter()
            .map(|one| {
                let fact = one.fact.as_ref().unwrap();
                assert_eq!((one.subject, fact.collector), ("fact", "image"));
                assert_eq!(fact.key, one.path);
                (format!("{} {}", one.kind, fact.key), one.severity)
            })
            .collect();
        let expect: Vec<(String, Severity)> =
            expect.iter().map(|(key, severity)| ((*key).to_owned(), *severity)).collect();
        assert_eq!(found, expect);
        outcome
    };
    check(&|_| {}, &[]);
    check(&|image| image.history.clear(), &[]);
    check(&|image| image.config.labels = vec![("a".to_owned(), "b".to_owned())], &[]);
    let some = |text: &str| Some(text.to_owned());
    check(&|image| image.config.user = some("0"), &[("added config.user", Severity::High)]);
    let outcome = check(
        &|image| image.config.environment = vec!["LD_PRELOAD".to_owned()],
        &[("added config.environment.LD_PRELOAD", Severity::High)],
    );
    assert_eq!(outcome.verdict.status(), Status::Findings);
    check(
        &|image| image.config.environment = vec!["LANG".to_owned()],
        &[("added config.environment.LANG", Severity::Medium)],
    );
    check(
        &|image| {
            image.config.entrypoint = vec!["/bin/evil".to_owned()];
            image.platform.architecture = "arm64".to_owned();
        },
        &[("added config.entrypoint", Severity::High), ("modified platform", Severity::Medium)],
    );
}

#[test]
fn a_stored_image_compares_as_the_image_itself() {
    let mut other = web().file("/bin/sh", "other", 2);
    other.image.as_mut().unwrap().config.user = Some("app".to_owned());
    let (before, after) = (capture(&web(), ""), capture(&other, ""));
    let (before, after) = (View::of_captured(&before), View::of_captured(&after));
    let live = checked_with(&other, &Reference::Other(Target::Stored(&before)));
    assert_eq!(told(&live), ["modified /bin/sh: digest", "added config.user"]);
    let back = checked_with(&web(), &Reference::Other(Target::Stored(&after)));
    assert_eq!(told(&back), ["modified /bin/sh: digest", "removed config.user"]);
}
