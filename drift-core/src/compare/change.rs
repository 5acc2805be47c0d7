//! One difference between two trees, with both states whole.

use crate::model::{
    Attribute, AttributeSet, Entry, FileType, LayerId, Observed, PackageId, RowId, RuleId, TreePath,
};

/// An entry as one side has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Everything known of it.
    pub entry: Entry,
    /// The package that owns it, among that side's packages.
    pub owner: Option<PackageId>,
    /// The layer of an image that it came with, among that side's layers.
    pub origin: Option<LayerId>,
    /// Its row, where that side can be asked for more.
    pub row: Option<RowId>,
}

/// What happened to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is there on both sides and differs, or it has another path.
    Modified,
}

impl Kind {
    /// Returns the word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Modified => "modified",
        }
    }
}

/// One difference between two trees. It holds both states whole, so that nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryChange {
    /// Where the entry is now, or was.
    pub path: TreePath,
    /// Where it was before, when the same object is elsewhere now.
    pub moved_from: Option<TreePath>,
    /// The rule under which it was compared.
    pub rule: RuleId,
    /// The entry before; `None` of an added one.
    pub before: Option<State>,
    /// The entry after; `None` of a removed one.
    pub after: Option<State>,
    /// What differs, of an entry that both sides have.
    pub attributes: AttributeSet,
}

/// A value of an attribute before and after, as bytes not yet escaped; `None` for none.
pub type Values = (Option<Vec<u8>>, Option<Vec<u8>>);

impl EntryChange {
    /// Returns what happened.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match (&self.before, &self.after) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Modified,
        }
    }

    /// Returns the entry after the change, or before it when it is gone.
    #[must_use]
    pub fn state(&self) -> Option<&State> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// Returns the type of the entry after the change, or before it when it is gone.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        self.state().map_or(FileType::Unknown, |state| state.entry.file_type)
    }

    /// Returns each differing attribute by name (`xattr:NAME` one by one) with its values; of an
    /// added or removed entry everything that is known of it but its type.
    #[must_use]
    pub fn values(&self) -> Vec<(Vec<u8>, Values)> {
        let before = self.before.as_ref().map(|state| &state.entry);
        let after = self.after.as_ref().map(|state| &state.entry);
        if self.kind() == Kind::Modified {
            let differing = self.attributes.iter();
            return differing.flat_map(|attribute| values_of(attribute, before, after)).collect();
        }
        let file_type = self.file_type();
        let carried = AttributeSet::of(|attribute| attribute.types.contains(file_type));
        carried
            .without(AttributeSet::named("type"))
            .iter()
            .flat_map(|attribute| values_of(attribute, before, after))
            .filter(|(_, (before, after))| before.is_some() || after.is_some())
            .collect()
    }
}

/// Names and values of extended attributes.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn values_of(
    attribute: &Attribute,
    before: Option<&Entry>,
    after: Option<&Entry>,
) -> Vec<(Vec<u8>, Values)> {
    use crate::model::attribute::{Value, base64};
    let get = |entry: Option<&Entry>| -> Option<(Option<Vec<u8>>, Pairs)> {
        match (attribute.get)(entry?) {
            Observed::Is(Value::Named(pairs)) => Some((
                None,
                pairs.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect(),
            )),
            Observed::Is(value) => Some((value.to_bytes(), Vec::new())),
            Observed::NotApplicable | Observed::Unobserved => None,
        }
    };
    let (before, named_before) = get(before).unwrap_or_default();
    let (after, named_after) = get(after).unwrap_or_default();
    if named_before.is_empty() && named_after.is_empty() {
        return vec![(attribute.name.as_bytes().to_vec(), (before, after))];
    }
    let mut names: Vec<&Vec<u8>> =
        named_before.iter().chain(&named_after).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    let find = |pairs: &[(Vec<u8>, Vec<u8>)], wanted: &[u8]| {
        pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| base64(value).into_bytes())
    };
    names
        .into_iter()
        .map(|name| (name, (find(&named_before, name), find(&named_after, name))))
        .filter(|(_, (before, after))| before != after)
        .map(|(name, values)| ([attribute.name.as_bytes(), b":", name].concat(), values))
        .collect()
}
