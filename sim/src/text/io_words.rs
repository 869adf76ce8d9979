//! Why a file cannot be used, in words for who named it: without the numbers of an operating system.

use std::io::{Error, ErrorKind};

/// The reason as the end of a sentence.
pub(crate) fn io_words(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "this user may not".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::NotADirectory => "a part of its path is no folder".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "its file system is read-only".to_owned(),
        ErrorKind::StorageFull => "there is no room left".to_owned(),
        ErrorKind::AddrInUse => "another program has that port".to_owned(),
        ErrorKind::AddrNotAvailable => "it is no address of this machine".to_owned(),
        ErrorKind::InvalidData => "it is no text".to_owned(),
        _ => {
            let said = error.to_string();
            said.split(" (os error").next().unwrap_or_default().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_of_the_operating_system_is_left() {
        for number in 1..130 {
            let said = io_words(&Error::from_raw_os_error(number));
            assert!(!said.contains("os error") && !said.is_empty(), "{said}");
        }
        let missing = std::fs::read("surely/not/there").unwrap_err();
        assert_eq!(io_words(&missing), "there is no such file or folder");
    }
}
