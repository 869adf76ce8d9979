//! Every scenario of `fixtures/scenarios` under both drivers, and the first join of every phone model, by every kind of
//! owner: one test each.
//! A broken scenario of each kind of expectation must fail, or the judge would be asleep.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Builder;
use vestibule::owner::Deviation;
use vestibule::phone::{Model, Presents, by_id, models};
use vestibule::scenario::judge::Unmet;
use vestibule::scenario::{Mutant, Scenario, load};
use vestibule::trace::What;
use vestibule::world::loopback::{Loopback, Ports};
use vestibule::world::virtual_time::VirtualTime;
use vestibule_tests::docs::{anchors, headings};
use vestibule_tests::scenario;

fn main() {
    let mut arguments = Arguments::from_args();
    // They wait for most of their time.
    arguments.test_threads.get_or_insert(32);
    let trials = of_files()
        .chain(of_mutants())
        .chain([
            Trial::test("known-issues", every_known_issue_has_a_scenario_and_a_mutant),
            Trial::test("mutant-protected-access-point-placeholder", placeholders_are_refused),
        ])
        .chain(of_one_address())
        .chain(of_models())
        .chain(of_owners())
        .chain(of_what_cannot_come_true())
        .collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// Each file, under both drivers.
fn of_files() -> impl Iterator<Item = Trial> {
    files().into_iter().flat_map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let scenario = load::load(&path);
        let in_virtual_time = scenario.clone();
        [
            Trial::test(name.clone(), move || passes(&scenario.map_err(|error| error.to_string())?)),
            Trial::test(format!("virtual-{name}"), move || {
                passes_in_virtual_time(&in_virtual_time.map_err(|error| error.to_string())?)
            }),
        ]
    })
}

/// Each file with each known bug that it names.
fn of_mutants() -> impl Iterator<Item = Trial> {
    files_read().into_iter().flat_map(|(name, scenario)| {
        scenario.must_fail_with.clone().into_iter().map(move |mutant| {
            let mut scenario = scenario.clone();
            scenario.device.mutant = Some(mutant);
            Trial::test(format!("mutant-{name}-{mutant:?}"), move || {
                let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |_| {});
                match outcome.unmet.is_empty() && outcome.violation.is_none() {
                    true => Err(format!("the scenario has not noticed the known bug {mutant:?}").into()),
                    false => Ok(()),
                }
            })
        })
    })
}

fn placeholders_are_refused() -> Result<(), Failed> {
    let text = std::fs::read_to_string(folder().join("protected-access-point.toml"))?;
    for placeholder in ["12345678", "password", "Vestibule-4F2A"] {
        let mutant = text.replace("h7rk-2mwq-9xtz", placeholder);
        if load::parse(&mutant, Path::new("mutant")).is_ok() {
            return Err(format!("\"{placeholder}\" was taken").into());
        }
    }
    Ok(())
}

/// Where this machine has no address to spare.
fn of_one_address() -> impl Iterator<Item = Trial> {
    ["ios-17", "android-14"].into_iter().map(|id| {
        let ports = Ports { one_address: true, ..Ports::default() };
        let model = by_id(id).expect("a model");
        Trial::test(format!("one-address-{id}"), move || passes_on(&ports, &scenario(&first_join(model))))
    })
}

/// The first join of each model, under both drivers.
fn of_models() -> impl Iterator<Item = Trial> {
    models().iter().flat_map(|model| {
        [
            Trial::test(format!("first-join-{}", model.id), || passes(&scenario(&first_join(model)))),
            Trial::test(format!("virtual-first-join-{}", model.id), || {
                passes_in_virtual_time(&scenario(&first_join(model)))
            }),
        ]
    })
}

/// The first join of each model that has a sheet, by every kind of owner.
fn of_owners() -> impl Iterator<Item = Trial> {
    models().iter().filter(|model| has_a_sheet(model)).flat_map(|model| {
        phone_cases().into_iter().map(move |case| {
            let name = format!("told-{}-{}", case.name, model.id);
            Trial::test(name, move || told_on_the_way(model.id, &case))
        })
    })
}

