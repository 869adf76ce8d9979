//! The matrix that README shows, computed anew: with `VESTIBULE_UPDATE=1` in the environment it is
//! written anew.

use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_matrix_is_the_one_in_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule"))
        .current_dir(repository())
        .arg("matrix")
        .args(["--markdown".as_ref(), path("matrix.md").as_os_str()])
        .args(["--html".as_ref(), path("matrix.html").as_os_str()])
        .args(["--svg".as_ref(), path("matrix.svg").as_os_str()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for name in ["matrix.md", "matrix.html", "matrix.svg"] {
        let made = std::fs::read_to_string(path(name)).unwrap();
        let golden = repository().join("fixtures/golden").join(name);
        if std::env::var_os("VESTIBULE_UPDATE").is_some() {
            std::fs::write(&golden, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&golden).unwrap_or_default().replace("\r\n", "\n");
        assert!(
            kept == made,
            "{} differs: look at it and, if it is right, run with VESTIBULE_UPDATE=1",
            golden.display()
        );
    }
    let picture = std::fs::read_to_string(path("matrix.svg")).unwrap();
    let document = roxmltree::Document::parse(&picture).unwrap();
    let cells = document.descendants().filter(|node| node.attribute("rx").is_some()).count();
    let portals = std::fs::read_dir(repository().join("sim/portals")).unwrap().count() + 1;
    assert_eq!(cells, portals * vestibule::phone::models().len());
}
