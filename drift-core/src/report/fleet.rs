//! Many reports as one: targets that are equal, targets with the same drift, and the outliers.
//!
//! Reports are taken one by one and forgotten but for what is counted, so that a thousand of them
//! need no more memory than the largest. Nothing is judged again: a report counts as it concluded.

use std::collections::BTreeMap;

use serde::Serialize;

use super::document::FindingName;
use super::{Earlier, Previous};
use crate::bounds::Timestamp;
use crate::judge::Exit;
use crate::model::{Digest, Severity};
use crate::policy::Status;

/// The name of this form of summary.
pub const FLEET_SCHEMA: &str = "drift.fleet/v1";

/// Names of targets, and findings, that a group lists; the rest is counted.
const NAMES: usize = 20;
const EXAMPLES: usize = 5;

/// Many reports as one.
#[derive(Debug, Serialize)]
pub struct Fleet {
    /// [`FLEET_SCHEMA`].
    pub schema: &'static str,
    /// The exit code: 4 when a report was refused or is about a refused baseline, else 1 when one has
    /// findings, else 3 when one is incomplete or could not be read, else 0.
    pub exit_code: u8,
    /// Files that were named.
    pub reports: u64,
    /// Targets that are counted below, each by one report.
    pub targets: u64,
    /// Reports left out because there is a later one of the same target, or the same one twice.
    pub superseded: u64,
    /// Targets by `verdict.status`.
    pub verdicts: BTreeMap<String, u64>,
    /// The report that is longest ago.
    pub oldest: Option<Dated>,
    /// The most recent one.
    pub newest: Option<Dated>,
    /// Targets by what they were compared with and how they are, the largest group first.
    pub groups: Vec<Group>,
    /// Files that are no reports.
    pub unreadable: Vec<NotTaken>,
    /// Reports whose seal does not hold.
    pub refused: Vec<NotTaken>,
}

/// One report with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dated {
    /// The target.
    pub target: String,
    /// The file.
    pub file: String,
    /// When the run was finished.
    pub finished: String,
}

/// Targets that were compared with the same subject and do not differ in what the rules compare.
#[derive(Debug, Serialize)]
pub struct Group {
    /// `sealed`, `snapshot`, `package-database`, `none`.
    pub reference: String,
    /// The subject that the baseline was sealed for.
    pub identity: Option<String>,
    /// Digest over what the rules compare; null of targets that were not captured.
    pub effective_root: Option<String>,
    /// How many targets.
    pub targets: u64,
    /// Whether more than half of the targets that were compared with this subject are another group.
    pub outlier: bool,
    /// By their findings, the largest first.
    pub drifts: Vec<Drift>,
}

/// Targets with the very same findings.
#[derive(Debug, Serialize)]
pub struct Drift {
    /// `sha256:…` over the ids of the findings, sorted.
    pub digest: String,
    /// How many findings each of them has: changes and denials that are not waived.
    pub findings: u64,
    /// The loudest of them.
    pub worst: Option<Severity>,
    /// How many targets.
    pub targets: u64,
    /// Targets by `verdict.status`.
    pub verdicts: BTreeMap<String, u64>,
    /// Their names, at most 20.
    pub names: Vec<String>,
    /// How many more there are.
    pub names_omitted: u64,
    /// The loudest findings, at most 5.
    pub examples: Vec<FindingName>,
}

/// A file that is not counted, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotTaken {
    /// The file.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// Whether several reports of one target count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The latest alone: same host name, kind and locator. Reports without host name all count.
    Latest,
    /// Each for itself.
    All,
}

/// Takes reports, one after the other.
#[derive(Debug, Default)]
pub struct Gathering {
    reports: u64,
    taken: Vec<Taken>,
    unreadable: Vec<NotTaken>,
    refused: Vec<NotTaken>,
}

/// What is kept of one report.
#[derive(Debug)]
struct Taken {
    file: String,
    name: String,
    target: Option<(String, String, String)>,
    run_id: String,
    finished: Timestamp,
    status: String,
    reference: (String, Option<String>),
    effective_root: Option<String>,
    digest: Digest,
    findings: u64,
    examples: Vec<FindingName>,
}

