//! What a phone concludes about a network.

/// What a phone believes about the network it joined.
///
/// ```
/// use vestibule::phone::Verdict;
///
/// let portal = Verdict::Portal { url: "http://192.168.4.1/".into() };
/// assert!(portal.is_portal() && !Verdict::NoInternet.is_portal());
/// assert!(Verdict::WORDS.contains(&portal.word()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The owner has to sign in.
    Portal {
        /// Where.
        url: String,
    },
    /// The internet is there (or the owner wants the network as it is).
    Online,
    /// HTTP works, HTTPS does not (Android).
    Partial,
    /// Not a portal, though the check did not succeed either: associated, no sheet (Apple).
    NotCaptive,
    /// Nothing could be learnt, so the phone assumes to be online: associated, no sheet (Apple).
    Inconclusive,
    /// No internet: associated, no sheet (Android, Windows).
    NoInternet,
    /// Names that nobody has lead somewhere (Chromium, beside its portal detector).
    NamesRedirected,
}

impl Verdict {
    /// Whether this is the one conclusion that brings a sign-in sheet.
    pub fn is_portal(&self) -> bool {
        matches!(self, Self::Portal { .. })
    }

    /// Every word of [`Verdict::word`].
    pub const WORDS: [&'static str; 7] =
        ["portal", "online", "partial", "not-captive", "inconclusive", "no-internet", "names-redirected"];

    /// In one word, as scenarios, recordings and traces write it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Portal { .. } => "portal",
            Self::Online => "online",
            Self::Partial => "partial",
            Self::NotCaptive => "not-captive",
            Self::Inconclusive => "inconclusive",
            Self::NoInternet => "no-internet",
            Self::NamesRedirected => "names-redirected",
        }
    }
}
