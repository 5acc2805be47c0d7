//! Reading: order, leases, and files that change meanwhile.

use super::{BATCH, DirId, LARGE_BYTES, arrange};
use crate::model::{FileType, Found, Intake, Listing, RuleId};
use crate::source::{Ask, Want};

fn file(name: &str, size: u64) -> Found {
    Found { size, ..Found::plain(name.as_bytes(), FileType::File, RuleId(0)) }
}

/// Every ask is in exactly one job, jobs never mix directories, and large files come first.
#[test]
fn every_ask_is_in_one_job() {
    let intake = Intake::default();
    let root = intake.root(Found::plain(b"", FileType::Directory, RuleId(0)));
    let mut top: Vec<Found> = (0..300).map(|n| file(&format!("f{n:03}"), n)).collect();
    top.push(file("large", LARGE_BYTES + 5));
    top.push(file("larger", LARGE_BYTES + 6));
    top.push(Found::plain(b"d", FileType::Directory, RuleId(0)));
    let below = intake.listing(root, Listing::Complete, top);
    for (_, id) in below {
        intake.listing(id, Listing::Complete, vec![file("x", 1), file("huge", LARGE_BYTES * 9)]);
    }
    let tree = intake.freeze().tree;
    let asks: Vec<Ask> = tree
        .rows()
        .filter(|row| tree.file_type(*row) == FileType::File)
        .map(|row| Ask { row, want: Want { digest: true, ..Want::default() } })
        .collect();
    let (ordered, jobs) = arrange(&tree, &asks);
    assert_eq!((ordered.len(), asks.len()), (304, 304));
    let first: Vec<&[u8]> = ordered.iter().take(3).map(|ask| tree.name(ask.row)).collect();
    assert_eq!(first, [&b"huge"[..], b"larger", b"large"]);
    let mut next = 0;
    for (directory, range) in jobs {
        assert_eq!(range.start, next);
        assert!(range.len() <= BATCH);
        next = range.end;
        for ask in &ordered[range] {
            assert_eq!(tree.directory_of(ask.row).unwrap_or(DirId(9)), directory);
        }
    }
    assert_eq!(next, 304);
}
