//! Memory and growth over computed trees, and loading and comparing large baselines: S3, S5 and S6.

use std::error::Error;

use drift_benches::goals::Outcome;
use drift_benches::{Contender, Runs, median, table};

use crate::bench::{Bench, Section};

const SMALL: u64 = 100_000;
const LARGE: u64 = 1_000_000;
const HUGE: u64 = 5_000_000;
/// What any run may take, and what each entry may add.
const FIXED_BYTES: f64 = 67_108_864.0;
const ENTRY_BYTES: f64 = 150.0;
/// Times that a comparison is repeated in one process: its capture takes longer than all of them.
const TIMES: usize = 3;

pub(crate) fn measure(bench: &Bench) -> Result<Section, Box<dyn Error>> {
    let (weigh, reload) = (bench.own("weigh")?, bench.own("reload")?);
    let mut contenders = Vec::new();
    for entries in [SMALL, LARGE, HUGE] {
        let directory = bench.place(&format!("of-{entries}"));
        bench
            .succeed(&format!("mkdir '{directory}' && {weigh} capture {entries} '{directory}'"))?;
        if entries < HUGE {
            for verb in ["capture", "check"] {
                let script = format!("{weigh} {verb} {entries} '{directory}'");
                contenders.push(Contender::new(name(verb, entries), script).speaking());
            }
        }
        if SMALL < entries {
            let script = format!("{reload} {entries} '{directory}' {TIMES}");
            let compare = Contender::new(name("compare", entries), script).speaking();
            // What comes before the part that counts warms.
            contenders.push(Contender { warm: false, ..compare });
        }
    }
    let runs = bench.compete(&contenders)?;
    let text = format!(
        "\n## Computed trees\n\nLibrary calls over trees that take no memory themselves: capture and \
         check by `weigh`; compare by `reload`, which counts reading the baseline, verifying its \
         seal, comparing it with an equal snapshot in memory, both roots and the report, the middle \
         of {TIMES} times. Processor time and memory in the table are of whole processes, the capture \
         included; memory is what the kernel saw resident.\n\n{}",
        table(&runs)
    );
    Ok(Section { text, outcomes: outcomes(&runs) })
}

fn name(verb: &str, entries: u64) -> String {
    format!("{verb}, {entries} entries")
}

fn outcomes(all: &[Runs]) -> Vec<Outcome> {
    let of = |verb: &str, entries: u64| {
        all.iter().find(|runs| runs.name == name(verb, entries)).cloned().unwrap_or_default()
    };
    let both = |entries: u64| ["capture", "check"].map(|verb| of(verb, entries));
    let compared = of("compare", LARGE);
    vec![
        memory("S3 100k", &both(SMALL)),
        memory("S3 1M", &both(LARGE)),
        growth("S5 time", &both(SMALL), &both(LARGE), 10.0, |runs| &runs.processor),
        growth("S5 memory", &both(SMALL), &both(LARGE), 10.0, |runs| &runs.peak),
        growth("S5 compare", &[of("compare", LARGE)], &[of("compare", HUGE)], 5.0, |runs| {
            runs.said.get("processor").unwrap_or(&runs.processor)
        }),
        match compared.is_measured() {
            true => Outcome::of("S6", &compared.wall, "the snapshot in memory".to_owned()),
            false => Outcome::missing("S6", compared.failed.unwrap_or_default()),
        },
    ]
}

/// The worse of the verbs, against the formula.
fn memory(id: &'static str, verbs: &[Runs]) -> Outcome {
    let mut shares = Vec::new();
    let mut from = Vec::new();
    for runs in verbs {
        let entries = runs.said("entries").unwrap_or(f64::NAN);
        let limit = FIXED_BYTES + ENTRY_BYTES * entries;
        shares.push(runs.peak.iter().map(|peak| peak / limit).collect::<Vec<f64>>());
        let (resident, allocated) = (median(&runs.peak), runs.said("peak").unwrap_or(f64::NAN));
        from.push(format!(
            "{}: {:.0} MiB ({:.0} allocated)",
            runs.name,
            mib(resident),
            mib(allocated)
        ));
    }
    let worst = shares.into_iter().reduce(|a, b| if median(&a) < median(&b) { b } else { a });
    Outcome::of(id, &worst.unwrap_or_default(), from.join("; "))
}

/// The worse of the verbs, against so many times what the smaller size took.
fn growth(
    id: &'static str,
    small: &[Runs],
    large: &[Runs],
    times: f64,
    of: fn(&Runs) -> &Vec<f64>,
) -> Outcome {
    let mut worst = Vec::new();
    let mut from = Vec::new();
    for (small, large) in small.iter().zip(large) {
        // One round of the small size is too short to be a divisor of its own.
        let base = median(of(small)) * times;
        let ratios: Vec<f64> = of(large).iter().map(|value| value / base).collect();
        from.push(format!("{}: {:.2}", large.name, median(&ratios)));
        if median(&worst) < median(&ratios) {
            worst = ratios;
        }
    }
    Outcome::of(id, &worst, from.join("; "))
}

fn mib(bytes: f64) -> f64 {
    bytes / 1_048_576.0
}
