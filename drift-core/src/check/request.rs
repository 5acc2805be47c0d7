//! What a request can ask for beside the comparison itself.

use std::sync::Arc;

use crate::policy::{Evaluator, PolicySet};

/// Whether differences are findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Changes {
    /// They are.
    #[default]
    Count,
    /// They are what policies look at, and nothing else.
    ForPoliciesAlone,
}

/// Which policies are evaluated, and how.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The policies, tailored.
    pub set: Arc<PolicySet>,
    /// Who asks them.
    pub evaluator: Arc<dyn Evaluator>,
    /// Whether the input is handed out with the outcome.
    pub keep_input: bool,
}
