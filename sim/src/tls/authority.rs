//! The certificates of simulated hosts: of an authority that simulated phones trust, and such as no phone takes.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, PKCS_ED25519,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::server::Server;
use super::simulation::{self, FixedTime};

/// The key of the authority and that of all its servers. They sign for nobody but simulated hosts.
const AUTHORITY_KEY: u8 = 1;
const SERVER_KEY: u8 = 2;

/// An Ed25519 key in PKCS #8 (RFC 8410 section 7) up to its 32 bytes.
const ED25519_KEY: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// What is right or wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerCertificate {
    /// Signed by the authority that simulated phones trust, for the name, in its time.
    Trusted,
    /// Signed by itself.
    SelfSigned,
    /// Trusted, for another name.
    WrongName,
    /// Trusted once.
    Expired,
}

impl ServerCertificate {
    /// A server that has such a certificate for `name` and answers with `reply`.
    ///
    /// `None` where no certificate can be for such a name.
    pub(crate) fn server(self, name: &str, reply: Vec<u8>) -> Option<Server> {
        Server::new(Arc::new(self.config(name)?), reply)
    }

    fn config(self, name: &str) -> Option<ServerConfig> {
        let key = key(SERVER_KEY);
        let name = if self == Self::WrongName { "other.example" } else { name };
        let mut certificate = params(vec![name.to_owned()], name)?;
        if self == Self::Expired {
            certificate.not_before = date_time_ymd(2020, 1, 1);
            certificate.not_after = date_time_ymd(2021, 1, 1);
        }
        let key_pair = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ED25519).ok()?;
        let certificate = if self == Self::SelfSigned {
            certificate.self_signed(&key_pair).ok()?
        } else {
            certificate.signed_by(&key_pair, &issuer()?).ok()?
        };
        let mut config =
            ServerConfig::builder_with_details(simulation::server_provider(), Arc::new(FixedTime))
                .with_safe_default_protocol_versions()
                .ok()?
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key))
                .ok()?;
        config.send_tls13_tickets = 0;
        Some(config)
    }
}

/// A server for clients that are no models: with a certificate of its own on P-256, which all of them know, made anew
/// and signed by itself. It closes once a handshake is over.
///
/// `None` where this machine has no random bytes.
pub(crate) fn self_signed_server(name: &str) -> Option<Server> {
    let key_pair = KeyPair::generate().ok()?;
    let certificate = params(vec![name.to_owned()], name)?.self_signed(&key_pair).ok()?;
    let key = PrivateKeyDer::Pkcs8(key_pair.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .ok()?;
    Server::new(Arc::new(config), Vec::new())
}

/// The certificate of the authority.
pub(super) fn authority() -> Option<CertificateDer<'static>> {
    let (params, key_pair) = authority_parts()?;
    params.self_signed(&key_pair).ok().map(|certificate| certificate.der().clone())
}

fn issuer() -> Option<Issuer<'static, KeyPair>> {
    let (params, key_pair) = authority_parts()?;
    Some(Issuer::new(params, key_pair))
}

fn authority_parts() -> Option<(CertificateParams, KeyPair)> {
    let mut authority = params(Vec::new(), "Simulated authority")?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key_pair = KeyPair::from_pkcs8_der_and_sign_algo(&key(AUTHORITY_KEY), &PKCS_ED25519).ok()?;
    Some((authority, key_pair))
}

fn params(names: Vec<String>, common_name: &str) -> Option<CertificateParams> {
    let mut params = CertificateParams::new(names).ok()?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    Some(params)
}

fn key(byte: u8) -> PrivatePkcs8KeyDer<'static> {
    [&ED25519_KEY[..], &[byte; 32]].concat().into()
}
