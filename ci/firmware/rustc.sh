#!/usr/bin/env bash
# What cargo runs in place of rustc (RUSTC_WRAPPER), so that an image is the same to the byte in whatever folder this
# repository lies. Cargo tells crates apart by a hash, which is part of the names of their functions, and by their names the
# compiler puts functions in order. For a crate of a registry the hash is the same everywhere; for one beside the workspace,
# as ../firmware-core is, it depends on the folder. Here the crates of this repository get their own names in its place.
compiler=$1
shift
target=
for argument in "$@"; do
    case $argument in *-none-elf | *-none-eabi*) target=chip ;; esac
done
case $target${CARGO_MANIFEST_DIR:-} in
chip"$VESTIBULE_FOLDER"/*) ;;
*) exec "$compiler" "$@" ;;
esac
arguments=()
for argument in "$@"; do
    case $argument in
    # A panic says in which file it was, and is to say it without this machine's folder.
    metadata=*) arguments+=("metadata=$CARGO_PKG_NAME-$CARGO_CRATE_NAME" "--remap-path-prefix=$VESTIBULE_FOLDER=vestibule") ;;
    *) arguments+=("$argument") ;;
    esac
done
exec "$compiler" "${arguments[@]}"
