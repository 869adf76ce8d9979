#!/usr/bin/env bash
# The portal for programs in C (bindings/c): its header is the one that cbindgen makes of the code, and C programs go through
# a whole setup, through every error and through random calls, under address and undefined-behaviour sanitizers and without
# them; and every scenario has the same trace with the portal behind that header. VESTIBULE_UPDATE=1 writes the header anew.
. "$(dirname "$0")/lib.sh"
need_all gcc g++
need readelf binutils
began=$SECONDS
here=$PWD
tools=$here/target/tools
out=$here/target/c
host=$(rustc -vV | sed -n 's/^host: //p')
chip=riscv32imc-unknown-none-elf
flags="-std=c11 -Wall -Wextra -Werror -g"
cd bindings/c

echo "--- the header"
version=0.29.2
if ! "$tools/bin/cbindgen" --version 2>/dev/null | grep -qF "$version"; then
    # Not optimised: it runs for a second, and is built four times as fast.
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet cbindgen --debug --version "$version" --locked --root "$tools" \
        || fail "cbindgen $version could not be installed"
fi
mkdir -p "$out"
"$tools/bin/cbindgen" --quiet --config cbindgen.toml --crate vestibule-c --output "$out/vestibule.h" . 2>"$out/cbindgen.log" \
    || fail "no header: $(cat "$out/cbindgen.log")"
[ -z "${VESTIBULE_UPDATE:-}" ] || cp "$out/vestibule.h" include/vestibule.h
diff -u include/vestibule.h "$out/vestibule.h" \
    || fail "bindings/c/include/vestibule.h is not what cbindgen makes of the code: VESTIBULE_UPDATE=1 ci/c.sh"
# Whoever writes C++ includes it as it is, and once more by another header.
printf '#include "vestibule.h"\n#include "vestibule.h"\n' | g++ -std=c++11 -Wall -Wextra -Werror -Iinclude -fsyntax-only -x c++ -

echo "--- lints"
cargo fmt --check || fail "cargo fmt in bindings/c changes something"
cargo clippy --quiet --locked --target-dir "$out" -- -D warnings
cargo test --quiet --locked --lib --target-dir "$out" >"$out/unit.log" 2>&1 || fail "$(cat "$out/unit.log")"

echo "--- C programs under sanitizers"
# Rust's own and gcc's know each other; what makes rustc take the flag is the same compiler.
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address \
    cargo build --quiet --locked --target "$host" --target-dir "$out/sanitized"
# programs FOLDER LIBRARY FLAG...: builds the C programs.
programs() {
    local folder=$1 library=$2 name
    shift 2
    mkdir -p "$folder"
    for name in journey errors fuzz example world; do
        local source=tests/$name.c more=tests/device.c
        case $name in
        example) source=example.c more= ;;
        world) source=world/world.c more= ;;
        esac
        # Flags and names without blanks.
        # shellcheck disable=SC2086
        gcc $flags "$@" -Iinclude -o "$folder/$name" $source $more "$library"
    done
}
programs "$out/with-sanitizers" "$out/sanitized/$host/debug/libvestibule.a" -O1 -fsanitize=address,undefined \
    -fno-sanitize-recover=all
export UBSAN_OPTIONS=print_stacktrace=1
run() { timeout 100 "$@" || fail "$* has failed"; }
run "$out/with-sanitizers/journey"
run "$out/with-sanitizers/errors"
run "$out/with-sanitizers/example"
run "$out/with-sanitizers/fuzz" 1 400000 & first=$!
run "$out/with-sanitizers/fuzz" 2 400000
wait $first
# An alarm that does not ring is none: one byte beyond the memory of a portal.
cat >"$out/beyond.c" <<'C'
#include <stdlib.h>
#include "device.h"
int main(void) {
    vestibule_config config;
    uint8_t *short_name = calloc(3, 1);
    return vestibule_config_init(&config, short_name, 4);
}
C
gcc $flags -O1 -fsanitize=address,undefined -Iinclude -Itests -o "$out/beyond" "$out/beyond.c" tests/device.c \
    "$out/sanitized/$host/debug/libvestibule.a"
if "$out/beyond" 2>"$out/beyond.log"; then fail "a byte beyond a buffer is not noticed: this check checks nothing"; fi
grep -q "heap-buffer-overflow" "$out/beyond.log" || fail "it failed for another reason: $(cat "$out/beyond.log")"

echo "--- scenarios behind the header"
# The same portal on both sides of it: the same frames, the same events, the same moments, to the byte.
cd "$here"
# A copy, and not one with known bugs: ci/known-bugs.sh has those in this place for a moment.
(
    flock 9
    cargo build --quiet --locked
    cp target/debug/vestibule "$out/vestibule"
) 9>target/program.lock
# play DRIVER: verdicts and hashes of every scenario.
play() { timeout 300 "$out/vestibule" run --driver "$1" fixtures/scenarios >"$out/$1.log" 2>&1; }
play virtual & simulated=$!
play c || fail "a scenario fails behind the C interface: $(cat "$out/c.log")"
wait $simulated || fail "a scenario fails: $(cat "$out/virtual.log")"
diff "$out/virtual.log" "$out/c.log" || fail "a run behind the C interface is another than without it"
[ "$(grep -c " trace " "$out/c.log")" -gt 100 ] || fail "few scenarios were played: $(cat "$out/c.log")"
tail -1 "$out/c.log"
cd bindings/c

echo "--- as it is delivered"
cargo build --quiet --locked --release --target-dir "$out"
programs "$out/as-delivered" "$out/release/libvestibule.a" -O2
for name in journey errors example; do run "$out/as-delivered/$name"; done
run "$out/as-delivered/fuzz" 3 1000000

echo "--- for a chip"
rustup target add $chip 2>/dev/null || fail "the target $chip cannot be added: is rustup there?"
cargo build --quiet --locked --release --target $chip --target-dir "$out"
# What a program keeps of it that calls all of it: linked with the functions of the header as roots.
calls=$(grep -oE '\bvestibule_[a-z_]+\(' include/vestibule.h | tr -d '(' | sort -u)
roots=
for call in $calls; do
    case $call in vestibule_panicked | vestibule_portal_new | vestibule_layout_of_header) ;; *) roots+=" -u $call" ;; esac
done
linker=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
# shellcheck disable=SC2086
"$linker" -flavor gnu --gc-sections --defsym vestibule_panicked=0 --entry vestibule_portal_size $roots \
    -o "$out/linked" "$out/$chip/release/libvestibule.a"
bytes() { printf "%d\n" "0x$(readelf -SW "$out/linked" | sed 's/^ *\[ *[0-9]*\] *//' | awk -v name="$1" '$1 == name { print $5 }')"; }
echo "$chip: $(($(bytes .text) + $(bytes .rodata))) bytes of flash"
if readelf -SW "$out/linked" | grep -E " \.(data|bss) .* 0*[1-9a-f]" >/dev/null; then
    echo "$chip: with static memory: $(readelf -SW "$out/linked" | grep -E ' \.(data|bss) ')"
fi
echo "c: $((SECONDS - began)) s"
