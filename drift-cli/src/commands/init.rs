//! `drift init`: a commented drift.toml and rules to begin with.

use std::path::PathBuf;

use drift_core::artifact::{self, Replace};
use drift_core::bounds::Cancel;
use drift_core::judge::Exit;

use crate::args::Init;
use crate::config::{FILE_NAME, KEYS};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::{Terminal, shown};

/// The rules that the configuration names.
const RULES_NAME: &str = "rules.drift";

/// Where the two kinds of installation have their files.
struct Place {
    directory: PathBuf,
    baseline: &'static str,
    next: &'static str,
}

pub(crate) fn run(args: &Init, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    let place = if args.system {
        Place {
            directory: PathBuf::from("/etc/drift"),
            baseline: "/var/lib/drift/golden.drift",
            next: NEXT_SYSTEM,
        }
    } else {
        let directory = settings.working_directory().ok_or_else(|| {
            Failure::usage_text("the working directory is gone; change to another")
        })?;
        Place { directory, baseline: "golden.drift", next: NEXT_HERE }
    };
    let files = [
        (place.directory.join(RULES_NAME), RULES.to_owned()),
        (place.directory.join(FILE_NAME), configuration(place.baseline)),
    ];
    // Either both are new or nothing is written.
    for (path, _) in &files {
        if artifact::read_start(path, 1).is_ok() {
            return Err(Failure::from(artifact::Error::Exists { path: path.clone() }));
        }
    }
    if args.system {
        artifact::ensure_directory_of(&place.directory, 0o755)?;
    }
    // What others may write would be refused when it is read.
    artifact::check_owned(&place.directory, settings.user)?;
    for (path, text) in &files {
        artifact::write_unless(path, text.as_bytes(), 0o644, Replace::No, &Cancel::new())
            .map_err(|error| Failure::output(&shown(path), error))?;
    }
    let made = files.iter().map(|(path, _)| format!("wrote {}\n", shown(path)));
    terminal.result(format!("{}\nnext:\n{}", made.collect::<String>(), place.next).as_bytes())?;
    Ok(Exit::CLEAN)
}

const NEXT_HERE: &str = "  \
  drift keygen --out golden
  drift capture dir:ROOTFS --out golden.drift --sign golden.key.pem --identity NAME
  drift check dir:ROOTFS
";

const NEXT_SYSTEM: &str = "  \
  drift keygen --out golden    # where the image is built; only golden.pub.pem comes to /etc/drift
  drift capture / --out /var/lib/drift/golden.drift --sign golden.key.pem --identity NAME
  drift check
";

/// Every key with its meaning; those without which a check would have no reference are in force.
fn configuration(baseline: &str) -> String {
    let mut text = String::from(HEAD);
    let mut table = "";
    for key in KEYS {
        if key.table != table {
            table = key.table;
            text.push_str(&format!("\n[{table}]\n"));
        }
        text.push_str(&format!("\n# {}\n# unless set: {}\n", capital(key.meaning), key.unset));
        match (key.table, key.name) {
            ("", "baseline") => text.push_str(&format!("baseline = \"{baseline}\"\n")),
            ("", "trust") => text.push_str("trust = [\"golden.pub.pem\"]\n"),
            ("capture", "rules") => text.push_str(&format!("rules = \"{RULES_NAME}\"\n")),
            _ => text.push_str(&format!("#{} = {}\n", key.name, key.example)),
        }
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

const HEAD: &str = "\
# What drift does where its command line says nothing; a key has the name of its option.
# The command line outranks ./drift.toml, that ~/.config/drift/drift.toml, that /etc/drift/drift.toml,
# key by key; an array replaces the weaker one. Relative paths start at this file's directory.
# Only root and the user who runs drift may be able to change this file and the directories above it.
# `drift config show` tells what holds and why.
";

const RULES: &str = "\
# Rules, one a line: CLASS PATTERN [+attribute|-attribute]...
# They follow the profile that fits the target's os-release; of all that match a path the last decides.
# `drift rules explain PATH` says which one that is. A capture seals its rules into the baseline, and
# a check obeys those.
#
# Classes: read-only, dynamic, growing, device, ignore, secret.
#
# dynamic   /srv/cache/**
# growing   /var/log/app/*.log
# secret    /etc/app/token
";
