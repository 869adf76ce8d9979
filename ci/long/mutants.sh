#!/usr/bin/env bash
# Small mistakes put into the core, one at a time, each of which a test has to notice: those that cargo-mutants knows, in the
# files that decide most, and each edge of the provisioning machine left out. To build the core's tests once for each would take
# days, so that all are built at once, in a copy under target/: mutants.py beside this puts every one into its function
# behind a switch, and runs the tests that mutants.tsv names for the file once for each. How long they may take follows from what
# they take without one.
#
# What came of it is written to docs/measured/mutants.md, file by file: what other runs have found about other files stays there.
# A file that was not finished goes on where it was, and after new tests only what nobody noticed is tried again, as long as
# the file is the same. MUTANTS_SECONDS bounds it (3600 if not set). It fails at one that no test notices and that
# mutants-argued.txt does not explain.
#
#   ci/long/mutants.sh [FILE...]      as firmware-core/src/dhcp/mod.rs, or edges; all of mutants.tsv if none is given
. "$(dirname "$0")/../lib.sh"
need python3
version=27.1.0
tools=$PWD/target/tools copy=$PWD/target/mutants
# One of its own: what is built here must never be taken for what the working tree builds.
export CARGO_TARGET_DIR=$copy/target

if ! "$tools/bin/cargo-mutants" mutants --version 2>/dev/null | grep -q "$version"; then
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$PWD/target/tools-build nice -n 19 \
        cargo install cargo-mutants --debug --version "$version" --locked --root "$tools"
fi
# Only what is committed is looked at.
rm -rf "$copy/tree"
mkdir -p "$copy/tree" "$copy/found"
git archive HEAD | tar -x -C "$copy/tree"
names=()
while IFS=$'\t' read -r file _; do
    case $file in \#* | edges) ;; *) names+=(--file "$file") ;; esac
done <ci/long/mutants.tsv
"$tools/bin/cargo-mutants" mutants --list --json --dir "$copy/tree" --package vestibule-core "${names[@]}" >"$copy/mutants.json"
nice -n 19 python3 ci/long/mutants.py "$copy" "$@"
unexplained=$(grep '^- not explained: ' docs/measured/mutants.md || true)
[ -z "$unexplained" ] || fail "no test notices: $unexplained"
