//! Python's marshal format as `.pyc` files hold it, read to its end: whether it is whole, and which
//! source its code says it comes from.
//!
//! Source: CPython, `Python/marshal.c` (versions 3.8 to 3.14). Numbers of references are given when
//! an object begins, so one pass with a stack of what is still open is enough.

/// How code objects are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Python 3.8 to 3.10.
    Locals,
    /// Python 3.11 and later.
    LocalsPlus,
}

/// Returns the file names of all code objects, each once; `None` of what is cut off or malformed.
pub(super) fn file_names(bytes: &[u8], layout: Layout) -> Option<Vec<&[u8]>> {
    let mut reader = Reader { bytes, at: 0, references: Vec::new() };
    let mut open = vec![Step::Object];
    let mut names: Vec<&[u8]> = Vec::new();
    while let Some(step) = open.pop() {
        match step {
            Step::Skip(bytes) => reader.skip(bytes)?,
            Step::Objects(0) => {}
            Step::Objects(count) => {
                open.push(Step::Objects(count.checked_sub(1)?));
                open.push(Step::Object);
            }
            Step::Object => {
                reader.object(layout, &mut open)?;
            }
            Step::Pairs => {
                // A NULL in place of a key ends it.
                if reader.bytes.get(reader.at) == Some(&b'0') {
                    reader.skip(1)?;
                } else {
                    open.extend([Step::Pairs, Step::Object, Step::Object]);
                }
            }
            Step::FileName => {
                let name = reader.object(layout, &mut open)??;
                if !names.contains(&name) && names.len() < MAX_NAMES {
                    names.push(name);
                }
            }
        }
    }
    (reader.at == bytes.len() && !names.is_empty()).then_some(names)
}

/// One module has one; more is wrong already.
const MAX_NAMES: usize = 16;

/// What is still to be read.
enum Step {
    Skip(usize),
    Object,
    Objects(u32),
    Pairs,
    FileName,
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Objects that are referred to, with their bytes if they are strings.
    references: Vec<Option<&'b [u8]>>,
}

/// Set in the type of an object that others refer to.
const REFERENCE: u8 = 0x80;

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Reads one object, or its beginning; returns its bytes if it is a string.
    fn object(&mut self, layout: Layout, open: &mut Vec<Step>) -> Option<Option<&'b [u8]>> {
        let kind = self.byte()?;
        let slot = self.references.len();
        if kind & REFERENCE != 0 {
            self.references.push(None);
        }
        let text = match kind & !REFERENCE {
            b'N' | b'F' | b'T' | b'S' | b'.' => None,
            b'i' => self.skip(4).map(|()| None)?,
            b'g' => self.skip(8).map(|()| None)?,
            b'y' => self.skip(16).map(|()| None)?,
            b'l' => {
                let digits = self.number()?.cast_signed().unsigned_abs();
                self.skip(usize::try_from(digits).ok()?.checked_mul(2)?)?;
                None
            }
            b's' | b't' | b'u' | b'a' | b'A' => {
                let length = self.number()?;
                Some(self.take(usize::try_from(length).ok()?)?)
            }
            b'z' | b'Z' => {
                let length = self.byte()?;
                Some(self.take(usize::from(length))?)
            }
            b'r' => {
                let number = usize::try_from(self.number()?).ok()?;
                *self.references.get(number)?
            }
            b'(' | b'[' | b'<' | b'>' => {
                open.push(Step::Objects(self.number()?));
                None
            }
            b')' => {
                open.push(Step::Objects(u32::from(self.byte()?)));
                None
            }
            b'{' => {
                open.push(Step::Pairs);
                None
            }
            b':' => {
                open.push(Step::Objects(3));
                None
            }
            b'c' => {
                code(layout, open);
                None
            }
            _ => return None,
        };
        if kind & REFERENCE != 0
            && let Some(reference) = self.references.get_mut(slot)
        {
            *reference = text;
        }
        Some(text)
    }
}

/// Opens the fields of a code object, the last one first.
fn code(layout: Layout, open: &mut Vec<Step>) {
    match layout {
        // Code, constants, names, variables, free and cell variables; file name; name; first line;
        // line table.
        Layout::Locals => {
            open.extend([Step::Object, Step::Skip(4), Step::Object, Step::FileName]);
            open.extend([Step::Objects(6), Step::Skip(24)]);
        }
        // Code, constants, names, names and kinds of variables; file name; name, qualified name;
        // first line; line table, exception table.
        Layout::LocalsPlus => {
            open.extend([Step::Objects(2), Step::Skip(4), Step::Objects(2), Step::FileName]);
            open.extend([Step::Objects(5), Step::Skip(20)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, file_names};

    #[test]
    fn no_bytes_are_too_hostile() {
        // What is open grows by bytes read alone, so depth costs memory like the input's.
        let deep = [&b")\x01"[..]; 100_000].concat();
        assert_eq!(file_names(&deep, Layout::LocalsPlus), None);
        assert_eq!(file_names(b"(\xff\xff\xff\xffN", Layout::LocalsPlus), None);
        assert_eq!(file_names(b"r\0\0\0\0", Layout::LocalsPlus), None);
        assert_eq!(file_names(b"l\0\0\0\x80", Layout::Locals), None);
        assert_eq!(file_names(b"N", Layout::Locals), None);
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut bytes = b"\xe3".to_vec();
            for _ in 0..48 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                bytes.push(b"cNr)(sz\xe3{0\0\x01"[(state >> 33) as usize % 12]);
            }
            let _ = file_names(&bytes, Layout::LocalsPlus);
            let _ = file_names(&bytes, Layout::Locals);
        }
    }
}
