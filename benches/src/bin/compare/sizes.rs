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

pub(crate) fn measure(bench: &Bench) -> Result<Section, Box<dyn Error>> {
    let weigh = bench.own("weigh")?;
    let mut contenders = Vec::new();
    for entries in [SMALL, LARGE, HUGE] {
        let directory = bench.place(&format!("of-{entries}"));
        // What later commands read, and what the largest size is measured by alone.
        bench.succeed(&format!(
            "mkdir '{directory}' && {weigh} capture {entries} '{directory}' && \
             cp '{directory}/tree.drift' '{directory}/equal.drift'"
        ))?;
        if entries < HUGE {
            for verb in ["capture", "check"] {
                let script = format!("{weigh} {verb} {entries} '{directory}'");
                contenders.push(Contender::new(name(verb, entries), script).speaking());
            }
        }
        if SMALL < entries {
            let script = format!(
                "{} check 'baseline:{directory}/equal.drift' {} --baseline '{directory}/tree.drift' \
                 --trust '{directory}/key.pub.pem'",
                bench.drift(),
                bench.common(),
            );
            contenders.push(Contender::new(name("compare", entries), script));
        }
    }
    let runs = bench.compete(&contenders)?;
    let text = format!(
        "\n## Computed trees\n\nCapture and check are library calls over trees that take no memory \
         themselves (`weigh`); compare is `drift check baseline:FILE --baseline FILE` of two equal \
         files, both loaded, one verified. Memory is what the kernel saw resident.\n\n{}",
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
            &runs.processor
        }),
        match compared.is_measured() {
            true => Outcome::of("S6", &compared.wall, "both files loaded, one verified".to_owned()),
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
