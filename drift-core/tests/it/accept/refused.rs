//! Selections that would leave no sound baseline, and what is said of them.

use drift_core::bounds::Wildcard;
use drift_core::check::Selector;
use drift_core::model::{Listing, Observed, SourceKind, TreePath};
use drift_core::source::{Errno, Faulty, MemoryVolume, Operation, Walked};

use super::stage::{Pair, capture, capture_of, previous, stored, told};

fn path(text: &str) -> Selector {
    Selector::Path(Wildcard::path(text).unwrap())
}

fn golden() -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    volume.file(b"etc/hosts", b"one");
    volume.file(b"etc/motd", b"hello");
    volume.file(b"opt/app/bin", b"1");
    volume.file(b"opt/app/lib", b"1");
    volume
}

fn newer() -> MemoryVolume {
    let mut volume = golden();
    volume.file(b"etc/hosts", b"two");
    volume.file(b"srv/site/index", b"<p>");
    volume
}

#[test]
fn a_selector_that_finds_nothing_names_what_is_near() {
    let pair = Pair::of_volumes(golden(), newer(), "");
    assert!(pair.refusal(&[]).starts_with("nothing is selected"));
    let told = pair.refusal(&[path("/etc/host")]);
    assert_eq!(told, "nothing at /etc/host differs; the nearest that does is /etc/hosts");
    let id = pair.id("/etc/hosts");
    let mut other = id.clone();
    other.replace_range(60.., if id.ends_with("0000") { "1111" } else { "0000" });
    let told = pair.refusal(&[Selector::Change(other)]);
    assert!(told.contains(&format!("the nearest is {id} at /etc/hosts")), "{told}");
    let told = pair.refusal(&[Selector::Change("hosts".to_owned())]);
    assert!(told.contains("is no id of a change"), "{told}");
    let told = pair.refusal(&[Selector::Package("bash".to_owned())]);
    assert_eq!(told, "nothing happened to a package bash");
    // One that finds something does not make up for one that does not.
    let both = [path("/etc/hosts"), path("/etc/none")];
    assert!(pair.refusal(&both).starts_with("nothing at /etc/none differs"));
    let same = Pair::of_volumes(golden(), golden(), "");
    assert!(same.refusal(&[Selector::All]).starts_with("nothing that was selected differs"));
}

#[test]
fn an_id_may_be_cut_and_selectors_add_up() {
    let pair = Pair::of_volumes(golden(), newer(), "");
    let id = pair.id("/etc/hosts");
    let accepted =
        pair.accept(&[Selector::Change(id[..12].to_owned()), path("/srv/**"), path("/srv")]);
    let expected =
        ["modified /etc/hosts", "added /srv", "added /srv/site", "added /srv/site/index"];
    let accepted = accepted.unwrap();
    assert_eq!(told(&accepted), expected);
    assert_eq!(
        accepted.record.selectors,
        [format!("change {}", &id[..12]), "path /srv/**".to_owned(), "path /srv".to_owned()]
    );
    assert_eq!((accepted.record.golden_sequence, accepted.left), (7, 0));
}

#[test]
fn nothing_is_left_without_its_directory() {
    let pair = Pair::of_volumes(golden(), newer(), "");
    let told = pair.refusal(&[path("/srv/site/index")]);
    assert_eq!(
        told,
        "/srv/site/index is accepted, and /srv, in which it lies, is not; accept that as well"
    );
    // A directory that goes, with something in it that stays.
    let mut gone = golden();
    gone.remove(b"opt");
    let pair = Pair::of_volumes(golden(), gone, "");
    let told = pair.refusal(&[path("/opt"), path("/opt/app"), path("/opt/app/bin")]);
    assert!(
        told.starts_with("/opt would no longer be a directory, and /opt/app/lib in it"),
        "{told}"
    );
    assert!(pair.accept(&[path("/opt"), path("/opt/**")]).is_ok());
    // The same of one that becomes a file.
    let mut retyped = golden();
    retyped.remove(b"opt/app");
    retyped.file(b"opt/app", b"now a program");
    let pair = Pair::of_volumes(golden(), retyped, "");
    let told = pair.refusal(&[path("/opt/app")]);
    assert!(
        told.starts_with("/opt/app would no longer be a directory, and /opt/app/bin"),
        "{told}"
    );
    assert!(pair.accept(&[path("/opt/app"), path("/opt/app/**")]).is_ok());
}

#[test]
fn what_rules_call_normal_is_taken_only_where_it_must_be() {
    let rules = "read-only /**\ndynamic /var/**\nread-only /var/lib/app/keys\n";
    let mut first = golden();
    first.directory(b"var");
    let mut second = golden();
    second.file(b"var/log", b"started");
    second.file(b"var/lib/app/cache", b"x");
    second.file(b"var/lib/app/keys", b"y");
    let pair = Pair::of_volumes(first, second, rules);
    let accepted = pair.accept(&[Selector::All]).unwrap();
    assert_eq!(
        told(&accepted),
        ["added /var/lib", "added /var/lib/app", "added /var/lib/app/keys"]
    );
    // By path it is taken like anything else.
    let accepted = pair.accept(&[path("/var/log")]).unwrap();
    assert_eq!(told(&accepted), ["added /var/log"]);
}

