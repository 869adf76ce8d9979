#!/usr/bin/env bash
# The words that were replaced stay replaced, functions fit on a screen (CONTRIBUTING.md, "The style, and why"), and a board
# stays small.
# `ci/tidy.sh --self-test` plants one of each and sees that it is found.
. "$(dirname "$0")/lib.sh"
most_lines=70
# A board is what its chip's peripherals are to firmware/common, in lines of code (docs/boards.md).
most_board_lines=250
board=(firmware/pico/src/{board,radio,flash,lib}.rs)

# What is looked through: everything that is committed or would be, but for bytes that were recorded, what is
# computed, what names a word to say that it is gone, and this file.
looked_through=(. ':!ci/tidy.sh' ':!CHANGELOG.md' ':!fixtures/captures' ':!fixtures/golden' ':!fuzz/corpus' ':!*.lock' ':!*LICENSE-*')

# Extended regular expressions for whole words, case counts, and what is said instead.
words() {
    cat <<'LIST'
[Ww]eather|Spell|Fate|temper                        impairment, active fault, outcome, corrupt
[Cc]arriage                                         link, socket exchange
[Mm]ishaps?|befalls?                                fault injection, inject
Deeds?|deeds|[Mm]isdeeds?                           action, misbehaviour
Clumsy|twins|planted[-_][a-z]+                      mutant, must_fail_with
Testimony                                           observations
over_sockets                                        over_network
agenda|Subsystem                                    event queue, random streams
[Aa]ntenna|Patient                                  radio command queue, reset filter
vestibule[-_]wire|vestibule[-_]journeys             vestibule-device-protocol, vestibule-qemu-tests
core[-_]alone|esp32[-_]bare                         size-probe, size-baseline
[Dd]etours?                                         deviation
Ration|proven                                       rate limiter, check_csrf
Surroundings|Contribution                           page context, application content
HomeLink|home_link                                  station address
asked_for                                           parameter_request_list
Choosing|Resting|Surveying|Knocking                 ScanningStored, Backoff, Scanning, RetryingStored
knock_interval                                      retry_interval
[a-z]+_patience|([A-Z]+_)*PATIENCE                  timeout
result_linger                                       ap_shutdown_delay
founding_f[0-9]+                                    what is tested
LIST
}

# The same for what is defined: names that many modules could have must say whose they are.
definitions() {
    cat <<'LIST'
Standing|Came|Person                                RunState, owner, a noun of what it is
Visit|Place|Act|Told                                page visit, list entry, action
Course|Look|Around|Door                             client session, branding, context, endpoint
Asked|Said|Drawn                                    request, log line, snapshot
LIST
}

# Names of files and folders, up to their first dot.
files() {
    cat <<'LIST'
weather|carriage|carry|agenda|chance|glass|over_sockets    impairment, link, event queue, random streams, device proxy, over network
deeds                                               actions
mishaps|witness|setting|details                     fault injection, observations, setup, snapshots
hidden|heard|written|beside                         redaction, request redaction, frame record, home services
antenna|patient|strays|detour|seam|person           reset filter, deviates, deviation, io, owner
sweep|admission|lan                                 scan, association, subnet
founding_f[0-9]+                                    what is tested
utils?|helpers?|misc|manager                        what it holds
LIST
}

found=0
# say WHERE WHAT INSTEAD: one thing that is not as it should be.
say() {
    echo "$1: \"$2\" is called otherwise here: $3" >&2
    found=$((found + 1))
}

# each LIST: its patterns and what is said instead, apart by a tab.
each() { "$1" | sed -E 's/  +/\t/'; }

