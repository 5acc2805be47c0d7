//! T02 to T08 of the threat model, each made by hand.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use drift_core::artifact::{self, Replace};
use drift_core::seal::{
    Artefact, Expectations, KeyAlgorithm, LineageState, Predicate, PrivateKey, Reason,
    ReportCounts, ReportPredicate, RevokedKey, Sealed, Term, Trust, TrustedKey, countersign, seal,
};

use super::{
    ALGORITHMS, FILE, NOW, ask, ask_more, at, bundle, key, predicate, sealed, sealed_by, snapshot,
    trust,
};

fn p256(seed: u8) -> PrivateKey {
    key(KeyAlgorithm::EcdsaP256, seed)
}

fn ed25519(seed: u8) -> PrivateKey {
    key(KeyAlgorithm::Ed25519, seed)
}

fn of_two(mut trust: Trust) -> Trust {
    trust.threshold = NonZeroU32::new(2).unwrap();
    trust
}

#[test]
fn t02_who_signed() {
    let (one, two) = (p256(1), ed25519(2));
    let trusted = trust(&[&one.public()]);
    let info = ask(&sealed_by(&[&one]), &trusted).unwrap();
    assert_eq!(info.signers.len(), 1);
    assert_eq!(info.signers[0].name, "key-0");
    assert_eq!(info.signers[0].key, one.public().key_id_full());
    assert_eq!(info.age_seconds, 86_400);

    assert_eq!(ask(&sealed_by(&[&one]), &trust(&[])), Err(Reason::NoTrust));
    assert_eq!(ask(&sealed(vec![]), &trusted), Err(Reason::Unsigned));
    assert_eq!(ask(&sealed(vec![vec![]]), &trusted), Err(Reason::Malformed));
    assert_eq!(ask(&sealed_by(&[&two]), &trusted), Err(Reason::WrongKey));
    // The name of the trusted key over another key's signature, and the other way round.
    let ours = String::from_utf8(sealed_by(&[&one]).bundles.remove(0)).unwrap();
    let other = p256(3);
    let theirs = String::from_utf8(sealed_by(&[&other]).bundles.remove(0)).unwrap();
    let id = |key: &PrivateKey| key.public().key_id_full().hex();
    let relabelled = theirs.replace(&id(&other), &id(&one)).into_bytes();
    assert_eq!(ask(&sealed(vec![relabelled]), &trusted), Err(Reason::Altered));
    let relabelled = ours.replace(&id(&one), &id(&other)).into_bytes();
    assert_eq!(ask(&sealed(vec![relabelled]), &trusted), Err(Reason::WrongKey));
    // No signature, and two in one envelope.
    let (start, end) = (ours.find("[{").unwrap() + 1, ours.find("}]").unwrap() + 1);
    let signature = &ours[start..end];
    for signatures in [String::new(), format!("{signature},{signature}")] {
        let changed = ours.replace(signature, &signatures).into_bytes();
        assert_eq!(ask(&sealed(vec![changed]), &trusted), Err(Reason::Malformed));
    }
    // A bundle that does not count harms nothing, and is mentioned.
    let mut more = sealed_by(&[&one, &two]);
    more.bundles.insert(0, b"{}".to_vec());
    let info = ask(&more, &trusted).unwrap();
    assert_eq!(info.signers.len(), 1);
    assert_eq!(info.notes.iter().filter(|note| note.contains("does not count")).count(), 2);
}

#[test]
fn t02_the_threshold_counts_key_material() {
    let (one, two, three) = (p256(1), ed25519(2), p256(3));
    let both = of_two(trust(&[&one.public(), &two.public()]));
    let info = ask(&sealed_by(&[&one, &two]), &both).unwrap();
    assert_eq!(info.signers.len(), 2);
    assert_eq!(ask(&sealed_by(&[&one]), &both), Err(Reason::BelowThreshold));
    assert_eq!(ask(&sealed_by(&[&one, &three]), &both), Err(Reason::BelowThreshold));
    // One bundle twice; one key under two names; both at once.
    let mut twice = sealed_by(&[&one]);
    twice.bundles.push(twice.bundles[0].clone());
    assert_eq!(ask(&twice, &both), Err(Reason::BelowThreshold));
    let two_names = of_two(trust(&[&one.public(), &one.public()]));
    assert_eq!(ask(&sealed_by(&[&one]), &two_names), Err(Reason::BelowThreshold));
    assert_eq!(ask(&twice, &two_names), Err(Reason::BelowThreshold));
    // Two keys over two statements about the same file.
    let apart = sealed(vec![bundle(predicate(7), &one), bundle(predicate(8), &two)]);
    assert_eq!(ask(&apart, &both), Err(Reason::BelowThreshold));
    // Where each is enough, the later one holds, in whichever order they stand.
    let any = trust(&[&one.public(), &two.public()]);
    for order in [[0, 1], [1, 0]] {
        let either = sealed(order.map(|number| apart.bundles[number].clone()).to_vec());
        assert_eq!(ask(&either, &any).unwrap().statement.predicate.sequence(), Some(8));
    }
    // The command line asks for more than the trust.
    let threshold = NonZeroU32::new(3);
    let expectations = Expectations { threshold, ..Expectations::default() };
    let refused = ask_more(&sealed_by(&[&one, &two]), &both, &expectations, NOW, None);
    assert_eq!(refused, Err(Reason::BelowThreshold));
}

