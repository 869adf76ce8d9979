#!/usr/bin/env bash
# What somebody downloads, the archive and the Debian package: packed, unpacked where nothing else is, and tried. Here of the
# build that the tests use, for this machine. What GitHub reads (action.yml) is read here, its commands run on a portal.
. "$(dirname "$0")/lib.sh"
need python3
need cmp diffutils
need strip binutils
cargo build --quiet --locked
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
target=$(rustc -vV | sed -n 's/^host: //p')
place=$(mktemp -d)
# As a release has it, without what only a debugger reads: a fifth of the bytes.
program=$place/vestibule
strip -o "$program" target/debug/vestibule
stand_in=
ends() {
    [ -z "$stand_in" ] || kill "$stand_in" 2>/dev/null || true
    rm -rf "$place"
}
trap ends EXIT

echo "--- the archive"
archive=$(python3 ci/pack.py "$target" "$program" --version "$version" --out "$place/once")
again=$(python3 ci/pack.py "$target" "$program" --version "$version" --out "$place/twice")
cmp "$archive" "$again" || fail "packed twice it is two archives"
(cd "$place" && tar -xzf "$archive")
folder=$place/$(basename "$archive" .tgz)
(cd / && env -i "$folder/vestibule" --version) | grep -qF "vestibule $version" || fail "unpacked it is another version"
for file in LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md man/vestibule-check.1 completions/_vestibule; do
    [ -s "$folder/$file" ] || fail "the archive has no $file"
done
# cargo binstall looks where the package says.
python3 - "$folder" "$version" "$target" <<'PY' || fail "cargo binstall would look for another archive"
import os, sys, tomllib
folder, version, target = sys.argv[1:]
said = tomllib.load(open("sim/Cargo.toml", "rb"))["package"]["metadata"]["binstall"]
fill = lambda text: text.replace("{ version }", version).replace("{ target }", target)
assert fill(said["pkg-url"]).endswith(f"/v{version}/{os.path.basename(folder)}.tgz"), fill(said["pkg-url"])
program = fill(said["bin-dir"]).replace("{ bin }", "vestibule").replace("{ binary-ext }", "")
assert os.access(os.path.join(os.path.dirname(folder), program), os.X_OK), program
PY

echo "--- the Debian package"
package=$(ci/deb.sh "$folder" "$version" "$place/once")
again=$(ci/deb.sh "$folder" "$version" "$place/twice")
cmp "$package" "$again" || fail "made twice it is two packages"
dpkg-deb --field "$package" Depends | grep -q '^libc6 (>= 2\.' || fail "the package does not say what it needs: $(dpkg-deb --field "$package")"
dpkg-deb --extract "$package" "$place/root"
(cd / && env -i "$place/root/usr/bin/vestibule" --version) | grep -qF "vestibule $version" || fail "the package holds another version"
for file in man/man1/vestibule-check.1.gz doc/vestibule/copyright doc/vestibule/changelog.gz bash-completion/completions/vestibule; do
    [ -s "$place/root/usr/share/$file" ] || fail "the package has no $file"
done

echo "--- the action"
# As GitHub runs it: the second step's commands, with the inputs in the environment and the program where the first one puts it.
python3 -c 'import yaml' 2>/dev/null || need_all python3-yaml=python3-yaml
python3 - "$place/step" <<'PY' || fail "action.yml is not as it should be"
import sys, yaml
action = yaml.safe_load(open("action.yml"))
build, check = action["runs"]["steps"]
assert action["runs"]["using"] == "composite" and "cargo install --locked" in build["run"]
assert set(action["inputs"]) == {name.lower() for name in check["env"]}, check["env"]
assert all(check["env"][name] == "${{ inputs.%s }}" % name.lower() for name in check["env"])
open(sys.argv[1], "w").write(check["run"])
PY
mkdir -p "$place/runner/vestibule/bin"
cp "$folder/vestibule" "$place/runner/vestibule/bin"
"$program" stand-in sim/portals/nodemcu.toml --http-port 18083 --dns-port 15383 >"$place/stand-in.log" 2>&1 &
stand_in=$!
code=0
env RUNNER_TEMP="$place/runner" PORTAL=127.0.0.1:18083 DNS=127.0.0.1:15383 PHONES="android-14, ios-17" WAIT=20s \
    JUNIT="$place/portal.xml" timeout 60 bash -e "$place/step" >"$place/said" 2>&1 || code=$?
grep -q "Your portal opens on" "$place/said" || fail "the action does not check: $(cat "$place/said" "$place/stand-in.log")"
[ "$(grep -c '<testcase' "$place/portal.xml")" -ge 2 ] || fail "the action writes no JUnit file: $(cat "$place/said")"
[ "$code" = 0 ] || [ "$code" = 1 ] || fail "the action ends with $code: $(cat "$place/said")"
code=0
env RUNNER_TEMP="$place/runner" PORTAL=127.0.0.1:18089 DNS="" PHONES="" WAIT=1s JUNIT="$place/none.xml" \
    timeout 60 bash -e "$place/step" >"$place/said" 2>&1 || code=$?
[ "$code" = 2 ] || fail "where nobody is the action ends with $code: $(cat "$place/said")"
echo "the archive $(basename "$archive") and the action are as they should be"
