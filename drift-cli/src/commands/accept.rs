//! `drift accept`: the next baseline, from a golden one and chosen changes of a kept snapshot.

use std::path::Path;

use drift_core::artifact::{self, Replace};
use drift_core::baseline::{Baseline, UnverifiedSnapshot};
use drift_core::bounds::{Clock, Silent, Wildcard};
use drift_core::capture::Run;
use drift_core::check::{self, AcceptError, Acceptance, Accepted, Occasion, Sealed, Selector};
use drift_core::judge::Exit;
use drift_core::report::{self, MAX_REPORT_BYTES, Previous};
use drift_core::seal::{
    self, Artefact, Expectations, MAX_SEQUENCE, Predicate, Reason, SealInfo, SnapshotPredicate,
    Untrusted,
};

use crate::args::Accept;
use crate::artifacts;
use crate::failure::Failure;
use crate::inputs::{self, MAX_BASELINE_BYTES, Stored};
use crate::own_digest::OwnDigest;
use crate::settings::Settings;
use crate::state;
use crate::terminal::{Terminal, shown};

use super::sealing::{self, Orders};

pub(crate) fn run(
    args: &Accept,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let clock = settings.clock(args.trust.now.as_deref())?;
    let orders = Orders::parse(&args.seal())?;
    let selectors = selectors(args)?;
    writable(args, &orders)?;
    // Only the sequence of a seal is remembered.
    let _lease = match orders.is_empty() {
        true => state::Lease::Without,
        false => state::hold_or_fail(settings, args.trust.state.as_ref())?,
    };
    let (baseline, info) = inputs::baseline(&args.golden, &args.trust, settings, &*clock)?
        .map_err(|untrusted| superseded(untrusted, &args.golden))?;
    let snapshot = snapshot(args, &*clock)?;
    let report = args.report.as_deref().map(previous).transpose()?;
    let file = args.golden.display().to_string();
    let golden = Sealed { baseline: &baseline, seal: &info, file: &file };
    let pool = inputs::pool(settings, args.threads.as_deref())?;
    let run = Run { pool: &pool, cancel: &settings.cancel, observer: &Silent, artifacts: &[] };
    let run_id = inputs::run_id();
    let program = OwnDigest::default();
    program.begin();
    let digest = || program.wait();
    let occasion = Occasion { clock: &*clock, run_id: &run_id, binary_digest: Some(&digest) };
    let view = snapshot.view();
    let acceptance =
        Acceptance { golden, snapshot: &view, selectors: &selectors, report: report.as_ref() };
    let accepted = check::accept(&acceptance, &run, &occasion).map_err(refused)?;
    let predicate = followed(&info)?;
    let sequence = sequence(predicate, &snapshot, &orders)?;
    tell(&accepted, &args.golden, predicate, terminal)?;
    let Accepted { encoded, record, not_compared, .. } = accepted;
    let out = shown(&args.out);
    artifact::write_unless(&args.out, &encoded.bytes, 0o600, Replace::Yes, &settings.cancel)
        .map_err(|error| Failure::output(&out, error))?;
    terminal.result(format!("written to {out}\nroot {}\n", encoded.root).as_bytes())?;
    if orders.is_empty() {
        terminal.note(&format!(
            "the new baseline is not sealed, and what was accepted is recorded in a seal alone; \
             --sign KEY.pem or --sign external makes one, drift seal {out} --sequence {sequence} \
             one without that record"
        ));
    } else {
        let memory = settings.state_directory(args.trust.state.as_ref());
        let orders = orders.following(predicate, sequence, record);
        sealing::seal_snapshot(
            &args.out,
            encoded.bytes.into(),
            None,
            &orders,
            memory.as_deref(),
            clock.now(),
            terminal,
        )?;
    }
    // All of it was asked for, and not all of it could be looked at.
    Ok(if args.selection.all && not_compared > 0 { Exit::INCOMPLETE } else { Exit::CLEAN })
}

fn selectors(args: &Accept) -> Result<Vec<Selector>, Failure> {
    let selection = &args.selection;
    let mut selectors = Vec::new();
    for text in &selection.path {
        let pattern = Wildcard::path(text)
            .map_err(|error| Failure::usage_text(format!("--path {text:?}: {error}")))?;
        selectors.push(Selector::Path(pattern));
    }
    selectors.extend(selection.package.iter().cloned().map(Selector::Package));
    selectors.extend(selection.change.iter().cloned().map(Selector::Change));
    if selection.all {
        selectors.push(Selector::All);
    }
    Ok(selectors)
}

/// Fails where the new file would take the place of what it is made of, or stand under another's
/// seal.
fn writable(args: &Accept, orders: &Orders) -> Result<(), Failure> {
    let out = artifacts::absolute(&args.out);
    if [&args.golden, &args.from].iter().any(|file| artifacts::absolute(file) == out) {
        return Err(Failure::usage_text(format!(
            "--out {} would replace what the new baseline is made of; keep that, and choose another",
            shown(&args.out)
        )));
    }
    let stale = artifact::bundle_paths(&args.out).unwrap_or_default();
    match stale.first().filter(|_| orders.is_empty()) {
        None => Ok(()),
        Some(bundle) => Err(Failure::usage_text(format!(
            "{} seals the file that would be replaced",
            shown(bundle)
        ))
        .hint("choose another --out, or seal the new baseline at once with --sign")),
    }
}

