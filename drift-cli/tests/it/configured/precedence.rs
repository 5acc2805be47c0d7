//! Command line, project, user, system, default: key by key, in every combination.

use drift_testkit::need;
use serde_json::Value;

use crate::stage::{Space, Stage};

/// A key, a value for each level from the weakest, and the option that says the strongest.
struct Row {
    key: &'static str,
    values: [&'static str; 4],
    option: &'static str,
}

const LEVELS: [&str; 4] = ["system", "user", "project", "typed"];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { key: "target", values: ["\"/a\"", "\"/b\"", "\"dir:/c\"", "/d"], option: "" },
    Row { key: "platform", values: ["\"a/b\"", "\"linux/arm64\"", "\"linux/arm/v7\"", "c/d"], option: "--platform" },
    Row { key: "baseline", values: ["\"/a\"", "[\"/b\"]", "[\"/c\", \"/cc\"]", "/d"], option: "--baseline" },
    Row { key: "trust", values: ["\"@/f1\"", "[\"@/f2\"]", "[\"@/f1\", \"@/f2\"]", "@/f3"], option: "--trust" },
    Row { key: "threshold", values: ["1", "2", "3", "4"], option: "--threshold" },
    Row { key: "identity", values: ["\"a\"", "\"b\"", "\"c\"", "d"], option: "--expect-identity" },
    Row { key: "min_sequence", values: ["0", "1", "2", "3"], option: "--min-sequence" },
    Row { key: "max_age", values: ["\"1d\"", "2027-01-01", "\"3h\"", "4m"], option: "--max-age" },
    Row { key: "rules", values: ["\"@/f1\"", "\"@/f2\"", "\"@/f3\"", "@/f4"], option: "--rules" },
    Row { key: "profile", values: ["\"a\"", "[\"b\"]", "[\"c\", \"cc\"]", "d"], option: "--profile" },
    Row { key: "only", values: ["\"entries\"", "[\"packages\"]", "[\"packages\", \"entries\"]", "entries"], option: "--only" },
    Row { key: "policy", values: ["\"builtin:host\"", "[\"/b\"]", "[\"/c\", \"builtin:host\"]", "/d"], option: "--policy" },
    Row { key: "require", values: ["\"entries.mode\"", "[\"entries.uid\"]", "[\"packages\", \"facts\"]", "entries.gid"], option: "--require" },
    Row { key: "mode", values: ["\"full\"", "\"incremental\"", "\"full\"", "incremental"], option: "--mode" },
    Row { key: "tailor", values: ["\"@/f1\"", "[\"@/f2\"]", "[\"strict\", \"@/c.toml\"]", "d"], option: "--tailor" },
    Row { key: "param", values: ["\"a=1\"", "[\"b=2\"]", "[\"c=3\", \"cc=\"]", "d=4"], option: "--param" },
    Row { key: "waivers", values: ["\"/a\"", "\"/b\"", "\"/c\"", "/d"], option: "--waivers" },
    Row { key: "require_sealed_waivers", values: ["true", "false", "true", "false"], option: "--require-sealed-waivers=" },
    Row { key: "fail_on", values: ["\"low\"", "\"high\"", "\"critical\"", "never"], option: "--fail-on" },
    Row { key: "exit_zero", values: ["true", "false", "true", "false"], option: "--exit-zero=" },
    Row { key: "format", values: ["\"json\"", "\"ndjson\"", "\"paths\"", "text"], option: "--format" },
    Row { key: "output", values: ["\"json=/a\"", "[\"text=/b\"]", "[\"json=/c\", \"text=/cc\"]", "json=/d"], option: "--output" },
    Row { key: "sign_report", values: ["\"/a\"", "\"/b\"", "\"/c\"", "/d"], option: "--sign-report" },
    Row { key: "quiet", values: ["false", "true", "false", "true"], option: "--quiet=" },
    Row { key: "with_content", values: ["true", "false", "true", "false"], option: "--with-content=" },
    Row { key: "threads", values: ["1", "\"2\"", "\"3%\"", "4"], option: "--threads" },
    Row { key: "read_limit", values: ["1", "2", "3", "4"], option: "--read-limit" },
    Row { key: "nice", values: ["0", "1", "2", "3"], option: "--nice=" },
    Row { key: "page_cache", values: ["\"keep\"", "\"as-found\"", "\"keep\"", "as-found"], option: "--page-cache" },
    Row { key: "state", values: ["\"/a\"", "\"/b\"", "\"/c\"", "/d"], option: "--state" },
    Row { key: "deadline", values: ["\"1d\"", "\"2h\"", "\"3m\"", "4s"], option: "--deadline" },
];

/// What a value comes to in the output of `config show`.
fn shown(value: &str) -> Vec<String> {
    let list = value.trim_matches(['[', ']']);
    list.split(", ").map(|one| one.trim_matches('"').to_owned()).collect()
}

