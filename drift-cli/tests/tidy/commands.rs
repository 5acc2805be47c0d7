//! Every command line in a document can be typed: its verb and its options exist.

use std::collections::BTreeMap;

use drift_testkit::command;

use super::repository::{files, none};

/// Returns the commands of the fenced blocks that begin with `drift`, each as its words.
fn commands(text: &str) -> Vec<Vec<String>> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        let words =
            line.split_whitespace().take_while(|word| !["#", "|", "\u{2026}"].contains(word));
        let words: Vec<String> = words.map(str::to_owned).collect();
        if fenced && words.first().is_some_and(|word| word == "drift") && words.len() > 1 {
            found.push(words.into_iter().skip(1).collect());
        }
    }
    found
}

/// Returns what `--help` of the verb says; `rules explain`, `policy test` and the like are verbs of two words.
pub(crate) fn help(words: &[String], known: &mut BTreeMap<String, String>) -> Option<String> {
    let of_two = |verb: &String| {
        ["rules", "config", "policy", "waiver", "manifest"].contains(&verb.as_str())
    };
    let length = if words.first().is_some_and(of_two) { 2 } else { 1 };
    let verb = words.get(..length)?;
    let help = known.entry(verb.join(" ")).or_insert_with(|| {
        let asked = verb.iter().map(String::as_str).chain(["--help"]);
        let run = command::run(env!("CARGO_BIN_EXE_drift"), asked);
        if run.code == Some(0) { run.text() } else { String::new() }
    });
    Some(help.clone()).filter(|help| !help.is_empty())
}

/// Whether the help names the option: with a value, with one that may be left out, or alone.
pub(crate) fn knows(help: &str, option: &str) -> bool {
    [" ", "\n", "[=", "..."].iter().any(|after| help.contains(&format!("{option}{after}")))
}

#[test]
fn every_command_in_a_document_exists() {
    let (mut known, mut wrong, mut seen) = (BTreeMap::new(), Vec::new(), 0);
    for file in files().into_iter().filter(|file| file.path.ends_with(".md")) {
        for words in commands(&file.text) {
            seen += 1;
            let Some(help) = help(&words, &mut known) else {
                wrong.push(format!("{}: drift {}", file.path, words.join(" ")));
                continue;
            };
            let options = words.iter().filter(|word| word.starts_with("--"));
            let absent = options.filter(|option| !knows(&help, option));
            wrong.extend(absent.map(|option| format!("{}: {option} of {}", file.path, words[0])));
        }
    }
    none(&wrong, "correct the command in the document");
    assert!(seen >= 15, "{seen} commands were found");
}

#[test]
fn commands_are_found_in_blocks_alone() {
    let text = "drift a\n```\ndrift check --x Y   # why\ndrift check | jq\nother\n```\ndrift b\n";
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(commands(text), [words("check --x Y"), words("check")]);
}
