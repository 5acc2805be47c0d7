//! The kinds of work.

use std::sync::Arc;

use drift_benches::{FlatVolume, GeneratedVolume};
use drift_core::baseline::{self, UnverifiedSnapshot};
use drift_core::check::{Assessment, Outcome, Reference, Request, Target, View};
use drift_core::judge::Waivers;
use drift_core::model::{Digest, SourceKind};
use drift_core::policy::{
    self, InProcess, Limits, Origin, OriginKind, PolicyFile, PolicySet, SourceSet,
};
use drift_core::report::{self, Previous, Style};
use drift_core::source::{MemoryKind, MemoryVolume, Walked};

use crate::packaged::{debian, no_change};
use crate::runs::{Count, Outcomes, captured, checked, compared, rules, source_of};
use crate::{Meter, say};

/// Name, what grows, and the work.
pub(crate) type Case = (&'static str, &'static str, fn(u64) -> Outcomes<()>);

pub(crate) const CASES: &[Case] = &[
    ("wide", "files in one directory: capture", |size| capture(FlatVolume::wide(size))),
    ("many", "files in directories of a thousand: capture", |size| capture(FlatVolume::many(size))),
    ("deep", "directories within one another: capture, check", deep),
    ("names-of-one", "names of one file: capture, check", |size| same(links(size, size))),
    ("names-of-two", "names, each two of one file: capture, check", |size| same(links(size, 2))),
    ("compare", "entries of two stored snapshots that are equal: diff", compare),
    ("changes", "changed files: capture both, compare, report", changes),
    ("text", "findings: write the report", |size| written("text", size)),
    ("json", "findings: write the report", |size| written("json", size)),
    ("ndjson", "findings: write the report", |size| written("ndjson", size)),
    ("paths", "findings: write the report", |size| written("paths", size)),
    ("sarif", "findings: write the report", |size| written("sarif", size)),
    ("junit", "findings: write the report", |size| written("junit", size)),
    ("markdown", "findings: write the report", |size| written("markdown", size)),
    ("github", "findings: write the report", |size| written("github", size)),
    ("policies-of-changes", "changed files: as changes, and the pack immutability", assessed),
    ("load", "policies: parse and lint", |size| load(size, false)),
    ("load-helped", "policies that share a helper: parse and lint", |size| load(size, true)),
    ("evaluate", "policies: evaluate on a small tree", evaluate),
    ("rules", "rules: capture of 100,000 entries", many_rules),
    ("waivers", "waivers by path: check with 20,000 changes", |size| waivers(size, 20_000)),
    ("waivers-of-few", "waivers by path: check with 2,000 changes", |size| waivers(size, 2_000)),
    ("waived", "changed files: as changes, and 2,000 waivers", waived),
    ("previous", "findings in this and the previous report", previous),
    ("moved", "files that moved, each with its own content", |size| moved(size, false)),
    ("moved-alike", "files that moved, all with one content", |size| moved(size, true)),
    ("rotated", "logs in one directory that were all rewritten: check", rotated),
    ("unowned", "files that no package owns: check without a baseline", unowned),
    ("packages", "packages of dpkg with six files: check without a baseline", packages),
    ("upgraded", "packages of dpkg with thirty files, all upgraded: check", upgraded),
];

fn links(files: u64, names: u64) -> FlatVolume {
    FlatVolume { names, ..FlatVolume::many(files) }
}

fn capture(volume: FlatVolume) -> Outcomes<()> {
    let meter = Meter::start()?;
    let captured = captured(&source_of(volume), rules(Vec::new()))?;
    let encoded = baseline::encode(&captured.snapshot)?;
    meter.stop()?;
    say(&format!("{} entries, {} bytes", encoded.counts.entries, encoded.bytes.len()))
}

fn same(volume: FlatVolume) -> Outcomes<()> {
    let meter = Meter::start()?;
    let outcome = compared(&source_of(volume), &source_of(volume), |_| ())?;
    meter.stop()?;
    told(&outcome)
}

