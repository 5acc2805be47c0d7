//! From what was typed to the policies of a run: built-in packs, directories, files, sealed bundles.

use std::path::Path;
use std::sync::Arc;

use drift_core::artifact::{self, TreeLimits};
use drift_core::bounds::escape::escaped;
use drift_core::bounds::{Cancel, Cancelled, Clock, Pool};
use drift_core::check::{Assessment, Changes};
use drift_core::model::Digest;
use drift_core::policy::{
    self, Answer, BUNDLE_MARK, Bundle, Evaluator, Input, MAX_BUNDLE_BYTES, Origin, OriginKind,
    PACKS, Place, PolicyFile, PolicySet, Selection, Signer, SourceSet,
};
use drift_core::seal::{
    self, Artefact, Expectations, Predicate, Reason, SealInfo, Untrusted, Verified,
};

use crate::args::{Check, Part, TrustArgs};
use crate::config::nearest;
use crate::failure::Failure;
use crate::golden::Refused;
use crate::inputs;
use crate::settings::Settings;
use crate::tailoring;
use crate::terminal::shown;
use crate::worker::Isolated;

/// The packs that run when there is no baseline and none is named.
const WITHOUT_BASELINE: [&str; 2] = ["immutability", "host"];

/// What stands before the name of a pack that comes with drift.
pub(crate) const BUILTIN: &str = "builtin:";

/// What a directory of policies may hold: several times the largest known.
const LIMITS: TreeLimits = TreeLimits { names: 4096, bytes: 16 << 20, depth: 2 };

/// The policies of a run.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    /// What to evaluate; nothing where nothing was asked for.
    pub(crate) assessment: Option<Assessment>,
    /// What the seal of each bundle says.
    pub(crate) seals: Vec<SealInfo>,
}

/// Files, before anything of them is read as a policy.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// One for each name.
    pub(crate) sets: Vec<SourceSet>,
    /// What the seal of each bundle says.
    pub(crate) seals: Vec<SealInfo>,
}

/// What policies are loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Evaluate,
    /// What they would see is wanted, and not what they say of it.
    Show,
}

/// Asks nothing.
#[derive(Debug)]
struct Unasked;

impl Evaluator for Unasked {
    fn evaluate(
        &self,
        set: &PolicySet,
        _input: &Input,
        _pool: &Pool,
        _cancel: &Cancel,
    ) -> Result<Vec<Option<Answer>>, Cancelled> {
        Ok(set.policies.iter().map(|_| None).collect())
    }
}

