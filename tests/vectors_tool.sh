#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vouch-vectors tells by its exit status and last line whether vectors agree.
set -eu

tool=$1
vectors=$VOUCH_SOURCE_ROOT/tests/vectors
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "$1" >&2
    exit 1
}

# expect STATUS LAST_LINE ARGUMENT...
expect() {
    status=$1 last=$2
    shift 2
    got=0
    "$tool" "$@" >"$scratch/out" 2>"$scratch/err" || got=$?
    [ "$got" -eq "$status" ] || fail "vouch-vectors $*: exit $got, not $status"
    [ "$(tail -n 1 "$scratch/out")" = "$last" ] ||
        fail "vouch-vectors $*: ended with: $(tail -n 1 "$scratch/out")"
}

ea=$vectors/exported_authenticators.json
expect 0 '36 agree, 0 disagree, 0 not built' ea "$ea"
[ "$(wc -l <"$scratch/out")" -eq 37 ] || fail 'not a line for each vector'
expect 0 '8 agree, 0 disagree, 0 not built' ea \
    "$VOUCH_SOURCE_ROOT/proto/vectors/labels.json"
# A vector that names no label gives a value alone; one that names another than
# there is, nothing.
sed '/"label":/d' "$ea" >"$scratch/ea.json"
expect 0 '36 agree, 0 disagree, 0 not built' ea "$scratch/ea.json"
sed 's/"label": "/&x/' "$ea" >"$scratch/ea.json"
expect 1 '0 agree, 36 disagree, 0 not built' ea "$scratch/ea.json"

# One that ought to be accepted and is not, and one the other way round.
sed 's/"expect": "accept"/"expect": "finished"/' "$ea" >"$scratch/ea.json"
expect 1 '25 agree, 11 disagree, 0 not built' ea "$scratch/ea.json"
sed 's/"expect": "certificate"/"expect": "accept"/' "$ea" >"$scratch/ea.json"
expect 1 '32 agree, 4 disagree, 0 not built' ea "$scratch/ea.json"

expect 0 '41 agree, 0 disagree, 0 not built' cmw "$vectors/cmw.json"
sed 's/"valid": true/"valid": false/' "$vectors/cmw.json" >"$scratch/cmw.json"
expect 1 '20 agree, 21 disagree, 0 not built' cmw "$scratch/cmw.json"
# A signed one is refused whatever the file says.
sed 's/"valid": false/"valid": true/' "$vectors/cmw.json" >"$scratch/cmw.json"
expect 1 '28 agree, 13 disagree, 0 not built' cmw "$scratch/cmw.json"
grep -q 'go-signed-ko-bad-signature *refuse *refuse *ok' "$scratch/out" ||
    fail 'a signed CMW was not refused'
# What is found in a tag and in a collection counts, and to its depth.
for change in 's/"content_format": 50000/"content_format": 50003/' \
    's/"label": 1024/"label": 1025/' 's/"label": "bretwaldadom"/"label": "b"/' \
    's/"value": "7b22/"value": "7c22/' 's/2024:Y"/2024:Z"/'; do
    sed "$change" "$vectors/cmw.json" >"$scratch/cmw.json"
    expect 1 '40 agree, 1 disagree, 0 not built' cmw "$scratch/cmw.json"
done
sed 's/"kind": "signed"/"kind": "json"/' "$vectors/cmw.json" >"$scratch/cmw.json"
expect 0 '34 agree, 0 disagree, 7 not built' cmw "$scratch/cmw.json"

echo '{"vectors": [{"name": "empty"}]}' >"$scratch/empty.json"
expect 1 '0 agree, 1 disagree, 0 not built' ea "$scratch/empty.json"
expect 1 '0 agree, 1 disagree, 0 not built' cmw "$scratch/empty.json"
echo '{"vectors": []}' >"$scratch/none.json"
expect 1 '0 agree, 0 disagree, 0 not built' ea "$scratch/none.json"
expect 1 '' ea "$scratch/no-such-file"
expect 2 '' ea
expect 2 '' other "$ea"
expect 0 'Exit status: 0 all agree, 1 some do not or FILE can not be read, 2 usage.' --help
