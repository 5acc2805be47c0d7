//! The only place that prints. Standard output carries results alone, standard error the rest.

use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::ExitCode;

use drift_core::bounds::escape::escaped;
use drift_core::judge::Exit;
use drift_core::report::Style;

use crate::failure::Failure;
use crate::settings::Settings;

/// Columns of a terminal whose width is unknown.
const DEFAULT_WIDTH: usize = 100;

/// Large enough that a long export is not dominated by system calls.
const STREAM_BYTES: usize = 256 << 10;

/// Standard output and standard error.
#[derive(Debug)]
pub(crate) struct Terminal {
    style: Style,
}

impl Terminal {
    pub(crate) fn new(settings: &Settings) -> Self {
        let width = if io::stdout().is_terminal() {
            rustix::termios::tcgetwinsize(io::stdout())
                .map_or(DEFAULT_WIDTH, |size| usize::from(size.ws_col))
        } else {
            0
        };
        Self { style: Style { color: settings.color, width } }
    }

    /// Returns how reports for people look here.
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Writes a result.
    pub(crate) fn result(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))
    }

    /// Returns standard output for a result that is written piece by piece.
    pub(crate) fn stream(&self) -> impl io::Write {
        io::BufWriter::with_capacity(STREAM_BYTES, io::stdout().lock())
    }

    /// Tells something that is no result.
    pub(crate) fn note(&self, text: &str) {
        say(&format!("drift: {text}"));
    }

    /// Tells why a verb gave no result.
    pub(crate) fn failure(&self, failure: &Failure) {
        if let Some(message) = failure.message() {
            say(&format!("drift: {message}"));
            if let Some(hint) = failure.next_step() {
                say(&format!("hint: {hint}"));
            }
        }
    }
}

/// Prints what clap says: help and version are results, the rest are errors of usage.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let printed = error.print();
        return ExitCode::from(if printed.is_ok() { Exit::CLEAN.code } else { Exit::OUTPUT.code });
    }
    // clap repeats what was typed, which a pattern of the shell may have typed.
    say(error.render().to_string().trim_end());
    ExitCode::from(Exit::USAGE.code)
}

/// Returns a path as it may be shown: a pattern of the shell may have put any name there.
pub(crate) fn shown(path: &Path) -> String {
    escaped(path.as_os_str().as_bytes()).to_string()
}

/// Standard error may be closed or full; nothing else could be told that.
fn say(line: &str) {
    let _nobody_left = writeln!(io::stderr().lock(), "{}", harmless(line));
}

/// Escapes what could fool a terminal. Names of the target in it are escaped already, so a
/// backslash stays as it is.
fn harmless(text: &str) -> String {
    let mut buffer = [0; 4];
    let mut harmless = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\\' => harmless.push(character),
            other => {
                let bytes = other.encode_utf8(&mut buffer).as_bytes();
                harmless.push_str(&escaped(bytes).to_string());
            }
        }
    }
    harmless
}
