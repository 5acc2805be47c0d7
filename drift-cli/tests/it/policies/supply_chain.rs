//! The pack `supply-chain`: what the seal says of where the baseline comes from.

use super::scene::{Scene, fail, not_applicable, not_checked, pass, play};

const PACK: &[&str] = &["supply-chain"];

const BASELINE_SIGNED: &str = "supply-chain/baseline_signed";
const APPROVED_SIGNER: &str = "supply-chain/approved_signer";
const APPROVED_IDENTITY: &str = "supply-chain/approved_identity";
const PROVENANCE_PRESENT: &str = "supply-chain/provenance_present";
const PROVENANCE_DIGESTS_WELL_FORMED: &str = "supply-chain/provenance_digests_well_formed";
const SBOM_DIGEST_IN_PROVENANCE: &str = "supply-chain/sbom_digest_in_provenance";
const SEAL_HAS_EXPIRY: &str = "supply-chain/seal_has_expiry";
const SEAL_NOT_EXPIRING: &str = "supply-chain/seal_not_expiring";
const SEAL_AGE: &str = "supply-chain/seal_age";

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "a seal that says everything",
        packs: PACK,
        needs: &[],
        script: "golden --expires 90d --provenance builder=ci-7 \
                --provenance git_commit=0123456789abcdef0123456789abcdef01234567 \
                --provenance sbom=sha256:$(printf %064d 7)
            check sealed --param 'approved_signers=[\"golden\"]' --param 'approved_identities=[\"web\"]'",
        ends: &[
            pass(BASELINE_SIGNED),
            pass(APPROVED_SIGNER),
            pass(APPROVED_IDENTITY),
            pass(PROVENANCE_PRESENT),
            pass(PROVENANCE_DIGESTS_WELL_FORMED),
            pass(SBOM_DIGEST_IN_PROVENANCE),
            pass(SEAL_HAS_EXPIRY),
            pass(SEAL_NOT_EXPIRING),
            pass(SEAL_AGE),
        ],
    },
    Scene {
        name: "a seal that says little and misspells that",
        packs: PACK,
        needs: &[],
        script: "golden --provenance git_commit=0123456 --provenance base_digest=SHA256:00
            check sealed --param 'approved_signers=[\"release\"]' --param 'approved_identities=[\"db\"]'",
        ends: &[
            pass(BASELINE_SIGNED),
            fail(APPROVED_SIGNER, &["| golden | release"]),
            fail(APPROVED_IDENTITY, &["| web | db"]),
            fail(PROVENANCE_PRESENT, &["| absent | builder"]),
            fail(
                PROVENANCE_DIGESTS_WELL_FORMED,
                &[
                    "| 0123456 | 40 or 64 hexadecimal digits",
                    "| SHA256:00 | sha256: and 64, or sha512: and 128 hexadecimal digits",
                ],
            ),
            fail(SBOM_DIGEST_IN_PROVENANCE, &["| absent | sbom=sha256: and 64 hexadecimal digits"]),
            fail(SEAL_HAS_EXPIRY, &["| no expiry | a time until which the seal holds"]),
            not_applicable(SEAL_NOT_EXPIRING, "no expiry"),
        ],
    },
    Scene {
        name: "a seal of nobody's choice, without provenance",
        packs: PACK,
        needs: &[],
        script: "golden; check sealed",
        ends: &[
            not_checked(APPROVED_SIGNER, "approved_signers names nobody"),
            not_checked(APPROVED_IDENTITY, "approved_identities names no image"),
            not_applicable(PROVENANCE_DIGESTS_WELL_FORMED, "neither a commit nor a digest"),
            fail(PROVENANCE_PRESENT, &["| absent | builder", "| absent | git_commit"]),
        ],
    },
    Scene {
        name: "a seal that ends soon",
        packs: PACK,
        needs: &[],
        script: "golden --expires 15d; now=2026-01-02T00:00:01Z; check sealed",
        ends: &[
            fail(SEAL_NOT_EXPIRING, &["| expires 2026-01-16T00:00:00Z | 14 days or more from now"]),
            pass(SEAL_HAS_EXPIRY),
        ],
    },
    Scene {
        name: "a seal that ends in as many days as it must last",
        packs: PACK,
        needs: &[],
        script: "golden --expires 15d; check sealed",
        ends: &[pass(SEAL_NOT_EXPIRING)],
    },
    Scene {
        name: "a seal of last year",
        packs: PACK,
        needs: &[],
        script: "golden; now=2027-01-02T00:00:00Z; check sealed",
        ends: &[fail(SEAL_AGE, &["| sealed 2026-01-01T00:00:00Z | at most 365 days ago"])],
    },
    Scene {
        name: "several baselines, the first of which nobody approved",
        packs: PACK,
        needs: &[],
        script: "\"$drift\" keygen --out other >/dev/null 2>&1
            golden --provenance builder=ci --provenance git_commit=$(printf %040d 7)
            mkdir -p app/srv; echo app >app/srv/app
            \"$drift\" capture dir:app --out app.drift --sign other.key.pem --identity app \
                --provenance sbom=sha256:$(printf %064d 7) --state state --now $sealed --no-config >/dev/null 2>&1
            cp -a app/srv root/srv
            check dir:root --baseline golden.drift --baseline app.drift --trust golden.pub.pem \
                --trust other.pub.pem --param 'approved_signers=[\"other\"]'",
        ends: &[
            fail(APPROVED_SIGNER, &["| golden | other"]),
            not_checked(SBOM_DIGEST_IN_PROVENANCE, "of the earlier baselines is not known"),
        ],
    },
    Scene {
        name: "no baseline",
        packs: PACK,
        needs: &[],
        script: "check dir:root",
        ends: &[
            fail(BASELINE_SIGNED, &["| none | sealed"]),
            not_checked(APPROVED_SIGNER, "there is no sealed baseline"),
            not_checked(APPROVED_IDENTITY, "there is no sealed baseline"),
            not_checked(PROVENANCE_PRESENT, "there is no sealed baseline"),
            not_checked(PROVENANCE_DIGESTS_WELL_FORMED, "there is no sealed baseline"),
            not_checked(SBOM_DIGEST_IN_PROVENANCE, "there is no sealed baseline"),
            not_checked(SEAL_HAS_EXPIRY, "there is no sealed baseline"),
            not_checked(SEAL_NOT_EXPIRING, "there is no sealed baseline"),
            not_checked(SEAL_AGE, "there is no sealed baseline"),
        ],
    },
];

#[test]
fn supply_chain_ends_as_its_scenes_say() {
    play(SCENES);
}