fn of_what_cannot_come_true() -> impl Iterator<Item = Trial> {
    BROKEN.iter().map(|(name, text)| {
        Trial::test(format!("broken-{name}"), move || match passes_once(Ports::default(), &scenario(text)) {
            Ok(()) => Err("this scenario cannot come true, and the judge has let it pass".into()),
            Err(_) => Ok(()),
        })
    })
}

/// Whether its owner meets a portal in a sheet, as owners who deviate do: not in a browser, and at all.
fn has_a_sheet(model: &Model) -> bool {
    matches!(model.presents, Presents::Sheet | Presents::SheetOnTap) && model.at_a_setup_portal().1
}

/// What no known bug shows: a placeholder does not even load, which is a test of its own.
const WITHOUT_A_MUTANT: [&str; 1] = ["shared-default-passphrase"];

fn every_known_issue_has_a_scenario_and_a_mutant() -> Result<(), Failed> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/field-failures.md");
    let text = std::fs::read_to_string(&page)?;
    let headings = anchors(&text);
    let files = files_read();
    for (name, scenario) in &files {
        if let Some(unknown) = scenario.known_issues.iter().find(|issue| !headings.contains(*issue)) {
            return Err(format!("{name}: docs/field-failures.md has no heading \"{unknown}\"").into());
        }
    }
    for issue in &headings {
        let about = || files.iter().filter(|(_, scenario)| scenario.known_issues.contains(issue));
        let without_a_mutant = WITHOUT_A_MUTANT.contains(&issue.as_str());
        if about().next().is_none() {
            return Err(format!("no scenario is about {issue}").into());
        } else if !without_a_mutant && about().all(|(_, scenario)| scenario.must_fail_with.is_empty()) {
            return Err(format!("no scenario about {issue} names a bug with which it must fail").into());
        }
    }
    names_the_scenarios(&page, &text, &files)
}

/// The page's table says which scenarios and known bugs show each failure.
fn names_the_scenarios(page: &Path, text: &str, files: &[(String, Scenario)]) -> Result<(), Failed> {
    const TABLE: &str = "| failure | scenarios | known bugs |\n|---|---|---|\n";
    let listed =
        |names: Vec<String>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let rows = headings(text).filter(|(level, _)| *level == 3).map(|(_, issue)| {
        let about: Vec<_> = files.iter().filter(|(_, file)| file.known_issues.contains(&issue)).collect();
        let names = about.iter().map(|(name, _)| name.clone()).collect();
        let bugs: BTreeSet<_> = about.iter().flat_map(|(_, file)| &file.must_fail_with).map(kebab).collect();
        format!("| [{issue}](#{issue}) | {} | {} |\n", listed(names), listed(bugs.into_iter().collect()))
    });
    let table = TABLE.to_owned() + &rows.collect::<String>();
    let before = text.split_once(TABLE).map_or(text, |(before, _)| before);
    let right = format!("{}\n\n{table}", before.trim_end());
    if std::env::var_os("VESTIBULE_UPDATE").is_some() {
        std::fs::write(page, right)?;
    } else if text != right {
        return Err(
            "the table of docs/field-failures.md is not today's: VESTIBULE_UPDATE=1 makes it anew".into()
        );
    }
    Ok(())
}

/// A known bug as files name it.
fn kebab(mutant: &Mutant) -> String {
    let mut name = String::new();
    for letter in format!("{mutant:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios")
}

/// Those that can be read; that all can is another test's.
fn files_read() -> Vec<(String, Scenario)> {
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    files().into_iter().filter_map(|path| Some((name(&path), load::load(&path).ok()?))).collect()
}

