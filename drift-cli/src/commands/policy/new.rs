//! `drift policy new`: a policy and its tests to begin with; both are right as they are.

use drift_core::artifact::{self, Replace};
use drift_core::judge::Exit;
use drift_core::policy::PolicyId;

use crate::args::PolicyNew;
use crate::failure::Failure;
use crate::terminal::{Terminal, shown};

const POLICY: &str = include_str!("new/policy.rego");
const TESTS: &str = include_str!("new/tests.rego");

/// Everybody may read a policy, and its author alone changes it, whatever the umask says.
const MODE: u32 = 0o644;

pub(super) fn run(args: &PolicyNew, terminal: &Terminal) -> Result<Exit, Failure> {
    let id = PolicyId::parse(&args.id).map_err(Failure::usage)?;
    let package = id.package();
    let name = package.rsplit('.').next().unwrap_or_default();
    artifact::ensure_directory_of(&args.out, 0o755)
        .map_err(|error| Failure::output(&shown(&args.out), error))?;
    let files = [(format!("{name}.rego"), POLICY), (format!("{name}_test.rego"), TESTS)];
    let mut told = String::new();
    for (file, text) in files {
        let text = text.replace("PACKAGE", &package).replace("ID", id.as_str());
        let text = text.replace("NAME", name);
        let path = args.out.join(file);
        artifact::write(&path, text.as_bytes(), MODE, Replace::No).map_err(
            |error| match error {
                artifact::Error::Exists { .. } => Failure::usage(error),
                error => Failure::output(&shown(&path), error),
            },
        )?;
        told.push_str(&format!("{}\n", shown(&path)));
    }
    terminal.result(told.as_bytes())?;
    let out = shown(&args.out);
    terminal.note(&format!("edit them, then: drift policy check {out}, drift policy test {out}"));
    Ok(Exit::CLEAN)
}