#[test]
fn t03_only_the_exact_bytes() {
    for algorithm in ALGORITHMS {
        let signer = key(algorithm, 1);
        let trusted = trust(&[&signer.public()]);
        let text = String::from_utf8(sealed_by(&[&signer]).bundles.remove(0)).unwrap();
        let start = text.find("\"payload\":\"").unwrap() + "\"payload\":\"".len();
        let payload = &text[start..start + text[start..].find('"').unwrap()];
        let decoded = STANDARD.decode(payload).unwrap();
        let with = |payload: &str| {
            [&text[..start], payload, &text[start + payload_length(&text, start)..]].concat()
        };
        let pretty: serde_json::Value = serde_json::from_str(&text).unwrap();
        let changed = [
            text.replace("in-toto+json", "in-toto+jsoN"),
            text.replace("in-toto+json", "in-toto+js\u{43e}n"),
            text.replace("in-toto+json", "in-toto\\u002bjson"),
            text.replace("bundle.v0.3", "bundle.v0.2"),
            text.replace(":{", ": {"),
            format!("{text}\n"),
            format!("{text}{text}"),
            format!("\u{feff}{text}"),
            format!(" {text}"),
            serde_json::to_string_pretty(&pretty).unwrap(),
            text.replace("\"payloadType\"", "\"payload\":\"AAAA\",\"payloadType\""),
            text.replace("{\"mediaType\"", "{\"mediaType\":\"x\",\"mediaType\""),
            text.replace("\"hint\"", "\"extra\":0,\"hint\""),
            text.replace("{\"sig\"", "{\"alg\":\"none\",\"sig\""),
            text.replace("payloadType", "payload_type"),
            with(&payload[..payload.len() - 1]),
            with(&format!("{payload}=")),
            with(&format!("{payload}\\n")),
            with(&format!("{}\\u0065{}", &payload[..1], &payload[2..])),
        ];
        for text in changed {
            let refused = ask(&sealed(vec![text.clone().into_bytes()]), &trusted);
            assert_eq!(refused, Err(Reason::Malformed), "{text}");
        }
        // Base64 with spare bits or of the other alphabet; a payload of another spelling.
        let url_safe = URL_SAFE.encode([0xfb; 30]);
        for payload in [url_safe.as_str(), "QR==", "Q==="] {
            let refused = ask(&sealed(vec![with(payload).into_bytes()]), &trusted);
            assert_eq!(refused, Err(Reason::Malformed), "{payload}");
        }
        let spaced = STANDARD.encode([&b" "[..], &decoded].concat());
        for payload in [spaced.as_str(), "", "AAAA"] {
            let refused = ask(&sealed(vec![with(payload).into_bytes()]), &trusted);
            assert_eq!(refused, Err(Reason::Altered), "{payload}");
        }
        let deep = "[".repeat(500_000).into_bytes();
        assert_eq!(ask(&sealed(vec![deep]), &trusted), Err(Reason::Malformed));
        assert_eq!(ask(&sealed(vec![vec![b' '; 2 << 20]]), &trusted), Err(Reason::Malformed));
    }
}

fn payload_length(text: &str, start: usize) -> usize {
    text[start..].find('"').unwrap()
}

#[test]
fn t04_the_algorithm_belongs_to_the_key() {
    // A signature of the one algorithm under the name of a key of the other.
    for [signing, named] in [[p256(1), ed25519(2)], [ed25519(2), p256(1)]] {
        let text = String::from_utf8(sealed_by(&[&signing]).bundles.remove(0)).unwrap();
        let id = |key: &PrivateKey| key.public().key_id_full().hex();
        let relabelled = text.replace(&id(&signing), &id(&named)).into_bytes();
        let refused = ask(&sealed(vec![relabelled]), &trust(&[&named.public()]));
        assert_eq!(refused, Err(Reason::Altered));
    }
}

