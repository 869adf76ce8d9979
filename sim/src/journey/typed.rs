//! What a device did with what an owner typed, as far as it is seen from outside: a name that its pages write without
//! escaping it, signs and lengths at which devices are known to fail. What was typed is told by its signs alone.

use crate::owner::HomeNetwork;

/// Bytes of the longest name of a network.
const LONGEST_NAME: usize = 32;

/// Bytes of the longest passphrase; 64 are the digits of a key.
const LONGEST_PASSPHRASE: usize = 63;

/// What is odd about a page that holds the network's name; `at` is where the page is.
pub(super) fn unescaped(html: &str, at: &str, home: &HomeNetwork) -> Option<String> {
    let name = String::from_utf8_lossy(&home.ssid);
    let markup = without_scripts(html);
    let ends_attribute = |quote: char| name.contains(quote) && markup.contains(&format!("={quote}{name}"));
    let is_markup = name.find('<').is_some_and(|open| {
        let next = name[open + 1..].chars().next();
        next.is_some_and(|next| next.is_ascii_alphabetic() || matches!(next, '/' | '!'))
            && markup.contains(&*name)
    });
    if is_markup {
        return Some(format!(
            "{at} writes a network's name into the page without escaping it: whoever names a network near the device so \
             runs a script in the owner's sheet. Escape & < > \" and ' in every name"
        ));
    }
    let quote = ['\'', '"'].into_iter().find(|quote| ends_attribute(*quote))?;
    Some(format!(
        "{at} writes a network's name into an attribute without escaping it: what is sent ends at its {quote}. Escape \
         & < > \" and ' in every name"
    ))
}

/// Whether a page shows the network's name as a browser does that takes each byte for a character (ISO-8859-1).
pub(super) fn is_misread(text: &str, home: &HomeNetwork) -> bool {
    let misread: String = home.ssid.iter().copied().map(char::from).collect();
    !home.ssid.is_ascii() && text.contains(&misread)
}

/// The page without what is in its scripts: there a name is text if it is quoted, whatever it looks like.
fn without_scripts(html: &str) -> String {
    let mut rest = html;
    let mut text = String::new();
    while let Some((before, script)) = rest.split_once("<script") {
        text.push_str(before);
        rest = script.split_once("</script>").map_or("", |(_, after)| after);
    }
    text + rest
}

/// At which signs and lengths in what was typed a device may have failed that did not say that it has joined.
pub(super) fn awkward(home: &HomeNetwork) -> Vec<String> {
    let typed = home.passphrases.last().map_or("", String::as_str);
    let mut told = Vec::new();
    for (what, text) in [("passphrase", typed), ("name", &*String::from_utf8_lossy(&home.ssid))] {
        let signs: Vec<String> = "&%+=#;'\"<>\\ "
            .chars()
            // A blank within is ordinary; at an end it is easily lost.
            .filter(|sign| {
                if *sign == ' ' { text.starts_with(' ') || text.ends_with(' ') } else { text.contains(*sign) }
            })
            .map(|sign| if sign == ' ' { "a blank at its end".to_owned() } else { sign.to_string() })
            .collect();
        if !signs.is_empty() {
            told.push(format!(
                "the {what} has {}: if the device does not join, try one with letters and digits alone. If that joins, \
                 the form is read wrongly: part its fields first, then undo the escapes of each, once",
                signs.join(" ")
            ));
        }
        if !text.is_ascii() {
            told.push(format!(
                "the {what} has characters that are not ASCII: if the device does not join, see that bytes stay as they \
                 were sent"
            ));
        }
        let longest = if what == "name" { LONGEST_NAME } else { LONGEST_PASSPHRASE };
        if text.len() >= longest {
            told.push(format!(
                "the {what} has {} bytes, as many as there can be: if the device does not join, try a shorter one. If \
                 that joins, a field of the device has no room for all of it",
                text.len()
            ));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(ssid: &str, passphrase: &str) -> HomeNetwork {
        HomeNetwork { ssid: ssid.into(), typed: None, passphrases: vec![passphrase.into()] }
    }

    #[test]
    fn a_name_that_is_written_as_it_is_into_markup_is_odd() {
        for (name, html, told) in [
            ("<img src=x>", "<li><img src=x>", "runs a script"),
            ("O'Brien", "<input value='O'Brien'>", "ends at its '"),
            ("a\"b", "<input value=\"a\"b\">", "ends at its \""),
        ] {
            let odd = unescaped(html, "/", &home(name, "")).unwrap_or_default();
            assert!(odd.contains(told), "{name}: {odd}");
        }
        for (name, html) in [
            ("<img src=x>", "<li>&lt;img src=x&gt;<script>a=\"<img src=x>\"</script>"),
            ("O'Brien", "<input value=\"O'Brien\"><p>O'Brien"),
            ("I <3 you", "I <3 you"),
            ("Home", "<input value='Home'>"),
        ] {
            assert_eq!(unescaped(html, "/", &home(name, "")), None, "{name}");
        }
    }

    #[test]
    fn a_name_in_the_wrong_characters_is_known() {
        let home = home("Café & Co", "");
        assert!(is_misread("Connected to CafÃ© & Co.", &home));
        assert!(!is_misread("Connected to Café & Co.", &home));
    }

    #[test]
    fn signs_and_lengths_are_told_and_never_what_was_typed() {
        assert!(awkward(&home("Home", "four green lanterns")).is_empty());
        let told = awkward(&home(&"n".repeat(32), "a&b%c")).join("\n");
        assert!(told.contains("the passphrase has & %") && told.contains("the name has 32 bytes"), "{told}");
        assert!(!told.contains("a&b"));
    }
}
