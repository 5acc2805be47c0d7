//! What is wrong with a policy's text, and where: file, line, column, the line itself and a caret.

use std::fmt;

use crate::bounds::escape::escaped;

use super::syntax::Span;

/// How many are shown to somebody who reads; the rest is a number.
const SHOWN: usize = 100;

/// One thing that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The file, as its origin names it.
    pub file: String,
    /// From 1; 0 when it is about the file as a whole.
    pub line: u32,
    /// From 1, in characters; 0 when it is about the line as a whole.
    pub column: u32,
    /// How many characters the caret covers; at least 1.
    pub width: u32,
    /// Such as `input/unknown`, the same in every version: what `docs/policies.md` lists.
    pub code: &'static str,
    /// What is wrong, a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The text of the line, for the caret.
    pub text: Option<String>,
}

/// Everything that is wrong with a set of policies; none of them is used then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostic {
    /// Says something of a file as a whole.
    #[must_use]
    pub fn of_file(file: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            column: 0,
            width: 1,
            code,
            message: message.into(),
            help: None,
            text: None,
        }
    }

    /// Says something of a piece of a text. Columns are characters, as editors count them.
    pub(super) fn at(
        file: &str,
        text: &str,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let bounded = |at: u32| {
            let at = text.len().min(at as usize);
            (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
        };
        let (start, end) = (bounded(span.start), bounded(span.end));
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let rest = text.get(line_start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let count = |from: usize, to: usize| {
            let letters = text.get(from..to).unwrap_or_default().chars().count();
            u32::try_from(letters).unwrap_or(u32::MAX)
        };
        let line_end = line_start.saturating_add(line.len());
        let number = before.bytes().filter(|byte| *byte == b'\n').count();
        Self {
            line: u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1),
            column: count(line_start, start).saturating_add(1),
            width: count(start, end.min(line_end)).max(1),
            text: Some(line.to_owned()),
            ..Self::of_file(file, code, message)
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", escaped(self.file.as_bytes()))?;
        if self.line > 0 {
            write!(formatter, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(formatter, ":{}", self.column)?;
        }
        write!(formatter, ": {} [{}]", escaped(self.message.as_bytes()), self.code)?;
        if let Some(text) = &self.text {
            // Tabs keep their width only when both lines hold the same.
            let shown = text.replace('\t', " ");
            write!(formatter, "\n    {}", escaped(shown.as_bytes()))?;
            if self.column > 0 {
                let indent = " ".repeat(self.column.saturating_sub(1) as usize);
                let carets = "^".repeat(self.width.max(1) as usize);
                write!(formatter, "\n    {indent}{carets}")?;
            }
        }
        if let Some(help) = &self.help {
            write!(formatter, "\n    help: {}", escaped(help.as_bytes()))?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, diagnostic) in self.0.iter().take(SHOWN).enumerate() {
            let gap = if place > 0 { "\n" } else { "" };
            write!(formatter, "{gap}{diagnostic}")?;
        }
        if self.0.len() > SHOWN {
            write!(formatter, "\nand {} more", self.0.len().saturating_sub(SHOWN))?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
