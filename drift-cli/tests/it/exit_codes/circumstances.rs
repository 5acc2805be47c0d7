//! The same tree is the same root whatever surrounds the process.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use drift_testkit::need;

use crate::stage::{Report, Space, Stage};

#[test]
fn the_surroundings_change_nothing() {
    let Some(_prlimit) = need::tool("prlimit") else { return };
    let stage = Stage::new();
    for number in 0..200 {
        let directory = format!("root/etc/d{number}");
        std::fs::create_dir(stage.at(&directory)).expect("a directory");
        stage.write(format!("{directory}/\u{e9}{number}"), "x");
    }
    stage.capture("root", &[]);
    let plain = stage.report(&[]).expect(0);
    let root = plain.text("/target/root_digest").to_owned();
    assert!(root.starts_with("sha256:"), "{root}");
    let surroundings = [
        "check --format json --threads 1",
        "check --format json --threads 7",
        "umask 0777; check --format json",
        "TZ=Pacific/Kiritimati LC_ALL=tr_TR.UTF-8 LANG=tr_TR check --format json",
        "TZ=:/dev/urandom LC_ALL= LANG=$'\\xff' check --format json",
        "mkdir $s/gone; cd $s/gone; rmdir $s/gone; check --format json",
        "exec env -i bash -c \"$(declare -p drift s); $(declare -f check); check --format json\"",
        "prlimit --nofile=32 --pid $$; check --format json",
        "prlimit --stack=262144 --pid $$; check --format json",
        "prlimit --core=0 --fsize=0 --pid $$; check --format json | cat",
        "check --format json <&- 2>&-",
        "check --output json=$s/report.json <&- >&- 2>&-; cat $s/report.json",
        "check --format json </dev/full 2>/dev/full",
        "trap '' PIPE TERM INT HUP; check --format json",
    ];
    for surrounding in surroundings {
        let run = stage.script(Space::Shared, surrounding);
        let report = Report::of(&run);
        assert_eq!(report.code, Some(0), "{surrounding}: {}", run.error_text());
        assert_eq!(report.text("/target/root_digest"), root, "{surrounding}");
        assert_eq!(report.document["coverage"], plain.document["coverage"], "{surrounding}");
    }
    println!("{} surroundings, one root", surroundings.len());
}
