//! A gate before deployment: is this root file system still the image that was sealed?
//!
//! `cargo run -p golden-drift-core --example gate -- dir:ROOT golden.drift golden.pub.pem IDENTITY`
//! ends with drift's own exit codes. Nothing of the baseline is decoded before its seal holds.

#![expect(clippy::disallowed_methods, reason = "a program's arguments and clock are its own")]
#![expect(clippy::print_stderr, reason = "a program says what went wrong")]

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use drift_core::artifact::{load_trust, open_sealed};
use drift_core::baseline::Baseline;
use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{Parts, Run};
use drift_core::check::{Occasion, Reference, Request, Sealed, Target, check};
use drift_core::judge::{Exit, FailOn};
use drift_core::model::Severity;
use drift_core::report::{self, Style};
use drift_core::seal::{Expectations, Untrusted, verify};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let exit = gate(&arguments).unwrap_or_else(|error| {
        eprintln!("{error}");
        if error.is::<Untrusted>() { Exit::UNTRUSTED } else { Exit::USAGE }
    });
    ExitCode::from(exit.code)
}

fn gate(arguments: &[String]) -> Result<Exit, Box<dyn Error>> {
    let [target, file, key, identity] = arguments else {
        return Err("usage: gate TARGET BASELINE PUBLIC-KEY IDENTITY".into());
    };
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let now = Timestamp::from_unix(i64::try_from(seconds)?, 0);

    let expected = Expectations { identity: Some(identity.clone()), ..Expectations::default() };
    let sealed = open_sealed(Path::new(file), 1 << 30)?;
    let (verified, seal) = verify(&sealed, &load_trust(&[key])?, &expected, now, None)?;
    let baseline = Baseline::decode(verified)?;
    let reference = Reference::Sealed(Sealed { baseline: &baseline, seal: &seal, file });

    let source = drift_core::source::open(target, &drift_core::source::Selection::default())?;
    let (pool, cancel) = (Pool::new(2)?, Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
    let occasion = Occasion { clock: &now, run_id: "gate", binary_digest: None };
    let outcome = check(&Target::Live(&*source), &reference, &request, &run, &occasion)?;

    let text = report::find("text").expect("because the table has it");
    (text.write)(&outcome.report, &Style::default(), &mut std::io::stdout().lock())?;
    Ok(outcome.verdict.exit())
}
