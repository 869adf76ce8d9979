//! What sources contradict each other about. Each reading is a rule of its own, and a model where a phone would
//! behave differently as a whole. Nobody here can say which reading is right: what is said is both, what would
//! settle it, and what a portal can do that is right under either.

use super::rule::Rule;

/// Readings of one behaviour that contradict each other.
///
/// ```
/// for dispute in vestibule::phone::disputes() {
///     assert!(dispute.readings.len() > 1 && dispute.question.ends_with('?'));
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Dispute {
    /// What is disputed.
    pub question: &'static str,
    /// The readings, the better known first.
    pub readings: &'static [&'static Rule],
    /// Where it matters.
    pub(crate) applies: Applies,
    /// What would settle it.
    pub settled_by: &'static str,
    /// What a portal can do that is right under every reading; `{portal}` is its address.
    safe: &'static str,
    /// What that costs, if anything.
    price: Option<&'static str>,
}

/// Where a dispute matters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Applies {
    /// Where one of these decides.
    Deciding(&'static [&'static Rule]),
    /// Where the network announces a captive portal API by plain http, and one of the readings is a model's.
    ApiOverHttp,
}

impl Dispute {
    pub(super) const fn new(
        question: &'static str,
        readings: &'static [&'static Rule],
        applies: Applies,
        settled_by: &'static str,
        safe: &'static str,
    ) -> Self {
        Self { question, readings, applies, settled_by, safe, price: None }
    }

    /// What is safe has its price.
    pub(super) const fn at_the_price(self, price: &'static str) -> Self {
        Self { price: Some(price), ..self }
    }

    /// What the portal at this address can do that is right under every reading, and at which price.
    pub fn safe(&self, portal: std::net::Ipv4Addr) -> String {
        let safe = self.safe_at_any_price(portal);
        self.price.map_or(safe.clone(), |price| format!("{safe}. The price: {price}"))
    }

    /// The same without the price.
    pub fn safe_at_any_price(&self, portal: std::net::Ipv4Addr) -> String {
        self.safe.replace("{portal}", &portal.to_string())
    }

    /// Whether a verdict by this rule would be another one under another reading.
    pub(crate) fn is_decided_by(&self, rule: &Rule) -> bool {
        matches!(self.applies, Applies::Deciding(rules) if rules.iter().any(|own| own.id == rule.id))
    }

    /// Whether it is about what a phone makes of a private address.
    pub(crate) fn is_about_private_addresses(&self) -> bool {
        self.readings.iter().any(|rule| rule.id.ends_with("private-address"))
    }

    /// Whether it matters where the network announces a captive portal API by plain http.
    pub(crate) fn is_about_announced_apis(&self) -> bool {
        self.applies == Applies::ApiOverHttp
    }

    /// Whether this rule is one of the readings.
    pub(crate) fn has_reading(&self, rule: &Rule) -> bool {
        self.readings.iter().any(|reading| reading.id == rule.id)
    }
}