/// Sixteen runs; in each, every key has another set of levels that state it, so that over all runs
/// every key meets every set beside different neighbours.
#[test]
fn every_key_obeys_every_set_of_levels() {
    let Some(()) = need::mount() else { return };
    let stage = Stage::new();
    for name in ["f1", "f2", "f3", "f4"] {
        stage.write(name, "");
    }
    let base = stage.path("");
    let base = base.trim_end_matches('/');
    let mut decided = 0;
    for run in 0..16_usize {
        let set = |at: usize| (run + at * 7) % 16;
        let mut files = [const { String::new() }; 3];
        let mut typed = String::new();
        for (at, row) in ROWS.iter().enumerate() {
            for (level, value) in row.values.iter().enumerate() {
                let value = value.replace('@', base);
                match (set(at) >> level & 1, files.get_mut(level)) {
                    (0, _) => {}
                    (_, Some(file)) => file.push_str(&format!("{} = {value}\n", row.key)),
                    (_, None) if row.option.ends_with('=') => {
                        typed.push_str(&format!(" {}{value}", row.option));
                    }
                    (_, None) => typed.push_str(&format!(" {} {value}", row.option)),
                }
            }
        }
        let _made = stage.script(Space::Shared, "mkdir -p $s/project $s/home/.config/drift $s/etc");
        stage.write("etc/drift.toml", &files[0]);
        stage.write("home/.config/drift/drift.toml", &files[1]);
        stage.write("project/drift.toml", &files[2]);
        // A system's file of the test's own: /etc is another one in this mount namespace.
        let script = format!(
            "mount -t tmpfs none /etc; mkdir /etc/drift; cp $s/etc/drift.toml /etc/drift
             cd $s/project; export HOME=$s/home; unset XDG_CONFIG_HOME
             $drift config show --format json -- {typed} 2>$s/said || true"
        );
        let said = stage.script(Space::Mounts, &script).success();
        let document: Value = serde_json::from_str(&said).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&stage.read("said")))
        });
        let settings = document["settings"].as_array().expect("settings");
        for (at, row) in ROWS.iter().enumerate() {
            let strongest = (0..4).rev().find(|level| set(at) >> level & 1 == 1);
            let found = settings.iter().find(|found| found["key"] == row.key).expect("the key");
            let values: Vec<&str> = found["values"]
                .as_array()
                .expect("values")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let Some(level) = strongest else {
                assert_eq!(found["origin"], "default", "{}: {found}", row.key);
                continue;
            };
            let expect = shown(&row.values[level].replace('@', base));
            assert_eq!(values, expect, "{} by {}: {found}", row.key, LEVELS[level]);
            let (file, place) = (found["file"].as_str().unwrap_or_default(), LEVELS[level]);
            let expect = match place {
                "system" => "/etc/drift/drift.toml".to_owned(),
                "user" => stage.path("home/.config/drift/drift.toml"),
                "project" => stage.path("project/drift.toml"),
                _ => String::new(),
            };
            assert_eq!(file, expect, "{}: {found}", row.key);
            if let (Some(text), Some(line)) = (files.get(level), found["line"].as_u64()) {
                let line = text.lines().nth(usize::try_from(line).expect("a line") - 1);
                let begin = format!("{} = ", row.key);
                assert!(line.is_some_and(|line| line.starts_with(&begin)), "{found}: {line:?}");
            }
            decided += 1;
        }
    }
    println!("{} keys, 16 sets of levels, {decided} values decided", ROWS.len());
}

/// The table of this test is the table of the program, but for what only a capture or a directory of
/// baselines has.
#[test]
fn every_key_is_in_the_matrix() {
    let stage = Stage::new();
    let said = stage.drift(["config", "show", "--no-config", "--format", "json"]).success();
    let document: Value = serde_json::from_str(&said).expect("JSON");
    let keys = document["settings"].as_array().expect("settings").iter();
    let keys: Vec<&str> = keys.filter_map(|setting| setting["key"].as_str()).collect();
    let expect = keys.iter().filter(|key| !key.contains('.') && **key != "baselines");
    assert!(expect.copied().eq(ROWS.iter().map(|row| row.key)), "{keys:?}");
}

/// Which of baseline and baselines holds is decided by the strongest level that states either.
#[test]
fn files_and_a_directory_of_baselines_hide_each_other() {
    let stage = Stage::new();
    let _made = stage.script(Space::Shared, "mkdir -p $s/project $s/home/.config/drift");
    for (user, project, typed, expect) in [
        ("baseline", "baselines", "", "baselines"),
        ("baselines", "baseline", "", "baseline"),
        ("baselines", "quiet", "", "baselines"),
        ("baselines", "baseline", "--baselines /t", "baselines"),
        ("baseline", "baselines", "--baseline /t", "baseline"),
    ] {
        let value = |key: &str| if key == "quiet" { "true" } else { "\"/x\"" };
        stage.write("home/.config/drift/drift.toml", format!("{user} = {}\n", value(user)));
        stage.write("project/drift.toml", format!("{project} = {}\n", value(project)));
        let script = format!(
            "cd $s/project; export HOME=$s/home; unset XDG_CONFIG_HOME
             $drift config show --format json -- {typed} 2>/dev/null || true"
        );
        let said = stage.script(Space::Shared, &script).success();
        let document: Value = serde_json::from_str(&said).expect("JSON");
        for key in ["baseline", "baselines"] {
            let settings = document["settings"].as_array().expect("settings");
            let found = settings.iter().find(|found| found["key"] == key).expect("the key");
            let holds = found["origin"] != "default";
            assert_eq!(holds, key == expect, "{user} {project} {typed}: {found}");
        }
    }
}
