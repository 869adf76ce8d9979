#!/usr/bin/env bash
# Every scenario under QEMU, of which ci/firmware.sh has a fourth at every change, and the rest of that script. Some twelve
# minutes on a machine that does nothing else. What came of it last is in docs/measured/qemu.md.
. "$(dirname "$0")/../lib.sh"
ci/firmware.sh all
