#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vouch-bench measures every figure, and its last line with --json holds them
# as numbers. What they are is not for a test to judge.
set -eu

tool=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "$1" >&2
    exit 1
}

# expect STATUS ARGUMENT...
expect() {
    status=$1
    shift
    got=0
    "$tool" "$@" >"$scratch/out" 2>"$scratch/err" || got=$?
    [ "$got" -eq "$status" ] ||
        fail "vouch-bench $*: exit $got, not $status: $(cat "$scratch/err")"
}

# keys KEY...: the last line is an object of numbers with these and no others.
keys() {
    tail -n 1 "$scratch/out" | python3 -c '
import json, sys
figures = json.load(sys.stdin)
wanted = {name + suffix for name in sys.argv[1:] for suffix in ("", "_spread")}
assert set(figures) == wanted, set(figures) ^ wanted
assert all(type(value) in (int, float) for value in figures.values()), figures
zero = [name for name in sys.argv[1:] if name.endswith(("over_floor",
    "over_handshake", "_1k", "_plain", "_256", "per_exchange", "scaling",
    "session_bytes_idle", "session_bytes_peak", "flights_to_open_gate",
    "flood_octets_kept_max", "flood_ns_per_octet_max"))
    and not figures[name] > 0]
assert not zero, zero
' "$@" || fail "not the figures: $(tail -n 1 "$scratch/out")"
}

expect 0 --json --windows 1
keys exchange_over_floor reattest_over_handshake create_over_sign_1k \
    validate_over_verify_1k mux_over_plain mux_over_plain_256 \
    allocs_per_exchange session_bytes_idle session_bytes_peak \
    session_heap_idle ssl_bytes shared_bytes engine_ns_per_exchange \
    sessions_scaling flights_to_open_gate flood_octets_kept_max \
    flood_ns_per_octet_max
expect 0 --json --windows 2 memory
keys session_bytes_idle session_bytes_peak session_heap_idle ssl_bytes \
    shared_bytes
expect 0 --json --windows 2 flights
keys flights_to_open_gate
# Counted, not timed: one round trip.
grep -q '"flights_to_open_gate":2.0000,"flights_to_open_gate_spread":0.0000' \
    "$scratch/out" || fail "flights: $(tail -n 1 "$scratch/out")"
expect 0 --windows 1 memory
tail -n 1 "$scratch/out" | grep -q '^shared_bytes ' || fail 'no table'

expect 0 --help
grep -q '^usage: ' "$scratch/out" || fail 'no usage on standard output'
for arguments in '--windows 0' '--windows 100' '--windows 1x' '--windows -1' \
    --windows --other nothing; do
    # shellcheck disable=SC2086 # one word an argument
    expect 2 $arguments
    [ ! -s "$scratch/out" ] || fail "vouch-bench $arguments: output"
    grep -q '^usage: ' "$scratch/err" || fail "vouch-bench $arguments: no usage"
done
