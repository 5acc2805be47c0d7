//! What a database says of a package beyond what identifies it: for bills of materials.

/// Statements of a package about itself; none of them is checked, and none is an identity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// Name and version of the source that it was built from, where the database tells one.
    pub source: Option<(String, String)>,
    /// The licence as the database words it.
    pub licence: Option<String>,
    /// What it needs to run, without versions. Of alternatives, any of which will do, one string
    /// joins the names by `|`: `default-mta|mail-transport-agent`.
    pub depends: Vec<String>,
    /// Names beside its own by which others may need it: virtual packages, capabilities, sonames.
    pub provides: Vec<String>,
    /// Who publishes the package, such as `Debian Dpkg Developers <debian-dpkg@lists.debian.org>`.
    pub supplier: Option<String>,
    /// Where the project presents itself.
    pub homepage: Option<String>,
}

/// Bytes of one name or address; longer ones are no such thing and are left out.
const MAX_VALUE_BYTES: usize = 1024;

/// Returns a value that is one line of text and not empty.
pub(super) fn line(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value.trim_ascii()).ok()?;
    let fits = !text.is_empty() && text.len() <= MAX_VALUE_BYTES;
    (fits && !text.contains(char::is_control)).then(|| text.to_owned())
}
