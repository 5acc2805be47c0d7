//! Certificates of authorities, as update-ca-certificates(8) left them on this machine.

use std::path::Path;

use drift_testkit::need;

use super::scene::{Older, Said, Scene, flip_everywhere};

const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
const CONFIGURATION: &str = "etc/ca-certificates.conf";

/// The machine's certificates, and the same as if they had never been collected.
fn scenes() -> Option<(Scene, Scene)> {
    need::tool("update-ca-certificates")?;
    let shipped = "usr/share/ca-certificates";
    let after = Scene::read(Path::new("/"), &[shipped, "etc/ssl/certs", CONFIGURATION]);
    let owned: Vec<Vec<u8>> = after
        .paths()
        .filter(|path| path.starts_with(shipped.as_bytes()))
        .map(<[u8]>::to_vec)
        .collect();
    let after = after.package("ca-certificates", "1", owned);
    let made: Vec<String> = after
        .paths()
        .filter(|path| path.starts_with(b"etc/ssl/certs/"))
        .map(|path| String::from_utf8(path.to_vec()).unwrap())
        .collect();
    let before = made.iter().fold(after.clone(), |scene, path| scene.without(path));
    Some((before.file(BUNDLE, b"").file(CONFIGURATION, b""), after))
}

#[test]
fn certificates_by_update_ca_certificates_are_right_and_no_byte_of_them_may_change() {
    let Some((before, after)) = scenes() else { return };
    let older = Older::new(&before);
    let told = older.all(&after);
    let wrong: Vec<_> = told.iter().filter(|(_, said)| **said != Said::Right).collect();
    // A certificate of the machine's own stands there as a file.
    let foreign = |path: &str| path.starts_with("etc/ssl/certs/ssl-cert");
    assert!(wrong.iter().all(|(path, _)| foreign(path)), "{wrong:?}");
    assert!(told.len() > 100, "{}", told.len());
    flip_everywhere(&older, &after, BUNDLE, 40, &|_| Said::Wrong);
    flip_everywhere(&older, &after, CONFIGURATION, 60, &|_| Said::Unproven);
}

#[test]
fn nobody_adds_an_authority_unseen() {
    let Some((before, after)) = scenes() else { return };
    let older = Older::new(&before);
    let evil = "usr/share/ca-certificates/mozilla/Evil.crt";
    let text = [&after.bytes(BUNDLE)[..], b"evil\n"].concat();
    let planted = after
        .clone()
        .file(evil, b"evil\n")
        .file(CONFIGURATION, &[&after.bytes(CONFIGURATION)[..], b"mozilla/Evil.crt\n"].concat())
        .file(BUNDLE, &text)
        .link("etc/ssl/certs/Evil.pem", "/usr/share/ca-certificates/mozilla/Evil.crt")
        .link("etc/ssl/certs/deadbeef.0", "Evil.pem");
    let told = older.all(&planted);
    for path in [evil, CONFIGURATION, BUNDLE, "etc/ssl/certs/Evil.pem", "etc/ssl/certs/deadbeef.0"]
    {
        assert_eq!(told.get(path), Some(&Said::Wrong), "{path}");
    }
    let local = "usr/local/share/ca-certificates/evil.crt";
    let planted = after.clone().file(local, b"evil\n").file(BUNDLE, &text);
    assert_eq!(older.said(&planted, BUNDLE), Said::Wrong);
}
