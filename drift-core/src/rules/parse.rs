//! The text of rules: one rule a line, `#` comments, errors that name file, line and remedy.

use std::fmt;

use crate::bounds::escape::escaped;
use crate::model::{AttributeSet, FileType, attribute};

use super::class::Class;
use super::form::{Form, FormError};
use super::newcomer::Newcomer;

/// Rules of one set at the most; a rule's number is stored in 16 bits.
pub(super) const MAX_RULES: usize = 10_000;

/// Rules with a form of one set at the most; each may hold a compiled expression.
pub(super) const MAX_FORMS: usize = 500;

/// Where a rule was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// A file as the operator named it, or `profile NAME`, or `built in`.
    pub file: String,
    /// The line there, from 1.
    pub line: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", escaped(self.file.as_bytes()), self.line)
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The class, or `None` for an explicit list of attributes.
    pub class: Option<Class>,
    /// What a value must look like, of class `expected-per-host`.
    pub form: Option<Form>,
    /// What an entry that comes under class `expected-per-host` may be.
    pub newcomer: Newcomer,
    /// The pattern as written.
    pub pattern: String,
    /// Attributes beyond the class, or the explicit list.
    pub plus: AttributeSet,
    /// Attributes that the class has and the rule drops.
    pub minus: AttributeSet,
    /// Where it was written.
    pub origin: Origin,
}

/// A line that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {kind}")]
pub struct Error {
    /// Where it stands.
    pub origin: Origin,
    /// What is wrong with it.
    pub kind: ErrorKind,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The first word is no class.
    #[error("unknown class \"{}\"{}; classes are read-only, dynamic, growing, device, ignore, secret, expected-per-host FORM, or attributes=LIST", escaped(.word.as_bytes()), suggestion(.near))]
    UnknownClass {
        /// The word.
        word: String,
        /// The most similar class.
        near: Option<&'static str>,
    },
    /// The form of `expected-per-host` cannot be read.
    #[error(transparent)]
    Form(#[from] FormError),
    /// `expected-per-host` without a form.
    #[error("the rule has no form; write expected-per-host FORM PATTERN, where FORM is {}", Form::SYNTAX.join(", "))]
    NoForm,
    /// A class without a pattern.
    #[error("the rule has no pattern; write CLASS PATTERN [+attribute|-attribute]...")]
    NoPattern,
    /// A word of an attribute list that is no attribute.
    #[error("unknown attribute \"{}\"{}", escaped(.word.as_bytes()), suggestion(.near))]
    UnknownAttribute {
        /// The word.
        word: String,
        /// The most similar attribute.
        near: Option<&'static str>,
    },
    /// A word after the pattern that starts with neither `+` nor `-`.
    #[error("unexpected \"{}\" after the pattern; attributes are added by +NAME and dropped by -NAME, and a space in a pattern is written \\ followed by the space", escaped(.word.as_bytes()))]
    UnexpectedWord {
        /// The word.
        word: String,
    },
    /// The pattern cannot be compiled.
    #[error("the pattern cannot be read: {reason}")]
    BadPattern {
        /// What the matcher says.
        reason: String,
    },
    /// Negation has no meaning where the last match wins.
    #[error("a pattern cannot start with \"!\": write a later rule with another class")]
    Negated,
    /// Too many rules.
    #[error("more than {MAX_RULES} rules")]
    TooMany,
    /// Too many rules with a form.
    #[error("more than {MAX_FORMS} rules of class expected-per-host")]
    TooManyForms,
}

fn suggestion(near: &Option<&'static str>) -> String {
    near.map(|near| format!(", did you mean \"{near}\"?")).unwrap_or_default()
}

impl Rule {
    /// Returns the rule that stands before all others: everything is compared.
    #[must_use]
    pub fn first() -> Self {
        Self {
            class: Some(Class::ReadOnly),
            form: None,
            newcomer: Newcomer::default(),
            pattern: "/".to_owned(),
            plus: AttributeSet::EMPTY,
            minus: AttributeSet::EMPTY,
            origin: Origin { file: "built in".to_owned(), line: 1 },
        }
    }

    /// Returns the attributes that the rule compares of entries of this type.
    #[must_use]
    pub fn attributes(&self, file_type: FileType) -> AttributeSet {
        let carried = AttributeSet::of(|attribute| attribute.types.contains(file_type));
        let class = self.class.map_or(AttributeSet::EMPTY, |class| class.attributes(file_type));
        class.with(self.plus).without(self.minus).and(carried)
    }

