#!/usr/bin/env bash
# The commands of firmware/esp32/README.md from an empty folder to a lamp, but for flashing it: `cargo generate` makes the folder
# from firmware/template, and what would be published builds it. ci/firmware-builds.sh puts the name in by itself at every change, and
# what comes of both is compared. cargo-generate is installed, a thousand crates; ten minutes, from nothing. What came of it is written to
# docs/measured/template.md with its date.
. "$(dirname "$0")/../lib.sh"
version=0.23.8 commit=$(git rev-parse --short HEAD) root=$PWD
tools=$root/target/tools
if ! grep -qsF "\"cargo-generate $version " "$tools/.crates.toml"; then
    need pkg-config
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet cargo-generate --debug --version "$version" --locked --root "$tools" \
        --target-dir "$root/target/tools-build" || fail "cargo-generate $version could not be installed"
fi
. ci/firmware/chips.sh
. ../ci/firmware/packages.sh
made=$output/from-template-by-cargo-generate
unpack_packages "$made"
# A home of its own: nothing that this machine has chosen for it counts.
home=$made/home
mkdir "$home"
HOME=$home "$tools/bin/cargo-generate" generate --path "$root/firmware/template" --name my-lamp --destination "$made" --vcs none --silent \
    || fail "cargo generate makes no folder of the template"
if grep -rn "{{" "$made/my-lamp"; then fail "a placeholder of the template is still there"; fi
by_sed=$made/by-sed
cp -r template "$by_sed"
grep -rl "{{project-name}}" "$by_sed" | xargs sed -i "s/{{project-name}}/my-lamp/g"
rm "$by_sed/cargo-generate.toml"
diff -r "$by_sed" "$made/my-lamp" || fail "ci/firmware-builds.sh makes another folder of the template than cargo generate"
build_from_packages "$made/my-lamp"
lamp=$output/$c3/release/my-lamp
[ -x "$lamp" ] || fail "the lamp is built for another chip than the template says"
{
    echo "# A lamp from the template"
    echo
    echo "Made by \`ci/long/template.sh\` on $(date +%F) at $commit. cargo-generate $version makes of \`firmware/template\` the folder that"
    echo "\`ci/firmware-builds.sh\` makes, and what would be published of the crates builds it: $(stat -c %s "$lamp") bytes with what only a debugger reads."
} | tee "$root/docs/measured/template.md"