/// Opens what the values come from. It need not be of the golden baseline's lineage, so nothing is
/// expected of its identity and sequence.
fn snapshot(args: &Accept, clock: &dyn Clock) -> Result<Stored, Failure> {
    let sealed = artifact::open_sealed(&args.from, MAX_BASELINE_BYTES)?;
    let malformed = |error| Failure::baseline(&args.from, error);
    if args.unverified {
        let snapshot = UnverifiedSnapshot::decode(sealed.file).map_err(malformed)?;
        return Ok(Stored::Unverified(Box::new(snapshot)));
    }
    let mut trust = artifact::load_trust(&args.trust.trust)?;
    (trust.subject.identity, trust.subject.min_sequence) = (None, None);
    let expected = inputs::expectations(&args.trust, Artefact::Snapshot)?;
    let expected = Expectations { identity: None, min_sequence: None, ..expected };
    let (verified, info) = seal::verify(&sealed, &trust, &expected, clock.now(), None)?;
    let baseline = Baseline::decode(verified).map_err(malformed)?;
    Ok(Stored::Sealed(Box::new(baseline), Box::new(info)))
}

/// Says what to do where the golden baseline was followed already, perhaps by a wrong acceptance.
fn superseded(untrusted: Untrusted, golden: &Path) -> Failure {
    let later = untrusted.reason == Reason::RolledBack;
    let failure = Failure::from(untrusted);
    if !later {
        return failure;
    }
    failure.hint(format!(
        "accept into the latest baseline of the lineage; where that one is wrong, give this one the \
         next place first: drift seal {} --sign KEY.pem",
        shown(golden)
    ))
}

fn previous(path: &Path) -> Result<Previous, Failure> {
    let bytes = artifact::read_bounded(path, MAX_REPORT_BYTES)?;
    let file = path.display().to_string();
    // It only chooses: whoever altered it can choose what the operator then sees listed.
    Previous::read(&file, &bytes, false)
        .map_err(|error| Failure::usage_text(format!("{}: {error}", shown(path))))
}

fn refused(error: AcceptError) -> Failure {
    match error {
        AcceptError::Check(error) => error.into(),
        error => Failure::usage(error),
    }
}

fn followed(info: &SealInfo) -> Result<&SnapshotPredicate, Failure> {
    match &info.statement.predicate {
        Predicate::Snapshot(predicate) => Ok(predicate),
        _ => Err(Failure::usage_text("the golden baseline is not sealed as a snapshot")),
    }
}

/// The place of the new baseline: after the golden one, and after the snapshot where that is of the
/// same lineage, or two baselines would have one place.
fn sequence(
    golden: &SnapshotPredicate,
    snapshot: &Stored,
    orders: &Orders,
) -> Result<u64, Failure> {
    let other = match snapshot {
        Stored::Sealed(_, info) => match &info.statement.predicate {
            Predicate::Snapshot(other) if other.identity == golden.identity => other.sequence,
            _ => 0,
        },
        Stored::Unverified(_) => 0,
        Stored::Bill(_) => {
            let text =
                "a bill of materials is no snapshot; name what `drift capture` wrote with --from";
            return Err(Failure::usage_text(text));
        }
    };
    let last = golden.sequence.max(other);
    match orders.sequence() {
        Some(sequence) if sequence <= last => Err(Failure::usage_text(format!(
            "--sequence {sequence} does not follow {last}, so hosts that know that would refuse it"
        ))),
        Some(sequence) => Ok(sequence),
        None if last >= MAX_SEQUENCE => Err(Failure::usage_text("the lineage has no place left")),
        None => Ok(last.saturating_add(1)),
    }
}

/// Lists everything that was accepted, before anything is written.
fn tell(
    accepted: &Accepted,
    golden: &Path,
    predicate: &SnapshotPredicate,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut text = format!(
        "ACCEPTED: {} into what follows {}, sequence {}\n",
        changes(accepted.record.changes),
        shown(golden),
        predicate.sequence
    )
    .into_bytes();
    report::write_accepted(&accepted.report, &terminal.style(), &mut text)
        .map_err(|error| Failure::stdout(&error))?;
    text.extend_from_slice(format!("\nnot accepted: {}\n", changes(accepted.left)).as_bytes());
    terminal.result(&text)?;
    for note in &accepted.notes {
        terminal.note(note);
    }
    if accepted.not_compared > 0 {
        terminal.note(&format!(
            "{} could not be compared and stay as the golden baseline has them",
            match accepted.not_compared {
                1 => "1 entry".to_owned(),
                several => format!("{several} entries"),
            }
        ));
    }
    Ok(())
}

fn changes(count: u64) -> String {
    if count == 1 { "1 change".to_owned() } else { format!("{count} changes") }
}
