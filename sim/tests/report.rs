//! Reports as a process: the page is whole by itself and well-formed, shows what failed and how to do
//! it again, and holds no secret; the JUnit file says the same.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use roxmltree::Document;

const SECRET: &str = "four green lanterns";

/// A journey that works, with a name that would break a page.
const WELL: &str = "name = \"well </title><script>alert(1)</script>\"\n[[network]]\nssid = \"Home\"\n\
                    passphrase = \"four green lanterns\"\n[[phone]]\nmodel = \"ios-17\"\nwants = \"Home\"\n\
                    tries = [\"wrong\", \"right\"]\nhabits = \"hurried\"\n\
                    [[fault]]\nat = \"1s\"\nkind = \"jitter\"\nby = \"2ms\"\nlasts = \"1s\"\n\
                    [expect]\nwithin = \"2min\"\nstate = \"connected\"\n";

/// Nobody gives the device its power back.
const STUCK: &str =
    "name = \"stuck\"\n[[step]]\nat = \"1s\"\ndo = \"power-off\"\n[expect]\nliveness = true\n";

fn vestibule(arguments: &[&str], folder: &Path) -> Output {
    fs::write(folder.join("well.toml"), WELL).unwrap();
    fs::write(folder.join("stuck.toml"), STUCK).unwrap();
    Command::new(env!("CARGO_BIN_EXE_vestibule")).args(arguments).current_dir(folder).output().unwrap()
}

/// What holds for every page; gives its text.
fn looked_at(page: &str) -> String {
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    let document = Document::parse_with_options(
        page,
        roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() },
    )
    .expect("it is well-formed");
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        assert!(!["script", "link", "img", "iframe", "object", "image", "use"].contains(&name), "{name}");
        for attribute in element.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            let leads_within = name == "href" && value.starts_with('#');
            let leads_away = !leads_within && ["src", "href", "srcset", "data", "action"].contains(&name);
            assert!(!leads_away, "{name}={value}");
            // A link within leads somewhere.
            let is_there = |id: &str| document.descendants().any(|one| one.attribute("id") == Some(id));
            assert!(!leads_within || is_there(value.trim_start_matches('#')), "{value}");
            assert!(!name.starts_with("on") && !value.contains("url("), "{name}={value}");
        }
        if element.attribute("class") == Some("scroll") {
            // Who has no finger and no mouse reaches it, and is told what it is.
            assert_eq!(
                (element.attribute("tabindex"), element.attribute("role")),
                (Some("0"), Some("region"))
            );
            assert!(element.attribute("aria-label").is_some_and(|label| !label.is_empty()));
        }
        if name == "style" {
            let sheet = element.text().unwrap_or_default();
            assert!(!sheet.contains("url(") && !sheet.contains("@import"), "{sheet}");
        }
    }
    // A browser's parser repairs what it must: it found nothing to, but for the bodies of tables.
    let elements =
        document.descendants().filter(roxmltree::Node::is_element).map(|node| node.tag_name().name());
    let all = scraper::Selector::parse("*:not(tbody)").unwrap();
    let browser = scraper::Html::parse_document(page);
    let browser: Vec<_> = browser.select(&all).map(|element| element.value().name()).collect();
    assert_eq!(browser, elements.collect::<Vec<_>>());
    assert!(!page.contains(SECRET), "no secret");
    assert!(!page.contains('\u{fffd}'), "no character is lost");
    assert!(page.contains("prefers-color-scheme: dark"));
    let texts = document.descendants().filter(|node| node.is_text()).filter_map(|node| node.text());
    texts.collect::<Vec<_>>().join(" ")
}

