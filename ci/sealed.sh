#!/usr/bin/env bash
# Sealed forms (docs/sealed.md): the script that the device serves is what its sources and npm's lock file make,
# byte for byte, and what it seals, and what the Python client seals, a device opens.
. "$(dirname "$0")/lib.sh"
need_all node=nodejs npm python3
target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

built=$target/sealed
rm -rf "$built"
cp -r firmware-core/sealed "$built"
(cd "$built" && rm -rf node_modules && npm ci --silent --ignore-scripts --no-audit --no-fund) \
    || fail "npm could not fetch what firmware-core/sealed/package-lock.json names"
(cd "$built" && node build.mjs .) || fail "esbuild could not make the bundle"
cmp "$built/bundle.js" firmware-core/sealed/bundle.js \
    || fail "bundle.js is not what its sources make: node firmware-core/sealed/build.mjs makes it anew"
# Another release of zlib may compress otherwise; what counts is what comes out.
gzip -dc firmware-core/sealed/bundle.js.gz | cmp - firmware-core/sealed/bundle.js \
    || fail "bundle.js.gz is not bundle.js compressed"
echo "the script is what its sources make: $(stat -c %s firmware-core/sealed/bundle.js.gz) bytes in gzip"

venv=$target/sealed-venv
if ! "$venv/bin/python" -c 'import cryptography' 2>/dev/null; then
    python3 -m venv "$venv" || { need_all python3-venv; python3 -m venv "$venv"; }
    "$venv/bin/pip" install --quiet "cryptography==46.0.3" || fail "cryptography could not be installed from PyPI"
fi

cargo build --locked --quiet
out=$(mktemp)
trap 'kill "${demo:-}" 2>/dev/null || true; rm -f "$out" "$out.code"' EXIT
code=h7rk-2mwq-9xtz
printf '%s\n' $code >"$out.code"
# Has a device of its own, without a code and with one, set up by the command that follows.
with_device() {
    start_device "$out"
    "$@" "${portal%/}" Home "correct horse" || fail "$* did not set the device up"
    kill "$demo"
    wait "$demo" 2>/dev/null || true
    : >"$out"
    start_device "$out" --code-file "$out.code"
    if "$@" "${portal%/}" Home "correct horse" "$code-" >/dev/null 2>&1; then fail "$* was taken with a wrong code"; fi
    "$@" "${portal%/}" Home "correct horse" $code || fail "$* did not set the device up with its code"
    kill "$demo"
    wait "$demo" 2>/dev/null || true
    : >"$out"
}
with_device "$venv/bin/python" examples/sealed_setup.py
with_device node ci/sealed/page.mjs firmware-core/sealed/bundle.js
