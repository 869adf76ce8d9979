//! Whose browser an engine stands in for: the header lines and the screen of the page that a phone's sheet shows.
//!
//! How large the part of a screen is that a sheet leaves to its page is chosen, as is a usual device of each system.

use super::request_lines::RequestLines;
use crate::check::Checked;
use crate::phone::{Family, Model};

/// What Chromium, and so Android's WebView, takes for a page: as when `check` itself asks for it. Unverified (grade E) for
/// each of the versions that it stands in for.
const CHROMIUM_ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;\
                               q=0.8,application/signed-exchange;v=b3;q=0.7";

/// What WebKit and Firefox take for a page. Unverified (grade E) in the same way.
const PLAIN_ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// The app that shows Android's sheet, which its WebView names with every request: AOSP's package `CaptivePortalLogin`.
const ANDROID_SHEET: &str = "com.android.captiveportallogin";

/// A screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Screen {
    /// In CSS pixels.
    pub(super) width: u32,
    pub(super) height: u32,
    /// Pixels of the screen for one of CSS.
    pub(super) ratio: u32,
    /// It is touched, and its pages are laid out as a phone's browser does.
    pub(super) is_touched: bool,
}

/// What a phone's browser is like.
#[derive(Clone, Debug)]
pub(super) struct BrowserProfile {
    pub(super) lines: RequestLines,
    pub(super) screen: Screen,
}

impl BrowserProfile {
    /// That of the page of this phone.
    pub(super) fn of(checked: &Checked) -> Self {
        let agent = checked.agent.clone().filter(|agent| agent.contains('('));
        let text = agent.as_deref().unwrap_or_default();
        let is_firefox = text.contains("Firefox/");
        let is_chromium = text.contains("Chrome/");
        let lines = RequestLines {
            accept: match &agent {
                None => None,
                Some(_) if is_chromium => Some(CHROMIUM_ACCEPT),
                Some(_) => Some(PLAIN_ACCEPT),
            },
            accept_language: if is_firefox { "en-US,en;q=0.5" } else { "en-US,en;q=0.9" },
            app: text.contains("; wv)").then_some(ANDROID_SHEET),
            agent,
        };
        Self { lines, screen: screen(checked.model) }
    }
}

fn screen(model: &Model) -> Screen {
    let touched = |width, height, ratio| Screen { width, height, ratio, is_touched: true };
    let desktop = |width, height| Screen { width, height, ratio: 1, is_touched: false };
    match model.family {
        Family::Android => touched(412, 780, 2),
        Family::Apple if model.id.starts_with("ios-") => touched(390, 664, 2),
        Family::Apple if model.id.starts_with("ipados-") => touched(820, 1000, 2),
        Family::Apple => desktop(900, 572),
        Family::HarmonyOs => touched(360, 640, 2),
        Family::Kindle => touched(600, 700, 1),
        Family::Nintendo => touched(1280, 660, 1),
        Family::Steam => desktop(1280, 720),
        _ => desktop(1280, 720),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::BuiltIn;
    use crate::check::in_process::in_process;
    use crate::phone::by_id;

    #[test]
    fn a_webview_names_its_app_and_an_iphone_does_not() {
        let of = |id| BrowserProfile::of(&in_process(&mut BuiltIn::start(), by_id(id).unwrap()));
        let (android, apple, firefox) = (of("android-11"), of("ios-17"), of("firefox"));
        assert_eq!(android.lines.app, Some(ANDROID_SHEET));
        assert!(android.lines.agent.as_ref().unwrap().contains("; wv)"));
        assert_eq!(android.lines.accept, Some(CHROMIUM_ACCEPT));
        assert_eq!((apple.lines.app, apple.lines.accept), (None, Some(PLAIN_ACCEPT)));
        assert!(apple.screen.is_touched && !firefox.screen.is_touched);
    }
}