look_for_words() {
    local pattern instead place line word
    while IFS=$'\t' read -r pattern instead; do
        while IFS=: read -r place line word; do
            [ -z "$place" ] || say "$place:$line" "$word" "$instead"
        done < <(git grep --untracked -Inow -E -e "$pattern" -- "${looked_through[@]}")
    done < <(each words)
    while IFS=$'\t' read -r pattern instead; do
        while IFS=: read -r place line word; do
            [ -z "$place" ] || say "$place:$line" "$word" "$instead"
        done < <(git grep --untracked -Inow -E -e "(struct|enum|trait|type) ($pattern)" -- '*.rs')
    done < <(each definitions)
}

look_for_names_of_files() {
    local pattern instead path
    while IFS=$'\t' read -r pattern instead; do
        while read -r path; do
            [ -z "$path" ] || say "$path" "$(basename "$path")" "$instead"
        done < <(git ls-files --cached --others --exclude-standard | grep -E "(^|/)($pattern)(\.[^/]*)?(/|$)" || true)
    done < <(each files)
}

# A function ends with the brace below its beginning: the code is formatted. Every line counts, which clippy's
# `too_many_lines` does not do, and every workspace is looked through.
look_for_long_functions() {
    local long
    long=$(git ls-files --cached --others --exclude-standard '*.rs' | xargs -d '\n' awk -v most=$most_lines '
        FNR == 1 { inside = 0 }
        !inside && match($0, /^ *((pub(\([a-z: ]+\))?|default|const|async|unsafe|extern "C") )*fn [a-z_]/) {
            indent = match($0, /[^ ]/) - 1
            if ($0 !~ /[;}]$/) { inside = 1; begins = FNR; ends = sprintf("%" indent "s}", "") }
        }
        inside && FNR > begins && ($0 == ends || ($0 ~ /;$/ && match($0, /[^ ]/) - 1 == indent)) {
            if (FNR - begins + 1 > most) printf "%s:%d: a function of %d lines\n", FILENAME, begins, FNR - begins + 1
            inside = 0
        }')
    [ -z "$long" ] && return
    echo "$long" >&2
    found=$((found + $(wc -l <<<"$long")))
}

# What every board needs belongs into firmware/common.
look_for_a_large_board() {
    local lines
    lines=$(cat "${board[@]}" | grep -cvE '^ *(//.*)?$')
    [ "$lines" -le $most_board_lines ] && return
    echo "firmware/pico: a board of $lines lines" >&2
    found=$((found + 1))
}

# What a merge left open.
look_for_conflicts() {
    local open
    open=$(git grep --untracked -In -E -e '^(<{7}|>{7}) ' || true)
    [ -z "$open" ] && return
    echo "$open" >&2
    found=$((found + $(wc -l <<<"$open")))
}

look() {
    found=0
    look_for_conflicts
    look_for_words
    look_for_names_of_files
    look_for_long_functions
    look_for_a_large_board
}

if [ "${1:-}" = --self-test ]; then
    planted=sim/tidy-self-test
    trap 'rm -rf "$planted"' EXIT
    mkdir "$planted"
    {
        echo "struct Weather;"
        echo "fn long() {"
        for _ in $(seq $most_lines); do echo "    ();"; done
        echo "}"
        printf '<<<<<<%s theirs\n' '<'
    } >"$planted/weather.rs"
    board+=("$planted/weather.rs" "$planted/weather.rs" "$planted/weather.rs" "$planted/weather.rs")
    said=$(look 2>&1 >/dev/null)
    for expected in "$planted/weather.rs:1: \"Weather\"" "$planted/weather.rs: \"weather.rs\"" \
        "$planted/weather.rs:2: a function of 72 lines" "$planted/weather.rs:74:<<<<<<" \
        "firmware/pico: a board of "; do
        grep -qF "$expected" <<<"$said" || fail "tidy.sh does not find what was planted: $expected"
    done
    echo "what was planted has been found"
    exit
fi
look
[ "$found" = 0 ] || fail "$found places are not as CONTRIBUTING.md says"
"$0" --self-test
echo "no word that was replaced, no function of more than $most_lines lines, and no board of more than $most_board_lines"
