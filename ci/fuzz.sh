#!/usr/bin/env bash
# Every parser of what comes from a socket, from the radio or from flash, and the whole portal, fuzzed: first the
# committed corpus, then for a bounded time anything near to it (FUZZ_SECONDS a target, 9 if not set). An input that
# breaks a target is left in target/fuzz/found/; committed into its corpus, it is a test.
#
# Inputs may grow at once (-len_control=0): by itself the fuzzer would not come to the length of one whole request in
# this time. Dictionaries have the words of each protocol. The coverage of each target is printed, at first and at last.
#
# The compiler's own pass for coverage and the fuzzer's library are all that is needed: no nightly
# compiler and no cargo-fuzz, which would set the same flags.
. "$(dirname "$0")/lib.sh"
need c++ g++
seconds=${FUZZ_SECONDS:-9}
host=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/fuzz
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"
# With a target named, the flags are not for build scripts.
cargo build --release --locked --manifest-path fuzz/Cargo.toml --target "$host"

found=$CARGO_TARGET_DIR/found
mkdir -p "$found"

# Fuzzes one target; what it says goes to a file of its own.
fuzz() {
    local target=$1 log=$CARGO_TARGET_DIR/$1.log
    local binary=$CARGO_TARGET_DIR/$host/release/$target
    local grown=$CARGO_TARGET_DIR/grown/$target
    mkdir -p "$grown"
    local words=()
    [ ! -f "fuzz/dictionaries/$target.dict" ] || words=("-dict=fuzz/dictionaries/$target.dict")
    "$binary" -max_len=2048 -len_control=0 "${words[@]}" -rss_limit_mb=1024 -timeout=5 -artifact_prefix="$found/$target-" \
        -max_total_time="$seconds" "$grown" "fuzz/corpus/$target" >"$log" 2>&1 || return 1
    # Without the coverage pass it would run blind, and pass.
    grep -Eq "INFO: Loaded .*PC tables" "$log" && grep -Eq "INITED cov: [0-9]+" "$log" || return 1
}

targets=()
for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    [ -n "$(ls -A "fuzz/corpus/$target" 2>/dev/null)" ] || fail "$target has no corpus"
    targets+=("$target")
done
[ ${#targets[@]} -gt 0 ] || fail "there is no target"

# As many at a time as there are cores.
at_once=$(nproc)
for ((first = 0; first < ${#targets[@]}; first += at_once)); do
    batch=("${targets[@]:first:at_once}")
    processes=()
    for target in "${batch[@]}"; do
        fuzz "$target" &
        processes+=($!)
    done
    for index in "${!batch[@]}"; do
        target=${batch[index]}
        if ! wait "${processes[index]}"; then
            tail -n 40 "$CARGO_TARGET_DIR/$target.log" >&2
            fail "$target: see $found"
        fi
        echo "$target: $(grep -E "INITED|DONE" "$CARGO_TARGET_DIR/$target.log" |
            sed -E 's/^#([0-9]+)[^:]*(cov: [0-9]+ ft: [0-9]+).*/\2 after \1 runs/' | paste -sd, | sed 's/,/, then /g')"
    done
done
size=$(du -sb fuzz/corpus | cut -f1)
[ "$size" -le 200000 ] || fail "the corpus has $size bytes; keep it under 200000"
