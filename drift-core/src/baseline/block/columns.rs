//! The columns of a block of entries: one table.

/// A column; its number is its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::baseline) enum Column {
    /// Of the first entry its depth; of any other, how many levels it lies above a child of the
    /// entry before it.
    Depth = 1,
    /// The shape, by its place in the table.
    Shape = 2,
    /// The table of shapes.
    Shapes = 3,
    /// The table of sets of extended attributes.
    XattrSets = 4,
    /// Lengths of names.
    NameLength = 5,
    /// Names, one behind the other.
    Name = 6,
    /// Sizes of files.
    Size = 7,
    /// Seconds of the time, less those of the last time in the block; zigzag.
    Seconds = 8,
    /// Nanoseconds of the time.
    Nanoseconds = 9,
    /// Lengths of links' targets.
    LinkLength = 10,
    /// Links' targets, one behind the other.
    Link = 11,
    /// Major and minor number.
    Rdev = 12,
    /// Number of names where it is not one.
    Nlink = 13,
    /// The first path of the group, by its place in the table.
    Hardlinks = 14,
    /// The table of first paths.
    Leaders = 15,
    /// What hosts share of the few entries that differ by host by right, each after the number of
    /// entries since the last one.
    PerHost = 16,
}

/// Every column with its name in the file's own table, in the order of tags.
///
/// HEAD names the last only where a snapshot has it: a column that is added later must not change
/// the roots of snapshots without it.
pub(in crate::baseline) const COLUMNS: [(Column, &str); 16] = [
    (Column::Depth, "depth"),
    (Column::Shape, "shape"),
    (Column::Shapes, "shapes"),
    (Column::XattrSets, "xattr_sets"),
    (Column::NameLength, "name_length"),
    (Column::Name, "name"),
    (Column::Size, "size"),
    (Column::Seconds, "mtime_seconds"),
    (Column::Nanoseconds, "mtime_nanoseconds"),
    (Column::LinkLength, "link_length"),
    (Column::Link, "link_target"),
    (Column::Rdev, "rdev"),
    (Column::Nlink, "nlink"),
    (Column::Hardlinks, "hardlinks"),
    (Column::Leaders, "leaders"),
    (Column::PerHost, "per_host"),
];

impl Column {
    /// Returns its place among the columns.
    pub(super) fn index(self) -> usize {
        (self as usize).saturating_sub(1)
    }
}

/// The numbers of [`PerHostValue`](crate::model::PerHostValue) in its column.
pub(super) const CONFORMS: u8 = 0;
pub(super) const LEFT: u8 = 1;
pub(super) const VIOLATES: u8 = 2;
