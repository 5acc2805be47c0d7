//! All packaged files against the package database, beside the package managers' own verification: S7.
//!
//! The like of those is `drift check --only packages`. The whole check, which also digests everything by
//! SHA-256 and looks at what no package owns, stands beside it.

use std::error::Error;
use std::path::{Path, PathBuf};

use drift_benches::goals::Outcome;
use drift_benches::{Contender, Tree, is_installed, table, versions};

use crate::bench::{Bench, Section};

/// A program that verifies, and the goal it stands for; `%` is the root. Findings are no failure, and
/// each program says them with another code.
struct Peer {
    id: &'static str,
    program: &'static str,
    name: &'static str,
    script: &'static str,
    codes: &'static [i32],
}

const OF_DEBIAN: &[Peer] = &[
    Peer {
        id: "S7 dpkg",
        program: "dpkg",
        name: "dpkg --verify",
        script: "dpkg '--root=%' --verify",
        codes: &[0, 1],
    },
    Peer {
        id: "S7 debsums",
        program: "debsums",
        // Configuration files too, as the others do.
        name: "debsums -a -s",
        script: "debsums '--root=%' -a -s",
        codes: &[0, 2],
    },
];

const OF_RPM: &[Peer] = &[Peer {
    id: "S7 rpm",
    program: "rpm",
    name: "rpm --verify --all",
    script: "rpm '--root=%' --verify --all",
    codes: &[0, 1],
}];

pub(crate) fn measure(bench: &Bench) -> Result<Section, Box<dyn Error>> {
    let mut section = match bench.root() {
        Ok(root) => of_root(bench, &root, OF_DEBIAN)?,
        Err(error) => missing(OF_DEBIAN, &error.to_string()),
    };
    let of_rpm = match &bench.arguments.rpm_root {
        Some(root) => of_root(bench, root, OF_RPM)?,
        None => missing(OF_RPM, "no root with rpm was named: --rpm-root DIR"),
    };
    section.text += &of_rpm.text;
    section.outcomes.extend(of_rpm.outcomes);
    Ok(section)
}

fn missing(peers: &[Peer], why: &str) -> Section {
    let outcomes = peers.iter().map(|peer| Outcome::missing(peer.id, why)).collect();
    Section { text: String::new(), outcomes }
}

fn of_root(bench: &Bench, root: &Path, peers: &[Peer]) -> Result<Section, Box<dyn Error>> {
    let root: PathBuf = std::path::absolute(root)?;
    let place = root.to_str().ok_or("the root's path is not UTF-8")?;
    let check = format!("{} check 'dir:{place}' {}", bench.drift(), bench.common("state"));
    let only = format!("{check} --only packages");
    let mut contenders = vec![
        Contender::new("drift check --only packages", only).ending(&[0, 1, 3]),
        Contender::new("drift check, without a baseline", check).ending(&[0, 1, 3]),
    ];
    let mut running = Vec::new();
    for peer in peers.iter().filter(|_| bench.arguments.peers) {
        if is_installed(peer.program)? {
            let script = peer.script.replace('%', place);
            contenders.push(Contender::new(peer.name, script).ending(peer.codes));
            running.push(peer);
        }
    }
    let runs = bench.compete(&bench.warmed(place, contenders)?)?;
    let absent = peers.iter().filter(|peer| running.iter().all(|other| other.id != peer.id));
    let why = "it is not installed, or no peers were asked for";
    let mut outcomes: Vec<Outcome> = absent.map(|peer| Outcome::missing(peer.id, why)).collect();
    let drift = runs.first().ok_or("nothing was run")?;
    for (peer, runs) in running.iter().zip(runs.iter().skip(2)) {
        outcomes.push(Outcome::ratio(peer.id, runs, drift));
    }
    let names: Vec<&str> = peers.iter().map(|peer| peer.program).collect();
    let text = format!(
        "\n## All packaged files against the package database, {}\n\n{}{}\n{}",
        names.join(" and "),
        Tree::count(&root)?.line(&root)?,
        versions(&names)?,
        table(&runs),
    );
    Ok(Section { text, outcomes })
}
