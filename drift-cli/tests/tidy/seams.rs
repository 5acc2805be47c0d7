//! Every file of a seam's folder stands in the seam's table, so that none is silently unused.

use super::repository::{none, read, rust};

/// A seam: its folder, the file with its table, the table's name, and how a file there says that
/// it holds a line of the table.
struct Seam {
    folder: &'static str,
    table_in: &'static str,
    table: &'static str,
    line: Line,
}

enum Line {
    /// `pub(super) const NAME: TYPE` stands in the table as `FILE::NAME`.
    Constant(&'static str),
    /// `impl TRAIT for NAME` stands in the table as `NAME`.
    Implementation(&'static str),
}

const SEAMS: &[Seam] = &[
    Seam {
        folder: "drift-core/src/model/attribute/",
        table_in: "drift-core/src/model/attribute/mod.rs",
        table: "ATTRIBUTES",
        line: Line::Constant("Attribute"),
    },
    Seam {
        folder: "drift-core/src/report/",
        table_in: "drift-core/src/report/mod.rs",
        table: "FORMATS",
        line: Line::Constant("Format"),
    },
    Seam {
        folder: "drift-core/src/sbom/",
        table_in: "drift-core/src/sbom/mod.rs",
        table: "FORMS",
        line: Line::Constant("Form"),
    },
    Seam {
        folder: "drift-core/src/packages/",
        table_in: "drift-core/src/packages/mod.rs",
        table: "DATABASES",
        line: Line::Implementation("PackageDatabase"),
    },
    Seam {
        folder: "drift-core/src/packages/events/",
        table_in: "drift-core/src/packages/events/mod.rs",
        table: "LOGS",
        line: Line::Implementation("EventLog"),
    },
];

/// Returns the words that a file's line of the table holds.
fn announced(path: &str, text: &str, line: &Line) -> Vec<String> {
    let stem = path.trim_end_matches(".rs").trim_end_matches("/mod");
    let stem = stem.rsplit('/').next().unwrap_or(stem);
    let found = |line_text: &str| match line {
        Line::Constant(kind) => {
            let (_, rest) = line_text.split_once("const ")?;
            let (name, rest) = rest.split_once(": ")?;
            let is_line = rest.split([' ', '=']).next() == Some(kind);
            is_line.then(|| format!("{stem}::{name}"))
        }
        Line::Implementation(kind) => {
            let (_, rest) = line_text.split_once(&format!("{kind} for "))?;
            line_text.starts_with("impl").then(|| rest.trim_end_matches([' ', '{', '}']).to_owned())
        }
    };
    text.lines().filter_map(found).collect()
}

/// Returns the text of a table, from its name to the line that closes it.
fn table<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("const {name}:"))?;
    rest.split_once("];").map(|(table, _)| table)
}

#[test]
fn every_line_of_a_seam_stands_in_its_table() {
    let sources = rust();
    let mut absent = Vec::new();
    for seam in SEAMS {
        let text = read(seam.table_in);
        let table = table(&text, seam.table).unwrap_or_default();
        for file in sources.iter().filter(|file| file.path.starts_with(seam.folder)) {
            let code: Vec<&str> = file.statements().map(|(_, line)| line).collect();
            for name in announced(&file.path, &code.join("\n"), &seam.line) {
                if !file.is_test() && !table.contains(&name) {
                    absent.push(format!("{}: {name} is not in {}", file.path, seam.table));
                }
            }
        }
    }
    none(&absent, "add the line to the table in the folder's mod.rs");
}

#[test]
fn every_profile_stands_in_the_table() {
    let table = read("drift-core/src/rules/profiles.rs");
    let rules = super::repository::files().into_iter().map(|file| file.path);
    let rules = rules.filter(|path| path.starts_with("drift-core/src/rules/profiles/"));
    let absent: Vec<_> = rules
        .filter(|path| {
            !table.contains(&format!("profiles/{}", path.rsplit('/').next().unwrap_or("")))
        })
        .collect();
    none(&absent, "add the file to PROFILES");
}

#[test]
fn lines_of_tables_are_recognised() {
    let constant = Line::Constant("Attribute");
    let found =
        announced("a/b/mode.rs", "pub(super) const MODE: Attribute = Attribute {", &constant);
    assert_eq!(found, ["mode::MODE"]);
    let database = Line::Implementation("PackageDatabase");
    assert_eq!(announced("p/dpkg/mod.rs", "impl PackageDatabase for Dpkg {", &database), ["Dpkg"]);
    assert_eq!(table("const T: &[A] = &[a::B, c::D];", "T"), Some(" &[A] = &[a::B, c::D"));
    let attributes = read("drift-core/src/model/attribute/mod.rs");
    assert!(table(&attributes, "ATTRIBUTES").is_some_and(|table| table.contains("flags::FLAGS")));
}