impl Gathering {
    /// Takes a report.
    pub fn take(&mut self, previous: &Previous) {
        match taken(&previous.file, &previous.report) {
            Ok(one) => {
                self.reports = self.reports.saturating_add(1);
                self.taken.push(one);
            }
            Err(reason) => self.unreadable(&previous.file, reason),
        }
    }

    /// Notes that a file is no report.
    pub fn unreadable(&mut self, file: &str, reason: String) {
        self.reports = self.reports.saturating_add(1);
        self.unreadable.push(NotTaken { file: file.to_owned(), reason });
    }

    /// Notes that the seal of a report does not hold.
    pub fn refuse(&mut self, file: &str, reason: String) {
        self.reports = self.reports.saturating_add(1);
        self.refused.push(NotTaken { file: file.to_owned(), reason });
    }

    /// Groups what was taken.
    #[must_use]
    pub fn grouped(self, take: Take) -> Fleet {
        let all = self.taken.len();
        let taken = counted(self.taken, take);
        let mut fleet = Fleet {
            schema: FLEET_SCHEMA,
            exit_code: Exit::CLEAN.code,
            reports: self.reports,
            targets: taken.len() as u64,
            superseded: all.saturating_sub(taken.len()) as u64,
            verdicts: BTreeMap::new(),
            oldest: taken.iter().min_by_key(|one| (one.finished, &one.file)).map(dated),
            newest: taken.iter().max_by_key(|one| (one.finished, &one.file)).map(dated),
            groups: groups(&taken),
            unreadable: self.unreadable,
            refused: self.refused,
        };
        for one in &taken {
            count(&mut fleet.verdicts, &one.status);
        }
        fleet.exit_code = fleet.exit().code;
        fleet
    }
}

impl Fleet {
    /// Returns the exit code, as that of a check: untrusted outranks findings, and these outrank what
    /// is incomplete.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let has = |status: &str| self.verdicts.contains_key(status);
        if has("untrusted") || !self.refused.is_empty() {
            Exit::UNTRUSTED
        } else if has("findings") {
            Exit::FINDINGS
        } else if has("incomplete") || !self.unreadable.is_empty() || self.targets == 0 {
            Exit::INCOMPLETE
        } else {
            Exit::CLEAN
        }
    }
}

fn taken(file: &str, report: &Earlier) -> Result<Taken, String> {
    let finished = Timestamp::parse(&report.finished)
        .map_err(|error| format!("finished is no time: {error}"))?;
    let hostname = report.target.identity.hostname.clone();
    let (kind, locator) = (report.target.kind.clone(), report.target.locator.clone());
    // A later look at less, or beside another baseline, supersedes nothing.
    let only: Vec<&str> = report.scope.only.iter().map(String::as_str).collect();
    let looked = (&report.baseline.kind, &report.baseline.identity);
    let looked = format!("{locator}\0{only:?}\0{looked:?}");
    let mut findings = findings(report);
    findings.sort_by(|one, other| (other.severity, one).cmp(&(one.severity, other)));
    let mut ids: Vec<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
    ids.sort_unstable();
    let digest = Digest::sha256_of(ids.join("\n").as_bytes());
    // No report that says of itself that it is not complete counts as clean.
    let verdict = &report.verdict;
    let incomplete = verdict.status == "clean" && !verdict.complete;
    Ok(Taken {
        file: file.to_owned(),
        name: hostname.clone().unwrap_or_else(|| locator.clone()),
        target: hostname.map(|hostname| (hostname, kind, looked)),
        run_id: report.run_id.clone(),
        finished,
        status: if incomplete { "incomplete".to_owned() } else { verdict.status.clone() },
        reference: (report.baseline.kind.clone(), report.baseline.identity.clone()),
        effective_root: report.target.effective_root.clone(),
        digest,
        findings: findings.len() as u64,
        examples: {
            findings.truncate(EXAMPLES);
            findings
        },
    })
}

