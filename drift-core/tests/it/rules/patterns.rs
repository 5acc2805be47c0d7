//! Patterns against git itself, and which of several rules decides.
#![expect(clippy::print_stderr, reason = "the number of pairs is part of what the test shows")]

use std::path::Path;

use drift_core::model::{RuleId, TreePath};
use drift_core::rules::{Class, RuleSet};
use drift_testkit::{TempRoot, command, need};

/// Names that a pattern can take for another.
const NAMES: [&str; 11] =
    ["a", "b", "ab", "abc", "a.txt", ".hidden", "a b", "[x]", "{a,b}", "#n", "a*c"];

/// Two levels of every name, as directories, and a file in each of the second.
fn forest() -> (TempRoot, Vec<(String, bool)>) {
    let mut root = TempRoot::new();
    let mut paths = Vec::new();
    for first in NAMES {
        paths.push((first.to_owned(), true));
        for second in NAMES.into_iter().step_by(2) {
            let directory = format!("{first}/{second}");
            root = root.directory(&directory, 0o755).file(format!("{directory}/abc"), "", 0o644);
            paths.push((format!("{directory}/abc"), false));
            paths.push((directory, true));
        }
        root = root.file(format!("{first}/leaf"), "", 0o644);
        paths.push((format!("{first}/leaf"), false));
    }
    (root, paths)
}

/// Every pattern of up to three of these pieces that is one.
fn generated() -> Vec<String> {
    const PIECES: [&str; 15] = [
        "a", "b", "abc", "*", "**", "?", "/", "[ab]", "[!a]", "\\*", ".txt", "{a,b}", "a\\ b",
        "#n", "leaf",
    ];
    let mut patterns: Vec<String> = PIECES.iter().map(|piece| (*piece).to_owned()).collect();
    for first in PIECES {
        for second in PIECES {
            patterns.push(format!("{first}{second}"));
            patterns.push(format!("{first}/{second}"));
            patterns.push(format!("/{first}{second}/"));
            patterns.push(format!("**/{first}{second}"));
        }
    }
    // One slash after another, nothing, the root and a comment are no patterns of git's.
    patterns.retain(|pattern| {
        !pattern.contains("//")
            && !pattern.trim_matches('/').is_empty()
            && !pattern.starts_with('#')
    });
    patterns.sort();
    patterns.dedup();
    patterns
}

/// Whether git would leave out each path, by this one pattern.
fn git_says(git: &Path, root: &Path, pattern: &str, paths: &[(String, bool)]) -> Vec<bool> {
    // The names stand in a file, NUL after each.
    let script = "exec \"$0\" -C \"$1\" -c core.excludesFile=/dev/null check-ignore --no-index -v -n \
                  -z --stdin < \"$1/.git/names\"";
    let run =
        command::run("sh", ["-c".as_ref(), script.as_ref(), git.as_os_str(), root.as_os_str()]);
    assert!(matches!(run.code, Some(0 | 1)), "{pattern}: {}", run.error_text());
    // Four fields a path: source, line, pattern, path; the first three are empty without a match.
    let text = run.text();
    let fields: Vec<&str> = text.split('\0').collect();
    let answers: Vec<bool> = fields.chunks_exact(4).map(|field| !field[2].is_empty()).collect();
    assert_eq!(answers.len(), paths.len(), "{pattern}");
    answers
}

/// Where git and the rules part, and why. Each must really part, or it is struck off.
const KNOWN: [(&str, &str); 0] = [];

#[test]
fn a_pattern_means_what_git_makes_of_it() {
    let Some(git) = need::tool("git") else { return };
    let (root, paths) = forest();
    let at = root.path().to_string_lossy().into_owned();
    let _made = command::run(&git, ["init", "--quiet", &at]).success();
    let names: String = paths.iter().map(|(path, _)| format!("{path}\0")).collect();
    let mut root = root.file(".git/names", names, 0o644);
    let (mut pairs, mut matches, mut different) = (0, 0, Vec::new());
    let patterns: Vec<String> = generated().into_iter().step_by(2).collect();
    for pattern in &patterns {
        root = root.file(".git/info/exclude", format!("{pattern}\n"), 0o644);
        let Ok(rules) = RuleSet::parse(&[("one", &format!("ignore {pattern}"))]) else {
            different.push((pattern.clone(), "is refused".to_owned()));
            continue;
        };
        let expected = git_says(&git, root.path(), pattern, &paths);
        for ((path, is_directory), expected) in paths.iter().zip(expected) {
            let parsed = TreePath::parse(path.as_bytes()).unwrap();
            let matched = rules.evaluate(&parsed, *is_directory) != RuleId(0);
            pairs += 1;
            matches += usize::from(expected);
            if matched != expected {
                different.push((pattern.clone(), format!("{path}: git says {expected}")));
            }
        }
    }
    let unexpected: Vec<_> = different
        .iter()
        .filter(|(pattern, _)| !KNOWN.iter().any(|(known, _)| known == pattern))
        .collect();
    assert!(unexpected.is_empty(), "{}: {unexpected:#?}", unexpected.len());
    for (pattern, why) in KNOWN {
        assert!(different.iter().any(|(other, _)| other == pattern), "{pattern} agrees: {why}");
    }
    eprintln!("rules: {pairs} pairs of {} patterns and a path, {matches} matches", patterns.len());
    assert!(matches > 1000);
}

