//! What meets a phone that asks over HTTPS on the device's access point. The device itself speaks no TLS: this is
//! about what may stand in its place, and about a captive portal API with a certificate. Handshakes are genuine; what
//! they come to is the phone's business.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::tls::ServerCertificate;

/// What answers on port 443 of the device's access point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HttpsAnswer {
    /// Nobody: the connection is refused, as the device does.
    #[default]
    Refused,
    /// Nobody, and nothing says so.
    Silent,
    /// A reset in place of a handshake.
    Reset,
    /// A server whose certificate nobody signed but itself.
    SelfSigned,
    /// A server with a certificate that phones trust, for another name.
    WrongName,
    /// A server with a certificate for the name, which is over.
    Expired,
    /// A server that speaks HTTP without TLS there.
    PlainHttp,
    /// The internet: HTTPS is let through, HTTP is not. Its certificate is for the name, and phones trust it.
    Internet,
}

/// A certificate, and whether phones trust it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Certificate {
    /// It is of an authority that phones know, for the API's name, and in its time.
    #[default]
    Trusted,
    /// Nobody signed it but its own server.
    SelfSigned,
    /// It is for another name.
    WrongName,
    /// It is over.
    Expired,
}

impl Certificate {
    /// As the server has it.
    pub(crate) fn of_server(self) -> ServerCertificate {
        match self {
            Self::Trusted => ServerCertificate::Trusted,
            Self::SelfSigned => ServerCertificate::SelfSigned,
            Self::WrongName => ServerCertificate::WrongName,
            Self::Expired => ServerCertificate::Expired,
        }
    }
}

/// The server of the captive portal API that the device names (RFC 8908). Its fields are named as there.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CaptivePortalApiSpec {
    /// Its certificate.
    pub certificate: Certificate,
    /// The status of its reply.
    pub status: u16,
    /// The `Content-Type` of its reply.
    pub content_type: String,
    /// Whether it says that the phone is captive. Without it the reply has no such field, and is no valid one.
    pub captive: Option<bool>,
    /// The page that it sends the owner to.
    pub user_portal_url: Option<String>,
}

impl Default for CaptivePortalApiSpec {
    fn default() -> Self {
        Self {
            certificate: Certificate::Trusted,
            status: 200,
            content_type: "application/captive+json".into(),
            captive: None,
            user_portal_url: None,
        }
    }
}

impl CaptivePortalApiSpec {
    /// Its reply over HTTP.
    pub(crate) fn reply(&self) -> Vec<u8> {
        let mut fields = serde_json::Map::new();
        fields.extend(self.captive.map(|captive| ("captive".to_owned(), captive.into())));
        let page = self.user_portal_url.clone();
        fields.extend(page.map(|page| ("user-portal-url".to_owned(), page.into())));
        let body = serde_json::Value::Object(fields).to_string();
        let (status, content_type, length) = (self.status, &self.content_type, body.len());
        format!(
            "HTTP/1.1 {status} -\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        )
        .into_bytes()
    }
}
