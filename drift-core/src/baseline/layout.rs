//! The outermost bytes of the file: mark, version, frames, three indexes, footer.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::error::Error;
use super::wire::Input;

/// The first bytes. A byte above 127 and both line ends show a transfer that took it for text.
pub const MARK: [u8; 8] = *b"\x89drift\r\n";
/// The last bytes.
const END_MARK: [u8; 8] = *b"driftend";
/// The version of the format; an older reader refuses a later one.
pub(super) const MAJOR: u32 = 1;
/// Three lengths and the end mark.
pub(super) const FOOTER_BYTES: usize = 32;
/// What the root's digest begins with.
pub(super) const ROOT_DOMAIN: &[u8] = b"drift.root/v1";

/// The parts of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) frames: &'a [u8],
    pub(super) logical: &'a [u8],
    pub(super) aside: &'a [u8],
    pub(super) physical: &'a [u8],
}

/// Returns the bytes before the frames.
pub(super) fn header() -> Vec<u8> {
    let mut header = MARK.to_vec();
    header.extend_from_slice(&MAJOR.to_le_bytes());
    header
}

/// Appends indexes and footer.
pub(super) fn close(file: &mut Vec<u8>, logical: &[u8], aside: &[u8], physical: &[u8]) {
    let indexes = [logical, aside, physical];
    for index in indexes {
        file.extend_from_slice(index);
    }
    for index in indexes {
        file.extend_from_slice(&(index.len() as u64).to_le_bytes());
    }
    file.extend_from_slice(&END_MARK);
}

/// Divides a file into its parts.
pub(super) fn divide(file: &[u8]) -> Result<Layout<'_>, Error> {
    let rest = file.strip_prefix(&MARK).ok_or(Error::NotABaseline)?;
    let mut input = Input::new("the file", rest);
    let found = u32::from_le_bytes(array(&mut input)?);
    if found != MAJOR {
        return Err(Error::Version { found });
    }
    let body = input.len().checked_sub(FOOTER_BYTES).ok_or(input.malformed("it has no footer"))?;
    let body = input.take(body)?;
    let mut length = || Ok::<_, Error>(u64::from_le_bytes(array(&mut input)?));
    let (logical, aside, physical) = (length()?, length()?, length()?);
    if array(&mut input)? != END_MARK {
        return Err(input.malformed("it does not end as one; it was cut short or added to"));
    }
    let mut rest = body;
    let mut last = |length: u64| {
        let at = usize::try_from(length).ok().and_then(|length| rest.len().checked_sub(length));
        let (front, index) = rest.split_at_checked(at?)?;
        rest = front;
        Some(index)
    };
    let parts = (last(physical), last(aside), last(logical));
    let (Some(physical), Some(aside), Some(logical)) = parts else {
        return Err(input.malformed("its indexes are longer than the file"));
    };
    Ok(Layout { frames: rest, logical, aside, physical })
}

fn array<const N: usize>(input: &mut Input<'_>) -> Result<[u8; N], Error> {
    let bytes = input.take(N)?;
    <[u8; N]>::try_from(bytes).map_err(|_| input.malformed("it ends too early"))
}
