//! What a portal's author will want to know: what is odd about the network's answers.

use super::reply::BadReply;

/// Something odd about what the network answered, or about what the owner tried.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// A datagram came back that is no DNS message.
    #[error("the answer to the {asked} question for {name} cannot be read: {problem}")]
    UnreadableAnswer {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// What the reader says.
        problem: String,
    },
    /// A DNS answer carries another identifier than the question.
    #[error("an answer came with identifier {got:#06x} to the {asked} question {expected:#06x} for {name}")]
    ForeignIdentifier {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// The question's identifier.
        expected: u16,
        /// The answer's identifier.
        got: u16,
    },
    /// A DNS answer repeats another question, or none, or is a question itself.
    #[error("an answer to another question came to the {asked} question for {name}")]
    OtherQuestion {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
    },
    /// A DNS answer holds a record of a type that was not asked for.
    #[error("the {asked} question for {name} was answered with a record of type {got}")]
    UnaskedRecord {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// The type that came.
        got: String,
    },
    /// A DNS answer holds a record of another owner name.
    #[error("the {asked} question for {name} was answered with a record of {owner}")]
    OtherOwner {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// The record's owner name.
        owner: String,
    },
    /// A DNS answer says that something is wrong.
    #[error("the {asked} question for {name} was answered with the error \"{code}\"")]
    QuestionFailed {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
        /// The response code in words.
        code: String,
    },
    /// A DNS answer says of itself that it is not whole.
    #[error(
        "the answer to the {asked} question for {name} is marked as truncated, so it is asked again over TCP"
    )]
    Truncated {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
    },
    /// A DNS question was not answered while the check that asked it ran.
    #[error("the {asked} question for {name} was not answered")]
    Unanswered {
        /// The name asked for.
        name: String,
        /// The type asked for.
        asked: String,
    },
    /// A reply to a check cannot be read as HTTP.
    #[error("the reply to the check of {host} cannot be read: {problem}")]
    UnreadableReply {
        /// The host that the check asked.
        host: String,
        /// What the reader says.
        problem: BadReply,
    },
    /// The owner reached for something that this phone does not show at this moment.
    #[error("this phone shows nothing that answers to: {0}")]
    NothingToPress(&'static str),
}
