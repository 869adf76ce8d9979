#!/usr/bin/env bash
# What only Linux runs here is looked at for Windows and macOS too, warnings denied, as far as that goes without their
# linkers: for Windows, which differs most, every crate, test and example of the workspace; for macOS the crates and
# programs, and the rest too in ci/long/portable.sh. And a clone with the line ends of git for Windows must have the same
# bytes.
. "$(dirname "$0")/lib.sh"

# Beside other checks: in a folder of its own it does not make them wait for cargo's lock.
export CARGO_TARGET_DIR=$PWD/target/portable

targets="x86_64-pc-windows-gnu aarch64-apple-darwin"
# What of macOS; ci/long/portable.sh says --all-targets.
of_macos=${1:-}

# Nothing is linked, so the C of a dependency (ring's) need not be compiled: these two make empty files of it. What it does
# on those systems is what its own project tests.
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
cat >"$tools/cc" <<'CC'
#!/bin/sh
# Asked what compiler it is, it says the truth.
case " $* " in *" -E "*) exec gcc -E "$(for last; do :; done && echo "$last")" ;; esac
while [ $# -gt 0 ]; do
    case $1 in
    -o) : >"$2" ;;
    -o?*) : >"${1#-o}" ;;
    esac
    shift
done
CC
cat >"$tools/ar" <<'AR'
#!/bin/sh
: >"$2"
AR
chmod +x "$tools/cc" "$tools/ar"

for target in $targets; do
    began=$SECONDS
    case $target in
    *windows*) of=--all-targets ;;
    *) of=$of_macos ;;
    esac
    rustup target add "$target" 2>/dev/null || fail "the target $target cannot be added: is rustup there?"
    name=${target//-/_}
    env "CC_$name=$tools/cc" "AR_$name=$tools/ar" RUSTFLAGS="-D warnings" \
        cargo check --locked --quiet --workspace ${of:+"$of"} --target "$target"
    echo "$target: what is looked at compiles without a warning ($((SECONDS - began)) s)"
done

# git for Windows gives each line its own end (core.autocrlf) unless the repository says otherwise: snapshots, golden files
# and the hashes of pages would differ there. A clone of that kind must be this one, so what passes here passes there.
clone=$tools/clone
git clone --quiet --no-local --depth 1 --config core.autocrlf=true "file://$PWD" "$clone" 2>/dev/null \
    || git clone --quiet --config core.autocrlf=true . "$clone"
other=$(git -C "$clone" ls-files --eol | awk '$2 == "w/crlf" || $2 == "w/mixed"' | awk '$1 != "i/crlf" && $1 != "i/mixed"')
[ -z "$other" ] || fail "with core.autocrlf=true these are other files: $other"
[ "$(git -C "$clone" ls-files | wc -l)" -gt 500 ] || fail "the clone is not the repository"
echo "a clone with core.autocrlf=true has the same bytes"