    /// Returns whether the rule keeps entries out.
    #[must_use]
    pub fn excludes(&self) -> bool {
        self.class == Some(Class::Ignore)
    }

    /// Returns whether the content of files under this rule is read to keep its digest.
    #[must_use]
    pub fn reads_content(&self) -> bool {
        if self.class == Some(Class::Secret) {
            return false;
        }
        matches!(self.class, Some(Class::Growing | Class::ExpectedPerHost))
            || self.attributes(FileType::File).holds("digest")
    }

    /// Returns whether size and time of files under this rule may be kept.
    #[must_use]
    pub fn keeps_size(&self) -> bool {
        self.class != Some(Class::Secret)
    }

    /// Returns whether entries may come and go under this rule.
    #[must_use]
    pub fn may_come_and_go(&self) -> bool {
        self.class.is_some_and(Class::may_come_and_go)
    }
}

/// The canonical text, that reads back as the same rule.
impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            Some(class) => {
                write!(formatter, "{} ", class.name())?;
                if let Some(form) = &self.form {
                    write!(formatter, "{} ", form.text())?;
                }
                formatter.write_str(&self.pattern)?;
                for attribute in self.plus.iter() {
                    write!(formatter, " +{}", attribute.name)?;
                }
                for attribute in self.minus.iter() {
                    write!(formatter, " -{}", attribute.name)?;
                }
                self.newcomer.fmt(formatter)
            }
            None => {
                let names: Vec<&str> = self.plus.iter().map(|attribute| attribute.name).collect();
                write!(formatter, "attributes={} {}", names.join(","), self.pattern)
            }
        }
    }
}

/// Reads the rules of one file.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Rule>, Error> {
    let mut rules = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let origin = Origin { file: file.to_owned(), line: index + 1 };
        let fail = |kind| Error { origin: origin.clone(), kind };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if rules.len() >= MAX_RULES {
            return Err(fail(ErrorKind::TooMany));
        }
        rules.push(parse_line(line, origin.clone()).map_err(fail)?);
    }
    Ok(rules)
}

fn parse_line(line: &str, origin: Origin) -> Result<Rule, ErrorKind> {
    let mut words = split_words(line).into_iter();
    let head = words.next().unwrap_or_default();
    let (class, mut plus) = match head.strip_prefix("attributes=") {
        Some(list) => {
            let mut set = AttributeSet::EMPTY;
            for name in list.split(',') {
                set = set.with(attribute_named(name)?);
            }
            (None, set)
        }
        None => {
            let near = || nearest(&head, Class::ALL.iter().map(|(_, name)| *name));
            let class = Class::find(&head)
                .ok_or_else(|| ErrorKind::UnknownClass { word: head.clone(), near: near() })?;
            (Some(class), AttributeSet::EMPTY)
        }
    };
    let form = match class {
        Some(Class::ExpectedPerHost) => Some(Form::parse(&words.next().ok_or(ErrorKind::NoForm)?)?),
        _ => None,
    };
    let pattern = words.next().ok_or(ErrorKind::NoPattern)?;
    if pattern.starts_with('!') {
        return Err(ErrorKind::Negated);
    }
    let mut minus = AttributeSet::EMPTY;
    let mut newcomer = Newcomer::default();
    for word in words {
        if let Some(name) = word.strip_prefix('+') {
            plus = plus.with(attribute_named(name)?);
        } else if let Some(name) = word.strip_prefix('-') {
            minus = minus.with(attribute_named(name)?);
        } else if form.is_none() || !newcomer.read(&word) {
            return Err(ErrorKind::UnexpectedWord { word });
        }
    }
    Ok(Rule { class, form, newcomer, pattern, plus, minus, origin })
}

/// Splits at blanks; a backslash keeps the next character in the word, both as written.
fn split_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                word.push(character);
                word.extend(characters.next());
            }
            blank if blank.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn attribute_named(name: &str) -> Result<AttributeSet, ErrorKind> {
    if attribute::find(name).is_some() {
        return Ok(AttributeSet::named(name));
    }
    let near = nearest(name, attribute::ATTRIBUTES.iter().map(|attribute| attribute.name));
    Err(ErrorKind::UnknownAttribute { word: name.to_owned(), near })
}

/// Returns the candidate that shares the longest run of first letters, if it shares at least two.
pub(super) fn nearest(
    word: &str,
    candidates: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let shared =
        |candidate: &str| word.bytes().zip(candidate.bytes()).take_while(|(a, b)| a == b).count();
    candidates.max_by_key(|candidate| shared(candidate)).filter(|candidate| shared(candidate) >= 2)
}
