//! How an owner understands a page: whether it asks for a network and a passphrase, where it offers
//! the owner's network, and whether it shows the result. An owner goes by what can be seen; a field's
//! name helps only where a page labels nothing.

use std::net::Ipv4Addr;

use url::{Host, Url};

use super::form::{Control, ControlKind, Form, HintedPart, Method, Request, Touch};
use super::page::{Page, as_seen};
use super::telling::{self, Word};

/// The result of a setup as its page says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupResult {
    /// The network that the device has joined, as the page shows its name.
    pub network: String,
    /// The device's address there.
    pub address: Ipv4Addr,
}

/// Why an owner cannot fill in a form that asks for a passphrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The network is not in the list, or cannot be picked, and its name cannot be typed.
    NetworkNotOffered,
    /// The form requires an answer that the owner does not have.
    Unanswered(String),
}

/// The form that asks for a network and its passphrase; for the passphrase alone, where the network was chosen on the
/// page before.
pub(crate) fn setup_form(page: &Page, is_chosen: bool) -> Option<&Form> {
    let asks = |form: &&Form| {
        form.url_encoded
            && passphrase_field(form).is_some()
            && (is_chosen || name_field(form).is_some() || has_list(form))
    };
    let is_hinted = |form: &&Form| form.controls.iter().any(|control| control.is(HintedPart::Passphrase));
    page.forms.iter().filter(is_hinted).find(asks).or_else(|| page.forms.iter().find(asks))
}

/// The link that is called as the network, on a page that lists networks so.
pub(crate) fn network_link(page: &Page, ssid: &[u8]) -> Option<Request> {
    let name = as_seen(&String::from_utf8_lossy(ssid));
    // A link to the page itself is a script's.
    let leads = |link: &&super::page::Link| {
        let is_called = as_seen(&link.text) == name || link.pieces.iter().any(|piece| as_seen(piece) == name);
        is_called && link.url.path() != page.url.path()
    };
    page.links.iter().filter(|_| !name.is_empty()).find(leads).map(super::page::Link::request)
}

/// The form that makes the device listen for networks again: one with a button and nothing to
/// answer.
pub(super) fn search_again(page: &Page) -> Option<&Form> {
    page.forms.iter().find(|form| {
        form.url_encoded
            && form.method == Method::Post
            && form.buttons().count() == 1
            && form
                .controls
                .iter()
                .all(|control| matches!(control.kind, ControlKind::Submit | ControlKind::Hidden))
    })
}

/// The form that asks for a network and its passphrase, and the names of those two fields. Without a field for the name
/// it is the list's.
pub(crate) fn form_fields(page: &Page) -> Option<(&Form, String, String)> {
    let form = setup_form(page, false)?;
    let name = |index: usize| form.controls.get(index).map(|control| control.name.clone());
    let is_list = |control: &&Control| matches!(control.kind, ControlKind::Radio | ControlKind::Select);
    let network = name_field(form).and_then(name);
    let network =
        network.or_else(|| form.controls.iter().find(is_list).map(|control| control.name.clone()))?;
    Some((form, network, name(passphrase_field(form)?)?))
}

/// Words of links and buttons that lead to the page for the network.
const WAYS: [&str; 7] = ["wifi", "wi-fi", "wlan", "network", "configure", "setup", "set up"];

/// Words of those that lead elsewhere, whatever else they say.
const ELSEWHERE: [&str; 8] = ["reset", "erase", "restart", "reboot", "update", "info", "exit", "forget"];

/// What to load from a page without the form: what a link, or a form that is only a button, leads to and calls the
/// page for the network; or, in a browser, a button that only a script follows.
pub(crate) fn way_to_form(page: &Page) -> Option<Request> {
    let leads = |words: &str| {
        let words = words.to_lowercase();
        WAYS.iter().any(|way| words.contains(way)) && !ELSEWHERE.iter().any(|other| words.contains(other))
    };
    let leading = |button: &&Control| leads(&button.value) || leads(&button.label());
    let link = page.links.iter().find(|link| leads(&link.text)).map(super::page::Link::request);
    link.or_else(|| {
        let is_button = |form: &&Form| {
            form.method == Method::Get
                && form.buttons().any(|button| leading(&button))
                && form
                    .controls
                    .iter()
                    .all(|control| matches!(control.kind, ControlKind::Submit | ControlKind::Hidden))
        };
        page.forms.iter().find(is_button).map(Form::submission)
    })
    .or_else(|| {
        let mut buttons = page.forms.iter().filter(|form| form.is_of_page).flat_map(|form| form.buttons());
        let element = buttons.find(|button| !button.disabled && leading(button))?.element?;
        Some(Request { touches: vec![Touch::Tap { element }], ..Request::get(page.url.clone()) })
    })
}

