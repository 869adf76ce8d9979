//! What the label on the device says to a phone's camera: the `WIFI:` text of a QR code that joins
//! the access point, and the address of a second one that brings the label's code to the page.
//!
//! It makes the texts and no picture. They hold the passphrase and the code, which a label is for; print them,
//! do not log them.
//!
//! The rules are those of ZXing's "Barcode Contents": fields `T`, `S`, `P` and `H`, and a backslash
//! before each of `\ ; , : "`. It is a description by those who invented the text, not a standard, so
//! what the reader in Android's settings does decides where they differ (grade A: `WifiQrCode` of
//! com.android.settings, decompiled from Android 10):
//!
//! - ZXing has names that could be hexadecimal put in quotes. Android's reader takes the quotes for a
//!   part of the name, so none are written.
//! - Android's reader takes a semicolon after any backslash for an escaped one, so a name or
//!   passphrase that ends with a backslash cannot be written, and is refused.
//! - Android's reader knows `WPA` and `SAE`. `WPA` is written for an access point with WPA2, with or without
//!   WPA3. Whether a phone joins one of WPA3 alone by it is unverified; [`Label::sae`] writes `SAE` for those.
//!
//! How iPhones read any of this is unverified. That their sheet waits after such a join until Wi-Fi settings or Safari
//! are in front is known (grade A-), so a label says beside the code what to open. It also says what an owner does
//! whose home has another network: unplug the device and plug it in again ([`crate::MayOpen::AfterPowerUp`]).

use core::fmt::{self, Write};
use core::net::Ipv4Addr;

use crate::passphrase::Passphrase;
use crate::ssid::Ssid;
use crate::text::{Dotted, Hex};

/// The text of a label. `Display` writes it.
///
/// ```
/// use vestibule_core::label::Label;
/// use vestibule_core::{Passphrase, Ssid};
///
/// let ssid = Ssid::new(b"Lamp; 4F2A").unwrap();
/// let passphrase = Passphrase::new(b"correct horse").unwrap();
/// let label = Label::new(&ssid, &passphrase)?;
/// assert_eq!(label.to_string(), r"WIFI:T:WPA;S:Lamp\; 4F2A;P:correct horse;;");
/// # Ok::<(), vestibule_core::label::BadLabel>(())
/// ```
#[derive(Clone, Copy)]
pub struct Label<'a> {
    ssid: &'a str,
    passphrase: &'a str,
    hidden: bool,
    sae: bool,
}

impl<'a> Label<'a> {
    /// A label for an access point that anybody can see; without a passphrase it is an open one.
    ///
    /// # Errors
    /// [`BadLabel`]: a QR code carries text, so name and passphrase must be UTF-8, end with no
    /// backslash, and the name not be empty.
    pub fn new(ssid: &'a Ssid, passphrase: &'a Passphrase) -> Result<Self, BadLabel> {
        let text = |bytes| core::str::from_utf8(bytes).ok().filter(|text| !text.ends_with('\\'));
        Ok(Self {
            ssid: text(ssid.as_bytes()).filter(|ssid| !ssid.is_empty()).ok_or(BadLabel::Name)?,
            passphrase: text(passphrase.expose()).ok_or(BadLabel::Passphrase)?,
            hidden: false,
            sae: false,
        })
    }

    /// The same for an access point that does not tell its name.
    ///
    /// ```
    /// use vestibule_core::label::Label;
    /// use vestibule_core::{Passphrase, Ssid};
    ///
    /// let (ssid, passphrase) = (Ssid::new(b"Lamp").unwrap(), Passphrase::new(b"correct horse").unwrap());
    /// let label = Label::new(&ssid, &passphrase)?.hidden().sae();
    /// assert_eq!(label.to_string(), "WIFI:T:SAE;S:Lamp;P:correct horse;H:true;;");
    /// # Ok::<(), vestibule_core::label::BadLabel>(())
    /// ```
    #[must_use]
    pub const fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    /// The same for an access point that takes WPA3 alone.
    #[must_use]
    pub const fn sae(self) -> Self {
        Self { sae: true, ..self }
    }
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.passphrase.is_empty();
        f.write_str(match (open, self.sae) {
            (true, _) => "WIFI:T:nopass;S:",
            (false, false) => "WIFI:T:WPA;S:",
            (false, true) => "WIFI:T:SAE;S:",
        })?;
        write_field(f, self.ssid)?;
        if !open {
            f.write_str(";P:")?;
            write_field(f, self.passphrase)?;
        }
        f.write_str(if self.hidden { ";H:true;;" } else { ";;" })
    }
}

