//! Names that remove what lower layers have (OCI image specification, "Whiteouts").

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// What the name of a member means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name<'n> {
    /// An object.
    Plain,
    /// The removal of this name.
    Whiteout(&'n [u8]),
    /// The removal of all that the directory has in lower layers.
    Opaque,
    /// Nothing that a layer may hold; why.
    Refused(&'static str),
}

const PREFIX: &[u8] = b".wh.";

/// Reads the last name of a member.
pub(super) fn read(name: &[u8]) -> Name<'_> {
    let Some(hidden) = name.strip_prefix(PREFIX) else { return Name::Plain };
    match hidden {
        b".wh..opq" => Name::Opaque,
        b"" | b"." | b".." => {
            Name::Refused("it is a whiteout that names no entry, so that readers disagree")
        }
        _ if hidden.starts_with(PREFIX) => {
            Name::Refused("it is a leftover of AUFS, which is no part of an image")
        }
        _ => Name::Whiteout(hidden),
    }
}

/// Returns whether a member lies below a name that only whiteouts have.
pub(super) fn is_below_one(above: &[u8]) -> bool {
    above.split(|&byte| byte == b'/').any(|name| name.starts_with(PREFIX))
}

#[cfg(test)]
mod tests {
    use super::{Name, read};

    #[test]
    fn names_as_the_specification_has_them() {
        assert_eq!(read(b"a"), Name::Plain);
        assert_eq!(read(b".wh"), Name::Plain);
        assert_eq!(read(b"x.wh.a"), Name::Plain);
        assert_eq!(read(b".wh.a"), Name::Whiteout(b"a"));
        assert_eq!(read(b".wh..a"), Name::Whiteout(b".a"));
        assert_eq!(read(b".wh...."), Name::Whiteout(b"..."));
        assert_eq!(read(b".wh..wh..opq"), Name::Opaque);
        for name in
            [&b".wh."[..], b".wh..", b".wh...", b".wh..wh.plnk", b".wh..wh.aufs", b".wh..wh."]
        {
            assert!(matches!(read(name), Name::Refused(_)), "{name:?}");
        }
    }
}
