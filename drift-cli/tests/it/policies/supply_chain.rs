//! The pack `supply-chain`: what the seal says of where the baseline comes from.

use super::scene::{Scene, fail, pass, play};

const PACK: &[&str] = &["supply-chain"];

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "a sealed baseline",
        packs: PACK,
        needs: &[],
        script: "golden; check sealed",
        ends: &[pass("supply-chain/baseline_signed")],
    },
    Scene {
        name: "no baseline",
        packs: PACK,
        needs: &[],
        script: "check dir:root",
        ends: &[fail("supply-chain/baseline_signed", &["| none | sealed"])],
    },
];

#[test]
fn supply_chain_ends_as_its_scenes_say() {
    play(SCENES);
}