/// Leaves the passphrase out.
impl fmt::Debug for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Label({:?})", self.ssid)
    }
}

fn write_field(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.chars().try_for_each(|character| {
        if matches!(character, '\\' | ';' | ',' | ':' | '"') {
            f.write_char('\\')?;
        }
        f.write_char(character)
    })
}

/// The text of a label's second code: the portal's address with the label's code after `#`. A browser sends
/// nothing of that; the page's script puts it into the key that seals the form (`docs/sealed.md`).
///
/// It is a code of its own because a `WIFI:` text has no room for an address. A label says beside it that it is the
/// second step, for a phone that has joined.
///
/// ```
/// use core::net::Ipv4Addr;
/// use vestibule_core::label::CodeAddress;
///
/// let second = CodeAddress::new(Ipv4Addr::new(192, 168, 4, 1), b"h7rk 2mwq")?;
/// assert_eq!(second.to_string(), "http://192.168.4.1/#h7rk%202mwq");
/// # Ok::<(), vestibule_core::label::BadLabel>(())
/// ```
#[derive(Clone, Copy)]
pub struct CodeAddress<'a> {
    address: Ipv4Addr,
    code: &'a str,
}

impl<'a> CodeAddress<'a> {
    /// For a portal at this address, port 80, and what [`crate::Config::code_on_label`] exposes.
    ///
    /// # Errors
    /// [`BadLabel::Passphrase`]: the code must be text and not be empty.
    pub fn new(address: Ipv4Addr, code: &'a [u8]) -> Result<Self, BadLabel> {
        let code = core::str::from_utf8(code).ok().filter(|code| !code.is_empty());
        Ok(Self { address, code: code.ok_or(BadLabel::Passphrase)? })
    }
}

impl fmt::Display for CodeAddress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}/#", Dotted(self.address))?;
        // Only what means itself everywhere in an address stays as it is (RFC 3986 section 2.3).
        self.code.bytes().try_for_each(|byte| match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                f.write_char(char::from(byte))
            }
            byte => write!(f, "%{}", Hex(&[byte])),
        })
    }
}

/// Leaves the code out.
impl fmt::Debug for CodeAddress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeAddress({})", Dotted(self.address))
    }
}

/// Why there is no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadLabel {
    /// The network's name is empty, not UTF-8, or ends with a backslash.
    Name,
    /// The passphrase is not UTF-8, or ends with a backslash.
    Passphrase,
}

impl fmt::Display for BadLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "a label needs a network name that is text and does not end with a backslash",
            Self::Passphrase => "a label needs a passphrase that is text and does not end with a backslash",
        })
    }
}