#[test]
fn t05_what_it_is_for() {
    let signer = p256(1);
    let trusted = trust(&[&signer.public()]);
    let seven = sealed_by(&[&signer]);
    let expect = |expectations: Expectations| ask_more(&seven, &trusted, &expectations, NOW, None);
    let of = |identity: &str| Expectations {
        identity: Some(identity.into()),
        ..Expectations::default()
    };
    assert!(expect(of("web")).is_ok());
    assert_eq!(expect(of("db")), Err(Reason::WrongIdentity));
    assert_eq!(expect(of("")), Err(Reason::WrongIdentity));
    let mut bound = trusted.clone();
    bound.subject.identity = Some("db".into());
    assert_eq!(ask(&seven, &bound), Err(Reason::WrongIdentity));
    // A signed report is no baseline, nor the reverse.
    let report = Predicate::Report(ReportPredicate {
        identity: "web".into(),
        scope: vec![],
        tool: "0.1.0".into(),
        created: at(super::CREATED),
        status: "clean".into(),
        exit_code: 0,
        complete: true,
        counts: ReportCounts::default(),
        baseline: None,
    });
    let report = sealed(vec![bundle(report, &signer)]);
    assert_eq!(ask(&report, &trusted), Err(Reason::WrongIdentity));
    let reports = Expectations { artefact: Artefact::Report, ..Expectations::default() };
    assert!(ask_more(&report, &trusted, &reports, NOW, None).is_ok());
    assert_eq!(expect(reports), Err(Reason::WrongIdentity));
    // The name of the file is not what it is for.
    let renamed = seal(FILE, "other", predicate(7), &[p256(1)]).unwrap().remove(0).bytes;
    assert!(ask(&sealed(vec![renamed]), &trusted).is_ok());
}

#[test]
fn t05_rollback() {
    let signer = p256(1);
    let trusted = trust(&[&signer.public()]);
    let expectations = Expectations::default();
    let with_state = |sequence, state: &LineageState| {
        let one = sealed(vec![bundle(predicate(sequence), &signer)]);
        ask_more(&one, &trusted, &expectations, NOW, Some(state))
    };
    let mut state = LineageState::default();
    assert_eq!(state.next_sequence("web"), Ok(1));
    let info = with_state(7, &state).unwrap();
    assert!(info.notes.iter().any(|note| note.contains("first baseline of its lineage")));
    state.remember(&info, at(NOW));
    assert_eq!(state.next_sequence("web"), Ok(8));
    assert_eq!(state.next_sequence("db"), Ok(1));
    assert!(with_state(7, &state).is_ok());
    assert!(with_state(8, &state).is_ok());
    assert_eq!(with_state(6, &state), Err(Reason::RolledBack));
    // The same sequence for another file.
    let keys = [p256(1)];
    let other = seal(b"other", "golden.drift", predicate(7), &keys).unwrap().remove(0).bytes;
    let other = Sealed { file: b"other"[..].into(), bundles: vec![other] };
    let refused = ask_more(&other, &trusted, &expectations, NOW, Some(&state));
    assert_eq!(refused, Err(Reason::RolledBack));
    // Another lineage is not held back by this one.
    let mut elsewhere = snapshot(1);
    elsewhere.identity = "db".into();
    let elsewhere = sealed(vec![bundle(Predicate::Snapshot(elsewhere), &signer)]);
    assert!(ask_more(&elsewhere, &trusted, &expectations, NOW, Some(&state)).is_ok());
    // Nothing lower is ever remembered, and the text survives.
    state.remember(&with_state(9, &state).unwrap(), at(NOW));
    state.remember(&info, at(NOW));
    assert_eq!(state.get("web").unwrap().sequence, 9);
    assert_eq!(LineageState::decode(&state.encode()).unwrap(), state);
    let text = state.encode();
    for end in 0..text.len() {
        assert!(LineageState::decode(&text[..end]).is_err());
    }
}

#[test]
fn t05_minimum_sequence() {
    let signer = p256(1);
    let trusted = trust(&[&signer.public()]);
    let known = LineageState::default();
    for (minimum, expected) in [(6, None), (7, None), (8, Some(Reason::RolledBack))] {
        let min_sequence = Some(minimum);
        let expectations = Expectations { min_sequence, ..Expectations::default() };
        let one = sealed_by(&[&signer]);
        let answer = ask_more(&one, &trusted, &expectations, NOW, Some(&known));
        assert_eq!(answer.err(), expected, "{minimum}");
        let mut bound = trusted.clone();
        bound.subject.min_sequence = min_sequence;
        assert_eq!(ask(&one, &bound).err(), expected, "{minimum}");
    }
}