fn findings(report: &Earlier) -> Vec<FindingName> {
    let open = report.findings().filter(|change| change.waived_by.is_none());
    let changes = open.map(|change| FindingName {
        kind: "change",
        policy: None,
        path: Some(change.path.clone()),
        path_b64: change.path_b64.clone(),
        id: change.id.clone(),
        severity: change.severity,
    });
    let failed = report
        .policies
        .iter()
        .filter(|policy| policy.ended() == Status::Fail && policy.waived_by.is_none());
    let denials = failed.flat_map(|policy| {
        let open = policy.evidence.iter().filter(|denial| denial.waived_by.is_none());
        open.map(|denial| FindingName {
            kind: "policy",
            policy: Some(policy.id.clone()),
            path: denial.path.clone(),
            path_b64: None,
            id: denial.id.clone(),
            severity: policy.severity,
        })
    });
    changes.chain(denials).collect()
}

/// Leaves out what a later report of the same target supersedes, and the same report twice.
fn counted(mut taken: Vec<Taken>, take: Take) -> Vec<Taken> {
    taken.sort_by(|one, other| {
        (other.finished, &other.run_id, &one.file).cmp(&(one.finished, &one.run_id, &other.file))
    });
    if take == Take::All {
        return taken;
    }
    let mut seen = std::collections::BTreeSet::new();
    taken.retain(|one| match &one.target {
        Some((host, kind, locator)) => seen.insert((host.clone(), kind.clone(), locator.clone())),
        None => seen.insert((one.run_id.clone(), String::new(), one.digest.to_string())),
    });
    taken
}

fn dated(one: &Taken) -> Dated {
    Dated { target: one.name.clone(), file: one.file.clone(), finished: one.finished.to_string() }
}

fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    let slot = counts.entry(name.to_owned()).or_default();
    *slot = slot.saturating_add(1);
}

/// Reference and root; then the digest over the findings.
type Place<'t> = (&'t (String, Option<String>), &'t Option<String>);

fn groups(taken: &[Taken]) -> Vec<Group> {
    let mut places: BTreeMap<Place<'_>, BTreeMap<String, Vec<&Taken>>> = BTreeMap::new();
    let mut subjects: BTreeMap<&(String, Option<String>), u64> = BTreeMap::new();
    for one in taken {
        let drifts = places.entry((&one.reference, &one.effective_root)).or_default();
        drifts.entry(one.digest.to_string()).or_default().push(one);
        let slot = subjects.entry(&one.reference).or_default();
        *slot = slot.saturating_add(1);
    }
    let size = |drifts: &BTreeMap<String, Vec<&Taken>>| -> u64 {
        drifts.values().map(|members| members.len() as u64).sum()
    };
    let is_most = |place: &Place<'_>, size: u64| {
        subjects.get(place.0).is_some_and(|all| size > all.saturating_sub(size))
    };
    let most: Vec<&(String, Option<String>)> = places
        .iter()
        .filter(|(place, drifts)| is_most(place, size(drifts)))
        .map(|(place, _)| place.0)
        .collect();
    let mut groups: Vec<Group> = places
        .iter()
        .map(|(place, drifts)| {
            let targets = size(drifts);
            Group {
                reference: place.0.0.clone(),
                identity: place.0.1.clone(),
                effective_root: place.1.clone(),
                targets,
                outlier: most.contains(&place.0) && !is_most(place, targets),
                drifts: described(drifts),
            }
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.targets));
    groups
}

fn described(drifts: &BTreeMap<String, Vec<&Taken>>) -> Vec<Drift> {
    let mut described: Vec<Drift> = drifts
        .iter()
        .filter_map(|(digest, members)| {
            let first = members.first()?;
            let mut names: Vec<String> = members.iter().map(|one| one.name.clone()).collect();
            names.sort();
            names.truncate(NAMES);
            let mut verdicts = BTreeMap::new();
            members.iter().for_each(|one| count(&mut verdicts, &one.status));
            Some(Drift {
                digest: digest.clone(),
                findings: first.findings,
                worst: first.examples.first().map(|finding| finding.severity),
                targets: members.len() as u64,
                verdicts,
                names_omitted: members.len().saturating_sub(names.len()) as u64,
                names,
                examples: first.examples.clone(),
            })
        })
        .collect();
    described.sort_by_key(|drift| std::cmp::Reverse(drift.targets));
    described
}
