#!/usr/bin/env bash
# The benchmarks once: answers beside dnsmasq and nginx in the same run, journeys in virtual time, the import of captures,
# frames on links, and the page beside crowds, which fails where a good client waits for long.
. "$(dirname "$0")/lib.sh"
need dnsmasq dnsmasq-base
need nginx nginx-light
cargo bench --locked --bench answers
cargo bench --locked --bench journeys
cargo bench --locked --bench import
cargo bench --locked --bench links
cargo bench --locked --bench crowds
