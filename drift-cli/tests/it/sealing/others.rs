//! openssl makes and verifies the same seals; a signed report is held to the same rules.

use drift_testkit::need;

use crate::stage::{Report, Space, Stage};

/// Builds what a DSSE signature covers from a bundle, and unpacks the signature:
/// <https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>.
const UNPACK: &str = r#"unpack() { python3 - "$1" "$2" <<'PYTHON'
import base64, json, sys
envelope = json.load(open(sys.argv[1]))["dsseEnvelope"]
kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
open(sys.argv[2] + ".pae", "wb").write(
    b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
open(sys.argv[2] + ".sig", "wb").write(base64.b64decode(envelope["signatures"][0]["sig"]))
statement = json.loads(payload)
print(statement["subject"][0]["digest"]["sha256"])
PYTHON
}
"#;

#[test]
fn openssl_verifies_a_seal() {
    let (Some(_openssl), Some(_python)) = (need::tool("openssl"), need::tool("python3")) else {
        return;
    };
    let stage = Stage::sealed();
    let script = format!(
        "{UNPACK}cd $s; digest=$(unpack golden.drift.sigstore.json one)
         echo \"$digest  golden.drift\" | sha256sum -c --quiet
         openssl dgst -sha256 -verify golden.pub.pem -signature one.sig one.pae
         printf x >>one.pae
         ! openssl dgst -sha256 -verify golden.pub.pem -signature one.sig one.pae >/dev/null 2>&1"
    );
    let run = stage.script(Space::Shared, &script).expect(0);
    assert_eq!(run.text(), "Verified OK\n");
}

#[test]
fn openssl_verifies_an_ed25519_seal() {
    let (Some(_openssl), Some(_python)) = (need::tool("openssl"), need::tool("python3")) else {
        return;
    };
    let stage = Stage::new();
    let script = format!(
        "{UNPACK}cd $s; rm golden.key.pem golden.pub.pem
         $drift keygen --out golden --algorithm ed25519 >/dev/null 2>&1
         capture >/dev/null 2>&1; check >/dev/null
         unpack golden.drift.sigstore.json one >/dev/null
         openssl pkeyutl -verify -pubin -inkey golden.pub.pem -rawin -in one.pae -sigfile one.sig"
    );
    let run = stage.script(Space::Shared, &script).expect(0);
    assert_eq!(run.text().trim(), "Signature Verified Successfully");
}

#[test]
fn openssl_signs_what_drift_then_takes() {
    let Some(_openssl) = need::tool("openssl") else { return };
    for (make, sign) in [
        (
            "openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out hsm.key",
            "openssl dgst -sha256 -sign hsm.key -out sig golden.drift.pae",
        ),
        (
            "openssl genpkey -algorithm ed25519 -out hsm.key",
            "openssl pkeyutl -sign -inkey hsm.key -rawin -in golden.drift.pae -out sig",
        ),
    ] {
        let stage = Stage::new();
        let script = format!(
            "cd $s; {make}; openssl pkey -in hsm.key -pubout -out hsm.pem
             $drift capture dir:root --out golden.drift --sign external --identity web --state state >/dev/null
             {sign}
             ! $drift verify golden.drift --trust hsm.pem --state state 2>unsigned
             $drift seal golden.drift --signature sig --public-key hsm.pem >/dev/null
             $drift verify golden.drift --trust hsm.pem --state state >verified
             ! $drift verify golden.drift --trust golden.pub.pem --state state 2>wrong
             rm golden.drift.sigstore.json; printf '\\001' | dd of=sig bs=1 seek=40 conv=notrunc status=none
             ! $drift seal golden.drift --signature sig --public-key hsm.pem 2>spoiled
             test ! -e golden.drift.sigstore.json"
        );
        let _run = stage.script(Space::Shared, &script).expect(0);
        let text = |name: &str| String::from_utf8_lossy(&stage.read(name)).into_owned();
        assert!(text("unsigned").contains("unsigned"), "{}", text("unsigned"));
        assert!(text("verified").contains("VERIFIED"), "{}", text("verified"));
        assert!(text("wrong").contains("wrong-key"), "{}", text("wrong"));
        assert!(text("spoiled").contains("signature"), "{}", text("spoiled"));
    }
}

#[test]
fn a_signed_report_verifies_until_it_is_touched() {
    let stage = Stage::sealed();
    stage.write("root/etc/hosts", "planted\n");
    let (key, trust) = (stage.path("golden.key.pem"), stage.path("golden.pub.pem"));
    let (json, text) = (stage.path("report.json"), stage.path("report.txt"));
    let outputs = [format!("json={json}"), format!("text={text}")];
    let more = ["--output", &outputs[0], "--output", &outputs[1], "--sign-report", &key];
    let _run = stage.check(&more).expect(1);
    let state = stage.path("state");
    let verify = |file: &str| stage.drift(["verify", file, "--trust", &trust, "--state", &state]);
    for file in [&json, &text] {
        let said = verify(file).success();
        assert!(said.contains("findings, exit code 1"), "{said}");
    }
    // A verdict turned into a clean one.
    let report = String::from_utf8(stage.read("report.json")).expect("JSON is text");
    stage.write("report.json", report.replace("findings", "clean"));
    let run = verify(&json).expect(4);
    assert!(run.error_text().contains("altered"), "{}", run.error_text());
    // The seal of another report, and a report in place of a baseline.
    stage.write("report.txt.sigstore.json", stage.read("report.json.sigstore.json"));
    let run = verify(&text).expect(4);
    assert!(run.error_text().contains("altered"), "{}", run.error_text());
    stage.write("report.json", report);
    let target = format!("dir:{}", stage.path("root"));
    let check = ["check", &target, "--baseline", &json, "--trust", &trust, "--state", &state];
    let run = stage.drift([&check[..], &["--format", "json"]].concat());
    assert_eq!(Report::of(&run).expect(4).reason(), "wrong-identity", "a report is no baseline");
}
