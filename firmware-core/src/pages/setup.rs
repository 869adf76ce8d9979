//! The setup page: a form that any browser can send, and what went wrong last time.
//!
//! What its fields mean together is said in `form`.

use core::fmt::{self, Write};

use super::escape::{Shown, is_text};
use super::form::{NETWORK_FIELD, PASSPHRASE_FIELD, RESCAN_ACTION, SETUP_ACTION, SSID_FIELD, TOKEN_FIELD};
use super::words::{self, Strength};
use super::{Notice, Surroundings, fields, frame};
use crate::plain::{Hex, Number, Plain};
use crate::{Passphrase, ScanRecord, Security, Ssid, Window};

/// While the first scan runs there is nothing to pick from, and the page asks again.
const FIRST_SCAN_REFRESH: &str = "3; url=/";

pub(super) fn render(
    notice: Option<Notice>,
    kept: Ssid,
    surroundings: &Surroundings<'_>,
    out: &mut Window<'_>,
) -> fmt::Result {
    let name = Shown(surroundings.device_name);
    let networks = || surroundings.networks.iter().filter(|network| !network.ssid.is_empty());
    let token =
        format_args!("<input type=\"hidden\" name=\"{TOKEN_FIELD}\" value=\"{}\">", surroundings.token);
    let nothing_heard = networks().next().is_none();
    // Never under the owner's hands: not once something was sent.
    let wait_for_scan = surroundings.scanning && nothing_heard && notice.is_none() && kept.is_empty();

    frame(out, format_args!("Set up {name}"), wait_for_scan.then_some(FIRST_SCAN_REFRESH), |out| {
        writeln!(out, "<h1>Set up <bdi>{name}</bdi></h1>")?;
        if let Some(notice) = notice {
            alert(notice, kept, out)?;
        }
        write!(
            out,
            "<form method=\"post\" action=\"{SETUP_ACTION}\">\n{token}\n\
             <fieldset>\n<legend>Choose your Wi-Fi network</legend>\n"
        )?;
        search_status(surroundings.scanning, nothing_heard, out)?;
        let mut listed = false;
        for network in networks() {
            let is_kept = network.ssid == kept && network.security != Security::Enterprise;
            listed |= is_kept;
            row(network, is_kept, out)?;
        }
        another_network(kept, listed, nothing_heard, out)?;
        out.write_str("</fieldset>\n")?;
        passphrase(out)?;
        fields::fields(&surroundings.application, out)?;
        out.write_str("<button type=\"submit\">Connect</button>\n")?;
        fields::buttons(&surroundings.application, out)?;
        write!(
            out,
            "</form>\n\
             <form method=\"post\" action=\"{RESCAN_ACTION}\">\n{token}\n\
             <button type=\"submit\" class=\"quiet\">Search for networks again</button>\n</form>\n\
             <p class=\"hint\">Only networks on 2.4 GHz can be used; those on 5 GHz alone are not listed.</p>\n"
        )
    })
}

fn alert(notice: Notice, kept: Ssid, out: &mut Window<'_>) -> fmt::Result {
    let (what, remedy) = words::notice(notice);
    out.write_str("<div role=\"alert\" class=\"alert\">\n<p>")?;
    if matches!(notice, Notice::Failed(_)) && !kept.is_empty() {
        write!(out, "<bdi>{}</bdi> could not be joined. ", Shown(kept.as_bytes()))?;
    }
    write!(out, "<strong>{}</strong></p>\n<p>{}</p>\n</div>\n", Plain(what), Plain(remedy))
}

fn search_status(scanning: bool, nothing_heard: bool, out: &mut Window<'_>) -> fmt::Result {
    let status = match (scanning, nothing_heard) {
        (true, true) => "Searching for networks…",
        (true, false) => "Searching for more networks… <a href=\"/\">Show them</a>",
        (false, true) => "No network was heard. Move the device closer to your router, or type the name.",
        (false, false) => return Ok(()),
    };
    writeln!(out, "<p role=\"status\">{}</p>", Plain(status))
}

