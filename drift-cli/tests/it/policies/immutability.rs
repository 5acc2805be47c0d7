//! The pack `immutability`: what differs from the golden state.

use super::scene::{Scene, fail, not_checked, pass, play};

const PACK: &[&str] = &["immutability"];

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "nothing differs",
        packs: PACK,
        needs: &[],
        script: "golden; check sealed",
        ends: &[pass("immutability/no_change_in_place")],
    },
    Scene {
        name: "a file is rewritten and a program moved",
        packs: PACK,
        needs: &[],
        script: "golden; echo 10.0.0.1 evil >>root/etc/hosts; mv root/usr/bin/tool root/usr/bin/other; check sealed",
        ends: &[fail(
            "immutability/no_change_in_place",
            &[
                "/etc/hosts | modified: digest, size, mtime | as in the reference",
                "/usr/bin/other | moved from /usr/bin/tool | as in the reference",
            ],
        )],
    },
    Scene {
        name: "there is no reference at all",
        packs: PACK,
        needs: &[],
        script: "check dir:root",
        ends: &[not_checked("immutability/no_change_in_place", "nor a package database")],
    },
];

#[test]
fn immutability_ends_as_its_scenes_say() {
    play(SCENES);
}
