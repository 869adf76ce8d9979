#!/usr/bin/env bash
# The benchmarks once: answers beside dnsmasq and nginx in the same run, journeys in virtual time, and the import of
# captures.
. "$(dirname "$0")/lib.sh"
need dnsmasq dnsmasq-base
need nginx nginx-light
cargo bench --locked -p vestibule --bench answers
cargo bench --locked -p vestibule --bench journeys
cargo bench --locked -p vestibule --bench import