fn files() -> Vec<PathBuf> {
    let folder = folder();
    let entries = std::fs::read_dir(&folder).expect("the scenarios are there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.sort();
    assert!(files.len() >= 10, "where have the scenarios gone? {files:?}");
    files
}

/// How often a scenario is tried whose sockets and clocks are this machine's: one that is busy makes a phone too late. What
/// is wrong, and not late, is so each time, and in virtual time too.
const TRIES: usize = 3;

fn passes(scenario: &Scenario) -> Result<(), Failed> {
    passes_on(&Ports::default(), scenario)
}

fn passes_on(ports: &Ports, scenario: &Scenario) -> Result<(), Failed> {
    let mut failed = String::new();
    for _ in 0..TRIES {
        let Err(why) = passes_once(ports.clone(), scenario) else { return Ok(()) };
        let why = why.message().unwrap_or_default();
        eprintln!("{} over sockets, one of {TRIES} tries: {why}", scenario.name);
        failed.push_str(why);
    }
    Err(failed.into())
}

fn passes_once(ports: Ports, scenario: &Scenario) -> Result<(), Failed> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let world = Loopback::start(scenario, 1, ports, None).await?;
        world.power_on();
        let outcome = world.judge(scenario).await;
        world.stop().await;
        verdict(&outcome.unmet)
    })
}

/// Twice, for the same seed must give the same bytes.
fn passes_in_virtual_time(scenario: &Scenario) -> Result<(), Failed> {
    let run = || VirtualTime::new(scenario, 1).run(scenario, |_| {});
    let (first, second) = (run(), run());
    if first != second {
        return Err(format!("two runs of a seed differ: {first:?} and {second:?}").into());
    }
    verdict(&first.unmet)
}

fn verdict(unmet: &[Unmet]) -> Result<(), Failed> {
    match unmet {
        [] => Ok(()),
        unmet => Err(unmet.iter().map(|unmet| format!("{unmet}\n")).collect::<String>().into()),
    }
}

/// A first join, with what the model itself says of a portal in setup.
fn first_join(model: &Model) -> String {
    let (verdict, shows) = model.at_a_setup_portal();
    let model = model.id;
    let expect = match shows {
        true => "state = \"connected\"\njoined = \"Home\"\nstored = \"Home\"\nfailures = []",
        false => "state = \"portal-open\"\nfailures = []\nwithin = \"12s\"",
    };
    format!(
        r#"
        name = "first join"
        [device]
        ap_shutdown_delay = "1s"
        [[network]]
        ssid = "Home"
        [[phone]]
        model = "{model}"
        wants = "Home"
        habits = "hurried"
        expect = {{ sheet = {shows}, told = {shows}, first_verdict = "{verdict}", findings = 0 }}
        [expect]
        {expect}
        "#
    )
}

/// The deviations of owners, as scenarios write them.
const DEVIATIONS: [&str; 8] = [
    "close-form",
    "close-answer",
    "close-result",
    "reload-form",
    "reload-answer",
    "reload-result",
    "submit-twice",
    "go-back",
];

/// Further kinds of phones and owners. The slow take minutes; the other times are chosen.
const PHONE_CASES: [(&str, &str); 5] = [
    ("calm", ""),
    ("slow", "habits = \"slow\""),
    ("browser", "opens = \"browser\""),
    ("browser-mobile-data", "opens = \"browser\"\nmobile_data = true"),
    ("leaves", "leaves_without_internet = \"15s\"\nknows = \"Home\"\nmobile_data = true"),
];

/// The first join with a model, by an owner or a phone of its own kind: name, what is said of the
/// phone, the deviation that its owner makes.
struct PhoneCase {
    name: String,
    phone: String,
    deviation: Option<&'static str>,
}

fn phone_cases() -> Vec<PhoneCase> {
    assert_eq!(DEVIATIONS.len(), Deviation::ALL.len(), "a deviation has no trial");
    let plain = PHONE_CASES.map(|(name, phone)| PhoneCase {
        name: name.into(),
        phone: phone.into(),
        deviation: None,
    });
    let deviating = DEVIATIONS.iter().flat_map(|deviation| {
        let tries = if *deviation == "go-back" { "tries = [\"wrong\", \"right\"]\n" } else { "" };
        ["calm", "hurried"].map(|habits| PhoneCase {
            name: format!("{deviation}-{habits}"),
            phone: format!("{tries}habits = \"{habits}\""),
            deviation: Some(*deviation),
        })
    });
    plain.into_iter().chain(deviating).collect()
}

