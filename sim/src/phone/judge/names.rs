//! What an answer to a recorded question means to the client that asked it. No client's own
//! resolver is modelled: these are the rules that all of them share.

use std::fmt;
use std::net::Ipv4Addr;

use hickory_proto::rr::RecordType;

use crate::phone::finding::Finding;
use crate::phone::question::{Question, Reading};
use crate::phone::rule::{Grade, Rule};

/// An answer is taken.
pub static ANSWERED: Rule = Rule {
    id: "names.answered",
    says: "an answer with the question's identifier and question is taken, whatever it says",
    source: "RFC 1035 section 4.1; RFC 5452 section 9.1",
    grade: Grade::B,
};
/// An answer says an error.
pub static ERROR: Rule = Rule {
    id: "names.error",
    says: "an answer with an error code gives no address",
    source: "RFC 1035 section 4.1.1; AOSP NetworkStack @7b3843d6, util/DnsUtils.java",
    grade: Grade::B,
};
/// An answer says more than was asked.
pub static UNASKED: Rule = Rule {
    id: "names.unasked",
    says: "a record of another type or name than was asked for upsets clients",
    source: "espressif/arduino-esp32#1037",
    grade: Grade::D,
};
/// No answer.
pub static UNANSWERED: Rule = Rule {
    id: "names.unanswered",
    says: "a question that no answer fits is asked again and stays without an address",
    source: "RFC 1035 section 4.2.1; RFC 5452 section 9.1",
    grade: Grade::B,
};

/// A question that was recorded.
#[derive(Clone, Debug)]
pub struct RecordedQuestion(Question);

impl RecordedQuestion {
    /// The question in a datagram; `None` unless it is one query for one name on the Internet.
    ///
    /// ```
    /// use vestibule::phone::judge::names::RecordedQuestion;
    ///
    /// let datagram = b"\x99\xa5\x01\0\0\x01\0\0\0\0\0\0\x03ssl\x07gstatic\x03com\0\0\x01\0\x01";
    /// assert_eq!(RecordedQuestion::from_bytes(datagram).unwrap().to_string(), "A ssl.gstatic.com");
    /// assert!(RecordedQuestion::from_bytes(b"no question").is_none());
    /// ```
    pub fn from_bytes(datagram: &[u8]) -> Option<Self> {
        Question::from_bytes(datagram).map(Self)
    }

    /// The name alone.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// The right answer of a portal that resolves every name to itself.
    pub fn expects(&self) -> Named {
        if self.0.is_for(RecordType::A) { Named::Device } else { Named::NoAddress }
    }
}

impl fmt::Display for RecordedQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.asked(), self.0.name())
    }
}

/// What a client makes of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Named {
    /// It is the device.
    Device,
    /// It is somebody else: an address that is not the device's.
    Elsewhere(Ipv4Addr),
    /// It has no such record.
    NoAddress,
    /// The answer has records that nobody asked for.
    Unasked,
    /// The answer says an error.
    Error,
    /// Not known, because no fitting answer came.
    Unanswered,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device => f.write_str("the device"),
            Self::Elsewhere(address) => write!(f, "{address}, which is not the device"),
            Self::NoAddress => f.write_str("no such record"),
            Self::Unasked => f.write_str("records that nobody asked for"),
            Self::Error => f.write_str("an error"),
            Self::Unanswered => f.write_str("unanswered"),
        }
    }
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What the client makes of the name.
    pub named: Named,
    /// Why.
    pub rule: &'static Rule,
    /// What is odd about the answer.
    pub findings: Vec<Finding>,
}

/// What `answer` means to a client that has `asked`, where the device has the address `device`.
///
/// # Errors
///
/// It is no answer to this question: the client goes on waiting, and the finding says why.
pub fn judge(asked: &RecordedQuestion, answer: &[u8], device: Ipv4Addr) -> Result<Judged, Finding> {
    let (addresses, findings) = match asked.0.read(answer) {
        Reading::Foreign(finding) => return Err(finding),
        Reading::Answer { addresses, findings, .. } => (addresses, findings),
    };
    let elsewhere = addresses.iter().find(|address| **address != device);
    let (named, rule) = if findings.iter().any(|finding| matches!(finding, Finding::QuestionFailed { .. })) {
        (Named::Error, &ERROR)
    } else if !findings.is_empty() {
        (Named::Unasked, &UNASKED)
    } else if let Some(address) = elsewhere {
        (Named::Elsewhere(*address), &ANSWERED)
    } else if addresses.is_empty() {
        (Named::NoAddress, &ANSWERED)
    } else {
        (Named::Device, &ANSWERED)
    };
    Ok(Judged { named, rule, findings })
}

/// What is concluded when no answer came, or none that fits.
pub fn unanswered() -> (Named, &'static Rule) {
    (Named::Unanswered, &UNANSWERED)
}
