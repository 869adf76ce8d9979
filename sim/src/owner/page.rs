//! A page as a browser shows it, as far as the owner sees it and can act on it: text, links,
//! forms, and the refresh.
//!
//! Scripts are not run, so what a page has for browsers without them counts; styles only where they hide
//! an element in its own attribute.

use std::sync::LazyLock;
use std::time::Duration;

use scraper::{ElementRef, Html, Node, Selector};
use url::Url;

use super::form::{Choice, Control, ControlKind, Form, Method, Request, SealsFor, Touch};

/// A page.
#[derive(Clone)]
pub struct Page {
    /// Markup that no portal writes and that must have come in with foreign text.
    pub foreign: Vec<String>,
    /// Its address, after redirections.
    pub url: Url,
    /// Its title.
    pub title: String,
    /// Its visible text, white space folded.
    pub text: String,
    /// Its alert (`role="alert"`).
    pub alert: Option<String>,
    /// Its status message (`role="status"`).
    pub status: Option<String>,
    /// Its forms.
    pub forms: Vec<Form>,
    /// Its links.
    pub links: Vec<Link>,
    /// The page that it loads automatically, and when.
    pub refresh: Option<Refresh>,
    /// Its frames, whose pages are not among the above.
    pub frames: Vec<Frame>,
    /// What it says of the join by a hint, where there is one.
    pub(crate) says: Option<bool>,
}

/// A frame (`<iframe>`, `<frame>`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where its page is.
    pub url: Url,
    /// Its page, where that stands in the page around it (`srcdoc`).
    pub html: Option<String>,
}

impl Page {
    /// Takes in what a frame of it shows, as if it stood in the page itself.
    pub(crate) fn take_in(&mut self, mut inner: Self) {
        self.text = format!("{} {}", self.text, inner.text).trim().to_owned();
        self.alert = self.alert.take().or(inner.alert);
        self.status = self.status.take().or(inner.status);
        self.forms.append(&mut inner.forms);
        self.links.append(&mut inner.links);
        self.refresh = self.refresh.take().or(inner.refresh);
    }
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What is seen.
    pub text: String,
    /// The same in the pieces in which the page has it: a list's entry has a network's name beside its strength.
    pub pieces: Vec<String>,
    /// Where it leads.
    pub url: Url,
    /// Which element it is, where a browser shows the page.
    pub(crate) element: Option<usize>,
}

impl Link {
    /// What following it asks for.
    pub(crate) fn request(&self) -> Request {
        let touches = self.element.map(|element| Touch::Tap { element });
        Request { touches: touches.into_iter().collect(), ..Request::get(self.url.clone()) }
    }
}

/// `<meta http-equiv="refresh">`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// How long after the page was loaded.
    pub after: Duration,
    /// Where to.
    pub url: Url,
}

/// The CSS selectors by which a page is read, compiled once.
struct Selectors {
    base: Selector,
    title: Selector,
    body: Selector,
    alert: Selector,
    status: Selector,
    links: Selector,
    metas: Selector,
    forms: Selector,
    controls: Selector,
    options: Selector,
    labels: Selector,
    frames: Selector,
    code: Selector,
}

static SELECTORS: LazyLock<Selectors> = LazyLock::new(|| {
    let parse = |selector| Selector::parse(selector).expect("selectors are written in this file");
    Selectors {
        base: parse("base[href]"),
        title: parse("title"),
        body: parse("body"),
        alert: parse("[role=alert]"),
        status: parse("[role=status]"),
        links: parse("a[href]"),
        metas: parse("meta[http-equiv]"),
        forms: parse("form"),
        controls: parse("input, select, textarea, button"),
        options: parse("option"),
        labels: parse("label[for]"),
        frames: parse("iframe, frame"),
        code: parse("input#code"),
    }
});

/// Reads a page that came from `url`. Never fails: there is no text that is not a page.
///
/// ```
/// use std::time::Duration;
/// use vestibule::owner::parse;
///
/// let html = "<title>Lamp</title><meta http-equiv=refresh content='2; url=/result'>\
///             <p role=status>Joining</p><form method=post action=/setup></form><a href=/>Look again</a>";
/// let page = parse(html, &"http://192.168.4.1/".parse()?);
/// assert_eq!((page.title.as_str(), page.status.as_deref()), ("Lamp", Some("Joining")));
/// assert_eq!((page.forms.len(), page.links[0].text.as_str()), (1, "Look again"));
/// assert_eq!(page.refresh.unwrap().after, Duration::from_secs(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parse(html: &str, url: &Url) -> Page {
    // The parser assumes that scripts run, and would take the content of this element for text.
    let document = Html::parse_document(&html.replace("<noscript>", "").replace("</noscript>", ""));
    let base = document
        .select(&SELECTORS.base)
        .next()
        .and_then(|base| url.join(base.attr("href")?).ok())
        .unwrap_or_else(|| url.clone());
    let of_role = |role: &Selector| document.select(role).map(visible_text).find(|text| !text.is_empty());
    Page {
        title: document
            .select(&SELECTORS.title)
            .next()
            .map(|title| fold(&title.text().collect::<String>()))
            .unwrap_or_default(),
        text: document.select(&SELECTORS.body).next().map(visible_text).unwrap_or_default(),
        alert: of_role(&SELECTORS.alert),
        status: of_role(&SELECTORS.status),
        forms: forms(&document, &base),
        links: document
            .select(&SELECTORS.links)
            .filter_map(|link| {
                Some(Link {
                    text: visible_text(link),
                    pieces: pieces(link),
                    url: base.join(link.attr("href")?).ok()?,
                    element: element_of(link),
                })
            })
            .collect(),
        refresh: document
            .select(&SELECTORS.metas)
            .filter(|meta| meta.attr("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh")))
            .find_map(|meta| refresh(meta.attr("content")?, url, &base)),
        frames: document.select(&SELECTORS.frames).filter_map(|frame| shown_in(frame, &base)).collect(),
        says: None,
        foreign: foreign(&document),
        url: url.clone(),
    }
}