#[test]
fn what_the_snapshot_left_out_is_not_gone() {
    let pair = Pair::new(&capture(golden(), ""), &capture(newer(), "ignore /opt/app\n"));
    let told = pair.refusal(&[Selector::All]);
    assert!(told.starts_with("/opt/app is not in the snapshot because the rules"), "{told}");
    assert!(pair.accept(&[path("/etc/hosts")]).is_ok());
}

#[test]
fn what_the_snapshot_says_nothing_of_is_not_golden() {
    // The snapshot's rules read no content there.
    let rules = "attributes=mode /srv/site/index\n";
    let pair = Pair::new(&capture(golden(), ""), &capture(newer(), rules));
    let told = pair.refusal(&[Selector::All]);
    assert!(
        told.starts_with("/srv/site/index: the snapshot says nothing of attribute digest"),
        "{told}"
    );
}

/// Accepting takes changes over and no look: what nobody saw of the golden state is no better known
/// afterwards, but for what is gone.
#[test]
fn what_was_not_seen_of_the_golden_state_stays_unseen() {
    let golden = || {
        let mut volume = golden();
        for number in 0..8 {
            volume.file(format!("srv/in/{number}").as_bytes(), b"1");
        }
        volume
    };
    let blind = Faulty::on(golden(), Operation::List, b"in", Errno::IO);
    let blind = Walked::new(blind, SourceKind::Memory, "memory:").with_lease_wait(0);
    let mut newer = golden();
    let inside = newer.find(b"srv/in").unwrap();
    newer.node(inside).unwrap().mode(0o700);
    let pair = Pair::new(&capture_of(&blind, ""), &capture(newer, ""));
    let accepted = pair.accept(&[Selector::All]).unwrap();
    assert_eq!(told(&accepted), ["modified /srv/in"]);
    assert!(accepted.not_compared > 0);
    let new = stored(accepted.encoded.bytes);
    let inside = TreePath::parse(b"/srv/in").unwrap();
    let found = new.find_unverified(&inside).unwrap().unwrap();
    assert_eq!(found.entry.mode, Observed::Is(0o700));
    assert_ne!(found.listing, Listing::Complete);
    assert_eq!(new.problems().len(), 1, "{:?}", new.problems());
    // It goes with the directory.
    let mut newer = golden();
    newer.remove(b"srv");
    let pair = Pair::new(&capture_of(&blind, ""), &capture(newer, ""));
    let new = stored(pair.accept(&[Selector::All]).unwrap().encoded.bytes);
    assert_eq!(new.problems(), []);
}

#[test]
fn a_report_limits_the_choice_and_gives_no_value() {
    let pair = Pair::of_volumes(golden(), newer(), "");
    // The report is older: it does not know the new site.
    let mut seen = golden();
    seen.file(b"etc/hosts", b"two");
    let report = previous(&pair.live(seen));
    let accepted = pair.accept_of(&[Selector::All], Some(&report)).unwrap();
    assert_eq!(told(&accepted), ["modified /etc/hosts"]);
    assert_eq!(accepted.record.report, Some(report.digest));
    assert_eq!(accepted.left, 3);
    let new = stored(accepted.encoded.bytes);
    let hosts = drift_core::model::TreePath::parse(b"/etc/hosts").unwrap();
    let found = new.find_unverified(&hosts).unwrap().unwrap().entry.digest;
    let expected = drift_core::model::Digest::sha256_of(b"two");
    assert_eq!(found.seen(), Some(&expected));
    // What it lists and the snapshot has otherwise is not accepted under any selector.
    let mut seen = golden();
    seen.file(b"etc/hosts", b"three");
    let stale = previous(&pair.live(seen));
    for selector in [Selector::All, path("/etc/*")] {
        let told = pair.accept_of(&[selector], Some(&stale)).map(|_| ()).unwrap_err().to_string();
        assert!(told.starts_with("/etc/hosts: the snapshot does not have the change"), "{told}");
    }
    let id = stale_id(&stale_report(&pair));
    let told = pair.accept_of(&[Selector::Change(id)], Some(&stale)).map(|_| ()).unwrap_err();
    assert!(told.to_string().contains("which the report gives to /etc/hosts"), "{told}");
    // A report on another baseline says nothing of this one.
    let other = Pair::of_volumes(newer(), golden(), "");
    let told = pair.accept_of(&[Selector::All], Some(&previous(&other.report())));
    let told = told.map(|_| ()).unwrap_err().to_string();
    assert!(told.starts_with("report.json is no report on golden.drift"), "{told}");
}

fn stale_report(pair: &Pair) -> drift_core::report::Report {
    let mut seen = golden();
    seen.file(b"etc/hosts", b"three");
    pair.live(seen)
}

fn stale_id(report: &drift_core::report::Report) -> String {
    report.changes.iter().find(|change| change.path == "/etc/hosts").unwrap().id.clone()
}
