#!/usr/bin/env bash
# The simulator built by `cargo auditable`: the list of its crates is in the program itself, and is that of its bill of
# materials. What came of it is written to docs/measured/sbom.md with its date.
. "$(dirname "$0")/../lib.sh"
need_all python3 objcopy=binutils
ci/sbom.sh
version=0.7.7
tools=$PWD/target/tools
if ! "$tools/bin/cargo-auditable" auditable --version 2>/dev/null | grep -qF "$version"; then
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet cargo-auditable --debug --version "$version" --locked --root "$tools" \
        || fail "cargo-auditable $version could not be installed"
fi
# Not optimised: the list is the same, and all but the workspace's own crates is built already.
PATH=$tools/bin:$PATH cargo auditable build --locked --quiet --bin vestibule
objcopy --dump-section .dep-v0=target/sbom/vestibule.dep-v0 "${CARGO_TARGET_DIR:-target}/debug/vestibule" /dev/null
said=$(python3 - <<'PY'
import json
import pathlib
import zlib

folder = pathlib.Path("target/sbom")
built_in = json.loads(zlib.decompress((folder / "vestibule.dep-v0").read_bytes()))["packages"]
linked = {(package["name"], package["version"]) for package in built_in if package.get("kind", "runtime") == "runtime"}
components = json.loads((folder / "vestibule.cdx.json").read_text())["components"]
listed = {(component["name"], component["version"]) for component in components}
missing = {crate for crate in linked if crate[0] != "vestibule"} - listed
if missing or len(linked) < 100:
    raise SystemExit(f"FAILED: {len(linked)} crates in the program, of which the bill of materials lacks {sorted(missing)}")
print(f"{len(linked)} crates are listed in the program, and all of them in its bill of materials")
PY
)
{
    echo "# The bill of materials, held against the program"
    echo
    echo "Made by \`ci/long/sbom.sh\` on $(date +%Y-%m-%d), of $(git rev-parse --short HEAD), with cargo-auditable $version: $said."
} | tee docs/measured/sbom.md
