//! Everything around a page's `<main>`.

use super::language::Text;
use super::markup;
use super::writer::Writer;
use crate::branding::Branding;

pub(super) const STYLE: &str = include_str!("style.css");

/// How a page is framed.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    /// Without scripts it asks for `/` every two seconds.
    pub(super) goes_on: bool,
    /// It is better with a script.
    pub(super) scripted: bool,
    /// The script asks for `/` until another page is there.
    pub(super) waits: bool,
    pub(super) branding: Branding,
}

impl Frame {
    pub(super) const PLAIN: Self =
        Self { goes_on: false, scripted: false, waits: false, branding: Branding::PLAIN };
}

/// Up to the contents of `<main>`. The title is never the word on which Apple's checker concludes that
/// it is online (docs/clients.md#success-in-a-title).
pub(super) fn open(frame: Frame, title: Text, page: &mut Writer<'_, '_, '_>) {
    top(frame, page);
    page.text_bare(title);
    body(frame, page);
}

/// Up to the title.
pub(super) fn top(frame: Frame, page: &mut Writer<'_, '_, '_>) {
    page.put(markup::TOP);
    page.put_if(frame.goes_on, markup::GOES_ON);
    page.put_if(frame.scripted, markup::SCRIPT);
    page.put(markup::TITLE_OPENS);
}

/// From the title on.
pub(super) fn body(frame: Frame, page: &mut Writer<'_, '_, '_>) {
    page.put(markup::TITLE_ENDS);
    page.out.put(STYLE.as_bytes());
    page.put(markup::BODY);
    if let Some(colour) = frame.branding.colour {
        page.put(markup::BAND_OPENS);
        colour.write(page.out);
        page.put(markup::BAND_ENDS);
    }
    page.put(if frame.waits { markup::MAIN_WAITS } else { markup::MAIN });
    if !frame.branding.logo.is_empty() {
        page.put(markup::LOGO_OPENS);
        page.out.put(frame.branding.logo.as_bytes());
        page.put(markup::LOGO_ENDS);
    }
}
