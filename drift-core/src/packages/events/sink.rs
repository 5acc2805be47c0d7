//! Where events go: those of the packages that are asked about are kept, within bounds.

use std::collections::BTreeSet;

use crate::bounds::Budget;

use super::Event;

/// Events of one log that are kept; a package changes some hundred times in the life of a host.
const MAX_EVENTS: usize = 200_000;

/// The longest name and version that is kept; dpkg and rpm know none of a fifth of that.
const MAX_WORD: usize = 1024;

/// The events of one log.
#[derive(Debug)]
pub struct EventSink<'s> {
    wanted: &'s BTreeSet<&'s str>,
    events: Vec<Event>,
    /// Whether the log was not read to its end, or more events were there than are kept.
    cut: bool,
}

impl<'s> EventSink<'s> {
    /// Takes the events of packages with these names.
    #[must_use]
    pub fn new(wanted: &'s BTreeSet<&'s str>) -> Self {
        Self { wanted, events: Vec::new(), cut: false }
    }

    /// Spends one line of the budget; `false` means stop here.
    pub fn item(&mut self, budget: &mut Budget) -> bool {
        self.cut |= budget.item().is_err();
        !self.cut
    }

    /// Keeps an event, if it is wanted.
    pub fn event(&mut self, event: Event) {
        let words = [Some(&event.name), event.before.as_ref(), event.after.as_ref()];
        if !self.wanted.contains(event.name.as_str())
            || words.into_iter().flatten().any(|word| word.len() > MAX_WORD)
        {
            return;
        }
        match self.events.len() < MAX_EVENTS {
            true => self.events.push(event),
            false => self.cut = true,
        }
    }

    /// Returns the events that were kept from the first one that `mark` counts.
    pub(super) fn since(&mut self, mark: usize) -> &mut [Event] {
        self.events.get_mut(mark..).unwrap_or_default()
    }

    /// Returns how many events are kept.
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    /// Returns the events, and whether they are all.
    #[must_use]
    pub fn finish(self) -> (Vec<Event>, bool) {
        (self.events, !self.cut)
    }
}
