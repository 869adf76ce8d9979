#!/usr/bin/env bash
# The wheel as its users build it, optimised and by pip, and all that ci/python.sh does with it. Some six minutes.
. "$(dirname "$0")/../lib.sh"
ci/python.sh release