/// What a frame shows, if that is a page.
fn shown_in(frame: ElementRef<'_>, base: &Url) -> Option<Frame> {
    if is_hidden(frame) {
        return None;
    }
    if let Some(html) = frame.attr("srcdoc") {
        return Some(Frame { url: base.clone(), html: Some(html.to_owned()) });
    }
    let source = frame.attr("src").filter(|source| !source.trim().is_empty())?;
    let url = base.join(source).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    Some(Frame { url, html: None })
}

/// Markup that a portal's page never has of its own, so that it must have come in with a network's name:
/// scripts within the page, handlers, pictures from elsewhere, frames.
fn foreign(document: &Html) -> Vec<String> {
    let mut found = Vec::new();
    for element in document.tree.values().filter_map(|node| node.as_element()) {
        let is_foreign = matches!(element.name(), "script" | "iframe" | "object" | "embed" | "img" | "base");
        if is_foreign && element.attr("src").is_none_or(|src| !src.starts_with('/')) {
            found.push(format!("<{}> in the page", element.name()));
        }
        let handlers = element.attrs().filter(|(name, _)| name.starts_with("on"));
        found.extend(handlers.map(|(name, _)| format!("the handler {name} in the page")));
    }
    found
}

/// HTML standard, "shared declarative refresh steps": seconds, and perhaps `; url=` an address.
fn refresh(content: &str, page: &Url, base: &Url) -> Option<Refresh> {
    let content = content.trim_start();
    let digits = content.find(|character: char| !character.is_ascii_digit()).unwrap_or(content.len());
    let (seconds, rest) = content.split_at(digits);
    let after = Duration::from_secs(seconds.parse().ok()?);
    let rest = rest.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
    let rest = rest.trim_start().trim_start_matches([';', ',']).trim();
    let is_named = rest.get(..3).is_some_and(|word| word.eq_ignore_ascii_case("url"));
    let target = match rest.get(3..).and_then(|rest| rest.trim_start().strip_prefix('=')) {
        Some(named) if is_named => named.trim_start(),
        _ => rest,
    };
    let target = match target.chars().next() {
        Some(quote @ ('"' | '\'')) => target[1..].split(quote).next().unwrap_or_default(),
        _ => target,
    };
    let url = if target.is_empty() { page.clone() } else { base.join(target).ok()? };
    Some(Refresh { after, url })
}

/// The pieces of text that are seen in an element, each folded, none empty.
fn pieces(element: ElementRef<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if !is_hidden(element) {
        for child in element.children() {
            match (ElementRef::wrap(child), child.value()) {
                (Some(element), _) => found.append(&mut pieces(element)),
                (None, Node::Text(text)) => found.push(fold(text)),
                (None, _) => {}
            }
        }
    }
    found.retain(|piece| !piece.is_empty());
    found
}

fn is_hidden(element: ElementRef<'_>) -> bool {
    let style = element.attr("style").unwrap_or_default();
    element.attr("hidden").is_some()
        || style.replace(char::is_whitespace, "").to_ascii_lowercase().contains("display:none")
        || matches!(element.value().name(), "script" | "style" | "noscript" | "template" | "title" | "select")
}

fn visible_text(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    for piece in pieces(element) {
        // No space before a punctuation mark that follows a name.
        if !text.is_empty() && !piece.starts_with(['.', ',', ';', ':', '!', '?']) {
            text.push(' ');
        }
        text += &piece;
    }
    text
}

