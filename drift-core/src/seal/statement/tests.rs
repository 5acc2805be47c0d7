//! Statements: one encoding each, and nothing else is read.

use std::collections::BTreeMap;

use super::{
    Artefact, Counts, MAX_SEQUENCE, PoliciesPredicate, Predicate, SnapshotPredicate, Statement,
    WaiversPredicate,
};
use crate::bounds::Timestamp;
use crate::model::Digest;

fn statement() -> Statement {
    let predicate = SnapshotPredicate {
        root: Digest::sha256_of(b"root"),
        effective_root: Digest::sha256_of(b"effective"),
        counts: Counts { entries: 3, packages: 2, problems: 1 },
        identity: "web".into(),
        scope: vec!["entries".into(), "packages".into()],
        tool: "0.1.0".into(),
        created: Timestamp::parse("2026-11-21T12:00:00Z").unwrap(),
        expires: Some(Timestamp::parse("2027-11-21T12:00:00Z").unwrap()),
        sequence: 7,
        rules_digest: Digest::sha256_of(b"rules"),
        policies_digest: None,
        provenance: BTreeMap::from([("git.commit".to_owned(), "abc".to_owned())]),
        accepted: None,
    };
    Statement::about(b"file", "golden.drift", Predicate::Snapshot(predicate))
}

fn snapshot(statement: &mut Statement) -> &mut SnapshotPredicate {
    match &mut statement.predicate {
        Predicate::Snapshot(snapshot) => snapshot,
        _ => panic!("the statement is about a snapshot"),
    }
}

/// The signed form of version 1: a change here breaks every seal ever made.
#[test]
fn the_signed_form_is_pinned() {
    let text = String::from_utf8(statement().encode().unwrap()).unwrap();
    let sha = |data: &[u8]| Digest::sha256_of(data).hex();
    let expected = format!(
        "{{\"_type\":\"https://in-toto.io/Statement/v1\",\
         \"subject\":[{{\"name\":\"golden.drift\",\"digest\":{{\"sha256\":\"{}\"}}}}],\
         \"predicateType\":\"tag:drift,2026:snapshot/v1\",\
         \"predicate\":{{\"root\":\"sha256:{}\",\"effective_root\":\"sha256:{}\",\
         \"counts\":{{\"entries\":3,\"packages\":2,\"problems\":1}},\"identity\":\"web\",\
         \"scope\":[\"entries\",\"packages\"],\"tool\":\"0.1.0\",\
         \"created\":\"2026-11-21T12:00:00Z\",\"expires\":\"2027-11-21T12:00:00Z\",\"sequence\":7,\
         \"rules_digest\":\"sha256:{}\",\"policies_digest\":null,\
         \"provenance\":{{\"git.commit\":\"abc\"}}}}}}",
        sha(b"file"),
        sha(b"root"),
        sha(b"effective"),
        sha(b"rules"),
    );
    assert_eq!(text, expected);
    assert_eq!(Statement::decode(text.as_bytes()).unwrap(), statement());
}

#[test]
fn only_the_one_form_is_read() {
    let text = String::from_utf8(statement().encode().unwrap()).unwrap();
    for (from, to) in [
        ("{\"_type\"", " {\"_type\""),
        ("\"sequence\":7", "\"sequence\":7.0"),
        ("\"sequence\":7", "\"sequence\":7,\"sequence\":7"),
        ("\"sequence\":7,", ""),
        ("\"sequence\":7", "\"sequence\":0"),
        ("\"sequence\":7", "\"sequence\":-1"),
        ("\"sequence\":7", "\"sequence\":9007199254740992"),
        ("\"policies_digest\":null,", ""),
        ("\"tool\"", "\"extra\":1,\"tool\""),
        ("12:00:00Z\",\"expires", "13:00:00+01:00\",\"expires"),
        ("snapshot/v1", "snapshot/v2"),
        ("snapshot/v1", "report/v1"),
        ("Statement/v1", "Statement/v0.1"),
        ("\"web\"", "\"\\u0077eb\""),
        ("\"web\"", "\"\""),
        ("2027-11", "2025-11"),
        ("\"scope\":[", "\"scope\":[{},"),
        ("\"subject\":[{", "\"subject\":[],\"x\":[{"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(Statement::decode(changed.as_bytes()).is_err(), "{changed}");
    }
    let upper = text.replace(&Digest::sha256_of(b"file").hex(), &"AB".repeat(32));
    assert!(Statement::decode(upper.as_bytes()).is_err());
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Statement::decode(deep.as_bytes()).is_err());
    assert!(Statement::decode(text.replace("\"abc\"", &deep).as_bytes()).is_err());
    for end in 0..text.len() {
        assert!(Statement::decode(&text.as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn what_would_be_refused_is_not_signed() {
    for sequence in [0, MAX_SEQUENCE + 1, u64::MAX] {
        let mut wrong = statement();
        snapshot(&mut wrong).sequence = sequence;
        assert!(wrong.encode().is_err(), "{sequence}");
    }
    let mut wrong = statement();
    let created = snapshot(&mut wrong).created;
    snapshot(&mut wrong).expires = Some(created);
    assert!(wrong.encode().is_err());
    let mut wrong = statement();
    snapshot(&mut wrong).identity = "x".repeat(1025);
    assert!(wrong.encode().is_err());
}

#[test]
fn predicate_types_tell_the_kinds_apart() {
    let kinds = [Artefact::Snapshot, Artefact::Report, Artefact::Policies, Artefact::Waivers];
    let types: std::collections::BTreeSet<_> = kinds.map(Artefact::predicate_type).into();
    assert_eq!(types.len(), kinds.len());
    assert_eq!(statement().predicate.artefact(), Artefact::Snapshot);
}

/// The signed forms of policies and waivers: a change here breaks every such seal ever made.
#[test]
fn the_signed_forms_of_policies_and_waivers_are_pinned() {
    let created = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let digest = Digest::sha256_of(b"policies");
    let policies = Predicate::Policies(PoliciesPredicate {
        identity: "site".into(),
        tool: "drift 0.1.0".into(),
        created,
        expires: None,
        sequence: 2,
        policies_digest: digest,
        policies: 3,
    });
    let waivers = Predicate::Waivers(WaiversPredicate {
        identity: "web".into(),
        tool: "drift 0.1.0".into(),
        created,
        expires: Some(Timestamp::parse("2027-11-21T12:00:00Z").unwrap()),
    });
    for (predicate, kind, expected) in [
        (
            policies,
            "policies",
            format!(
                "{{\"identity\":\"site\",\"tool\":\"drift 0.1.0\",\
                 \"created\":\"2026-11-21T12:00:00Z\",\"expires\":null,\"sequence\":2,\
                 \"policies_digest\":\"{digest}\",\"policies\":3}}"
            ),
        ),
        (
            waivers,
            "waivers",
            "{\"identity\":\"web\",\"tool\":\"drift 0.1.0\",\
             \"created\":\"2026-11-21T12:00:00Z\",\"expires\":\"2027-11-21T12:00:00Z\"}"
                .to_owned(),
        ),
    ] {
        let statement = Statement::about(b"file", "name", predicate);
        let text = String::from_utf8(statement.encode().unwrap()).unwrap();
        let tail =
            format!("\"predicateType\":\"tag:drift,2026:{kind}/v1\",\"predicate\":{expected}}}");
        assert!(text.ends_with(&tail), "{text}");
        assert_eq!(Statement::decode(text.as_bytes()).unwrap(), statement);
        let other = text.replace(&format!("{kind}/v1"), "snapshot/v1");
        assert!(Statement::decode(other.as_bytes()).is_err());
    }
}