#[test]
fn t06_a_missing_memory_is_noted_or_refused() {
    let signer = p256(1);
    let trusted = trust(&[&signer.public()]);
    let one = sealed_by(&[&signer]);
    let info = ask(&one, &trusted).unwrap();
    assert!(info.notes.iter().any(|note| note.contains("no memory of earlier baselines")));
    let expectations = Expectations { min_sequence: Some(1), ..Expectations::default() };
    let refused = ask_more(&one, &trusted, &expectations, NOW, None);
    assert_eq!(refused, Err(Reason::RolledBack));
}

#[test]
fn t06_the_memory_on_disk() {
    let signer = p256(1);
    let trusted = trust(&[&signer.public()]);
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("a/b");
    assert_eq!(artifact::load_lineages(&directory).unwrap(), None);
    let info = ask(&sealed_by(&[&signer]), &trusted).unwrap();
    artifact::remember(&directory, &info, at(NOW)).unwrap();
    let six = ask(&sealed(vec![bundle(predicate(6), &signer)]), &trusted).unwrap();
    artifact::remember(&directory, &six, at(NOW)).unwrap();
    let state = artifact::load_lineages(&directory).unwrap().unwrap();
    assert_eq!(state.get("web").unwrap().sequence, 7);
    // Eight runs at once: none is forgotten.
    std::thread::scope(|scope| {
        for number in 0..8 {
            let mut one = snapshot(1);
            one.identity = format!("lineage-{number}");
            let one = sealed(vec![bundle(Predicate::Snapshot(one), &signer)]);
            let info = ask(&one, &trusted).unwrap();
            let directory = &directory;
            scope.spawn(move || artifact::remember(directory, &info, at(NOW)).unwrap());
        }
    });
    let state = artifact::load_lineages(&directory).unwrap().unwrap();
    assert!((0..8).all(|number| state.get(&format!("lineage-{number}")).is_some()));
    let path = directory.join(artifact::LINEAGES_FILE);
    artifact::write(&path, b"{}", 0o600, Replace::Yes).unwrap();
    assert!(artifact::load_lineages(&directory).is_err());
    assert!(artifact::remember(&directory, &info, at(NOW)).is_err());
    assert_eq!(artifact::read_bounded(&path, 9).unwrap(), b"{}");
}

#[test]
fn t07_clocks() {
    let signer = p256(1);
    let trusted = trust(&[&signer.public()]);
    let one = sealed_by(&[&signer]);
    let when = |now: &str| ask_more(&one, &trusted, &Expectations::default(), now, None);
    for (now, expected) in [
        ("1970-01-01T00:00:00Z", Some(Reason::NotYetValid)),
        ("2026-11-21T11:54:59Z", Some(Reason::NotYetValid)),
        ("2026-11-21T11:55:00Z", None),
        ("2027-11-21T12:00:00Z", None),
        ("2027-11-21T12:00:01Z", Some(Reason::Expired)),
        ("9999-12-30T00:00:00Z", Some(Reason::Expired)),
    ] {
        assert_eq!(when(now).err(), expected, "{now}");
    }
    let age = |max_age: &str| {
        let max_age = Some(Term::parse(max_age).unwrap());
        let expectations = Expectations { max_age, ..Expectations::default() };
        ask_more(&one, &trusted, &expectations, NOW, None).err()
    };
    assert_eq!(age("24h"), None);
    assert_eq!(age("1439m"), Some(Reason::TooOld));
    assert_eq!(age("2026-11-21"), None);
    assert_eq!(age("2026-11-22"), Some(Reason::TooOld));
    // Setting the clock back after a verification does not revive what has expired.
    let mut state = LineageState::default();
    state.remember(&when(NOW).unwrap(), at("2027-12-01T00:00:00Z"));
    let expectations = Expectations::default();
    let back = ask_more(&one, &trusted, &expectations, NOW, Some(&state));
    assert_eq!(back, Err(Reason::Expired));
    let mut state = LineageState::default();
    state.remember(&when(NOW).unwrap(), at("2026-12-01T00:00:00Z"));
    let back = ask_more(&one, &trusted, &expectations, "1970-01-01T00:00:00Z", Some(&state));
    assert!(back.unwrap().notes.iter().any(|note| note.contains("the clock says")));
}

