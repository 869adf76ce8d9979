//! What a call returns: 0 or more is an answer, less is an error, and nothing was done then.

/// Why a call was refused. Nothing has happened then, and no place for results was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Error {
    /// A pointer that must not be null is.
    Null = -1,
    /// A pointer is not aligned as what it points to must be.
    Misaligned = -2,
    /// There are fewer bytes than VESTIBULE_PORTAL_SIZE, or a buffer has no room for what is to be put there.
    TooSmall = -3,
    /// A length is beyond what a program can have, or beyond the bound that is said at the call.
    TooLong = -4,
    /// Places that must be apart overlap: a buffer with the portal's memory, or what is read with what is written.
    Overlap = -5,
    /// This is no portal: one that has ended, that was moved, or memory that was never one.
    NotAPortal = -6,
    /// The memory is not all zero at its beginning: there may be a portal, which has to end first.
    InUse = -7,
    /// A call from within a callback, or from another thread while one runs.
    Busy = -8,
    /// The moment is before that of an earlier call.
    WentBack = -9,
    /// The calls came in the wrong order: a connection that is open was opened, or one that is not was used.
    Order = -10,
    /// A number stands for nothing that is known here: a kind, a connection, an index.
    Number = -11,
    /// A text is not UTF-8, or has characters that cannot stand there.
    Text = -12,
    /// A passphrase of the device's own is too weak, too short or too long.
    Passphrase = -13,
    /// A callback that there must be is missing.
    Callback = -14,
    /// The header is of another version, or was compiled with other types, than the library.
    Layout = -15,
    /// The tables of the application have more entries than VESTIBULE_MAX_* say, or a field has a name of the portal's own.
    Table = -16,
    /// The handle of a callback was used after the callback has returned, or for something else.
    Scope = -17,
}

/// The answer or the error as C gets it.
pub(crate) type Answer = Result<i32, Error>;

/// "No", "nothing", or "done".
pub(crate) const NO: Answer = Ok(0);

/// "Yes", or "here is one".
pub(crate) const YES: Answer = Ok(1);

/// The number for C.
pub(crate) fn number(answer: Answer) -> i32 {
    answer.unwrap_or_else(|error| error as i32)
}

/// "Yes" or "no".
pub(crate) fn whether(so: bool) -> Answer {
    Ok(so.into())
}
