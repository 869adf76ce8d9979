//! What a client concludes from one reply.

use crate::phone::rule::Rule;
use crate::phone::verdict::Verdict;

/// A conclusion and the rule that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What the client believes.
    pub verdict: Verdict,
    /// Why.
    pub rule: &'static Rule,
}

impl Judgement {
    pub(in crate::phone) fn new(verdict: Verdict, rule: &'static Rule) -> Self {
        Self { verdict, rule }
    }
}
