//! What `capture --sign` and `seal` share.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use drift_core::artifact::{self, Replace};
use drift_core::baseline::{UnverifiedSnapshot, effective_root};
use drift_core::bounds::Timestamp;
use drift_core::judge::Exit;
use drift_core::model::Digest;
use drift_core::rules::RuleSet;
use drift_core::seal::{
    self, AcceptedChanges, Artefact, Counts, Expectations, LineageState, ManifestPredicate,
    PAE_SUFFIX, PoliciesPredicate, Predicate, PrivateKey, SbomPredicate, Sealed, SnapshotPredicate,
    Statement, Term, Trust, TrustedKey, WaiversPredicate,
};

use crate::args::SealArgs;
use crate::artifacts::beside;
use crate::failure::Failure;
use crate::inputs::MAX_BASELINE_BYTES;
use crate::outputs::private_key;
use crate::terminal::{Terminal, shown};

/// What is to be signed, with what, for how long.
pub(super) struct Orders {
    keys: Vec<PrivateKey>,
    external: bool,
    expires: Option<Term>,
    sequence: Option<u64>,
    identity: Option<String>,
    provenance: BTreeMap<String, String>,
    /// What was accepted into what is to be sealed.
    accepted: Option<Box<AcceptedChanges>>,
    /// Until when the seal holds where the operator says nothing of it.
    until: Option<Timestamp>,
}

impl Orders {
    /// Reads the options; keys are read and checked before anything else is done.
    pub(super) fn parse(args: &SealArgs) -> Result<Self, Failure> {
        let mut orders = Self {
            keys: Vec::new(),
            external: false,
            expires: args
                .expires
                .as_deref()
                .map(Term::parse)
                .transpose()
                .map_err(Failure::usage)?,
            sequence: args.sequence,
            identity: args.identity.clone(),
            provenance: BTreeMap::new(),
            accepted: None,
            until: None,
        };
        for sign in &args.sign {
            match sign.as_str() {
                "external" => orders.external = true,
                path => orders.keys.push(private_key(Path::new(path))?),
            }
        }
        if orders.external && !orders.keys.is_empty() {
            return Err(Failure::usage_text(
                "--sign external cannot be mixed with keys; sign with each key in turn",
            ));
        }
        for fact in &args.provenance {
            let (key, value) =
                fact.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
                    Failure::usage_text(format!("--provenance takes KEY=VALUE, not {fact:?}"))
                })?;
            orders.provenance.insert(key.to_owned(), value.to_owned());
        }
        Ok(orders)
    }

    /// Returns the same orders for a baseline that follows another one: in its lineage, at this
    /// place, with what was accepted, and until the same time unless the operator names one.
    pub(super) fn following(
        self,
        golden: &SnapshotPredicate,
        sequence: u64,
        accepted: AcceptedChanges,
    ) -> Self {
        Self {
            identity: Some(golden.identity.clone()),
            sequence: Some(sequence),
            accepted: Some(Box::new(accepted)),
            until: golden.expires,
            ..self
        }
    }

    /// Returns the place in the lineage that the operator names.
    pub(super) fn sequence(&self) -> Option<u64> {
        self.sequence
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && !self.external
    }

    /// Returns the lineage that the operator names.
    pub(super) fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }
}

/// What is sealed besides snapshots.
pub(super) enum Subject {
    /// A bundle.
    Policies { identity: String, digest: Digest, policies: u64 },
    /// A file of waivers.
    Waivers { identity: String },
    /// A manifest.
    Manifest { identity: String, packages: u64, files: u64 },
    /// A bill of materials.
    Sbom { identity: String, form: String, packages: u64, files: u64 },
}