impl core::error::Error for BadLabel {}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn label(ssid: &str, passphrase: &str) -> String {
        let (ssid, passphrase) = values(ssid, passphrase);
        Label::new(&ssid, &passphrase).unwrap().to_string()
    }

    fn values(ssid: &str, passphrase: &str) -> (Ssid, Passphrase) {
        (Ssid::new(ssid.as_bytes()).unwrap(), Passphrase::new(passphrase.as_bytes()).unwrap())
    }

    #[test]
    fn labels() {
        assert_eq!(label("Lamp", ""), "WIFI:T:nopass;S:Lamp;;");
        assert_eq!(label(r#"a\b;c,d:e"f"#, "12345678x"), r#"WIFI:T:WPA;S:a\\b\;c\,d\:e\"f;P:12345678x;;"#);
        assert_eq!(label("cafe", "01234567"), "WIFI:T:WPA;S:cafe;P:01234567;;", "no quotes");
        assert_eq!(label("Café 😀", "pass; word"), r"WIFI:T:WPA;S:Café 😀;P:pass\; word;;");
        let (ssid, passphrase) = values("Lamp", "12345678x");
        let hidden = Label::new(&ssid, &passphrase).unwrap().hidden();
        assert_eq!(hidden.to_string(), "WIFI:T:WPA;S:Lamp;P:12345678x;H:true;;");
        let wpa3 = Label::new(&ssid, &passphrase).unwrap().sae();
        assert_eq!(wpa3.to_string(), "WIFI:T:SAE;S:Lamp;P:12345678x;;");
        assert_eq!(std::format!("{hidden:?}"), "Label(\"Lamp\")");
    }

    #[test]
    fn what_is_not_text() {
        let (lamp, secret) = values("Lamp", "12345678x");
        assert_eq!(Label::new(&Ssid::EMPTY, &secret).err(), Some(BadLabel::Name));
        assert_eq!(Label::new(&Ssid::new(b"\xff").unwrap(), &secret).err(), Some(BadLabel::Name));
        assert_eq!(Label::new(&Ssid::new(b"a\\").unwrap(), &secret).err(), Some(BadLabel::Name));
        let slash = Passphrase::new(b"1234567\\").unwrap();
        assert_eq!(Label::new(&lamp, &slash).err(), Some(BadLabel::Passphrase));
        let bytes = Passphrase::new(b"\xff2345678").unwrap();
        assert_eq!(Label::new(&lamp, &bytes).err(), Some(BadLabel::Passphrase));
    }

    /// A field as Android's settings read it: cut at every semicolon that has no backslash before it,
    /// then one backslash of each escape dropped.
    fn read(text: &str, name: &str) -> String {
        let mut fields: Vec<String> = std::vec![String::new()];
        let mut before = ' ';
        for character in text.strip_prefix("WIFI:").unwrap().chars() {
            if character == ';' && before != '\\' {
                fields.push(String::new());
            } else {
                fields.last_mut().unwrap().push(character);
            }
            before = character;
        }
        let field = fields.iter().find_map(|field| field.strip_prefix(name)).expect("no such field");
        let mut value = String::new();
        let mut characters = field.chars();
        while let Some(character) = characters.next() {
            value.extend(if character == '\\' { characters.next() } else { Some(character) });
        }
        value
    }

    #[test]
    fn a_second_code_has_the_labels_code_after_the_address() {
        let address = |code| {
            let second = CodeAddress::new(Ipv4Addr::new(10, 0, 0, 1), code).unwrap();
            assert_eq!(std::format!("{second:?}"), "CodeAddress(10.0.0.1)");
            second.to_string()
        };
        assert_eq!(address(b"h7rk-2mwq-9xtz"), "http://10.0.0.1/#h7rk-2mwq-9xtz");
        assert_eq!(address("a#b%c+é".as_bytes()), "http://10.0.0.1/#a%23b%25c%2b%c3%a9");
        for none in [&b""[..], b"\xff2345678"] {
            assert_eq!(
                CodeAddress::new(Ipv4Addr::LOCALHOST, none).err(),
                Some(BadLabel::Passphrase),
                "{none:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_phone_reads_what_was_meant(ssid in "[ -~é]{0,15}[ -\\[\\]-~]", passphrase in "[ -~]{7,62}[!-Z]") {
            let text = label(&ssid, &passphrase);
            prop_assert_eq!(read(&text, "T:"), "WPA");
            prop_assert_eq!(read(&text, "S:"), ssid);
            prop_assert_eq!(read(&text, "P:"), passphrase);
            prop_assert!(text.ends_with(";;"));
        }
    }
}
