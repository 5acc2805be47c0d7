//! The baselines of a check, one or several: all verified before a byte of any is used.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use drift_core::artifact;
use drift_core::baseline::Baseline;
use drift_core::bounds::Clock;
use drift_core::check::{Reference, Sealed, SealedBillOf, Target};
use drift_core::sbom::SealedBill;
use drift_core::seal::{self, Artefact, Expectations, SealInfo, Trust, Untrusted, Verified};
use drift_core::source::Source;

use crate::args::TrustArgs;
use crate::failure::Failure;
use crate::inputs::{self, MAX_BASELINE_BYTES};
use crate::settings::Settings;

/// Verified baselines, the earlier ones below, or a bill of materials alone; none where none was named.
#[derive(Debug)]
pub(crate) struct Golden {
    parts: Vec<(Baseline, SealInfo, String)>,
    bill: Option<(SealedBill, SealInfo, String)>,
}

/// A file whose seal held, with what the seal says.
pub(crate) type Held = (Verified<Arc<[u8]>>, SealInfo);

/// A file whose seal does not hold.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) file: String,
    pub(crate) why: Untrusted,
}

impl Golden {
    /// Verifies all files and then decodes them. What is expected of whose state it is, and of its
    /// sequence, is expected of the last: it gives its name to the whole.
    pub(crate) fn open(
        files: &[PathBuf],
        args: &TrustArgs,
        settings: &Settings,
        clock: &dyn Clock,
    ) -> Result<Result<Self, Refused>, Failure> {
        if files.iter().any(|file| inputs::is_bill(file)) {
            return Self::of_bill(files, args, settings, clock);
        }
        let expected = inputs::expectations(args, Artefact::Snapshot)?;
        let of_others = Expectations { identity: None, min_sequence: None, ..expected.clone() };
        let trust = artifact::load_trust(&args.trust)?;
        let mut trust_of_others = trust.clone();
        (trust_of_others.subject.identity, trust_of_others.subject.min_sequence) = (None, None);
        let mut verified = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let last = at.saturating_add(1) == files.len();
            let (expected, trust) =
                if last { (&expected, &trust) } else { (&of_others, &trust_of_others) };
            match verify(file, (expected, trust), args, settings, clock)? {
                Ok((bytes, info)) => verified.push((file, bytes, info)),
                Err(why) => return Ok(Err(Refused { file: file.display().to_string(), why })),
            }
        }
        let mut parts = Vec::new();
        for (file, bytes, info) in verified {
            let baseline =
                Baseline::decode(bytes).map_err(|error| Failure::baseline(file, error))?;
            parts.push((baseline, info, file.display().to_string()));
        }
        Ok(Ok(Self { parts, bill: None }))
    }

    /// Verifies a bill of materials and then decodes it.
    fn of_bill(
        files: &[PathBuf],
        args: &TrustArgs,
        settings: &Settings,
        clock: &dyn Clock,
    ) -> Result<Result<Self, Refused>, Failure> {
        let [file] = files else {
            return Err(Failure::usage_text(
                "a bill of materials cannot be laid over other baselines",
            )
            .hint("name it alone, or make a snapshot with drift capture"));
        };
        let expected = inputs::expectations(args, Artefact::Sbom)?;
        let trust = artifact::load_trust(&args.trust)?;
        let shown = file.display().to_string();
        match verify(file, (&expected, &trust), args, settings, clock)? {
            Err(why) => Ok(Err(Refused { file: shown, why })),
            Ok((bytes, info)) => {
                let locator = format!("sbom:{shown}");
                let bill = SealedBill::decode(&bytes, &locator)
                    .map_err(|error| Failure::bill(file, error))?;
                Ok(Ok(Self { parts: Vec::new(), bill: Some((bill, info, shown)) }))
            }
        }
    }

    /// Returns the bill of materials that stands for a baseline, where one was named.
    pub(crate) fn bill(&self) -> Option<SealedBillOf<'_>> {
        self.bill.as_ref().map(|(bill, seal, file)| SealedBillOf { bill, seal, file })
    }

    /// Returns the baselines as the library takes them, for [`reference()`].
    pub(crate) fn sealed(&self) -> Vec<Sealed<'_>> {
        self.parts.iter().map(|(baseline, seal, file)| Sealed { baseline, seal, file }).collect()
    }

    /// Returns what each seal says.
    pub(crate) fn seals(&self) -> impl Iterator<Item = &SealInfo> {
        let bill = self.bill.iter().map(|(_, info, _)| info);
        self.parts.iter().map(|(_, info, _)| info).chain(bill)
    }
}

/// Returns what a target is compared with: without a baseline what lies beneath it, where it is an
/// overlay, else its own package database.
pub(crate) fn reference<'r>(
    sealed: &'r [Sealed<'r>],
    beneath: Option<&'r dyn Source>,
) -> Reference<'r> {
    match (sealed, beneath) {
        ([], None) => Reference::PackageDatabase,
        ([], Some(lowers)) => Reference::Other(Target::Live(lowers)),
        ([one], _) => Reference::Sealed(*one),
        (several, _) => Reference::Composed(several),
    }
}

/// Verifies one file. The outer error is the operator's, the inner one the seal's.
pub(crate) fn verify(
    path: &Path,
    (expected, trust): (&Expectations, &Trust),
    args: &TrustArgs,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Result<Held, Untrusted>, Failure> {
    let sealed = artifact::open_sealed(path, MAX_BASELINE_BYTES)?;
    let state = match settings.state_directory(args.state.as_ref()) {
        Some(directory) => artifact::load_lineages(&directory)?,
        None => None,
    };
    Ok(seal::verify(&sealed, trust, expected, clock.now(), state.as_ref()))
}