/// Seals the exact bytes of a bundle, of waivers, of a manifest or of a bill of materials.
pub(super) fn seal_subject(
    (path, file): (&Path, Arc<[u8]>),
    subject: Subject,
    orders: &Orders,
    memory: Option<&Path>,
    now: Timestamp,
    terminal: &Terminal,
) -> Result<(), Failure> {
    if !orders.provenance.is_empty() && !matches!(subject, Subject::Sbom { .. }) {
        return Err(Failure::usage_text(
            "--provenance is for snapshots and bills of materials alone",
        ));
    }
    let tool = format!("drift {}", env!("CARGO_PKG_VERSION"));
    let expires = orders.expires.map(|term| term.expiry(now));
    let predicate = match subject {
        Subject::Policies { identity, digest, policies } => {
            let sequence = sequence(Artefact::Policies, &identity, orders, memory)?;
            Predicate::Policies(PoliciesPredicate {
                identity,
                tool,
                created: now,
                expires,
                sequence,
                policies_digest: digest,
                policies,
            })
        }
        Subject::Sbom { identity, form, packages, files } => {
            let sequence = sequence(Artefact::Sbom, &identity, orders, memory)?;
            Predicate::Sbom(SbomPredicate {
                identity,
                tool,
                created: now,
                expires,
                sequence,
                form,
                packages,
                files,
                provenance: orders.provenance.clone(),
            })
        }
        Subject::Waivers { identity } => {
            if orders.sequence.is_some() {
                return Err(Failure::usage_text("waivers have no sequence; give --expires"));
            }
            Predicate::Waivers(WaiversPredicate { identity, tool, created: now, expires })
        }
        Subject::Manifest { identity, packages, files } => {
            let sequence = sequence(Artefact::Manifest, &identity, orders, memory)?;
            Predicate::Manifest(ManifestPredicate {
                identity,
                tool,
                created: now,
                expires,
                sequence,
                packages,
                files,
            })
        }
    };
    sign((path, file), predicate, orders, memory, now, terminal)
}

/// Returns the place in the lineage: the one asked for, or the next.
fn sequence(
    artefact: Artefact,
    identity: &str,
    orders: &Orders,
    memory: Option<&Path>,
) -> Result<u64, Failure> {
    match orders.sequence {
        Some(sequence) => Ok(sequence),
        None => known(memory)?.next_sequence_of(artefact, identity).map_err(Failure::usage),
    }
}

/// Seals the exact bytes of a snapshot file. `named` is the identity when the operator gave none.
pub(super) fn seal_snapshot(
    path: &Path,
    file: Arc<[u8]>,
    named: Option<&str>,
    orders: &Orders,
    memory: Option<&Path>,
    now: Timestamp,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let snapshot = UnverifiedSnapshot::decode(Arc::clone(&file))?;
    let identity = orders
        .identity
        .clone()
        .or_else(|| named.map(str::to_owned))
        .or_else(|| snapshot.identity().hostname.clone())
        .unwrap_or_else(|| {
            path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
        });
    let sequence = sequence(Artefact::Snapshot, &identity, orders, memory)?;
    let rules = RuleSet::from_text(snapshot.rules()).map_err(Failure::usage)?;
    let effective = effective_root(&mut snapshot.unverified_cursor(), &rules, snapshot.packages())
        .map_err(Failure::usage)?;
    let counts = snapshot.counts();
    let mut scope = Vec::new();
    // A capture of packages alone reads no content to keep.
    if snapshot.coverage().files_hashed > 0 {
        scope.push("entries".to_owned());
    }
    if !snapshot.packages().is_empty() {
        scope.push("packages".to_owned());
    }
    let predicate = Predicate::Snapshot(SnapshotPredicate {
        root: snapshot.root(),
        effective_root: effective,
        counts: Counts {
            entries: counts.entries,
            packages: counts.packages,
            problems: counts.problems,
        },
        identity,
        scope,
        tool: format!("drift {}", env!("CARGO_PKG_VERSION")),
        created: now,
        expires: orders.expires.map(|term| term.expiry(now)).or(orders.until),
        sequence,
        rules_digest: rules.digest(),
        policies_digest: None,
        provenance: orders.provenance.clone(),
        accepted: orders.accepted.clone(),
    });
    sign((path, file), predicate, orders, memory, now, terminal)
}

/// Signs, or writes what is to be signed elsewhere.
fn sign(
    (path, file): (&Path, Arc<[u8]>),
    predicate: Predicate,
    orders: &Orders,
    memory: Option<&Path>,
    now: Timestamp,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let artefact = predicate.artefact();
    let sequence = predicate.sequence();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let subject = drift_core::bounds::escape::escaped(predicate.identity().as_bytes()).to_string();
    if orders.external {
        let pae = beside(path, PAE_SUFFIX);
        let bytes = seal::pae_for_external(&file, &name, predicate)?;
        write(&pae, &bytes)?;
        let pae = shown(&pae);
        let told = format!(
            "{pae} is to be signed (ECDSA P-256 with SHA-256, or Ed25519); then\n\
             drift seal {} --signature SIG --public-key PUB.pem\n",
            shown(path)
        );
        return terminal.result(told.as_bytes());
    }
    let mut bundles = Vec::new();
    for sealed in seal::seal(&file, &name, predicate, &orders.keys)? {
        let bundle = beside(path, &sealed.suffix);
        write(&bundle, &sealed.bytes)?;
        let place = sequence.map_or(String::new(), |number| format!(", sequence {number}"));
        terminal
            .result(format!("sealed for {subject}{place}, in {}\n", shown(&bundle)).as_bytes())?;
        bundles.push(sealed.bytes);
    }
    let keys = orders.keys.iter().map(|key| TrustedKey::new("own", key.public())).collect();
    remember((&Sealed { file, bundles }, artefact), keys, memory, now, terminal)
}

