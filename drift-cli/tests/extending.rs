//! docs/extending.md is right: its code is put into a copy of the workspace, built and tested.

#![expect(clippy::panic, reason = "a test that panics fails")]
#![expect(clippy::disallowed_methods, reason = "this test reads and copies the repository")]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use drift_testkit::{TempRoot, command, need};

/// A fenced block that says which file it is for.
#[derive(Debug)]
struct Block {
    language: String,
    file: String,
    text: String,
}

fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("because the package lies in the repository").to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the blocks ```` ```LANGUAGE file=PATH ```` of the page.
fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => found.extend(open.take()),
            (Some(block), _) => block.text.push_str(&format!("{line}\n")),
            (None, Some(head)) => {
                let (language, file) = head.split_once(" file=").unwrap_or((head, ""));
                let (language, file) = (language.to_owned(), file.to_owned());
                open = Some(Block { language, file, text: String::new() });
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    found.retain(|block| !block.file.is_empty());
    found
}

fn page() -> Vec<Block> {
    blocks(&read(&repository().join("docs/extending.md")))
}

/// Returns the text after the hunks, which `@@` parts; each must fit exactly one place.
fn patched(text: &str, patch: &str) -> Result<String, String> {
    let mut text = text.to_owned();
    for hunk in patch.split("@@\n") {
        let side = |sign: char| -> String {
            let lines = hunk.lines().filter_map(|line| line.strip_prefix([' ', sign]));
            lines.map(|line| format!("{line}\n")).collect()
        };
        let (old, new) = (side('-'), side('+'));
        match text.matches(&old).count() {
            1 => text = text.replace(&old, &new),
            count => return Err(format!("fits {count} places:\n{old}")),
        }
    }
    Ok(text)
}

/// Adds what the page adds to a copy of the repository.
fn extend(copy: &Path) {
    for block in page() {
        let path = copy.join(&block.file);
        let text = match block.language.as_str() {
            "rust" => block.text,
            _ => patched(&read(&path), &block.text).expect("the table line fits"),
        };
        fs::write(&path, text).expect("the copy can be written");
    }
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).expect("the repository can be copied");
        return;
    }
    fs::create_dir_all(to).expect("the copy can be made");
    for entry in fs::read_dir(from).expect("a directory of the repository") {
        let name = entry.expect("a name of the repository").file_name();
        copy(&from.join(&name), &to.join(&name));
    }
}

/// What a build may need: all that is neither hidden nor built.
fn parts(repository: &Path) -> Vec<OsString> {
    let entries = fs::read_dir(repository).expect("the repository can be listed");
    let names = entries.map(|entry| entry.expect("a name of the repository").file_name());
    names.filter(|name| name != "target" && !name.as_encoded_bytes().starts_with(b".")).collect()
}

/// Without a build: every new file is new, and every table line fits exactly one place.
#[test]
fn every_recipe_fits_the_tables_of_today() {
    let repository = repository();
    let (mut files, mut lines) = (Vec::new(), 0);
    for block in page() {
        let path = repository.join(&block.file);
        match block.language.as_str() {
            "rust" => {
                assert!(!path.exists(), "{} is there already", block.file);
                assert!(path.parent().is_some_and(Path::is_dir), "{}", block.file);
                assert!(block.text.starts_with("//! "), "{} has no header", block.file);
                files.push(block.file);
            }
            "diff" => {
                patched(&read(&path), &block.text)
                    .unwrap_or_else(|why| panic!("{}: {why}", block.file));
                if block.file.contains("/tests/") {
                    continue;
                }
                let added = block.text.lines().filter(|line| line.starts_with('+'));
                assert!(added.clone().count() <= 3, "{}: more than a table line", block.file);
                let stem = Path::new(files.last().expect("a file comes first"));
                let stem = stem.file_stem().and_then(|stem| stem.to_str()).expect("is UTF-8");
                let mut of_it = added.filter(|line| line.contains(stem));
                assert_eq!(of_it.next(), Some(&*format!("+mod {stem};")));
                assert!(of_it.next().is_some(), "{}: no line in the table", block.file);
                lines += 1;
            }
            other => panic!("{other} is no language of a recipe"),
        }
    }
    assert_eq!((files.len(), lines), (3, 3), "a database, a format and an attribute");
}

#[test]
fn every_block_is_formatted() {
    let Some(rustfmt) = need::tool("rustfmt") else { return };
    let scratch = TempRoot::new();
    for block in page().into_iter().filter(|block| block.language == "rust") {
        let path = scratch.path().join("block.rs");
        fs::write(&path, &block.text).expect("the scratch directory can be written");
        let style = repository().join("rustfmt.toml");
        let arguments = ["--check", "--edition", "2024", "--config-path"].map(Path::new);
        let run = command::run(&rustfmt, arguments.into_iter().chain([&*style, &*path]));
        assert_eq!(run.code, Some(0), "{}:\n{}{}", block.file, run.text(), run.error_text());
    }
}

/// With a build: all three additions together pass the batteries of their seams.
#[test]
fn every_recipe_builds_and_passes_the_batteries() {
    let Some(()) = need::full_tier() else { return };
    let (repository, scratch) = (repository(), TempRoot::new());
    for part in parts(&repository) {
        copy(&repository.join(&part), &scratch.path().join(&part));
    }
    extend(scratch.path());
    // In a directory of its own: cargo names the copy's files as those of this workspace.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("extending");
    let cargo = |arguments: &[&str]| {
        let all = ["-C", scratch.path().to_str().expect("is UTF-8"), "env"];
        let target = format!("CARGO_TARGET_DIR={}", target.display());
        let all = all.into_iter().chain([&*target, env!("CARGO")]).chain(arguments.iter().copied());
        command::run("env", all.collect::<Vec<_>>()).success()
    };
    let core = ["test", "--offline", "--locked", "-p", "golden-drift-core"];
    let run = |more: &[&str]| cargo(&[&core[..], more].concat());
    let unit = run(&["--lib", "--", "packages::", "attribute::", "report::", "rules::"]);
    for name in ["ima::tests::digests", "csv::tests::quotes", "packages::tests::truncation"] {
        assert!(unit.contains(name), "{name} did not run:\n{unit}");
    }
    let whole = run(&["--test", "it", "--", "report::", "baseline::pinned", "detection::table"]);
    assert!(whole.contains("each_attribute_of_each_type_is_reported_once_and_alone ... ok"));
    assert!(whole.contains("no_format_lets_a_hostile_string_reach_the_terminal ... ok"), "{whole}");
}

#[test]
fn a_patch_that_does_not_fit_is_told() {
    assert_eq!(patched("a\nb\n", " a\n+x\n b\n").as_deref(), Ok("a\nx\nb\n"));
    assert_eq!(patched("a\nb\n", "-a\n+c\n@@\n-b\n+d\n").as_deref(), Ok("c\nd\n"));
    assert!(patched("a\na\n", "-a\n+c\n").is_err_and(|why| why.starts_with("fits 2 places")));
    assert!(patched("b\n", "-a\n+c\n").is_err_and(|why| why.starts_with("fits 0 places")));
    let page = "```rust file=x.rs\nfn f() {}\n```\n```\nno file\n```\n";
    let found = blocks(page);
    assert_eq!((found.len(), &*found[0].text), (1, "fn f() {}\n"));
}
