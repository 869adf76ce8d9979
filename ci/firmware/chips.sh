# What the scripts that build for chips share: sourced after lib.sh, not run. Leaves the shell in firmware/.
need curl
output=$PWD/target/firmware
export CARGO_TARGET_DIR=$output
mkdir -p "$output"
cd firmware

# The chips' instruction sets. ESP32-C3 and QEMU's machine have the first, ESP32-C6 the second.
c3=riscv32imc-unknown-none-elf
c6=riscv32imac-unknown-none-elf
# Those of Raspberry Pi's Pico W and Pico 2 W.
pico_w=thumbv6m-none-eabi
pico_2_w=thumbv8m.main-none-eabihf

# A panic says in which file it was. Without the folders that this machine has for them the image is the same everywhere;
# what else that takes for the crates of this repository, rustc.sh says.
folders="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=registry --remap-path-prefix=$output=target"
folders+=" --remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=rust"
export CARGO_TARGET_RISCV32IMC_UNKNOWN_NONE_ELF_RUSTFLAGS=$folders
export CARGO_TARGET_RISCV32IMAC_UNKNOWN_NONE_ELF_RUSTFLAGS=$folders
export CARGO_TARGET_THUMBV6M_NONE_EABI_RUSTFLAGS=$folders
export CARGO_TARGET_THUMBV8M_MAIN_NONE_EABIHF_RUSTFLAGS=$folders
VESTIBULE_FOLDER=$(cd .. && pwd)
export VESTIBULE_FOLDER RUSTC_WRAPPER=$VESTIBULE_FOLDER/ci/firmware/rustc.sh

# `chip` is cargo for these: rustup's, which fetches `core` for them, or else Debian's, which builds
# it from the sources that belong to its compiler. VESTIBULE_CHIP_RUST=debian chooses the latter.
if [ "${VESTIBULE_CHIP_RUST:-}" != debian ] && rustup target add $c3 $c6 $pico_w $pico_2_w 2>"$output/rustup.log"; then
    chip() { cargo "$@"; }
    lint() { cargo clippy --locked "$@" -- -D warnings; }
else
    cd .. && need /usr/bin/rustc rustc-web && need /usr/bin/cargo cargo-web && need ld.lld-19 lld-19
    [ -d /usr/lib/rustlib/src/rust/library ] || apt-get install -y -qq --no-install-recommends rust-web-src >/dev/null \
        || fail "neither rustup ($(tail -1 "$output/rustup.log")) nor Debian's rust-web-src has core for the chips"
    cd firmware
    chip() {
        RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=core,alloc \
            CARGO_TARGET_RISCV32IMC_UNKNOWN_NONE_ELF_LINKER=ld.lld-19 \
            CARGO_TARGET_RISCV32IMAC_UNKNOWN_NONE_ELF_LINKER=ld.lld-19 \
            CARGO_TARGET_THUMBV6M_NONE_EABI_LINKER=ld.lld-19 \
            CARGO_TARGET_THUMBV8M_MAIN_NONE_EABIHF_LINKER=ld.lld-19 /usr/bin/cargo "$@"
    }
    lint() { echo "(Debian's compiler comes without clippy: not run)"; }
fi
host=$(rustc -vV | sed -n 's/^host: //p')

# What the Pico's radio must know of its board is not ours to pass on: something else in its place links as well.
export PICO_NVRAM=$output/nvram-stand-in.bin
[ -e "$PICO_NVRAM" ] || printf 'none' >"$PICO_NVRAM"

# Everything that is run or weighed; of the size probe each choice of features has a file of its own.
build_for_chips() {
    chip build --locked --release --target $c3 -p vestibule-qemu-virt
    chip build --locked --release --target $c3 -p vestibule-esp32 --features esp32c3
    chip build --locked --release --target $c3 -p vestibule-size-baseline --features esp32c3
    chip build --locked --release --target $c6 -p vestibule-esp32 --features esp32c6
    chip build --locked --release --target $pico_w -p vestibule-pico --features pico-w
    chip build --locked --release --target $pico_2_w -p vestibule-pico --features pico-2-w
    local probe=$output/$c3/size/vestibule-size-probe
    chip build --locked --profile size --target $c3 -p vestibule-size-probe --no-default-features
    cp "$probe" "$output/size-probe-clear"
    chip build --locked --profile size --target $c3 -p vestibule-size-probe --features sealed-at-rest
    cp "$probe" "$output/size-probe-at-rest"
    chip build --locked --profile size --target $c3 -p vestibule-size-probe
    cp "$probe" "$output/size-probe"
}
