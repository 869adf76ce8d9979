//! What a real browser makes of the owner's pages: journeys of an owner through the demo's portal, with
//! keyboard, without scripts, on narrow phones, right to left, in the dark, and among hostile names.
//!
//! `ci/browser.sh` starts it, and says what it needs. Nothing here knows how the pages are made.

mod alarms;
mod application;
mod browser;
mod checks;
mod dashboard;
mod dashboard_looks;
mod device;
mod journeys;
mod label_code;
mod many_networks;
mod picture;
mod reports;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use alarms::mistakes_are_found;
use application::with_its_own_fields;
use browser::Phone;
use dashboard::{a_run_step_by_step, by_what_the_dashboard_says, the_timeline_by_mouse_and_finger};
use dashboard_looks::{a_run_that_fails_and_a_trace, the_banner_in_every_state, the_picture_at_three_widths};
use journeys::{
    among_hostile_names, by_keyboard_alone, in_arabic_on_a_narrow_phone, without_scripts, wrong_then_right,
};
use label_code::by_the_labels_second_code;
use many_networks::among_many_networks;
use reports::reports_and_the_matrix;

/// How long a journey may take: they wait for the device, and for each other.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What every journey needs.
struct Bench {
    /// The command that is tested.
    program: PathBuf,
    /// Where `chromedriver` listens.
    driver: String,
    /// The script of axe-core.
    axe: String,
    /// Where the pictures are.
    pictures: PathBuf,
    /// They are made anew.
    update: bool,
}

impl Bench {
    fn from_arguments() -> Option<Self> {
        let [program, driver, axe, pictures] = env::args().skip(1).collect::<Vec<_>>().try_into().ok()?;
        let axe = std::fs::read_to_string(axe).ok()?;
        let update = env::var_os("VESTIBULE_UPDATE").is_some();
        Some(Self { program: program.into(), driver, axe, pictures: pictures.into(), update })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(bench) = Bench::from_arguments() else {
        eprintln!("vestibule-browser VESTIBULE WEBDRIVER AXE PICTURES: see ci/browser.sh");
        return ExitCode::from(2);
    };
    // The device waits for most of the time, so they all go at once.
    let (keyboard, wrong, plain, arabic, hostile, newcomer, run, others) = tokio::join!(
        report("by keyboard alone", by_keyboard_alone(&bench)),
        report("wrong passphrase, then right, in the dark", wrong_then_right(&bench)),
        report("without scripts", without_scripts(&bench)),
        report("in Arabic, 320 pixels wide", in_arabic_on_a_narrow_phone(&bench)),
        report("among hostile names, 320 pixels wide, in the dark", among_hostile_names(&bench)),
        report("by what the dashboard says, and what goes wrong", by_what_the_dashboard_says(&bench)),
        report("a run on the dashboard, step by step, in the dark", a_run_step_by_step(&bench)),
        // One after another: more browsers at once are more than a small machine bears.
        async {
            let bright = with_its_own_fields(&bench, Phone::USUAL, "application.png");
            let dark = with_its_own_fields(&bench, Phone::DARK, "application-dark.png");
            report("by the label's second code", by_the_labels_second_code(&bench)).await
                & report("an application's own fields and look", bright).await
                & report("an application's own fields and look, in the dark", dark).await
                & report("the timeline by mouse and finger", the_timeline_by_mouse_and_finger(&bench)).await
                & report("among none, one and forty networks", among_many_networks(&bench)).await
                & report("reports and the matrix", reports_and_the_matrix(&bench)).await
                & report("the dashboard's banner in every state", the_banner_in_every_state(&bench)).await
                & report("the dashboard's picture at three widths", the_picture_at_three_widths(&bench)).await
                & report("a run that fails and a saved trace", a_run_that_fails_and_a_trace(&bench)).await
                & report("pages that are wrong on purpose", mistakes_are_found(&bench)).await
        },
    );
    let pages = keyboard && wrong && plain && arabic && hostile;
    if pages && newcomer && run && others { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Goes on a journey, and tells how it went.
async fn report(name: &str, journey: impl Future<Output = Result<(), String>>) -> bool {
    let began = Instant::now();
    let outcome = timeout(TIMEOUT, journey).await.unwrap_or_else(|_| Err("it does not end".into()));
    match &outcome {
        Ok(()) => eprintln!("ok      {name} ({} s)", began.elapsed().as_secs()),
        Err(error) => eprintln!("FAILED  {name}: {error}"),
    }
    outcome.is_ok()
}
