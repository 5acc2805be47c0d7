//! Cuts, flips and budgets over the formats that the battery of all databases does not see.

use super::{Sample, bdb_samples, names, ndb_sample, run, run_within};
use crate::bounds::Budget;
use crate::packages::Completeness;

fn others() -> Vec<Sample> {
    let [little, big] = bdb_samples();
    vec![ndb_sample(), little, big]
}

#[test]
fn no_cut_loses_a_package_silently() {
    for sample in others() {
        let whole = names(&run(&sample));
        for end in 0..sample[0].1.len() {
            let mut cut = sample.clone();
            cut[0].1.to_mut().truncate(end);
            let records = run(&cut);
            let lost = names(&records) != whole || records.claims().len() != 5;
            assert!(!lost || records.completeness() == Completeness::Incomplete, "{end}");
        }
    }
}

#[test]
fn no_flipped_bit_loses_a_package_silently_nor_a_file() {
    for sample in others() {
        for at in 0..sample[0].1.len() {
            // The battery of all databases flips every bit, of the format of SQLite.
            for bit in [0, 3, 7] {
                let mut bad = sample.clone();
                bad[0].1.to_mut()[at] ^= 1 << bit;
                let records = run(&bad);
                let packages = records.packages().len();
                if records.completeness() != Completeness::Incomplete {
                    assert_eq!(packages, 2, "{} {at} {bit}", sample[0].0);
                }
                if records.completeness() == Completeness::Complete {
                    assert_eq!(records.claims().len(), 5, "{} {at} {bit}", sample[0].0);
                }
            }
        }
    }
}

#[test]
fn every_budget_ends_in_a_problem_or_a_whole_database() {
    for sample in others() {
        let whole = names(&run(&sample));
        for items in 0..80 {
            let records = run_within(&sample, &mut Budget::new(1 << 24, items));
            let fewer = names(&records) != whole;
            assert!(!fewer || records.completeness() == Completeness::Incomplete, "{items}");
        }
        let most = u64::try_from(sample[0].1.len()).expect("is small");
        for bytes in 0..most {
            let records = run_within(&sample, &mut Budget::new(bytes, 1 << 20));
            assert_eq!(records.completeness(), Completeness::Incomplete);
        }
    }
}
