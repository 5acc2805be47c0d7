//! The question how fast a pack of policies is answered, its input made already.

use std::error::Error;

use drift_core::bounds::{Cancel, Pool, Timestamp};
use drift_core::capture::Parts;
use drift_core::check::{Assessment, Occasion, Reference, Request, Target, check};
use drift_core::judge::FailOn;
use drift_core::model::{Severity, SourceKind};
use drift_core::policy::{self, Evaluator as _, InProcess, Input, Limits, PolicySet};
use drift_core::source::{MemoryVolume, Walked};
use std::sync::Arc;

use super::Ask;
use super::trees::alone;

const PACK: &str = "host";
/// Policies of the pack, as near as a figure of one of them needs.
pub(super) const POLICIES: u64 = 31;
/// Programs that policies look through.
const FILES: u32 = 2_000;

pub(super) fn policies() -> Result<Ask, Box<dyn Error>> {
    let set = policy::load(vec![policy::pack(PACK).ok_or("the pack is gone")?])?;
    let set = Arc::new(set);
    let input = input(&set)?;
    let (pool, cancel) = (Pool::new(1)?, Cancel::new());
    let evaluator = InProcess { limits: Limits::default() };
    Ok(Box::new(move || {
        let answers = evaluator.evaluate(&set, &input, &pool, &cancel);
        answers.expect("because nobody cancels").iter().flatten().count() as u64
    }))
}

/// What the policies see of a small system.
fn input(set: &Arc<PolicySet>) -> Result<Input, Box<dyn Error>> {
    let mut volume = MemoryVolume::new();
    volume.file(b"etc/os-release", b"ID=debian\nVERSION_ID=\"12\"\n");
    volume.file(
        b"etc/passwd",
        b"root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/sbin/nologin\n",
    );
    volume.file(b"etc/group", b"root:x:0:\nnogroup:x:65534:\n");
    volume.file(b"etc/shadow", b"root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n");
    for number in 0..FILES {
        let path = format!("usr/bin/program-{number}");
        volume.file(path.as_bytes(), path.as_bytes());
    }
    let source = Walked::new(volume, SourceKind::Memory, "memory:system");
    let mut request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
    let evaluator = Arc::new(InProcess { limits: Limits::default() });
    request.assessment = Some(Assessment { set: Arc::clone(set), evaluator, keep_input: true });
    let now = Timestamp::parse("2026-11-21T12:00:00Z")?;
    let occasion = Occasion { clock: &now, run_id: "bench", binary_digest: None };
    let target = Target::Live(&source);
    let outcome =
        alone(|run| Ok(check(&target, &Reference::PackageDatabase, &request, run, &occasion)?))?;
    Ok(*outcome.input.ok_or("no input was kept")?)
}
