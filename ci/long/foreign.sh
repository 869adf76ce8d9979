#!/usr/bin/env bash
# All portals of ci/foreign/devices.toml, not only those of every change. What came of it last is in
# docs/measured/foreign.md.
. "$(dirname "$0")/../lib.sh"
ci/foreign.sh all
