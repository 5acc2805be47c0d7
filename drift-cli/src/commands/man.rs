//! `drift man`: a manual page for drift and one for each verb, from the definition of the options.
//!
//! The program writes its own pages, as it writes its completions, so that a page can never
//! describe other options than the program beside it. Pages carry no date: the same program
//! writes the same bytes.

use std::io;

use clap::CommandFactory as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};
use drift_core::artifact::{self, Replace};
use drift_core::judge::{EXIT_CODES, Exit};

use crate::args::{self, Args};
use crate::failure::Failure;
use crate::terminal::{Terminal, shown};

/// Files that every page names, and what they are.
const FILES: &[(&str, &str)] = &[
    ("/etc/drift/drift.toml", "settings of this host: target, baseline, trust and the rest"),
    ("/var/lib/drift", "what root's runs remember: the last sequence of each lineage"),
];

pub(crate) fn run(args: &args::Man, terminal: &Terminal) -> Result<Exit, Failure> {
    artifact::ensure_directory(&args.out)
        .map_err(|error| Failure::output(&shown(&args.out), error))?;
    let pages = pages().map_err(Failure::internal)?;
    for (name, page) in &pages {
        let path = args.out.join(name);
        artifact::write(&path, page, 0o644, Replace::Yes)
            .map_err(|error| Failure::output(&shown(&path), error))?;
    }
    let told: String = pages.iter().map(|(name, _)| format!("{name}\n")).collect();
    terminal.result(told.as_bytes())?;
    Ok(Exit::CLEAN)
}

/// Returns the name and the text of every page.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut root = Args::command().disable_help_subcommand(true);
    root.build();
    let mut pending = vec![root];
    let mut pages = Vec::new();
    while let Some(command) = pending.pop() {
        pending.extend(shown_below(&command).cloned());
        pages.push(page(command)?);
    }
    pages.sort();
    Ok(pages)
}

fn shown_below(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command.get_subcommands().filter(|command| !command.is_hide_set())
}

/// Returns one page.
fn page(command: clap::Command) -> io::Result<(String, Vec<u8>)> {
    let below: Vec<String> = shown_below(&command).map(name).collect();
    let name = name(&command);
    let source = format!("drift {}", env!("CARGO_PKG_VERSION"));
    let has_options = command.get_arguments().any(|argument| !argument.is_hide_set());
    let man = Man::new(command).title(name.to_uppercase()).source(source).manual("drift").date(" ");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if has_options {
        man.render_options_section(&mut page)?;
    }
    if !below.is_empty() {
        man.render_subcommands_section(&mut page)?;
    }
    ends(&name, &below).to_writer(&mut page)?;
    Ok((format!("{name}.1"), page))
}

/// Returns the name of the page: `drift-rules-explain` for `drift rules explain`.
fn name(command: &clap::Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// Returns the sections that follow the options.
fn ends(name: &str, below: &[String]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for exit in EXIT_CODES {
        roff.control("TP", ["5"]);
        roff.text([bold(exit.code.to_string())]);
        roff.text([italic(exit.name), roman(": "), roman(exit.when)]);
    }
    roff.control("SH", ["FILES"]);
    for (path, meaning) in FILES {
        roff.control("TP", []);
        roff.text([italic(*path)]);
        roff.text([roman(*meaning)]);
    }
    let above = name.rsplit_once('-').map(|(above, _)| above.to_owned());
    let related: Vec<String> =
        above.into_iter().chain(below.iter().cloned()).map(|page| format!("{page}(1)")).collect();
    if !related.is_empty() {
        roff.control("SH", ["SEE ALSO"]);
        roff.text([roman(related.join(", "))]);
    }
    roff
}
