//! A form as a browser holds it: its controls, what a finger and a keyboard can do to them, and
//! the request that sending it makes (HTML standard, "form submission").
//!
//! No type that may hold what was typed can be printed, except [`Request`], which redacts it.

use std::fmt;

use url::Url;
use url::form_urlencoded::Serializer;

/// How a form is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// In the address.
    Get,
    /// In the body.
    Post,
}

/// The kind of a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlKind {
    /// Text that is shown as it is typed.
    Text,
    /// Text that is not shown as it is typed.
    Password,
    /// Sent as it is, never seen.
    Hidden,
    /// One of the group that shares its name.
    Radio,
    /// On or off.
    Checkbox,
    /// A list of choices.
    Select,
    /// A button that sends the form.
    Submit,
}

/// What a hand does to an element of a page that a browser shows. Elements are numbered as the browser has them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Touch {
    /// Types into a field, in place of what is there.
    Type { element: usize, text: String },
    /// Chooses an entry of a list.
    Select { element: usize, choice: usize },
    /// Taps.
    Tap { element: usize },
}

/// A choice of a [`ControlKind::Select`].
#[derive(Clone)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is seen.
    pub label: String,
    /// Whether it cannot be chosen.
    pub disabled: bool,
}

/// A control of a form.
#[derive(Clone)]
pub struct Control {
    /// Its kind.
    pub kind: ControlKind,
    /// Its `name`; empty when it is not sent.
    pub name: String,
    /// Its `id`, by which scripts know it.
    pub(crate) id: String,
    /// What is sent: typed, chosen, or given by the page.
    pub value: String,
    /// The visible texts next to it, in the pieces in which the page has them.
    pub label: Vec<String>,
    /// Whether a radio button or check box is on.
    pub checked: bool,
    /// Whether it can be used, and is sent.
    pub disabled: bool,
    /// Whether the browser refuses to send the form without it.
    pub required: bool,
    /// The most UTF-16 code units that can be typed.
    pub max_length: Option<usize>,
    /// The choices of a [`ControlKind::Select`].
    pub choices: Vec<Choice>,
    /// Which element it is, where a browser shows the page.
    pub(crate) element: Option<usize>,
    /// What it is by a hint, where there is one.
    pub(crate) part: Option<HintedPart>,
}

/// What a control is by a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HintedPart {
    /// The field or the list for the network.
    Network,
    /// The field for the passphrase.
    Passphrase,
    /// The button that sends them.
    Button,
}

impl Control {
    /// Whether a hint says that it is this.
    pub(super) fn is(&self, part: HintedPart) -> bool {
        self.part == Some(part) && !self.disabled
    }

    /// All visible text next to it.
    pub fn label(&self) -> String {
        self.label.join(" ")
    }
}

/// A form.
#[derive(Clone)]
pub struct Form {
    /// How it is sent.
    pub method: Method,
    /// Where it is sent to.
    pub action: Url,
    /// Whether it is sent as `application/x-www-form-urlencoded`; other encodings are not
    /// modelled.
    pub url_encoded: bool,
    /// What the page's script seals the form for, where there is such a script.
    pub seals_for: Option<SealsFor>,
    /// Its controls and buttons, in the order of the page.
    pub controls: Vec<Control>,
    /// What was done to its elements, where a browser shows the page.
    pub(crate) touches: Vec<Touch>,
    /// It is none, and has what stands in none, where a browser shows the page.
    pub(crate) is_of_page: bool,
}

/// Words of buttons beside the one that sends what was filled in.
const ASIDE: [&str; 8] = ["scan", "refresh", "search", "cancel", "back", "show", "reset", "erase"];

impl Form {
    /// The buttons that send it.
    pub fn buttons(&self) -> impl Iterator<Item = &Control> {
        self.controls.iter().filter(|control| control.kind == ControlKind::Submit)
    }

    /// Types into a control, in place of what is there. Where the control takes no more, the rest
    /// is lost, as under a real keyboard.
    pub fn type_into(&mut self, control: usize, text: &str) {
        let Some(control) = self.controls.get_mut(control) else { return };
        let mut room = control.max_length.unwrap_or(usize::MAX);
        control.value = text
            .chars()
            .take_while(|character| {
                let fits = character.len_utf16() <= room;
                room = room.saturating_sub(character.len_utf16());
                fits
            })
            .collect();
        if let Some(element) = control.element {
            self.touches.push(Touch::Type { element, text: text.to_owned() });
        }
    }

    /// The field for the code on the device's label, where the page seals with it.
    pub(crate) fn code_field(&self) -> Option<usize> {
        let asks = self.seals_for.is_some_and(|device| device.takes_code);
        self.controls.iter().position(|control| asks && control.id == "code" && !control.disabled)
    }

