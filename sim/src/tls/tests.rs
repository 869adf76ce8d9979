//! Handshakes of a phone with servers that are right and wrong, and with what is no server of TLS.

use std::io::Write as _;

use super::{Client, ClientEvent, HandshakeProblem, ServerCertificate, Trust, exchange, self_signed_server};

const NAME: &str = "connectivitycheck.example";
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
const REPLY: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

fn client(trust: &Trust, verifies: bool) -> Client {
    trust.client(NAME, REQUEST.to_vec(), verifies)
}

/// What comes of a handshake with a server that has such a certificate.
fn met(certificate: ServerCertificate, verifies: bool) -> Vec<ClientEvent> {
    let mut server = certificate.server(NAME, REPLY.to_vec()).unwrap();
    exchange(&mut client(&Trust::simulated(), verifies), &mut server)
}

fn a_reply() -> Vec<ClientEvent> {
    vec![ClientEvent::Established, ClientEvent::Received(REPLY.to_vec()), ClientEvent::Closed]
}

#[test]
fn a_certificate_is_trusted_for_its_name_in_its_time() {
    use HandshakeProblem::{OutOfTime, UnknownIssuer, WrongName};
    assert_eq!(met(ServerCertificate::Trusted, true), a_reply());
    for (certificate, problem) in [
        (ServerCertificate::SelfSigned, UnknownIssuer),
        (ServerCertificate::WrongName, WrongName),
        (ServerCertificate::Expired, OutOfTime),
    ] {
        assert_eq!(met(certificate, true), [ClientEvent::Failed(problem)]);
        assert_eq!(met(certificate, false), a_reply(), "who verifies none takes it");
    }
}

#[test]
fn a_certificate_may_be_for_an_address() {
    for (address, fits) in [("192.168.4.1", true), ("192.168.4.2", false)] {
        let mut client = Trust::simulated().client(address, REQUEST.to_vec(), true);
        let mut server = ServerCertificate::Trusted.server("192.168.4.1", REPLY.to_vec()).unwrap();
        assert_eq!(exchange(&mut client, &mut server) == a_reply(), fits, "{address}");
    }
}

#[test]
fn what_is_no_handshake_fails_with_its_reason() {
    for (answer, problem) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], HandshakeProblem::NotTls),
        (&[21, 3, 3, 0, 2, 2, 40], HandshakeProblem::Alert),
    ] {
        let mut client = client(&Trust::simulated(), true);
        client.take_bytes();
        assert_eq!(client.receive(answer), [ClientEvent::Failed(problem)]);
        assert_eq!(client.receive(answer), [], "it is over");
    }
    let mut silent = client(&Trust::simulated(), true);
    assert!(silent.receive(&[]).is_empty());
}

#[test]
fn who_minds_a_certificate_says_so_in_an_alert() {
    let mut client = client(&Trust::simulated(), true);
    let mut server = ServerCertificate::SelfSigned.server(NAME, Vec::new()).unwrap();
    server.receive(&client.take_bytes());
    client.receive(&server.take_bytes());
    // Encrypted by now, as TLS 1.3 has it: a record of application data, after the change of ciphers.
    let alert = client.take_bytes();
    assert_eq!(alert[..3], [20, 3, 3]);
    assert!(alert.len() > 6 && alert[6] == 23, "{alert:?}");
}

#[test]
fn the_first_message_names_the_host_and_is_the_same_in_every_simulated_world() {
    let hello = || client(&Trust::simulated(), true).take_bytes();
    assert_eq!(hello()[..2], [22, 3]);
    assert!(hello().windows(NAME.len()).any(|name| name == NAME.as_bytes()));
    assert_eq!(hello(), hello());
    let on_a_network = || client(&Trust::public(), true).take_bytes();
    assert_ne!(on_a_network(), on_a_network());
}

#[test]
fn both_ends_of_a_simulated_handshake_say_the_same_bytes_each_time() {
    let conversation = || {
        let mut client = client(&Trust::simulated(), true);
        let mut server = ServerCertificate::Trusted.server(NAME, REPLY.to_vec()).unwrap();
        let mut said = Vec::new();
        for _ in 0..4 {
            let sent = client.take_bytes();
            server.receive(&sent);
            let answered = server.take_bytes();
            client.receive(&answered);
            said.push((sent, answered));
        }
        said
    };
    assert_eq!(conversation(), conversation());
}

#[test]
fn a_piece_at_a_time_comes_to_the_same() {
    let mut client = client(&Trust::simulated(), true);
    let mut server = ServerCertificate::Trusted.server(NAME, REPLY.to_vec()).unwrap();
    let mut events = Vec::new();
    for _ in 0..4 {
        for byte in client.take_bytes() {
            server.receive(&[byte]);
        }
        for byte in server.take_bytes() {
            events.extend(client.receive(&[byte]));
        }
    }
    assert_eq!(events, a_reply());
}

#[test]
fn clients_that_are_no_models_complete_a_handshake_if_they_verify_none() {
    let met = |verifies| {
        let mut server = self_signed_server("portal.example").unwrap();
        exchange(&mut client(&Trust::public(), verifies), &mut server)
    };
    assert_eq!(met(false), [ClientEvent::Established, ClientEvent::Closed]);
    assert_eq!(met(true), [ClientEvent::Failed(HandshakeProblem::UnknownIssuer)]);
}

#[test]
fn an_authority_of_ones_own_comes_from_a_file() {
    let file = |text: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    };
    let said = |text| {
        let file = file(text);
        Trust::public_and(&[file.path().to_owned()]).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(said(OWN_AUTHORITY), Ok(()));
    assert!(
        said("no certificate")
            .unwrap_err()
            .ends_with("no certificate is in it: expected those of authorities in PEM")
    );
    let broken = OWN_AUTHORITY.replace("MII", "!!!");
    assert!(said(&broken).unwrap_err().ends_with("expected certificates in PEM"));
    assert!(Trust::public_and(&["/no/such/file".into()]).is_err());
}

/// Of an authority whose key nobody has.
const OWN_AUTHORITY: &str = "\
-----BEGIN CERTIFICATE-----
MIIBiDCCAS2gAwIBAgIUKK5ZEjuv5SkSRf2t4O+AqwHKwLMwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNT3duIGF1dGhvcml0eTAgFw0yNjExMjkxODUwNThaGA8yMDUx
MDcyMTE4NTA1OFowGDEWMBQGA1UEAwwNT3duIGF1dGhvcml0eTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABDtJKmosiNI5D8KMGy5YsoHuJeTMnL6jFuFR34N3VUvW
hriPImaFLD4SmWF8kUfDm45C/NCMfm6zar+gCdDdytKjUzBRMB0GA1UdDgQWBBSZ
6PAB4QiVXII+zvWYVyJtX113nzAfBgNVHSMEGDAWgBSZ6PAB4QiVXII+zvWYVyJt
X113nzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCQjgzQQgO/
Pj3kjlrlRPXu3Z6JlWNsXEMkInNWogwdigIhANRVNuAapI/sC3tGMD/1dgPs6HRI
flhW41tJYIq44mOX
-----END CERTIFICATE-----
";