/// Folds white space as HTML shows it.
fn fold(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text as it is compared by sight: without what cannot be seen or was replaced, white space folded.
pub(super) fn as_seen(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|character| if character.is_whitespace() { ' ' } else { character })
        .filter(|&character| {
            !character.is_control()
                && character != char::REPLACEMENT_CHARACTER
                && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The form that an engine makes for what is in none.
const OF_PAGE: &str = "of-the-page";

fn forms(document: &Html, base: &Url) -> Vec<Form> {
    let elements: Vec<_> = document.select(&SELECTORS.forms).collect();
    let labels: Vec<_> = document.select(&SELECTORS.labels).collect();
    let mut forms: Vec<Form> = elements
        .iter()
        .map(|form| Form {
            method: match form.attr("method") {
                Some(method) if method.eq_ignore_ascii_case("post") => Method::Post,
                _ => Method::Get,
            },
            action: match form.attr("action") {
                Some(action) if !action.is_empty() => base.join(action).unwrap_or_else(|_| base.clone()),
                _ => base.clone(),
            },
            url_encoded: form.attr("enctype").is_none_or(|encoding| {
                !encoding.eq_ignore_ascii_case("multipart/form-data")
                    && !encoding.eq_ignore_ascii_case("text/plain")
            }),
            seals_for: form
                .attr("data-key")
                .and_then(hex_key)
                .map(|key| SealsFor { key, takes_code: form.select(&SELECTORS.code).next().is_some() }),
            controls: Vec::new(),
            touches: Vec::new(),
            is_of_page: form.attr("id") == Some(OF_PAGE),
        })
        .collect();
    for element in document.select(&SELECTORS.controls) {
        let owner = match element.attr("form") {
            Some(id) => elements.iter().position(|form| form.attr("id") == Some(id)),
            None => elements.iter().position(|form| element.ancestors().any(|node| node.id() == form.id())),
        };
        if let Some(form) = owner.and_then(|index| forms.get_mut(index))
            && let Some(control) = control(&labels, element)
        {
            form.controls.push(control);
        }
    }
    forms
}

/// A public key in hexadecimal digits.
pub(crate) fn hex_key(digits: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != key.len() {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}

/// A control that is sent or pressed; `None` for those that only scripts use.
fn control(labels: &[ElementRef<'_>], element: ElementRef<'_>) -> Option<Control> {
    let attribute = |name| element.attr(name).unwrap_or_default();
    let declared = attribute("type").to_ascii_lowercase();
    let kind = match (element.value().name(), declared.as_str()) {
        ("select", _) => ControlKind::Select,
        ("textarea", _) => ControlKind::Text,
        ("input", "submit" | "image") => ControlKind::Submit,
        ("button" | "input", "button" | "reset") | ("input", "file") => return None,
        ("button", _) => ControlKind::Submit,
        (_, "password") => ControlKind::Password,
        (_, "hidden") => ControlKind::Hidden,
        (_, "radio") => ControlKind::Radio,
        (_, "checkbox") => ControlKind::Checkbox,
        _ => ControlKind::Text,
    };
    let choices = choices(element);
    let value = match kind {
        ControlKind::Select => selected(element, &choices),
        _ if element.value().name() == "textarea" => element.text().collect(),
        ControlKind::Radio | ControlKind::Checkbox => element.attr("value").unwrap_or("on").to_owned(),
        _ => attribute("value").to_owned(),
    };
    Some(Control {
        kind,
        name: attribute("name").to_owned(),
        id: attribute("id").to_owned(),
        value,
        label: label(labels, element),
        checked: element.attr("checked").is_some(),
        disabled: is_disabled(element),
        required: element.attr("required").is_some(),
        max_length: attribute("maxlength").parse().ok(),
        choices,
        element: element_of(element),
        part: None,
    })
}

/// The number that a browser gave an element when it told what it shows.
fn element_of(element: ElementRef<'_>) -> Option<usize> {
    element.attr("data-element")?.parse().ok()
}

fn is_disabled(element: ElementRef<'_>) -> bool {
    let off = |element: ElementRef<'_>| element.attr("disabled").is_some();
    off(element)
        || element
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|ancestor| ancestor.value().name() == "fieldset" && off(ancestor))
}

fn choices(select: ElementRef<'_>) -> Vec<Choice> {
    select
        .select(&SELECTORS.options)
        .map(|option| {
            let label = fold(&option.text().collect::<String>());
            let value = option.attr("value").map_or_else(|| label.clone(), str::to_owned);
            Choice { value, label, disabled: option.attr("disabled").is_some() }
        })
        .collect()
}

/// The choice of a select before anybody chooses: the one that the page selects, or else the first that can
/// be chosen.
fn selected(select: ElementRef<'_>, choices: &[Choice]) -> String {
    let marked = select.select(&SELECTORS.options).position(|option| option.attr("selected").is_some());
    marked
        .and_then(|index| choices.get(index))
        .or_else(|| choices.iter().find(|choice| !choice.disabled))
        .map(|choice| choice.value.clone())
        .unwrap_or_default()
}

/// The visible texts of a control: its labels, and its own text.
fn label(pointing: &[ElementRef<'_>], element: ElementRef<'_>) -> Vec<String> {
    let id = element.attr("id");
    let around = element.ancestors().filter_map(ElementRef::wrap).filter(|ancestor| {
        ancestor.value().name() == "label" && ancestor.attr("for").is_none_or(|to| Some(to) == id)
    });
    let pointing = pointing.iter().copied().filter(|label| id.is_some() && label.attr("for") == id);
    let mut seen: Vec<String> = Vec::new();
    for found in around.chain(pointing).map(pieces) {
        if !seen.ends_with(&found) {
            seen.extend(found);
        }
    }
    if element.value().name() == "button" {
        seen.extend(pieces(element));
    }
    seen.extend(["aria-label", "placeholder"].into_iter().filter_map(|name| element.attr(name)).map(fold));
    seen
}
