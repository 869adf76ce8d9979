//! What a page is written from besides what it alone knows: the device's name, the networks heard, and what the
//! application adds. Nothing is written here.

use core::fmt;
use core::net::Ipv4Addr;

use super::language::Language;
use crate::branding::Branding;
use crate::credentials::Values;
use crate::csrf_token::CsrfToken;
use crate::escape::Escaped;
use crate::fields::Field;
use crate::limits::SEALING_KEY_BYTES;
use crate::radio_capabilities::RadioCapabilities;
use crate::scan_record::ScanRecord;
use crate::ssid::Ssid;

/// What a page is written from besides its own fields.
#[derive(Clone, Copy)]
pub struct PageContext<'a> {
    /// The device's name, as its access point has it: bytes that are text as a rule.
    pub device_name: &'a [u8],
    /// The networks to offer: one record a name, strongest first. Those without a name are left
    /// out.
    pub networks: &'a [ScanRecord],
    /// Whether a scan is under way.
    pub scanning: bool,
    /// How many more were heard than the list holds.
    pub left_out: u16,
    /// What the forms carry, so that the portal recognises its own.
    pub csrf_token: CsrfToken,
    /// What the setup form is sealed for, where the device can open sealed forms.
    pub seal: Option<PageSeal<'a>>,
    /// The name under which the device answers on the home network, without `.local`; empty if it
    /// answers under none.
    pub host_name: &'a str,
    /// The language of the pages.
    pub language: Language,
    /// What the radio can do: what the pages say of it depends on that.
    pub radio: RadioCapabilities,
    /// Whether the portal opens after the device was unplugged and plugged in again, so that an owner is told.
    pub reopens: bool,
    /// The application's part.
    pub application: ApplicationContent<'a>,
}

/// How the setup page's script seals the form: `docs/sealed.md`.
#[derive(Clone, Copy, Debug)]
pub struct PageSeal<'a> {
    /// The device's public key.
    pub key: &'a [u8; SEALING_KEY_BYTES],
    /// The key may have the label's code in it: the page has a field for that.
    pub takes_code: bool,
    /// A form in clear is not taken: the page lets nobody fill it in without the script.
    pub required: bool,
}

impl<'a> PageContext<'a> {
    /// What the pages call the device.
    pub(super) fn shown_name(&self) -> &'a [u8] {
        match self.application.branding.name {
            "" => self.device_name,
            name => name.as_bytes(),
        }
    }
}

/// What the application adds to the pages.
///
/// ```
/// use vestibule_core::application::{Field, FieldKind};
/// use vestibule_core::pages::{ApplicationContent, Language, Branding, Page, PageContext, CsrfToken};
/// use vestibule_core::{Ssid, ByteWindow, RadioCapabilities};
///
/// let fields = [Field::new("broker", "MQTT broker", FieldKind::Text)];
/// let branding = Branding { name: "Aurora lamp", ..Branding::PLAIN };
/// let context = PageContext {
///     device_name: b"Lamp-4F2A",
///     networks: &[],
///     scanning: false,
///     left_out: 0,
///     csrf_token: CsrfToken::new([7; 16]),
///     seal: None,
///     host_name: "",
///     language: Language::ENGLISH,
///     radio: RadioCapabilities::DEFAULT,
///     reopens: true,
///     application: ApplicationContent { branding, fields: &fields, ..ApplicationContent::NONE },
/// };
/// let mut buffer = [0; 32_768];
/// let mut window = ByteWindow::new(0, &mut buffer);
/// Page::Setup { notice: None, chosen: Ssid::EMPTY }.write(&context, &mut window);
/// let page = String::from_utf8(window.written().to_vec()).unwrap();
/// assert!(page.contains("Aurora lamp") && page.contains("MQTT broker"));
/// ```
#[derive(Clone, Copy)]
pub struct ApplicationContent<'a> {
    /// Its name, colour and logo.
    pub branding: Branding,
    /// Its fields on the setup page.
    pub fields: &'a [Field],
    /// Their values.
    pub values: Option<&'a Values>,
    /// Whether the page's reader has entered these values: otherwise no secret among them is kept for a field that is
    /// left empty.
    pub own_values: bool,
    /// The form that was just refused, which the page shows again with what is wrong in it.
    pub entered: Option<&'a [u8]>,
    /// Writes what stands in place of the address on the result page, or nothing.
    pub result: Option<&'a WriteNote<'a>>,
}

/// Writes a text about a joined network and the device's address there.
pub type WriteNote<'a> = dyn Fn(Ssid, Ipv4Addr, &mut Escaped<'_, '_>) -> fmt::Result + 'a;

impl ApplicationContent<'_> {
    /// Nothing.
    pub const NONE: Self = Self {
        branding: Branding::PLAIN,
        fields: &[],
        values: None,
        own_values: false,
        entered: None,
        result: None,
    };
}
