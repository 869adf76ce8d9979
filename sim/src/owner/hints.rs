//! What somebody who knows a device's pages tells an owner who cannot understand them: which field is for what, which
//! button sends them, and by which words a page says how it went. It only marks what it names; what an owner does with
//! it is `reading`'s.

use super::form::{Choice, Control, ControlKind, HintedPart};
use super::page::Page;

/// Hints about a device's pages. A field is named by its `name` or its `id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hints {
    /// The field of the network's name, or the list of networks.
    pub network: String,
    /// The field of the passphrase.
    pub passphrase: String,
    /// The button that sends them: its `name`, its `id`, or what is written on it.
    pub button: Option<String>,
    /// Words of a page that says that the device has joined.
    pub joined: Option<String>,
    /// Words of one that says that it could not.
    pub failed: Option<String>,
}

impl Hints {
    /// Marks what the hints name in a page. Returns what was chosen by them, in words.
    pub(crate) fn mark(&self, page: &mut Page) -> Vec<String> {
        let mut chosen = Vec::new();
        let has_field = |form: &super::Form| form.controls.iter().any(|one| is_called(one, &self.passphrase));
        if let Some(at) = page.forms.iter().position(has_field) {
            let by_link = self.button.as_deref().and_then(|button| drawn_button(page, button));
            let Some(form) = page.forms.get_mut(at) else { return chosen };
            if let Some(by_link) = by_link {
                form.controls.push(by_link);
            }
            for control in &mut form.controls {
                control.part = self.part(control);
            }
            let field = |part| form.controls.iter().any(|control| control.part == Some(part));
            if field(HintedPart::Network) {
                chosen.push(format!("the hint says that \"{}\" is for the network's name", self.network));
            }
            if field(HintedPart::Passphrase) {
                chosen.push(format!("the hint says that \"{}\" is for the passphrase", self.passphrase));
            }
            if let Some(button) = self.button.as_ref().filter(|_| field(HintedPart::Button)) {
                chosen.push(format!("the hint says that \"{button}\" sends the form"));
            }
        }
        let says = |words: &Option<String>| {
            words
                .as_ref()
                .filter(|words| page.text.contains(words.as_str()) || page.title.contains(words.as_str()))
                .cloned()
        };
        let word =
            says(&self.failed).map(|words| (words, false)).or(says(&self.joined).map(|words| (words, true)));
        if let Some((words, is_joined)) = word {
            let what = if is_joined { "has joined" } else { "could not join" };
            chosen.push(format!("the hint says that \"{words}\" means that the device {what}"));
            page.says = Some(is_joined);
        }
        chosen
    }

    fn part(&self, control: &Control) -> Option<HintedPart> {
        let is_button = control.kind == ControlKind::Submit;
        match &self.button {
            _ if !is_button && is_called(control, &self.passphrase) => Some(HintedPart::Passphrase),
            _ if !is_button && is_called(control, &self.network) => Some(HintedPart::Network),
            Some(button) if is_button => {
                let is_written = control.value == *button || control.label() == *button;
                (is_written || is_called(control, button)).then_some(HintedPart::Button)
            }
            _ => None,
        }
    }
}

/// What is no button, but is drawn as one by a script, for a page that a browser shows.
fn drawn_button(page: &Page, button: &str) -> Option<Control> {
    let drawn = page.links.iter().find(|link| link.element.is_some() && link.text == button)?;
    Some(Control {
        kind: ControlKind::Submit,
        name: String::new(),
        id: String::new(),
        value: button.to_owned(),
        label: vec![button.to_owned()],
        checked: false,
        disabled: false,
        required: false,
        max_length: None,
        choices: Vec::<Choice>::new(),
        element: drawn.element,
        part: None,
    })
}

/// In a frame or a shadow root an engine writes the number of that before an id.
fn is_called(control: &Control, name: &str) -> bool {
    let id = match control.id.split_once(':') {
        Some((tree, id)) if tree.parse::<u32>().is_ok() => id,
        _ => &control.id,
    };
    !name.is_empty() && (control.name == name || id == name)
}

#[cfg(test)]
mod tests {
    use super::super::{form_fields, parse};
    use super::*;

    fn hints() -> Hints {
        Hints {
            network: "a".into(),
            passphrase: "b".into(),
            button: Some("Los".into()),
            joined: Some("green".into()),
            failed: Some("red".into()),
        }
    }

    #[test]
    fn what_nothing_on_the_page_tells_is_marked() {
        let html = "<form method=post><input name=c><input name=b><input id=a name=n><button name=x>Weg</button>\
                    <button name=y>Los</button></form>";
        let url = "http://192.168.4.1/".parse().unwrap();
        let mut page = parse(html, &url);
        assert!(form_fields(&page).is_none());
        let chosen = hints().mark(&mut page);
        let (form, network, passphrase) = form_fields(&page).unwrap();
        assert_eq!((network.as_str(), passphrase.as_str()), ("n", "b"));
        let body = form.submission().body.unwrap();
        assert_eq!(body, b"c=&b=&n=&y=");
        assert_eq!(chosen.len(), 3, "{chosen:?}");
    }

    #[test]
    fn words_say_how_it_went_and_those_of_failure_first() {
        let url = "http://192.168.4.1/".parse().unwrap();
        for (text, says) in
            [("The lamp is green", Some(true)), ("red, not green", Some(false)), ("blue", None)]
        {
            let mut page = parse(text, &url);
            hints().mark(&mut page);
            assert_eq!(page.says, says, "{text}");
        }
    }
}