/// The class that decides at a path.
#[track_caller]
fn check(rules: &str, path: &str, is_directory: bool, expected: Class) {
    let rules = RuleSet::parse(&[("test", rules)]).unwrap();
    let path = TreePath::parse(path.as_bytes()).unwrap();
    let rule = rules.rule(rules.evaluate(&path, is_directory));
    assert_eq!(rule.class, Some(expected), "{path} under {:?}", rules.text());
}

#[test]
fn the_last_match_wins_also_below_an_excluded_parent() {
    const RULES: &str = "ignore /var\ndynamic /var/lib\nread-only /var/lib/keep\nignore *.tmp";
    check(RULES, "var", true, Class::Ignore);
    check(RULES, "var/x/y", false, Class::Ignore);
    check(RULES, "var/lib", true, Class::Dynamic);
    check(RULES, "var/lib/x/y/z", false, Class::Dynamic);
    check(RULES, "var/lib/keep", true, Class::ReadOnly);
    check(RULES, "var/lib/keep/deep/er", false, Class::ReadOnly);
    check(RULES, "var/lib/keep/deep/er.tmp", false, Class::Ignore);
    check(RULES, "etc/passwd", false, Class::ReadOnly);
    // An earlier rule does not come back below a later one that reaches further up.
    check("read-only /a/b\nignore /a", "a/b", true, Class::Ignore);
    check("read-only /a/b\nignore /a", "a/b/c", false, Class::Ignore);
    // The same pattern twice: the later line.
    check("ignore /a\ndynamic /a", "a/x", false, Class::Dynamic);
}

#[test]
fn a_pattern_for_directories_speaks_for_no_file() {
    check("ignore cache/", "a/cache", true, Class::Ignore);
    check("ignore cache/", "a/cache/x", false, Class::Ignore);
    check("ignore cache/", "a/cache", false, Class::ReadOnly);
}

/// A slash alone is the root and everything below it.
#[test]
fn a_slash_is_the_whole_target() {
    check("dynamic /", "", true, Class::Dynamic);
    check("dynamic /", "etc/passwd", false, Class::Dynamic);
    check("read-only /etc\ndynamic /", "etc/passwd", false, Class::Dynamic);
    check("dynamic /\nread-only /etc", "etc/passwd", false, Class::ReadOnly);
    check("dynamic /\nread-only /etc", "", true, Class::Dynamic);
}

/// Braces are letters in gitignore(5); `#` begins a comment only where a rule would stand.
#[test]
fn braces_and_hashes_are_letters() {
    check("ignore /{a,b}", "a", false, Class::ReadOnly);
    check("ignore /{a,b}", "{a,b}", false, Class::Ignore);
    check("ignore /{a", "{a", false, Class::Ignore);
    check("ignore a}", "a}", false, Class::Ignore);
    check("ignore [{]x", "{x", false, Class::Ignore);
    check("ignore \\{x", "{x", false, Class::Ignore);
    check("ignore #n", "a/#n", false, Class::Ignore);
    check("ignore \\#n", "a/#n", false, Class::Ignore);
}

/// Names that are no text are matched byte by byte.
#[test]
fn names_that_are_no_text_match_wildcards() {
    let rules = RuleSet::parse(&[("test", "ignore /x/*\ndynamic ?y")]).unwrap();
    for (path, expected) in [(&b"x/\xff\n"[..], Class::Ignore), (b"\xffy", Class::Dynamic)] {
        let path = TreePath::parse(path).unwrap();
        assert_eq!(rules.rule(rules.evaluate(&path, false)).class, Some(expected), "{path}");
    }
}

#[test]
fn the_canonical_text_reads_back_as_the_same_rules() {
    const RULES: &str = "ignore  /a\\ b\n# comment\nattributes=mode,uid /x\n\
                         dynamic {a} +mtime -mode\nsecret /etc/#k\ndynamic /\nread-only /";
    let rules = RuleSet::parse(&[("test", RULES)]).unwrap();
    let again = RuleSet::from_text(&rules.text()).unwrap();
    assert_eq!(again.text(), rules.text());
    assert_eq!(again.digest(), rules.digest());
    for path in ["a b", "x", "{a}", "etc/#k", "", "y"] {
        let path = TreePath::parse(path.as_bytes()).unwrap();
        assert_eq!(again.evaluate(&path, false), rules.evaluate(&path, false), "{path}");
    }
}
