//! Trees and rules of absurd shape.

use drift_testkit::need;

use crate::stage::{Report, Space, Stage};

/// Directories within one another.
const DEPTH: usize = 20_000;

/// As many rules as are read at most; one more stands for what is tested.
const RULES: usize = 9_998;

/// Lines of a rules file that is refused.
const TOO_MANY: usize = 100_000;

#[test]
fn a_tree_of_twenty_thousand_levels_is_compared_to_its_bottom() {
    let (Some(()), Some(_python)) = (need::mount(), need::tool("python3")) else { return };
    let stage = Stage::new();
    let run = stage.script(
        Space::Mounts,
        &format!(
            "mount -t tmpfs deep $s/root
             python3 $hostile/deep_tree.py $s/root {DEPTH}
             capture >/dev/null 2>&1; check >/dev/null
             python3 $hostile/deep_tree.py $s/root plant
             code=0; check --format json || code=$?; exit $code"
        ),
    );
    let report = Report::of(&run).expect(1);
    let found: Vec<usize> = report
        .all("/changes")
        .filter(|change| change["kind"] == "modified" && change["type"] == "file")
        .filter_map(|change| change["path"].as_str().map(str::len))
        .collect();
    assert_eq!(found, [DEPTH * 2 + "/bottom".len()]);
    assert_eq!(report.all("/changes").count(), 1);
}

#[test]
fn ten_thousand_rules_are_read_and_a_hundred_thousand_refused() {
    let stage = Stage::new();
    let rules = |count: usize| {
        let lines = (0..count).map(|number| format!("ignore /no/such/**/path{number}*\n"));
        lines.collect::<String>()
    };
    stage.write("many.rules", rules(RULES) + "read-only /etc/hosts\n");
    let many = stage.path("many.rules");
    stage.capture("root", &["--rules", &many]);
    stage.write("root/etc/hosts", "changed\n");
    let report = stage.report(&[]).expect(1);
    let changes = report.changes("/etc/hosts");
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["rule"], "read-only /etc/hosts", "the last rule decides");
    // One more than can be stored is refused before anything is captured.
    stage.write("many.rules", rules(RULES + 2));
    let mut capture = stage.capture_arguments("root");
    capture.extend(["--rules".to_owned(), many.clone()]);
    let run = stage.drift(&capture).expect(2);
    assert!(run.error_text().contains("more than 10000 rules"), "{}", run.error_text());
    stage.write("many.rules", rules(TOO_MANY));
    let run = stage.check(&["--rules", &many]).expect(2);
    assert!(run.error_text().contains("many.rules:10001"), "{}", run.error_text());
}
