//! Every policy of every pack through the real path: a tree or image made by a script, captured,
//! sealed and checked by the program, never an input written by hand.
//!
//! A [`Scene`] is one such run, and says how several policies end in it. One test proves that each
//! built-in policy passes in one scene and fails in another; the other tests run the scenes.

mod beside;
mod host;
mod image;
mod immutability;
mod scene;
mod supply_chain;

use std::collections::BTreeSet;

use drift_core::policy::{self, PACKS, Status};

use scene::{End, Scene};

/// The scenes of every pack.
const SCENES: &[&[Scene]] =
    &[host::SCENES, image::SCENES, immutability::SCENES, supply_chain::SCENES];

/// Returns the ids of all built-in policies.
fn built_in() -> BTreeSet<String> {
    let sources = PACKS.iter().filter_map(|pack| policy::pack(pack.name)).collect();
    let set = policy::load(sources).expect("the built-in policies load");
    set.policies.iter().map(|policy| policy.id.to_string()).collect()
}

#[test]
fn every_policy_passes_in_one_scene_and_fails_in_another() {
    let ends: Vec<&End> = SCENES.iter().copied().flatten().flat_map(|scene| scene.ends).collect();
    let in_scenes = |status| -> BTreeSet<&str> {
        ends.iter().filter(|end| end.status == status).map(|end| end.policy).collect()
    };
    let (passing, failing) = (in_scenes(Status::Pass), in_scenes(Status::Fail));
    let known = built_in();
    let mut wrong = Vec::new();
    for id in &known {
        for (word, scenes) in [("passing", &passing), ("failing", &failing)] {
            if !scenes.contains(id.as_str()) {
                wrong.push(format!("{id}: no {word} scene"));
            }
        }
    }
    let unknown = ends.iter().filter(|end| !known.contains(end.policy));
    wrong.extend(unknown.map(|end| format!("{}: no such policy", end.policy)));
    assert!(wrong.is_empty(), "write scenes in drift-cli/tests/it/policies:\n{}", wrong.join("\n"));
    println!(
        "{} policies in {} scenes",
        known.len(),
        SCENES.iter().map(|of| of.len()).sum::<usize>()
    );
}

#[test]
fn the_names_of_scenes_are_unique() {
    let mut seen = BTreeSet::new();
    for scene in SCENES.iter().copied().flatten() {
        assert!(seen.insert(scene.name), "two scenes are called {:?}", scene.name);
    }
}
