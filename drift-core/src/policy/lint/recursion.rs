//! Rules that need themselves: the interpreter recurses on them until the process is gone.

use std::collections::BTreeSet;

use super::link::{Linked, Target};
use super::{Check, codes};

/// Rules by number: what each refers to, and where.
#[derive(Debug, Default)]
pub(super) struct Graph {
    edges: Vec<Vec<Edge>>,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    to: usize,
    file: usize,
    reference: usize,
}

impl Graph {
    /// Finds what refers to what.
    pub(super) fn new(linked: &Linked<'_, '_>) -> Self {
        let mut edges = vec![Vec::new(); linked.rules.len()];
        for (file, references) in linked.references.iter().enumerate() {
            for (place, reference) in references.iter().enumerate() {
                if let Target::Rule { rule: to, .. } = reference.target
                    && let Some(own) = edges.get_mut(reference.owner)
                {
                    own.push(Edge { to, file, reference: place });
                }
            }
        }
        Self { edges }
    }

    /// Returns these rules and all that they need.
    pub(super) fn reached(&self, from: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut work: Vec<usize> = from.into_iter().collect();
        let mut seen: BTreeSet<usize> = work.iter().copied().collect();
        while let Some(rule) = work.pop() {
            for edge in self.edges.get(rule).into_iter().flatten() {
                if seen.insert(edge.to) {
                    work.push(edge.to);
                }
            }
        }
        seen
    }

    /// Refuses every reference that closes a circle.
    pub(super) fn refuse_circles(&self, check: &mut Check<'_, '_>, linked: &Linked<'_, '_>) {
        let mut done = vec![false; self.edges.len()];
        for start in 0..self.edges.len() {
            // The way from the start to where the walk is: each rule, and its next edge.
            let mut way: Vec<(usize, usize)> = vec![(start, 0)];
            let mut on_way = BTreeSet::from([start]);
            while let Some((rule, next)) = way.last_mut() {
                let edge = self.edges.get(*rule).and_then(|edges| edges.get(*next)).copied();
                *next = next.saturating_add(1);
                match edge {
                    _ if done.get(*rule) == Some(&true) => leave(&mut way, &mut on_way, &mut done),
                    None => leave(&mut way, &mut on_way, &mut done),
                    Some(edge) if on_way.contains(&edge.to) => {
                        circle(check, linked, &way, edge);
                    }
                    Some(edge) => {
                        on_way.insert(edge.to);
                        way.push((edge.to, 0));
                    }
                }
            }
        }
    }
}

fn leave(way: &mut Vec<(usize, usize)>, on_way: &mut BTreeSet<usize>, done: &mut [bool]) {
    if let Some((rule, _)) = way.pop() {
        on_way.remove(&rule);
        if let Some(done) = done.get_mut(rule) {
            *done = true;
        }
    }
}

fn circle(check: &mut Check<'_, '_>, linked: &Linked<'_, '_>, way: &[(usize, usize)], edge: Edge) {
    let name = |rule: usize| linked.rules.get(rule).map_or("", |rule| &rule.name);
    let start = way.iter().position(|(rule, _)| *rule == edge.to).unwrap_or_default();
    let mut circle: Vec<&str> = way.iter().skip(start).map(|(rule, _)| name(*rule)).collect();
    circle.push(name(edge.to));
    let reference = linked.references.get(edge.file).and_then(|all| all.get(edge.reference));
    let (Some(file), Some(reference)) = (linked.files.get(edge.file), reference) else { return };
    let message = format!("a rule needs itself: {}", circle.join(" needs "));
    check.push(file.refuse(file.module.span(reference.term), codes::RECURSION, message));
}
