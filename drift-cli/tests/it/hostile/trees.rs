//! Trees and rules of absurd shape.

use std::fmt::Write as _;

use drift_testkit::need;

use crate::stage::{Report, Space, Stage};

/// Directories within one another.
const DEPTH: usize = 20_000;

/// Lines of a rules file.
const RULES: usize = 100_000;

#[test]
fn a_tree_of_twenty_thousand_levels_is_compared_to_its_bottom() {
    let Some(_python) = need::tool("python3") else { return };
    let stage = Stage::new();
    let run = stage.script(
        Space::Shared,
        &format!(
            "trap 'python3 $hostile/deep_tree.py $s/root remove' EXIT
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
fn a_hundred_thousand_rules_are_read_and_the_last_one_decides() {
    let stage = Stage::new();
    let mut rules = String::new();
    for number in 0..RULES {
        writeln!(rules, "ignore /no/such/**/path{number}*").expect("text");
    }
    stage.write("many.rules", format!("{rules}read-only /etc/hosts\n"));
    let many = stage.path("many.rules");
    stage.capture("root", &["--rules", &many]);
    stage.write("root/etc/hosts", "changed\n");
    let report = stage.report(&[]).expect(1);
    assert_eq!(report.changes("/etc/hosts").len(), 1);
    stage.write("many.rules", format!("{rules}bogus /etc\n"));
    let run = stage.check(&["--rules", &many]).expect(2);
    assert!(
        run.error_text().contains(&format!("many.rules:{}", RULES + 1)),
        "{}",
        run.error_text()
    );
}
