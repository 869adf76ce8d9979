#!/usr/bin/env bash
# Every test of each crate, built from what would be published of it: ci/package.sh has the unit tests. Some four minutes.
. "$(dirname "$0")/../lib.sh"
ci/package.sh whole
