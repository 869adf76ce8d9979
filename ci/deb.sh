#!/usr/bin/env bash
# The Debian package of an archive that ci/pack.py has made and that was unpacked: deb.sh FOLDER VERSION OUT. Prints the package.
# Of the libraries that the program needs it names those that it was linked with.
. "$(dirname "$0")/lib.sh"
need dpkg-deb dpkg
need readelf binutils
[ $# = 3 ] || fail "deb.sh FOLDER VERSION OUT"
folder=$1 version=$2 out=$3
program=$folder/vestibule
architecture=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

# The newest glibc of which it uses something.
glibc=$(readelf -V "$program" | sed -n 's/.*Name: GLIBC_\([0-9.]*\).*/\1/p' | sort -V | tail -1)
needed=$(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
depends=
[ -z "$glibc" ] || depends="libc6 (>= $glibc)"
! grep -q '^libgcc_s' <<<"$needed" || depends="$depends, libgcc-s1"
other=$(grep -vE '^(libc|libm|libdl|libpthread|librt|libgcc_s|ld-linux[-a-z0-9]*)\.so' <<<"$needed" || true)
[ -z "$other" ] || fail "no package is known for $other"

install -Dm755 "$program" "$root/usr/bin/vestibule"
for page in "$folder"/man/*.1; do
    install -Dm644 "$page" "$root/usr/share/man/man1/$(basename "$page")"
done
install -Dm644 "$folder/completions/vestibule.bash" "$root/usr/share/bash-completion/completions/vestibule"
install -Dm644 "$folder/completions/_vestibule" "$root/usr/share/zsh/vendor-completions/_vestibule"
install -Dm644 "$folder/completions/vestibule.fish" "$root/usr/share/fish/vendor_completions.d/vestibule.fish"
documents=$root/usr/share/doc/vestibule
install -Dm644 "$folder/README.md" "$documents/README.md"
install -Dm644 "$folder/CHANGELOG.md" "$documents/changelog"
{
    echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    echo "Files: *"
    echo "License: MIT or Apache-2.0"
    sed 's/^$/./; s/^/ /' "$folder/LICENSE-MIT"
} >"$documents/copyright"
chmod 644 "$documents/copyright"
gzip -9n "$root"/usr/share/man/man1/*.1 "$documents/changelog"

mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<CONTROL
Package: vestibule
Version: $version
Architecture: $architecture
Maintainer: The Vestibule project
Section: net
Priority: optional
Depends: ${depends#, }
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Description: says on which phones a captive portal opens
 vestibule check asks a captive portal what every kind of phone would ask and
 says on which it opens, which rule decides where it does not, and what to
 change. vestibule demo is a device with such a portal, simulated.
CONTROL
find "$root" -exec touch -h -d @0 {} +
mkdir -p "$out"
package=$out/vestibule_${version}_$architecture.deb
SOURCE_DATE_EPOCH=0 dpkg-deb -Zgzip --root-owner-group --build "$root" "$package" >/dev/null
echo "$package"
