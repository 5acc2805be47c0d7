//! The specification of mtree(5) with full paths, for `mtree` and `bsdtar`.
//!
//! It has no words for extended attributes, ACLs and capabilities; those are left out, and the head
//! says so. Names are written as vis(3) with `VIS_CSTYLE | VIS_OCTAL` reads them: octal escapes.

use std::io;

use crate::model::{Algorithm, Entry, FileType, Observed, TreePath};

use super::Export;

pub(super) const EXPORT: Export = Export {
    name: "mtree",
    meaning: "the specification of mtree(5); extended attributes, ACLs and capabilities have no words there",
    head: |out| {
        out.write_all(b"#mtree\n# without extended attributes, ACLs and capabilities: mtree(5) has no words for them\n")
    },
    entry: write,
};

fn write(path: &TreePath, entry: &Entry, out: &mut dyn io::Write) -> io::Result<()> {
    let kind = match entry.file_type {
        FileType::File => "file",
        FileType::Directory => "dir",
        FileType::Symlink => "link",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::Char => "char",
        FileType::Block => "block",
        FileType::Unknown => {
            return writeln!(out, "# not observed: {}", visible(path.as_bytes()));
        }
    };
    let name =
        if path.is_root() { ".".to_owned() } else { format!("./{}", visible(path.as_bytes())) };
    write!(out, "{name} type={kind}")?;
    if let Observed::Is(mode) = entry.mode {
        write!(out, " mode={mode:04o}")?;
    }
    for (word, id) in [("uid", entry.uid), ("gid", entry.gid)] {
        if let Observed::Is(id) = id {
            write!(out, " {word}={id}")?;
        }
    }
    if let Observed::Is(nlink) = entry.nlink {
        write!(out, " nlink={nlink}")?;
    }
    if let Observed::Is(size) = entry.size {
        write!(out, " size={size}")?;
    }
    if let Observed::Is(time) = entry.mtime {
        write!(out, " time={}.{:09}", time.seconds, time.nanoseconds)?;
    }
    if let Observed::Is(target) = &entry.link_target {
        write!(out, " link={}", visible(target))?;
    }
    if let Observed::Is(device) = entry.rdev {
        // The word `linux` means the 8 bits of old; `native` is what mtree(8) itself writes, and
        // holds every number on Linux.
        write!(out, " device=native,{},{}", device.major, device.minor)?;
    }
    if let Observed::Is(digest) = entry.digest
        && digest.algorithm() == Algorithm::Sha256
    {
        write!(out, " sha256={}", digest.hex())?;
    }
    out.write_all(b"\n")
}

/// Everything but plain printable characters as a backslash and three octal digits.
fn visible(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        let plain =
            byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'*' | b'?' | b'[' | b'=');
        if plain { text.push(char::from(byte)) } else { text.push_str(&format!("\\{byte:03o}")) }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_could_end_a_word_is_octal() {
        assert_eq!(visible(b"a b\n#\\\xff/c"), r"a\040b\012\043\134\377/c");
    }
}