/// How an owner says which network is meant.
#[derive(Clone, Copy)]
pub(super) enum NetworkName<'a> {
    /// Chosen in the list, or typed where it is not there.
    Chosen(&'a [u8]),
    /// Typed, whatever the list has.
    Typed(&'a [u8]),
}

/// Fills the form in: the network picked or typed, the passphrase typed, and the code on the label where it is asked for
/// and known. Also says how many characters that took.
pub(super) fn fill_in(
    form: &Form,
    network: NetworkName<'_>,
    passphrase: &str,
    code: Option<&str>,
) -> Result<(Form, usize), Obstacle> {
    let mut form = form.clone();
    let mut typed = passphrase.chars().count();
    let (ssid, entry) = match network {
        NetworkName::Chosen(ssid) => (ssid, find(&form, ssid)),
        NetworkName::Typed(ssid) => (ssid, None),
    };
    match entry {
        Some(ListEntry::Unusable) => return Err(Obstacle::NetworkNotOffered),
        Some(ListEntry::Radio(radio)) => form.choose(radio),
        Some(ListEntry::Choice(select, choice)) => form.select(select, choice),
        // It was chosen on the page before.
        None if name_field(&form).is_none() && !has_list(&form) => {}
        None => typed += type_name(&mut form, ssid)?,
    }
    if let Some(field) = passphrase_field(&form) {
        form.type_into(field, passphrase);
    }
    if let Some((field, code)) = form.code_field().zip(code) {
        form.type_into(field, code);
        typed += code.chars().count();
    }
    match form.first_missing() {
        Some(missing) => Err(Obstacle::Unanswered(missing.label())),
        None => Ok((form, typed)),
    }
}

fn type_name(form: &mut Form, ssid: &[u8]) -> Result<usize, Obstacle> {
    let name = str::from_utf8(ssid).map_err(|_| Obstacle::NetworkNotOffered)?;
    let field = name_field(form).ok_or(Obstacle::NetworkNotOffered)?;
    form.type_into(field, name);
    // A browser's text field loses line ends, and what is too long for it.
    let taken = form.controls.get(field).is_some_and(|control| control.value == name);
    if !taken || name.is_empty() || name.contains(['\r', '\n']) {
        return Err(Obstacle::NetworkNotOffered);
    }
    if let Some(another) = another_network(form) {
        form.choose(another);
    }
    Ok(name.chars().count())
}

/// The radio button for a network that is not listed. A neighbour's network may be called "other"
/// too: such a button stands for no name, and at the end.
fn another_network(form: &Form) -> Option<usize> {
    let is_meant = |control: &Control| {
        let label = control.label().to_lowercase();
        label.contains("not listed")
            || label
                .split(|character: char| !character.is_alphanumeric())
                .any(|word| ["other", "another", "manual", "manually", "hidden"].contains(&word))
    };
    let radios = form.controls.iter().enumerate().filter(|(_, control)| control.kind == ControlKind::Radio);
    radios
        .filter(|(_, control)| !control.disabled && is_meant(control))
        .max_by_key(|(index, control)| (control.value.is_empty(), *index))
        .map(|(index, _)| index)
}

/// The control by which a form offers a network.
enum ListEntry {
    Radio(usize),
    Choice(usize, usize),
    /// It is listed, but cannot be picked.
    Unusable,
}

/// The best match: label and value, then value, then label alone.
fn find(form: &Form, ssid: &[u8]) -> Option<ListEntry> {
    let mut best: Option<(u8, ListEntry)> = None;
    let mut consider = |likeness: u8, entry: ListEntry| {
        if likeness > best.as_ref().map_or(0, |(best, _)| *best) {
            best = Some((likeness, entry));
        }
    };
    for (index, control) in form.controls.iter().enumerate() {
        match control.kind {
            ControlKind::Radio => consider(
                likeness(&control.label, &control.value, ssid),
                if control.disabled { ListEntry::Unusable } else { ListEntry::Radio(index) },
            ),
            ControlKind::Select => {
                for (nth, choice) in control.choices.iter().enumerate() {
                    consider(
                        likeness(std::slice::from_ref(&choice.label), &choice.value, ssid),
                        if control.disabled || choice.disabled {
                            ListEntry::Unusable
                        } else {
                            ListEntry::Choice(index, nth)
                        },
                    );
                }
            }
            _ => {}
        }
    }
    best.map(|(_, entry)| entry)
}

fn likeness(label: &[String], value: &str, ssid: &[u8]) -> u8 {
    let name = as_seen(&String::from_utf8_lossy(ssid));
    let by_label = !name.is_empty() && label.iter().any(|piece| as_seen(piece) == name);
    let by_value = !ssid.is_empty() && (value.as_bytes() == ssid || from_hex(value).as_deref() == Some(ssid));
    2 * u8::from(by_value) + u8::from(by_label)
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        digits.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect::<Option<Vec<u8>>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn is_called(control: &Control, words: &[&str]) -> bool {
    let (label, name) = (control.label().to_lowercase(), control.name.to_lowercase());
    words.iter().any(|word| label.contains(word) || name.contains(word))
}

fn passphrase_field(form: &Form) -> Option<usize> {
    let usable = |control: &Control| !control.disabled && control.part.is_none();
    let place = |is_meant: &dyn Fn(&Control) -> bool| form.controls.iter().position(is_meant);
    place(&|control| control.is(HintedPart::Passphrase))
        .or_else(|| place(&|control| control.kind == ControlKind::Password && usable(control)))
        .or_else(|| {
            place(&|control| {
                control.kind == ControlKind::Text && usable(control) && is_called(control, &["pass"])
            })
        })
}

/// The field for the network's name: the one of a hint, the one that is called so, or the only one there is.
fn name_field(form: &Form) -> Option<usize> {
    let is_typed = |control: &Control| matches!(control.kind, ControlKind::Text | ControlKind::Password);
    let hinted = form.controls.iter().position(|one| one.is(HintedPart::Network) && is_typed(one));
    if hinted.is_some() {
        return hinted;
    }
    let passphrase = passphrase_field(form);
    let fields: Vec<(usize, &Control)> = form
        .controls
        .iter()
        .enumerate()
        .filter(|(index, control)| {
            control.kind == ControlKind::Text && !control.disabled && Some(*index) != passphrase
        })
        .collect();
    let called = fields.iter().find(|(_, control)| is_called(control, &["ssid", "network", "wi-fi", "wifi"]));
    match (called, fields.as_slice()) {
        (Some((index, _)), _) | (None, [(index, _)]) => Some(*index),
        _ => None,
    }
}

fn has_list(form: &Form) -> bool {
    form.controls.iter().any(|control| matches!(control.kind, ControlKind::Radio | ControlKind::Select))
}

/// Whether an alert says that the passphrase is wrong.
pub(super) fn blames_passphrase(alert: &str) -> bool {
    let alert = alert.to_lowercase();
    ["password", "passphrase"].iter().any(|word| alert.contains(word))
}

/// Whether an alert is about the network's name.
pub(super) fn doubts_name(alert: &str) -> bool {
    alert.to_lowercase().contains("name")
}

/// Whether an alert says that a network answers with a sign-in page.
pub(crate) fn tells_of_sign_in(alert: &str) -> bool {
    let alert = alert.to_lowercase();
    ["sign-in page", "captive portal", "login page"].iter().any(|words| alert.contains(words))
}

/// Whether an alert says that the passphrase is wrong, and not only that it may be.
pub(crate) fn calls_passphrase_wrong(alert: &str) -> bool {
    let alert = alert.to_lowercase();
    alert.split_inclusive(['.', '!', '?']).any(|sentence| {
        blames_passphrase(sentence)
            && ["not accept", "wrong", "incorrect", "invalid", "mismatch"]
                .iter()
                .any(|word| sentence.contains(word))
    })
}

/// Whether the page says that the device's network goes away while the device tries what was typed. A result
/// says that of the end, so this is asked of other pages alone.
pub(super) fn announces_absence(page: &Page) -> bool {
    // The device's own words; comitup's in either of its modes (web/templates/confirm.html of 1.38).
    const GOES: [&str; 3] =
        ["network goes away", "will terminate the current hotspot", "this web service will be terminated"];
    let text = as_seen(&page.text.to_lowercase());
    GOES.iter().any(|words| text.contains(words))
}

/// The result, if the page shows it: the network, and an address that may be the device's there. A page that says that the
/// device could not join, or is about to, shows none, whatever addresses it has; without the network's name only one that
/// says in words that it has joined, after a form.
pub(crate) fn result(page: &Page, ssid: &[u8], portal: Option<&Url>) -> Option<SetupResult> {
    let word = telling::word(page, ssid);
    if matches!(word, Some(Word::NotJoined | Word::UnderWay)) {
        return None;
    }
    // A name without a visible character counts as seen on every page.
    let network = as_seen(&String::from_utf8_lossy(ssid));
    let is_named = as_seen(&page.text).contains(&network);
    if !is_named && (portal.is_none() || word.is_none()) {
        return None;
    }
    // Before the form was seen, the portal is where the page is: a list of networks has their names too.
    let portal = portal.unwrap_or(&page.url);
    let address = home_address(page, portal, word.is_some())?;
    // Which network is meant is not said: the phone may be told its own address.
    let is_phones = !is_named
        && matches!(portal.host(), Some(Host::Ipv4(own)) if own.octets().starts_with(&address.octets()[..3]));
    (!is_phones).then_some(SetupResult { network, address })
}

/// An address of the page's that may be the device's on a home network: one that it links to, or else one that is written.
fn home_address(page: &Page, portal: &Url, has_joined: bool) -> Option<Ipv4Addr> {
    // A link to the portal's own address and port does not lead to the device's new one. Where both
    // share an address, as on the loopback interface, the ports tell them apart.
    let endpoint = |url: &Url| (url.host().map(|host| host.to_owned()), url.port_or_known_default());
    let here = [portal, &page.url];
    let is_own = |address: Ipv4Addr| here.iter().any(|url| url.host() == Some(Host::Ipv4(address)));
    // A simulated home network is on the loopback interface, and no other device leads its owner there.
    let may_lead_to = |address: Ipv4Addr| is_unicast(address) || is_own(address) || address.is_loopback();
    let linked = page.links.iter().filter(|link| here.iter().all(|url| endpoint(url) != endpoint(&link.url)));
    let linked = linked.filter_map(|link| match link.url.host() {
        Some(Host::Ipv4(address)) if may_lead_to(address) => Some(address),
        _ => None,
    });
    let words: Vec<&str> = page
        .text
        .split(|character: char| !character.is_alphanumeric() && character != '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let written = words.iter().enumerate().filter_map(|(index, word)| {
        let address: Ipv4Addr = word.parse().ok()?;
        let before = words.get(index.saturating_sub(2)..index)?.iter().map(|word| word.to_lowercase());
        let called = |names: &[&str]| before.clone().any(|word| names.contains(&word.as_str()));
        // Most home networks have private addresses; any other number of four parts may be a version's.
        let is_likely = is_of_homes(address) || (has_joined && called(&["ip", "address", "at", "http"]));
        let is_meant = is_unicast(address) && is_likely && !is_own(address) && !called(&OF_OTHERS);
        is_meant.then_some(address)
    });
    linked.chain(written).next()
}

/// What stands before an address that is not the device's.
const OF_OTHERS: [&str; 8] = ["gateway", "router", "dns", "mask", "netmask", "subnet", "firmware", "version"];

/// Whether a station can have this address.
fn is_unicast(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    first != 0 && first < 224 && !address.is_loopback() && !address.is_link_local()
}

/// A private address (RFC 1918), or one that a provider shares out (RFC 6598).
fn is_of_homes(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private() || (first == 100 && second & 0xc0 == 64)
}
