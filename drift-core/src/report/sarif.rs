//! SARIF 2.1.0 (OASIS, with errata 01), for code scanning and whatever else reads it.
//!
//! A result is a finding, never a pass: GitHub takes every result for an alert, whatever its `kind`
//! (`docs/decisions/0025-formats-of-others.md`). How each policy ended stands in `properties.status`
//! of its rule, and what could not be checked in the notifications of the invocation. Results are
//! written one by one, so that their number costs no memory.

mod location;
mod message;
mod results;
mod rules;
mod run;

use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};

use self::rules::Rules;
use super::findings::Findings;
use super::json::write_indented;
use super::{Format, Report, Style};

pub(super) const FORMAT: Format = Format {
    name: "sarif",
    meaning: "SARIF 2.1.0: findings with fingerprints and suppressions, for code scanning",
    write,
};

/// Where the schema of this version stands for good.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

fn write(report: &Report, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    write_indented(&Log(report), out)
}

struct Log<'r>(&'r Report);

impl Serialize for Log<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("$schema", SCHEMA)?;
        map.serialize_entry("version", "2.1.0")?;
        map.serialize_entry("runs", &[Run(self.0)])?;
        map.end()
    }
}

struct Run<'r>(&'r Report);

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rules = Rules::of(self.0);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("tool", &run::tool(self.0, &rules))?;
        map.serialize_entry("automationDetails", &run::automation(self.0))?;
        map.serialize_entry("originalUriBaseIds", &location::bases(self.0))?;
        map.serialize_entry("invocations", &[run::invocation(self.0)])?;
        map.serialize_entry("results", &Results(self.0, &rules))?;
        map.serialize_entry("properties", &run::properties(self.0))?;
        map.end()
    }
}

struct Results<'r>(&'r Report, &'r Rules<'r>);

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report, rules) = self;
        let findings = Findings::of(report);
        let found = findings.all().map(|finding| results::result(report, rules, &finding));
        serializer.collect_seq(found.chain(results::omitted(report)))
    }
}
