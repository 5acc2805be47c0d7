//! The manual pages, read as man(1) shows them, say what `--help` says.

use std::collections::BTreeSet;

use drift_testkit::{command, need};

use crate::stage::{DRIFT, Stage};

/// Returns the long options of a text.
fn options(text: &str) -> BTreeSet<String> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    let words = text.split(ends).filter(|word| word.starts_with("--") && word.len() > 2);
    words.map(str::to_owned).collect()
}

/// Returns the verbs that the help of a verb lists, `help` left out.
fn verbs(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let rows = listed.take_while(|line| line.starts_with("  "));
    // A continued description is indented deeper than the name of a verb.
    let names =
        rows.filter(|row| !row.starts_with("   ")).filter_map(|row| row.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Returns a text without overstriking, which is how man(1) makes letters bold.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars() {
        if character != '\u{8}' {
            plain.push(character);
        } else {
            let _struck = plain.pop();
        }
    }
    plain
}

#[test]
fn every_verb_has_a_page_with_its_options_and_exit_codes() {
    let Some(man) = need::tool("man") else { return };
    let stage = Stage::new();
    let written = stage.drift(["man", "--out", &stage.path("made/man")]).success();
    let (mut pending, mut pages) = (vec![Vec::<String>::new()], Vec::new());
    while let Some(words) = pending.pop() {
        let asked = words.iter().map(String::as_str).chain(["--help"]);
        let help = stage.drift(asked).success();
        for verb in verbs(&help) {
            pending.push(words.iter().cloned().chain([verb]).collect());
        }

        let name = ["drift".to_owned()].into_iter().chain(words).collect::<Vec<_>>().join("-");
        let path = stage.path(&format!("made/man/{name}.1"));
        // Neither hyphenated nor justified, so that no option is torn apart.
        let arguments = ["--warnings", "--nh", "--nj", "-Tutf8", "--local-file", &path];
        let page = command::run(&man, arguments).expect(0);
        assert_eq!(page.error_text(), "", "{name}");
        let text = plain(&page.text());
        // The synopsis names the options too, and explains none.
        let explained = text.split("\nOPTIONS\n").nth(1).map(options).unwrap_or_default();
        for option in options(&help) {
            assert!(explained.contains(&option), "{name}: no {option}\n{text}");
        }
        for exit in drift_core::judge::EXIT_CODES {
            assert!(text.contains(exit.name), "{name}: no exit code {}\n{text}", exit.name);
        }
        pages.push(format!("{name}.1"));
    }
    pages.sort();
    assert_eq!(stage.names("made/man"), pages);
    assert_eq!(written.lines().collect::<Vec<_>>(), pages);
    assert!(pages.len() >= 14, "{pages:?}");
}

#[test]
fn pages_that_cannot_be_written_are_told() {
    let stage = Stage::new();
    stage.write("file", "");
    let run = stage.drift(["man", "--out", &stage.path("file/man")]).expect(5);
    assert!(run.error_text().contains("file"), "{}", run.error_text());
    assert_eq!(command::run(DRIFT, ["man"]).code, Some(2));
}
