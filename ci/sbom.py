"""Completes the bills of materials that ci/sbom.sh has made, and looks whether they are whole.

cargo-cyclonedx knows crates alone: what npm's lock file names of the script that pages seal with is added to the core's.
"""

import json
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(sys.argv[1])


def bill(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.cdx.json").read_text())


def scripts() -> list[dict]:
    """The npm packages that are in the script; not those that only bundle it."""
    lock = json.loads(pathlib.Path("firmware-core/sealed/package-lock.json").read_text())
    found = []
    for path, package in sorted(lock["packages"].items()):
        if not path or package.get("dev"):
            continue
        name, version = path.removeprefix("node_modules/"), package["version"]
        purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        licence = [{"license": {"id": package["license"]}}]
        found.append(
            {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "licenses": licence}
        )
    return found


def resolved(manifest: str, features: list[str]) -> set[tuple[str, str]]:
    """The crates that cargo links or runs for a package: name and version, without those of tests and build scripts."""
    command = ["cargo", "tree", "--locked", "--manifest-path", manifest, "--edges", "normal", "--target", "all"]
    command += ["--prefix", "none", "--format", "{p}", *features]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    crates = [line.split() for line in lines if line]
    return {(name, version.removeprefix("v")) for name, version, *_ in crates}


def check(name: str, manifest: str, features: list[str], at_least: int) -> None:
    document = bill(name)
    if document["bomFormat"] != "CycloneDX" or document["metadata"]["component"]["name"] != name:
        raise SystemExit(f"FAILED: {name}: this is not its bill of materials")
    components = document["components"]
    listed = {(component["name"], component["version"]) for component in components}
    missing = resolved(manifest, features) - listed - {(name, document["metadata"]["component"]["version"])}
    if missing or len(components) < at_least:
        raise SystemExit(f"FAILED: {name}: {len(components)} components, and not {sorted(missing)}")
    bare = [component["name"] for component in components if not (component.get("purl") and component.get("licenses"))]
    if bare:
        raise SystemExit(f"FAILED: {name}: without a purl or a licence: {bare}")
    print(f"{name}: {len(components)} components")


core = bill("vestibule-core")
core["components"] += scripts()
(FOLDER / "vestibule-core.cdx.json").write_text(json.dumps(core, indent=2) + "\n")
npm = [component["name"] for component in core["components"] if component["purl"].startswith("pkg:npm/")]
if "@stablelib/x25519" not in npm:
    raise SystemExit(f"FAILED: the script's libraries are not all there: {npm}")
check("vestibule-core", "firmware-core/Cargo.toml", [], 20)
check("vestibule", "sim/Cargo.toml", [], 100)
check("vestibule-c", "bindings/c/Cargo.toml", [], 20)
check("vestibule-esp32", "firmware/esp32/Cargo.toml", ["--features", "esp32c3"], 50)
