#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# OUT=DIRECTORY trail.sh NAME "DEFINES": the counterexample that run.sh left in
# DIRECTORY/NAME: capsules and changes of state (the number in front is the
# process: 3 is A, 4 is B), the assertion, and what is not 0 at the end.
defs=${2-}
cd "${OUT:?the directory of run.sh}/${1:?a name}" || exit 1
# shellcheck disable=SC2086 # one word a definition
spin -t -p -r -s -B $defs vouch.pml >trail.txt 2>&1
grep -E ' (Send|Recv) |\[(ast|rst|epoch|cst|cin|held|gone|dead|csent|told|now)[^=]* = ' trail.txt |
    sed -E 's/^ *[0-9]+:\tproc +([0-9]+) \((Peer|Deviant|Clock|Death):1\) vouch.pml:[0-9]+/\1/
        s/\(state [0-9]+\)//; s/["\t]/ /g' |
    cut -c1-110 | tail -n "${N:-60}"
grep -E 'Error|text of' trail.txt | cut -c1-90
# shellcheck disable=SC2086
spin -t -g -B $defs vouch.pml 2>&1 |
    grep -E '^\s+[a-z0-9_]+(\[[0-9]\])? = ' | grep -vE '= 0$' |
    tr -d '\t' | tr '\n' ';'
echo
