#!/usr/bin/env bash
# The commands of docs/tasks, as they stand there.
. "$(dirname "$0")/lib.sh"
need python3
cargo build --locked --quiet
pages=()
for page in docs/tasks/*.md; do
    [ "$page" = docs/tasks/README.md ] || pages+=("$page")
done
[ ${#pages[@]} -ge 5 ] || fail "the pages of docs/tasks are not found"
PATH=$PWD/target/debug:$PATH timeout 600 python3 ci/tasks.py . "${pages[@]}" || fail "a task does not go as its page says"
