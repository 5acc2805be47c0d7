//! Images: what one says of itself is taken whole, and layers mean something with it alone.

use drift_core::bounds::Wildcard;
use drift_core::check::{AcceptError, Selector};
use drift_core::model::{Image, LayerId, TreePath};

use super::stage::{Pair, stored};
use crate::hierarchy::stage::{Scene, capture, image};

fn golden() -> Scene {
    Scene::default().file("/app/run", "1", Some(0)).file("/app/data", "a", Some(1))
}

fn started(command: &str, user: &str) -> Image {
    let mut image = image(&["ADD rootfs", "RUN make", "RUN make again"]);
    image.config.entrypoint = vec![command.to_owned()];
    image.config.user = Some(user.to_owned());
    image
}

fn pair() -> Pair {
    let older = golden().with_image(started("/app/run", "app"));
    let newer = golden().file("/app/run", "2", Some(2)).with_image(started("/app/new", "root"));
    Pair::new(&capture(&older, ""), &capture(&newer, ""))
}

fn layers(pair: &Pair, selector: Selector) -> (Option<Image>, [Option<LayerId>; 2]) {
    let new = stored(pair.accept(&[selector]).unwrap().encoded.bytes);
    let layer = |path: &str| {
        let path = TreePath::parse(path.as_bytes()).unwrap();
        new.find_unverified(&path).unwrap().unwrap().origin
    };
    (new.image().cloned(), [layer("/app/run"), layer("/app/data")])
}

#[test]
fn all_of_an_image_comes_with_its_layers() {
    let (image, layers) = layers(&pair(), Selector::All);
    assert_eq!(image, Some(started("/app/new", "root")));
    assert_eq!(layers, [Some(LayerId(2)), Some(LayerId(1))]);
}

#[test]
fn a_file_alone_comes_without_a_layer() {
    let path = Selector::Path(Wildcard::path("/app/run").unwrap());
    let (image, layers) = layers(&pair(), path);
    assert_eq!(image, Some(started("/app/run", "app")));
    assert_eq!(layers, [None, Some(LayerId(1))]);
}

#[test]
fn half_of_what_an_image_says_is_nothing_that_it_said() {
    let pair = pair();
    let facts: Vec<String> = pair
        .report()
        .changes
        .into_iter()
        .filter(|change| change.subject == "fact")
        .map(|change| change.id)
        .collect();
    assert_eq!(facts.len(), 2);
    let one = pair.accept(&[Selector::Change(facts[0].clone())]);
    assert!(matches!(one, Err(AcceptError::ImageInPart { selected: 1, all: 2 })), "{one:?}");
    let both: Vec<Selector> = facts.into_iter().map(Selector::Change).collect();
    let new = stored(pair.accept(&both).unwrap().encoded.bytes);
    assert_eq!(new.image(), Some(&started("/app/new", "root")));
}
