#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The demo: what it says at the end, and that it notices what goes wrong.
set -eu

demo=$VOUCH_SOURCE_ROOT/tools/demo
vouch=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "$1" >&2
    tail -n 20 "$scratch/out" "$scratch/err" >&2
    exit 1
}

# run STATUS PROGRAM ARGUMENT...: the last line is in $last.
run() {
    status=$1 program=$2
    shift 2
    got=0
    VOUCH=$program "$demo" "$@" >"$scratch/out" 2>"$scratch/err" || got=$?
    [ "$got" -eq "$status" ] || fail "demo $*: exit $got, not $status"
    last=$(tail -n 1 "$scratch/out")
}

# lines NUMBER TEXT: so many lines hold it.
lines() {
    got=$(grep -cF -e "$2" "$scratch/out" || true)
    [ "$got" -eq "$1" ] || fail "$got lines with $2, not $1"
}

summary() {
    expected='{"event":"summary","ok":true,"attester":"software"'
    expected="$expected,\"accepted\":$1,\"refused\":1,\"bytes\":65"
    expected="$expected,\"posture_changes\":2,\"commands_run\":2"
    [ "$last" = "$expected,\"commands_refused\":1}" ] ||
        fail "the summary is $last"
}

run 0 "$vouch" --json
summary 12
lines 16 '"event":"accepted"' # 4 of them in run 3
lines 1 '"event":"refused"'
lines 3 '"event":"listening"'
lines 2 '"event":"sending"'
lines 2 '"event":"receiving"'
lines 2 '"event":"posture"'
lines 3 '"event":"approved"'
lines 2 '"event":"executed"'
lines 1 '"status":"stale"'
python3 -c 'import json, sys
for line in sys.stdin: assert isinstance(json.loads(line), dict)' \
    <"$scratch/out" || fail 'a line is no object'

run 0 "$vouch" --json --rounds 0
summary 2
run 0 "$vouch" --json --rounds 12
summary 26
run 0 "$vouch"
expected='ok: 12 accepted, 1 refused, 65 octets of data; 2 posture changes, '
[ "$last" = "${expected}2 commands run, 1 refused" ] ||
    fail "it ended with: $last"

# Passports: no commands, and the Verifier's connections count for nothing.
run 0 "$vouch" --json --attester passport
expected='{"event":"summary","ok":true,"attester":"passport","accepted":12'
expected="$expected,\"refused\":1,\"bytes\":65,\"posture_changes\":0"
[ "$last" = "$expected,\"commands_run\":0,\"commands_refused\":0}" ] ||
    fail "the summary is $last"
lines 12 '"level":"key bound"'
lines 1 '"event":"refused"'
lines 1 '"claim":"measurements","name":"executable"'

# A program that does not notice: its own measurement is always the same.
cat >"$scratch/careless" <<END
#!/bin/sh
exec "$vouch" "\$@"
END
chmod +x "$scratch/careless"
run 1 "$scratch/careless" --json
case $last in
'{"event":"summary","ok":false,'*) ;;
*) fail "the summary is $last" ;;
esac
lines 1 '"step":"failed"'
run 1 /bin/false
run 1 "$scratch/none"
run 2 "$vouch" --rounds -1
run 2 "$vouch" --rounds many
run 2 "$vouch" more
run 2 "$vouch" --attester none
run 2 ''
