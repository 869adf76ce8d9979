# An application that is built with what would be published of this repository: sourced after chips.sh, not run.

# unpack_packages FOLDER: the packages, packed now and laid into an empty folder in place of a registry.
unpack_packages() {
    local made=$1 packages=$output/package crate licence name file
    rm -rf "$packages" "$made" && mkdir -p "$made"
    (cd .. && cargo package --quiet --locked --allow-dirty --no-verify -p vestibule-core)
    cargo package --quiet --allow-dirty --no-verify --exclude-lockfile -p vestibule-firmware -p vestibule-esp32
    for crate in common esp32; do
        for licence in LICENSE-MIT LICENSE-APACHE; do
            cmp "../$licence" "$crate/$licence" || fail "firmware/$crate/$licence is not the repository's"
        done
    done
    for name in vestibule-core vestibule-firmware vestibule-esp32; do
        for file in LICENSE-MIT LICENSE-APACHE README.md Cargo.toml; do
            tar -tzf "$packages/$name"-[0-9]*.crate | grep "^[^/]*/$file\$" >/dev/null || fail "$name is packed without $file"
        done
        # `-m`: a package's files all have the same old time, by which cargo would take them for built.
        mkdir -p "$made/$name" && tar -xmzf "$packages/$name"-[0-9]*.crate -C "$made/$name" --strip-components 1
    done
}

# build_from_packages FOLDER: builds the application in it with the packages that lie beside it.
build_from_packages() {
    local application=$1 name
    {
        echo '[workspace]'
        echo '[patch.crates-io]'
        for name in vestibule-core vestibule-firmware vestibule-esp32; do echo "$name = { path = \"../$name\" }"; done
    } >>"$application/Cargo.toml"
    # The versions of everything else are the repository's.
    cp Cargo.lock "$application"
    (cd "$application" && chip build --offline --release) || fail "the template's lamp does not build"
}
