//! Headers, sizes, lints and left-overs of the sources.

use super::repository::{File, files, none, read, root, rust};

/// Returns `PATH:LINE` of every line that holds a needle as a word of its own.
fn lines_with(file: &File, needles: &[&str]) -> Vec<String> {
    let is_word = |byte: Option<char>| byte.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let holds = |line: &str, needle: &str| {
        line.match_indices(needle).any(|(at, _)| {
            let (before, rest) = line.split_at(at);
            let after = rest.strip_prefix(needle).and_then(|rest| rest.chars().next());
            let starts = needle.starts_with(|c: char| c.is_alphanumeric());
            let ends = needle.ends_with(|c: char| c.is_alphanumeric());
            let inside = starts && is_word(before.chars().last());
            !inside && (!ends || !is_word(after))
        })
    };
    let lines = file.text.lines().enumerate();
    let found = lines.filter(|(_, line)| needles.iter().any(|needle| holds(line, needle)));
    found.map(|(at, _)| format!("{}:{}", file.path, at + 1)).collect()
}

#[test]
fn every_source_says_what_it_is_for() {
    let bare = rust().into_iter().filter(|file| !file.text.starts_with("//! "));
    let bare: Vec<_> = bare.map(|file| file.path).collect();
    none(&bare, "start the file with `//!`, one line on what it is for");
}

#[test]
fn no_source_is_too_long() {
    const LINES: usize = 500;
    let rust = rust();
    let measured =
        rust.iter().filter(|file| !file.is_test()).map(|file| (file, file.code().count()));
    let long: Vec<_> = measured
        .filter(|(_, lines)| *lines > LINES)
        .map(|(file, lines)| format!("{}: {lines} lines before its tests", file.path))
        .collect();
    none(&long, "split the file by noun; the limit is 500 lines");
}

#[test]
fn sources_are_small() {
    const MEDIAN: usize = 5_000;
    let mut sizes: Vec<_> =
        rust().iter().filter(|file| !file.is_test()).map(|file| file.text.len()).collect();
    sizes.sort_unstable();
    let median = sizes.get(sizes.len() / 2).copied().expect("there are sources");
    assert!(median <= MEDIAN, "the median source has {median} bytes: split the largest by noun");
}

#[test]
fn unsafe_code_is_in_the_lanes_alone() {
    let elsewhere = rust().into_iter().filter(|file| !file.path.starts_with("drift-lanes/"));
    let word = concat!("uns", "afe");
    let found: Vec<_> = elsewhere
        .flat_map(|file| {
            let lines = file.text.lines().enumerate();
            let found = lines.filter(|(_, line)| {
                let starts = |what: &str| line.contains(&format!("{word} {what}"));
                starts("{") || starts("fn ") || starts("impl ") || starts("trait ")
            });
            found.map(|(at, _)| format!("{}:{}", file.path, at + 1)).collect::<Vec<_>>()
        })
        .collect();
    none(&found, "move it to drift-lanes, the one crate that may hold any");
}

#[test]
fn one_folder_names_the_interpreter() {
    let folder = "drift-core/src/policy/engine/";
    let outside = rust().into_iter().filter(|file| !file.path.starts_with(folder));
    let found: Vec<_> =
        outside.flat_map(|file| lines_with(&file, &[concat!("rego", "rus::")])).collect();
    none(&found, "say it in policy/engine/, in our own words");
}

#[test]
fn every_crate_inherits_the_lints() {
    let inherits = "[lints]\nworkspace = true\n";
    let manifests = files().into_iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    let lax: Vec<_> = manifests
        .filter(|file| !file.text.contains(inherits) && !file.path.starts_with("fuzz/"))
        .map(|file| file.path)
        .filter(|path| path != "drift-lanes/Cargo.toml")
        .collect();
    none(&lax, "add `[lints] workspace = true`");
}

/// What is forbidden cannot be expected anywhere, so this crate has the table once more, and denies.
#[test]
fn the_lanes_have_the_lints_of_the_workspace() {
    let lints = |path: &str, from: &str, to: Option<&str>| {
        let text = read(root().join(path).to_str().expect("a path in text"))
            .replace("[workspace.lints", "[lints");
        let (_, table) = text.split_once(from).expect("the manifest has lints");
        let table = to.and_then(|to| table.split_once(to)).map_or(table, |(table, _)| table);
        let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let own = lints("drift-lanes/Cargo.toml", "[lints.rust]", None);
    let word = concat!("uns", "afe");
    let missing: Vec<_> = lints("Cargo.toml", "[lints.rust]", Some("[profile.dev]"))
        .into_iter()
        .map(|lint| {
            lint.replace(&format!("{word}_code = \"forbid\""), &format!("{word}_code = \"deny\""))
        })
        .filter(|lint| !own.contains(lint))
        .collect();
    none(&missing, "say it in drift-lanes/Cargo.toml too");
    let denied = ["_op_in_", "_code"].map(|lint| own.iter().any(|line| line.contains(lint)));
    assert_eq!(denied, [true; 2], "the lanes deny what may be undocumented");
}

#[test]
fn lints_are_expected_not_allowed() {
    let needles = [concat!("#[all", "ow("), concat!("#![all", "ow(")];
    let found: Vec<_> = rust().iter().flat_map(|file| lines_with(file, &needles)).collect();
    none(&found, "write `#[expect(LINT, reason = \"…\")]`, or cure the cause");
}

#[test]
fn nothing_is_left_to_do() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("todo", "!"),
        concat!("unimplemented", "!"),
        concat!("dbg", "!("),
        concat!("#[ign", "ore"),
    ];
    let found: Vec<_> = files().iter().flat_map(|file| lines_with(file, &words)).collect();
    none(&found, "do it now, or write it into SHORTCOMINGS.md");
}

#[test]
fn no_path_of_one_machine() {
    let root = root();
    let mut needles =
        vec![concat!("/wo", "rk/"), concat!("/bui", "lds/"), concat!("/root/.", "cargo")];
    let here = root.to_str().expect("the repository's path is UTF-8");
    // A clone in a directory of one short name, such as /src, says nothing by that name.
    if here.matches('/').count() > 1 {
        needles.push(here);
    }
    let holds = |line: &str| needles.iter().any(|needle| line.contains(needle));
    let mut found = Vec::new();
    for file in files() {
        let lines = file.text.lines().enumerate().filter(|(_, line)| holds(line));
        found.extend(lines.map(|(at, _)| format!("{}:{}", file.path, at + 1)));
    }
    none(&found, "name it relative to the repository, or take it as an argument");
}

#[test]
fn the_lock_file_is_kept() {
    assert!(read("Cargo.lock").contains("name = \"golden-drift\""), "commit Cargo.lock");
    assert!(!read(".gitignore").contains("Cargo.lock"), "commit Cargo.lock: do not ignore it");
}
