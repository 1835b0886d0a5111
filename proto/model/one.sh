#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# one.sh NAME ok|bad DEFINES [PAN-OPTION]...: checks one configuration in
# $OUT/NAME and prints one line. Exit 0: the result is the one that is wanted.
name=$1 want=$2 defs=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
dir=${OUT:?a directory to work in}/$name

fail() {
    echo "FAIL $name: $*"
    exit 1
}

rm -rf "$dir"
mkdir -p "$dir"
cd "$dir" || exit 1
cp "$here/vouch.pml" .
# shellcheck disable=SC2086 # one word a definition
spin -a $defs vouch.pml >spin.log 2>&1 || fail "spin: see $dir/spin.log"
case $defs in
*-DL[12]*) kind=-DNFAIR=4 ;;
*) kind=-DSAFETY ;;
esac
# Compiling takes longer than most searches.
gcc "${OPT:--O1}" -w "$kind" -DCOLLAPSE -DVECTORSZ=4096 -DMEMLIM=9000 -o pan pan.c ||
    fail "pan.c does not compile"
status=0
timeout "${LIMIT:-900}" ./pan "$@" >pan.log 2>&1 || status=$?

got=ok
grep -q 'errors: 0$' pan.log || got=bad
[ "$status" -eq 0 ] || got="stopped, exit $status"
if grep -qE 'max search depth too small|out of memory|pan: reached' pan.log; then
    got="$got, incomplete"
fi
took=$(awk '/states, stored/ && !states { states = $1 }
    /total actual memory/ { memory = $1 }
    /elapsed time/ { seconds = $4 }
    END { printf "%s states, %d MB, %s s", states, memory, seconds }' pan.log)
[ "$got" = "$want" ] ||
    fail "want $want, got $got; $took; $(grep -E '^pan:1:' pan.log | cut -c1-120)"
echo "ok $name: $want, $took"
