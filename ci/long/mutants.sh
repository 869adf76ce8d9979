#!/usr/bin/env bash
# Small mistakes put into the core, one at a time, each of which a test has to notice: cargo-mutants over the files that
# decide most, and each edge of the provisioning machine left out. In a copy under target/; what came of it is written to
# docs/measured/mutants.md with its date. Hours; MUTANTS_SECONDS bounds it (3600 if not set), and the files that were
# not reached are named. It fails at one that no test notices and that mutants-argued.txt beside it does not explain.
#
#   ci/long/mutants.sh [FILE...]      as firmware-core/src/dhcp/mod.rs; all of them if none is given
. "$(dirname "$0")/../lib.sh"
version=27.1.0
seconds=${MUTANTS_SECONDS:-3600}
until=$((SECONDS + seconds))
tools=$PWD/target/tools copy=$PWD/target/mutants
found=$copy/found.txt

files=("$@")
[ $# -gt 0 ] || files=(firmware-core/src/{provisioning,scan_list}.rs firmware-core/src/portal/{connection_table,connections}.rs
    firmware-core/src/portal/web/guard.rs firmware-core/src/credentials/*.rs firmware-core/src/dhcp/*.rs)

# Only what is committed is looked at.
rm -rf "$copy/tree"
mkdir -p "$copy/tree"
git archive HEAD | tar -x -C "$copy/tree"
: >"$found"
export CARGO_TARGET_DIR=$copy/target

# Each edge left out, by a switch in the copy, so that one build does for all of them. The test that reads the table off does
# not count, for it says nothing of what an edge is for; nor does random_portal, which wants to see each edge taken.
edges() {
    local machine=$copy/tree/firmware-core/src/provisioning.rs table name killed=0 all=0 place=-1
    table=$(sed -n 's/^    edge(\(\w*\), *\(\w*\),.*/\1 + \2/p' "$machine")
    cp "$machine" "$copy/provisioning.rs"
    sed -i 's|^    EDGES.iter().find(.edge. edge.from == from && edge.on == on)$|    extern crate std;\
    let out: Option<usize> = std::env::var("EDGE_LEFT_OUT").ok().and_then(\|place\| place.parse().ok());\
    let mut left = EDGES.iter().enumerate().filter(\|(place, _)\| Some(*place) != out).map(\|(_, edge)\| edge);\
    left.find(\|edge\| edge.from == from \&\& edge.on == on)|' "$machine"
    cmp -s "$machine" "$copy/provisioning.rs" && fail "the machine is not as this script knows it"
    while read -r name; do
        [ $SECONDS -lt $until ] || { echo "not reached: edges from $name on" >>"$found"; break; }
        place=$((place + 1)) all=$((all + 1))
        if EDGE_LEFT_OUT=$place core --lib -- portal:: provisioning:: --skip the_table_reads_like_this; then
            echo "survives: provisioning.rs: the edge $name left out" >>"$found"
        else
            killed=$((killed + 1))
        fi
    done <<<"$table"
    cp "$copy/provisioning.rs" "$machine"
    echo "edges: $killed of $all left out are noticed" >>"$found"
}

core() { nice -n 19 cargo test --quiet --locked --manifest-path "$copy/tree/Cargo.toml" -p vestibule-core "$@" </dev/null >"$copy/log" 2>&1; }

core --lib --test random_portal || { cat "$copy/log" >&2; fail "the tests fail without a mutant"; }
edges
if ! "$tools/bin/cargo-mutants" mutants --version 2>/dev/null | grep -q "$version"; then
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$PWD/target/tools-build nice -n 19 \
        cargo install cargo-mutants --debug --version "$version" --locked --root "$tools"
fi
for file in "${files[@]}"; do
    left=$((until - SECONDS))
    [ $left -gt 60 ] || { echo "not reached: $file" >>"$found"; continue; }
    code=0
    (cd "$copy/tree" && timeout "$left" nice -n 19 "$tools/bin/cargo-mutants" mutants --in-place --no-shuffle \
        --package vestibule-core --file "$file" --output "$copy" --timeout 120 -- --lib --test random_portal) \
        >"$copy/log" 2>&1 || code=$?
    # 2: some were missed; 3: some took too long.
    case $code in 0 | 2 | 3) ;; 124) echo "not finished: $file" >>"$found" ;; *) cat "$copy/log" >&2; fail "$file" ;; esac
    echo "$file: $(tail -n 1 "$copy/log")" >>"$found"
    sed 's/^/survives: /' "$copy/mutants.out/missed.txt" >>"$found"
done
unexplained=$(sed -nE 's/^survives: //; T; s/:[0-9]+:[0-9]+: /: /; p' "$found" | grep -vxFf <(grep -v '^#' ci/long/mutants-argued.txt) || true)
{
    echo "# Mutants of the core"
    echo
    echo "Made by \`ci/long/mutants.sh\` on $(date +%Y-%m-%d), in $((SECONDS / 60)) minutes."
    echo
    echo '```'
    cat "$found"
    echo '```'
} >docs/measured/mutants.md
[ -z "$unexplained" ] || fail "no test notices: $unexplained"
