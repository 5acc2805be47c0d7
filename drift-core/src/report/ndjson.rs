//! The same document as a stream, one JSON object a line, each with a `record` member.
//!
//! First `start`, then `problem`, `change`, `policy_origin`, `policy` and `waiver`, last `summary`.
//! The members of the records are those of the document, so that all records put together are the
//! document. A stream without a `summary` was cut: it is no result, least of all a clean one.

use std::io;

use serde::Serialize;

use super::document::{
    Coverage, Manifest, Reference, Scope, SincePrevious, Summary, Tailoring, Target, Tool, Verdict,
    WaiverOrigin,
};
use super::json::write_line;
use super::{Format, Report, Style};

pub(super) const FORMAT: Format = Format {
    name: "ndjson",
    meaning: "the same as a stream, one JSON record a line, the last of them the summary",
    write,
};

/// One line: what it is, and the members of that object.
#[derive(Serialize)]
struct Record<T> {
    record: &'static str,
    #[serde(flatten)]
    value: T,
}

#[derive(Serialize)]
struct Start<'r> {
    schema: &'r str,
    tool: &'r Tool,
    run_id: &'r str,
    started: &'r str,
    scope: &'r Scope,
    target: &'r Target,
    baseline: &'r Reference,
    manifests: &'r [Manifest],
    tailoring: Option<&'r Tailoring>,
    waiver_origin: Option<&'r WaiverOrigin>,
}

#[derive(Serialize)]
struct End<'r> {
    finished: &'r str,
    verdict: &'r Verdict,
    coverage: &'r Coverage,
    since_previous: Option<&'r SincePrevious>,
    summary: &'r Summary,
    notes: &'r [String],
}

fn write(report: &Report, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let start = Start {
        schema: report.schema,
        tool: &report.tool,
        run_id: &report.run_id,
        started: &report.started,
        scope: &report.scope,
        target: &report.target,
        baseline: &report.baseline,
        manifests: &report.manifests,
        tailoring: report.tailoring.as_ref(),
        waiver_origin: report.waiver_origin.as_ref(),
    };
    write_line(&Record { record: "start", value: start }, out)?;
    each("problem", &report.problems, out)?;
    each("change", &report.changes, out)?;
    each("policy_origin", &report.policy_origins, out)?;
    each("policy", &report.policies, out)?;
    each("waiver", &report.waivers, out)?;
    let end = End {
        finished: &report.finished,
        verdict: &report.verdict,
        coverage: &report.coverage,
        since_previous: report.since_previous.as_ref(),
        summary: &report.summary,
        notes: &report.notes,
    };
    write_line(&Record { record: "summary", value: end }, out)
}

fn each<T: Serialize>(
    record: &'static str,
    values: &[T],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    values.iter().try_for_each(|value| write_line(&Record { record, value }, out))
}