fn told(outcome: &Outcome) -> Outcomes<()> {
    let (entries, changes) = (outcome.report.coverage.entries, outcome.report.changes.len());
    say(&format!(
        "{entries} entries, {changes} changes, {} problems",
        outcome.report.problems.len()
    ))
}

fn deep(size: u64) -> Outcomes<()> {
    let chain = || {
        let mut volume = MemoryVolume::new();
        let mut at = volume.root_id();
        for _ in 0..size {
            at = volume.put_in(at, b"deeper", MemoryKind::Directory(Default::default()));
        }
        volume.put_in(at, b"end", MemoryKind::file(b"here\n"));
        Walked::new(volume, SourceKind::Memory, "memory:deep")
    };
    let (before, after) = (chain(), chain());
    let meter = Meter::start()?;
    let outcome = compared(&before, &after, |_| ())?;
    meter.stop()?;
    told(&outcome)
}

fn compare(size: u64) -> Outcomes<()> {
    let file: Arc<[u8]> = {
        let captured = captured(&source_of(GeneratedVolume::new(size)), rules(Vec::new()))?;
        baseline::encode(&captured.snapshot)?.bytes.into()
    };
    let meter = Meter::start()?;
    let (before, after) = (
        UnverifiedSnapshot::decode(Arc::clone(&file))?,
        UnverifiedSnapshot::decode(Arc::clone(&file))?,
    );
    let (before, after) = (View::of_unverified(&before), View::of_unverified(&after));
    let reference = Reference::Other(Target::Stored(&before));
    let outcome = checked(&Target::Stored(&after), &reference, |request| request.rules = None)?;
    meter.stop()?;
    told(&outcome)
}

/// A tree of which most files say something else: as many changes as asked for, or a few more.
fn altered(size: u64) -> (Walked<GeneratedVolume>, Walked<GeneratedVolume>) {
    // Of thirteen objects eleven are files, and of those nearly all hold something.
    let volume = GeneratedVolume::new(size.saturating_mul(13).div_ceil(11));
    (source_of(volume), source_of(volume.altered()))
}

fn changes(size: u64) -> Outcomes<()> {
    let (before, after) = altered(size);
    let meter = Meter::start()?;
    let outcome = compared(&before, &after, |_| ())?;
    meter.stop()?;
    told(&outcome)
}

fn written(format: &str, size: u64) -> Outcomes<()> {
    let (before, after) = altered(size);
    let outcome = compared(&before, &after, |_| ())?;
    let Outcome { report, .. } = outcome;
    let format = report::find(format).ok_or("no such format")?;
    let mut count = Count::default();
    let meter = Meter::start()?;
    (format.write)(&report, &Style::default(), &mut count)?;
    meter.stop()?;
    say(&format!("{} changes, {} bytes written", report.changes.len(), count.0))
}

fn assessed(size: u64) -> Outcomes<()> {
    let set = policy::load(vec![policy::pack("immutability").ok_or("no such pack")?])?;
    let (before, after) = altered(size);
    let meter = Meter::start()?;
    let outcome = compared(&before, &after, |request| assess(request, set))?;
    meter.stop()?;
    let said = outcome.report.policies.iter().map(|policy| policy.evidence_omitted);
    say(&format!("{} denials beyond the limit", said.sum::<u64>()))?;
    told(&outcome)
}

