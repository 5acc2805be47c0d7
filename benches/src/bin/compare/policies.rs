//! All built-in policies on a Debian root, beside the same check without and beside OpenSCAP: S8.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads what other programs wrote")]

use std::error::Error;

use drift_benches::goals::Outcome;
use drift_benches::{Contender, Runs, is_installed, median, table, versions};
use drift_core::policy::PACKS;
use serde_json::Value;

use crate::bench::{Bench, Section};

/// The content of Debian's package ssg-debian, which speaks of Debian 11 at the latest.
const CONTENT: &str = "/usr/share/xml/scap/ssg/content";
/// The profile with the most rules.
const PROFILE: &str = "xccdf_org.ssgproject.content_profile_anssi_np_nt28_high";

pub(crate) fn measure(bench: &Bench) -> Result<Section, Box<dyn Error>> {
    let root = bench.root()?;
    let root = root.to_str().ok_or("the root's path is not UTF-8")?;
    let plain = format!("{} check 'dir:{root}' {}", bench.drift(), bench.common("state"));
    let packs = PACKS.iter().map(|pack| format!(" --policy builtin:{}", pack.name));
    let policies = plain.clone() + &packs.collect::<String>();
    let codes = &[0, 1, 3];
    let mut contenders = vec![
        Contender::new("drift check, all built-in policies", policies.clone()).ending(codes),
        Contender::new("drift check, none", plain).ending(codes),
    ];
    let scap = bench.arguments.peers && is_installed("oscap")?;
    if scap {
        contenders.push(open_scap(bench, root)?);
    }
    let runs = bench.compete(&bench.warmed(root, contenders)?)?;
    let evaluated = evaluated(bench, &policies)?;
    let of = |at: usize| runs.get(at).cloned().unwrap_or_default();
    let (with, without) = (of(0), of(1));
    let beyond: Vec<f64> = with.wall.iter().zip(&without.wall).map(|(a, b)| a - b).collect();
    let from = format!("{:.3} s and {:.3} s", median(&with.wall), median(&without.wall));
    let mut outcomes = vec![Outcome::of("S8 time", &beyond, from)];
    let mut text = format!(
        "\n## Policies on a Debian root\n\n{}- drift: {} policies, of which {} are answered by \
         pass or fail\n",
        versions(&["oscap"])?,
        evaluated.all,
        evaluated.answered
    );
    if scap {
        let (line, outcome) = beside_open_scap(bench, &evaluated, &of(2), &with, &beyond)?;
        text += &line;
        outcomes.push(outcome);
    } else {
        outcomes.push(Outcome::missing("S8 OpenSCAP", "oscap is not installed, or no peers"));
    }
    text += &format!("\n{}", table(&runs));
    Ok(Section { text, outcomes })
}

/// How many policies a report speaks of.
struct Evaluated {
    all: usize,
    answered: usize,
}

fn evaluated(bench: &Bench, script: &str) -> Result<Evaluated, Box<dyn Error>> {
    let report = bench.place("policies.json");
    // Findings end with another code than 0.
    bench.succeed(&format!("{script} --format json >'{report}' || [ $? -le 3 ]"))?;
    let report: Value = serde_json::from_slice(&std::fs::read(report)?)?;
    let all = report["policies"].as_array().ok_or("the report has no policies")?;
    let answered = |policy: &&Value| matches!(policy["status"].as_str(), Some("pass" | "fail"));
    Ok(Evaluated { all: all.len(), answered: all.iter().filter(answered).count() })
}

/// A copy of the content in which no platform is asked for: its rules are for Debian 11, and all of
/// them would be skipped on any other.
fn open_scap(bench: &Bench, root: &str) -> Result<Contender, Box<dyn Error>> {
    let copy = bench.place("scap");
    bench.succeed(&format!(
        "mkdir '{copy}' && cp {CONTENT}/ssg-debian11-*.xml '{copy}' && \
         sed -E -i 's#<([a-z0-9.-]+:)?platform [^>]*/>##g' '{copy}/ssg-debian11-xccdf.xml'"
    ))?;
    let script = format!(
        "cd '{copy}' && OSCAP_PROBE_ROOT='{root}' OSCAP_PROBE_ARCHITECTURE=$(uname -m) \
         oscap xccdf eval --profile {PROFILE} --results results.xml ssg-debian11-xccdf.xml"
    );
    // 2: at least one rule failed (oscap(8)).
    Ok(Contender::new("oscap xccdf eval", script).ending(&[0, 2]))
}

/// Rules a second of both. drift's are counted over what the policies add to a check, because the
/// check itself does what OpenSCAP does not: the line says the other way of counting too.
fn beside_open_scap(
    bench: &Bench,
    evaluated: &Evaluated,
    scap: &Runs,
    with: &Runs,
    beyond: &[f64],
) -> Result<(String, Outcome), Box<dyn Error>> {
    let results = bench.place("scap/results.xml");
    let counted = format!("grep -cE '<result>(pass|fail)</result>' '{results}' || :");
    let rules: f64 = bench.succeed(&counted)?.parse()?;
    let own = evaluated.answered as f64;
    let pairs = beyond.iter().zip(&scap.wall);
    // Below a millisecond the difference of two runs is noise.
    let ratios: Vec<f64> =
        pairs.map(|(beyond, scap)| (own / beyond.max(0.001)) / (rules / scap)).collect();
    let (whole, theirs) = (own / median(&with.wall), rules / median(&scap.wall));
    let line = format!(
        "- OpenSCAP: {rules} rules of {PROFILE} are answered by pass or fail, {theirs:.0} a second; \
         its content is for Debian 11, with its questions for the platform removed\n\
         - drift: {whole:.0} policies a second over the whole check, {:.0} over what they add to it\n",
        own / median(beyond).max(0.001)
    );
    let from = format!("{own} policies, {rules} rules");
    Ok((line, Outcome::of("S8 OpenSCAP", &ratios, from)))
}
