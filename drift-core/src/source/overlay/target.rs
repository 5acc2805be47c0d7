//! How an overlay is named: `overlay:UPPER:LOWER[:LOWER...]`, as mount(8) writes `lowerdir`.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::bounds::escape::escaped;
use crate::source::Error;

use super::OverlayAttributes;

/// Layers of one mount, as in the kernel (`OVL_MAX_STACK`).
const MAX_LAYERS: usize = 500;

/// The directories of an overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverlayTarget {
    /// The one that changes are made in; none of a mount that is only read.
    pub upper: Option<PathBuf>,
    /// The ones below it, the uppermost first; at least one.
    pub lowers: Vec<PathBuf>,
    /// Which extended attributes overlayfs keeps for itself.
    pub attributes: OverlayAttributes,
}

impl OverlayTarget {
    /// Reads a target; `None` when it is of another scheme. A colon or backslash of a path has a
    /// backslash in front.
    ///
    /// ```
    /// use drift_core::source::OverlayTarget;
    /// let target = OverlayTarget::parse(r"overlay:/run/up:/srv/a\:b:/srv/c")?.expect("the scheme is known");
    /// assert_eq!(target.lowers[0].to_str(), Some("/srv/a:b"));
    /// assert_eq!(target.beneath().expect("it has an upper").to_string(), r"overlay::/srv/a\:b:/srv/c");
    /// assert_eq!(OverlayTarget::parse("dir:/srv")?, None);
    /// # Ok::<(), drift_core::source::Error>(())
    /// ```
    pub fn parse(target: &str) -> Result<Option<Self>, Error> {
        let Some(rest) = target.strip_prefix("overlay") else { return Ok(None) };
        let Some((options, directories)) = rest.split_once(':') else { return Ok(None) };
        let attributes = match options {
            "" => OverlayAttributes::Trusted,
            ",userxattr" => OverlayAttributes::User,
            _ if !options.starts_with(',') => return Ok(None),
            _ => return Err(wrong(target, "the one option of an overlay is userxattr")),
        };
        let mut directories = split(directories)
            .ok_or_else(|| wrong(target, "nothing follows the last backslash"))?
            .into_iter();
        let upper = directories.next().filter(|upper| !upper.is_empty()).map(PathBuf::from);
        let lowers: Vec<PathBuf> = directories.map(PathBuf::from).collect();
        if lowers.iter().any(|lower| lower.as_os_str().is_empty()) {
            let reason = "a lower directory has no name; directories for data alone (\"::\") cannot \
                          be read yet";
            return Err(wrong(target, reason));
        }
        if lowers.is_empty() || lowers.len() >= MAX_LAYERS {
            let reason = "an overlay is overlay:UPPER:LOWER[:LOWER...], with at most 499 lower \
                          directories; overlay::LOWER has no upper one";
            return Err(wrong(target, reason));
        }
        Ok(Some(Self { upper, lowers, attributes }))
    }

    /// Returns the overlay without its upper directory: what there was before anything was changed
    /// in place. `None` when it has none.
    #[must_use]
    pub fn beneath(&self) -> Option<Self> {
        self.upper.as_ref().map(|_| Self { upper: None, ..self.clone() })
    }

    /// Returns all directories, the uppermost first.
    pub fn directories(&self) -> impl Iterator<Item = &Path> {
        self.upper.iter().chain(&self.lowers).map(PathBuf::as_path)
    }
}

/// Writes the target in the form that [`OverlayTarget::parse`] reads.
impl fmt::Display for OverlayTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.attributes {
            OverlayAttributes::Trusted => "overlay",
            OverlayAttributes::User => "overlay,userxattr",
        })?;
        if self.upper.is_none() {
            formatter.write_str(":")?;
        }
        for directory in self.directories() {
            let text = directory.to_string_lossy().replace('\\', "\\\\").replace(':', "\\:");
            write!(formatter, ":{text}")?;
        }
        Ok(())
    }
}

fn wrong(target: &str, reason: &str) -> Error {
    let (locator, reason) = (escaped(target.as_bytes()).to_string(), reason.to_owned());
    Error::Unrecognised { locator, reason }
}

/// Cuts at colons; `None` when the text ends in the middle of an escape.
fn split(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            ':' => {
                parts.push(String::new());
                continue;
            }
            '\\' => letters.next()?,
            other => other,
        };
        parts.last_mut()?.push(letter);
    }
    Some(parts)
}
