//! `cargo bench`: how long each question takes, one after the other, on one thread.
//!
//! For before and after on one machine; figures that are quoted come from `benches/run`.

use criterion::{Criterion, Throughput};
use drift_benches::questions::{Amount, QUESTIONS};

/// So few that all questions together take some two minutes.
const SAMPLES: usize = 20;

fn main() {
    let mut criterion = Criterion::default().sample_size(SAMPLES).configure_from_args();
    for question in QUESTIONS {
        let mut group = criterion.benchmark_group("questions");
        group.throughput(match question.amount {
            Amount::Bytes(bytes) => Throughput::Bytes(bytes),
            Amount::Things(things) => Throughput::Elements(things),
        });
        group.bench_function(question.name, |bencher| {
            let ask = (question.prepare)().expect("because the input is fixed");
            bencher.iter(ask);
        });
        group.finish();
    }
    criterion.final_summary();
}
