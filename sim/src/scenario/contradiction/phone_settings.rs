//! What a phone's system does not have, or nobody has said of it: a setting of one system is refused for another,
//! so that no run pretends to know.

use toml::Spanned;

use super::super::PhoneSpec;
use super::Contradiction;
use crate::phone::{Model, PrivateDns};

/// The first setting that does not fit the phone's model.
pub(super) fn check(phone: &PhoneSpec, model: &Model) -> Result<(), Contradiction> {
    let refuse = |span, what: &str| Err((span, format!("{what} {}", model.name)));
    if *phone.private_dns.get_ref() != PrivateDns::Off && !model.has_private_dns() {
        return refuse(phone.private_dns.span(), "Private DNS is a setting of Android from 9 on, and not of");
    }
    let set = |setting: &Spanned<bool>| Some(setting.span()).filter(|_| *setting.get_ref());
    if let Some(span) = set(&phone.custom_tabs).filter(|_| !model.has_custom_tabs()) {
        return refuse(span, "a Custom Tab is in place of the sheet of Android from 12 on, and not of");
    }
    if let Some(span) = set(&phone.vpn).filter(|_| !model.is_known_under_vpn()) {
        return refuse(span, "nobody has said what a VPN that is always on does to the check of");
    }
    if let Some(span) = set(&phone.proxy).filter(|_| !model.is_known_under_proxy()) {
        return refuse(span, "nobody has said what the system's proxy does to the check of");
    }
    Ok(())
}
