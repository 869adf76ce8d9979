#!/usr/bin/env bash
# Every crate, test and example for Windows and macOS, as ci/portable.sh has them for Windows alone.
exec "$(dirname "$0")/../portable.sh" --all-targets
