#!/usr/bin/env bash
# pack.sh FOLDER: puts together an Arduino library, with everything that it needs, into FOLDER/Vestibule. The core's libraries
# are those that ../esp-idf/build-libraries.sh has made.
set -euo pipefail
[ $# = 1 ] || { echo "pack.sh FOLDER, as a rule ~/Arduino/libraries" >&2 && exit 1; }
into=$1/Vestibule
mkdir -p "$into"
into=$(cd "$into" && pwd)
cd "$(dirname "$0")"
component=../esp-idf/vestibule
ls $component/lib/*/libvestibule.a >/dev/null 2>&1 \
    || { echo "there is no library of the core: run bindings/esp-idf/build-libraries.sh" >&2 && exit 1; }
rm -rf "${into:?}"/*
cp -r library.properties examples src "$into/"
cp $component/src/* $component/include/* ../c/include/vestibule.h "$into/src/"
for library in $component/lib/*/libvestibule.a; do
    chip=$(basename "$(dirname "$library")")
    mkdir -p "$into/src/$chip"
    cp "$library" "$into/src/$chip/"
done
echo "$into"
