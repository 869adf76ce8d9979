#!/usr/bin/env bash
# Bills of materials in CycloneDX, into target/sbom: of the core, with what is in the script that its pages seal with, of
# the simulator, of the library for C, and of the board's program. `ci/long/sbom.sh` has the list built into a program, too.
. "$(dirname "$0")/lib.sh"
need python3
version=0.5.9
tools=$PWD/target/tools
if ! "$tools/bin/cargo-cyclonedx" cyclonedx --version 2>/dev/null | grep -qF "$version"; then
    # Not optimised: it runs for a second, and is built four times as fast.
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet cargo-cyclonedx --debug --version "$version" --locked --root "$tools" \
        || fail "cargo-cyclonedx $version could not be installed"
fi
out=$PWD/target/sbom
rm -rf "$out"
mkdir -p "$out"

# bill NAME MANIFEST OPTION...: what is linked into that package, with what its lock file says.
bill() {
    local name=$1 manifest=$2
    shift 2
    # A made-up name beside the manifest, so that nothing that is committed can be overwritten.
    local made=vestibule-bill-of-materials
    "$tools/bin/cargo-cyclonedx" cyclonedx --quiet --manifest-path "$manifest" --format json --spec-version 1.5 \
        --target all --no-build-deps --override-filename "$made" "$@" \
        || fail "cargo-cyclonedx could not describe $name"
    mv "$(dirname "$manifest")/$made.json" "$out/$name.cdx.json"
    # It describes every member of the workspace.
    git ls-files --others --exclude-standard -- "*$made.json" | xargs -r rm -f
}
bill vestibule-core firmware-core/Cargo.toml
bill vestibule sim/Cargo.toml
bill vestibule-c bindings/c/Cargo.toml
bill vestibule-esp32 firmware/esp32/Cargo.toml --features esp32c3
python3 ci/sbom.py "$out"