#[test]
fn keys_hold_for_a_time_and_can_be_revoked() {
    let (one, two) = (p256(1), ed25519(2));
    let with = |from: Option<&str>, until: Option<&str>| {
        let mut trusted = TrustedKey::new("release", one.public());
        trusted.valid_from = from.map(at);
        trusted.valid_until = until.map(at);
        Trust::of_keys(vec![trusted])
    };
    let sealed_once = sealed_by(&[&one]);
    let (before, after) = ("2026-11-21T11:00:00Z", "2026-11-21T13:00:00Z");
    assert!(ask(&sealed_once, &with(Some(before), Some("2026-12-01T00:00:00Z"))).is_ok());
    assert_eq!(ask(&sealed_once, &with(Some(after), None)), Err(Reason::NotYetValid));
    assert_eq!(ask(&sealed_once, &with(None, Some(after))), Err(Reason::Expired));
    assert_eq!(ask(&sealed_once, &with(None, Some(before))), Err(Reason::Expired));
    // The same key listed again with a validity that holds.
    let mut again = with(None, Some(before));
    again.keys.push(TrustedKey::new("renewed", one.public()));
    assert_eq!(ask(&sealed_once, &again).unwrap().signers[0].name, "renewed");

    let id = one.public().key_id_full().hex();
    for digits in [&id[..], &id[..16]] {
        let mut trusted = trust(&[&one.public(), &two.public()]);
        trusted.revoked.push(RevokedKey { key: digits.into(), reason: "lost".into() });
        assert_eq!(ask(&sealed_once, &trusted), Err(Reason::Revoked));
        assert!(ask(&sealed_by(&[&one, &two]), &trusted).is_ok());
        let both = of_two(trusted);
        assert_eq!(ask(&sealed_by(&[&one, &two]), &both), Err(Reason::BelowThreshold));
    }
}

#[test]
fn t08_files_are_read_once_and_must_be_files() {
    let (one, two) = (p256(1), ed25519(2));
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("golden.drift");
    let name = |suffix: &str| place.path().join(format!("golden.drift{suffix}"));
    artifact::write(&path, FILE, 0o644, Replace::No).unwrap();
    let mut first = seal(FILE, "golden.drift", predicate(7), &[one, two]).unwrap();
    let second = first.remove(1);
    let first = first.remove(0);
    assert_eq!(first.suffix, ".sigstore.json");
    let two = ed25519(2);
    assert_eq!(second.suffix, format!(".{}.sigstore.json", two.public().short()));
    assert_eq!(countersign(FILE, &first.bytes, &two).unwrap(), second);
    for file in [&first, &second] {
        artifact::write(&name(&file.suffix), &file.bytes, 0o644, Replace::No).unwrap();
    }
    let pem = place.path().join("one.pub.pem");
    artifact::write(&pem, p256(1).public().to_pem().as_bytes(), 0o644, Replace::No).unwrap();
    let pem2 = place.path().join("two.pem");
    artifact::write(&pem2, two.public().to_pem().as_bytes(), 0o644, Replace::No).unwrap();
    let toml = place.path().join("trust.toml");
    let text = b"threshold = 2\n[[key]]\nname = \"second\"\nfile = \"two.pem\"\n";
    artifact::write(&toml, text, 0o644, Replace::No).unwrap();
    let trusted = artifact::load_trust(&[&toml, &pem]).unwrap();
    let opened = artifact::open_sealed(&path, 1000).unwrap();
    let info = ask(&opened, &trusted).unwrap();
    let mut names: Vec<&str> = info.signers.iter().map(|signer| signer.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["one", "second"]);
    // What is swapped after it was read does not matter: the bytes in memory were verified.
    artifact::write(&path, b"swapped", 0o644, Replace::Yes).unwrap();
    assert!(ask(&opened, &trusted).is_ok());
    assert_eq!(ask(&artifact::open_sealed(&path, 1000).unwrap(), &trusted), Err(Reason::Altered));
    assert!(artifact::open_sealed(&path, 6).is_err());
    assert!(artifact::open_sealed(place.path(), 1000).is_err());
    assert!(artifact::load_trust(&[&toml, &toml]).is_err());
}

#[test]
fn the_names_of_the_reasons_are_the_contract() {
    let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(
        names.join("|"),
        "no-trust|unsigned|malformed|altered|wrong-key|below-threshold|revoked|not-yet-valid|\
         expired|too-old|rolled-back|wrong-identity"
    );
}