/// Loads what was named; without a baseline, and with nothing named, the built-in packs. The outer
/// error is the operator's, the inner one that of a bundle's seal.
pub(crate) fn policies(
    args: &Check,
    use_of: Use,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Result<Policies, Refused>, Failure> {
    let named = named(args);
    if named.is_empty() && use_of == Use::Evaluate {
        tailoring::needless(&args.tailoring)?;
        if args.scope.only.contains(&Part::Policies) {
            return Err(Failure::usage_text("--only asks for policies, and none is named")
                .hint("name some with --policy, such as --policy builtin:host"));
        }
        return Ok(Ok(Policies::default()));
    }
    let sources = match sources(&named, &args.trust, settings, clock)? {
        Ok(sources) => sources,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut set = policy::load_to_evaluate(sources.sets).map_err(Failure::usage)?;
    judges_something(&set)?;
    tailoring::tailor(&mut set, &args.tailoring, settings)?;
    let selected = |policy: &policy::Policy| policy.selection == Selection::Selected;
    let alone = inputs::changes(&args.scope.only) == Changes::ForPoliciesAlone;
    if alone && !set.policies.iter().any(selected) {
        return Err(Failure::usage_text("--only policies judges nothing: no policy is selected")
            .hint("correct the profile that --tailor names, or leave --only out"));
    }
    let evaluator: Arc<dyn Evaluator> = match use_of {
        Use::Evaluate => Arc::new(Isolated::default()),
        Use::Show => Arc::new(Unasked),
    };
    let keep_input = use_of == Use::Show;
    let assessment = Assessment { set: Arc::new(set), evaluator, keep_input };
    Ok(Ok(Policies { assessment: Some(assessment), seals: sources.seals }))
}

/// Helpers and tests judge nothing, and a run of them would read as one in which all is well.
pub(crate) fn judges_something(set: &PolicySet) -> Result<(), Failure> {
    let judges = |at: usize| set.policies.iter().any(|policy| policy.origin == at);
    match set.origins.iter().enumerate().find(|(at, _)| !judges(*at)) {
        None => Ok(()),
        Some((_, origin)) => {
            let name = shown(Path::new(&origin.name));
            Err(Failure::usage_text(format!("there is no policy in {name}")).hint(
                "helpers (lib/) and tests (*_test.rego) judge nothing; name the directory of the policies",
            ))
        }
    }
}

/// Returns the names of what is evaluated. What is named is evaluated whatever else is looked at.
fn named(args: &Check) -> Vec<String> {
    let only = &args.scope.only;
    let wanted = only.is_empty() || only.contains(&Part::Policies);
    match args.policy.is_empty() && args.baseline.is_empty() && wanted {
        true => without_baseline(),
        false => args.policy.clone(),
    }
}

/// Returns the names of the packs that run when nothing is named.
fn without_baseline() -> Vec<String> {
    let packs = PACKS.iter().filter(|pack| WITHOUT_BASELINE.contains(&pack.name));
    packs.map(|pack| format!("{BUILTIN}{}", pack.name)).collect()
}

/// Reads the files of each of these names.
pub(crate) fn sources(
    named: &[String],
    trust: &TrustArgs,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Result<Sources, Refused>, Failure> {
    let mut sources = Sources::default();
    for name in named {
        let path = Path::new(name);
        if let Some(pack) = name.strip_prefix(BUILTIN) {
            sources.sets.push(policy::pack(pack).ok_or_else(|| no_pack(pack))?);
        } else if is_directory(path) {
            sources.sets.push(directory(name, settings)?);
        } else if is_bundle(path) {
            match bundle(path, trust, settings, clock)? {
                Ok((set, info)) => {
                    sources.sets.push(set);
                    sources.seals.push(info);
                }
                Err(why) => return Ok(Err(Refused { file: name.clone(), why })),
            }
        } else {
            sources.sets.push(file(name, settings)?);
        }
    }
    Ok(Ok(sources))
}

fn no_pack(name: &str) -> Failure {
    let known = PACKS.iter().map(|pack| pack.name);
    let meant = nearest(name, known.clone()).unwrap_or_default();
    let known: Vec<&str> = known.collect();
    Failure::usage_text(format!(
        "there is no pack {BUILTIN}{name}; the nearest is {BUILTIN}{meant}, and there are {}",
        known.join(", ")
    ))
}

pub(crate) fn is_directory(path: &Path) -> bool {
    use rustix::fs::FileType;
    rustix::fs::stat(path)
        .is_ok_and(|status| FileType::from_raw_mode(status.st_mode) == FileType::Directory)
}

/// Whether the file begins as a bundle; the name says nothing.
pub(crate) fn is_bundle(path: &Path) -> bool {
    artifact::read_start(path, BUNDLE_MARK.len()).is_ok_and(|start| start == BUNDLE_MARK)
}

/// Reads a directory of the operator's.
pub(crate) fn directory(name: &str, settings: &Settings) -> Result<SourceSet, Failure> {
    let unwanted = |name: &str, directory: bool| {
        let belongs = if directory {
            policy::place_of_directory(name)
        } else {
            policy::place(name).map(drop)
        };
        belongs.err().map(str::to_owned)
    };
    let path = settings.absolute(Path::new(name))?;
    let mut files = Vec::new();
    for file in artifact::read_tree(&path, settings.user, LIMITS, &unwanted)? {
        if policy::place(&file.name) == Ok(Place::Document) {
            continue;
        }
        let text = String::from_utf8(file.bytes).map_err(|_| no_text(&path.join(&file.name)))?;
        files.push(PolicyFile { name: file.name, text });
    }
    if !files.iter().any(|file| file.name.ends_with(".rego")) {
        return Err(Failure::usage_text(format!("there is no policy in {}", shown(&path)))
            .hint("a policy is a file NAME.rego; drift policy new writes one to begin with"));
    }
    Ok(of_operator(name, files))
}

/// Reads one policy.
fn file(name: &str, settings: &Settings) -> Result<SourceSet, Failure> {
    let path = settings.absolute(Path::new(name))?;
    let below = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let below = below.unwrap_or_default();
    if !below.ends_with(".rego") {
        let failure = Failure::usage_text(format!(
            "{} is no directory, no sealed bundle and no file NAME.rego",
            shown(Path::new(name))
        ));
        return Err(match PACKS.iter().find(|pack| pack.name == name) {
            Some(pack) => failure.hint(format!("did you mean {BUILTIN}{}?", pack.name)),
            None => failure,
        });
    }
    let _place = policy::place(&below)
        .map_err(|why| Failure::usage_text(format!("{}: {why}", shown(&path))))?;
    artifact::check_owned(&path, settings.user)?;
    let bytes = artifact::read_bounded(&path, LIMITS.bytes)?;
    let text = String::from_utf8(bytes).map_err(|_| no_text(&path))?;
    Ok(of_operator(name, vec![PolicyFile { name: below, text }]))
}

fn no_text(path: &Path) -> Failure {
    Failure::from(artifact::Error::NotText { path: path.to_owned() })
}

fn of_operator(name: &str, files: Vec<PolicyFile>) -> SourceSet {
    let origin = Origin {
        name: name.to_owned(),
        kind: OriginKind::Directory,
        digest: policy::digest(&files),
        signers: Vec::new(),
        lineage: None,
    };
    SourceSet { origin, files }
}

/// Verifies a bundle and only then reads it.
fn bundle(
    path: &Path,
    args: &TrustArgs,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Result<(SourceSet, SealInfo), Untrusted>, Failure> {
    // Whose state a baseline is, and how far its lineage came, says nothing of a bundle.
    let expected = inputs::expectations(args, Artefact::Policies)?;
    let expected = Expectations { identity: None, min_sequence: None, ..expected };
    let mut trust = artifact::load_trust(&args.trust)?;
    (trust.subject.identity, trust.subject.min_sequence) = (None, None);
    let sealed = artifact::open_sealed(path, MAX_BUNDLE_BYTES)?;
    let state = match settings.state_directory(args.state.as_ref()) {
        Some(directory) => artifact::load_lineages(&directory)?,
        None => None,
    };
    let verified = seal::verify(&sealed, &trust, &expected, clock.now(), state.as_ref());
    Ok(verified.and_then(|(verified, info)| Ok((opened(path, &verified, &info)?, info))))
}

/// Reads a verified bundle, and holds it to what its seal says.
fn opened(
    path: &Path,
    verified: &Verified<Arc<[u8]>>,
    info: &SealInfo,
) -> Result<SourceSet, Untrusted> {
    let bundle = Bundle::decode(verified)
        .map_err(|error| Untrusted::new(Reason::Malformed, error.to_string()))?;
    let files = decisive(bundle.files);
    let digest = policy::digest(&files);
    let Predicate::Policies(said) = &info.statement.predicate else {
        return Err(Untrusted::new(Reason::WrongIdentity, "the seal is about no policies"));
    };
    if said.policies_digest != digest {
        let detail = "the policies in it are not those that the seal names; make the bundle anew";
        return Err(Untrusted::new(Reason::Altered, detail));
    }
    let signer =
        |signer: &seal::SealedBy| Signer { name: signer.name.clone(), key: signer.key.to_string() };
    let origin = Origin {
        name: path.display().to_string(),
        kind: OriginKind::Bundle,
        digest: info.statement.subject_digest,
        signers: info.signers.iter().map(signer).collect(),
        lineage: Some((said.identity.clone(), said.sequence)),
    };
    Ok(SourceSet { origin, files })
}

/// Says whose policies a bundle holds: the report names the file and its signers.
pub(crate) fn lineage(info: &SealInfo) -> Option<String> {
    let Predicate::Policies(said) = &info.statement.predicate else { return None };
    let identity = escaped(said.identity.as_bytes());
    let told = format!(
        "the bundle with the digest {} holds {} policies, sealed for \"{identity}\", sequence {}",
        info.statement.subject_digest, said.policies, said.sequence
    );
    Some(told)
}

/// Returns the digest over the policies of a bundle, and how many there are; fails unless they load.
pub(crate) fn counted(bundle: Bundle) -> Result<(Digest, u64), Failure> {
    let set = of_operator(&bundle.name, decisive(bundle.files));
    let digest = set.origin.digest;
    let set = policy::load(vec![set]).map_err(Failure::usage)?;
    Ok((digest, set.policies.len() as u64))
}

/// Returns the files that decide something.
fn decisive(mut files: Vec<PolicyFile>) -> Vec<PolicyFile> {
    files.retain(|file| policy::place(&file.name) != Ok(Place::Document));
    files
}
