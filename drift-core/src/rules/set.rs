//! The ordered list, compiled.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::model::{Digest, RuleId, TreePath};

use super::parse::{Error, ErrorKind, MAX_FORMS, MAX_RULES, Rule, parse};

/// Patterns are matched against paths up to this length, the kernel's own `PATH_MAX`; anything
/// deeper has the rule of its deepest shorter ancestor. Without a bound a deep tree would cost time
/// quadratic in its depth.
pub(super) const MAX_MATCHED_BYTES: usize = 4096;

/// The ordered list of rules, compiled.
///
/// ```
/// use drift_core::model::TreePath;
/// use drift_core::rules::{Class, RuleSet};
/// let rules = RuleSet::parse(&[("site", "ignore /var/cache\nread-only /var/cache/keep")])?;
/// let rule = rules.rule(rules.evaluate(&TreePath::parse(b"var/cache/keep/x")?, false));
/// assert_eq!(rule.class, Some(Class::ReadOnly));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    matcher: Gitignore,
    /// The last rule that has a pattern, by the line that the matcher was given for it.
    by_pattern: HashMap<String, RuleId>,
    /// The last rule whose pattern is the root itself, which speaks for everything.
    root: RuleId,
}

impl RuleSet {
    /// Reads rules from texts in order, each with the name that errors give for it.
    pub fn parse(texts: &[(&str, &str)]) -> Result<Self, Error> {
        let mut rules = vec![Rule::first()];
        for (file, text) in texts {
            rules.extend(parse(file, text)?);
        }
        Self::compile(rules)
    }

    /// Reads the canonical text of a whole list, as it travels in a baseline.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let rules = parse("baseline", text)?;
        let rules =
            if rules.first().is_some_and(|rule| *rule.to_string() == Rule::first().to_string()) {
                rules
            } else {
                let mut all = vec![Rule::first()];
                all.extend(rules);
                all
            };
        Self::compile(rules)
    }

    fn compile(rules: Vec<Rule>) -> Result<Self, Error> {
        let mut builder = GitignoreBuilder::new("/");
        let mut by_pattern = HashMap::new();
        let mut root = RuleId(0);
        let mut forms = 0usize;
        for (index, rule) in rules.iter().enumerate() {
            let fail = |kind| Error { origin: rule.origin.clone(), kind };
            // Over all texts together, or a set would be stored that cannot be read again.
            if index >= MAX_RULES {
                return Err(fail(ErrorKind::TooMany));
            }
            forms = forms.saturating_add(usize::from(rule.form.is_some()));
            if forms > MAX_FORMS {
                return Err(fail(ErrorKind::TooManyForms));
            }
            let id = RuleId(u16::try_from(index).map_err(|_| fail(ErrorKind::TooMany))?);
            if rule.pattern.bytes().all(|byte| byte == b'/') {
                root = id;
                continue;
            }
            let bad =
                |error: ignore::Error| fail(ErrorKind::BadPattern { reason: error.to_string() });
            let line = to_gitignore(&rule.pattern);
            builder.add_line(None, &line).map_err(bad)?;
            by_pattern.insert(line, id);
        }
        let matcher = builder.build().map_err(|error| Error {
            origin: Rule::first().origin,
            kind: ErrorKind::BadPattern { reason: error.to_string() },
        })?;
        Ok(Self { rules, matcher, by_pattern, root })
    }

    /// Returns the canonical text of the list, one rule a line.
    #[must_use]
    pub fn text(&self) -> String {
        self.rules.iter().map(|rule| format!("{rule}\n")).collect()
    }

    /// Returns the SHA-256 of the canonical text.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256_of(self.text().as_bytes())
    }

    /// Returns the rules in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns a rule.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> &Rule {
        #[expect(
            clippy::indexing_slicing,
            reason = "the first rule always exists, and ids come from this list"
        )]
        self.rules.get(usize::from(id.0)).unwrap_or(&self.rules[0])
    }

    /// Returns the rule of the root itself.
    #[must_use]
    pub fn root(&self) -> RuleId {
        self.root
    }

    /// Returns the rule of an entry, given that of its directory. `path` is relative to the root.
    #[must_use]
    pub fn classify(&self, directory: RuleId, path: &[u8], is_directory: bool) -> RuleId {
        let directory = directory.max(self.root);
        if path.is_empty() || path.len() > MAX_MATCHED_BYTES {
            return directory;
        }
        let matched = self.matcher.matched(Path::new(OsStr::from_bytes(path)), is_directory);
        let own = matched.inner().and_then(|glob| self.by_pattern.get(glob.original())).copied();
        own.map_or(directory, |own| own.max(directory))
    }

    /// Returns the rule of an entry from its whole path; slower than [`classify`](Self::classify).
    #[must_use]
    pub fn evaluate(&self, path: &TreePath, is_directory: bool) -> RuleId {
        let bytes = path.as_bytes();
        let mut rule = RuleId(0);
        for (at, _) in
            bytes.iter().enumerate().take(MAX_MATCHED_BYTES).filter(|(_, byte)| **byte == b'/')
        {
            rule = self.classify(rule, bytes.get(..at).unwrap_or_default(), true);
        }
        self.classify(rule, bytes, is_directory)
    }

    /// Returns every rule that matches the path or a directory above it, the deciding one last.
    #[must_use]
    pub fn matching(&self, path: &TreePath, is_directory: bool) -> Vec<RuleId> {
        let alone = |id: &RuleId| {
            let lines = [("one", self.rule(*id).to_string())];
            let texts: Vec<(&str, &str)> =
                lines.iter().map(|(name, text)| (*name, text.as_str())).collect();
            Self::parse(&texts).is_ok_and(|one| one.evaluate(path, is_directory) != RuleId(0))
        };
        let ids = (1..).map(RuleId).take(self.rules.len().saturating_sub(1));
        std::iter::once(RuleId(0)).chain(ids.filter(alone)).collect()
    }
}

/// Writes a pattern as the matcher takes it: to it braces are alternatives and a leading `#` makes a
/// comment, while in gitignore(5) and after a class both are letters.
fn to_gitignore(pattern: &str) -> String {
    let mut line = String::with_capacity(pattern.len());
    if pattern.starts_with('#') {
        line.push('\\');
    }
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let whole = match first {
            '\\' => first.len_utf8() + rest.chars().nth(1).map_or(0, char::len_utf8),
            '[' => class_length(rest).unwrap_or(1),
            _ => first.len_utf8(),
        };
        if matches!(first, '{' | '}') {
            line.push('\\');
        }
        let (taken, left) = rest.split_at_checked(whole).unwrap_or((rest, ""));
        line.push_str(taken);
        rest = left;
    }
    line
}

/// Returns the length in bytes of the character class that `text` begins with, if it is closed; a
/// bracket right after the opening, or after its `!` or `^`, is one of its letters.
fn class_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?;
    let members = inside.strip_prefix(['!', '^']).unwrap_or(inside);
    let first = members.chars().next()?.len_utf8();
    let close = members.get(first..)?.find(']')?;
    let before = text.len().saturating_sub(members.len());
    Some(before.saturating_add(first).saturating_add(close).saturating_add(1))
}
