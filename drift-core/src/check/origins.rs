//! What the origin of an entry stands for: a layer of an image, or one of several baselines.

use crate::model::{Image, LayerId};
use crate::report::document::{BaselineOf, LayerOf};

use super::composition::Composition;

/// What the origins of one side stand for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Origins<'o> {
    /// Nothing is known of layers.
    #[default]
    None,
    /// The layers of one image.
    Image(&'o Image),
    /// Several baselines, and the layers of those that are images.
    Composed(&'o Composition<'o>),
}

impl Origins<'_> {
    /// Describes the layer; `of` says whose it is.
    pub(super) fn layer(&self, of: &'static str, origin: Option<LayerId>) -> Option<LayerOf> {
        match self {
            Self::None => None,
            Self::Image(image) => describe(image, of, origin?),
            Self::Composed(composition) => {
                let (component, layer) = composition.origin(origin?)?;
                describe(component.baseline.image()?, of, layer?)
            }
        }
    }

    /// Names the baseline that an entry is from, where several compose.
    pub(super) fn baseline(&self, origin: Option<LayerId>) -> Option<BaselineOf> {
        match self {
            Self::None | Self::Image(_) => None,
            Self::Composed(composition) => {
                composition.origin(origin?).map(|(component, _)| component.name())
            }
        }
    }
}

fn describe(image: &Image, of: &'static str, layer: LayerId) -> Option<LayerOf> {
    let known = image.layers.get(usize::from(layer.0))?;
    Some(LayerOf { of, index: layer.0, created_by: known.created_by.clone() })
}
