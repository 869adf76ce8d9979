//! The first message of a TLS handshake, ClientHello (RFC 5246 section 7.4.1.2), which makes a server say something
//! if it speaks TLS at all. Nothing of the handshake goes on from here, so its random bytes are none.

/// What a server of TLS 1.2 understands; one of 1.3 alone answers with an alert, which is an answer too.
const VERSION: [u8; 2] = [3, 3];
/// ECDHE with AES-128-GCM, by ECDSA and by RSA, and RSA alone.
const CIPHER_SUITES: [u8; 6] = [0xc0, 0x2b, 0xc0, 0x2f, 0x00, 0x9c];
/// X25519 and P-256.
const GROUPS: [u8; 4] = [0, 0x1d, 0, 0x17];
/// ECDSA on P-256, RSA-PSS and RSA, with SHA-256.
const SIGNATURES: [u8; 6] = [4, 3, 8, 4, 4, 1];

/// A ClientHello for this host.
pub(super) fn client_hello(server_name: &str) -> Vec<u8> {
    let name = with_length(&[&[0][..], &with_length(server_name.as_bytes())].concat());
    let extensions = [
        extension(0, &name),
        extension(10, &with_length(&GROUPS)),
        extension(11, &[1, 0]),
        extension(13, &with_length(&SIGNATURES)),
    ]
    .concat();
    let random = [0; 32];
    let no_session = [0];
    let no_compression = [1, 0];
    let hello = [
        VERSION.as_slice(),
        &random,
        &no_session,
        &with_length(&CIPHER_SUITES),
        &no_compression,
        &with_length(&extensions),
    ]
    .concat();
    let handshake = [&[1, 0][..], &with_length(&hello)].concat();
    [&[22, 3, 1][..], &with_length(&handshake)].concat()
}

fn extension(number: u8, content: &[u8]) -> Vec<u8> {
    [&[0, number][..], &with_length(content)].concat()
}

/// `bytes` behind their length in two bytes. A host name is too short to overflow it.
fn with_length(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_lengths_fit_into_each_other() {
        let hello = client_hello("connectivitycheck.gstatic.com");
        assert_eq!(hello[..3], [22, 3, 1]);
        assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
        assert_eq!(hello[5..7], [1, 0]);
        assert_eq!(usize::from(u16::from_be_bytes([hello[7], hello[8]])), hello.len() - 9);
        assert!(hello.windows(29).any(|name| name == b"connectivitycheck.gstatic.com"));
    }
}
