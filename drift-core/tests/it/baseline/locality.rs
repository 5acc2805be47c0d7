//! One new name changes the blocks around it and no other; sizes are what they are said to be.

use std::collections::BTreeSet;

use drift_core::baseline;
use drift_core::model::{FileType, Found, RuleId};

use super::sample::{Plan, Random, bare, plain_tree};

/// Digests of the blocks of ENTR, found by the layout of `docs/baseline-format.md`.
fn entry_blocks(file: &[u8]) -> Vec<[u8; 32]> {
    let word = |at: usize| {
        usize::try_from(u64::from_le_bytes(file[at..at + 8].try_into().unwrap())).unwrap()
    };
    let footer = file.len() - 32;
    let (logical, aside, physical) = (word(footer), word(footer + 8), word(footer + 16));
    let end = footer - physical - aside;
    let mut rest = &file[end - logical..end];
    fn number(rest: &mut &[u8]) -> usize {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = rest[0];
            *rest = &rest[1..];
            value |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }
    let mut found = Vec::new();
    for _ in 0..number(&mut rest) {
        let tag = rest[..4].to_vec();
        rest = &rest[5..];
        number(&mut rest);
        for _ in 0..number(&mut rest) {
            let key = number(&mut rest);
            rest = &rest[key..];
            number(&mut rest);
            number(&mut rest);
            if tag == b"ENTR" {
                found.push(rest[..32].try_into().unwrap());
            }
            rest = &rest[32..];
        }
    }
    assert!(rest.is_empty());
    found
}

fn encode(plan: &Plan) -> Vec<u8> {
    baseline::encode(&bare(plan.freeze(&mut Random::new(1)))).unwrap().bytes
}

#[test]
fn an_insertion_changes_at_most_three_blocks() {
    let plan = plain_tree(50_000);
    let before = entry_blocks(&encode(&plan));
    assert!(before.len() >= 15, "{} blocks", before.len());
    let known: BTreeSet<_> = before.iter().collect();
    let directories: Vec<Vec<u8>> = plan.directories.keys().cloned().collect();
    for at in (0..directories.len()).step_by(directories.len() / 20) {
        let mut plan = plan.clone();
        let new = Found::plain(b"inserted", FileType::File, RuleId(0));
        plan.directories.get_mut(&directories[at]).unwrap().1.push(new);
        let after = entry_blocks(&encode(&plan));
        let changed = after.iter().filter(|digest| !known.contains(digest)).count();
        assert!((1..=3).contains(&changed), "{changed} blocks changed");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figure is what people look for")]
fn an_entry_costs_less_than_fifty_bytes() {
    let plan = plain_tree(100_000);
    let file = encode(&plan);
    let entries = plan.directories.values().map(|(_, children)| children.len()).sum::<usize>() + 1;
    let each = file.len() as f64 / entries as f64;
    // Random names, sizes and times: a real /usr compresses better.
    assert!(each < 50.0, "{each:.1} bytes an entry");
    println!("{entries} entries, {} bytes, {each:.1} bytes an entry", file.len());
}