/// In virtual time, for some take minutes; the device has its own times and waits no longer for it.
fn told_on_the_way(model: &str, case: &PhoneCase) -> Result<(), Failed> {
    let deviation = case
        .deviation
        .map(|does| format!("[[fault]]\nat = \"0s\"\nkind = \"deviation\"\nphone = 1\ndoes = \"{does}\"\n"));
    let scenario = scenario(&format!(
        "name = \"{}\"\n[[network]]\nssid = \"Home\"\nchannel = 11\n[[phone]]\nmodel = \"{model}\"\n\
         wants = \"Home\"\nexpect = {{ told = true }}\n{}\n{}[expect]\nwithin = \"12min\"\n\
         state = \"connected\"\nstored = \"Home\"\n{}",
        case.name,
        case.phone,
        deviation.unwrap_or_default(),
        // A calm owner is still typing when the first attempt fails.
        if case.name == "go-back-calm" { "" } else { "failures = []\n" },
    ));
    let goes_back = case.deviation == Some("go-back");
    let (mut deviations, mut submitted) = (0, 0);
    let outcome = VirtualTime::new(&scenario, 1).run(&scenario, |record| match record.what {
        What::Deviates { .. } => deviations += 1,
        What::Submitted { .. } => submitted += 1,
        _ => {}
    });
    verdict(&outcome.unmet)?;
    if let Some(violation) = outcome.violation {
        return Err(violation.to_string().into());
    }
    // One form, one join, however often it was sent; but a corrected one is another.
    let expected = (usize::from(case.deviation.is_some()), 1 + usize::from(goes_back));
    if (deviations, submitted) != expected {
        return Err(format!("{deviations} deviations and {submitted} joins, expected {expected:?}").into());
    }
    Ok(())
}

/// Scenarios that cannot come true, one for each kind of expectation.
const BROKEN: &[(&str, &str)] = &[
    ("state", "name = \"\"\n[expect]\nwithin = \"500ms\"\nstate = \"connected\""),
    ("joined", "name = \"\"\n[[network]]\nssid = \"Home\"\n[expect]\nwithin = \"500ms\"\njoined = \"Home\""),
    ("stored", "name = \"\"\n[[network]]\nssid = \"Home\"\n[expect]\nwithin = \"500ms\"\nstored = \"Home\""),
    (
        "sheet",
        "name = \"\"\n[[phone]]\nmodel = \"ios-17\"\njoins = \"950ms\"\nexpect = { sheet = true }\n[expect]\nwithin = \"1s\"",
    ),
    (
        "visited",
        "name = \"\"\n[[network]]\nssid = \"Home\"\non_air = false\n[[phone]]\nmodel = \"ios-17\"\nwants = \"Home\"\n\
         visits = true\nexpect = { visited = true }\n[expect]\nwithin = \"500ms\"",
    ),
    (
        "no-sheet",
        "name = \"\"\n[[phone]]\nmodel = \"ios-17\"\nexpect = { sheet = false }\n[expect]\nwithin = \"8s\"",
    ),
    (
        "verdict",
        "name = \"\"\n[[phone]]\nmodel = \"ios-17\"\nexpect = { first_verdict = \"online\" }\n[expect]\nwithin = \"5s\"",
    ),
    (
        "failures",
        "name = \"\"\n[device]\nstored = \"Home\"\nstored_attempts = 1\n[[network]]\nssid = \"Home\"\non_air = false\n\
         [expect]\nwithin = \"10s\"\nstate = \"portal-open\"\nfailures = []",
    ),
    (
        "script",
        "name = \"\"\n[device]\nstored = \"Home\"\n[[network]]\nssid = \"Home\"\non_air = false\n\
         [[step]]\nafter = \"connected\"\ndo = \"restart\"\n[expect]\nwithin = \"500ms\"",
    ),
];