    /// Turns a radio button on, and the others of its group off.
    pub fn choose(&mut self, radio: usize) {
        let Some(group) = self.controls.get(radio).map(|control| control.name.clone()) else { return };
        for (index, control) in self.controls.iter_mut().enumerate() {
            if control.kind == ControlKind::Radio && control.name == group {
                control.checked = index == radio;
            }
        }
        self.touches.extend(self.tap(radio));
    }

    fn tap(&self, control: usize) -> Option<Touch> {
        Some(Touch::Tap { element: self.controls.get(control)?.element? })
    }

    /// Makes a choice of a select.
    pub fn select(&mut self, control: usize, choice: usize) {
        let Some(control) = self.controls.get_mut(control) else { return };
        let Some(chosen) = control.choices.get(choice) else { return };
        control.value = chosen.value.clone();
        if let Some(element) = control.element {
            self.touches.push(Touch::Select { element, choice });
        }
    }

    /// The first control that the browser asks for before it sends the form.
    pub fn first_missing(&self) -> Option<&Control> {
        self.controls.iter().filter(|control| control.required && !control.disabled).find(|control| {
            match control.kind {
                ControlKind::Radio => !self.controls.iter().any(|other| {
                    other.kind == ControlKind::Radio && other.name == control.name && other.checked
                }),
                ControlKind::Checkbox => !control.checked,
                ControlKind::Text | ControlKind::Password | ControlKind::Select => control.value.is_empty(),
                ControlKind::Hidden | ControlKind::Submit => false,
            }
        })
    }

    /// The button that an owner presses: the one of a hint, or the first that is not called as one for something else.
    fn pressed(&self) -> Option<usize> {
        let is_button = |control: &Control| control.kind == ControlKind::Submit && !control.disabled;
        let is_aside = |control: &Control| {
            let words = format!("{} {}", control.label(), control.value).to_lowercase();
            ASIDE.iter().any(|word| words.contains(word))
        };
        let hinted = self.controls.iter().position(|control| control.is(HintedPart::Button));
        let sends = || self.controls.iter().position(|control| is_button(control) && !is_aside(control));
        hinted.or_else(sends).or_else(|| self.controls.iter().position(is_button))
    }

    /// The request that sending it by its button makes.
    pub fn submission(&self) -> Request {
        let pressed = self.pressed();
        let mut touches = self.touches.clone();
        touches.extend(pressed.and_then(|button| self.tap(button)));
        let mut pairs = Serializer::new(String::new());
        for (index, control) in self.controls.iter().enumerate() {
            let counts = match control.kind {
                ControlKind::Radio | ControlKind::Checkbox => control.checked,
                ControlKind::Submit => Some(index) == pressed,
                ControlKind::Text | ControlKind::Password | ControlKind::Hidden | ControlKind::Select => true,
            };
            if counts && !control.disabled && !control.name.is_empty() {
                pairs.append_pair(&control.name, &control.value);
            }
        }
        let pairs = pairs.finish();
        let mut url = self.action.clone();
        match self.method {
            Method::Get => {
                url.set_query(Some(&pairs));
                Request { touches, ..Request::get(url) }
            }
            Method::Post => Request {
                method: Method::Post,
                url,
                body: Some(pairs.into_bytes()),
                content_type: Some("application/x-www-form-urlencoded"),
                seals_for: self.seals_for,
                touches,
            },
        }
    }
}

/// What the browser asks a server. Printed without what was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The address, with its query.
    pub url: Url,
    /// The body of a POST.
    pub body: Option<Vec<u8>>,
    /// The body's `Content-Type`.
    pub content_type: Option<&'static str>,
    /// What the page's script seals the body for, in a browser that runs scripts.
    pub seals_for: Option<SealsFor>,
    /// What a hand does for it, where a browser shows the page.
    pub(crate) touches: Vec<Touch>,
}

/// What the script of a Vestibule page seals a form for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealsFor {
    /// The device's public key.
    pub key: [u8; 32],
    /// Whether the page has a field for the code on the device's label.
    pub takes_code: bool,
}

impl Request {
    /// Asks for a page.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::Get,
            url,
            body: None,
            content_type: None,
            seals_for: None,
            touches: Vec::new(),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.url.clone();
        url.set_query(self.url.query().map(|_| "hidden"));
        write!(f, "{:?} {url}", self.method)?;
        match &self.body {
            Some(body) => write!(f, " ({} bytes hidden)", body.len()),
            None => Ok(()),
        }
    }
}
