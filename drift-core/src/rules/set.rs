//! The ordered list, compiled.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::model::{Digest, RuleId, TreePath};

use super::parse::{Error, ErrorKind, MAX_RULES, Rule, parse};

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
    /// The last rule that has a pattern, by the pattern as written.
    by_pattern: HashMap<String, RuleId>,
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
        for (index, rule) in rules.iter().enumerate() {
            let fail = |kind| Error { origin: rule.origin.clone(), kind };
            // Over all texts together, or a set would be stored that cannot be read again.
            if index >= MAX_RULES {
                return Err(fail(ErrorKind::TooMany));
            }
            let id = RuleId(u16::try_from(index).map_err(|_| fail(ErrorKind::TooMany))?);
            if index > 0 {
                let bad = |error: ignore::Error| {
                    fail(ErrorKind::BadPattern { reason: error.to_string() })
                };
                builder.add_line(None, &rule.pattern).map_err(bad)?;
                by_pattern.insert(rule.pattern.clone(), id);
            }
        }
        let matcher = builder.build().map_err(|error| Error {
            origin: Rule::first().origin,
            kind: ErrorKind::BadPattern { reason: error.to_string() },
        })?;
        Ok(Self { rules, matcher, by_pattern })
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

    /// Returns the rule of an entry, given that of its directory. `path` is relative to the root.
    #[must_use]
    pub fn classify(&self, directory: RuleId, path: &[u8], is_directory: bool) -> RuleId {
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
