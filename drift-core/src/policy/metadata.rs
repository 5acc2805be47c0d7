//! `# METADATA`: the YAML in the comments above `package`, which the interpreter does not read.
//!
//! The form is that of OPA's annotations (<https://www.openpolicyagent.org/docs/policy-language/#annotations>),
//! at package scope alone, with ours below `custom`. YAML has ways to make much of little (anchors,
//! aliases, merge keys): none of them is taken.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::model::Severity;

use super::diagnostic::Diagnostic;
use super::engine::{Value, to_value};
use super::lint::{ID, METADATA, METADATA_MEMBER, meant};
use super::set::{Parameter, PolicyId};
use super::syntax::Span;

/// The longest text of a member, in bytes: what a report can show.
const MAX_TEXT_BYTES: usize = 4096;

/// Members of the block, and of `custom` in it; `true` for those that must be there.
const MEMBERS: [(&str, bool); 4] =
    [("title", true), ("description", false), ("scope", false), ("custom", true)];
const CUSTOM: [(&str, bool); 7] = [
    ("id", true),
    ("severity", true),
    ("rationale", true),
    ("remediation", true),
    ("references", false),
    ("paths", false),
    ("parameters", false),
];

/// What a policy says of itself.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    /// The first line of the block, from 1.
    pub(super) line: u32,
    pub(super) id: PolicyId,
    pub(super) title: String,
    pub(super) severity: Severity,
    pub(super) rationale: String,
    pub(super) remediation: String,
    pub(super) references: BTreeMap<String, Vec<String>>,
    /// Each with where it stands.
    pub(super) paths: Vec<(String, Span)>,
    pub(super) parameters: Vec<(Parameter, Span)>,
    /// Where the id stands.
    pub(super) id_span: Span,
}

/// Reads the block right above `package`, which stands at `package`; `comments` are those of the file.
pub(super) fn read(
    name: &str,
    text: &str,
    package: Span,
    comments: &[Span],
) -> Result<Metadata, Vec<Diagnostic>> {
    let block = Block::find(name, text, package, comments).map_err(|wrong| vec![*wrong])?;
    let mut reader = Reader { block, wrong: Vec::new() };
    let found = reader.metadata();
    match found {
        Some(metadata) if reader.wrong.is_empty() => Ok(metadata),
        _ => Err(reader.wrong),
    }
}

/// The block: its YAML, and where each line of it stands in the file.
struct Block<'t> {
    name: &'t str,
    text: &'t str,
    start: Span,
    yaml: String,
    /// By line of the YAML: where its text begins in the file, and the text.
    lines: Vec<(usize, &'t str)>,
}

impl<'t> Block<'t> {
    fn find(
        name: &'t str,
        text: &'t str,
        package: Span,
        comments: &[Span],
    ) -> Result<Self, Box<Diagnostic>> {
        let mut lines = Vec::new();
        let mut start = 0_usize;
        for line in text.split_inclusive('\n') {
            let kept = line.trim_end_matches(['\n', '\r']);
            lines.push((start, kept));
            start = start.saturating_add(line.len());
        }
        let at = lines.partition_point(|(start, _)| *start <= package.start as usize);
        let above = lines.get(..at.saturating_sub(1)).unwrap_or_default();
        let first = above.iter().rposition(|(_, line)| !line.starts_with('#'));
        let above = above.get(first.map_or(0, |first| first.saturating_add(1))..);
        let above = above.unwrap_or_default();
        let is_head = |line: &str| line.trim_end() == "# METADATA";
        let head = above.iter().rposition(|(_, line)| is_head(line));
        let head_start = head.and_then(|head| above.get(head)).map(|(start, _)| *start);
        let stray = comments.iter().find(|comment| {
            let (start, end) = (comment.start as usize, comment.end as usize);
            text.get(start..end).is_some_and(is_head) && Some(start) != head_start
        });
        if let Some(stray) = stray {
            let message = "# METADATA stands right above package, once, and nowhere else";
            return Err(Box::new(Diagnostic::at(name, text, *stray, METADATA, message)));
        }
        let (Some(head), Some(head_start)) = (head, head_start) else {
            let wrong =
                Diagnostic::at(name, text, package, METADATA, "no # METADATA above package");
            let help = "write it in the lines right above, with id, title, severity, rationale and remediation";
            return Err(Box::new(wrong.help(help)));
        };
        let body = above.get(head.saturating_add(1)..).unwrap_or_default();
        let strip = |(start, line): &(usize, &'t str)| {
            let rest = line.strip_prefix('#').unwrap_or(line);
            let rest = rest.strip_prefix(' ').unwrap_or(rest);
            (start.saturating_add(line.len().saturating_sub(rest.len())), rest)
        };
        let lines: Vec<(usize, &str)> = body.iter().map(strip).collect();
        let texts: Vec<&str> = lines.iter().map(|(_, line)| *line).collect();
        let start = span_of(head_start, "# METADATA".len());
        Ok(Self { name, text, start, yaml: texts.join("\n"), lines })
    }

