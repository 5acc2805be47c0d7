//! Archives as targets: garbage, truncation, bombs, and claims that nothing bears out.

use drift_testkit::{command, need};

use super::{ORDERLY, Random};
use crate::evasion::placed::assert_harmless;
use crate::stage::{LIMIT, Space, Stage};

/// Spoiled archives.
const SPOILED: usize = 300;

/// All private memory that a run may have, RLIMIT_DATA, in bytes. The pool's stacks count.
const MEMORY: &str = "--data=268435456";

#[test]
fn no_archive_harms_whoever_checks_it() {
    let stage = Stage::sealed();
    let tar = stage.path("good.tar");
    let root = stage.path("root");
    let _made = command::run("tar", ["-C", &root, "--format=pax", "-cf", &tar, "."]).expect(0);
    let (good, mut random) = (stage.read("good.tar"), Random(0x1234_5678_9abc_def1));
    let target = format!("tar:{}", stage.path("bad.tar"));
    let mut codes = std::collections::BTreeMap::new();
    for number in 0..SPOILED {
        let bytes = match number {
            0 => Vec::new(),
            1 => random.bytes(10_240),
            2 => vec![0; 10_240],
            3 => vec![0xff; 10_240],
            4..30 => good.get(..number * 97).unwrap_or_default().to_vec(),
            30..60 => [&[0x28, 0xb5, 0x2f, 0xfd], &*random.bytes(2_000)].concat(),
            60..80 => [&[0x1f, 0x8b, 8, 0], &*random.bytes(2_000)].concat(),
            80..100 => [b"\xfd7zXZ\0", &*random.bytes(2_000)].concat(),
            _ => random.spoil(&good),
        };
        stage.write("bad.tar", &bytes);
        let run = stage.drift(["check", &target, "--format", "json"]);
        let code = run.code.unwrap_or(-1);
        assert!(ORDERLY.contains(&code), "case {number}: {code} {}", run.error_text());
        assert_harmless("stderr", &run.stderr);
        assert_harmless("stdout", &run.stdout);
        *codes.entry(code).or_insert(0) += 1;
    }
    println!("{SPOILED} spoiled archives: exit codes {codes:?}");
}

/// An archive that was cut is never as clean as the whole one.
#[test]
fn a_truncated_archive_is_never_clean() {
    let stage = Stage::new();
    let (root, tar) = (stage.path("root"), stage.path("good.tar"));
    let _made = command::run("tar", ["-C", &root, "-cf", &tar, "."]).expect(0);
    let mut arguments = stage.check_arguments("root");
    let mut capture = stage.capture_arguments("root");
    capture[1] = format!("tar:{tar}");
    let _sealed = stage.drift(&capture).expect(0);
    arguments[1] = format!("tar:{}", stage.path("cut.tar"));
    let good = stage.read("good.tar");
    let end = good.iter().rposition(|&byte| byte != 0).unwrap_or_default();
    let mut cuts = 0;
    for at in (0..=end).step_by(173) {
        stage.write("cut.tar", good.get(..at).unwrap_or_default());
        let run = stage.drift(&arguments);
        assert!([Some(1), Some(2), Some(3)].contains(&run.code), "cut at {at}: {}", run.text());
        cuts += 1;
    }
    stage.write("cut.tar", &good);
    let _whole = stage.drift(&arguments).expect(0);
    println!("{cuts} truncations");
}

#[test]
fn bombs_and_lies_end_in_bounded_memory() {
    let (Some(_prlimit), Some(_python), Some(_zstd)) =
        (need::tool("prlimit"), need::tool("python3"), need::tool("zstd"))
    else {
        return;
    };
    let stage = Stage::new();
    for kind in ["zeros", "pax-claim", "pax-long", "size-claim", "long-name", "many-pax", "sparse"]
    {
        let made = format!(
            "python3 $hostile/lying_tar.py {kind} >$s/{kind}.tar; zstd -q -19 --long=27 $s/{kind}.tar -o $s/{kind}.zst
             stat -c '%s %n' $s/{kind}.tar $s/{kind}.zst | sed \"s|$s/||\"; rm $s/{kind}.tar"
        );
        let sizes = stage.script(Space::Shared, &made).success().replace('\n', ", ");
        let target = format!("tar:{}", stage.path(&format!("{kind}.zst")));
        let run = command::run_within(
            LIMIT,
            "prlimit",
            [MEMORY, crate::stage::DRIFT, "check", &target, "--format", "json"],
        );
        // Without a package database to compare with, even an honest archive is incomplete.
        let run = run.expect(3);
        assert_harmless(kind, &run.stdout);
        assert_harmless(kind, &run.stderr);
        let document: serde_json::Value =
            serde_json::from_str(&run.text()).expect("the report is written all the same");
        let why = document["problems"][0]["reason"].to_string();
        let refused = document["notes"][0] == "Nothing was compared.";
        let read_on = ["long-name", "sparse"].contains(&kind);
        assert_eq!(read_on, !refused, "{kind}: {why}");
        assert!(run.error_text().is_empty(), "{kind}");
        assert!(kind != "sparse" || run.text().contains("it is sparse in a form that is not read"));
        println!("{sizes}{}", why.trim());
    }
}
