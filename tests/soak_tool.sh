#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vouch-soak finds nothing in a short run, keeps books that balance, ends when
# it is told to, and knows its arguments.
set -eu

tool=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "$1" >&2
    tail -n 150 "$scratch/out" "$scratch/err" >&2
    exit 1
}

# expect STATUS ARGUMENT...
expect() {
    status=$1
    shift
    got=0
    "$tool" "$@" >"$scratch/out" 2>"$scratch/err" || got=$?
    [ "$got" -eq "$status" ] || fail "vouch-soak $*: exit $got, not $status"
}

# last PATTERN: the last line on standard output is so.
last() {
    tail -n 1 "$scratch/out" | grep -qE -e "$1" || fail "the last line is not $1"
}

expect 0 --minutes 0.17 --sessions 40 --seed 1 --json
grep -qE '^ok: .* requests [0-9]+ = [0-9]+ accepted ' "$scratch/err" || fail 'no books'
tail -n 1 "$scratch/out" | python3 -c '
import json, sys
books = json.load(sys.stdin)
ends = ("accepted", "rejected", "indeterminate", "declined", "pending")
assert books["requests"] == sum(books[end] for end in ends), books
assert books["library_heap_end"] > 0, books
idle = [key for key in ("connections", "cuts", "hostile", "sessions",
    "accepted", "octets_delivered") if books[key] == 0]
assert not idle, idle
' || fail 'the books do not balance'

expect 0 --minutes 0.02 --sessions 1 --seed 1
last '^ok: [0-9]+ s, seed 1, '

# It is told to end, and does: with the books.
"$tool" --minutes 60 --sessions 10 >"$scratch/out" 2>"$scratch/err" &
soak=$!
until grep -q 'seed [0-9]' "$scratch/err"; do sleep 0.1; done
sleep 1
kill -INT "$soak"
wait "$soak" || fail "after SIGINT: exit $?"
last '^ok: '

expect 0 --help
grep -q '^usage: ' "$scratch/out" || fail 'no usage on standard output'
for arguments in '--minutes 0' '--minutes x' '--minutes -1' --minutes \
    '--sessions 0' '--sessions 5001' '--sessions 1x' '--seed x' '--seed -1' \
    --other more; do
    # shellcheck disable=SC2086 # one word an argument
    expect 2 $arguments
    [ ! -s "$scratch/out" ] || fail "vouch-soak $arguments: output"
    grep -q '^usage: ' "$scratch/err" || fail "vouch-soak $arguments: no usage"
done
