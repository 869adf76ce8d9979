//! Whom a phone trusts: in a simulated world its authority, and on a real network those that phones have, besides any
//! that is named.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::authority;
use super::client::Client;
use super::simulation::{self, FixedTime};

/// Why a file of authorities is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// It cannot be read, or is no PEM.
    #[error("{}: {why}: expected certificates in PEM", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It has no certificate.
    #[error("{}: no certificate is in it: expected those of authorities in PEM", .0.display())]
    Empty(PathBuf),
}

/// What a phone's TLS connections begin with: whom it trusts, and where its random bytes come from.
///
/// It is kept for as long as the program runs, so that it can be handed on like a number.
#[derive(Clone, Copy, Debug)]
pub struct Trust(&'static ClientConfigs);

#[derive(Debug)]
struct ClientConfigs {
    verifying: Arc<ClientConfig>,
    /// For clients that take every certificate.
    lenient: Arc<ClientConfig>,
}

impl Trust {
    /// On a real network: the authorities of Mozilla's list, which phones' own lists are much like.
    #[must_use]
    pub fn public() -> Self {
        static TRUST: LazyLock<Trust> = LazyLock::new(|| Trust::on_a_network(public_roots()));
        *TRUST
    }

    /// Those, and the authorities in these files (PEM).
    ///
    /// # Errors
    /// A file that has no certificates.
    pub fn public_and(files: &[PathBuf]) -> Result<Self, TrustError> {
        let mut roots = public_roots();
        for path in files {
            let wrong = |why: String| TrustError::Pem { path: path.clone(), why };
            let certificates =
                CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
            let before = roots.len();
            for certificate in certificates {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
            if roots.len() == before {
                return Err(TrustError::Empty(path.clone()));
            }
        }
        Ok(Self::on_a_network(roots))
    }

    fn on_a_network(roots: RootCertStore) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Self::new(&provider, &(Arc::new(DefaultTimeProvider) as _), roots)
    }

    /// In a simulated world.
    pub(crate) fn simulated() -> Self {
        static TRUST: LazyLock<Trust> = LazyLock::new(|| {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(authority::authority());
            Trust::new(&simulation::client_provider(), &(Arc::new(FixedTime) as _), roots)
        });
        *TRUST
    }

    fn new(provider: &Arc<CryptoProvider>, time: &Arc<dyn TimeProvider>, roots: RootCertStore) -> Self {
        let config = || {
            ClientConfig::builder_with_details(Arc::clone(provider), Arc::clone(time))
                .with_safe_default_protocol_versions()
                .unwrap_or_else(|error| unreachable!("a provider of ring's ciphers: {error}"))
        };
        let every_certificate = Arc::new(EveryCertificate(Arc::clone(provider)));
        let verifying = config().with_root_certificates(roots).with_no_client_auth();
        let lenient =
            config().dangerous().with_custom_certificate_verifier(every_certificate).with_no_client_auth();
        let configs = ClientConfigs { verifying: settled(verifying), lenient: settled(lenient) };
        Self(Box::leak(Box::new(configs)))
    }

    /// The client of a connection to a host of this name, which sends `request` after the handshake. `verifies`:
    /// whether it minds whose certificate it is shown.
    pub(crate) fn client(self, name: &str, request: Vec<u8>, verifies: bool) -> Client {
        let config = if verifies { &self.0.verifying } else { &self.0.lenient };
        // What cannot be a name of DNS is none in a certificate either: no name is sent, and none fits.
        let name = ServerName::try_from(name.to_owned())
            .unwrap_or_else(|_| ServerName::IpAddress(Ipv4Addr::UNSPECIFIED.into()));
        let connection = ClientConnection::new(Arc::clone(config), name)
            .unwrap_or_else(|error| unreachable!("a name and a configuration without ALPN: {error}"));
        Client::new(connection, request)
    }
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// Every handshake is a whole one, as a check's first is.
fn settled(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

/// For clients that take every certificate, as some systems' checks do. Signatures are checked all the same.
#[derive(Debug)]
struct EveryCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for EveryCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