fn row(network: &ScanRecord, checked: bool, out: &mut Window<'_>) -> fmt::Result {
    let supported = network.security != Security::Enterprise;
    let strength = Strength::of(network.signal);
    write!(
        out,
        "<div><label class=\"row{}\"><input type=\"radio\" name=\"{NETWORK_FIELD}\" value=\"{}\"{}{} required>\
         <span><bdi>{}</bdi> <small>{}, {}</small></span>",
        Plain(if supported { "" } else { " no" }),
        Hex(network.ssid.as_bytes()),
        Plain(if supported { "" } else { " disabled" }),
        Plain(if checked { " checked" } else { "" }),
        Shown(network.ssid.as_bytes()),
        Plain(strength.words()),
        Plain(words::security(network.security)),
    )?;
    // What the pictures show is said in words beside them.
    if supported && network.security != Security::Open {
        out.write_str(PADLOCK)?;
    }
    bars(strength.bars(), out)?;
    out.write_str("</label></div>\n")
}

const PADLOCK: &str = concat!(
    "<svg width=\"14\" height=\"16\" viewBox=\"0 0 14 16\" aria-hidden=\"true\">",
    "<path d=\"M1 7h1V5a5 5 0 0 1 10 0v2h1v9H1zM4 7h6V5a3 3 0 0 0-6 0z\"/></svg>"
);

fn bars(full: usize, out: &mut Window<'_>) -> fmt::Result {
    const BARS: [&str; 4] = ["M0 12h4v4H0z", "M6 8h4v8H6z", "M12 4h4v12h-4z", "M18 0h4v16h-4z"];
    out.write_str("<svg width=\"22\" height=\"16\" viewBox=\"0 0 22 16\" aria-hidden=\"true\">")?;
    for (index, bar) in BARS.iter().enumerate() {
        let class = if index < full { "" } else { " class=\"off\"" };
        write!(out, "<path{} d=\"{}\"/>", Plain(class), Plain(bar))?;
    }
    out.write_str("</svg>")
}

/// The field for a network that hides its name or was not heard. It is seen only while its radio
/// button is chosen, and always where there are no styles.
fn another_network(kept: Ssid, listed: bool, nothing_heard: bool, out: &mut Window<'_>) -> fmt::Result {
    let typed = if !listed && is_text(kept.as_bytes()) { kept } else { Ssid::EMPTY };
    let checked = nothing_heard || !typed.is_empty();
    write!(
        out,
        "<div class=\"other\">\n<input type=\"radio\" id=\"other\" name=\"{NETWORK_FIELD}\" value=\"\"{} required> \
         <label for=\"other\">Another network</label>\n\
         <p class=\"typed\"><label class=\"name\" for=\"ssid\">Network name</label> \
         <input type=\"text\" id=\"ssid\" name=\"{SSID_FIELD}\" value=\"{}\" maxlength=\"{}\" \
         autocomplete=\"off\" autocapitalize=\"none\" autocorrect=\"off\" spellcheck=\"false\"></p>\n</div>\n",
        Plain(if checked { " checked" } else { "" }),
        Shown(typed.as_bytes()),
        Number(Ssid::MAX as i32),
    )
}

fn passphrase(out: &mut Window<'_>) -> fmt::Result {
    writeln!(
        out,
        "<p><label class=\"name\" for=\"passphrase\">Wi-Fi password</label> \
         <input type=\"password\" id=\"passphrase\" name=\"{PASSPHRASE_FIELD}\" value=\"\" maxlength=\"{}\" \
         autocomplete=\"off\" autocapitalize=\"none\" autocorrect=\"off\" spellcheck=\"false\" \
         aria-describedby=\"empty\"> \
         <small id=\"empty\">Leave it empty for an open network.</small></p>",
        Number(Passphrase::MAX as i32),
    )
}
