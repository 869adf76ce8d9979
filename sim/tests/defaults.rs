//! `vestibule.toml`: what it says stands for what the command line does not say, below its folder.

use std::path::Path;
use std::process::Command;

use portals::{Fault, Portal};

#[allow(dead_code, reason = "each test has portals of its own kind")]
#[path = "portals/mod.rs"]
mod portals;

/// Runs the command in a folder; its code and what it says.
fn vestibule(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_vestibule")).args(arguments).current_dir(folder).output().unwrap();
    let both = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code(), both.concat())
}

#[test]
fn the_nearest_file_decides_what_the_command_line_does_not() {
    let project = tempfile::tempdir().unwrap();
    let folder = project.path().join("a/b");
    std::fs::create_dir_all(&folder).unwrap();
    let portal = Portal::start(Fault::None);
    let text = format!(
        "phones = [\"ios-17\"]\ndns = \"{}\"\ndriver = \"virtual\"\nreports = \"reports\"\n",
        portal.dns
    );
    std::fs::write(project.path().join("vestibule.toml"), text).unwrap();
    let scenario = "name = \"x\"\n[expect]\nwithin = \"5s\"\nstate = \"portal-open\"\n";
    std::fs::write(folder.join("scenario.toml"), scenario).unwrap();

    let (code, said) = vestibule(&folder, &["check", &portal.http]);
    assert!(code == Some(0) && said.contains("Your portal opens on 1 of 1 phone."), "{said}");
    let (code, said) = vestibule(&folder, &["check", &portal.http, "--phones", "ios-17,android-14"]);
    assert!(code == Some(0) && said.contains("Your portal opens on 2 of 2 phones."), "{said}");

    let (code, said) = vestibule(&folder, &["run", "-v", "scenario.toml"]);
    assert!(code == Some(0) && said.contains("2.79 s simulated"), "{said}");
    assert!(said.contains("with the defaults of "), "{said}");
    let reports = project.path().join("reports");
    for name in ["check.xml", "run.xml", "run.html"] {
        assert!(std::fs::exists(reports.join(name)).unwrap(), "{name}");
    }

    // An option goes before the file, and one that excludes what the file says may be given.
    std::fs::remove_dir_all(&reports).unwrap();
    let (code, said) =
        vestibule(&folder, &["run", "--junit", "own.xml", "--html", "own.html", "scenario.toml"]);
    assert!(code == Some(0) && std::fs::exists(folder.join("own.xml")).unwrap(), "{said}");
    assert!(!std::fs::exists(reports.join("run.xml")).unwrap(), "{said}");
    let (_, said) = vestibule(&folder, &["run", "--device", "false", "scenario.toml"]);
    assert!(!said.contains("cannot be used with"), "{said}");

    // Without it nothing is known of the portal's DNS.
    let (code, said) = vestibule(&folder, &["check", &portal.http, "--no-config", "--timeout", "10s"]);
    assert!(code != Some(0) && !said.contains("1 of 1"), "{said}");
}

/// Who asks for other things than these is not told of a file with a mistake.
#[test]
fn a_file_with_a_mistake_is_in_the_way_of_those_alone_who_need_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vestibule.toml"), "phons = []\n").unwrap();
    let (code, said) = vestibule(folder.path(), &["check", "127.0.0.1:9"]);
    assert!(code == Some(2) && said.contains("did you mean `phones`?"), "{said}");
    assert_eq!(vestibule(folder.path(), &["phones"]).0, Some(0));
    let (code, said) = vestibule(folder.path(), &["phones", "--config", "vestibule.toml"]);
    assert!(code == Some(2), "{said}");
}

#[test]
fn the_file_that_the_documentation_shows_is_one() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/defaults.md");
    let page = std::fs::read_to_string(page).unwrap().replace("\r\n", "\n");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("vestibule.toml"), example).unwrap();
    std::fs::write(folder.path().join("scenario.toml"), "name = \"x\"\n").unwrap();
    let (code, said) = vestibule(folder.path(), &["run", "scenario.toml"]);
    assert!(code == Some(0) && said.contains("30.00 s simulated"), "{said}");
    let (code, said) = vestibule(folder.path(), &["check", "127.0.0.1:9", "--dns", "127.0.0.1:9"]);
    assert!(code == Some(2) && said.contains("nobody answers there"), "{said}");
}
