//! Why a request brought no reply.

/// Why a check got no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The name has no address, or nobody said.
    #[error("the name has no address")]
    NameUnresolved,
    /// The connection was refused.
    #[error("the connection was refused")]
    Refused,
    /// There is no way to the host.
    #[error("the host cannot be reached")]
    Unreachable,
    /// The connection was reset.
    #[error("the connection was lost")]
    Lost,
    /// The connection ended in an orderly way, and the reply had not.
    #[error("the connection ended before the reply did")]
    Ended,
    /// What came is not HTTP.
    #[error("the reply is not HTTP")]
    NotHttp,
    /// Nothing came in time.
    #[error("nothing came in time")]
    Timeout,
    /// The TLS handshake failed.
    #[error("the TLS handshake failed")]
    Untrusted,
    /// The name has a private address, and this client does not ask such a one.
    #[error("the name has a private address")]
    PrivateAddress,
}
