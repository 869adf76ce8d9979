#!/usr/bin/env bash
# The benchmark once, beside dnsmasq and nginx in the same run.
. "$(dirname "$0")/lib.sh"
need dnsmasq dnsmasq-base
need nginx nginx-light
cargo bench --locked -p vestibule --bench answers
