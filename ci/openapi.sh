#!/usr/bin/env bash
# The description of the JSON interface against a device, by Schemathesis, which knows neither: it makes
# requests of its own, good and bad, and compares every answer with what is documented.
. "$(dirname "$0")/lib.sh"
need python3
target=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
venv=$target/schemathesis-venv
if [ ! -x "$venv/bin/schemathesis" ]; then
    python3 -m venv "$venv" || { need python3-venv; python3 -m venv "$venv"; }
    "$venv/bin/pip" install --quiet "schemathesis==4.32.5"
fi

cargo build --locked
out=$(mktemp)
trap 'kill "${demo:-}" 2>/dev/null || true; rm -f "$out"' EXIT
start_device "$out"

# A device takes 12 submissions a minute, so a good one may be told to wait, and one form's token is not
# the next one's: both are documented, and neither is a failure of the device.
"$venv/bin/schemathesis" --config-file ci/schemathesis.toml run firmware-core/openapi.yaml --url "${portal%/}" \
    --max-examples 40 --seed 1 --phases examples,coverage,fuzzing
