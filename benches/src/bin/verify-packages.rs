//! Times drift without a baseline beside the package managers' own verification, run in turn.
//!
//! `cargo run --release -p golden-drift-benches --bin verify-packages -- ROOT [ROUNDS]`, 5 rounds by
//! default, after `cargo build --release`, as root. Which managers compete depends on the databases
//! in ROOT. drift does more in that time: it looks at what no package owns as well.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts other programs and takes arguments"
)]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use drift_benches::{Contender, compete, describe};

/// The least number that has a median and a range worth the name.
const DEFAULT_ROUNDS: usize = 5;

/// Where databases lie, and what verifies the files that they list: `%` stands for the root. Findings
/// are no failure, and each program says them with another code.
const PEERS: &[(&[&str], &str, &str, &[i32])] = &[
    (&["var/lib/dpkg/status"], "dpkg --verify", "dpkg '--root=%' --verify", &[0, 1]),
    // Configuration files too, as the others do.
    (&["var/lib/dpkg/status"], "debsums -a -s", "debsums '--root=%' -a -s", &[0, 2]),
    (
        &["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"],
        "rpm -Va",
        "rpm '--root=%' --verify --all",
        &[0, 1],
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().ok_or("name a root: verify-packages ROOT [ROUNDS]")?;
    let root = std::fs::canonicalize(root)?;
    let root = root.to_str().ok_or("the root's path is not UTF-8")?;
    let rounds = arguments.next().map_or(Ok(DEFAULT_ROUNDS), |text| text.parse())?;
    let drift = std::env::current_exe()?.with_file_name("drift");
    if !drift.is_file() {
        return Err(
            format!("{} is missing; run cargo build --release first", drift.display()).into()
        );
    }
    let drift = drift.to_str().ok_or("the program's path is not UTF-8")?;
    let mut contenders = vec![Contender {
        name: "drift check, without a baseline",
        script: format!("'{drift}' check 'dir:{root}'"),
        codes: &[0, 1, 3],
    }];
    for (databases, name, script, codes) in PEERS {
        if databases.iter().any(|database| Path::new(root).join(database).exists()) {
            contenders.push(Contender { name, script: script.replace('%', root), codes });
        }
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "# All packaged files against the package database\n")?;
    write!(out, "{}", describe(root, None)?)?;
    for program in ["dpkg", "debsums", "rpm"] {
        writeln!(out, "- {program}: {}", version(program)?)?;
    }
    writeln!(out, "\n{}", compete(&contenders, rounds)?)?;
    Ok(())
}

/// The first line of what a program says of its version.
fn version(program: &str) -> Result<String, Box<dyn Error>> {
    let Ok(said) = Command::new(program).arg("--version").output() else {
        return Ok("not installed".to_owned());
    };
    let said = String::from_utf8(said.stdout)?;
    Ok(said.lines().next().unwrap_or_default().to_owned())
}
