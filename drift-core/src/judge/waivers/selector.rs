//! What a waiver accepts: every part that is given must hold.

use crate::bounds::Wildcard;
use crate::model::Cause;

/// What a waiver accepts. A part that is given and that a finding does not have does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// The policy; then only denials are accepted.
    pub policy: Option<Wildcard>,
    /// The path of a changed entry, or the one that a denial names.
    pub path: Option<Wildcard>,
    /// The package that changed, that owns the entry, or that a denial names.
    pub package: Option<Wildcard>,
    /// The cause of a change; then only changes are accepted.
    pub cause: Option<Cause>,
    /// Whose findings.
    pub identity: Option<Wildcard>,
    /// The `id` of one change or of one denial, 64 hexadecimal digits.
    pub change: Option<String>,
}

/// A finding, as a waiver sees it.
#[derive(Debug, Clone, Copy)]
pub struct Finding<'f> {
    /// The `id` of the change or denial.
    pub id: &'f str,
    /// The policy, of a denial.
    pub policy: Option<&'f str>,
    /// The exact bytes of the path, with the leading slash; none of a package or fact.
    pub path: Option<&'f [u8]>,
    /// Where it was moved from: what is missing there is part of the change.
    pub moved_from: Option<&'f [u8]>,
    /// The package.
    pub package: Option<&'f str>,
    /// The cause, of a change.
    pub cause: Option<Cause>,
}

/// What the target of a run is called: the identity that its baseline was sealed for, its host name,
/// the digest of its image.
#[derive(Debug, Clone, Default)]
pub struct Identities(pub Vec<String>);

impl Selector {
    /// Returns whether findings of this target may be accepted at all.
    #[must_use]
    pub fn concerns(&self, identities: &Identities) -> bool {
        let fits =
            |wanted: &Wildcard| identities.0.iter().any(|one| wanted.matches(one.as_bytes()));
        self.identity.as_ref().is_none_or(fits)
    }

    /// Returns whether this finding is accepted, on a target that it concerns.
    #[must_use]
    pub fn accepts(&self, finding: &Finding<'_>) -> bool {
        let holds = |wanted: &Option<Wildcard>, found: Option<&[u8]>| match (wanted, found) {
            (None, _) => true,
            (Some(wanted), Some(found)) => wanted.matches(found),
            (Some(_), None) => false,
        };
        self.cause.is_none_or(|wanted| finding.cause == Some(wanted))
            && self.change.as_ref().is_none_or(|wanted| wanted == finding.id)
            && holds(&self.policy, finding.policy.map(str::as_bytes))
            && holds(&self.package, finding.package.map(str::as_bytes))
            && holds(&self.path, finding.path)
            && finding.moved_from.is_none_or(|from| holds(&self.path, Some(from)))
    }

    /// Returns whether whatever this policy denies is accepted, what is only counted too.
    #[must_use]
    pub fn accepts_all_of(&self, policy: &str) -> bool {
        let whole = self.path.is_none()
            && self.package.is_none()
            && self.cause.is_none()
            && self.change.is_none();
        whole && self.policy.as_ref().is_some_and(|wanted| wanted.matches(policy.as_bytes()))
    }
}
