//! Licences in words of SPDX, or in their own words where they are none of it.
//!
//! Source: SPDX 2.3, annex D (licence expressions); identifiers of version 3.28 of the list, without
//! the deprecated ones. Debian's names are those of its copyright format 1.0.

/// Names of the list, apart by blanks, sorted.
const LICENCES: &str = include_str!("licences.txt");
const EXCEPTIONS: &str = include_str!("exceptions.txt");

/// Debian's names that mean exactly one of the list; `+` and `-only` are seen to elsewhere.
const DEBIAN: [(&str, &str); 21] = [
    ("AGPL-3", "AGPL-3.0"),
    ("Apache-2", "Apache-2.0"),
    ("Artistic", "Artistic-1.0-Perl"),
    ("BSD-2-clause", "BSD-2-Clause"),
    ("BSD-3-clause", "BSD-3-Clause"),
    ("BSD-4-clause", "BSD-4-Clause"),
    ("CC0", "CC0-1.0"),
    ("Expat", "MIT"),
    ("GFDL-1.1", "GFDL-1.1"),
    ("GFDL-1.2", "GFDL-1.2"),
    ("GFDL-1.3", "GFDL-1.3"),
    ("GPL-1", "GPL-1.0"),
    ("GPL-2", "GPL-2.0"),
    ("GPL-3", "GPL-3.0"),
    ("LGPL-2", "LGPL-2.0"),
    ("LGPL-2.0", "LGPL-2.0"),
    ("LGPL-2.1", "LGPL-2.1"),
    ("LGPL-3", "LGPL-3.0"),
    ("MPL-1.1", "MPL-1.1"),
    ("MPL-2.0", "MPL-2.0"),
    ("zlib", "Zlib"),
];

/// Parentheses inside each other that are read.
const MAX_DEPTH: usize = 32;

/// A licence as a bill words it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Licence {
    /// An expression of SPDX.
    Expression(String),
    /// Anything else, in the words of whoever told it.
    Text(String),
}

impl Licence {
    /// Tells which of the two a text is.
    pub(super) fn of(text: &str) -> Self {
        match expression(text) {
            Some(expression) => Self::Expression(expression),
            None => Self::Text(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }
}

/// Returns the expression of SPDX that the text is or says, by names of the list or of Debian.
fn expression(text: &str) -> Option<String> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut out: Vec<String> = Vec::new();
    let (mut depth, mut operand) = (0_usize, true);
    let mut words = spaced.split_ascii_whitespace();
    while let Some(word) = words.next() {
        match (word, operand) {
            ("(", true) => {
                depth = depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH)?;
                out.push("(".to_owned());
            }
            (")", false) => {
                depth = depth.checked_sub(1)?;
                out.push(")".to_owned());
            }
            ("AND" | "and", false) => {
                out.push("AND".to_owned());
                operand = true;
            }
            ("OR" | "or", false) => {
                out.push("OR".to_owned());
                operand = true;
            }
            ("WITH", false) => {
                let exception = words.next().filter(|word| is_listed(EXCEPTIONS, word))?;
                out.push(format!("WITH {exception}"));
            }
            (name, true) => {
                out.push(licence(name)?);
                operand = false;
            }
            _ => return None,
        }
    }
    (depth == 0 && !operand).then(|| out.join(" ").replace("( ", "(").replace(" )", ")"))
}

/// Returns the name of the list, or the expression, that one name stands for.
fn licence(name: &str) -> Option<String> {
    if is_listed(LICENCES, name) {
        return Some(name.to_owned());
    }
    let (stem, later) = match name.strip_suffix('+') {
        Some(stem) => (stem, true),
        None => (name, false),
    };
    let known = DEBIAN.iter().find(|(debian, _)| *debian == stem).map(|(_, listed)| *listed);
    let listed = known.unwrap_or(stem);
    let spelled = if later { format!("{listed}-or-later") } else { format!("{listed}-only") };
    if is_listed(LICENCES, &spelled) {
        return Some(spelled);
    }
    match (later, known) {
        (false, Some(listed)) => Some(listed.to_owned()),
        // `+` is an operator of expressions too: this licence or a later one.
        (true, _) if is_listed(LICENCES, listed) => Some(format!("{listed}+")),
        _ => None,
    }
}

fn is_listed(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == name)
}

#[cfg(test)]
mod tests {
    use super::Licence;

    #[test]
    fn expressions_and_words() {
        let is = |text: &str, expect: &str| {
            assert_eq!(Licence::of(text), Licence::Expression(expect.to_owned()), "{text}");
        };
        is("MIT", "MIT");
        is("GPL-2+", "GPL-2.0-or-later");
        is("LGPL-2.1", "LGPL-2.1-only");
        is("Expat AND (GPL-2+ or Artistic)", "MIT AND (GPL-2.0-or-later OR Artistic-1.0-Perl)");
        is(
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "GPL-2.0-only WITH Classpath-exception-2.0",
        );
        is("(MIT OR Apache-2.0)", "(MIT OR Apache-2.0)");
        is("Apache-2.0+", "Apache-2.0+");
        is("GPL-3.0", "GPL-3.0-only");
        for text in [
            "",
            "GPLv2+ and MIT",
            "public-domain",
            "MIT AND",
            "AND MIT",
            "MIT MIT",
            "(MIT",
            "MIT)",
            "GPL-2 with OpenSSL exception",
            "()",
            "MIT WITH MIT",
            "MIT, and GPL-2",
            "-only",
            "+",
        ] {
            assert_eq!(Licence::of(text), Licence::Text(text.to_owned()));
        }
        let deep = format!("{}MIT{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(matches!(Licence::of(&deep), Licence::Text(_)));
    }
}
