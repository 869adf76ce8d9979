//! Writes markup and texts as `build.rs` has compiled them, and fills in what the device knows.
//!
//! Text from outside is escaped here as it is filled in, and written nowhere else in this file.

use core::fmt;
use core::net::Ipv4Addr;

use super::context::PageContext;
use super::language::{Language, Text, slot};
use crate::byte_window::ByteWindow;
use crate::csrf_token::CsrfToken;
use crate::escape::{put_hex, put_shown};
use crate::http::{Authority, Location};
use crate::limits::CSRF_TOKEN_BYTES;
use crate::text::Dotted;

/// What slots are filled with. A slot that a piece of markup does not name is not read.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    /// The device's name, or the application's for it.
    pub(super) name: &'a [u8],
    pub(super) network: &'a [u8],
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    /// The device's name on the home network, without `.local`; empty if it has none.
    pub(super) host: &'a str,
    pub(super) token: CsrfToken,
    pub(super) most: u8,
    pub(super) min: i32,
    pub(super) max: i32,
    /// A field's name, label and value, and the hint below it.
    pub(super) id: &'a str,
    pub(super) label: &'a str,
    pub(super) value: &'a [u8],
    pub(super) hint: &'a str,
}

/// A page under way.
pub(super) struct Writer<'a, 'w, 'b> {
    pub(super) out: &'w mut ByteWindow<'b>,
    pub(super) language: Language,
    pub(super) facts: Facts<'a>,
    /// Names are written without the markup around them, as a title takes none.
    bare: bool,
}

impl<'a, 'w, 'b> Writer<'a, 'w, 'b> {
    /// In this language, about no network.
    pub(super) const fn new(language: Language, out: &'w mut ByteWindow<'b>) -> Self {
        let facts = Facts {
            name: b"",
            network: b"",
            address: Ipv4Addr::UNSPECIFIED,
            port: 80,
            host: "",
            token: CsrfToken::new([0; CSRF_TOKEN_BYTES]),
            most: 0,
            min: 0,
            max: 0,
            id: "",
            label: "",
            value: b"",
            hint: "",
        };
        Self { out, language, facts, bare: false }
    }

    /// About this device.
    pub(super) fn about(context: &PageContext<'a>, out: &'w mut ByteWindow<'b>) -> Self {
        let mut writer = Self::new(context.language, out);
        writer.facts.name = context.shown_name();
        writer.facts.host = context.host_name;
        writer.facts.token = context.csrf_token;
        writer
    }

    /// Writes markup.
    pub(super) fn put(&mut self, markup: &[u8]) {
        let mut rest = markup;
        while let Some((&length, after)) = rest.split_first() {
            if length > 0 {
                let Some((literal, after)) = after.split_at_checked(length.into()) else { return };
                self.out.put(literal);
                rest = after;
            } else {
                match after.split_first() {
                    None | Some((0, _)) => return,
                    Some((&code, after)) => {
                        self.fill(code);
                        rest = after;
                    }
                }
            }
        }
    }

    /// Writes a text.
    pub(super) fn text(&mut self, text: Text) {
        self.put(self.language.pieces(text));
    }

    /// The same where no markup may be.
    pub(super) fn text_bare(&mut self, text: Text) {
        self.bare = true;
        self.text(text);
        self.bare = false;
    }

    /// Writes the markup if that is so.
    pub(super) fn put_if(&mut self, so: bool, markup: &[u8]) {
        if so {
            self.put(markup);
        }
    }

    fn fill(&mut self, code: u8) {
        let facts = self.facts;
        match code {
            slot::LANG => self.out.put(self.language.tag().as_bytes()),
            slot::DIR => self.out.put(self.language.direction().as_bytes()),
            slot::NAME => self.isolated(facts.name),
            slot::NETWORK => self.isolated(facts.network),
            slot::HEX => put_hex(facts.value, self.out),
            slot::ADDRESS => ignore(Dotted(facts.address).write(self.out)),
            slot::URL => self.url(),
            slot::LINK => {
                self.out.put(b"<a href=\"");
                self.url();
                self.out.put(b"\" dir=\"ltr\">");
                self.url();
                self.out.put(b"</a>");
            }
            slot::LOCAL => {
                self.out.put(facts.host.as_bytes());
                self.out.put(b".local");
            }
            slot::TOKEN => put_hex(&facts.token.bytes(), self.out),
            slot::MOST => self.out.put_number(facts.most.into()),
            slot::MIN => self.number(facts.min),
            slot::MAX => self.number(facts.max),
            slot::ID => put_shown(facts.id.as_bytes(), self.out),
            slot::LABEL => put_shown(facts.label.as_bytes(), self.out),
            slot::VALUE => put_shown(facts.value, self.out),
            slot::HINT => put_shown(facts.hint.as_bytes(), self.out),
            text => self.put(self.language.pieces_of(text)),
        }
    }

    /// Isolated from the direction of the text around it.
    fn isolated(&mut self, name: &[u8]) {
        if self.bare {
            return put_shown(name, self.out);
        }
        self.out.put(b"<bdi>");
        put_shown(name, self.out);
        self.out.put(b"</bdi>");
    }

    fn url(&mut self) {
        let Facts { address, port, .. } = self.facts;
        let authority = Some(Authority::Address(address));
        ignore(Location { authority, port, ..Location::path("/") }.write(self.out));
    }

    fn number(&mut self, number: i32) {
        if number < 0 {
            self.out.put(b"-");
        }
        self.out.put_number(number.unsigned_abs() as usize);
    }
}

/// A window takes everything: what does not fit is counted and left out.
fn ignore(written: fmt::Result) {
    let _ = written;
}
