//! Alternatives: names that lead through `/etc/alternatives` to one of several providers.
//!
//! Source: update-alternatives(1) and the files it keeps in its administrative directory. The
//! current selection is not in those files: it is what `/etc/alternatives/NAME` points to.

/// Who chooses the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selection {
    /// The highest priority wins.
    Auto,
    /// The administrator chose.
    Manual,
}

/// A name that follows the selection of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slave {
    /// The name below `/etc/alternatives`.
    pub name: Box<[u8]>,
    /// The generic name, an absolute path.
    pub link: Box<[u8]>,
}

/// One provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choice {
    /// What the name leads to when this provider is selected.
    pub target: Box<[u8]>,
    /// Its priority.
    pub priority: i64,
    /// What each slave leads to, in the order of the slaves; empty for none.
    pub slaves: Vec<Box<[u8]>>,
}

/// A group of links.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alternative {
    /// The name below `/etc/alternatives`.
    pub name: Box<[u8]>,
    /// Who chooses.
    pub selection: Selection,
    /// The generic name, an absolute path.
    pub link: Box<[u8]>,
    /// The names that follow.
    pub slaves: Vec<Slave>,
    /// The providers.
    pub choices: Vec<Choice>,
}

impl Alternative {
    /// Returns the provider that the link's target selects, when that is allowed: any registered
    /// one if chosen by hand, one of the highest priority otherwise.
    #[must_use]
    pub fn selected(&self, target: &[u8]) -> Option<&Choice> {
        let best = self.choices.iter().map(|choice| choice.priority).max()?;
        self.choices.iter().find(|choice| *choice.target == *target).filter(|choice| {
            match self.selection {
                Selection::Manual => true,
                Selection::Auto => choice.priority == best,
            }
        })
    }
}
