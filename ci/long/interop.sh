#!/usr/bin/env bash
# NetworkManager, ConnMan, Chromium and Firefox meet every case of fixtures/agreement, where ci/interop.sh draws a twelfth of them, and what came of it
# is written to docs/measured/interop.md with its date. Ten minutes, most of them waiting for silence.
. "$(dirname "$0")/../lib.sh"
said=$(mktemp) status=0
trap 'rm -f "$said"' EXIT
VESTIBULE_SHARE=1 ci/interop.sh 2>&1 | tee "$said" || status=$?
grep -q "^cases in" "$said" || fail "the cases did not end"
{
    echo "# Genuine clients and the cases of fixtures/agreement"
    echo
    echo "Made by \`sudo -E ci/long/interop.sh\` on $(date +%Y-%m-%d)."
    echo
    echo '```'
    sed -n '/^NetworkManager .*Chromium/,$p' "$said"
    echo '```'
} >docs/measured/interop.md
exit $status