    /// Where a line and a column of the YAML stand, both from 1.
    fn place(&self, line: u64, column: u64) -> Span {
        let at = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some((start, text)) = self.lines.get(at) else { return self.start };
        let column = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
        let within = text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        span_of(start.saturating_add(within), 1)
    }

    /// Where a name stands first in front of a colon; the block's start when nowhere.
    fn key(&self, name: &str) -> Span {
        self.word(name, |rest| rest.trim_start().starts_with(':'))
    }

    /// Where a text stands first.
    fn word(&self, word: &str, fits: impl Fn(&str) -> bool) -> Span {
        for (start, line) in &self.lines {
            for (at, _) in line.match_indices(word) {
                let before = line.get(..at).and_then(|before| before.chars().next_back());
                let is_start = !before
                    .is_some_and(|letter| letter.is_alphanumeric() || "_-/".contains(letter));
                let rest = line.get(at.saturating_add(word.len())..).unwrap_or_default();
                let rest = rest.trim_start_matches(['"', '\'']);
                if is_start && fits(rest) {
                    return span_of(start.saturating_add(at), word.len());
                }
            }
        }
        self.start
    }
}

fn span_of(start: usize, len: usize) -> Span {
    let bounded = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: bounded(start), end: bounded(start.saturating_add(len)) }
}

