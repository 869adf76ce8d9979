//! A rule by which a phone decides, with where it is known from and how well.
//!
//! Rules are constants beside the code that follows them. A rule whose grade is [`Grade::E`] is
//! an assumption and every report of it says so.

use std::fmt;

/// A rule beside the code that follows it: `rule!(NAME, "family.id", "what it says", SOURCE, A)`.
macro_rules! rule {
    ($name:ident, $id:literal, $says:literal, $source:expr, $grade:ident) => {
        static $name: $crate::phone::Rule = $crate::phone::Rule {
            id: $id,
            says: $says,
            source: $source,
            grade: $crate::phone::Grade::$grade,
        };
    };
}
pub(super) use rule;

/// How well a rule is known, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The source code was read.
    A,
    /// The decompiled program was read.
    AMinus,
    /// The vendor's documentation or an RFC says so.
    B,
    /// A recording of real traffic shows it.
    C,
    /// A project, an issue or a mailing list reports it.
    D,
    /// Unverified.
    E,
}

impl Grade {
    /// The grade that is written like this: `A`, `A-`, `B`, `C`, `D` or `E`.
    pub fn from_text(text: &str) -> Option<Self> {
        match text {
            "A" => Some(Self::A),
            "A-" => Some(Self::AMinus),
            "B" => Some(Self::B),
            "C" => Some(Self::C),
            "D" => Some(Self::D),
            "E" => Some(Self::E),
            _ => None,
        }
    }

    /// The grade in words, for tables and reports.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::A => "source code read",
            Self::AMinus => "decompiled program read",
            Self::B => "vendor document or RFC",
            Self::C => "recorded traffic",
            Self::D => "report of a project, issue or list",
            Self::E => "assumed, by nobody confirmed",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::AMinus => "A-",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::E => "E (unverified)",
        })
    }
}

/// One rule of a phone's check.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// A stable name, as it appears in traces and expectations.
    pub id: &'static str,
    /// What the rule says, in one sentence.
    pub says: &'static str,
    /// Where that is known from.
    pub source: &'static str,
    /// How well it is known.
    pub grade: Grade,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}; {}]", self.id, self.says, self.grade, self.source)
    }
}
