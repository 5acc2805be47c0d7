//! Where the files lie that were not read.

use serde::Serialize;

/// How many files below a directory were not read.
#[derive(Debug, Clone, Serialize)]
pub struct Trusted {
    /// A directory of the root, or the root for files in it and for directories beyond the 32nd.
    pub path: String,
    /// The exact bytes of the path, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_b64: Option<String>,
    /// How many files.
    pub files: u64,
}