/// So many policies, each about a file of its own.
fn site(size: u64, helped: bool) -> SourceSet {
    let helped = helped.then_some((
        "import data.drift.lib.site.both\n",
        "deny contains both.denial([file.path, file.mode], \"0600\") if file.state == \"absent\"\n",
    ));
    let (import, more) = helped.unwrap_or_default();
    let policy = |number| PolicyFile {
        name: format!("site/policy_{number}.rego"),
        text: format!(
            "# METADATA\n# title: Number {number}\n# custom:\n#   id: site/policy_{number}\n\
             #   severity: high\n#   references: {{nist: [\"AC-17\"]}}\n#   rationale: It is so.\n\
             #   remediation: Mend it.\n#   paths: [/etc/site-{number}.conf]\n\
             package drift.site.policy_{number}\n\n{import}\n\
             file := input.files[\"/etc/site-{number}.conf\"]\n\n{more}\n\
             deny contains {{\"path\": file.path, \"observed\": file.mode, \"expected\": \"0600\"}} if {{\n\
             \tfile.state == \"present\"\n\tfile.mode != \"0600\"\n}}\n\n\
             deny contains {{\"path\": file.path, \"observed\": file.uid, \"expected\": \"0\"}} if {{\n\
             \tfile.state == \"present\"\n\tfile.uid != 0\n}}\n"
        ),
    };
    let mut files: Vec<PolicyFile> = (0..size).map(policy).collect();
    if !import.is_empty() {
        files.push(PolicyFile {
            name: "lib/site/both.rego".to_owned(),
            text: "package drift.lib.site.both\n\n\
                   denial(pair, expected) := {\"path\": pair[0], \"observed\": pair[1], \"expected\": expected}\n"
                .to_owned(),
        });
    }
    let origin = Origin {
        name: "grow".to_owned(),
        kind: OriginKind::Directory,
        digest: Digest::sha256_of(b"grow"),
        signers: Vec::new(),
        lineage: None,
    };
    SourceSet { origin, files }
}

fn load(size: u64, helped: bool) -> Outcomes<()> {
    let source = site(size, helped);
    let meter = Meter::start()?;
    let set: PolicySet = policy::load(vec![source])?;
    meter.stop()?;
    say(&format!("{} policies", set.policies.len()))
}

fn evaluate(size: u64) -> Outcomes<()> {
    let set = policy::load(vec![site(size, false)])?;
    let tree = FlatVolume::many(100);
    let meter = Meter::start()?;
    let outcome = compared(&source_of(tree), &source_of(tree), |request| assess(request, set))?;
    meter.stop()?;
    say(&format!("{} policies", outcome.report.policies.len()))
}

fn assess(request: &mut Request, set: PolicySet) {
    let evaluator = Arc::new(InProcess { limits: Limits::default() });
    let set = Arc::new(set);
    request.assessment = Some(Assessment { set, evaluator, keep_input: false });
}

fn many_rules(size: u64) -> Outcomes<()> {
    let line = |number: u64| match number % 4 {
        0 => format!("read-only /d{:08}/f{number:08}\n", number % 100),
        1 => format!("growing *.log-{number}\n"),
        2 => format!("dynamic /d{:08}/**/cache-{number}/*\n", number % 100),
        _ => format!("read-only /srv/app-{number}/etc\n"),
    };
    let text: String = (0..size).map(line).collect();
    let meter = Meter::start()?;
    let rules = rules(vec![("grow.rules".to_owned(), text)]);
    let captured = captured(&source_of(FlatVolume::many(100_000)), rules)?;
    meter.stop()?;
    say(&format!(
        "{} entries, {} rules",
        captured.snapshot.tree.len(),
        captured.rules.rules().len()
    ))
}

/// Waivers of every kind, few of which fit anything.
fn waiver_file(count: u64) -> Outcomes<Arc<Waivers>> {
    let mut text = String::new();
    for number in 0..count {
        let selector = match number % 4 {
            0 => format!("path = \"/{number:08}-lib/*/x-{number}.so\""),
            1 => format!("change = \"{}\"", no_change(number)),
            2 => format!("path = \"/opt/app-{number}/**\""),
            _ => format!("package = \"package-{number}\""),
        };
        text.push_str(&format!(
            "[[waiver]]\nid = \"W{number}\"\nowner = \"o\"\nreason = \"r\"\n\
             expires = \"2027-01-01\"\nmatch = {{ {selector} }}\n\n"
        ));
    }
    Ok(Arc::new(Waivers::parse("grow.toml", text.as_bytes())?))
}