struct Reader<'t> {
    block: Block<'t>,
    wrong: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn metadata(&mut self) -> Option<Metadata> {
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_documents: 1,
                max_anchors: 0,
                max_aliases: 0,
                max_merge_keys: 0,
                max_depth: 16,
                max_nodes: 10_000,
            },
        };
        let read = serde_saphyr::from_str_with_options::<Json>(&self.block.yaml, options);
        let read = match read {
            Ok(Json::Object(members)) => members,
            Ok(_) => {
                self.refuse(
                    self.block.start,
                    METADATA,
                    "METADATA is no mapping of names to values",
                );
                return None;
            }
            Err(error) => {
                let place = error.location();
                let span = place.map_or(self.block.start, |place| {
                    self.block.place(place.line(), place.column())
                });
                let message = error.without_snippet().to_string();
                // Its own numbers are those of the YAML, not of the file.
                let message = message.split(" at line ").next().unwrap_or_default().to_owned();
                self.refuse(span, METADATA, message);
                return None;
            }
        };
        self.members("METADATA", &read, &MEMBERS);
        if read.get("scope").is_some_and(|scope| scope != "package") {
            let span = self.block.key("scope");
            self.refuse(span, METADATA_MEMBER, "the only scope is package");
        }
        let custom = match read.get("custom") {
            Some(Json::Object(custom)) => custom.clone(),
            _ => Map::new(),
        };
        self.members("custom", &custom, &CUSTOM);
        let title = self.text(&read, "title");
        if read.contains_key("description") {
            self.text(&read, "description");
        }
        let id = self.text(&custom, "id");
        let id_span = self.block.key("id");
        let id = match id.as_deref().map(PolicyId::parse) {
            Some(Ok(id)) => Some(id),
            Some(Err(error)) => {
                self.refuse(id_span, ID, error.to_string());
                None
            }
            None => None,
        };
        let severity = self.severity(&custom);
        let (rationale, remediation) =
            (self.text(&custom, "rationale"), self.text(&custom, "remediation"));
        let references = self.references(&custom);
        let paths = self.paths(&custom);
        let parameters = self.parameters(&custom);
        Some(Metadata {
            line: Diagnostic::at("", self.block.text, self.block.start, METADATA, "").line,
            id: id?,
            title: title?,
            severity: severity?,
            rationale: rationale?,
            remediation: remediation?,
            references,
            paths,
            parameters,
            id_span,
        })
    }

    fn refuse(&mut self, span: Span, code: &'static str, message: impl Into<String>) {
        let (name, text) = (self.block.name, self.block.text);
        self.wrong.push(Diagnostic::at(name, text, span, code, message));
    }

    fn members(&mut self, of: &str, found: &Map<String, Json>, known: &[(&'static str, bool)]) {
        for name in found.keys() {
            if !known.iter().any(|(known, _)| known == name) {
                let span = self.block.key(name);
                self.refuse(span, METADATA_MEMBER, format!("{of} has no member {name:?}"));
                let help = meant(name, known.iter().map(|(known, _)| *known));
                if let Some(last) = self.wrong.pop() {
                    self.wrong.push(last.help(help));
                }
            }
        }
        for (name, _) in known.iter().filter(|(name, must)| *must && !found.contains_key(*name)) {
            let span = self.block.start;
            self.refuse(span, METADATA_MEMBER, format!("{of} has no {name}"));
        }
    }

    /// Returns a text that must not be empty; nothing, silently, when it is not there at all.
    fn text(&mut self, of: &Map<String, Json>, name: &str) -> Option<String> {
        let found = of.get(name)?;
        let span = self.block.key(name);
        match found {
            Json::String(text) if text.trim().is_empty() => {
                self.refuse(span, METADATA_MEMBER, format!("{name} is empty"));
                None
            }
            Json::String(text) if text.len() > MAX_TEXT_BYTES => {
                let message = format!("{name} is longer than {MAX_TEXT_BYTES} bytes");
                self.refuse(span, METADATA_MEMBER, message);
                None
            }
            Json::String(text) => Some(text.trim_end().to_owned()),
            other => {
                let kind = kind(other);
                self.refuse(span, METADATA_MEMBER, format!("{name} is {kind}, not a text"));
                None
            }
        }
    }

    fn severity(&mut self, custom: &Map<String, Json>) -> Option<Severity> {
        let word = self.text(custom, "severity")?;
        let found = Severity::ALL.into_iter().find(|severity| severity.name() == word);
        if found.is_none() {
            let span = self.block.key("severity");
            let names = Severity::ALL.map(Severity::name);
            self.refuse(span, METADATA_MEMBER, format!("there is no severity {word:?}"));
            if let Some(last) = self.wrong.pop() {
                self.wrong.push(last.help(meant(&word, names)));
            }
        }
        found
    }

    fn references(&mut self, custom: &Map<String, Json>) -> BTreeMap<String, Vec<String>> {
        let Some(found) = custom.get("references") else { return BTreeMap::new() };
        let span = self.block.key("references");
        let Json::Object(catalogues) = found else {
            self.refuse(span, METADATA_MEMBER, "references are lists of texts by catalogue");
            return BTreeMap::new();
        };
        let mut references = BTreeMap::new();
        for (catalogue, numbers) in catalogues {
            match texts(numbers) {
                Some(numbers) if !numbers.is_empty() => {
                    references.insert(catalogue.clone(), numbers);
                }
                _ => {
                    let span = self.block.key(catalogue);
                    let message = format!("the references {catalogue:?} are no list of texts");
                    self.refuse(span, METADATA_MEMBER, message);
                }
            }
        }
        references
    }

    fn paths(&mut self, custom: &Map<String, Json>) -> Vec<(String, Span)> {
        let Some(found) = custom.get("paths") else { return Vec::new() };
        let Some(found) = texts(found) else {
            let span = self.block.key("paths");
            self.refuse(span, METADATA_MEMBER, "paths are a list of texts");
            return Vec::new();
        };
        let mut paths: Vec<(String, Span)> = Vec::new();
        for path in found {
            let span = self.block.word(&path, |_| true);
            let is_clean = path == "/"
                || path.strip_prefix('/').is_some_and(|rest| {
                    rest.split('/').all(|part| !matches!(part, "" | "." | ".."))
                });
            if !is_clean {
                let message = format!("{path:?} is no path from the root of the target");
                self.refuse(span, METADATA_MEMBER, message);
            }
            if let Some((what, help)) = unmatched(&path) {
                let message = format!("{path:?} matches nothing: {what}; {help}");
                self.refuse(span, METADATA_MEMBER, message);
            }
            if paths.iter().any(|(known, _)| *known == path) {
                self.refuse(span, METADATA_MEMBER, format!("{path:?} is listed twice"));
            }
            paths.push((path, span));
        }
        paths
    }

    fn parameters(&mut self, custom: &Map<String, Json>) -> Vec<(Parameter, Span)> {
        let Some(found) = custom.get("parameters") else { return Vec::new() };
        let Json::Object(found) = found else {
            let span = self.block.key("parameters");
            let message = "parameters are, by name, a description and a default";
            self.refuse(span, METADATA_MEMBER, message);
            return Vec::new();
        };
        let mut parameters = Vec::new();
        for (name, said) in found {
            let span = self.block.key(name);
            let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            if !is_plain {
                let message = format!("{name:?} is no name of a parameter: a-z, 0-9 and _");
                self.refuse(span, METADATA_MEMBER, message);
            }
            let Json::Object(said) = said else {
                let message = format!("the parameter {name} has a description and a default");
                self.refuse(span, METADATA_MEMBER, message);
                continue;
            };
            self.members(name, said, &[("description", true), ("default", true)]);
            let description = self.text(said, "description");
            let default =
                said.get("default").map(|default| to_value(default).unwrap_or(Value::NULL));
            match (description, default) {
                (Some(_), Some(Value::NULL)) => {
                    let message = format!("the default of {name} is null, which is of no type");
                    self.refuse(span, METADATA_MEMBER, message);
                }
                (Some(description), Some(default)) => {
                    parameters.push((Parameter { name: name.clone(), description, default }, span));
                }
                _ => {}
            }
        }
        parameters
    }
}

fn texts(value: &Json) -> Option<Vec<String>> {
    let texts = value.as_array()?.iter();
    texts.map(|text| text.as_str().filter(|text| !text.is_empty()).map(str::to_owned)).collect()
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a mapping",
    }
}

/// Why a pattern would match no path, which would read as if there were none, and what to write.
fn unmatched(path: &str) -> Option<(&'static str, &'static str)> {
    let is_unclosed = |part: &str| {
        part.split_once('[').is_some_and(|(_, rest)| {
            // A bracket that comes first, also behind a "!", is one of the characters.
            let first = usize::from(rest.starts_with(['!', '^']));
            !rest.chars().skip(first).skip(1).any(|letter| letter == ']')
        })
    };
    match () {
        () if path.split('/').any(|part| part.contains("**") && part != "**") => {
            Some(("** is a whole part", "write /a/**/b* for names that begin with b"))
        }
        () if path.contains(['{', '}']) => {
            Some(("braces are no alternatives", "list one path for each of them"))
        }
        () if path.contains('\\') => {
            Some(("a backslash escapes nothing", "write [*] for the character *"))
        }
        () if path.split('/').any(is_unclosed) => {
            Some(("a [ is not closed", "write [[] for the character ["))
        }
        () => None,
    }
}
