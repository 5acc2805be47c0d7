//! `drift waiver`: which findings are accepted, by whom, and for how long yet; and their seal.

use std::collections::BTreeMap;

use drift_core::artifact::{self, Replace};
use drift_core::bounds::escape::escaped;
use drift_core::bounds::{Timestamp, Wildcard};
use drift_core::judge::{Exit, Selector, Standing, Waiver, Waivers};
use drift_core::seal::{self, Predicate, Term, WaiversPredicate};
use serde::Serialize;

use crate::args::{self, ShowFormat, WaiverCommand, WaiverList, WaiverSeal};
use crate::artifacts::beside;
use crate::failure::Failure;
use crate::golden::Refused;
use crate::outputs::private_key;
use crate::settings::Settings;
use crate::terminal::{Terminal, shown};
use crate::waivers;

const DAY_SECONDS: i64 = 86_400;

pub(crate) fn run(
    args: &args::Waiver,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    match &args.command {
        WaiverCommand::List(args) => list(args, settings, terminal),
        WaiverCommand::Seal(args) => seal(args, settings, terminal),
    }
}

fn list(args: &WaiverList, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    let file = args.acceptance.waivers.as_ref().ok_or_else(|| {
        Failure::usage_text("no file of waivers is named").hint("name one with --waivers FILE")
    })?;
    let clock = settings.clock(args.trust.now.as_deref())?;
    let waivers = if args.unverified {
        waivers::unverified(file)?
    } else {
        let required = args.acceptance.require_sealed_waivers;
        let read = waivers::read(file, required, &args.trust, settings, &*clock)?;
        read.map_err(|Refused { file: _, why }| Failure::from(why))?
    };
    let document = Document::new(&waivers, clock.now());
    let text = match args.format {
        ShowFormat::Text => text(&document),
        ShowFormat::Json => {
            serde_json::to_string_pretty(&document).map_err(Failure::internal)? + "\n"
        }
    };
    terminal.result(text.as_bytes())?;
    Ok(Exit::CLEAN)
}

/// The list, as JSON shows it.
#[derive(Debug, Serialize)]
struct Document<'w> {
    file: &'w str,
    digest: String,
    signed: bool,
    waivers: Vec<Line<'w>>,
}

#[derive(Debug, Serialize)]
struct Line<'w> {
    id: &'w str,
    state: &'static str,
    expires: String,
    /// Whole days until then; negative when it is past.
    days_left: i64,
    owner: &'w str,
    approver: Option<&'w str>,
    reason: &'w str,
    created: Option<String>,
    ticket: Option<&'w str>,
    r#match: BTreeMap<&'static str, String>,
    line: usize,
}

impl<'w> Document<'w> {
    fn new(waivers: &'w Waivers, now: Timestamp) -> Self {
        let origin = waivers.origin();
        let mut list: Vec<(Standing, &Waiver)> =
            waivers.list().iter().map(|waiver| (waiver.standing(now), waiver)).collect();
        // What asks for a decision stands first.
        list.sort_by_key(|(standing, waiver)| (*standing, waiver.expires));
        Self {
            file: &origin.file,
            digest: origin.digest.to_string(),
            signed: !origin.signers.is_empty(),
            waivers: list
                .into_iter()
                .map(|(standing, waiver)| line(standing, waiver, now))
                .collect(),
        }
    }
}

fn line(standing: Standing, waiver: &Waiver, now: Timestamp) -> Line<'_> {
    let left = waiver.expires.seconds().saturating_sub(now.seconds());
    Line {
        id: &waiver.id,
        state: standing.name(),
        expires: waiver.expires.to_string(),
        days_left: left.div_euclid(DAY_SECONDS),
        owner: &waiver.owner,
        approver: waiver.approver.as_deref(),
        reason: &waiver.reason,
        created: waiver.created.map(|created| created.to_string()),
        ticket: waiver.ticket.as_deref(),
        r#match: parts(&waiver.selector),
        line: waiver.line,
    }
}

/// What is given of a selector.
fn parts(selector: &Selector) -> BTreeMap<&'static str, String> {
    let Selector { policy, path, package, cause, identity, change } = selector;
    let text = |pattern: &Option<Wildcard>| pattern.as_ref().map(ToString::to_string);
    let parts = [
        ("policy", text(policy)),
        ("path", text(path)),
        ("package", text(package)),
        ("cause", cause.map(|cause| cause.name().to_owned())),
        ("identity", text(identity)),
        ("change", change.clone()),
    ];
    parts.into_iter().filter_map(|(name, given)| Some((name, given?))).collect()
}

fn text(document: &Document<'_>) -> String {
    let sealed = if document.signed { "sealed" } else { "not sealed" };
    let count = document.waivers.len();
    let plural = if count == 1 { "waiver" } else { "waivers" };
    let file = escaped(document.file.as_bytes());
    let mut text = format!("{count} {plural} in {file} ({sealed})\n");
    for line in &document.waivers {
        let left = match line.days_left {
            days if line.state == "expired" => format!("{} days ago", days.saturating_neg()),
            1 => "1 day left".to_owned(),
            days => format!("{days} days left"),
        };
        let (id, owner) = (escaped(line.id.as_bytes()), escaped(line.owner.as_bytes()));
        text.push_str(&format!(
            "  {:<13} {id}  until {} ({left}), {owner}\n",
            line.state, line.expires
        ));
        let parts: Vec<String> = line
            .r#match
            .iter()
            .map(|(name, value)| format!("{name} {}", escaped(value.as_bytes())))
            .collect();
        text.push_str(&format!("                accepts {}\n", parts.join(", ")));
        text.push_str(&format!("                because {}\n", escaped(line.reason.as_bytes())));
    }
    text
}

fn seal(args: &WaiverSeal, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    let keys = args.sign.iter().map(|key| private_key(key)).collect::<Result<Vec<_>, _>>()?;
    let now = settings.clock(args.now.as_deref())?.now();
    let term = args.expires.as_deref().map(Term::parse).transpose().map_err(Failure::usage)?;
    // Nobody should sign what no check would take.
    let bytes = waivers::bytes(&args.file)?;
    let stem = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let predicate = Predicate::Waivers(WaiversPredicate {
        identity: args.identity.clone().or(stem).unwrap_or_default(),
        tool: format!("drift {}", env!("CARGO_PKG_VERSION")),
        created: now,
        expires: term.map(|term| term.expiry(now)),
    });
    for sealed in seal::seal(&bytes, &name.unwrap_or_default(), predicate, &keys)? {
        let path = beside(&args.file, &sealed.suffix);
        artifact::write(&path, &sealed.bytes, 0o644, Replace::Yes)
            .map_err(|error| Failure::output(&shown(&path), error))?;
        let told = format!("sealed {} in {}\n", shown(&args.file), shown(&path));
        terminal.result(told.as_bytes())?;
    }
    Ok(Exit::CLEAN)
}
