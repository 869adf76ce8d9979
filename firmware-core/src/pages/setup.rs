//! The setup page: a form that any browser can send, and what went wrong last time.
//!
//! What its fields mean together is said in `form`; its markup is in `setup.html`.
//!
//! Among many networks the passphrase would be far from the one that was picked, so the style sheet moves it, with all
//! that follows up to the button (the `section`), below the row that is checked: by `order` and `:has`, without a script. Where a
//! browser has no `:has` it stays below the list. The hint that an open network needs none stands only for a row without a
//! padlock and for a name that is typed.

use super::context::{PageContext, PageSeal};
use super::fields;
use super::frame::{self, Frame};
use super::language::Text;
use super::markup;
use super::notice::Notice;
use super::words::{self, Strength};
use super::writer::Writer;
use crate::byte_window::ByteWindow;
use crate::escape::is_text;
use crate::scan_record::{ScanRecord, Security};
use crate::ssid::Ssid;

pub(super) fn render(
    notice: Option<Notice>,
    chosen: Ssid,
    context: &PageContext<'_>,
    out: &mut ByteWindow<'_>,
) {
    let PageContext { scanning, networks, left_out, radio, application, seal, .. } = *context;
    let nothing_heard = networks.iter().all(|network| network.ssid.is_empty());
    // Never under the owner's hands: not once something was sent.
    let is_untouched = matches!(notice, None | Some(Notice::StoredUnreadable)) && chosen.is_empty();
    let goes_on = scanning && nothing_heard && is_untouched;
    let branding = application.branding;

    let mut page = Writer::about(context, out);
    page.facts.network = chosen.as_bytes();
    let frame = Frame { goes_on, scripted: true, waits: false, branding };
    frame::open(frame, Text::SET_UP, &mut page);
    page.put(markup::PICTURES);
    page.put_if(branding.logo.is_empty(), markup::MARK);
    page.put(markup::HEADING);
    if let Some(notice) = notice {
        alert(notice, !chosen.is_empty(), &mut page);
    }
    form_opens(seal, &mut page);
    page.put(match (scanning, nothing_heard) {
        (true, true) => markup::SEARCHING,
        (true, false) => markup::SEARCHING_MORE,
        (false, true) => markup::NOTHING_HEARD,
        (false, false) => markup::QUIET,
    });
    let listed = list(networks, chosen, &mut page);
    page.facts.min = left_out.into();
    page.put_if(left_out > 0, markup::LEFT_OUT);
    another_network(&chosen, listed, nothing_heard, &mut page);
    page.put(markup::PASSPHRASE);
    fields::fields(&application, &mut page);
    page.put_if(seal.is_some_and(|seal| seal.takes_code), markup::LABEL_CODE);
    page.put_if(!radio.concurrent, markup::GOES_AWAY);
    page.put(markup::CONNECT);
    fields::buttons(&application, &mut page);
    page.put(markup::REST_ENDS);
    page.put_if(seal.is_some_and(|seal| seal.required), markup::SEALED_ONLY_ENDS);
    page.put(markup::FORM_ENDS);
    page.put_if(radio.concurrent, markup::RESCAN);
    page.put_if(!radio.has_five_ghz(), markup::BANDS);
    page.put(markup::END);
}

/// The form, with what its script seals it for.
fn form_opens<'a>(seal: Option<PageSeal<'a>>, page: &mut Writer<'a, '_, '_>) {
    page.put(markup::FORM_OPENS);
    if let Some(seal) = seal {
        page.facts.value = seal.key;
        page.put(markup::FORM_SEALED);
    }
    page.put(markup::FORM_NAMES);
    page.put_if(seal.is_some_and(|seal| seal.required), markup::SEALED_ONLY_OPENS);
    page.put(markup::NETWORKS_OPEN);
}

fn alert(notice: Notice, names_network: bool, page: &mut Writer<'_, '_, '_>) {
    let reason = words::reason(notice);
    page.put(markup::ALERT_OPENS);
    page.put_if(
        names_network && matches!(notice, Notice::Failed(_) | Notice::NotAscii(_)),
        markup::ALERT_NETWORK,
    );
    page.put(markup::ALERT_REASON_OPENS);
    page.text(reason);
    page.put(markup::ALERT_REMEDY_OPENS);
    page.text(reason.remedy());
    page.put(markup::ALERT_ENDS);
}

/// The networks that can be used, that one first which was picked before, and below them those that cannot. Says whether
/// the one that was picked is there.
fn list<'a>(networks: &'a [ScanRecord], chosen: Ssid, page: &mut Writer<'a, '_, '_>) -> bool {
    let named = || networks.iter().filter(|network| !network.ssid.is_empty());
    let is_usable = ScanRecord::can_be_joined;
    let mut listed = false;
    page.put(markup::LIST_OPENS);
    for is_chosen in [true, false] {
        for network in named().filter(|network| is_usable(network) && (network.ssid == chosen) == is_chosen) {
            listed |= is_chosen;
            page.facts.value = network.ssid.as_bytes();
            page.put(markup::ROW_OPENS);
            page.put_if(is_chosen, markup::CHECKED);
            page.put(markup::ROW_NAME);
            row_ends(network, page);
        }
    }
    for (index, network) in named().filter(|network| !is_usable(network)).enumerate() {
        page.put_if(index == 0, markup::UNUSABLE_HEADING);
        page.facts.value = network.ssid.as_bytes();
        page.put(markup::ROW_UNUSABLE);
        row_ends(network, page);
    }
    page.put(markup::LIST_ENDS);
    listed
}

/// The pictures repeat for the eye what the words before them say.
fn row_ends(network: &ScanRecord, page: &mut Writer<'_, '_, '_>) {
    let strength = Strength::of(network.signal);
    page.text(strength.words());
    page.put(markup::ROW_AND);
    page.text(words::security(network.security));
    page.put(markup::ROW_WORDS_END);
    page.put_if(!matches!(network.security, Security::Open | Security::Enterprise), markup::PADLOCK);
    page.facts.min = strength.bars();
    page.put(markup::ROW_ENDS);
}

/// The field for a network that hides its name or was not heard. It is seen only while its radio
/// button is chosen, and always where there are no styles.
fn another_network<'a>(chosen: &'a Ssid, listed: bool, nothing_heard: bool, page: &mut Writer<'a, '_, '_>) {
    let chosen = chosen.as_bytes();
    page.facts.value = if !listed && is_text(chosen) { chosen } else { b"" };
    let checked = nothing_heard || !page.facts.value.is_empty();
    page.put(markup::OTHER_OPENS);
    page.put_if(checked, markup::CHECKED);
    page.put(markup::OTHER_TYPED);
}
