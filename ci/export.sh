#!/usr/bin/env bash
# A run's pictures: tshark reads the capture without an error and finds in it what was on the air,
# each checksum right; the timeline is there; what other programs make of the capture can be imported.
. "$(dirname "$0")/lib.sh"
export DEBIAN_FRONTEND=noninteractive
need tshark
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trace=$folder/trace.jsonl capture=$folder/run.pcapng picture=$folder/run.svg
cargo run --locked -- run --driver virtual --trace "$trace" fixtures/scenarios/first-join-ios.toml
cargo run --locked -- export "$trace" --pcapng "$capture" --svg "$picture"

# Prints what tshark reads, with every checksum verified. It ends with an error if the file is cut
# off or damaged.
read_capture() {
    tshark -n -r "$capture" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
        -o tcp.check_checksum:TRUE "$@" 2>"$folder/errors" || fail "tshark: $(cat "$folder/errors")"
}

# Fails unless at least so many packets match.
at_least() {
    local least=$1 filter=$2 found
    found=$(read_capture -Y "$filter" | wc -l)
    [ "$found" -ge "$least" ] || fail "$found packets match $filter, expected $least or more"
    echo "$found packets match $filter"
}

at_least 100 frame
at_least 1 'dns.qry.name == "captive.apple.com" && dns.a == 192.168.4.1'
at_least 1 'http.request.uri == "/hotspot-detect.html"'
at_least 1 'http.response.code == 302'
at_least 1 'http.request.method == "POST" && http.content_length > 0'
at_least 1 'frame.comment contains "PortalOpen -> Joining (Submitted)"'
at_least 1 'frame.comment contains "SIGN-IN SHEET opens"'
at_least 1 'frame.comment contains "the owner typed are replaced"'
wrong='_ws.malformed || ip.checksum.status == "Bad" || udp.checksum.status == "Bad" || tcp.checksum.status == "Bad"'
bad=$(read_capture -Y "$wrong")
[ -z "$bad" ] || fail "tshark finds fault with: $bad"
micros=$(sed -n '/"event":"frame"/{s/.*"us":\([0-9]*\).*/\1/p;q}' "$trace")
began=$(read_capture -c 1 -T fields -e frame.time_epoch)
[ "$began" = "$(printf '%d.%06d000' $((micros / 1000000)) $((micros % 1000000)))" ] \
    || fail "the first frame was sent after $micros microseconds, and tshark reads $began s"
grep -q 'sign-in sheet' "$picture" || fail "the timeline shows no sheet"

# Whatever program has written a capture, and however, the same comes out of it.
need editcap wireshark-common
cargo run --locked -q -- import "$capture" -o "$folder/own.jsonl"
for format in pcap nsecpcap pcapng; do
    editcap -F $format "$capture" "$folder/other"
    cargo run --locked -q -- import "$folder/other" -o "$folder/other.jsonl"
    # The first lines name the files.
    diff <(tail -n +2 "$folder/own.jsonl") <(tail -n +2 "$folder/other.jsonl") >"$folder/errors" \
        || fail "what editcap writes as $format is imported as something else: $(cat "$folder/errors")"
done