fn waivers(size: u64, changes: u64) -> Outcomes<()> {
    let (before, after) = altered(changes);
    let meter = Meter::start()?;
    let waivers = waiver_file(size)?;
    let outcome = compared(&before, &after, |request| request.waivers = Some(waivers))?;
    meter.stop()?;
    told(&outcome)
}

fn waived(size: u64) -> Outcomes<()> {
    let (before, after) = altered(size);
    let meter = Meter::start()?;
    let waivers = waiver_file(2_000)?;
    let outcome = compared(&before, &after, |request| request.waivers = Some(waivers))?;
    meter.stop()?;
    told(&outcome)
}

fn previous(size: u64) -> Outcomes<()> {
    let (before, after) = altered(size);
    let mut json = Vec::new();
    let format = report::find("json").ok_or("no such format")?;
    let first = compared(&before, &after, |_| ())?;
    (format.write)(&first.report, &Style::default(), &mut json)?;
    drop(first);
    let meter = Meter::start()?;
    let previous = Arc::new(Previous::read("before.json", &json, false)?);
    drop(json);
    let outcome = compared(&before, &after, |request| request.previous = Some(previous))?;
    meter.stop()?;
    let said = outcome.report.since_previous.as_ref().map_or(0, |since| since.unchanged);
    say(&format!("{said} unchanged"))?;
    told(&outcome)
}

fn moved(size: u64, alike: bool) -> Outcomes<()> {
    let before = FlatVolume { prefix: "a", alike, ..FlatVolume::many(size) };
    let after = FlatVolume { prefix: "b", ..before };
    let meter = Meter::start()?;
    let outcome = compared(&source_of(before), &source_of(after), |_| ())?;
    meter.stop()?;
    told(&outcome)
}

fn rotated(size: u64) -> Outcomes<()> {
    let logs = |said: &str| {
        let mut volume = MemoryVolume::new();
        for number in 0..size {
            let path = format!("var/log/app-{number}.log");
            volume.file(path.as_bytes(), format!("{said} of {number}\n").as_bytes());
            let aside = format!("var/log/app-{number}.log.1");
            volume.file(aside.as_bytes(), format!("first lines of {number}\nmore\n").as_bytes());
        }
        Walked::new(volume, SourceKind::Memory, "memory:logs")
    };
    let (before, after) = (logs("first lines"), logs("other lines"));
    let rules = rules(vec![("grow.rules".to_owned(), "growing /var/log/**\n".to_owned())]);
    let meter = Meter::start()?;
    let outcome = compared(&before, &after, |request| request.rules = Some(rules))?;
    meter.stop()?;
    told(&outcome)
}

fn unowned(size: u64) -> Outcomes<()> {
    let mut volume = debian(2, 2, 1);
    for number in 0..size {
        let path = format!("usr/local/lib/part-{}/file-{number}", number / 500);
        volume.file(path.as_bytes(), b"x");
    }
    without_baseline(volume)
}

fn packages(size: u64) -> Outcomes<()> {
    without_baseline(debian(size, 6, 1))
}

fn without_baseline(volume: MemoryVolume) -> Outcomes<()> {
    let source = Walked::new(volume, SourceKind::Memory, "memory:debian");
    let meter = Meter::start()?;
    let outcome = checked(&Target::Live(&source), &Reference::PackageDatabase, |_| ())?;
    meter.stop()?;
    told(&outcome)
}

fn upgraded(size: u64) -> Outcomes<()> {
    let side =
        |version| Walked::new(debian(size, 30, version), SourceKind::Memory, "memory:debian");
    let (before, after) = (side(1), side(2));
    let meter = Meter::start()?;
    let outcome = compared(&before, &after, |_| ())?;
    meter.stop()?;
    let folded = outcome.report.summary.changes.folded;
    say(&format!("{folded} folded"))?;
    told(&outcome)
}
