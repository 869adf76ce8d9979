//! Tells the command of which commit it is (`VESTIBULE_COMMIT`, " (0123456789ab)"): of the package that it is built from, or
//! in a release build of the repository. A debug build says nothing: it would be linked anew after each commit.

use std::process::Command;

/// Digits of a commit that tell it from others.
const DIGITS: usize = 12;

/// What `cargo package` has written down.
const PACKAGED: &str = ".cargo_vcs_info.json";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = packaged().or_else(|| if is_release() { checked_out() } else { None });
    let told = commit.and_then(|commit| Some(format!(" ({})", commit.get(..DIGITS)?)));
    println!("cargo::rustc-env=VESTIBULE_COMMIT={}", told.unwrap_or_default());
}

fn is_release() -> bool {
    std::env::var("PROFILE").is_ok_and(|profile| profile == "release")
}

fn packaged() -> Option<String> {
    let text = std::fs::read_to_string(PACKAGED).ok()?;
    println!("cargo::rerun-if-changed={PACKAGED}");
    let after = text.split("\"sha1\": \"").nth(1)?;
    Some(after.split('"').next()?.to_owned())
}

fn checked_out() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    git(&["rev-parse", "HEAD"])
}
