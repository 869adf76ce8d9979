#!/usr/bin/env bash
# The benchmarks once: answers beside dnsmasq and nginx in the same run, journeys in virtual time, the import of captures, and
# frames on links.
. "$(dirname "$0")/lib.sh"
need dnsmasq dnsmasq-base
need nginx nginx-light
cargo bench --locked -p vestibule --bench answers
cargo bench --locked -p vestibule --bench journeys
cargo bench --locked -p vestibule --bench import
cargo bench --locked -p vestibule --bench links