/// Returns the memory of sequences; an empty one where there is none yet.
fn known(memory: Option<&Path>) -> Result<LineageState, Failure> {
    match memory {
        Some(directory) => Ok(artifact::load_lineages(directory)?.unwrap_or_default()),
        None => Ok(LineageState::default()),
    }
}

/// Remembers the sequence that was just sealed, so that the next seal of the lineage gets the next
/// one: two baselines of one sequence would look like a rollback to whoever saw the other.
pub(super) fn remember(
    (sealed, artefact): (&Sealed, Artefact),
    keys: Vec<TrustedKey>,
    memory: Option<&Path>,
    now: Timestamp,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let trust = Trust::of_keys(keys);
    let expected = Expectations { artefact, ..Expectations::default() };
    let verified = seal::verify(sealed, &trust, &expected, now, None);
    let Ok((_, info)) = verified else {
        terminal.note("the seal does not hold at this time, so its sequence is not remembered");
        return Ok(());
    };
    // Sealing proves nothing about the clock, so it must not become the time that later checks
    // start from.
    let never = Timestamp::from_unix(0, 0);
    let told = match memory.map(|directory| artifact::remember(directory, &info, never)) {
        Some(Ok(())) => return Ok(()),
        Some(Err(error)) => error.to_string(),
        None => "no state directory is known".to_owned(),
    };
    terminal.note(&format!(
        "the sequence is not remembered ({told}); give --sequence or --state next time"
    ));
    Ok(())
}

/// A seal that stands beside a file already.
pub(super) struct Standing {
    bundle: Vec<u8>,
    statement: Statement,
}

impl Standing {
    /// Reads the first bundle beside the file, if it is about this very file. Nobody verified it.
    pub(super) fn find(path: &Path, file: &[u8]) -> Result<Option<Self>, Failure> {
        let bundles = artifact::open_sealed(path, MAX_BASELINE_BYTES)?.bundles;
        let Some(bundle) = bundles.into_iter().next() else { return Ok(None) };
        let Ok(statement) = seal::unverified_statement(&bundle) else { return Ok(None) };
        let about_this = statement.subject_digest == Digest::sha256_of(file);
        Ok(about_this.then_some(Self { bundle, statement }))
    }

    /// Returns the lineage that it names.
    pub(super) fn identity(&self) -> &str {
        self.statement.predicate.identity()
    }

    /// Returns whether these orders add a signature to it: they come with another key and say
    /// nothing that would change the statement. The same key seals anew, in the next place.
    pub(super) fn takes(&self, orders: &Orders) -> bool {
        let says_more = orders.sequence.is_some()
            || orders.expires.is_some()
            || orders.identity.is_some()
            || !orders.provenance.is_empty();
        // The bundle names its key by the digest.
        let named = String::from_utf8_lossy(&self.bundle);
        let ours = |key: &PrivateKey| named.contains(&key.public().key_id_full().hex());
        !orders.external && !says_more && !orders.keys.iter().any(ours)
    }
}

/// Signs the statement of an existing bundle with further keys.
pub(super) fn countersign(
    path: &Path,
    file: &[u8],
    standing: &Standing,
    orders: &Orders,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    for key in &orders.keys {
        let sealed = seal::countersign(file, &standing.bundle, key)?;
        let beside = beside(path, &sealed.suffix);
        write(&beside, &sealed.bytes)?;
        let told = format!("countersigned the seal that stands there, in {}\n", shown(&beside));
        terminal.result(told.as_bytes())?;
    }
    terminal
        .note("what was countersigned is shown by drift verify; verify it before you rely on it");
    Ok(Exit::CLEAN)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error| Failure::output(&shown(path), error);
    artifact::write(path, bytes, 0o644, Replace::Yes).map_err(failed)
}
