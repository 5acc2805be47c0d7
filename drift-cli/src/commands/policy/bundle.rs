//! `drift policy bundle`: a directory of policies becomes one sealed file.

use std::path::Path;

use drift_core::artifact::{self, Replace};
use drift_core::judge::Exit;
use drift_core::policy::{self, Bundle, PolicySet, testing};

use crate::args::PolicyBundle;
use crate::commands::sealing::{self, Orders, Subject};
use crate::failure::Failure;
use crate::policies;
use crate::settings::Settings;
use crate::terminal::{Terminal, shown};

pub(super) fn run(
    args: &PolicyBundle,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let orders = Orders::parse(&args.seal)?;
    if orders.is_empty() {
        return Err(Failure::usage_text("a bundle needs a key")
            .hint("name one with --sign KEY.pem, or make one with drift keygen"));
    }
    let clock = settings.clock(args.now.as_deref())?;
    let sources = policies::directory(&args.directory, settings)?;
    let files = sources.files.clone();
    let set = policy::load(vec![sources]).map_err(Failure::usage)?;
    policies::judges_something(&set)?;
    outside(&args.out, &args.directory, settings)?;
    let _tests = testing::discover(&set, 0).map_err(Failure::usage)?;
    let identity = orders.identity().map_or_else(|| pack(&set), |named| Ok(named.to_owned()))?;
    let bundle = Bundle {
        name: identity.clone(),
        created_by: format!("drift {}", env!("CARGO_PKG_VERSION")),
        files,
    };
    let bytes = bundle.encode().map_err(Failure::usage)?;
    artifact::write(&args.out, &bytes, 0o644, Replace::Yes)
        .map_err(|error| Failure::output(&shown(&args.out), error))?;
    let subject = Subject::Policies {
        identity,
        digest: policy::digest(&bundle.files),
        policies: set.policies.len() as u64,
    };
    let memory = settings.state_directory(args.state.as_ref());
    let file = (args.out.as_path(), bytes.into());
    let policies = super::counted(set.policies.len(), "policy", "policies");
    terminal.result(format!("{}: {policies}\n", shown(&args.out)).as_bytes())?;
    sealing::seal_subject(file, subject, &orders, memory.as_deref(), clock.now(), terminal)?;
    Ok(Exit::CLEAN)
}

/// A bundle among the policies would be one of them the next time, or take the place of one.
fn outside(out: &Path, directory: &str, settings: &Settings) -> Result<(), Failure> {
    let (out, inside) = (settings.absolute(out)?, settings.absolute(Path::new(directory))?);
    match out.starts_with(&inside) {
        false => Ok(()),
        true => Err(Failure::usage_text(format!("{} lies in the directory itself", shown(&out)))
            .hint("write the bundle beside the directory that it is made of")),
    }
}

/// Returns the one pack that all policies are of.
fn pack(set: &PolicySet) -> Result<String, Failure> {
    let mut packs: Vec<&str> = set.policies.iter().map(|policy| policy.id.pack()).collect();
    packs.dedup();
    match packs.as_slice() {
        [one] => Ok((*one).to_owned()),
        _ => Err(Failure::usage_text(format!("the policies are of {} packs", packs.len()))
            .hint("name the lineage of the bundle with --identity NAME")),
    }
}