#[test]
fn scenarios_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["run", "--driver", "virtual", "--html", "r.html", "--junit", "r.xml", "well.toml", "stuck.toml"];
    let output = vestibule(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
    let text = looked_at(&page);
    for told in [
        "1 of 2 runs failed.",
        concat!("by vestibule ", env!("CARGO_PKG_VERSION")),
        "vestibule run --driver virtual --html r.html --junit r.xml well.toml stuck.toml",
        "well </title><script>alert(1)</script>",
        // What each invariant is, for whoever does not know its name.
        "What works stays stored, through every power cut, until it is replaced or cleared.",
        "Whoever has submitted a network learns what came of it.",
        "LIVENESS device-settles",
        "the device waits for power",
        "vestibule run --driver virtual --seed 1 -v stuck.toml",
        "Joining on JoinFailed to Failed: 1 run",
        "Closing on Disconnected to RetryingStored: 0 runs",
        "jitter",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(page.contains("access point up"), "timelines are drawn");
    assert!(!page.contains("100.00 %"), "of a single run no share is told");
    // From each line of the table to its run.
    assert_eq!(page.matches("<a href=\"#run-").count(), 2);
    let junit = fs::read_to_string(folder.path().join("r.xml")).unwrap();
    assert!(!junit.contains(SECRET));
    let junit = Document::parse(&junit).unwrap();
    let tests: Vec<_> = junit.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let failed = |test: &roxmltree::Node<'_, '_>| test.children().any(|node| node.has_tag_name("failure"));
    assert_eq!(tests.iter().map(failed).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn campaigns_are_reported_and_failing_seeds_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["campaign", "well.toml", "stuck.toml", "--seeds", "12", "--out", "out", "--junit", "c.xml"];
    let output = vestibule(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let text = looked_at(&page);
    assert!(text.contains("12 of 24 runs failed."), "{text}");
    assert!(text.contains("100.00 %") && text.contains("0.00 %"), "of many the share is told: {text}");
    // Which edges twelve seeds take depends on every draw; that both name the same ones does not.
    let said = String::from_utf8_lossy(&output.stdout);
    let never: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("       never: ")).collect();
    assert!(
        never.len() > 10 && never.iter().all(|edge| edge.contains(" on ") && text.contains(edge)),
        "{said}\n{text}"
    );
    assert!(text.contains("Edges that no run took"), "{text}");
    let numbers = fs::read_to_string(folder.path().join("out/report.json")).unwrap();
    let numbers: serde_json::Value = serde_json::from_str(&numbers).unwrap();
    assert_eq!((&numbers["runs"], &numbers["failed"]), (&24.into(), &12.into()));
    let told: Vec<_> =
        numbers["never_taken"].as_array().unwrap().iter().filter_map(|edge| edge.as_str()).collect();
    assert!(told == never && !told.contains(&"Scanning on ScanFinished to PortalOpen"), "{told:?}");
    let taken = numbers["edges"].as_array().unwrap().iter().filter(|edge| edge["runs"] != 0).count();
    assert!(said.contains(&format!("{taken} of the provisioning machine's ")), "{said}");
    assert!(text.contains("vestibule campaign stuck.toml --from 3 --seeds 1 --minimise"), "{text}");
    assert_eq!(page.matches("<section ").count(), 10, "ten are drawn");
    assert_eq!(page.matches("<details ").count(), 2, "the others are listed");
    assert!(text.find("stuck.toml, seed 2") < text.find("stuck.toml, seed 10"), "in the order of seeds");
    let junit = fs::read_to_string(folder.path().join("c.xml")).unwrap();
    let junit = Document::parse(&junit).unwrap();
    let failures: Vec<_> = junit.descendants().filter(|node| node.has_tag_name("failure")).collect();
    let names: Vec<_> = failures.iter().filter_map(|node| node.parent()?.attribute("name")).collect();
    assert_eq!(names, ["device-settles"], "an invariant is told once a scenario");
    // In a sentence, for whoever does not know its name, and once for all the seeds.
    let told = failures[0].text().unwrap();
    let says = "device-settles: ";
    assert!(told.trim_start().starts_with(says) && told.matches(says).count() == 1, "{told}");

    // Shards that are put together, where the scenarios are not: the same numbers, no drawings.
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    let merge = ["campaign", "merge", "../out", "--html", "m.html"];
    let merged = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .args(merge)
        .current_dir(folder.path().join("elsewhere"))
        .output()
        .unwrap();
    assert_eq!(merged.status.code(), Some(4));
    let page = fs::read_to_string(folder.path().join("elsewhere/m.html")).unwrap();
    let merged = looked_at(&page);
    assert!(merged.contains("12 of 24 runs failed."), "{merged}");
    assert_eq!(page.matches("<section ").count(), 0);
    let edges = |text: &str| {
        text.split(" of the provisioning").next().unwrap().split(' ').next_back().map(str::to_owned)
    };
    assert_eq!(edges(&merged), edges(&text), "coverage is kept in the results");
}

#[test]
fn a_report_that_cannot_be_written_is_told_with_its_argument() {
    let folder = tempfile::tempdir().unwrap();
    for argument in ["--html", "--junit"] {
        let output = vestibule(&["run", "--driver", "virtual", "well.toml", argument, "no/r"], folder.path());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("{argument}: no/r cannot be written")), "{said}");
    }
}
